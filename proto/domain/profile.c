/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/profile.h"

#include <sodium.h>
#include <string.h>

enum { SOON_DAYS = 5 };

static const char *const STATUS_NAMES[] = {"unknown", "available", "available_from",
                                           "full",    "on_hold",   "not_available"};

const char *status_name(enum status status)
{
    REQUIRE(status >= STATUS_UNKNOWN && status <= STATUS_NOT_AVAILABLE);
    return STATUS_NAMES[status];
}

bool status_from_name(const char *name, enum status *out)
{
    for (size_t i = 0; i < sizeof STATUS_NAMES / sizeof *STATUS_NAMES; i++) {
        if (strcmp(name, STATUS_NAMES[i]) == 0) {
            *out = (enum status)i;
            return true;
        }
    }
    return false;
}

void profile_wipe(struct profile *profile)
{
    sodium_memzero(profile, sizeof *profile);
}

bool profile_holds(const struct profile *profile, uint16_t slot)
{
    REQUIRE(slot < SLOTS_MAX);
    return (profile->held[slot / 8] >> (slot % 8) & 1) != 0;
}

void profile_hold(struct profile *profile, uint16_t slot)
{
    REQUIRE(slot < SLOTS_MAX);
    profile->held[slot / 8] = (uint8_t)(profile->held[slot / 8] | 1u << (slot % 8));
}

/* ---- the slots of a day ---- */

enum status profile_status(const struct profile *profile, int32_t today, int fresh_days)
{
    if (profile->status_date == NO_DAY) return STATUS_UNKNOWN;
    if ((int64_t)today - profile->status_date > fresh_days) return STATUS_UNKNOWN;
    if (profile->status != STATUS_AVAILABLE_FROM) return profile->status;
    if (profile->available_from == NO_DAY) return STATUS_UNKNOWN;
    return profile->available_from <= today ? STATUS_AVAILABLE : STATUS_AVAILABLE_FROM;
}

/* Gives false where the household cannot be placed with; an availability is set even then, because
 * every slot set holds exactly one. */
static bool availability_on(const struct profile *profile, int32_t today, int fresh_days,
                            enum availability *out)
{
    *out = AVAILABLE_UNCONFIRMED;
    int64_t ahead = (int64_t)profile->available_from - today;
    switch (profile_status(profile, today, fresh_days)) {
    case STATUS_AVAILABLE: *out = AVAILABLE_TODAY; return true;
    case STATUS_AVAILABLE_FROM:
        *out = ahead <= SOON_DAYS ? AVAILABLE_5_DAYS : AVAILABLE_LATER;
        return true;
    case STATUS_UNKNOWN: return true;
    case STATUS_FULL:
    case STATUS_ON_HOLD:
    case STATUS_NOT_AVAILABLE: return false;
    }
    return false;
}

static void hold_people(struct profile *all, const struct profile *profile,
                        const struct catalogue *catalogue)
{
    for (int age = 0; age <= AGE_MAX; age++) {
        if (profile->ages >> age & 1) profile_hold(all, catalogue_age_slot(catalogue, age));
    }
    if (profile->ages >> PROFILE_AGE_UNBORN_BIT & 1) {
        profile_hold(all, catalogue_age_slot(catalogue, AGE_UNBORN));
    }
    if (profile->takes_m) profile_hold(all, catalogue_sex_slot(catalogue, 'M'));
    if (profile->takes_f) profile_hold(all, catalogue_sex_slot(catalogue, 'F'));
    for (int n = 1; n <= profile->places; n++) {
        profile_hold(all, catalogue_places_slot(catalogue, n));
    }
}

