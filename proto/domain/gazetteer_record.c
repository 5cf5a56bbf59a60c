/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/gazetteer_record.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

static bool corrupt(struct err *err, const char *what)
{
    return err_set(err, ERR_CORRUPT, "gazetteer", "the gazetteer is damaged (%s); import it again",
                   what);
}

/* ---- single postcodes ---- */

enum { UNIT_BYTES = 8, MONTH_BITS = 12, NORTH_BITS = 21, EAST_BITS = 20 };
enum { NORTH_AT = MONTH_BITS, EAST_AT = NORTH_AT + NORTH_BITS, LETTERS_AT = EAST_AT + EAST_BITS };

uint64_t gazetteer_unit_pack(uint32_t letters, const struct gazetteer_unit *unit)
{
    REQUIRE(letters < POSTCODE_LETTERS && grid_contains(unit->at));
    REQUIRE(unit->ended <= GAZETTEER_MONTHS_MAX);
    return (uint64_t)letters << LETTERS_AT | (uint64_t)unit->at.east << EAST_AT |
           (uint64_t)unit->at.north << NORTH_AT | unit->ended;
}

uint32_t gazetteer_unit_letters(uint64_t packed)
{
    return (uint32_t)(packed >> LETTERS_AT);
}

static uint64_t bits(uint64_t value, unsigned at, unsigned count)
{
    return value >> at & ((1ULL << count) - 1);
}

static bool unpack(uint64_t packed, struct gazetteer_unit *out, struct err *err)
{
    struct gazetteer_unit unit = {.at = {(int32_t)bits(packed, EAST_AT, EAST_BITS),
                                         (int32_t)bits(packed, NORTH_AT, NORTH_BITS)},
                                  .ended = (uint16_t)bits(packed, 0, MONTH_BITS)};
    if (gazetteer_unit_letters(packed) >= POSTCODE_LETTERS || !grid_contains(unit.at)) {
        return corrupt(err, "a postcode that cannot be");
    }
    *out = unit;
    return true;
}

static uint64_t packed_at(const uint8_t *record, size_t index)
{
    uint64_t value = 0;
    memcpy(&value, record + index * UNIT_BYTES, sizeof value);
    return be64toh(value);
}

static bool count_units(size_t len, size_t *count, struct err *err)
{
    *count = len / UNIT_BYTES;
    if (len > 0 && len % UNIT_BYTES == 0 && *count <= POSTCODE_LETTERS) return true;
    return corrupt(err, "postcodes of a wrong length");
}

bool gazetteer_units_at(const uint8_t *record, size_t len, size_t index, uint32_t *letters,
                        struct gazetteer_unit *out, struct err *err)
{
    size_t count = 0;
    if (!count_units(len, &count, err)) return false;
    REQUIRE(index < count);
    uint64_t packed = packed_at(record, index);
    if (!unpack(packed, out, err)) return false;
    *letters = gazetteer_unit_letters(packed);
    return true;
}

bool gazetteer_units_find(const uint8_t *record, size_t len, uint32_t letters,
                          struct gazetteer_unit *out, bool *found, struct err *err)
{
    size_t count = 0;
    if (!count_units(len, &count, err)) return false;
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (gazetteer_unit_letters(packed_at(record, middle)) < letters) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool there = low < count && gazetteer_unit_letters(packed_at(record, low)) == letters;
    if (there && !unpack(packed_at(record, low), out, err)) return false;
    *found = there;
    return true;
}

bool gazetteer_units_check(const uint8_t *record, size_t len, size_t *count, struct err *err)
{
    size_t units = 0;
    if (!count_units(len, &units, err)) return false;
    for (size_t i = 0; i < units; i++) {
        struct gazetteer_unit unit;
        uint64_t packed = packed_at(record, i);
        if (!unpack(packed, &unit, err)) return false;
        if (i > 0 &&
            gazetteer_unit_letters(packed_at(record, i - 1)) >= gazetteer_unit_letters(packed)) {
            return corrupt(err, "postcodes out of order");
        }
    }
    *count = units;
    return true;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : -1;
}

bool gazetteer_month_parse(const char *text, uint16_t *out)
{
    int digits[6];
    size_t n = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '-' && n == 4 && p == text + 4) continue;
        if (n == 6 || digit(*p) < 0) return false;
        digits[n++] = digit(*p);
    }
    if (n != 6) return false;
    int year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
    int month = digits[4] * 10 + digits[5];
    int number = (year - GAZETTEER_FIRST_YEAR) * 12 + month;
    if (month < 1 || month > 12 || year < GAZETTEER_FIRST_YEAR || number > GAZETTEER_MONTHS_MAX) {
        return false;
    }
    *out = (uint16_t)number;
    return true;
}

const char *gazetteer_month_text(uint16_t month, char out[GAZETTEER_MONTH_TEXT])
{
    REQUIRE(month >= 1 && month <= GAZETTEER_MONTHS_MAX);
    (void)snprintf(out, GAZETTEER_MONTH_TEXT, "%04u-%02u",
                   (GAZETTEER_FIRST_YEAR + (month - 1U) / 12) % 10000, (month - 1U) % 12 + 1);
    return out;
}

/* ---- sectors and districts ---- */

static void put_point(struct grid_point at, struct buf *out)
{
    buf_u32(out, (uint32_t)at.east);
    buf_u32(out, (uint32_t)at.north);
}

/* One outside the grid fails the reader. */
static struct grid_point take_point(struct reader *reader)
{
    uint32_t east = reader_u32(reader), north = reader_u32(reader);
    if (east >= GRID_EAST_MAX || north >= GRID_NORTH_MAX) {
        reader->failed = true;
        return (struct grid_point){0, 0};
    }
    return (struct grid_point){(int32_t)east, (int32_t)north};
}

