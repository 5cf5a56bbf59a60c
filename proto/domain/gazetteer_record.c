/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/gazetteer_record.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

bool gazetteer_corrupt(struct err *err, const char *what)
{
    return err_set(err, ERR_CORRUPT, "gazetteer", "the gazetteer is damaged (%s); import it again",
                   what);
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
    if (!reader_done(&reader) || given > 1 || point < POINT_LIVE || point > POINT_SECTORS) {
        return gazetteer_corrupt(err, "a sector or district");
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
        return gazetteer_corrupt(err, "a place name");
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
        return gazetteer_corrupt(err, "what was imported");
    }
    entry.at_ms = (int64_t)at_ms;
    entry.kind = (enum gazetteer_file_kind)kind;
    *out = entry;
    return true;
}
