/* SPDX-License-Identifier: Apache-2.0
 * How alike two requests are (docs/protocol.md "One open search a child"): what is compared of a
 * request, and the measure.
 */
#ifndef HEARTH_CLIENT_LIKENESS_H
#define HEARTH_CLIENT_LIKENESS_H

#include "proto/domain/request.h"

enum {
    FEATURE_PREFERENCE = 0x8000, /* beside the slot of a preference; a must is the slot alone */
    FEATURE_CRITERIA_MAX = 2 * SLOTS_MAX,
    FEATURE_CELLS_MAX = FOOTPRINT_MAX * QUADRANT_CELLS
};

/* What is compared. Each list ascends; criteria and cells are without repeats. */
struct features {
    uint16_t children[CHILDREN_MAX]; /* 256 * (age + 1) + sex: 0 for the age of an unborn child */
    size_t child_count;
    uint16_t placement_type;                 /* slot */
    uint16_t criteria[FEATURE_CRITERIA_MAX]; /* musts and preferences, without their weights */
    size_t criteria_count;
    uint16_t cells[FEATURE_CELLS_MAX]; /* acceptable ones: 100 * quadrant + place in it */
    size_t cell_count;                 /* 0: no location, everywhere counts */
};
/* plan: of that request. */
void features_of(const struct request *request, const struct plan *plan, struct features *out);

/* The measure. Symmetric. */
struct likeness {
    bool near;        /* nearly the same: see docs/protocol.md */
    unsigned percent; /* of what either asks, how much both ask: 0..100 */
};
struct likeness likeness_of(const struct features *a, const struct features *b);

#endif
