/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/figures/tally.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

/* No cell goes higher: with noise it still fits into a contribution. */
enum { CELL_MAX = 1 << 20 };

struct counted {
    const struct figures_table *table;
    int32_t *cells;
    size_t count, outside;
    uint8_t prices[FIGURES_CATEGORIES_MAX]; /* that count, by category */
};
struct tally {
    struct counted tables[FIGURES_TABLES_MAX];
    size_t table_count;
};

struct tally *tally_new(const struct manifest *manifest, enum figures_side side)
{
    struct tally *tally = mem_new(struct tally);
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct figures_table *table = manifest->terms[i].table;
        if (table->side != side) continue;
        struct counted *counted = &tally->tables[tally->table_count++];
        counted->table = table;
        counted->count =
            figures_cells(table, geography_areas(manifest->geography, table->by_authority));
        counted->cells = mem_array(counted->count, sizeof *counted->cells);
    }
    return tally;
}

void tally_free(struct tally *tally)
{
    if (!tally) return;
    for (size_t i = 0; i < tally->table_count; i++) {
        struct counted *counted = &tally->tables[i];
        sodium_memzero(counted->cells, counted->count * sizeof *counted->cells);
        free(counted->cells);
    }
    sodium_memzero(tally, sizeof *tally);
    free(tally);
}

static const struct counted *find(const struct tally *tally, const char *name)
{
    for (size_t i = 0; i < tally->table_count; i++) {
        if (strcmp(tally->tables[i].table->name, name) == 0) return &tally->tables[i];
    }
    REQUIRE(figures_table_find(name));
    return NULL;
}

/* The table where it is counted at all, and the subject lies in an area; else NULL. */
static struct counted *begin(struct tally *tally, const char *name, uint16_t area)
{
    const struct counted *found = find(tally, name);
    if (!found) return NULL;
    struct counted *counted = &tally->tables[found - tally->tables];
    if (area != AREA_NONE) return counted;
    counted->outside++;
    return NULL;
}

static void add(struct counted *counted, uint16_t area, size_t category, size_t point,
                uint32_t amount)
{
    size_t cell = figures_cell(counted->table, area, category, point);
    REQUIRE(cell < counted->count);
    int32_t sum = counted->cells[cell] + (int32_t)amount;
    counted->cells[cell] = sum < CELL_MAX ? sum : CELL_MAX;
}

void tally_count(struct tally *tally, const char *table, uint16_t area, const size_t *categories,
                 const uint32_t *amounts, size_t count)
{
    struct counted *counted = begin(tally, table, area);
    if (!counted) return;
    const struct figures_table *kind = counted->table;
    uint32_t most[FIGURES_CATEGORIES_MAX] = {0}, used = 0;
    REQUIRE(kind->measure == FIGURES_COUNTS);
    /* A category that is named twice counts once. */
    for (size_t i = 0; i < count; i++) {
        REQUIRE(categories[i] < kind->category_count);
        uint32_t amount = amounts[i] < kind->clip ? amounts[i] : kind->clip;
        if (amount > most[categories[i]]) most[categories[i]] = amount;
    }
    for (size_t i = 0; i < kind->category_count && used < kind->cells_each; i++) {
        if (most[i] == 0) continue;
        add(counted, area, i, 0, most[i]);
        used++;
    }
    sodium_memzero(most, sizeof most);
}

void tally_price(struct tally *tally, const char *table, uint16_t area, size_t category,
                 uint32_t pounds, struct stream *stream)
{
    enum { HIGHEST = FIGURES_POINT_LOWEST + (FIGURES_POINTS - 1) * FIGURES_POINT_STEP };
    uint64_t draw = stream_below(stream, FIGURES_POINT_STEP);
    struct counted *counted = begin(tally, table, area);
    if (!counted) return;
    REQUIRE(counted->table->measure == FIGURES_PRICES);
    REQUIRE(category < counted->table->category_count);
    if (counted->prices[category] == FIGURES_PRICES_EACH) return;
    counted->prices[category]++;
    uint32_t above = pounds <= FIGURES_POINT_LOWEST ? 0
                     : pounds >= HIGHEST            ? HIGHEST - FIGURES_POINT_LOWEST
                                                    : pounds - FIGURES_POINT_LOWEST;
    size_t point = above / FIGURES_POINT_STEP;
    if (draw < above % FIGURES_POINT_STEP) point++;
    add(counted, area, category, point, 1);
}

const int32_t *tally_cells(const struct tally *tally, const char *table, size_t *count)
{
    const struct counted *counted = find(tally, table);
    *count = counted ? counted->count : 0;
    return counted ? counted->cells : NULL;
}

size_t tally_outside(const struct tally *tally, const char *table)
{
    const struct counted *counted = find(tally, table);
    return counted ? counted->outside : 0;
}
