/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/place.h"

#include "tests/unit/proto/domain/gazetteer_check.h"

/* ---- without a gazetteer ---- */

static void locates_in(struct gazetteer *gazetteer, const char *text, int east, int north,
                       int metres, const char *note)
{
    struct place place;
    struct err err = {0};
    memset(&place, 0x5a, sizeof place);
    if (!place_locate(text, gazetteer, &place, &err)) fail_msg("'%s': %s", text, err.text);
    if (abs(place.at.east - east) > metres || abs(place.at.north - north) > metres) {
        fail_msg("'%s' is at %d %d", text, place.at.east, place.at.north);
    }
    if (strcmp(place.note, note) != 0) fail_msg("'%s' has note '%s'", text, place.note);
}

static void refuses_in(struct gazetteer *gazetteer, const char *text, const char *says)
{
    struct place place = {.at = {7, 7}};
    struct err err = {0};
    if (place_locate(text, gazetteer, &place, &err)) fail_msg("'%s' is accepted", text);
    assert_int_equal(err.code, ERR_INVALID);
    if (!strstr(err.text, says)) fail_msg("'%s' gave '%s'", text, err.text);
    assert_true(strlen(err.text) < ERR_TEXT_MAX - 1);
    assert_int_equal(place.at.east, 7);
}

static void locates(const char *text, int east, int north, int metres)
{
    locates_in(NULL, text, east, north, metres, "");
}

static void refuses(const char *text, const char *says)
{
    refuses_in(NULL, text, says);
}

static void references_and_degrees_need_no_gazetteer(void **state)
{
    (void)state;
    locates("SE 297 338", 429700, 433800, 0);
    locates(" se297338 ", 429700, 433800, 0);
    locates("SE23NW", 420000, 435000, 0);
    locates("SE 23", 420000, 430000, 0);
    locates("SE\t297\xc2\xa0\x33\x33\x38", 429700, 433800, 0);
    locates("53.80021519630,-1.66379168242", 422242, 433818, 10);
    locates("53.80021519630, -1.66379168242", 422242, 433818, 10);
    locates(" 53.8 , -1.55 ", 429700, 433800, 300);
    locates("51,0", 540430, 124150, 300); /* whole degrees, the meridian of Greenwich */
}

static void without_a_gazetteer_postcodes_say_what_to_import(void **state)
{
    (void)state;
    static const char *const postcodes[] = {"LS6 3AA",  "LS63AA",  "LS6",     "LS6 3",  "LS15",
                                            "SW1A 1AA", "W1",      "ec1a1bb", "M1 1AE", "GIR 0AA",
                                            "BD3 9TY",  "SE2 3NW", "SE2 3",   "W1A0AX", "EC1A1"};
    for (size_t i = 0; i < sizeof postcodes / sizeof *postcodes; i++) {
        refuses(postcodes[i], "looks like a postcode");
        refuses(postcodes[i], "SE 297 338");
        refuses(postcodes[i], "gazetteer import FILE");
        refuses(postcodes[i], "ONS Postcode Directory");
    }
    refuses("SE23", "may be a postcode district");
    refuses("ne30", "'ne 30'");
    refuses("  ne30 ", "'ne 30'");
    refuses("Leeds", "'Leeds' is not a place");
    refuses("Leeds", "OS Open Names");
    refuses("Headingley, Leeds", "not a place");
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    refuses("", "not a place");
    refuses("   ", "not a place");
    refuses("SE 297 33", "not a place");
    refuses("AA 297 338", "not a place");
    refuses("53.8;-1.55", "not a place");
    refuses("53.8,-1.55,3", "latitude,longitude");
    refuses("53.8,", "latitude,longitude");
    refuses(",", "latitude,longitude");
    refuses("53.8,-1.5e0", "latitude,longitude");
    refuses("nan,nan", "latitude,longitude");
    refuses("0x35,1", "latitude,longitude");
    refuses("-1.55,53.8", "latitude comes first");
    refuses("a\x1b[31m", "'a?[31m'"); /* no control character reaches a terminal */
    char *longest = mem_array(PLACE_TEXT_MAX + 2, 1);
    memset(longest, 'x', PLACE_TEXT_MAX + 1);
    refuses(longest, "too long");
    free(longest);
}

/* ---- postcodes ---- */

