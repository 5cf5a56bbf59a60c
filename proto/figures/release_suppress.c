/* SPDX-License-Identifier: Apache-2.0
 * Complementary suppression. What is published are sums: each row and each column, with its total,
 * is one equation. Take rows and columns as nodes and each suppressed value as an edge between its
 * row and its column: a value follows from the equations exactly where its edge is in no cycle of
 * suppressed ones, since along a cycle an amount can be added and taken away in turn. So a cycle is
 * closed for each that has none, by the values that are least to be missed. Rounding would leave
 * some room even then; that it does is not relied on.
 */
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/figures/release_rules.h"

/* A total costs more to lose than all other values of a table together. */
static const int64_t total_cost = INT64_C(1) << 44, unreached = INT64_MAX;

static bool is_total(const struct release_grid *grid, size_t row, size_t column)
{
    return row + 1 == grid->rows || (grid->has_total && column + 1 == grid->columns);
}

static int64_t cost(const struct release_grid *grid, size_t row, size_t column)
{
    size_t at = row * grid->columns + column;
    if (grid->shown[at] != RELEASE_SHOWN) return 0;
    return grid->values[at] + (is_total(grid, row, column) ? total_cost : 0);
}

static void suppress(struct release_grid *grid, size_t row, size_t column)
{
    enum release_shown *shown = &grid->shown[row * grid->columns + column];
    if (*shown == RELEASE_SHOWN) *shown = RELEASE_COMPLEMENTARY;
}

/* ---- columns with a total only: two suppressed ones do ---- */

static void suppress_second(struct release_grid *grid, size_t column)
{
    size_t suppressed = 0, best = grid->rows;
    int64_t best_cost = unreached;
    for (size_t row = 0; row < grid->rows; row++) {
        int64_t c = cost(grid, row, column);
        if (c == 0) {
            suppressed++;
        } else if (c < best_cost) {
            best = row;
            best_cost = c;
        }
    }
    if (suppressed == 1 && best < grid->rows) suppress(grid, best, column);
}

/* ---- rows and columns with totals: cycles ---- */

/* The cheapest way from a row to a column over values other than that at both. Nodes: rows, then
 * columns. */
struct way {
    int64_t *costs;
    size_t *before;
    bool *done;
};

static size_t nearest(const struct release_grid *grid, const struct way *way)
{
    size_t nodes = grid->rows + grid->columns, best = nodes;
    for (size_t i = 0; i < nodes; i++) {
        if (way->done[i] || way->costs[i] == unreached) continue;
        if (best == nodes || way->costs[i] < way->costs[best]) best = i;
    }
    REQUIRE(best < nodes); /* with two rows and two columns there is always a way */
    return best;
}

static void reach(const struct release_grid *grid, struct way *way, size_t from, size_t row,
                  size_t column)
{
    bool is_row = from < grid->rows;
    size_t first = is_row ? grid->rows : 0;
    size_t end = is_row ? grid->rows + grid->columns : grid->rows;
    for (size_t to = first; to < end; to++) {
        size_t i = is_row ? from : to, j = (is_row ? to : from) - grid->rows;
        if (i == row && j == column) continue;
        int64_t costs = way->costs[from] + cost(grid, i, j);
        if (costs < way->costs[to]) {
            way->costs[to] = costs;
            way->before[to] = from;
        }
    }
}

static void close_cycle(struct release_grid *grid, struct way *way, size_t row, size_t column)
{
    size_t nodes = grid->rows + grid->columns, target = grid->rows + column, from;
    for (size_t i = 0; i < nodes; i++) {
        way->costs[i] = unreached;
        way->done[i] = false;
    }
    way->costs[row] = 0;
    while ((from = nearest(grid, way)) != target) {
        way->done[from] = true;
        reach(grid, way, from, row, column);
    }
    for (size_t to = target; to != row; to = from) {
        from = way->before[to];
        suppress(grid, from < grid->rows ? from : to, (from < grid->rows ? to : from) - grid->rows);
    }
}

/* Once is enough: what is added lies in the cycle that it closes, and no cycle is lost. */
static void suppress_cycles(struct release_grid *grid)
{
    size_t nodes = grid->rows + grid->columns;
    struct way way = {.costs = mem_array(nodes, sizeof *way.costs),
                      .before = mem_array(nodes, sizeof *way.before),
                      .done = mem_array(nodes, sizeof *way.done)};
    for (size_t i = 0; i < grid->rows * grid->columns; i++) {
        if (grid->shown[i] != RELEASE_SMALL) continue;
        close_cycle(grid, &way, i / grid->columns, i % grid->columns);
    }
    free(way.costs);
    free(way.before);
    free(way.done);
}

void release_suppress(struct release_grid *grid)
{
    REQUIRE(grid->rows >= 2 && grid->columns >= 1);
    if (grid->has_total) {
        suppress_cycles(grid);
        return;
    }
    for (size_t column = 0; column < grid->columns; column++) suppress_second(grid, column);
}
