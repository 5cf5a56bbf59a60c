/* SPDX-License-Identifier: Apache-2.0
 * What was released, as text, CSV and JSON. Nothing here tells why a value is not shown: that it
 * was small, or stands before another one that is.
 */
#ifndef HEARTH_CLIENT_HUB_SHOW_H
#define HEARTH_CLIENT_HUB_SHOW_H

#include <jansson.h>

#include "client/hub/shelf.h"

#define SHOW_SUPPRESSED "c"

/* The wanted rows and periods of a table (NULL: of all tables; rows are those of each that has
 * them). Periods have been filled in. Errors as wanted_rows; nothing is appended then. */
MUST_CHECK bool show_text(const struct shelf *shelf, const char *table, const struct wanted *wanted,
                          struct buf *out, struct err *err);
/* table,period,area,category,value: area by its code, value a whole number or c. A price has two
 * rows, CATEGORY:mean and CATEGORY:spread, in pounds a week. */
MUST_CHECK bool show_csv(const struct shelf *shelf, const char *table, const struct wanted *wanted,
                         struct buf *out, struct err *err);
/* {"releases": [...]}, docs/figures.md "Reading the figures"; *out is the caller's. */
MUST_CHECK bool show_json(const struct shelf *shelf, const char *table, const struct wanted *wanted,
                          json_t **out, struct err *err);

/* Which tables there are: periods, contributors, noise. */
void show_list(const struct shelf *shelf, struct buf *out);
json_t *show_list_json(const struct shelf *shelf);

/* A value as it is printed: a number, or c. */
enum { SHOW_VALUE = 24 };
const char *show_value(const struct release_value *value, char out[SHOW_VALUE]);

/* Calls `each` for every wanted row of every wanted release, in order. With a table, a row
 * that it does not have is an error; without, the tables that have none are passed over, unless
 * none has it. `each` may have been called before an error. */
typedef void (*show_row_fn)(const struct release *release, size_t row, void *ctx);
MUST_CHECK bool show_each_row(const struct shelf *shelf, const char *table,
                              const struct wanted *wanted, show_row_fn each, void *ctx,
                              struct err *err);

#endif
