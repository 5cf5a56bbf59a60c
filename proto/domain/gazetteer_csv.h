/* SPDX-License-Identifier: Apache-2.0
 * CSV of any size by libcsv, fed piece by piece, for what the gazetteer is made from: lenient with
 * stray quotes, because one of them must not refuse a published file of millions of rows.
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_CSV_H
#define HEARTH_DOMAIN_GAZETTEER_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

enum { GAZETTEER_FIELD_MAX = 4096, GAZETTEER_COLUMNS_MAX = 256 };

struct gazetteer_row {
    /* fields[column], NUL-terminated, valid during the call; NULL for what gazetteer_csv_keep left
     * out. A field that holds a NUL byte is given as "\x01". */
    const char *fields[GAZETTEER_COLUMNS_MAX];
    size_t count;  /* columns of this row */
    uint32_t line; /* on which it begins, from 1 */
};

struct gazetteer_csv;

/* Called for each row that is not an empty line; false with err set stops the reading. */
typedef bool (*gazetteer_row_fn)(const struct gazetteer_row *row, void *ctx, struct err *err);
struct gazetteer_csv *gazetteer_csv_new(gazetteer_row_fn each, void *ctx);
void gazetteer_csv_free(struct gazetteer_csv *csv);
/* From the next row on only these columns are given; a column may be -1 for none. */
void gazetteer_csv_keep(struct gazetteer_csv *csv, const int *columns, size_t count);
/* The next bytes; a UTF-8 byte order mark at the start is skipped. ERR_INVALID: a field longer than
 * GAZETTEER_FIELD_MAX, more than GAZETTEER_COLUMNS_MAX columns; or what `each` said. */
MUST_CHECK bool gazetteer_csv_feed(struct gazetteer_csv *csv, const void *data, size_t len,
                                   struct err *err);
/* No more bytes: the last line may lack its end. ERR_INVALID: it ends inside a quoted field. */
MUST_CHECK bool gazetteer_csv_end(struct gazetteer_csv *csv, struct err *err);

#endif
