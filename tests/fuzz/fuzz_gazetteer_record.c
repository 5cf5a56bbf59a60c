/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the entries of the gazetteer's store: damaged, or what encodes to the same bytes
 * again. The first byte says which kind of entry.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/domain/gazetteer_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void same(struct buf *again, const uint8_t *data, size_t len)
{
    REQUIRE(again->len == len && len > 0 && memcmp(again->data, data, len) == 0);
    buf_free(again);
}

static bool units(const uint8_t *data, size_t len, struct err *err)
{
    struct gazetteer_unit unit;
    struct buf again = {0};
    size_t count = 0;
    bool found = false;
    for (uint32_t i = 0; i < POSTCODE_LETTERS; i += 25) {
        struct err why = {0};
        if (!gazetteer_units_find(data, len, i, &unit, &found, &why)) {
            REQUIRE(why.code == ERR_CORRUPT);
        } else if (found) {
            REQUIRE(grid_contains(unit.at) && unit.ended <= GAZETTEER_MONTHS_MAX);
        }
    }
    if (!gazetteer_units_check(data, len, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        uint32_t letters = 0;
        REQUIRE(gazetteer_units_at(data, len, i, &letters, &unit, err));
        buf_u64(&again, gazetteer_unit_pack(letters, &unit));
        REQUIRE(gazetteer_units_find(data, len, letters, &unit, &found, err) && found);
    }
    same(&again, data, len);
    return true;
}

static bool area(const uint8_t *data, size_t len, struct err *err)
{
    struct gazetteer_area area;
    struct buf again = {0};
    if (!gazetteer_area_decode(data, len, &area, err)) return false;
    REQUIRE(grid_contains(area.at));
    gazetteer_area_encode(&area, &again);
    same(&again, data, len);
    return true;
}

static bool places(const uint8_t *data, size_t len, struct err *err)
{
    struct gazetteer_place *list = NULL;
    struct buf again = {0};
    size_t count = 0;
    if (!gazetteer_places_decode(data, len, &list, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        char key[GAZETTEER_KEY_MAX + 1];
        REQUIRE(grid_contains(list[i].at) && list[i].name[0] != '\0');
        REQUIRE(strlen(gazetteer_name_key(list[i].name, key)) <= GAZETTEER_KEY_MAX);
        gazetteer_place_encode(&list[i], &again);
    }
    free(list);
    same(&again, data, len);
    return true;
}

static bool import(const uint8_t *data, size_t len, struct err *err)
{
    struct gazetteer_import_entry entry;
    struct buf again = {0};
    if (!gazetteer_import_decode(data, len, &entry, err)) return false;
    gazetteer_import_encode(&entry, &again);
    same(&again, data, len);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    bool (*const decoders[])(const uint8_t *, size_t, struct err *) = {units, area, places, import};
    struct err err = {0};
    if (len == 0) return 0;
    if (!decoders[data[0] % 4](data + 1, len - 1, &err)) {
        REQUIRE(err.code == ERR_CORRUPT && err.text[0] != '\0');
    }
    return 0;
}
