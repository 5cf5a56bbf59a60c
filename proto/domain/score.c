/* SPDX-License-Identifier: Apache-2.0
 * The plain match: the same numbers as the blinded one, added up in the clear.
 */
#include "proto/domain/request.h"

enum { STRONG_FROM = 700, GOOD_FROM = 400 };

/* Adds the cell's values; a cell outside the quadrants has none. */
static void add_cell(const struct plan *plan, uint16_t cell, unsigned *hard, unsigned *soft)
{
    uint16_t quadrant = grid_quadrant_of_cell(cell);
    for (size_t i = 0; i < plan->quadrant_count; i++) {
        if (plan->quadrants[i] != quadrant) continue;
        size_t at = i * QUADRANT_CELLS + grid_index_in_quadrant(cell);
        *hard += plan->hard_cell[at];
        *soft += plan->soft_cell[at];
    }
}

int plan_score(const struct plan *plan, const struct slot_set *set)
{
    if (!set->placeable) return SCORE_NONE;
    unsigned hard = 0, soft = plan->base;
    for (size_t i = 0; i < set->count; i++) {
        hard += plan->hard[set->slots[i]];
        soft += plan->soft[set->slots[i]];
    }
    if (plan->quadrant_count > 0) add_cell(plan, set->cell, &hard, &soft);
    return hard == plan->musts ? (int)soft : SCORE_NONE;
}

bool plan_accepts_cell(const struct plan *plan, uint16_t cell)
{
    unsigned hard = 0, soft = 0;
    add_cell(plan, cell, &hard, &soft);
    return plan->quadrant_count == 0 || hard > 0;
}

enum band score_band(int score)
{
    if (score < 0) return BAND_NONE;
    if (score >= STRONG_FROM) return BAND_STRONG;
    return score >= GOOD_FROM ? BAND_GOOD : BAND_POSSIBLE;
}

const char *band_name(enum band band)
{
    switch (band) {
    case BAND_NONE: return "none";
    case BAND_POSSIBLE: return "possible";
    case BAND_GOOD: return "good";
    case BAND_STRONG: return "strong";
    }
    return "none";
}
