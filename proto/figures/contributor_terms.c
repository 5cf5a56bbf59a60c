/* SPDX-License-Identifier: Apache-2.0
 * What differs between two manifests' terms, in words.
 */
#include <stdarg.h>
#include <stdio.h>

#include "proto/figures/contributor.h"

static void separate(struct buf *out, size_t start)
{
    if (out->len > start) buf_text(out, "; ");
}

static void compare_terms(const struct manifest *before, const struct manifest *now,
                          struct buf *out, size_t start)
{
    for (size_t i = 0; i < figures_table_count; i++) {
        const char *name = figures_tables[i].name;
        const struct manifest_term *old = manifest_term(before, name);
        const struct manifest_term *new = manifest_term(now, name);
        if (!old && !new) continue;
        if (old && new && old->noise.epsilon == new->noise.epsilon) continue;
        separate(out, start);
        if (!old) {
            buf_format(out, "%s is new", name);
        } else if (!new) {
            buf_format(out, "%s is gone", name);
        } else {
            buf_format(out, "epsilon of %s %.2f instead of %.2f", name,
                       (double)new->noise.epsilon / EPSILON_ONE,
                       (double)old->noise.epsilon / EPSILON_ONE);
        }
    }
}

static void compare_sides(const struct manifest *before, const struct manifest *now,
                          struct buf *out, size_t start)
{
    static const char *const who[FIGURES_SIDES] = {
        [FIGURES_CAPACITY] = "agencies", [FIGURES_DEMAND] = "local authorities"};
    for (int side = 0; side < FIGURES_SIDES; side++) {
        const struct manifest_side *old = &before->sides[side], *new = &now->sides[side];
        if (old->insiders != new->insiders) {
            separate(out, start);
            buf_format(out, "insiders among %s %u instead of %u", who[side], new->insiders,
                       old->insiders);
        }
        if (old->quorum != new->quorum) {
            separate(out, start);
            buf_format(out, "quorum of %s %u of %zu instead of %u of %zu", who[side], new->quorum,
                       new->enrolled, old->quorum, old->enrolled);
        }
    }
}

void contributor_differences(const struct manifest *before, const struct manifest *now,
                             struct buf *out)
{
    size_t start = out->len;
    uint8_t was[HASH_BYTES], is[HASH_BYTES];
    manifest_terms_hash(before, was);
    manifest_terms_hash(now, is);
    if (sodium_memcmp(was, is, HASH_BYTES) == 0) return;
    compare_terms(before, now, out, start);
    compare_sides(before, now, out, start);
    if (sodium_memcmp(before->geography_hash, now->geography_hash, HASH_BYTES) != 0) {
        separate(out, start);
        buf_text(out, "other areas");
    }
    if (out->len == start) buf_text(out, "something else of them");
}
