/* SPDX-License-Identifier: Apache-2.0
 * Ranking of agencies (docs/domain.md "Ranking"). A pure function: same input, same list.
 */
#ifndef HEARTH_MATCHER_RANK_H
#define HEARTH_MATCHER_RANK_H

#include "matcher/directory.h"
#include "proto/crypto/message.h"

enum { RELIABILITY_TOP = 0, RELIABILITY_CLASSES = 4, TIE_SEED_BYTES = 32 };

struct rank_input {
    const struct agency *agency;
    uint32_t
        counts[BAND_STRONG + 1]; /* eligible households by band; counts[BAND_NONE] is ignored */
    unsigned reliability;        /* 0 (top, newcomers too) .. RELIABILITY_CLASSES - 1 */
};

/* Whether the provider filters of the options let the agency through. */
bool rank_passes(const struct agency *agency, const struct search_options *options);

/* Fills out->agencies, out->agency_count and out->more from the inputs that have an eligible
 * household and pass the filters. tie_seed: the epoch's. Other fields of `out` are left alone. */
void rank_agencies(const struct rank_input *inputs, size_t count,
                   const struct search_options *options, const uint8_t tie_seed[TIE_SEED_BYTES],
                   const uint8_t query_hash[HASH_BYTES], struct result *out);

/* How many agencies rank_agencies would rank, however many it would list. */
size_t rank_count(const struct rank_input *inputs, size_t count,
                  const struct search_options *options);

/* H("hearth v1 tie", seed, query hash, id): what orders agencies that are equal otherwise. */
void rank_tie(uint8_t out[HASH_BYTES], const uint8_t tie_seed[TIE_SEED_BYTES],
              const uint8_t query_hash[HASH_BYTES], const char *id);

#endif