static void postcodes_are_found_as_people_write_them(void **state)
{
    const struct fixture *fixture = *state;
    (void)imported(fixture, ONSPD_HEAD "LS6 3AA,,LS6 3AA,198001,,428000,436000,1,\n"
                                       "LS6 3AB,,LS6 3AB,198001,,428300,436600,1,\n"
                                       "LS6 3AD,,LS6 3AD,198001,201905,429000,437000,1,\n"
                                       "W1A0AX,,W1A 0AX,198001,,528900,181600,1,\n"
                                       "EC1A1BB,,EC1A 1BB,198001,,532100,181500,1,\n"
                                       "GIR0AA,,GIR 0AA,198001,,433000,397000,1,\n"
                                       "B1  1AA,,B1 1AA,198001,,406000,286000,1,\n"
                                       "SE2 3NW,,SE2 3NW,198001,,547000,179000,1,\n"
                                       "SE15 1AA,,SE15 1AA,198001,,534000,177000,1,\n");
    struct gazetteer *g = opened(fixture);
    static const char *const spellings[] = {"LS6 3AA",
                                            "ls63aa",
                                            "LS6  3AA",
                                            " Ls6 3aA ",
                                            "LS63AA",
                                            "LS6\t3AA",
                                            "\xc2\xa0LS6\xc2\xa0\x33\x41\x41"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        locates_in(g, spellings[i], 428000, 436000, 0, "");
    }
    locates_in(g, "W1A 0AX", 528900, 181600, 0, "");
    locates_in(g, "w1a0ax", 528900, 181600, 0, "");
    locates_in(g, "EC1A1BB", 532100, 181500, 0, "");
    locates_in(g, "gir0aa", 433000, 397000, 0, "");
    locates_in(g, "b11aa", 406000, 286000, 0, "");
    locates_in(g, "LS6 3", 428150, 436300, 0, "");
    locates_in(g, "ls6", 428150, 436300, 0, "");
    locates_in(g, "LS6 3AD", 429000, 437000, 0, "LS6 3AD ended in 2019-05");
    locates_in(g, "SE 297 338", 429700, 433800, 0, "");
    locates_in(g, "53.80021519630,-1.66379168242", 422242, 433818, 10, "");
    /* Both a postcode and a reference. */
    locates_in(g, "SE15", 534000, 177000, 0, "");
    locates_in(g, "SE 15", 410000, 450000, 0, "");
    refuses_in(g, "SE23NW", "'SE2 3NW' for the postcode, 'SE 23 NW' for the cell");
    locates_in(g, "SE2 3NW", 547000, 179000, 0, "");
    locates_in(g, "SE 23 NW", 420000, 435000, 0, "");
    locates_in(g, "SE24NW", 420000, 445000, 0, "");
    refuses_in(g, "SE16", "(which the gazetteer does not have)");
    refuses_in(g, "se16", "'se 16' for the corner");
    gazetteer_close(g);
}

static void unknown_postcodes_name_near_ones(void **state)
{
    const struct fixture *fixture = *state;
    (void)imported(fixture, ONSPD_HEAD "LS6 3AA,,LS6 3AA,198001,,428000,436000,1,\n"
                                       "LS6 3AB,,LS6 3AB,198001,,428300,436600,1,\n"
                                       "LS6 3AX,,LS6 3AX,198001,199901,428300,436600,1,\n"
                                       "LS6 3BA,,LS6 3BA,198001,,428300,436600,1,\n"
                                       "LS6 4BA,,LS6 4BA,198001,,428300,436600,1,\n"
                                       "L1 1AA,,L1 1AA,198001,,335000,390000,1,\n");
    struct gazetteer *g = opened(fixture);
    refuses_in(g, "LS6 3AC", "near it are LS6 3AA, LS6 3AB, LS6 3BA");
    refuses_in(g, "LS6 9AA", "postcode LS6 9AA is not in the gazetteer; near it are LS6 3, LS6 4");
    refuses_in(g, "LS6 9", "near it are LS6 3, LS6 4");
    refuses_in(g, "LS7 1AA", "near it are LS6");
    refuses_in(g, "LS7", "near it are LS6");
    refuses_in(g, "L2", "near it are L1");
    refuses_in(g, "ZZ9 9ZZ", "postcode ZZ9 9ZZ is not in the gazetteer");
    refuses_in(g, "Leeds", "holds postcodes only");
    gazetteer_close(g);
}

static void sectors_stand_in_where_there_are_no_units(void **state)
{
    const struct fixture *fixture = *state;
    (void)imported(fixture, "code,easting,northing\nLS6 3,428111,436111\nLS6,428222,436222\n"
                            "LS7,430000,436000\nSE15,534000,177000\n"
                            "SE16 1,10,20\nSE16 2,20,40\n");
    struct gazetteer *g = opened(fixture);
    locates_in(g, "LS6 3AA", 428111, 436111, 0,
               "the middle of sector LS6 3: the gazetteer holds no single postcodes there");
    locates_in(g, "LS6 3", 428111, 436111, 0, "");
    locates_in(g, "LS6", 428222, 436222, 0, "");
    locates_in(g, "LS7 1AA", 430000, 436000, 0,
               "the middle of district LS7: the gazetteer holds no single postcodes there");
    locates_in(g, "LS7 1", 430000, 436000, 0,
               "the middle of district LS7: the gazetteer holds no sectors of it");
    refuses_in(g, "LS6 9AA", "near it are LS6 3"); /* a sector that is not among those known */
    locates_in(g, "SE15", 534000, 177000, 0, "");
    locates_in(g, "SE16", 15, 30, 0,
               "the mean of the sectors of district SE16: the gazetteer holds nothing else of it");
    refuses_in(g, "SE16 3", "near it are SE16 1, SE16 2");
    locates_in(g, "SE23NW", 420000, 435000, 0, "");
    gazetteer_close(g);
}

