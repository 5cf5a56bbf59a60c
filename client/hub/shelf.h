/* SPDX-License-Identifier: Apache-2.0
 * What a hub has released, as its commands look at it: every release in memory, and which rows and
 * periods of them are wanted.
 */
#ifndef HEARTH_CLIENT_HUB_SHELF_H
#define HEARTH_CLIENT_HUB_SHELF_H

#include "proto/figures/collection.h"

/* Releases by period, then by the order of the tables. Zero-initialise; shelf_free. */
struct shelf {
    struct release *releases;
    size_t count;
};
/* All of a collection. Errors as collection_each_release. */
MUST_CHECK bool shelf_read(struct collection *collection, struct shelf *out, struct err *err);
/* Puts a copy where it belongs. */
void shelf_add(struct shelf *shelf, const struct release *release);
void shelf_free(struct shelf *shelf);
/* The release of a table and period, or NULL. */
const struct release *shelf_find(const struct shelf *shelf, const char *table, uint32_t period);
/* The first and last period of a table (NULL: of any table); 0 where there is none. */
uint32_t shelf_first(const struct shelf *shelf, const char *table);
uint32_t shelf_last(const struct shelf *shelf, const char *table);

/* What a user has asked for. */
enum { WANTED_AREAS_MAX = 64 };
struct wanted {
    uint32_t from, to; /* periods, both included; 0 where not said */
    const char *areas[WANTED_AREAS_MAX];
    size_t area_count; /* 0: all of them */
};
/* Fills in periods that were not said: `to` is the last of the table (NULL: of any), `from` so many
 * months that end with it (months 1: the same). ERR_NOT_FOUND (field "period" or "table") where
 * nothing was released of that; ERR_INVALID (field "period"): from is after to. */
MUST_CHECK bool wanted_periods(struct wanted *wanted, const struct shelf *shelf, const char *table,
                               unsigned months, struct err *err);
/* marks[row] of a release: whether the row is wanted. An area is named by its code or name, case
 * does not matter; a region means its authorities in a table by authority. ERR_NOT_FOUND (field
 * "area"): the table has no such area. */
MUST_CHECK bool wanted_rows(const struct wanted *wanted, const struct shelf *shelf,
                            const struct release *release, bool *marks, struct err *err);
/* The last release of a table in the wanted periods, or NULL. */
const struct release *wanted_last(const struct shelf *shelf, const struct wanted *wanted,
                                  const char *table);
/* The row of an area by its code, or row_count. */
size_t release_row_find(const struct release *release, const char *code);

/* "October 2026". */
enum { PERIOD_WORDS = 24 };
const char *period_words(uint32_t period, char out[PERIOD_WORDS]);

#endif
