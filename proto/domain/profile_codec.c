/* SPDX-License-Identifier: Apache-2.0
 * The stored form of a profile. It says which version of the catalogue its slots follow.
 */
#include "proto/domain/profile.h"

#include <string.h>

#include "proto/base/text.h"

enum {
    FORM_VERSION = 1,
    PLACES_MAX = 9,
    AGES_ALL = (1 << (PROFILE_AGE_UNBORN_BIT + 1)) - 1,
    DAY_LIMIT = 100000, /* days either side of 1970: some 270 years */
    FLAG_M = 1,
    FLAG_F = 2
};

static size_t held_bytes(const struct catalogue *catalogue)
{
    return (catalogue->slots + 7u) / 8u;
}

static void put_text(struct buf *out, const char *text)
{
    buf_bytes(out, text, strlen(text));
}

void profile_encode(const struct profile *profile, struct buf *out)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    buf_u8(out, FORM_VERSION);
    buf_u32(out, CATALOGUE_VERSION);
    put_text(out, profile->ref);
    put_text(out, profile->name);
    put_text(out, profile->location);
    buf_u16(out, profile->cell);
    buf_u32(out, profile->ages);
    buf_u8(out, (uint8_t)((profile->takes_m ? FLAG_M : 0) | (profile->takes_f ? FLAG_F : 0)));
    buf_u8(out, profile->places);
    buf_u8(out, profile->approved_places);
    buf_u8(out, (uint8_t)profile->status);
    buf_u32(out, (uint32_t)profile->status_date);
    buf_u32(out, (uint32_t)profile->available_from);
    buf_append(out, profile->held, held_bytes(catalogue));
}

static int32_t take_day(struct reader *reader)
{
    uint32_t raw = reader_u32(reader);
    return raw > INT32_MAX ? -(int32_t)(UINT32_MAX - raw) - 1 : (int32_t)raw;
}

/* Of the catalogue that it was written by; NULL with err set where this program cannot read it.
 * Slots keep their meaning in later versions, so a profile of an older one is good as it is. */
static const struct catalogue *take_version(struct reader *reader, struct err *err)
{
    uint8_t form = reader_u8(reader);
    uint32_t version = reader_u32(reader);
    if (reader->failed) {
        (void)err_set(err, ERR_CORRUPT, NULL, "the stored profile is cut short");
        return NULL;
    }
    const struct catalogue *catalogue = form == FORM_VERSION ? catalogue_get(version) : NULL;
    if (!catalogue) {
        (void)err_set(
            err, ERR_VERSION, NULL,
            "the stored profile has form %u and catalogue %u; this program reads form %d and "
            "catalogues up to %d: it must be updated",
            form, (unsigned)version, FORM_VERSION, CATALOGUE_VERSION);
    }
    return catalogue;
}

static void take_fields(struct reader *reader, const struct catalogue *version, struct profile *out,
                        uint8_t *sexes, uint8_t *status)
{
    (void)reader_text(reader, out->ref, sizeof out->ref);
    (void)reader_text(reader, out->name, sizeof out->name);
    (void)reader_text(reader, out->location, sizeof out->location);
    out->cell = reader_u16(reader);
    out->ages = reader_u32(reader);
    *sexes = reader_u8(reader);
    out->places = reader_u8(reader);
    out->approved_places = reader_u8(reader);
    *status = reader_u8(reader);
    out->status_date = take_day(reader);
    out->available_from = take_day(reader);
    size_t len = held_bytes(version);
    const uint8_t *held = reader_take(reader, len);
    if (held) memcpy(out->held, held, len);
}

static bool text_is_good(const char *text, bool may_be_empty)
{
    return (may_be_empty || *text) && text_is_printable_utf8(text, strlen(text));
}

static bool day_is_good(int32_t day)
{
    return day == NO_DAY || (day >= -DAY_LIMIT && day <= DAY_LIMIT);
}

/* Only placement types and offers: everything else follows from the other fields. */
static bool held_is_good(const struct profile *profile, const struct catalogue *catalogue)
{
    for (size_t slot = 0; slot < SLOTS_MAX; slot++) {
        if (!profile_holds(profile, (uint16_t)slot)) continue;
        if (slot >= catalogue->slots) return false;
        const struct criterion *criterion = catalogue_slot(catalogue, (uint16_t)slot);
        if (criterion_has_field(criterion) && strncmp(criterion->code, "PT_", 3) != 0) return false;
    }
    return true;
}

/* Names what is wrong, never the value: it is a carer's. */
static const char *wrong_field(const struct profile *profile, const struct catalogue *version,
                               uint8_t sexes, uint8_t status)
{
    if (!text_is_good(profile->ref, false)) return "ref";
    if (!text_is_good(profile->name, true)) return "name";
    if (!text_is_good(profile->location, true)) return "location";
    if (profile->cell >= CELLS) return "cell";
    if (profile->ages & ~(uint32_t)AGES_ALL) return "ages";
    if (sexes & ~(FLAG_M | FLAG_F)) return "sexes";
    if (profile->places > PLACES_MAX) return "places";
    if (profile->approved_places > PLACES_MAX) return "approved_places";
    if (status > STATUS_NOT_AVAILABLE) return "status";
    if (!day_is_good(profile->status_date)) return "status_date";
    if (!day_is_good(profile->available_from)) return "available_from";
    return held_is_good(profile, version) ? NULL : "offers";
}

bool profile_decode(const uint8_t *data, size_t len, struct profile *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    const struct catalogue *version = take_version(&reader, err);
    if (!version) return false;
    struct profile profile = {0};
    uint8_t sexes = 0, status = 0;
    take_fields(&reader, version, &profile, &sexes, &status);
    bool whole = reader_done(&reader);
    const char *wrong = whole ? wrong_field(&profile, version, sexes, status) : NULL;
    if (whole && !wrong) {
        profile.takes_m = (sexes & FLAG_M) != 0;
        profile.takes_f = (sexes & FLAG_F) != 0;
        profile.status = (enum status)status;
        *out = profile;
    } else if (wrong) {
        (void)err_set(err, ERR_CORRUPT, wrong, "the stored profile holds a value out of range");
    } else {
        (void)err_set(err, ERR_CORRUPT, NULL, "the stored profile has the wrong length");
    }
    profile_wipe(&profile);
    return whole && !wrong;
}
