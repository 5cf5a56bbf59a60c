/* SPDX-License-Identifier: Apache-2.0
 * A referral (docs/domain.md "Referral and outcome"): what an agency is told of a search, in two
 * stages, and the score of its own carers by it (proto/referral.proto ReferralBody).
 */
#ifndef HEARTH_DOMAIN_REFERRAL_H
#define HEARTH_DOMAIN_REFERRAL_H

#include "proto/domain/request.h"

enum referral_stage { STAGE_PROFILE = 1, STAGE_FULL = 2 };
const char *referral_stage_name(enum referral_stage stage); /* "profile", "full" */
/* False for any other text. */
MUST_CHECK bool referral_stage_from_name(const char *name, enum referral_stage *out);

struct referral_place {
    char name[PLACE_NAME_MAX + 1]; /* may be "" */
    struct grid_point at;
    int32_t within_km, weight; /* weight: 0 for places to avoid */
};

/* Confidential: referral_wipe. The profile stage has neither anchors nor places to avoid, no search
 * reference, no free text; of the location it has the 50 km quadrants that hold an acceptable cell,
 * and how many points depend on the place in all. */
struct referral {
    enum referral_stage stage;
    uint32_t catalogue; /* version; its criteria are named */
    struct child children[CHILDREN_MAX];
    size_t child_count;
    uint16_t placement_type; /* slot */
    enum needed_by needed_by;
    bool accept_unconfirmed;
    uint16_t must[SLOTS_MAX], prefer[SLOTS_MAX]; /* slots */
    uint8_t prefer_weight[SLOTS_MAX];
    size_t must_count, prefer_count;
    bool has_location;
    uint16_t quadrants[FOOTPRINT_MAX];
    size_t quadrant_count;
    /* Millionths, as struct plan; at the profile stage rounded up to a whole million. */
    int64_t location_best;
    /* ---- STAGE_FULL only ---- */
    uint8_t hard_cell[FOOTPRINT_MAX * QUADRANT_CELLS]; /* as struct plan */
    uint16_t soft_cell[FOOTPRINT_MAX * QUADRANT_CELLS];
    struct referral_place anchors[ANCHORS_MAX], avoid[AVOID_MAX];
    size_t anchor_count, avoid_count;
    bool combine_any, has_area;
};
void referral_wipe(struct referral *referral);

/* What the stage tells of a request. plan: of that request. */
void referral_make(const struct request *request, const struct plan *plan,
                   enum referral_stage stage, struct referral *out);

/* The numbers by which the agency's carers are scored. At the full stage they are those of the
 * search: plan_score gives the score of the blinded match. At the profile stage every cell of the
 * quadrants counts and adds nothing: who has no score there has none in the blinded match; who has
 * one has at least that in the blinded match, and at most that plus referral_place_points plus one
 * point for each preference and one more (of roundings), or none where the place was not
 * acceptable. plan_wipe. */
void referral_plan(const struct referral *referral, struct plan *out);
/* The most points that the place can add, 0..1000. */
int referral_place_points(const struct referral *referral);

/* Appends the encoding; the caller wipes. */
void referral_encode(const struct referral *referral, struct buf *out);
/* The bounded decoder. ERR_INVALID with the field; ERR_VERSION where it names a criterion, or was
 * asked in a catalogue, that this program does not have. */
MUST_CHECK bool referral_decode(const uint8_t *data, size_t len, struct referral *out,
                                struct err *err);

#endif
