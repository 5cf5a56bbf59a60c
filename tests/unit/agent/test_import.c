/* SPDX-License-Identifier: Apache-2.0
 * Carer files: each column good, bad and borderline, with the column and value of each problem.
 */
#include "proto/base/clock.h"
#include "tests/unit/agent/imports.h"

/* ---- columns ---- */

static void test_ref_and_name(void **state)
{
    (void)state;
    char longest[PROFILE_REF_MAX + 2];
    memset(longest, 'r', sizeof longest);
    longest[PROFILE_REF_MAX] = '\0';
    assert_string_equal(GOOD({"ref", longest}).ref, longest);
    longest[PROFILE_REF_MAX] = 'r';
    longest[PROFILE_REF_MAX + 1] = '\0';
    BAD("ref", longest, "at most 64", {"ref", longest});
    BAD1("ref", "", "a value is wanted");
    assert_string_equal(GOOD({"ref", "  a/b-1  "}).ref, "a/b-1");
    assert_string_equal(GOOD({"name", "Zoë \"\"Ó\"\" Baker, Leeds"}).name,
                        "Zoë \"Ó\" Baker, Leeds");
    assert_string_equal(GOOD({"name", "Ann\r\nBaker"}).name, "Ann  Baker");
    BAD("name", "(not shown)", "UTF-8", {"name", "Zo\xeb"});
    BAD("ref", "(not shown)", "UTF-8", {"ref", "a\x01"}, {"name", ""});
}

static void test_location(void **state)
{
    (void)state;
    struct profile p = GOOD({"grid_ref", "se297338"});
    char name[GRID_NAME];
    grid_cell_name(p.cell, name);
    assert_string_equal(name, "SE23SE");
    assert_string_equal(p.location, "se297338");
    p = GOOD({"grid_ref", ""}, {"lat", "53.8008"}, {"lon", "-1.5491"});
    grid_cell_name(p.cell, name);
    assert_string_equal(name, "SE23SE");
    assert_string_equal(p.location, "53.8008,-1.5491");
    assert_string_equal(GOOD({"grid_ref", "SE23"}).location, "SE 23");
    BAD1("grid_ref", "LS6 3AA", "a National Grid reference is wanted");
    BAD1("grid_ref", "SE 29 7338 1", "a National Grid reference is wanted");
    BAD1("grid_ref", "", "a location is wanted");
    BAD("grid_ref", "SE 297 338", "not several", {"lat", "53.8"}, {"lon", "-1.5"});
    BAD("grid_ref", "SE 297 338", "not several", {"lat", "53.8"});
    BAD("lon", "", "together", {"grid_ref", ""}, {"lat", "53.8"}, {"lon", ""});
    BAD("lat", "", "together", {"grid_ref", ""}, {"lat", ""}, {"lon", "-1.5"});
    BAD("lat", "x", "decimal degrees", {"grid_ref", ""}, {"lat", "x"}, {"lon", "1"});
    BAD("lon", "1,5", "decimal degrees", {"grid_ref", ""}, {"lat", "53"}, {"lon", "1,5"});
    BAD("lat", "10.0", "", {"grid_ref", ""}, {"lat", "10.0"}, {"lon", "-1.5"});
    BAD("postcode", "LS6 3AA", "not several", {"postcode", "LS6 3AA"});
    BAD("postcode", "LS6 3AA", "not several", {"grid_ref", ""}, {"postcode", "LS6 3AA"},
        {"lat", "53.8"}, {"lon", "-1.5"});
    BAD("postcode", "", "gazetteer", {"grid_ref", ""}, {"postcode", "LS6 3AA"});
    BAD("postcode", "Leeds", "a postcode is wanted", {"grid_ref", ""}, {"postcode", "Leeds"});
    BAD("postcode", "SE 297 338", "a postcode is wanted", {"grid_ref", ""},
        {"postcode", "SE 297 338"});
    BAD("postcode", "", "a location is wanted", {"grid_ref", ""}, {"postcode", ""});
    (void)GOOD({"postcode", ""});
}

