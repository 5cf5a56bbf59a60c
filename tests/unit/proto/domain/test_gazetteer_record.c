/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/domain/gazetteer_check.h"

static void months_are_read_and_written(void **state)
{
    (void)state;
    static const char *const good[] = {"199605", "1900-01", "2241-03", "202512"};
    static const char *const bad[] = {"",        "19960",    "1996056", "199600",
                                      "199613",  "189912",   "224104",  "1996/05",
                                      "19-9605", "1996--05", "x99605"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint16_t month = 0;
        char text[GAZETTEER_MONTH_TEXT], plain[8] = "";
        if (!gazetteer_month_parse(good[i], &month)) fail_msg("%s", good[i]);
        (void)snprintf(plain, sizeof plain, "%.4s-%s", good[i], good[i] + strlen(good[i]) - 2);
        assert_string_equal(gazetteer_month_text(month, text), plain);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint16_t month = 7;
        if (gazetteer_month_parse(bad[i], &month) || month != 7) fail_msg("%s", bad[i]);
    }
}

static void put_unit(struct buf *record, uint32_t letters, int east, int north, uint16_t ended)
{
    const struct gazetteer_unit unit = {.at = {east, north}, .ended = ended};
    buf_u64(record, gazetteer_unit_pack(letters, &unit));
}

static void units_are_found_at_both_ends_and_between(void **state)
{
    (void)state;
    struct buf record = {0};
    struct err err = {0};
    for (uint32_t i = 0; i < POSTCODE_LETTERS; i += 3) {
        put_unit(&record, i, (int)i, GRID_NORTH_MAX - 1 - (int)i, (uint16_t)(i % 5));
    }
    size_t count = 0;
    assert_true(gazetteer_units_check(record.data, record.len, &count, &err));
    assert_int_equal(count, record.len / 8);
    for (uint32_t i = 0; i < POSTCODE_LETTERS; i++) {
        struct gazetteer_unit unit;
        bool found = false;
        assert_true(gazetteer_units_find(record.data, record.len, i, &unit, &found, &err));
        assert_int_equal(found, i % 3 == 0);
        if (!found) continue;
        assert_int_equal(unit.at.east, i);
        assert_int_equal(unit.at.north, GRID_NORTH_MAX - 1 - (int)i);
        assert_int_equal(unit.ended, i % 5);
    }
    buf_free(&record);
    put_unit(&record, POSTCODE_LETTERS - 1, GRID_EAST_MAX - 1, 0, GAZETTEER_MONTHS_MAX);
    struct gazetteer_unit unit;
    bool found = false;
    assert_true(gazetteer_units_find(record.data, 8, POSTCODE_LETTERS - 1, &unit, &found, &err));
    assert_true(found && unit.at.east == GRID_EAST_MAX - 1 && unit.ended == GAZETTEER_MONTHS_MAX);
    buf_free(&record);
}

