/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/figures/release.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/figures/release_rules.h"

bool release_has_total(const struct figures_table *table)
{
    /* The total of a single category would be that category again; a fee counts in one at most. */
    return (table->exclusive || table->measure == FIGURES_PRICES) && table->category_count > 1;
}

size_t release_columns(const struct figures_table *table)
{
    return table->category_count + (release_has_total(table) ? 1 : 0);
}

int64_t release_rounded(int64_t value, int64_t to)
{
    return (value + to / 2) / to * to;
}

void release_allocate(struct release *release)
{
    release->column_count = release_columns(release->table);
    REQUIRE(release->column_count > 0);
    release->codes = mem_array(release->row_count, sizeof *release->codes);
    release->names = mem_array(release->row_count, sizeof *release->names);
    release->region_codes = mem_array(release->row_count, sizeof *release->region_codes);
    release->cells = mem_array(release->row_count * release->column_count, sizeof *release->cells);
}

static void fill_rows(const struct geography *geography, struct release *out)
{
    bool by_authority = out->table->by_authority;
    size_t areas = geography_areas(geography, by_authority);
    REQUIRE(areas > 0);
    out->row_count = areas + 1;
    release_allocate(out);
    for (size_t i = 0; i < areas; i++) {
        size_t region = by_authority ? geography->authorities[i].region : i;
        text_copy_cut(out->codes[i], sizeof *out->codes,
                      geography_area_code(geography, by_authority, i));
        text_copy_cut(out->names[i], sizeof *out->names,
                      geography_area_name(geography, by_authority, i));
        text_copy_cut(out->region_codes[i], sizeof *out->region_codes,
                      geography->regions[region].code);
    }
    text_copy_cut(out->codes[areas], sizeof *out->codes, RELEASE_ENGLAND);
    text_copy_cut(out->names[areas], sizeof *out->names, "England");
    text_copy_cut(out->region_codes[areas], sizeof *out->region_codes, RELEASE_ENGLAND);
}

/* How many cells of the table are in the value at (row, column). */
static size_t cells_in(const struct release *release, size_t row, size_t column)
{
    size_t down = row + 1 == release->row_count ? release->row_count - 1 : 1;
    size_t across = column == release->table->category_count ? release->table->category_count : 1;
    return down * across;
}

/* The sum of those cells, at one point of the scale. */
static int64_t sum_at(const struct release *release, const int64_t *sums, size_t row, size_t column,
                      size_t point)
{
    const struct figures_table *table = release->table;
    bool england = row + 1 == release->row_count, total = column == table->category_count;
    size_t row_end = england ? row : row + 1, column_end = total ? column : column + 1;
    int64_t sum = 0;
    for (size_t i = england ? 0 : row; i < row_end; i++) {
        for (size_t j = total ? 0 : column; j < column_end; j++) {
            sum += sums[figures_cell(table, i, j, point)];
        }
    }
    return sum;
}

static void make_prices(const int64_t *sums, struct release *out)
{
    for (size_t i = 0; i < out->row_count * out->column_count; i++) {
        size_t row = i / out->column_count, column = i % out->column_count;
        int64_t points[FIGURES_POINTS];
        for (size_t p = 0; p < FIGURES_POINTS; p++) {
            points[p] = sum_at(out, sums, row, column, p);
        }
        size_t categories = column == out->table->category_count ? column : 1;
        release_price(points, categories, out->deviation * sqrt((double)cells_in(out, row, column)),
                      &out->cells[i]);
    }
}

static void make_counts(const int64_t *sums, struct release *out)
{
    size_t count = out->row_count * out->column_count;
    struct release_grid grid = {.rows = out->row_count,
                                .columns = out->column_count,
                                .has_total = release_has_total(out->table),
                                .values = mem_array(count, sizeof *grid.values),
                                .shown = mem_array(count, sizeof *grid.shown)};
    for (size_t i = 0; i < count; i++) {
        grid.values[i] = sum_at(out, sums, i / grid.columns, i % grid.columns, 0);
        grid.shown[i] = grid.values[i] < RELEASE_SHOWN_FROM ? RELEASE_SMALL : RELEASE_SHOWN;
    }
    release_suppress(&grid);
    for (size_t i = 0; i < count; i++) {
        size_t cells = cells_in(out, i / grid.columns, i % grid.columns);
        bool total =
            i / grid.columns + 1 == grid.rows || i % grid.columns == out->table->category_count;
        struct release_value *value = &out->cells[i].count;
        value->shown = grid.shown[i];
        value->deviation = out->deviation * sqrt((double)cells);
        if (value->shown == RELEASE_SHOWN) {
            value->value =
                release_rounded(grid.values[i], total ? RELEASE_ROUND_TOTAL : RELEASE_ROUND);
        }
        out->cells[i].spread.shown = RELEASE_NONE;
    }
    sodium_memzero(grid.values, count * sizeof *grid.values); /* those that are not shown too */
    sodium_memzero(grid.shown, count * sizeof *grid.shown);
    free(grid.values);
    free(grid.shown);
}

void release_make(const struct agreement *agreement, const struct manifest_term *term,
                  const int64_t *sums, size_t contributions, int64_t now_ms, struct release *out)
{
    const struct manifest *manifest = &agreement->manifest;
    const struct manifest_side *side = &manifest->sides[term->table->side];
    *out = (struct release){.table = term->table,
                            .period = manifest->period,
                            .released_at = now_ms,
                            .epsilon = term->noise.epsilon,
                            .quorum = side->quorum,
                            .insiders = side->insiders,
                            .enrolled = side->enrolled,
                            .contributions = contributions,
                            .deviation = noise_deviation(&term->noise, contributions)};
    text_copy_cut(out->hub, sizeof out->hub, manifest->hub);
    fill_rows(manifest->geography, out);
    if (term->table->measure == FIGURES_PRICES) {
        make_prices(sums, out);
    } else {
        make_counts(sums, out);
    }
}

void release_copy(const struct release *release, struct release *out)
{
    size_t rows = release->row_count, cells = rows * release->column_count;
    *out = *release;
    out->codes = mem_copy(release->codes, rows * sizeof *release->codes);
    out->names = mem_copy(release->names, rows * sizeof *release->names);
    out->region_codes = mem_copy(release->region_codes, rows * sizeof *release->region_codes);
    out->cells = mem_copy(release->cells, cells * sizeof *release->cells);
}

void release_free(struct release *release)
{
    free(release->codes);
    free(release->names);
    free(release->region_codes);
    free(release->cells);
    *release = (struct release){0};
}

const struct release_cell *release_at(const struct release *release, size_t row, size_t column)
{
    REQUIRE(row < release->row_count && column < release->column_count);
    return &release->cells[row * release->column_count + column];
}

size_t release_column_find(const struct release *release, const char *code)
{
    size_t column = 0;
    while (column < release->column_count &&
           strcmp(release_column_code(release, column), code) != 0) {
        column++;
    }
    return column;
}

const char *release_column_code(const struct release *release, size_t column)
{
    const struct figures_table *table = release->table;
    REQUIRE(column < release->column_count);
    return column < table->category_count ? table->categories[column].code : RELEASE_TOTAL;
}

const char *release_column_label(const struct release *release, size_t column)
{
    const struct figures_table *table = release->table;
    REQUIRE(column < release->column_count);
    if (column < table->category_count) return table->categories[column].label;
    return table->measure == FIGURES_PRICES ? "All" : "Total";
}
