/* SPDX-License-Identifier: Apache-2.0
 * Invented households in the proportions of real ones, as the agent would evaluate them: through
 * the catalogue, with about 35 slots each, all placeable and all inside the footprint, which is the
 * most work that a household can be.
 */
#ifndef HEARTH_BENCH_HOUSEHOLDS_H
#define HEARTH_BENCH_HOUSEHOLDS_H

#include "proto/crypto/blind.h"
#include "proto/domain/profile.h"

struct households {
    struct blind_profile *profiles;
    size_t count;
    uint16_t *positions; /* what the profiles point into */
    size_t slots;        /* held by all together, cells not counted */
    size_t held;         /* different positions held, GATE and BASE included */
};

/* footprint: ascending quadrants. The same households for the same seed number. */
void households_make(struct households *out, size_t count, const uint16_t *footprint,
                     size_t footprint_count, uint64_t number);
void households_free(struct households *households);

#endif
