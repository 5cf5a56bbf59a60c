/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/csv_cell.h"

#include <string.h>

/* Whether it is a formula's first character, behind any number of apostrophes: so every text that
 * begins like a guarded one is guarded itself, and reading back gives each its own. */
static bool looks_like_formula(const char *text)
{
    text += strspn(text, "'");
    return *text && strchr("=+-@", *text);
}

void csv_cell(struct buf *out, const char *text)
{
    size_t len = strlen(text);
    bool guard = looks_like_formula(text);
    bool quote = len > 0 && (text[0] == ' ' || text[len - 1] == ' ' || strpbrk(text, ",;\t\"\r\n"));
    if (quote) buf_text(out, "\"");
    if (guard) buf_text(out, "'");
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"') buf_text(out, "\"");
        buf_append(out, &text[i], 1);
    }
    if (quote) buf_text(out, "\"");
}

char *csv_cell_text(char *text)
{
    return text[0] == '\'' && looks_like_formula(text) ? text + 1 : text;
}
