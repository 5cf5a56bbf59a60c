/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/gazetteer_batch.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

enum { NUMBER_BITS = 26, LETTER_BITS = 10, FIRST_CAPACITY = 1024 };
_Static_assert(BATCH_UNITS_MAX < 1 << NUMBER_BITS, "an entry's place fits its bits");

/* Room for one more element in array[cap]. */
static void *room(void *array, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) return array;
    *cap = *cap ? *cap * 2 : FIRST_CAPACITY;
    return mem_resize(array, *cap, size);
}

bool batch_add_unit(struct gazetteer_batch *batch, const struct postcode *unit,
                    const struct gazetteer_unit *at)
{
    if (batch->unit_count == BATCH_UNITS_MAX) return false;
    batch->units = room(batch->units, batch->unit_count, &batch->unit_cap, sizeof *batch->units);
    uint32_t letters = postcode_letters(unit);
    uint64_t key = (uint64_t)postcode_sector_number(unit) << LETTER_BITS | letters;
    batch->units[batch->unit_count] =
        (struct batch_unit){.order = key << NUMBER_BITS | batch->unit_count,
                            .packed = gazetteer_unit_pack(letters, at)};
    batch->unit_count++;
    return true;
}

bool batch_add_area(struct gazetteer_batch *batch, const struct postcode *area,
                    struct grid_point at)
{
    REQUIRE(postcode_kind(area) != POSTCODE_UNIT);
    if (batch->area_count == BATCH_AREAS_MAX) return false;
    batch->areas = room(batch->areas, batch->area_count, &batch->area_cap, sizeof *batch->areas);
    struct batch_area *added = &batch->areas[batch->area_count];
    *added = (struct batch_area){.number = (uint32_t)batch->area_count, .at = at};
    (void)postcode_text(area, added->key);
    batch->area_count++;
    return true;
}

bool batch_add_place(struct gazetteer_batch *batch, const struct gazetteer_place *place)
{
    char key[GAZETTEER_KEY_MAX + 1];
    if (*gazetteer_name_key(place->name, key) == '\0') return true;
    if (batch->place_count == BATCH_PLACES_MAX) return false;
    batch->places =
        room(batch->places, batch->place_count, &batch->place_cap, sizeof *batch->places);
    struct batch_place *added = &batch->places[batch->place_count];
    *added = (struct batch_place){.number = (uint32_t)batch->place_count, .place = *place};
    memcpy(added->key, key, sizeof key);
    batch->place_count++;
    return true;
}

uint32_t batch_unit_sector(const struct batch_unit *unit)
{
    return (uint32_t)(unit->order >> (NUMBER_BITS + LETTER_BITS));
}

/* ---- order ---- */

static int by_unit(const void *a, const void *b)
{
    uint64_t x = ((const struct batch_unit *)a)->order, y = ((const struct batch_unit *)b)->order;
    return (x > y) - (x < y);
}

static int by_number(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int by_area(const void *a, const void *b)
{
    const struct batch_area *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : by_number(x->number, y->number);
}

static int by_place(const void *a, const void *b)
{
    const struct batch_place *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    if (order == 0) order = (x->place.id > y->place.id) - (x->place.id < y->place.id);
    return order != 0 ? order : by_number(x->number, y->number);
}

static void settle_units(struct gazetteer_batch *batch)
{
    struct batch_unit *units = batch->units;
    size_t kept = 0;
    qsort(units, batch->unit_count, sizeof *units, by_unit);
    for (size_t i = 0; i < batch->unit_count; i++) {
        bool last = i + 1 == batch->unit_count ||
                    units[i].order >> NUMBER_BITS != units[i + 1].order >> NUMBER_BITS;
        if (last) units[kept++] = units[i];
    }
    batch->unit_count = kept;
}

static void settle_areas(struct gazetteer_batch *batch)
{
    struct batch_area *areas = batch->areas;
    size_t kept = 0;
    qsort(areas, batch->area_count, sizeof *areas, by_area);
    for (size_t i = 0; i < batch->area_count; i++) {
        bool last = i + 1 == batch->area_count || strcmp(areas[i].key, areas[i + 1].key) != 0;
        if (last) areas[kept++] = areas[i];
    }
    batch->area_count = kept;
}

static void settle_places(struct gazetteer_batch *batch)
{
    struct batch_place *places = batch->places;
    size_t kept = 0;
    qsort(places, batch->place_count, sizeof *places, by_place);
    for (size_t i = 0; i < batch->place_count; i++) {
        bool last = i + 1 == batch->place_count || strcmp(places[i].key, places[i + 1].key) != 0 ||
                    places[i].place.id != places[i + 1].place.id;
        if (last) places[kept++] = places[i];
    }
    batch->place_count = kept;
}

void batch_settle(struct gazetteer_batch *batch)
{
    if (batch->unit_count > 0) settle_units(batch);
    if (batch->area_count > 0) settle_areas(batch);
    if (batch->place_count > 0) settle_places(batch);
}

void batch_free(struct gazetteer_batch *batch)
{
    free(batch->units);
    free(batch->areas);
    free(batch->places);
    *batch = (struct gazetteer_batch){0};
}
