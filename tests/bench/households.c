/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/households.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/domain/grid.h"

enum { TODAY = 20000, POSITIONS = SLOTS_MAX + 1 };

/* Some offers are common and most are rare: 2% to 20% of households make one of them. */
static uint64_t percent_offering(uint16_t slot)
{
    uint64_t spread = slot * 37u % 26;
    return 2 + spread * spread / 34;
}

static void invent(struct profile *profile, const struct catalogue *catalogue,
                   struct stream *random)
{
    memset(profile, 0, sizeof *profile);
    unsigned first = (unsigned)stream_below(random, 9);
    unsigned last = first + 5 + (unsigned)stream_below(random, 9);
    for (unsigned age = first; age <= last && age <= AGE_MAX; age++) profile->ages |= 1u << age;
    profile->takes_m = stream_below(random, 100) < 92;
    profile->takes_f = !profile->takes_m || stream_below(random, 100) < 92;
    profile->places = (uint8_t)(1 + stream_below(random, 3));
    profile->approved_places = profile->places;
    profile->status = STATUS_AVAILABLE;
    profile->status_date = TODAY;
    for (uint16_t slot = 0; slot < catalogue->slots; slot++) {
        const struct criterion *criterion = catalogue_slot(catalogue, slot);
        bool type = strncmp(criterion->code, "PT_", 3) == 0;
        uint64_t percent = type ? 35 : percent_offering(slot);
        bool offers = stream_below(random, 100) < percent;
        if (offers && (type || !criterion_has_field(criterion))) profile_hold(profile, slot);
    }
}

static void place(struct profile *profile, const uint16_t *footprint, size_t footprint_count,
                  struct stream *random)
{
    uint16_t quadrant = footprint[stream_below(random, footprint_count)];
    profile->cell = grid_quadrant_cell(quadrant, (unsigned)stream_below(random, QUADRANT_CELLS));
}

static size_t count_held(const struct households *households, const struct blind_layout *layout)
{
    size_t held = 2;
    bool *seen = mem_array(blind_layout_count(layout), sizeof *seen);
    for (size_t i = 0; i < households->count * 2; i++) {
        const struct blind_profile *profile = &households->profiles[i / 2];
        const uint16_t *list = i % 2 ? profile->soft : profile->hard;
        size_t count = i % 2 ? profile->soft_count : profile->hard_count;
        for (size_t p = 0; p < count; p++) {
            held += !seen[list[p]];
            seen[list[p]] = true;
        }
    }
    free(seen);
    return held;
}

void households_make(struct households *out, size_t count, const uint16_t *footprint,
                     size_t footprint_count, uint64_t number)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    struct blind_layout layout = catalogue_layout(catalogue, footprint_count);
    static const uint8_t seed[SEED_BYTES] = {0};
    struct stream random;
    stream_start(&random, "bench households", seed, &number, sizeof number);
    memset(out, 0, sizeof *out);
    out->count = count;
    out->profiles = mem_array(count, sizeof *out->profiles);
    out->positions = mem_array(count * 2 * POSITIONS, sizeof *out->positions);
    for (size_t i = 0; i < count; i++) {
        struct profile profile;
        struct slot_set slots;
        size_t hard_count, soft_count;
        uint16_t *hard = out->positions + 2 * i * POSITIONS, *soft = hard + POSITIONS;
        invent(&profile, catalogue, &random);
        place(&profile, footprint, footprint_count, &random);
        profile_slots(&profile, catalogue, TODAY, STATUS_FRESH_DAYS, &slots);
        REQUIRE(slots.placeable &&
                slot_set_positions(&slots, catalogue, &layout, footprint, footprint_count, hard,
                                   &hard_count, soft, &soft_count));
        out->slots += slots.count;
        out->profiles[i] = (struct blind_profile){.hard = hard,
                                                  .soft = soft,
                                                  .hard_count = (uint16_t)hard_count,
                                                  .soft_count = (uint16_t)soft_count};
    }
    out->held = count_held(out, &layout);
}

void households_free(struct households *households)
{
    free(households->profiles);
    free(households->positions);
    memset(households, 0, sizeof *households);
}