static void test_ages(void **state)
{
    (void)state;
    assert_int_equal(GOOD({"ages", "0-4;8-12"}).ages, 0x1f | 0x1f << 8);
    assert_int_equal(GOOD({"ages", " 17 ; Unborn "}).ages, 1 << 17 | 1 << 18);
    assert_int_equal(GOOD({"ages", "3 - 3;;"}).ages, 1 << 3);
    assert_int_equal(GOOD({"ages", "0-4,8 to 12"}).ages, 0x1f | 0x1f << 8);
    assert_int_equal(GOOD({"ages", "0–4 | 8 - 12 years"}).ages, 0x1f | 0x1f << 8);
    assert_int_equal(GOOD({"ages", "0-4\r\n16+"}).ages, 0x1f | 3 << 16);
    assert_int_equal(GOOD({"ages", "5yrs"}).ages, 1 << 5);
    BAD1("ages", "", "a value is wanted");
    BAD1("ages", ";", "at least one age");
    BAD1("ages", "18", "whole years 0 to 17");
    BAD1("ages", "0-18", "18th birthday");
    BAD1("ages", "-1", "whole years 0 to 17");
    BAD1("ages", "12-8", "from low to high");
    BAD1("ages", "3-", "whole years 0 to 17");
    BAD1("ages", "+", "whole years 0 to 17");
    BAD1("ages", "08-Dec", "a spreadsheet has made a date");
    BAD1("ages", "Aug-12", "a spreadsheet has made a date");
    BAD("ages", "19", "whole years", {"ages", "0-4;19;8"});
    BAD("ages", "19", "whole years", {"ages", "0-4,19,8"});
}

static void test_age_columns(void **state)
{
    (void)state;
    assert_int_equal(GOOD({"ages", ""}, {"age from", "5"}, {"Max age", "12"}).ages, 0xff << 5);
    assert_int_equal(GOOD({"ages", ""}, {"age_from", "unborn"}, {"age_to", "1"}).ages,
                     3 | 1 << PROFILE_AGE_UNBORN_BIT);
    assert_int_equal(GOOD({"ages", ""}, {"age_from", "17"}, {"age_to", "17"}).ages, 1 << 17);
    BAD("age_from", "-1", "whole year", {"ages", ""}, {"age_from", "-1"}, {"age_to", "4"});
    BAD("age_to", "18", "18th birthday", {"ages", ""}, {"age_from", "5"}, {"age_to", "18"});
    BAD("age_to", "4", "from age_from", {"ages", ""}, {"age_from", "5"}, {"age_to", "4"});
    BAD("age_to", "", "together", {"ages", ""}, {"age_from", "5"}, {"age_to", ""});
    BAD("ages", "", "a value is wanted", {"ages", ""}, {"age_from", ""}, {"age_to", ""});
    BAD("ages", "3", "not both", {"ages", "3"}, {"age_from", "5"}, {"age_to", "8"});
}

static void test_sexes(void **state)
{
    (void)state;
    struct profile p = GOOD({"sexes", "m"});
    assert_true(p.takes_m && !p.takes_f);
    static const char *const both[] = {"F; M",         "M,F",        "both", "Either",
                                       "male; female", "boys|girls", "M/F"};
    for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
        p = GOOD({"sexes", both[i]});
        assert_true(p.takes_m && p.takes_f);
    }
    p = GOOD({"sexes", "Girls"});
    assert_true(!p.takes_m && p.takes_f);
    p = GOOD({"sexes", ""}, {"Male", "N"}, {"Girls", "yes"});
    assert_true(!p.takes_m && p.takes_f);
    BAD1("sexes", "", "a value is wanted");
    BAD1("sexes", ";", "M, F or M;F");
    BAD("sexes", "U", "M, F or M;F", {"sexes", "M;U"});
    BAD("sexes", "", "a value is wanted", {"sexes", ""}, {"Male", "N"}, {"Female", "N"});
    BAD("SEX_M", "x", "Y or N", {"sexes", "F"}, {"Male", "x"});
    BAD("SEX_M", "N", "elsewhere", {"sexes", "M;F"}, {"Male", "N"});
    BAD("SEX_F", "no", "elsewhere", {"Female", "no"}, {"sexes", "M;F"});
}

