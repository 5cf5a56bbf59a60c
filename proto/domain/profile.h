/* SPDX-License-Identifier: Apache-2.0
 * A household's profile (docs/domain.md "Carer profiles") and the slots that it holds on a given
 * day.
 */
#ifndef HEARTH_DOMAIN_PROFILE_H
#define HEARTH_DOMAIN_PROFILE_H

#include "proto/base/buf.h"
#include "proto/domain/catalogue.h"
#include "proto/domain/grid.h"

enum {
    PROFILE_REF_MAX = 64,
    PROFILE_NAME_MAX = 200,
    PROFILE_LOCATION_MAX = 40,
    STATUS_FRESH_DAYS = 28,
    NO_DAY = INT32_MIN
};

enum status {
    STATUS_UNKNOWN,
    STATUS_AVAILABLE,
    STATUS_AVAILABLE_FROM,
    STATUS_FULL,
    STATUS_ON_HOLD,
    STATUS_NOT_AVAILABLE
};
/* The names that files use ("available_from"), and back; false for any other text. */
const char *status_name(enum status status);
MUST_CHECK bool status_from_name(const char *name, enum status *out);

/* Confidential: lives in guarded memory or is wiped with profile_wipe. */
struct profile {
    char ref[PROFILE_REF_MAX + 1];
    char name[PROFILE_NAME_MAX + 1];
    char location[PROFILE_LOCATION_MAX + 1]; /* as given: grid reference or "lat,lon" */
    uint16_t cell;
    uint32_t ages; /* bit 0..17: whole years; bit 18: unborn */
    bool takes_m, takes_f;
    uint8_t places, approved_places; /* 0..9 */
    enum status status;
    int32_t status_date;         /* day, or NO_DAY */
    int32_t available_from;      /* day, or NO_DAY */
    uint8_t held[SLOTS_MAX / 8]; /* bit = slot: placement types and offers only */
};
enum { PROFILE_AGE_UNBORN_BIT = 18 };

void profile_wipe(struct profile *profile);
/* Tests and sets the bit of a slot; slot < SLOTS_MAX. */
bool profile_holds(const struct profile *profile, uint16_t slot);
void profile_hold(struct profile *profile, uint16_t slot);

/* The status that counts on a day (Europe/London): unknown where it is older than `fresh_days`, or
 * is available_from without a day; available where that day has come. */
enum status profile_status(const struct profile *profile, int32_t today, int fresh_days);

/* The slot set on a day (Europe/London): ages, sexes, NUM_1..NUM_n, placement types, offers and
 * exactly one availability. placeable: false where full, on_hold or not_available. A status older
 * than `fresh_days` counts as unknown. NUM for 0 places: none. */
struct slot_set {
    uint16_t slots[SLOTS_MAX]; /* ascending, without repeats */
    size_t count;
    uint16_t cell;
    bool placeable;
};
void profile_slots(const struct profile *profile, const struct catalogue *catalogue, int32_t today,
                   int fresh_days, struct slot_set *out);
void slot_set_wipe(struct slot_set *set);

/* Positions of a slot set in a query: `hard` and `soft` get up to SLOTS_MAX + 1 entries each. False
 * where the cell lies outside the footprint (the carer becomes a dummy); with an empty footprint
 * cells do not matter. layout: the query's, of the catalogue's version or a later one; footprint:
 * ascending quadrants. */
bool slot_set_positions(const struct slot_set *set, const struct catalogue *catalogue,
                        const struct blind_layout *layout, const uint16_t *footprint,
                        size_t footprint_count, uint16_t *hard, size_t *hard_count, uint16_t *soft,
                        size_t *soft_count);
/* Frames a slot set for the commitment in a reply. */
void slot_set_frame(const struct slot_set *set, struct buf *out);
/* Takes the next frame: the bounded decoder. ERR_INVALID (field "slot_sets"): cut short, a flag,
 * cell or slot that there is not, slots out of order. catalogue: whose slots they are. */
MUST_CHECK bool slot_set_unframe(struct reader *reader, const struct catalogue *catalogue,
                                 struct slot_set *out, struct err *err);

/* The stored form and its bounded decoder (LMDB bytes after decryption). ERR_CORRUPT; ERR_VERSION
 * where it was written by a catalogue or in a form that this program does not know. */
void profile_encode(const struct profile *profile, struct buf *out);
MUST_CHECK bool profile_decode(const uint8_t *data, size_t len, struct profile *out,
                               struct err *err);

#endif
