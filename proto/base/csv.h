/* SPDX-License-Identifier: Apache-2.0
 * CSV (RFC 4180) by libcsv, with line numbers: quoted fields may hold separators, quotes and line
 * ends; lines end in LF, CRLF or CR. Every copy that is made of a field is wiped.
 */
#ifndef HEARTH_BASE_CSV_H
#define HEARTH_BASE_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

enum {
    CSV_FIELD_MAX = 128 * 1024, /* bytes: what a cell of a spreadsheet can hold */
    CSV_COLUMNS_MAX = 1024
};

struct csv_field {
    char *text;    /* NUL-terminated; the callback may change it in place */
    size_t len;    /* without the NUL; more than strlen(text) where the file holds a NUL byte */
    uint32_t line; /* on which the field begins, from 1 */
};
struct csv_row {
    struct csv_field *fields;
    size_t count;
    uint32_t line; /* on which the row begins */
};

/* Calls `each` for each row that is not an empty line, until it returns false (which is success:
 * the caller knows why it stopped). A leading UTF-8 byte order mark is skipped. ERR_INVALID names
 * the line as its field ("line 3"): a stray quote, a quoted field that never ends, a field longer
 * than CSV_FIELD_MAX, more than CSV_COLUMNS_MAX fields. */
typedef bool (*csv_row_fn)(const struct csv_row *row, void *ctx);
MUST_CHECK bool csv_read_rows(const void *data, size_t len, csv_row_fn each, void *ctx,
                              struct err *err);

/* Whether it can be CSV in UTF-8 at all. ERR_INVALID ("line 1"): a workbook (ZIP, or the older
 * kind), UTF-16, with its mark or without. */
MUST_CHECK bool csv_check_kind(const void *data, size_t len, struct err *err);
/* ERR_INVALID (naming the line): the first row with separators has more semicolons or tabs than
 * commas outside of quotes. Rows whose first cell begins with # are passed over. Only for files
 * whose first row is one of headings: those below may hold lists. */
MUST_CHECK bool csv_check_separator(const void *data, size_t len, struct err *err);

#endif
