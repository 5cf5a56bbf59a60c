/* SPDX-License-Identifier: Apache-2.0
 * A CSV table whose columns are found by their headings, in any order and any usual spelling, below
 * lines of title: what the files that a directory is imported from have in common.
 */
#ifndef HEARTH_MATCHER_DIRECTORY_IMPORT_TABLE_H
#define HEARTH_MATCHER_DIRECTORY_IMPORT_TABLE_H

#include "matcher/findings.h"

enum { TABLE_COLUMNS_MAX = 8, TABLE_TITLE_LINES_MAX = 20 };

struct table_column {
    const char *name; /* for findings */
    /* Headings in lower-case letters and figures alone, separated by spaces. A heading of the file
     * is compared without case and without anything that is no letter or figure. */
    const char *headings;
    bool required;
};
struct table {
    const struct table_column *columns; /* at most TABLE_COLUMNS_MAX */
    size_t count;
    size_t title_lines; /* rows that may stand before the headings */
    bool closed;        /* a heading that is not known is a finding */
};

/* values[c]: the cell of column c, trimmed, "" where the row ends before it. They may be changed.
 */
typedef void (*table_row_fn)(char *values[], size_t line, void *ctx);

/* Reads a whole file. What is wrong with its form goes to `findings`, and no row is read then but
 * for those before a quote in the wrong place; what is wrong in a row is for `row` to add. */
void table_read(const struct table *table, const uint8_t *csv, size_t len, table_row_fn row,
                void *ctx, struct findings *findings);

/* Copies a cell into out[cap] if it is UTF-8 without control characters and fits, else adds a
 * finding. */
bool table_text(const char *value, char *out, size_t cap, size_t line, const char *column,
                struct findings *findings);

#endif
