/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/crypto/stream.h"
#include "tests/soak/soak.h"

static void begin(struct stream *stream, const char *what, size_t index)
{
    static const uint8_t seed[SEED_BYTES] = {1};
    uint64_t context = index;
    stream_start(stream, what, seed, &context, sizeof context);
}

/* That share of a side, at least one. */
static size_t per_cent(size_t count, size_t share)
{
    size_t of = count * share / 100;
    return of > 0 ? of : 1;
}

/* ---- the year ---- */

static const struct figures_table *random_table(struct stream *stream, enum figures_side side)
{
    const struct figures_table *table;
    do {
        table = &figures_tables[stream_below(stream, figures_table_count)];
    } while (table->side != side);
    return table;
}

/* The last of a side come later, some in each period; one in thirty has turned a table off. The
 * first does all that can be done, always. */
static void plan_side(struct soak *soak, struct soak_party *parties, size_t count,
                      struct stream *stream)
{
    size_t each = per_cent(count, 1);
    for (size_t i = 0; i < count; i++) {
        parties[i].until = SIZE_MAX;
        if (i == 0) continue;
        if (stream_below(stream, 30) == 0 || i == 1) {
            parties[i].off = random_table(stream, soak_side(&parties[i]));
        }
    }
    size_t next = count;
    for (size_t period = 1; period < soak->periods; period++) {
        for (size_t i = 0; i < each && next > count / 4 * 3 + 1; i++) parties[--next].from = period;
    }
}

void fates_plan(struct soak *soak)
{
    struct stream stream;
    begin(&stream, "soak plan", 0);
    plan_side(soak, soak->parties, soak->agencies, &stream);
    plan_side(soak, soak->parties + soak->agencies, soak->las, &stream);
    stream_wipe(&stream);
}

/* ---- a period ---- */

struct deal {
    enum fate fate;
    size_t count;
};

/* The first `count` that are left in a random order get that fate. */
static void deal(struct soak_party **order, size_t enrolled, size_t *next, const struct deal *deal,
                 size_t period)
{
    for (size_t i = 0; i < deal->count && *next < enrolled; i++) {
        struct soak_party *party = order[(*next)++];
        party->fate = deal->fate;
        if (deal->fate == FATE_LEAVES) party->until = period;
    }
}

/* All enrolled of a side but the first, in random order; caller frees. */
static struct soak_party **shuffled(struct soak *soak, struct soak_party *parties, size_t count,
                                    struct stream *stream, size_t *enrolled)
{
    struct soak_party **list = mem_array(count, sizeof(struct soak_party *));
    struct soak_party **order = mem_array(count, sizeof(struct soak_party *));
    uint32_t *places = mem_array(count, sizeof *places);
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct soak_party *party = &parties[i];
        party->fate = FATE_WHOLE;
        party->enrolled = party->from <= soak->period_index && soak->period_index <= party->until;
        if (party->enrolled && i > 0) list[found++] = party;
    }
    stream_permutation(stream, places, found);
    for (size_t i = 0; i < found; i++) order[i] = list[places[i]];
    free(places);
    free(list);
    *enrolled = found;
    return order;
}

static void draw_side(struct soak *soak, struct soak_party *parties, size_t count, bool low,
                      struct stream *stream)
{
    size_t enrolled = 0, next = 0;
    struct soak_party **order = shuffled(soak, parties, count, stream, &enrolled);
    const struct deal deals[] = {
        {FATE_LATE, per_cent(enrolled, 2)},     {FATE_ONLY_MATCHER, per_cent(enrolled, 1)},
        {FATE_ONLY_HUB, per_cent(enrolled, 1)}, {FATE_TWICE, 1},
        {FATE_LEAVES, per_cent(enrolled, 1)},   {FATE_ABSENT, per_cent(enrolled, low ? 50 : 5)}};
    for (size_t i = 0; i < sizeof deals / sizeof *deals; i++) {
        deal(order, enrolled, &next, &deals[i], soak->period_index);
    }
    free(order);
}

void fates_draw(struct soak *soak)
{
    struct stream stream;
    bool low = soak->period_index == soak->low;
    begin(&stream, "soak period", soak->period_index);
    draw_side(soak, soak->parties, soak->agencies, false, &stream);
    draw_side(soak, soak->parties + soak->agencies, soak->las, low, &stream);
    stream_wipe(&stream);
}

bool soak_counts(const struct soak_party *party, const struct figures_table *table)
{
    return party->enrolled && party->fate != FATE_ABSENT && party->fate != FATE_LATE &&
           table->side == soak_side(party) && party->off != table;
}
