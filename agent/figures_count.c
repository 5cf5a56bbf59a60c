/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/figures_count.h"

#include <string.h>

#include "proto/base/clock.h"

struct counting {
    struct tally *tally;
    const struct geography *geography;
    const struct catalogue *catalogue;
    int32_t today;
    int fresh_days;
};

/* One household, and where it is. */
struct counted {
    const struct profile *profile;
    uint16_t region, authority;
};

static void count_set(const struct counting *counting, const char *table, uint16_t area,
                      uint32_t categories)
{
    size_t list[FIGURES_CATEGORIES_MAX], count = 0;
    uint32_t heads[FIGURES_CATEGORIES_MAX];
    for (size_t i = 0; i < FIGURES_CATEGORIES_MAX; i++) {
        if (!(categories >> i & 1)) continue;
        list[count] = i;
        heads[count++] = 1;
    }
    if (count > 0) tally_count(counting->tally, table, area, list, heads, count);
}

static void count_in(const struct counting *counting, const char *table, uint16_t area,
                     size_t category, uint32_t amount)
{
    tally_count(counting->tally, table, area, &category, &amount, 1);
}

static size_t category_of(const char *table, const char *code)
{
    const struct figures_table *found = figures_table_find(table);
    size_t category = figures_category_find(found, code);
    REQUIRE(category < found->category_count);
    return category;
}

/* ---- categories ---- */

static uint32_t age_bands(const struct profile *profile)
{
    uint32_t bands = 0;
    for (int age = 0; age <= AGE_MAX; age++) {
        if (profile->ages >> age & 1) bands |= UINT32_C(1) << figures_age_band(age);
    }
    if (profile->ages >> PROFILE_AGE_UNBORN_BIT & 1) {
        bands |= UINT32_C(1) << figures_age_band(AGE_UNBORN);
    }
    return bands;
}

static uint32_t types_and_needs(const struct counting *counting, const struct profile *profile,
                                uint32_t *needs)
{
    uint32_t types = 0;
    uint16_t held[SLOTS_MAX];
    size_t count = 0;
    for (uint16_t slot = 0; slot < counting->catalogue->slots; slot++) {
        if (!profile_holds(profile, slot)) continue;
        held[count++] = slot;
        if (strcmp(catalogue_slot(counting->catalogue, slot)->group, "placement_type") == 0) {
            types |= UINT32_C(1) << figures_type(counting->catalogue, slot);
        }
    }
    *needs = figures_needs(counting->catalogue, held, count);
    sodium_memzero(held, sizeof held);
    return types;
}

/* ---- one household ---- */

static void count_free(const struct counting *counting, const struct counted *household,
                       enum status status)
{
    const struct profile *profile = household->profile;
    uint16_t region = household->region;
    uint32_t needs = 0;
    size_t together = profile->places < 3 ? profile->places : 3;
    uint32_t types = types_and_needs(counting, profile, &needs);
    count_in(counting, "capacity_places", region,
             category_of("capacity_places", status_name(status)), profile->places);
    count_set(counting, "capacity_age", region, age_bands(profile));
    count_set(counting, "capacity_type", region, types);
    count_set(counting, "capacity_need", region, needs);
    count_in(counting, "capacity_together", region, together - 1, 1);
    count_in(counting, "capacity_la", household->authority, 0, 1);
}

static bool count_one(const struct profile *profile, void *ctx, struct err *err)
{
    (void)err;
    const struct counting *counting = ctx;
    enum status status = profile_status(profile, counting->today, counting->fresh_days);
    const struct counted household = {
        profile, geography_area_of_cell(counting->geography, false, profile->cell),
        geography_area_of_cell(counting->geography, true, profile->cell)};
    bool closed =
        status == STATUS_FULL || status == STATUS_ON_HOLD || status == STATUS_NOT_AVAILABLE;
    count_in(counting, "capacity_status", household.region,
             category_of("capacity_status", status_name(status)), 1);
    if (profile->places > 0 && !closed) count_free(counting, &household, status);
    return true;
}

bool figures_count_vault(struct tally *tally, const struct manifest *manifest, int64_t now_ms,
                         struct stream *stream, void *ctx, struct err *err)
{
    (void)stream;
    const struct figures_vault *own = ctx;
    struct counting counting = {.tally = tally,
                                .geography = manifest->geography,
                                .catalogue = catalogue_get(CATALOGUE_VERSION),
                                .today = clock_london_day(now_ms),
                                .fresh_days = own->fresh_days};
    return vault_each(own->vault, count_one, &counting, NULL, err);
}
