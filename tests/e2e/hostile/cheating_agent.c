/* SPDX-License-Identifier: Apache-2.0
 * An agent that inflates its scores: the real program, in which every household counts as one that
 * holds everything of which a household may hold many. It commits to its true slot sets, so only a
 * recomputation finds it. The linker puts __wrap_blind_evaluate in the place of blind_evaluate.
 */
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/crypto/message.h"
#include "proto/domain/catalogue.h"

void __wrap_blind_evaluate(uint8_t *c1, uint8_t *c2, const struct blind_layout *layout,
                           const uint8_t *ciphertexts, const struct point *joint_key,
                           const struct blind_profile *profiles, size_t count,
                           const uint8_t seed[SEED_BYTES], const uint8_t query_hash[HASH_BYTES],
                           struct pool *pool);
void __real_blind_evaluate(uint8_t *c1, uint8_t *c2, const struct blind_layout *layout,
                           const uint8_t *ciphertexts, const struct point *joint_key,
                           const struct blind_profile *profiles, size_t count,
                           const uint8_t seed[SEED_BYTES], const uint8_t query_hash[HASH_BYTES],
                           struct pool *pool);

static bool holds(const uint16_t *list, size_t count, size_t position)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == position) return true;
    }
    return false;
}

/* A group of which each holds exactly one gives its points to nobody who holds two: there it stays
 * honest, and elsewhere it takes everything. Positions ascend with slots; those of cells follow. */
static uint16_t *widen(const uint16_t *held, uint16_t held_count, const struct blind_layout *layout,
                       bool hard, uint16_t *out_count)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    uint16_t *out = mem_array(SLOTS_MAX + 1, sizeof *out);
    size_t count = 0, last = 0;
    for (uint16_t slot = 0; slot < catalogue->slots; slot++) {
        const struct criterion *c = catalogue_slot(catalogue, slot);
        uint16_t index = hard ? c->hard : c->soft;
        if (index == SLOT_NONE || index >= (hard ? layout->hard_slots : layout->soft_slots))
            continue;
        size_t at = hard ? blind_position_hard(layout, index) : blind_position_soft(layout, index);
        last = at > last ? at : last;
        if (!c->one_of || holds(held, held_count, at)) out[count++] = (uint16_t)at;
    }
    for (size_t i = 0; i < held_count; i++) {
        if (held[i] > last) out[count++] = held[i];
    }
    *out_count = (uint16_t)count;
    return out;
}

void __wrap_blind_evaluate(uint8_t *c1, uint8_t *c2, const struct blind_layout *layout,
                           const uint8_t *ciphertexts, const struct point *joint_key,
                           const struct blind_profile *profiles, size_t count,
                           const uint8_t seed[SEED_BYTES], const uint8_t query_hash[HASH_BYTES],
                           struct pool *pool)
{
    struct blind_profile *wide = mem_array(count, sizeof *wide);
    for (size_t i = 0; i < count; i++) {
        const struct blind_profile *p = &profiles[i];
        wide[i].dummy = p->dummy;
        wide[i].hard = widen(p->hard, p->hard_count, layout, true, &wide[i].hard_count);
        wide[i].soft = widen(p->soft, p->soft_count, layout, false, &wide[i].soft_count);
    }
    __real_blind_evaluate(c1, c2, layout, ciphertexts, joint_key, wide, count, seed, query_hash,
                          pool);
    for (size_t i = 0; i < count; i++) {
        free((void *)(uintptr_t)wide[i].hard);
        free((void *)(uintptr_t)wide[i].soft);
    }
    free(wide);
}
