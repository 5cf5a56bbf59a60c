/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"

void findings_add(struct findings *findings, size_t line, const char *column, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    text_make_printable(text);
    if (findings->count++ == 0) {
        char field[ERR_FIELD_MAX];
        (void)snprintf(field, sizeof field, "line %zu%s%s", line, column[0] ? ", " : "", column);
        (void)err_set(&findings->first, ERR_INVALID, field, "%s", text);
    }
    if (findings->each) findings->each(line, column, text, findings->ctx);
}

void findings_add_csv(struct findings *findings, const struct err *err)
{
    int64_t line = 0;
    REQUIRE(text_integer(err->field + strlen("line "), 1, UINT32_MAX, &line));
    findings_add(findings, (size_t)line, "", "%s", err->text);
}
