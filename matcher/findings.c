/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"

enum { COLUMN_SHOWN_MAX = 64 };

void findings_add(struct findings *findings, size_t line, const char *column, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    text_make_printable(text);
    char named[COLUMN_SHOWN_MAX + 1]; /* an unknown column's name is what the file says */
    text_copy_cut(named, sizeof named, column);
    text_make_printable(named);
    if (findings->count++ == 0) {
        char field[ERR_FIELD_MAX];
        (void)snprintf(field, sizeof field, "line %zu%s%s", line, named[0] ? ", " : "", named);
        (void)err_set(&findings->first, ERR_INVALID, field, "%s", text);
    }
    if (findings->each) findings->each(line, named, text, findings->ctx);
}

void findings_add_csv(struct findings *findings, const struct err *err)
{
    int64_t line = 0;
    REQUIRE(text_integer(err->field + strlen("line "), 1, UINT32_MAX, &line));
    findings_add(findings, (size_t)line, "", "%s", err->text);
}