/* ---- names ---- */

#define NAMED(id, name1, name2, local, x, y, outward, district, county)                            \
    id ",http://x," name1 ",," name2 ",,populatedPlace," local "," x "," y ",,,,,,," outward       \
       ",,,,," district ",,," county ",,,Region,,England,,,,\n"

static void names_are_found_and_told_apart(void **state)
{
    const struct fixture *fixture = *state;
    (void)imported(
        fixture,
        NAMED("osgb1", "Headingley", "", "Suburban Area", "427900", "436000", "LS6", "Leeds",
              "West Yorkshire") NAMED("osgb2", "Leeds", "", "City", "429900", "433500", "LS1",
                                      "Leeds", "West Yorkshire")
            NAMED("osgb3", "Leeds", "", "Village", "582500", "153300", "ME17", "Maidstone", "Kent")
                NAMED("osgb4", "Newtown", "", "Hamlet", "348000", "331000", "SY4", "", "Shropshire")
                    NAMED("osgb5", "Newtown", "", "Hamlet", "342000", "301000", "SY7", "",
                          "Shropshire") NAMED("osgb6", "St. Anne's-on-the-Sea", "", "Town",
                                              "332000", "429000", "FY8", "Fylde", "Lancashire")
                        NAMED("osgb7", "Caernarfon", "Ca\xc3\xabrnarvon", "Town", "247800",
                              "362800", "LL55", "", "Gwynedd")
                            NAMED("osgb8", "Parkstone", "", "Suburban Area", "403900", "91400",
                                  "BH14", "\"Bournemouth, Christchurch and Poole\"", "Dorset")
                                NAMED("osgb9", "Twins", "", "Hamlet", "400000", "300000", "B1",
                                      "One", "Two") NAMED("osgb10", "Twins", "", "Hamlet", "400100",
                                                          "300100", "B1", "One", "Two"));
    struct gazetteer *g = opened(fixture);
    locates_in(g, "Headingley", 427900, 436000, 0, "");
    locates_in(g, "HEADINGLEY, leeds", 427900, 436000, 0, "");
    locates_in(g, "headingley,West  Yorkshire", 427900, 436000, 0, "");
    locates_in(g, "Headingley, LS6", 427900, 436000, 0, "");
    refuses_in(g, "Headingley, York", "which has 'Headingley' in 'Leeds'");
    refuses_in(g, "Leeds",
               "2 places are called 'Leeds': write 'Leeds, Leeds' (city), 'Leeds, "
               "Maidstone' (village)");
    locates_in(g, "Leeds, Kent", 582500, 153300, 0, "");
    locates_in(g, "Leeds, West Yorkshire", 429900, 433500, 0, "");
    refuses_in(g, "Newtown, Shropshire", "'Newtown, Shropshire, SY7' (hamlet)");
    locates_in(g, "Newtown, Shropshire, SY7", 342000, 301000, 0, "");
    locates_in(g, "st annes on the sea", 332000, 429000, 0, "");
    locates_in(g, "St Anne\xe2\x80\x99s-on-the-Sea, Fylde", 332000, 429000, 0, "");
    locates_in(g, "Caernarvon", 247800, 362800, 0, "");
    locates_in(g, "Parkstone, Bournemouth, Christchurch and Poole, Dorset", 403900, 91400, 0, "");
    refuses_in(g, "Twins", "'SK 00000 00000' (hamlet), 'SK 00100 00100'");
    refuses_in(g, "Nowhere", "'Nowhere' is not a place of the gazetteer");
    refuses_in(g, "Leeds,", "2 places");
    refuses_in(g, "LS6 3AA", "not in the gazetteer");
    gazetteer_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_and_degrees_need_no_gazetteer),
        cmocka_unit_test(without_a_gazetteer_postcodes_say_what_to_import),
        cmocka_unit_test(other_texts_are_refused),
        FIXED(postcodes_are_found_as_people_write_them),
        FIXED(unknown_postcodes_name_near_ones),
        FIXED(sectors_stand_in_where_there_are_no_units),
        FIXED(names_are_found_and_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
