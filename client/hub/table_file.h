/* SPDX-License-Identifier: Apache-2.0
 * Small CSV files with a heading line, in which columns are found by their names.
 */
#ifndef HEARTH_CLIENT_HUB_TABLE_FILE_H
#define HEARTH_CLIENT_HUB_TABLE_FILE_H

#include <stddef.h>

#include "proto/base/err.h"

enum { TABLE_FILE_COLUMNS = 8, TABLE_FILE_MAX = 1 << 20 /* bytes */ };

/* values[c]: the cell of column c, trimmed, "" where there is none. */
typedef bool (*table_file_fn)(char *const values[], void *ctx, struct err *err);
/* Reads CSV with the columns (at most TABLE_FILE_COLUMNS) in any order, the first `needed` of which
 * have to be there; others are an error. Lines that begin with # are passed over. ERR_INVALID names
 * the line ("line 3"), before the field that `each` gives. */
MUST_CHECK bool table_file_read(const void *csv, size_t len, const char *const *columns,
                                size_t count, size_t needed, table_file_fn each, void *ctx,
                                struct err *err);

#endif
