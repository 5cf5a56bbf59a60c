/* SPDX-License-Identifier: Apache-2.0
 * Inside proto/figures: the release rules step by step (release.h).
 */
#ifndef HEARTH_FIGURES_RELEASE_RULES_H
#define HEARTH_FIGURES_RELEASE_RULES_H

#include "proto/figures/release.h"

/* The noisy values of a table with its totals, row by row: the last row is the sum of the others,
 * and so is the last column where has_total. */
struct release_grid {
    size_t rows, columns;
    bool has_total;
    int64_t *values;
    enum release_shown *shown; /* RELEASE_SHOWN or RELEASE_SMALL before */
};
/* Marks what is to be suppressed besides, until no suppressed value follows from those shown. */
void release_suppress(struct release_grid *grid);

/* Mean and spread from the noisy numbers at each point of the scale, FIGURES_POINTS of them, of so
 * many categories together; deviation: of the noise in each. */
void release_price(const int64_t *points, size_t categories, double deviation,
                   struct release_cell *out);

/* To the nearest multiple, halves upwards; value at least 0. */
int64_t release_rounded(int64_t value, int64_t to);

/* Room for rows and cells of a release whose table and row_count are set. */
void release_allocate(struct release *release);

#endif
