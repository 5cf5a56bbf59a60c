/* SPDX-License-Identifier: Apache-2.0
 * From a request to the plain values of its slots and cells (docs/domain.md "Score"). All
 * arithmetic is on integers, so that an independent computation agrees to the last digit.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/domain/plan_cells.h"

static void must_hold(struct plan *plan, uint16_t slot)
{
    if (plan->hard[slot]) return; /* two children of one age are one must */
    plan->hard[slot] = 1;
    plan->musts++;
}

static void set_musts(const struct request *request, struct plan *plan)
{
    const struct catalogue *catalogue = plan->catalogue;
    for (size_t i = 0; i < request->child_count; i++) {
        const struct child *child = &request->children[i];
        must_hold(plan, catalogue_age_slot(catalogue, child->age));
        if (child->sex != 'U') must_hold(plan, catalogue_sex_slot(catalogue, child->sex));
    }
    must_hold(plan, catalogue_places_slot(catalogue, (int)request->child_count));
    must_hold(plan, request->placement_type);
    for (size_t i = 0; i < request->must_count; i++) must_hold(plan, request->must[i]);
    if (request->has_location) plan->musts++; /* one of the accepted cells */
}

static void accept_availability(const struct request *request, struct plan *plan,
                                uint8_t weights[SLOTS_MAX])
{
    static const enum availability last[] = {[NEEDED_TODAY] = AVAILABLE_TODAY,
                                             [NEEDED_WITHIN_5_DAYS] = AVAILABLE_5_DAYS,
                                             [NEEDED_LATER] = AVAILABLE_LATER};
    for (int a = AVAILABLE_TODAY; a <= (int)last[request->needed_by]; a++) {
        uint16_t slot = catalogue_availability_slot(plan->catalogue, (enum availability)a);
        plan->hard[slot] = 1;
        if (request->accept_unconfirmed) weights[slot] = 1;
    }
    if (request->accept_unconfirmed) {
        plan->hard[catalogue_availability_slot(plan->catalogue, AVAILABLE_UNCONFIRMED)] = 1;
    }
    plan->musts++; /* a household holds one availability: one must, however many are accepted */
}

/* Sets the slots' values; gives best, what a perfect carer's preferences and place add up to. */
static int64_t set_weights(const struct request *request, struct plan *plan,
                           const uint8_t weights[SLOTS_MAX])
{
    int64_t sum = request->accept_unconfirmed ? 1 : 0;
    for (size_t i = 0; i < request->prefer_count; i++) sum += request->prefer_weight[i];
    int64_t best = PLAN_UNIT * sum + plan->location_best;
    if (best == 0) {
        plan->base = SCORE_MAX;
        return best;
    }
    for (size_t slot = 0; slot < SLOTS_MAX; slot++) {
        plan->soft[slot] = (uint16_t)((int64_t)SCORE_MAX * PLAN_UNIT * weights[slot] / best);
    }
    return best;
}

/* Everything but the cells. */
static int64_t set_slots(const struct request *request, struct plan *plan)
{
    uint8_t weights[SLOTS_MAX] = {0};
    set_musts(request, plan);
    accept_availability(request, plan, weights);
    for (size_t i = 0; i < request->prefer_count; i++) {
        weights[request->prefer[i]] = request->prefer_weight[i];
    }
    int64_t best = set_weights(request, plan, weights);
    sodium_memzero(weights, sizeof weights);
    return best;
}

bool plan_make(const struct request *request, const struct catalogue *catalogue, struct plan *out,
               struct err *err)
{
    struct plan *plan = mem_new(struct plan);
    int64_t loc[FOOTPRINT_MAX * QUADRANT_CELLS] = {0};
    plan->catalogue = catalogue;
    bool good = !request->has_location || plan_cells(request, plan, loc, &plan->location_best, err);
    if (good) {
        int64_t best = set_slots(request, plan);
        for (size_t i = 0; best > 0 && i < plan->quadrant_count * QUADRANT_CELLS; i++) {
            plan->soft_cell[i] = (uint16_t)(SCORE_MAX * loc[i] / best);
        }
        *out = *plan;
    }
    sodium_memzero(loc, sizeof loc);
    plan_wipe(plan);
    free(plan);
    return good;
}

void plan_make_placed(const struct request *request, const struct catalogue *catalogue,
                      const struct plan *place, struct plan *out)
{
    struct plan *plan = mem_new(struct plan);
    plan->catalogue = catalogue;
    plan->quadrant_count = place->quadrant_count;
    plan->location_best = place->location_best;
    memcpy(plan->quadrants, place->quadrants, sizeof plan->quadrants);
    memcpy(plan->hard_cell, place->hard_cell, sizeof plan->hard_cell);
    memcpy(plan->soft_cell, place->soft_cell, sizeof plan->soft_cell);
    (void)set_slots(request, plan);
    *out = *plan;
    plan_wipe(plan);
    free(plan);
}

void plan_wipe(struct plan *plan)
{
    sodium_memzero(plan, sizeof *plan);
}

/* ---- in wire order ---- */

static void write_slots(const struct plan *plan, const struct blind_layout *layout, int16_t *values)
{
    for (uint16_t slot = 0; slot < plan->catalogue->slots; slot++) {
        const struct criterion *c = catalogue_slot(plan->catalogue, slot);
        if (c->hard != SLOT_NONE) values[blind_position_hard(layout, c->hard)] = plan->hard[slot];
        if (c->soft == SLOT_NONE) continue;
        values[blind_position_soft(layout, c->soft)] = (int16_t)plan->soft[slot];
    }
}

/* Returns how many of the plan's quadrants are in the footprint. */
static size_t write_cells(const struct plan *plan, const struct blind_layout *layout,
                          const uint16_t *footprint, size_t footprint_count, int16_t *values)
{
    size_t place = 0;
    for (size_t i = 0; i < footprint_count && place < plan->quadrant_count; i++) {
        if (footprint[i] != plan->quadrants[place]) continue; /* a decoy: all zero */
        for (size_t index = 0; index < QUADRANT_CELLS; index++) {
            size_t from = place * QUADRANT_CELLS + index, to = i * QUADRANT_CELLS + index;
            values[blind_position_hard_cell(layout, to)] = plan->hard_cell[from];
            values[blind_position_soft_cell(layout, to)] = (int16_t)plan->soft_cell[from];
        }
        place++;
    }
    return place;
}

int16_t *plan_values(const struct plan *plan, const uint16_t *footprint, size_t footprint_count)
{
    struct blind_layout layout = catalogue_layout(plan->catalogue, footprint_count);
    int16_t *values = mem_array(blind_layout_count(&layout), sizeof *values);
    write_slots(plan, &layout, values);
    REQUIRE(write_cells(plan, &layout, footprint, footprint_count, values) == plan->quadrant_count);
    values[blind_position_gate(&layout)] = (int16_t)-plan->musts;
    values[blind_position_base(&layout)] = (int16_t)plan->base;
    return values;
}
