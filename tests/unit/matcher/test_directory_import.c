/* SPDX-License-Identifier: Apache-2.0
 * agencies.csv from Ofsted's list: ids, what is kept, what is filled in, what is missing, changes.
 */
#include "matcher/directory_import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "matcher/directory_import_id.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

#define LIST "urn,provision_type,registration_status,name,town,sector,overall_effectiveness\n"
#define DIRECTORY "id,name,urn,judgement,frameworks,sector,contact,tier\n"
#define FILL "urn,name,id,contact,frameworks,tier\n"
#define IFA ",Independent Fostering Agency,Active,"

/* Imports from texts; previous and fill may be NULL. */
static bool import_texts(const char *list_text, const char *previous_text, const char *fill_text,
                         struct directory_import *out, struct err *err)
{
    struct ofsted_list list = {0};
    struct directory *previous = NULL;
    struct fill fill = {0};
    struct err bad = {0};
    bool read =
        ofsted_parse((const uint8_t *)list_text, strlen(list_text), NULL, NULL, &list, &bad) &&
        (!previous_text || directory_parse((const uint8_t *)previous_text, strlen(previous_text),
                                           NULL, NULL, &previous, &bad)) &&
        (!fill_text ||
         fill_parse((const uint8_t *)fill_text, strlen(fill_text), NULL, NULL, &fill, &bad));
    if (!read) fail_msg("%s: %s", bad.field, bad.text);
    bool ok = directory_import(&list, previous, fill_text ? &fill : NULL, NULL, NULL, out, err);
    ofsted_free(&list);
    directory_unref(previous);
    fill_free(&fill);
    return ok;
}

/* What is written for these texts; the caller frees. */
static char *written(const char *list, const char *previous, const char *fill)
{
    struct directory_import import = {0};
    struct err err = {0};
    struct buf text = {0};
    if (!import_texts(list, previous, fill, &import, &err)) fail_msg("%s: %s", err.field, err.text);
    directory_import_write(&import, &text);
    directory_import_free(&import);
    struct directory *checked = NULL;
    if (!directory_parse(text.data, text.len, NULL, NULL, &checked, &err)) {
        fail_msg("%s: %s", err.field, err.text);
    }
    directory_unref(checked);
    buf_u8(&text, 0);
    return (char *)text.data;
}

static void expect_written(const char *list, const char *previous, const char *fill,
                           const char *rows)
{
    char *text = written(list, previous, fill);
    assert_int_equal(strncmp(text, DIRECTORY, strlen(DIRECTORY)), 0);
    assert_string_equal(text + strlen(DIRECTORY), rows);
    free(text);
}

/* ---- ids ---- */

static void ids_of_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t longest;
        const char *id;
    } cases[] = {
        {"The Children's Family Trust", 32, "the-childrens-family-trust"},
        {"St. Christopher\xE2\x80\x99s Fostering", 32, "st-christophers-fostering"},
        {"A & B  (North) Ltd.", 32, "a-and-b-north-ltd"},
        {"A&B", 32, "a-and-b"},
        {"  --x--  ", 32, "x"},
        {"\xC3\x84lpha", 32, "lpha"},
        {"\xE6\xBC\xA2", 32, "agency"},
        {"", 32, "agency"},
        {"12345678901234567890123456789012", 32, "12345678901234567890123456789012"},
        {"123456789012345678901234567890123", 32, "12345678901234567890123456789012"},
        {"Foster Care Associates Yorkshire", 32, "foster-care-associates-yorkshire"},
        {"Foster Care Associates Yorkshires", 32, "foster-care-associates"},
        {"Foster Care Associates York shire", 32, "foster-care-associates-york"},
        {"Foster Care Associates", 11, "foster-care"},
        {"Ab Carefulness", 8, "ab-caref"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char id[ID_MAX + 1];
        import_id_of_name(cases[i].name, cases[i].longest, id);
        assert_string_equal(id, cases[i].id);
        assert_true(text_is_id(id));
    }
}

static bool taken_below(const char *id, void *ctx)
{
    (void)id;
    return (*(int *)ctx)-- > 0;
}

static void namesakes_are_told_apart(void **state)
{
    (void)state;
    char id[ID_MAX + 1];
    int taken = 0;
    import_id_told_apart("Team Fostering", "SC12", taken_below, &taken, id);
    assert_string_equal(id, "team-fostering-sc12");
    taken = 0;
    import_id_told_apart("Team Fostering", "", taken_below, &taken, id);
    assert_string_equal(id, "team-fostering-2");
    taken = 2;
    import_id_told_apart("Team Fostering", "SC12", taken_below, &taken, id);
    assert_string_equal(id, "team-fostering-3");
    taken = 0;
    import_id_told_apart("Foster Care Associates Yorkshire", "SC040408", taken_below, &taken, id);
    assert_string_equal(id, "foster-care-associates-sc040408");
}

