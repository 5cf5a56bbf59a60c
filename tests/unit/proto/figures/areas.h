/* SPDX-License-Identifier: Apache-2.0
 * A small made-up geography for tests: two regions, three authorities, and a few cells around
 * Leeds.
 */
#ifndef TESTS_FIGURES_AREAS_H
#define TESTS_FIGURES_AREAS_H

#include <string.h>

#include "proto/base/mem.h"
#include "proto/figures/geography.h"

enum {
    AREAS_FIRST_CELL = 133 * CELL_COLUMNS + 86, /* of the first authority */
    AREAS_CELLS = 4                             /* of each authority, in a row */
};

/* mem_new, free(). */
static inline struct geography *areas_new(void)
{
    struct geography *areas = mem_new(struct geography);
    *areas = (struct geography){
        .regions = {{"E12000002", "North West"}, {"E12000003", "Yorkshire and The Humber"}},
        .region_count = 2,
        .authorities = {{"E08000003", "Manchester", 0},
                        {"E08000032", "Bradford", 1},
                        {"E08000035", "Leeds", 1}},
        .authority_count = 3};
    for (size_t i = 0; i < CELLS; i++) areas->cells[i] = AREA_NONE;
    for (uint16_t i = 0; i < 3 * AREAS_CELLS; i++) {
        areas->cells[AREAS_FIRST_CELL + i] = i / AREAS_CELLS;
    }
    return areas;
}

#endif
