/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"

/* `field` and `text` are copies: callers may have made them of err's own. */
static void fill(struct err *err, enum err_code code, const char *field, const char *text)
{
    char kept[ERR_FIELD_MAX];
    text_copy_cut(kept, sizeof kept, field ? field : "");
    err->code = code;
    memcpy(err->field, kept, sizeof kept);
    text_copy_cut(err->text, sizeof err->text, text);
    err->retry_ms = 0;
}

bool err_set(struct err *err, enum err_code code, const char *field, const char *fmt, ...)
{
    char text[2 * ERR_TEXT_MAX] = "";
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fill(err, code, field, text);
    return false;
}

bool err_set_errno(struct err *err, int errno_value, const char *field, const char *fmt, ...)
{
    char text[2 * ERR_TEXT_MAX] = "", reason[128];
    va_list args;
    va_start(args, fmt);
    int used = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof text) {
        /* strerror shares one buffer between threads. */
        (void)snprintf(text + used, sizeof text - (size_t)used, ": %s",
                       strerror_r(errno_value, reason, sizeof reason));
    }
    fill(err, ERR_IO, field, text);
    return false;
}

bool err_retry(struct err *err, int64_t retry_ms)
{
    err->retry_ms = retry_ms > 0 ? retry_ms : 1;
    return false;
}

bool err_in(struct err *err, const char *prefix)
{
    char joined[ERR_FIELD_MAX * 2];
    const char *dot = err->field[0] == '\0' || err->field[0] == '[' ? "" : ".";
    (void)snprintf(joined, sizeof joined, "%s%s%s", prefix, dot, err->field);
    text_copy_cut(err->field, sizeof err->field, joined);
    return false;
}

const char *err_code_name(enum err_code code)
{
    switch (code) {
    case ERR_NONE: return "ok";
    case ERR_INVALID: return "invalid";
    case ERR_NOT_FOUND: return "not_found";
    case ERR_EXISTS: return "exists";
    case ERR_UNAUTHENTICATED: return "unauthenticated";
    case ERR_DENIED: return "denied";
    case ERR_EXPIRED: return "expired";
    case ERR_BUDGET: return "budget";
    case ERR_VERSION: return "version";
    case ERR_UNAVAILABLE: return "unavailable";
    case ERR_CORRUPT: return "corrupt";
    case ERR_IO: return "io";
    case ERR_INTERNAL: return "internal";
    }
    return "internal";
}

enum err_code err_code_find(const char *name)
{
    for (int code = ERR_NONE; code < ERR_INTERNAL; code++) {
        if (strcmp(name, err_code_name((enum err_code)code)) == 0) return (enum err_code)code;
    }
    return ERR_INTERNAL;
}

_Noreturn void require_failed(const char *expression, const char *file, int line)
{
    (void)fprintf(stderr, "hearth: broken invariant at %s:%d: %s\n", file, line, expression);
    abort();
}