/* Whatever the order of the list: both namesakes get their URN, the third agency nothing. */
static void ids_do_not_depend_on_the_order(void **state)
{
    (void)state;
    const char *rows = "c,C,3,good,,voluntary,,\n"
                       "team-1,Team,1,good,,private,,\n"
                       "team-2,Team,2,outstanding,,private,,\n";
    expect_written(LIST "1" IFA "Team,York,Private,Good\n2" IFA "Team,Hull,Private,Outstanding\n"
                        "3" IFA "C,,Voluntary,Good\n",
                   NULL, NULL, rows);
    expect_written(LIST "3" IFA "C,,Voluntary,Good\n2" IFA "Team,Hull,Private,Outstanding\n"
                        "1" IFA "Team,York,Private,Good\n",
                   NULL, NULL, rows);
}

/* ---- the agencies.csv before ---- */

static void known_agencies_keep_what_was_known(void **state)
{
    (void)state;
    const char *previous =
        DIRECTORY "old-id,Old Name,sc1,good,WWH;NE,private,\"a@example.org, or \"\"Ann\"\"\",1\n"
                  "exampleshire,Exampleshire,,good,,local_authority,e@example.org,\n"
                  "team,Team,9,good,,private,t@example.org,\n"
                  "away,Away,7,good,,private,x@example.org,\n";
    /* The namesake of one that has left does not get its id: a certificate may still name that. */
    expect_written(LIST "SC1" IFA "New Name,,Private,Outstanding\n2" IFA "Team,,Private,\n",
                   previous, NULL,
                   "exampleshire,Exampleshire,,good,,local_authority,e@example.org,\n"
                   "old-id,New Name,SC1,outstanding,WWH;NE,private,"
                   "\"a@example.org, or \"\"Ann\"\"\",1\n"
                   "team-2,Team,2,not_inspected,,private,,\n");
}

static void same_list_again_changes_nothing(void **state)
{
    (void)state;
    const char *list = LIST "1" IFA "Team,York,Private,Good\n2" IFA "Team,Hull,Private,\n";
    char *first = written(list, NULL, FILL "1,,,a@example.org,W,\n2,,,b@example.org,,\n");
    char *second = written(list, first, NULL);
    assert_string_equal(first, second);
    struct directory_import import = {0};
    struct err err = {0};
    assert_true(import_texts(list, first, NULL, &import, &err));
    assert_int_equal(import.change_count, 0);
    assert_int_equal(import.missing, 0);
    directory_import_free(&import);
    free(first);
    free(second);
}

/* Where one of the two has no URN, a name that is alone with it is enough; else it is not. */
static void known_by_name_without_a_urn(void **state)
{
    (void)state;
    const char *previous = DIRECTORY "a-id,A,,good,,private,a@example.org,\n"
                                     "b-id,B,7,good,,private,b@example.org,\n";
    expect_written(LIST "1" IFA "A,,Private,Good\n" IFA "B,,Private,Good\n", previous, NULL,
                   "a-id,A,1,good,,private,a@example.org,\n"
                   "b-id,B,7,good,,private,b@example.org,\n");
    expect_written(LIST "1" IFA "A,,Private,Good\n2" IFA "A,,Private,Good\n", previous, NULL,
                   "a-1,A,1,good,,private,,\n"
                   "a-2,A,2,good,,private,,\n");
}

static void an_authority_on_the_list_is_not_kept_twice(void **state)
{
    (void)state;
    expect_written(LIST "5" IFA "Trust,,Local Authority,Good\n",
                   DIRECTORY "trust,Trust,5,inadequate,,local_authority,t@example.org,\n", NULL,
                   "trust,Trust,5,good,,local_authority,t@example.org,\n");
}

/* Of one name, one on the list and one not: both are there, and the service keeps its id. */
static void a_namesake_does_not_take_a_service_over(void **state)
{
    (void)state;
    expect_written(LIST "5" IFA "Trust,,Voluntary,Good\n",
                   DIRECTORY "trust,Trust,,good,,local_authority,t@example.org,\n", NULL,
                   "trust,Trust,,good,,local_authority,t@example.org,\n"
                   "trust-5,Trust,5,good,,voluntary,,\n");
}

