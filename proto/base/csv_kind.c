/* SPDX-License-Identifier: Apache-2.0
 * Files that people take for CSV with commas.
 */
#include <stdio.h>
#include <string.h>

#include "proto/base/csv.h"

#define SAVE_AS "save it as \"CSV UTF-8 (comma delimited)\""

static bool begins(const uint8_t *data, size_t len, const char *mark, size_t mark_len)
{
    return len >= mark_len && memcmp(data, mark, mark_len) == 0;
}

/* With its mark, or as letters of ASCII. */
static bool is_wide(const uint8_t *data, size_t len)
{
    if (begins(data, len, "\xff\xfe", 2) || begins(data, len, "\xfe\xff", 2)) return true;
    if (len < 4) return false;
    bool low_first = data[0] && !data[1] && data[2] && !data[3];
    bool high_first = !data[0] && data[1] && !data[2] && data[3];
    return low_first || high_first;
}

bool csv_check_kind(const void *data, size_t len, struct err *err)
{
    if (begins(data, len, "PK\x03\x04", 4) ||
        begins(data, len, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8)) {
        return err_set(err, ERR_INVALID, "line 1", "the file is a workbook or archive: " SAVE_AS);
    }
    return !is_wide(data, len) ||
           err_set(err, ERR_INVALID, "line 1", "the file is in UTF-16: " SAVE_AS);
}

struct separators {
    size_t commas, semicolons, tabs; /* outside of quotes */
};

/* Counts in one row, and gives the bytes up to its end; *line moves behind it. */
static size_t count_row(const char *text, size_t len, struct separators *out, uint32_t *line)
{
    bool quoted = false;
    *out = (struct separators){0};
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"') quoted = !quoted;
        if (text[i] == '\n') (*line)++;
        if (quoted) continue;
        out->commas += text[i] == ',';
        out->semicolons += text[i] == ';';
        out->tabs += text[i] == '\t';
        if (text[i] == '\n' || text[i] == '\r') return i + 1;
    }
    return len;
}

static bool is_comment(const char *text, size_t len)
{
    return begins((const uint8_t *)text, len, "#", 1) ||
           begins((const uint8_t *)text, len, "\"#", 2);
}

bool csv_check_separator(const void *data, size_t len, struct err *err)
{
    const char *text = data;
    struct separators found = {0};
    uint32_t line = 1;
    uint32_t at = 1;
    if (begins(data, len, "\xef\xbb\xbf", 3)) {
        text += 3;
        len -= 3;
    }
    while (len > 0 && found.commas + found.semicolons + found.tabs == 0) {
        bool comment = is_comment(text, len);
        at = line;
        size_t row = count_row(text, len, &found, &line);
        if (comment) found = (struct separators){0};
        text += row;
        len -= row;
    }
    size_t others = found.semicolons + found.tabs;
    if (others <= found.commas) return true;
    char field[ERR_FIELD_MAX];
    (void)snprintf(field, sizeof field, "line %u", (unsigned)at);
    return err_set(err, ERR_INVALID, field,
                   "the cells of this file are separated by %s; commas are wanted (" SAVE_AS
                   ", where the system's list separator is a comma)",
                   found.tabs > found.semicolons ? "tabs" : "semicolons");
}