static void test_places(void **state)
{
    (void)state;
    struct profile p = GOOD({"places", "0"}, {"approved_places", "9"});
    assert_int_equal(p.places, 0);
    assert_int_equal(p.approved_places, 9);
    p = GOOD({"places", ""}, {"approved_places", "3"});
    assert_int_equal(p.places, 3);
    p = GOOD({"places", "1"}, {"approved_places", ""});
    assert_int_equal(p.approved_places, 1);
    BAD("places", "", "places or approved_places", {"places", ""}, {"approved_places", ""});
    BAD1("places", "10", "0 to 9");
    BAD1("places", "-1", "0 to 9");
    BAD1("places", "1.5", "0 to 9");
    BAD("approved_places", "ten", "0 to 9", {"approved_places", "ten"});
}

static void test_codes(void **state)
{
    (void)state;
    struct profile p = GOOD({"placement_types", "pt_long; PT_SHORT"}, {"offers", "CS_SIM;ds_aut;"});
    assert_true(profile_holds(&p, slot("PT_LONG")) && profile_holds(&p, slot("PT_SHORT")));
    assert_true(profile_holds(&p, slot("CS_SIM")) && profile_holds(&p, slot("DS_AUT")));
    BAD1("placement_types", "", "a value is wanted");
    BAD1("placement_types", ";", "at least one");
    BAD1("placement_types", "PT_LNG", "PT_LONG");
    BAD("placement_types", "DS_AUT", "", {"placement_types", "PT_LONG;DS_AUT"});
    BAD("offers", "DS_ATU", "DS_AUT", {"offers", "CS_SIM;DS_ATU"});
    BAD("offers", "PT_LONG", "column of its own", {"offers", "PT_LONG"});
    BAD("offers", "AGE_05", "column of its own", {"offers", "AGE_05"});
    BAD("offers", "AVL_TODAY", "column of its own", {"offers", "AVL_TODAY"});
    BAD("offers", "PQ_GOOD", "a fact on the agency", {"offers", "PQ_GOOD"});
}

/* Every offer by its label, each way of separating them; labels with commas too. */
static void test_labels(void **state)
{
    (void)state;
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    static const char *const separators[] = {";", " | ", "\n", ", "};
    int tried = 0;
    for (uint16_t s = 0; s < catalogue->slots; s++) {
        const struct criterion *c = catalogue_slot(catalogue, s);
        const struct criterion *same = NULL;
        struct err err;
        if (criterion_has_field(c) || !catalogue_match(catalogue, NULL, c->label, &same, &err)) {
            continue;
        }
        char cell[400];
        assert_ptr_equal(same, c);
        (void)snprintf(cell, sizeof cell, "%s%sCS_DRIVE", c->label, separators[s % 4]);
        struct profile p = GOOD({"offers", cell});
        assert_true(profile_holds(&p, s) && profile_holds(&p, slot("CS_DRIVE")));
        (void)snprintf(cell, sizeof cell, "CS_DRIVE, %s, CS_SIM", c->label);
        p = GOOD({"offers", cell});
        assert_true(profile_holds(&p, s) && profile_holds(&p, slot("CS_SIM")));
        tried++;
    }
    assert_true(tried > 100);
    struct profile p =
        GOOD({"placement_types", "U4; U6"}, {"offers", "Autism,Learning disability"});
    assert_true(profile_holds(&p, slot("PT_LONG")) && profile_holds(&p, slot("PT_SHORT")));
    assert_true(profile_holds(&p, slot("DS_AUT")) && profile_holds(&p, slot("DS_LD")));
    BAD("offers", "Autsim", "", {"offers", "Carer drives, Autsim, Makaton"});
    BAD("offers", "Nothing here, nor here", "", {"offers", "Nothing here, nor here"});
}

static void test_code_columns(void **state)
{
    (void)state;
    struct profile p = GOOD({"DS_AUT", "Y"}, {"cs sim", "no"}, {"Rc-Miss", ""}, {"LN_PL", "yes"},
                            {"Learning Disability", "TRUE"}, {"Makaton", "0"}, {"Mobility", "1"});
    assert_true(profile_holds(&p, slot("DS_AUT")) && profile_holds(&p, slot("LN_PL")));
    assert_true(profile_holds(&p, slot("DS_LD")) && profile_holds(&p, slot("DS_MOB")));
    assert_false(profile_holds(&p, slot("CS_SIM")) || profile_holds(&p, slot("RC_MISS")));
    assert_false(profile_holds(&p, slot("CM_MAK")));
    BAD("DS_AUT", "maybe", "Y or N", {"ds aut", "maybe"});
    p = GOOD({"placement_types", ""}, {"PT_LONG", "Y"}, {"Parent and child", "N"});
    assert_true(profile_holds(&p, slot("PT_LONG")) && !profile_holds(&p, slot("PT_PC")));
    BAD("placement_types", "", "a value is wanted", {"placement_types", ""}, {"PT_LONG", "N"});
}