static void changes_are_told(void **state)
{
    (void)state;
    struct directory_import import = {0};
    struct err err = {0};
    assert_true(import_texts(LIST "1" IFA "A2,,Private,Inadequate\n2" IFA "B,,Private,Good\n"
                                  "3,Independent Fostering Agency,Suspended,C,,Private,Good\n",
                             DIRECTORY "a,A,1,good,,private,x,\n"
                                       "c,C,3,good,,private,x,\n"
                                       "d,D,4,good,,private,x,\n"
                                       "la,La,,good,,local_authority,x,\n",
                             NULL, &import, &err));
    static const struct {
        const char *kind, *id, *before, *after;
    } wanted[] = {{"judgement", "a", "good", "inadequate"},
                  {"name", "a", "A", "A2"},
                  {"new", "b", "", "good"},
                  {"inactive", "c", "", "Suspended"},
                  {"gone", "d", "", ""}};
    assert_int_equal(import.change_count, sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < import.change_count; i++) {
        assert_string_equal(import_change_name(import.changes[i].kind), wanted[i].kind);
        assert_string_equal(import.changes[i].id, wanted[i].id);
        assert_string_equal(import.changes[i].before, wanted[i].before);
        assert_string_equal(import.changes[i].after, wanted[i].after);
    }
    assert_int_equal(import.kept, 1);
    directory_import_free(&import);
}

/* ---- what is filled in, and what is missing ---- */

static void missing_is_asked_for_and_filled_in(void **state)
{
    (void)state;
    struct directory_import import = {0};
    struct err err = {0};
    struct buf text = {0};
    const char *list = LIST "1" IFA "A,York,Private,Good\n" IFA "B,\"Hull, E\",Private,Good\n"
                            "3" IFA "C,,Private,Good\n";
    const char *previous = DIRECTORY "c,C,3,good,,private,c@example.org,\n";
    assert_true(import_texts(list, previous, NULL, &import, &err));
    assert_int_equal(import.missing, 2);
    assert_true(import.agencies[0].lacks_contact && import.agencies[0].lacks_frameworks);
    assert_false(import.agencies[0].lacks_urn);
    assert_true(import.agencies[1].lacks_urn);
    directory_import_write_missing(&import, &text);
    buf_u8(&text, 0);
    assert_string_equal((char *)text.data, "urn,name,town,id,contact,frameworks,tier\n"
                                           "1,A,York,a,,,\n"
                                           ",B,\"Hull, E\",b,,,\n");
    directory_import_free(&import);
    /* Given back as it is, it answers nothing. */
    assert_true(import_texts(list, previous, (char *)text.data, &import, &err));
    assert_int_equal(import.missing, 2);
    assert_true(import.agencies[0].lacks_frameworks);
    directory_import_free(&import);
    buf_free(&text);
    expect_written(list, previous,
                   FILL "1,A,first,a@example.org,,\n8,B,,b@example.org,NE;W,2\n"
                        "3,,,,W,\n99,Nobody,,n@example.org,,\n",
                   "b,B,8,good,NE;W,private,b@example.org,2\n"
                   "c,C,3,good,W,private,c@example.org,\n"
                   "first,A,1,good,,private,a@example.org,\n");
}

static void bad_merges_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *list, *previous, *fill, *field, *word;
    } bad[] = {
        {LIST IFA "A,,Private,Good\n" IFA "A,,Private,Good\n", NULL, NULL, "line 2, urn",
         "told apart"},
        {LIST "1" IFA "A,,Private,Good\n", DIRECTORY "a,A,1,good,,private,x,\n", FILL "1,,b,c,,\n",
         "line 2, id", "certificate"},
        {LIST "1" IFA "A,,Private,Good\n2" IFA "B,,Private,Good\n",
         DIRECTORY "a,A,1,good,,private,x,\n", FILL "2,,a,c,,\n", "line 2, id", "another"},
        {LIST "2" IFA "B,,Private,Good\n", DIRECTORY "a,A,1,good,,private,x,\n", FILL "2,,a,c,,\n",
         "line 2, id", "another"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct directory_import import = {0};
        struct err err = {0};
        if (import_texts(bad[i].list, bad[i].previous, bad[i].fill, &import, &err)) {
            fail_msg("case %zu was accepted", i);
        }
        assert_null(import.agencies);
        if (strcmp(err.field, bad[i].field) != 0 || !strstr(err.text, bad[i].word)) {
            fail_msg("case %zu: %s: %s", i, err.field, err.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_of_names),
        cmocka_unit_test(namesakes_are_told_apart),
        cmocka_unit_test(ids_do_not_depend_on_the_order),
        cmocka_unit_test(known_agencies_keep_what_was_known),
        cmocka_unit_test(same_list_again_changes_nothing),
        cmocka_unit_test(known_by_name_without_a_urn),
        cmocka_unit_test(an_authority_on_the_list_is_not_kept_twice),
        cmocka_unit_test(a_namesake_does_not_take_a_service_over),
        cmocka_unit_test(changes_are_told),
        cmocka_unit_test(missing_is_asked_for_and_filled_in),
        cmocka_unit_test(bad_merges_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
