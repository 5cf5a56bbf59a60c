/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/rank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

/* One agency in the running; every key is "smaller comes first". */
struct entry {
    const struct agency *agency;
    enum band band;
    unsigned keys[4]; /* band, count class, reliability, judgement */
    uint8_t tie[HASH_BYTES];
};

bool rank_passes(const struct agency *agency, const struct search_options *options)
{
    /* min_judgement 1, 2, 3 = outstanding, good, requires_improvement; not_inspected fails them
     * all. */
    static const unsigned grade[] = {[JUDGEMENT_OUTSTANDING] = 1,
                                     [JUDGEMENT_GOOD] = 2,
                                     [JUDGEMENT_NOT_INSPECTED] = 99,
                                     [JUDGEMENT_REQUIRES_IMPROVEMENT] = 3,
                                     [JUDGEMENT_INADEQUATE] = 4};
    if (options->min_judgement > 0 && grade[agency->judgement] > options->min_judgement)
        return false;
    if (options->framework_count == 0) return true;
    for (size_t i = 0; i < options->framework_count; i++) {
        for (size_t j = 0; j < agency->framework_count; j++) {
            if (strcmp(options->frameworks[i], agency->frameworks[j]) == 0) return true;
        }
    }
    return false;
}

void rank_tie(uint8_t out[HASH_BYTES], const uint8_t tie_seed[TIE_SEED_BYTES],
              const uint8_t query_hash[HASH_BYTES], const char *id)
{
    struct hash hash;
    hash_start(&hash, "hearth v1 tie", HASH_BYTES, NULL);
    hash_bytes(&hash, tie_seed, TIE_SEED_BYTES);
    hash_bytes(&hash, query_hash, HASH_BYTES);
    hash_text(&hash, id);
    hash_end(&hash, out);
}

static enum band best_band(const struct rank_input *input)
{
    for (int band = BAND_STRONG; band > BAND_NONE; band--) {
        if (input->counts[band] > 0) return (enum band)band;
    }
    return BAND_NONE;
}

/* 1, 2-4, 5+ become 2, 1, 0. */
static unsigned count_key(uint32_t count)
{
    return count >= 5 ? 0 : count >= 2 ? 1 : 2;
}

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    for (size_t i = 0; i < sizeof x->keys / sizeof x->keys[0]; i++) {
        if (x->keys[i] != y->keys[i]) return x->keys[i] < y->keys[i] ? -1 : 1;
    }
    return hash_order(x->tie, y->tie);
}

static void describe(const struct entry *entry, struct ranked_agency *out)
{
    const struct agency *agency = entry->agency;
    *out = (struct ranked_agency){.band = entry->band, .framework_count = agency->framework_count};
    (void)snprintf(out->id, sizeof out->id, "%s", agency->id);
    (void)snprintf(out->name, sizeof out->name, "%s", agency->name);
    (void)snprintf(out->urn, sizeof out->urn, "%s", agency->urn);
    (void)snprintf(out->judgement, sizeof out->judgement, "%s", judgement_name(agency->judgement));
    (void)snprintf(out->sector, sizeof out->sector, "%s", sector_name(agency->sector));
    (void)snprintf(out->contact, sizeof out->contact, "%s", agency->contact);
    memcpy(out->frameworks, agency->frameworks, sizeof out->frameworks);
}

static bool is_ranked(const struct rank_input *input, const struct search_options *options)
{
    return best_band(input) != BAND_NONE && rank_passes(input->agency, options);
}

size_t rank_count(const struct rank_input *inputs, size_t count,
                  const struct search_options *options)
{
    size_t ranked = 0;
    for (size_t i = 0; i < count; i++) ranked += is_ranked(&inputs[i], options) ? 1 : 0;
    return ranked;
}

void rank_agencies(const struct rank_input *inputs, size_t count,
                   const struct search_options *options, const uint8_t tie_seed[TIE_SEED_BYTES],
                   const uint8_t query_hash[HASH_BYTES], struct result *out)
{
    struct entry *entries = mem_array(count, sizeof *entries);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_ranked(&inputs[i], options)) continue;
        enum band band = best_band(&inputs[i]);
        struct entry *entry = &entries[used++];
        *entry = (struct entry){.agency = inputs[i].agency, .band = band};
        entry->keys[0] = (unsigned)(BAND_STRONG - band);
        entry->keys[1] = count_key(inputs[i].counts[band]);
        entry->keys[2] = inputs[i].reliability;
        entry->keys[3] = (unsigned)inputs[i].agency->judgement; /* declared in this order */
        rank_tie(entry->tie, tie_seed, query_hash, entry->agency->id);
    }
    qsort(entries, used, sizeof *entries, compare);
    out->more = used > RESULT_AGENCIES_MAX;
    out->agency_count = out->more ? RESULT_AGENCIES_MAX : used;
    for (size_t i = 0; i < out->agency_count; i++) describe(&entries[i], &out->agencies[i]);
    sodium_memzero(entries, count * sizeof *entries);
    free(entries);
}
