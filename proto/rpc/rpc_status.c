/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/rpc.h"

#include <stdio.h>
#include <string.h>

const char *rpc_status_name(enum rpc_status status)
{
    switch (status) {
    case RPC_OK: return "OK";
    case RPC_CANCELLED: return "CANCELLED";
    case RPC_UNKNOWN: return "UNKNOWN";
    case RPC_INVALID_ARGUMENT: return "INVALID_ARGUMENT";
    case RPC_DEADLINE_EXCEEDED: return "DEADLINE_EXCEEDED";
    case RPC_NOT_FOUND: return "NOT_FOUND";
    case RPC_ALREADY_EXISTS: return "ALREADY_EXISTS";
    case RPC_PERMISSION_DENIED: return "PERMISSION_DENIED";
    case RPC_RESOURCE_EXHAUSTED: return "RESOURCE_EXHAUSTED";
    case RPC_FAILED_PRECONDITION: return "FAILED_PRECONDITION";
    case RPC_ABORTED: return "ABORTED";
    case RPC_UNIMPLEMENTED: return "UNIMPLEMENTED";
    case RPC_INTERNAL: return "INTERNAL";
    case RPC_UNAVAILABLE: return "UNAVAILABLE";
    case RPC_DATA_LOSS: return "DATA_LOSS";
    case RPC_UNAUTHENTICATED: return "UNAUTHENTICATED";
    }
    return "UNKNOWN"; /* the peer may send any number */
}

enum rpc_status rpc_status_of(enum err_code code)
{
    switch (code) {
    case ERR_NONE: return RPC_OK;
    case ERR_INVALID: return RPC_INVALID_ARGUMENT;
    case ERR_NOT_FOUND: return RPC_NOT_FOUND;
    case ERR_EXISTS: return RPC_ALREADY_EXISTS;
    case ERR_UNAUTHENTICATED: return RPC_UNAUTHENTICATED;
    case ERR_DENIED: return RPC_PERMISSION_DENIED;
    case ERR_EXPIRED:
    case ERR_VERSION: return RPC_FAILED_PRECONDITION;
    case ERR_BUDGET: return RPC_RESOURCE_EXHAUSTED;
    case ERR_UNAVAILABLE: return RPC_UNAVAILABLE;
    case ERR_CORRUPT: return RPC_DATA_LOSS;
    case ERR_IO:
    case ERR_INTERNAL: return RPC_INTERNAL;
    }
    return RPC_INTERNAL;
}

static enum err_code code_of(enum rpc_status status)
{
    switch (status) {
    case RPC_INVALID_ARGUMENT: return ERR_INVALID;
    case RPC_NOT_FOUND: return ERR_NOT_FOUND;
    case RPC_ALREADY_EXISTS: return ERR_EXISTS;
    case RPC_UNAUTHENTICATED: return ERR_UNAUTHENTICATED;
    case RPC_PERMISSION_DENIED: return ERR_DENIED;
    case RPC_FAILED_PRECONDITION: return ERR_EXPIRED;
    case RPC_RESOURCE_EXHAUSTED: return ERR_BUDGET;
    case RPC_UNIMPLEMENTED: return ERR_VERSION;
    case RPC_DATA_LOSS: return ERR_CORRUPT;
    case RPC_CANCELLED:
    case RPC_DEADLINE_EXCEEDED:
    case RPC_ABORTED:
    case RPC_UNAVAILABLE: return ERR_UNAVAILABLE;
    case RPC_OK:
    case RPC_UNKNOWN:
    case RPC_INTERNAL: return ERR_INTERNAL;
    }
    return ERR_INTERNAL;
}

/* Length of a leading field path that is followed by ": ", or 0. */
static size_t field_length(const char *detail)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.[]-";
    size_t len = strspn(detail, allowed);
    return len > 0 && len < ERR_FIELD_MAX && strncmp(detail + len, ": ", 2) == 0 ? len : 0;
}

bool rpc_err_of_detail(enum err_code code, const char *detail, struct err *err)
{
    char field[ERR_FIELD_MAX] = "";
    size_t len = field_length(detail);
    if (len > 0) {
        memcpy(field, detail, len);
        detail += len + 2;
    }
    return err_set(err, code, field, "%s", detail);
}

bool rpc_err_of(enum rpc_status status, const char *detail, struct err *err)
{
    (void)rpc_err_of_detail(code_of(status), detail ? detail : "", err);
    if (err->text[0] != '\0') return false;
    (void)snprintf(err->text, sizeof err->text, "%s", rpc_status_name(status));
    return false;
}

const char *rpc_detail(const struct err *err, char out[RPC_DETAIL_MAX])
{
    (void)snprintf(out, RPC_DETAIL_MAX, "%s%s%s", err->field, err->field[0] ? ": " : "", err->text);
    return out;
}