void gazetteer_area_encode(const struct gazetteer_area *area, struct buf *out)
{
    buf_u8(out, (uint8_t)area->point);
    put_point(area->at, out);
    buf_u32(out, area->live);
    buf_u32(out, area->ended);
    buf_u8(out, area->given);
    if (area->given) put_point(area->given_at, out);
}

bool gazetteer_area_decode(const uint8_t *record, size_t len, struct gazetteer_area *out,
                           struct err *err)
{
    struct reader reader = reader_of(record, len);
    struct gazetteer_area area = {0};
    uint8_t point = reader_u8(&reader);
    area.at = take_point(&reader);
    area.live = reader_u32(&reader);
    area.ended = reader_u32(&reader);
    uint8_t given = reader_u8(&reader);
    if (given) area.given_at = take_point(&reader);
    if (!reader_done(&reader) || given > 1 || point < POINT_LIVE || point > POINT_ENDED) {
        return corrupt(err, "a sector or district");
    }
    area.point = (enum gazetteer_point)point;
    area.given = given == 1;
    *out = area;
    return true;
}

/* ---- places ---- */

const char *gazetteer_place_kind_name(enum gazetteer_place_kind kind)
{
    static const char *const names[PLACE_KINDS] = {"city",    "town",   "suburb",
                                                   "village", "hamlet", "settlement"};
    REQUIRE(kind < PLACE_KINDS);
    return names[kind];
}

static void put_text(const char *text, struct buf *out)
{
    buf_bytes(out, text, strlen(text));
}

void gazetteer_place_encode(const struct gazetteer_place *place, struct buf *out)
{
    buf_u64(out, place->id);
    buf_u8(out, (uint8_t)place->kind);
    put_point(place->at, out);
    put_text(place->name, out);
    put_text(place->district, out);
    put_text(place->county, out);
    put_text(place->region, out);
    put_text(place->outward, out);
}

/* What is shown goes to terminals: no control characters, whatever the store holds. */
static void take_text(struct reader *reader, char *out, size_t cap)
{
    if (!reader_text(reader, out, cap) || !text_is_printable_utf8(out, strlen(out))) {
        reader->failed = true;
    }
}

static bool take_place(struct reader *reader, struct gazetteer_place *out)
{
    out->id = reader_u64(reader);
    uint8_t kind = reader_u8(reader);
    out->at = take_point(reader);
    take_text(reader, out->name, sizeof out->name);
    take_text(reader, out->district, sizeof out->district);
    take_text(reader, out->county, sizeof out->county);
    take_text(reader, out->region, sizeof out->region);
    take_text(reader, out->outward, sizeof out->outward);
    if (kind >= PLACE_KINDS) return false;
    out->kind = (enum gazetteer_place_kind)kind;
    return !reader->failed && out->name[0] != '\0';
}

bool gazetteer_places_decode(const uint8_t *record, size_t len, struct gazetteer_place **out,
                             size_t *count, struct err *err)
{
    struct reader reader = reader_of(record, len);
    struct gazetteer_place *places = NULL;
    size_t n = 0;
    bool ok = len > 0;
    while (ok && reader.pos < reader.len) {
        struct gazetteer_place place = {0};
        ok = n < GAZETTEER_PLACES_MAX && take_place(&reader, &place);
        if (!ok) break;
        places = mem_resize(places, n + 1, sizeof *places);
        places[n++] = place;
    }
    if (!ok) {
        free(places);
        return corrupt(err, "a place name");
    }
    *out = places;
    *count = n;
    return true;
}

/* ---- imports ---- */

const char *gazetteer_file_kind_label(enum gazetteer_file_kind kind)
{
    static const char *const labels[FILE_KINDS] = {
        "unknown", "ONS Postcode Directory", "Code-Point Open", "postcode sectors or districts",
        "OS Open Names"};
    REQUIRE(kind < FILE_KINDS);
    return labels[kind];
}

const char *gazetteer_file_kind_name(enum gazetteer_file_kind kind)
{
    static const char *const names[FILE_KINDS] = {"unknown", "onspd", "code_point", "areas",
                                                  "open_names"};
    REQUIRE(kind < FILE_KINDS);
    return names[kind];
}

void gazetteer_import_encode(const struct gazetteer_import_entry *entry, struct buf *out)
{
    buf_u64(out, (uint64_t)entry->at_ms);
    buf_u8(out, (uint8_t)entry->kind);
    put_text(entry->name, out);
    buf_u64(out, entry->rows);
    buf_u64(out, entry->taken);
}

bool gazetteer_import_decode(const uint8_t *record, size_t len, struct gazetteer_import_entry *out,
                             struct err *err)
{
    struct reader reader = reader_of(record, len);
    struct gazetteer_import_entry entry = {0};
    uint64_t at_ms = reader_u64(&reader);
    uint8_t kind = reader_u8(&reader);
    take_text(&reader, entry.name, sizeof entry.name);
    entry.rows = reader_u64(&reader);
    entry.taken = reader_u64(&reader);
    if (!reader_done(&reader) || kind == FILE_UNKNOWN || kind >= FILE_KINDS ||
        at_ms > INT64_MAX / 4 || entry.taken > entry.rows) {
        return corrupt(err, "what was imported");
    }
    entry.at_ms = (int64_t)at_ms;
    entry.kind = (enum gazetteer_file_kind)kind;
    *out = entry;
    return true;
}
