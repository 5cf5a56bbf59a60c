/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/table_file.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "proto/base/buf.h"
#include "proto/base/csv.h"
#include "proto/base/csv_cell.h"
#include "proto/base/text.h"

struct reading {
    const char *const *columns;
    size_t count, needed;
    table_file_fn each;
    void *ctx;
    struct err *err;
    bool headed, failed;
    size_t places[TABLE_FILE_COLUMNS]; /* 1 + the field of a column; 0: it has none */
    size_t fields;                     /* of the heading line */
};

/* What the headings should have been. */
static bool bad_heading(const struct reading *reading, const char *what, struct err *err)
{
    struct buf wanted = {0};
    for (size_t i = 0; i < reading->count; i++) {
        buf_format(&wanted, "%s%s", i > 0 ? "," : "", reading->columns[i]);
    }
    (void)err_set(err, ERR_INVALID, "", "%s: the columns %.*s are wanted", what, (int)wanted.len,
                  (const char *)wanted.data);
    buf_free(&wanted);
    return false;
}

static bool read_heading(struct reading *reading, const struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        const char *text = text_trim(row->fields[i].text);
        size_t column = 0;
        while (column < reading->count && strcasecmp(text, reading->columns[column]) != 0) {
            column++;
        }
        if (column == reading->count) {
            return bad_heading(reading, "a column is not known", reading->err);
        }
        if (reading->places[column]) {
            return bad_heading(reading, "a column stands twice", reading->err);
        }
        reading->places[column] = i + 1;
    }
    for (size_t i = 0; i < reading->needed; i++) {
        if (!reading->places[i]) {
            return bad_heading(reading, "a column is missing", reading->err);
        }
    }
    reading->headed = true;
    reading->fields = row->count;
    return true;
}

static bool read_values(struct reading *reading, const struct csv_row *row)
{
    char empty[] = "";
    char *values[TABLE_FILE_COLUMNS];
    if (row->count > reading->fields) {
        return err_set(reading->err, ERR_INVALID, "", "more cells than there are headings");
    }
    for (size_t i = 0; i < reading->count; i++) {
        size_t place = reading->places[i];
        values[i] = place > 0 && place <= row->count
                        ? text_trim(csv_cell_text(row->fields[place - 1].text))
                        : empty;
        if (!text_is_printable_utf8(values[i], strlen(values[i]))) {
            return err_set(reading->err, ERR_INVALID, reading->columns[i],
                           "holds bytes that are not UTF-8, or control characters");
        }
    }
    return reading->each(values, reading->ctx, reading->err);
}

static bool read_row(const struct csv_row *row, void *ctx)
{
    struct reading *reading = ctx;
    char line[24];
    if (row->fields[0].text[0] == '#') return true;
    if (reading->headed ? read_values(reading, row) : read_heading(reading, row)) return true;
    (void)snprintf(line, sizeof line, "line %u", (unsigned)row->line);
    (void)err_in(reading->err, line);
    reading->failed = true;
    return false;
}

bool table_file_read(const void *csv, size_t len, const char *const *columns, size_t count,
                     size_t needed, table_file_fn each, void *ctx, struct err *err)
{
    REQUIRE(count <= TABLE_FILE_COLUMNS && needed <= count);
    struct reading reading = {
        .columns = columns, .count = count, .needed = needed, .each = each, .ctx = ctx, .err = err};
    if (!csv_check_kind(csv, len, err) || !csv_check_separator(csv, len, err) ||
        !csv_read_rows(csv, len, read_row, &reading, err) || reading.failed) {
        return false;
    }
    return reading.headed || bad_heading(&reading, "is empty", err);
}