static void damaged_units_are_refused(void **state)
{
    (void)state;
    static const uint8_t beyond[8] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct buf record = {0};
    struct err err = {0};
    struct gazetteer_unit unit;
    size_t count = 0;
    bool found = false;
    put_unit(&record, 4, 1, 1, 0);
    put_unit(&record, 4, 1, 1, 0);
    assert_false(gazetteer_units_check(record.data, 16, &count, &err)); /* twice the same */
    assert_int_equal(err.code, ERR_CORRUPT);
    for (size_t len = 0; len < 16; len++) {
        if (len == 8) continue;
        assert_false(gazetteer_units_find(record.data, len, 4, &unit, &found, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
    assert_false(gazetteer_units_check(beyond, sizeof beyond, &count, &err));
    buf_free(&record);
    for (size_t i = 0; i <= POSTCODE_LETTERS; i++) put_unit(&record, 0, 1, 1, 0);
    assert_false(gazetteer_units_check(record.data, record.len, &count, &err));
    buf_free(&record);
}

/* A record: every cut of it is refused; a surplus byte too. */
typedef bool (*decode_fn)(const uint8_t *data, size_t len, struct err *err);

static void only_the_whole_is_good(struct buf *record, decode_fn decode)
{
    struct err err = {0};
    assert_true(decode(record->data, record->len, &err));
    for (size_t len = 0; len < record->len; len++) {
        err = (struct err){0};
        assert_false(decode(record->data, len, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
    buf_u8(record, 0);
    assert_false(decode(record->data, record->len, &err));
    buf_free(record);
}

static bool area_is_good(const uint8_t *data, size_t len, struct err *err)
{
    struct gazetteer_area area;
    if (!gazetteer_area_decode(data, len, &area, err)) return false;
    assert_int_equal(area.at.east, 5);
    assert_int_equal(area.at.north, 6);
    assert_int_equal(area.point, POINT_GIVEN);
    assert_int_equal(area.ended, 8);
    assert_true(area.given && area.given_at.north == 6);
    return true;
}

static bool place_is_good(const uint8_t *data, size_t len, struct err *err)
{
    struct gazetteer_place *places = NULL;
    size_t count = 0;
    if (!gazetteer_places_decode(data, len, &places, &count, err)) return false;
    assert_int_equal(count, 1);
    assert_string_equal(places[0].name, "Headingley");
    assert_string_equal(places[0].county, "West Yorkshire");
    assert_string_equal(places[0].outward, "LS6");
    assert_true(places[0].id == 0x0102030405060708 && places[0].kind == PLACE_SUBURB);
    free(places);
    return true;
}

static bool import_is_good(const uint8_t *data, size_t len, struct err *err)
{
    struct gazetteer_import_entry entry;
    if (!gazetteer_import_decode(data, len, &entry, err)) return false;
    assert_string_equal(entry.name, "ONSPD.csv");
    assert_true(entry.rows == 3 && entry.taken == 2 && entry.kind == FILE_ONSPD);
    return true;
}

static void records_are_good_only_whole(void **state)
{
    (void)state;
    struct buf record = {0};
    const struct gazetteer_area area = {.at = {5, 6},
                                        .point = POINT_GIVEN,
                                        .live = 7,
                                        .ended = 8,
                                        .given = true,
                                        .given_at = {5, 6}};
    gazetteer_area_encode(&area, &record);
    only_the_whole_is_good(&record, area_is_good);
    struct gazetteer_place place = {.id = 0x0102030405060708,
                                    .kind = PLACE_SUBURB,
                                    .at = {427900, 436000},
                                    .name = "Headingley",
                                    .district = "Leeds",
                                    .county = "West Yorkshire",
                                    .outward = "LS6"};
    gazetteer_place_encode(&place, &record);
    only_the_whole_is_good(&record, place_is_good);
    const struct gazetteer_import_entry entry = {
        .at_ms = 1, .kind = FILE_ONSPD, .name = "ONSPD.csv", .rows = 3, .taken = 2};
    gazetteer_import_encode(&entry, &record);
    only_the_whole_is_good(&record, import_is_good);
}

static void what_steers_a_terminal_is_corrupt(void **state)
{
    (void)state;
    struct gazetteer_place place = {.name = "A\x1b[31m", .at = {1, 1}};
    struct gazetteer_place *places = NULL;
    struct buf record = {0};
    struct err err = {0};
    size_t count = 0;
    gazetteer_place_encode(&place, &record);
    assert_false(gazetteer_places_decode(record.data, record.len, &places, &count, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    buf_free(&record);
}

static void names_meet_in_their_keys(void **state)
{
    (void)state;
    static const struct {
        const char *name, *key;
    } cases[] = {{"St. Anne's-on-the-Sea", "st annes on the sea"},
                 {"  ST ANNES  on the sea ", "st annes on the sea"},
                 {"King\xe2\x80\x99s Lynn", "kings lynn"},
                 {"Ynys M\xc3\xb4n", "ynys mon"},
                 {"T\xc5\xb7 Croes", "ty croes"},
                 {"Llanf\xc4\x81", "llanfa"},
                 {"Bath & Wells", "bath and wells"},
                 {"&", "and"},
                 {"---", ""},
                 {"", ""},
                 {"caf\xe9", "caf"}, /* not UTF-8 */
                 {"\xc3", ""},
                 {"Newtown (Powys)", "newtown powys"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char key[GAZETTEER_KEY_MAX + 1];
        assert_string_equal(gazetteer_name_key(cases[i].name, key), cases[i].key);
    }
    char longest[400], key[GAZETTEER_KEY_MAX + 1];
    memset(longest, '&', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_true(strlen(gazetteer_name_key(longest, key)) <= GAZETTEER_KEY_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_are_read_and_written),
        cmocka_unit_test(units_are_found_at_both_ends_and_between),
        cmocka_unit_test(damaged_units_are_refused),
        cmocka_unit_test(records_are_good_only_whole),
        cmocka_unit_test(what_steers_a_terminal_is_corrupt),
        cmocka_unit_test(names_meet_in_their_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
