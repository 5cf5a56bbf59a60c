/* SPDX-License-Identifier: Apache-2.0
 * The fixed tables (docs/figures.md "Tables"): one geography and at most two attributes each. An
 * edition, once released, never changes.
 */
#ifndef HEARTH_FIGURES_TABLES_H
#define HEARTH_FIGURES_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

enum figures_side { FIGURES_CAPACITY, FIGURES_DEMAND, FIGURES_SIDES }; /* of agencies, of LAs */
const char *figures_side_name(enum figures_side side);                 /* "capacity" */

/* Each category of a table of prices has FIGURES_POINTS cells, one a point of the scale, lowest
 * first; a fee between two points counts for one of them, drawn so that the mean stays true. */
enum {
    FIGURES_EDITION = 1,
    FIGURES_POINTS = 5,
    FIGURES_POINT_LOWEST = 400, /* pounds a week */
    FIGURES_POINT_STEP = 300,
    FIGURES_TABLES_MAX = 32,
    FIGURES_CATEGORIES_MAX = 32,
    FIGURES_CELLS_MAX = 8192, /* of one table */
    FIGURES_NAME_MAX = 32
};
enum figures_measure { FIGURES_COUNTS, FIGURES_PRICES };

struct figures_category {
    const char *code;  /* "10-14": in files, [a-z0-9_+-] */
    const char *label; /* for people */
};

struct figures_table {
    const char *name;    /* "capacity_age", at most FIGURES_NAME_MAX characters */
    const char *title;   /* "Households with a free place, by age band" */
    const char *subject; /* what is counted: "households", "free places", "children" */
    enum figures_side side;
    enum figures_measure measure;
    bool by_authority; /* one row an authority; else one a region */
    bool exclusive;    /* a subject counts in one category at most: totals have a meaning */
    const struct figures_category *categories;
    size_t category_count;
    uint32_t cells_each; /* k: in so many cells of the table a household or child counts at most */
    uint32_t clip;       /* c: by so much in each at most */
    uint32_t epsilon;    /* millionths, unless a manifest says less */
};

extern const struct figures_table figures_tables[];
extern const size_t figures_table_count; /* <= FIGURES_TABLES_MAX */

/* NULL where there is none of that name. */
const struct figures_table *figures_table_find(const char *name);
/* Its place in figures_tables. */
size_t figures_table_index(const struct figures_table *table);
/* The place of a category, or category_count where there is none of that code. */
size_t figures_category_find(const struct figures_table *table, const char *code);

/* ---- cells: area by area, category by category, point by point ---- */
/* 1, or FIGURES_POINTS. */
size_t figures_points(const struct figures_table *table);
/* areas: rows of the geography (geography_areas). */
size_t figures_cells(const struct figures_table *table, size_t areas);
size_t figures_cell(const struct figures_table *table, size_t area, size_t category, size_t point);

/* ---- what counts as what ---- */
enum { FIGURES_AGE_BANDS = 4 };
/* The band of an age in whole years (-1: unborn), 0..3: 0-4, 5-10, 11-15, 16-17. */
size_t figures_age_band(int age);
/* The category of demand_days for so many days, 0 or more. */
size_t figures_days(int32_t days);
/* The needs that a set of slots of the catalogue names, by the categories of capacity_need and
 * demand_need in their order, scarcest first; a bit a category. 0: none of them. */
struct catalogue;
uint32_t figures_needs(const struct catalogue *catalogue, const uint16_t *slots, size_t count);
/* The category of a placement type's slot in the tables by type. */
size_t figures_type(const struct catalogue *catalogue, uint16_t slot);

#endif