void profile_slots(const struct profile *profile, const struct catalogue *catalogue, int32_t today,
                   int fresh_days, struct slot_set *out)
{
    struct profile all = {0};
    memcpy(all.held, profile->held, sizeof all.held);
    hold_people(&all, profile, catalogue);
    enum availability availability;
    bool placeable = availability_on(profile, today, fresh_days, &availability);
    profile_hold(&all, catalogue_availability_slot(catalogue, availability));

    memset(out, 0, sizeof *out);
    out->placeable = placeable;
    out->cell = profile->cell;
    for (uint16_t slot = 0; slot < catalogue->slots; slot++) {
        if (profile_holds(&all, slot)) out->slots[out->count++] = slot;
    }
    profile_wipe(&all);
}

void slot_set_wipe(struct slot_set *set)
{
    sodium_memzero(set, sizeof *set);
}

/* ---- positions in a query ---- */

static bool cell_index(uint16_t cell, const uint16_t *footprint, size_t count, size_t *out)
{
    uint16_t quadrant = grid_quadrant_of_cell(cell);
    for (size_t i = 0; i < count; i++) {
        if (footprint[i] == quadrant) {
            *out = i * QUADRANT_CELLS + grid_index_in_quadrant(cell);
            return true;
        }
    }
    return false;
}

bool slot_set_positions(const struct slot_set *set, const struct catalogue *catalogue,
                        const struct blind_layout *layout, const uint16_t *footprint,
                        size_t footprint_count, uint16_t *hard, size_t *hard_count, uint16_t *soft,
                        size_t *soft_count)
{
    size_t h = 0, s = 0, cell = 0;
    *hard_count = *soft_count = 0;
    if (footprint_count > 0 && !cell_index(set->cell, footprint, footprint_count, &cell)) {
        return false;
    }
    for (size_t i = 0; i < set->count; i++) {
        const struct criterion *c = catalogue_slot(catalogue, set->slots[i]);
        if (c->hard != SLOT_NONE) hard[h++] = (uint16_t)blind_position_hard(layout, c->hard);
        if (c->soft != SLOT_NONE) soft[s++] = (uint16_t)blind_position_soft(layout, c->soft);
    }
    if (footprint_count > 0) {
        hard[h++] = (uint16_t)blind_position_hard_cell(layout, cell);
        soft[s++] = (uint16_t)blind_position_soft_cell(layout, cell);
    }
    *hard_count = h;
    *soft_count = s;
    return true;
}

void slot_set_frame(const struct slot_set *set, struct buf *out)
{
    buf_u8(out, set->placeable ? 1 : 0);
    buf_u16(out, set->cell);
    buf_u16(out, (uint16_t)set->count);
    for (size_t i = 0; i < set->count; i++) buf_u16(out, set->slots[i]);
}

/* Names what is wrong, never the value: it is a carer's. */
static const char *take_frame(struct reader *reader, const struct catalogue *catalogue,
                              struct slot_set *set)
{
    uint8_t placeable = reader_u8(reader);
    set->placeable = placeable == 1;
    set->cell = reader_u16(reader);
    set->count = reader_u16(reader);
    if (reader->failed) return "is cut short";
    if (placeable > 1) return "has a flag that is neither 0 nor 1";
    if (set->cell >= CELLS) return "has a cell that there is not";
    if (set->count > catalogue->slots) return "has more slots than there are";
    for (size_t i = 0; i < set->count; i++) {
        set->slots[i] = reader_u16(reader);
        if (reader->failed) return "is cut short";
        if (set->slots[i] >= catalogue->slots) return "has a slot that there is not";
        if (i > 0 && set->slots[i] <= set->slots[i - 1]) return "has slots out of order";
    }
    return NULL;
}

bool slot_set_unframe(struct reader *reader, const struct catalogue *catalogue,
                      struct slot_set *out, struct err *err)
{
    size_t at = reader->pos;
    slot_set_wipe(out);
    const char *wrong = take_frame(reader, catalogue, out);
    if (!wrong) return true;
    slot_set_wipe(out);
    return err_set(err, ERR_INVALID, "slot_sets", "the one at byte %zu %s", at, wrong);
}
