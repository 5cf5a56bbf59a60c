/* SPDX-License-Identifier: Apache-2.0
 * From a request to what an agency is told of it, and back to the numbers of the match.
 */
#include "proto/domain/referral.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/domain/plan_cells.h"

const char *referral_stage_name(enum referral_stage stage)
{
    REQUIRE(stage == STAGE_PROFILE || stage == STAGE_FULL);
    return stage == STAGE_PROFILE ? "profile" : "full";
}

bool referral_stage_from_name(const char *name, enum referral_stage *out)
{
    for (int stage = STAGE_PROFILE; stage <= STAGE_FULL; stage++) {
        if (strcmp(name, referral_stage_name((enum referral_stage)stage)) != 0) continue;
        *out = (enum referral_stage)stage;
        return true;
    }
    return false;
}

void referral_wipe(struct referral *referral)
{
    sodium_memzero(referral, sizeof *referral);
}

/* ---- making ---- */

/* Of a request to a referral, and back: their fields have the same names. */
#define COPY_NEEDS(from, to)                                                                       \
    do {                                                                                           \
        memcpy((to)->children, (from)->children, sizeof(to)->children);                            \
        memcpy((to)->must, (from)->must, sizeof(to)->must);                                        \
        memcpy((to)->prefer, (from)->prefer, sizeof(to)->prefer);                                  \
        memcpy((to)->prefer_weight, (from)->prefer_weight, sizeof(to)->prefer_weight);             \
        (to)->child_count = (from)->child_count;                                                   \
        (to)->must_count = (from)->must_count;                                                     \
        (to)->prefer_count = (from)->prefer_count;                                                 \
        (to)->placement_type = (from)->placement_type;                                             \
        (to)->needed_by = (from)->needed_by;                                                       \
        (to)->accept_unconfirmed = (from)->accept_unconfirmed;                                     \
        (to)->has_location = (from)->has_location;                                                 \
    } while (0)

static bool has_acceptable(const struct plan *plan, size_t place)
{
    for (size_t i = 0; i < QUADRANT_CELLS; i++) {
        if (plan->hard_cell[place * QUADRANT_CELLS + i]) return true;
    }
    return false;
}

/* A plan has only quadrants with an acceptable cell; what is told depends on no such promise. */
static void copy_place(const struct plan *plan, bool cells, struct referral *out)
{
    /* Exactly, it would tell how near the nearest cell's centre is to the anchors. */
    int64_t units = (plan->location_best + PLAN_UNIT - 1) / PLAN_UNIT;
    out->location_best = cells ? plan->location_best : units * PLAN_UNIT;
    for (size_t place = 0; place < plan->quadrant_count; place++) {
        if (!has_acceptable(plan, place)) continue;
        size_t from = place * QUADRANT_CELLS, to = out->quadrant_count * QUADRANT_CELLS;
        if (cells) {
            memcpy(out->hard_cell + to, plan->hard_cell + from, QUADRANT_CELLS);
            memcpy(out->soft_cell + to, plan->soft_cell + from,
                   QUADRANT_CELLS * sizeof *out->soft_cell);
        }
        out->quadrants[out->quadrant_count++] = plan->quadrants[place];
    }
    /* What the place of a cell that nobody may be placed in would add is nobody's business. */
    for (size_t i = 0; cells && i < out->quadrant_count * QUADRANT_CELLS; i++) {
        if (!out->hard_cell[i]) out->soft_cell[i] = 0;
    }
}

static void copy_places(const struct anchor *from, size_t count, struct referral_place *to)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = (struct referral_place){
            .at = from[i].place.at, .within_km = from[i].within_km, .weight = from[i].weight};
        memcpy(to[i].name, from[i].name, sizeof to[i].name);
    }
}

void referral_make(const struct request *request, const struct plan *plan,
                   enum referral_stage stage, struct referral *out)
{
    struct referral *made = mem_new(struct referral);
    made->stage = stage;
    made->catalogue = plan->catalogue->version;
    COPY_NEEDS(request, made);
    copy_place(plan, stage == STAGE_FULL, made);
    if (stage == STAGE_FULL) {
        copy_places(request->anchors, request->anchor_count, made->anchors);
        copy_places(request->avoid, request->avoid_count, made->avoid);
        made->anchor_count = request->anchor_count;
        made->avoid_count = request->avoid_count;
        made->combine_any = request->combine_any;
        made->has_area = request->has_area;
    }
    *out = *made;
    referral_wipe(made);
    free(made);
}

/* ---- scoring by it ---- */

void referral_plan(const struct referral *referral, struct plan *out)
{
    struct request *request = mem_new(struct request);
    struct plan *place = mem_new(struct plan);
    COPY_NEEDS(referral, request);
    place->quadrant_count = referral->quadrant_count;
    place->location_best = referral->location_best;
    memcpy(place->quadrants, referral->quadrants, sizeof place->quadrants);
    if (referral->stage == STAGE_FULL) {
        memcpy(place->hard_cell, referral->hard_cell, sizeof place->hard_cell);
        memcpy(place->soft_cell, referral->soft_cell, sizeof place->soft_cell);
    } else {
        memset(place->hard_cell, 1, referral->quadrant_count * QUADRANT_CELLS);
    }
    plan_make_placed(request, catalogue_get(referral->catalogue), place, out);
    request_wipe(request);
    plan_wipe(place);
    free(request);
    free(place);
}

int referral_place_points(const struct referral *referral)
{
    int64_t sum = referral->accept_unconfirmed ? 1 : 0;
    for (size_t i = 0; i < referral->prefer_count; i++) sum += referral->prefer_weight[i];
    int64_t best = PLAN_UNIT * sum + referral->location_best;
    return best == 0 ? 0 : (int)(SCORE_MAX * referral->location_best / best);
}
