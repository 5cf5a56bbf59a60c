/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a manifest: refused with a reason, or one that keeps the rules.
 */
#include "proto/figures/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(const struct manifest *manifest)
{
    REQUIRE(period_valid(manifest->period) && !point_is_identity(&manifest->key));
    REQUIRE(manifest->opens_at < manifest->closes_at);
    REQUIRE(period_of(manifest->opens_at) == period_next(manifest->period));
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct manifest_term *term = &manifest->terms[i];
        const struct manifest_side *side = &manifest->sides[term->table->side];
        REQUIRE(side->quorum >= QUORUM_MIN && 3 * side->quorum >= 2 * side->enrolled);
        REQUIRE(term->noise.shares >= 2 && term->noise.epsilon <= term->table->epsilon);
        REQUIRE(manifest_term(manifest, term->table->name) == term);
    }
    for (size_t i = 0; i < manifest->enrolled_count; i++) {
        const struct manifest_party *party = &manifest->enrolled[i];
        REQUIRE(manifest_party(manifest, party->role, party->organisation) == party);
        REQUIRE((party->role == ROLE_LA) == (party->authority != AREA_NONE));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct manifest manifest; /* large */
    struct err err = {0};
    if (manifest_decode(data, len, &manifest, &err)) {
        check(&manifest);
        manifest_free(&manifest);
    } else {
        REQUIRE(err.code == ERR_INVALID || err.code == ERR_VERSION ||
                err.code == ERR_UNAUTHENTICATED);
        REQUIRE(err.text[0] != '\0');
    }
    return 0;
}
