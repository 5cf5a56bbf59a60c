/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_field(struct err *err, const char *field)
{
    (void)snprintf(err->field, sizeof err->field, "%s", field ? field : "");
}

bool err_set(struct err *err, enum err_code code, const char *field, const char *fmt, ...)
{
    err->code = code;
    set_field(err, field);
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    return false;
}

bool err_set_errno(struct err *err, int errno_value, const char *field, const char *fmt, ...)
{
    err->code = ERR_IO;
    set_field(err, field);
    va_list args;
    va_start(args, fmt);
    int used = vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof err->text) {
        (void)snprintf(err->text + used, sizeof err->text - (size_t)used, ": %s",
                       strerror(errno_value));
    }
    return false;
}

bool err_in(struct err *err, const char *prefix)
{
    char joined[ERR_FIELD_MAX * 2];
    const char *dot = err->field[0] == '\0' || err->field[0] == '[' ? "" : ".";
    (void)snprintf(joined, sizeof joined, "%s%s%s", prefix, dot, err->field);
    joined[sizeof err->field - 1] = '\0';
    memcpy(err->field, joined, sizeof err->field);
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

_Noreturn void require_failed(const char *expression, const char *file, int line)
{
    (void)fprintf(stderr, "hearth: broken invariant at %s:%d: %s\n", file, line, expression);
    abort();
}
