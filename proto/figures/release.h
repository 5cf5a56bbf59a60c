/* SPDX-License-Identifier: Apache-2.0
 * The release rules (docs/figures.md "Release rules"): from the noisy sums of one table and period
 * to what is shown. Only noisy values go in, so that nothing here can undo what the noise hides.
 */
#ifndef HEARTH_FIGURES_RELEASE_H
#define HEARTH_FIGURES_RELEASE_H

#include "proto/base/buf.h"
#include "proto/figures/manifest.h"

enum { RELEASE_SHOWN_FROM = 6, RELEASE_ROUND = 5, RELEASE_ROUND_TOTAL = 10 };
#define RELEASE_TOTAL "total" /* the category of a row's total */
#define RELEASE_ENGLAND "E92000001"

/* Why a value is not shown. */
enum release_shown {
    RELEASE_SHOWN,
    RELEASE_SMALL,         /* below RELEASE_SHOWN_FROM: c */
    RELEASE_COMPLEMENTARY, /* it would give another one away: c */
    RELEASE_THIN,          /* a price with too few placements or authorities behind it: c */
    RELEASE_NONE           /* there is no such value */
};
struct release_value {
    enum release_shown shown;
    int64_t value;
    double deviation; /* of the noise in it, before rounding */
};
/* Rows: the areas of the table, then England. Columns: the categories, then the total where the
 * table is exclusive and has more than one. A value that is not shown is 0: what it was is not
 * kept. A table of prices has two values in each place: mean and spread (standard
 * deviation) in pounds a week; `spread` is RELEASE_NONE in tables of counts. */
struct release_cell {
    struct release_value count; /* or mean */
    struct release_value spread;
};
struct release {
    const struct figures_table *table;
    uint32_t period;
    char hub[ID_MAX + 1];
    int64_t released_at;
    uint32_t epsilon; /* millionths */
    uint32_t quorum, insiders;
    size_t enrolled, contributions;
    double deviation; /* of the noise in one cell */
    size_t row_count; /* areas + 1 */
    char (*codes)[GEOGRAPHY_CODE];
    char (*names)[GEOGRAPHY_NAME_MAX + 1];
    char (*region_codes)[GEOGRAPHY_CODE]; /* of an authority's row its region; else its own code */
    size_t column_count;
    struct release_cell *cells; /* row by row */
};
/* sums: figures_cells of them, noise included, each within the 32 bits of sum_finder. The caller
 * has seen that the quorum is met. The same sums give the same release. release_free frees `out`.
 */
void release_make(const struct agreement *agreement, const struct manifest_term *term,
                  const int64_t *sums, size_t contributions, int64_t now_ms, struct release *out);
void release_free(struct release *release);
/* A copy of its own. */
void release_copy(const struct release *release, struct release *out);
/* Columns of a release of that table. */
size_t release_columns(const struct figures_table *table);
bool release_has_total(const struct figures_table *table);
const struct release_cell *release_at(const struct release *release, size_t row, size_t column);
/* The column of a category, or column_count. */
size_t release_column_find(const struct release *release, const char *code);
const char *release_column_code(const struct release *release, size_t column); /* or "total" */
const char *release_column_label(const struct release *release, size_t column);

/* The stored form and its bounded decoder. ERR_CORRUPT; ERR_VERSION: of another form or edition. */
void release_encode(const struct release *release, struct buf *out);
MUST_CHECK bool release_decode(const uint8_t *data, size_t len, struct release *out,
                               struct err *err);

#endif