static void test_status(void **state)
{
    (void)state;
    struct profile p = GOOD({"status", "On hold"}, {"status_date", "2026-11-22"});
    assert_int_equal(p.status, STATUS_ON_HOLD);
    assert_int_equal(p.status_date, TODAY);
    p = GOOD({"status", "available-from"}, {"status_date", "2026-11-01"},
             {"available_from", "2026-12-01"});
    assert_int_equal(p.status, STATUS_AVAILABLE_FROM);
    assert_int_equal(p.available_from, TODAY + 9);
    p = GOOD({"status", "full"}, {"status_date", ""});
    assert_int_equal(p.status, STATUS_UNKNOWN);
    assert_int_equal(p.status_date, NO_DAY);
    p = GOOD({"status", ""}, {"status_date", "2026-11-01"});
    assert_int_equal(p.status, STATUS_UNKNOWN);
    BAD("status", "vacant", "not_available or unknown is wanted", {"status", "vacant"},
        {"status_date", "2026-11-01"});
    BAD("status_date", "2026-11-23", "in the future", {"status", "full"},
        {"status_date", "2026-11-23"});
    BAD("status_date", "2026-02-30", "year-month-day", {"status_date", "2026-02-30"});
    p = GOOD({"status", "available-from"}, {"status_date", "03/11/2026"},
             {"available_from", "01/12/2026"});
    assert_int_equal(p.status_date, TODAY - 19);
    assert_int_equal(p.available_from, TODAY + 9);
    BAD("status_date", "11/22/2026", "day/month/year", {"status_date", "11/22/2026"});
    BAD("status_date", "29/02/2026", "day/month/year", {"status_date", "29/02/2026"});
    BAD("status_date", "23/11/2026", "in the future", {"status_date", "23/11/2026"});
    BAD("available_from", "2026-12-01", "only with status available_from", {"status", "available"},
        {"status_date", "2026-11-01"}, {"available_from", "2026-12-01"});
    BAD("available_from", "", "needs a date", {"status", "available_from"},
        {"status_date", "2026-11-01"}, {"available_from", ""});
}

static void test_dates(void **state)
{
    (void)state;
    static const char *const third[] = {"2026-11-03",
                                        "03/11/2026",
                                        "3/11/2026",
                                        "3-11-2026",
                                        "3.11.2026",
                                        "3 Nov 2026",
                                        "03-Nov-2026",
                                        "3 november 2026",
                                        "2026-11-03T00:00:00Z",
                                        "03/11/2026 09:30",
                                        "2026-11-03 00:00:00.000"};
    static const char *const none[] = {
        "2026-11",   "2026/11/03",       "20261103",     "3/11-2026",  "3 11 2026",   "Nov 3 2026",
        "3/13/2026", "0/11/2026",        "32/10/2026",   "2026-2-3",   "03/11/2026x", "45964",
        "yesterday", "03/11/2026 25:00", "3 Novem 2026", "03/11/10000"};
    for (size_t i = 0; i < sizeof third / sizeof third[0]; i++) {
        assert_int_equal(GOOD({"status_date", third[i]}).status_date, TODAY - 19);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        BAD1("status_date", none[i], "day/month/year");
    }
    BAD1("status_date", "45964", "spreadsheet");
    BAD1("status_date", "31/02/2026", "no such day");
    BAD1("status_date", "2026-02-29", "no such day");
    BAD1("status_date", "03/11/26", "four digits");
    BAD1("status_date", "3 Nov 26", "four digits");
    assert_int_equal(GOOD({"status_date", "29/02/2024"}).status_date, clock_day(2024, 2, 29));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ref_and_name), cmocka_unit_test(test_location),
        cmocka_unit_test(test_ages),         cmocka_unit_test(test_age_columns),
        cmocka_unit_test(test_sexes),        cmocka_unit_test(test_places),
        cmocka_unit_test(test_codes),        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_code_columns), cmocka_unit_test(test_status),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
