/* SPDX-License-Identifier: Apache-2.0
 * Ofsted's list of providers: headings as published in several years, which rows are taken, every
 * finding with its place; and the file that fills in what the list lacks.
 */
#include "matcher/directory_import_ofsted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "matcher/directory_import_fill.h"
#include "proto/base/buf.h"
#include "proto/base/file.h"

#define HEADER                                                                                     \
    "urn,provision_type,registration_status,name,sector,"                                          \
    "overall_experiences_and_progress_of_children_and_young_people\n"
#define IFA "Independent Fostering Agency,Active,"

static bool parse(const char *csv, struct ofsted_list *list, struct err *err)
{
    return ofsted_parse((const uint8_t *)csv, strlen(csv), NULL, NULL, list, err);
}

static void takes_active_fostering_agencies(void **state)
{
    (void)state;
    struct ofsted_list list = {0};
    struct err err = {0};
    const char *csv = HEADER "1," IFA "A,Private,Good\n"
                             "2,Children's home,Active,\xff,Academy,Splendid\n"
                             "3,independent fostering agency,active,B,VOLUNTARY,\n"
                             "4,Independent Fostering Agency,Suspended,C,Private,Inadequate\n"
                             "5," IFA "D,Local Authority,requires improvement\n"
                             "6," IFA "E,Private,Requires improvement to be good\n"
                             "7," IFA "F,Private,Outstanding\n";
    if (!parse(csv, &list, &err)) fail_msg("%s: %s", err.field, err.text);
    assert_int_equal(list.active_count, 5);
    assert_int_equal(list.inactive_count, 1);
    assert_int_equal(list.others, 1);
    static const enum judgement judgements[] = {
        JUDGEMENT_GOOD, JUDGEMENT_NOT_INSPECTED, JUDGEMENT_REQUIRES_IMPROVEMENT,
        JUDGEMENT_REQUIRES_IMPROVEMENT, JUDGEMENT_OUTSTANDING};
    static const enum sector sectors[] = {SECTOR_PRIVATE, SECTOR_VOLUNTARY, SECTOR_LOCAL_AUTHORITY,
                                          SECTOR_PRIVATE, SECTOR_PRIVATE};
    for (size_t i = 0; i < list.active_count; i++) {
        assert_int_equal(list.active[i].judgement, judgements[i]);
        assert_int_equal(list.active[i].sector, sectors[i]);
    }
    assert_string_equal(list.active[1].name, "B");
    assert_int_equal(list.active[1].line, 4);
    assert_string_equal(list.inactive[0].status, "Suspended");
    assert_int_equal(list.inactive[0].judgement, JUDGEMENT_INADEQUATE);
    ofsted_free(&list);
}

/* As the spreadsheets of 2018, 2023 and 2025 begin when saved as CSV. */
static void headings_of_several_years(void **state)
{
    (void)state;
    static const char *const files[] = {
        "Provider information,,,,Latest Full Inspection\n"
        "Web link,URN,Provision type,Registration status,Name,Sector,Overall effectiveness\n"
        "x,SC1,Independent Fostering Agency,Active,A,Private,Good\n",
        "Children's social care data \x96 Provider level,,,\n"
        "\"This worksheet contains one table, this table begins in cell A4.\",,,\n"
        "Some cells in this table are empty.,,,\n"
        "Web link,URN,Linked Education URN,Provision type,Registration status,Name,Town,Sector,"
        "\"\nOverall experiences and progress of children and young people\",Health services,,\n"
        "x,SC1,,Independent Fostering Agency,Active,A,York,Private,Good,,,\n",
        "\xEF\xBB\xBF"
        "NAME,urn,Provider Type,REGISTRATION-STATUS,sector,Overall Effectiveness,"
        "Previous overall experiences and progress of children and young people\r\n"
        "A,SC1,Independent Fostering Agency,Active,Private,Good,Inadequate\r\n"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct ofsted_list list = {0};
        struct err err = {0};
        if (!parse(files[i], &list, &err)) fail_msg("file %zu: %s: %s", i, err.field, err.text);
        assert_int_equal(list.active_count, 1);
        assert_string_equal(list.active[0].urn, "SC1");
        assert_string_equal(list.active[0].name, "A");
        assert_string_equal(list.active[0].town, i == 1 ? "York" : "");
        assert_int_equal(list.active[0].judgement, JUDGEMENT_GOOD);
        ofsted_free(&list);
    }
}

static void bad_lists_are_named_with_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *field, *word;
    } bad[] = {
        {"", "line 1", "headings"},
        {"PK\x03\x04rest", "line 1", "CSV"},
        {"\xff\xfeu", "line 1", "UTF-16"},
        {"\"urn\";\"provision_type\"\n", "line 1", "semicolons"},
        {"Providers\nurn;provision_type;registration_status\n", "line 2", "semicolons"},
        {"Providers; all\nurn,provision_type\n", "line 2, registration_status", "missing"},
        {"a\nb\n", "line 1, urn", "missing"},
        {"title\nurn,provision_type,registration_status,name,sector\n",
         "line 2, overall_experiences_and_progress_of_children_and_young_people", "missing"},
        {"urn,URN,provision_type,registration_status,name,sector,overall_effectiveness\n",
         "line 1, urn", "twice"},
        {HEADER, "line 1, provision_type", "no row"},
        {HEADER "4,Independent Fostering Agency,Suspended,C,Private,Good\n",
         "line 1, provision_type", "no row"},
        {HEADER "1," IFA ",Private,Good\n", "line 2, name", "empty"},
        {HEADER "1," IFA "\xff,Private,Good\n", "line 2, name", "UTF-8"},
        {HEADER "1," IFA "A,Health Authority,Good\n", "line 2, sector", "Voluntary"},
        {HEADER "1," IFA "A,Private,Satisfactory\n",
         "line 2, overall_experiences_and_progress_of_children_and_young_people", "Inadequate"},
        {HEADER "1," IFA "A,Private,Good\n1," IFA "B,Private,Good\n", "line 3, urn", "line 2"},
        {HEADER "1," IFA "A,Private,Good\n1,Independent Fostering Agency,Suspended,B,Private,\n",
         "line 3, urn", "line 2"},
        {HEADER "123456789012345678901234567890123," IFA "A,Private,Good\n", "line 2, urn", "32"},
        {HEADER "1," IFA "A\"B,Private,Good\n", "line 2", "quote"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ofsted_list list = {0};
        struct err err = {0};
        if (parse(bad[i].csv, &list, &err)) fail_msg("case %zu was accepted", i);
        assert_null(list.active);
        assert_int_equal(err.code, ERR_INVALID);
        if (strcmp(err.field, bad[i].field) != 0 || !strstr(err.text, bad[i].word)) {
            fail_msg("case %zu: %s: %s", i, err.field, err.text);
        }
    }
}

/* Headings may stand below 20 lines of title, not below 21. */
static void titles_have_a_limit(void **state)
{
    (void)state;
    struct buf csv = {0};
    struct ofsted_list list = {0};
    struct err err = {0};
    for (int i = 0; i < 20; i++) buf_text(&csv, "title\n");
    size_t titles = csv.len;
    buf_text(&csv, HEADER "1," IFA "A,Private,Good\n");
    assert_true(ofsted_parse(csv.data, csv.len, NULL, NULL, &list, &err));
    assert_int_equal(list.active_count, 1);
    ofsted_free(&list);
    csv.len = titles;
    buf_text(&csv, "title\n" HEADER "1," IFA "A,Private,Good\n");
    assert_false(ofsted_parse(csv.data, csv.len, NULL, NULL, &list, &err));
    buf_free(&csv);
}

/* The list of 31 March 2025, where it is at hand. */
static void published_list(void **state)
{
    (void)state;
    struct buf csv = {0};
    struct ofsted_list list = {0};
    struct err err = {0};
    if (!file_read("../shared/data/ofsted_ifas_2025-03-31.csv", OFSTED_FILE_MAX, &csv, &err)) {
        print_message("skipped: ../shared/data/ofsted_ifas_2025-03-31.csv is not here\n");
        skip();
    }
    if (!ofsted_parse(csv.data, csv.len, NULL, NULL, &list, &err)) {
        fail_msg("%s: %s", err.field, err.text);
    }
    /* 339 registered: 78 outstanding, 230 good, 14 require improvement, 3 inadequate, 14 not
     * inspected; one inadequate one is suspended. */
    static const size_t published[] = {[JUDGEMENT_OUTSTANDING] = 78,
                                       [JUDGEMENT_GOOD] = 230,
                                       [JUDGEMENT_NOT_INSPECTED] = 14,
                                       [JUDGEMENT_REQUIRES_IMPROVEMENT] = 14,
                                       [JUDGEMENT_INADEQUATE] = 3};
    size_t counts[JUDGEMENT_INADEQUATE + 1] = {0}, voluntary = 0;
    for (size_t i = 0; i < list.active_count; i++) {
        counts[list.active[i].judgement]++;
        voluntary += list.active[i].sector == SECTOR_VOLUNTARY;
    }
    assert_int_equal(list.active_count, 338);
    assert_int_equal(list.inactive_count, 1);
    assert_int_equal(list.inactive[0].judgement, JUDGEMENT_INADEQUATE);
    counts[JUDGEMENT_INADEQUATE]++;
    for (int j = 0; j <= JUDGEMENT_INADEQUATE; j++) assert_int_equal(counts[j], published[j]);
    assert_int_equal(voluntary, 55);
    ofsted_free(&list);
    buf_free(&csv);
}

/* ---- the file that fills in ---- */

static bool parse_fill(const char *csv, struct fill *fill, struct err *err)
{
    return fill_parse((const uint8_t *)csv, strlen(csv), NULL, NULL, fill, err);
}

static void fill_is_read(void **state)
{
    (void)state;
    struct fill fill = {0};
    struct err err = {0};
    const char *csv = "URN,Name,Town,ID,Contact,Frameworks,Tier\r\n"
                      "SC1,A,York,a-1,a@example.org,WWH; NE ,1\r\n"
                      ",\"B, Ltd\",,,,,\r\n";
    if (!parse_fill(csv, &fill, &err)) fail_msg("%s: %s", err.field, err.text);
    assert_int_equal(fill.count, 2);
    assert_string_equal(fill.rows[0].agency.id, "a-1");
    assert_string_equal(fill.rows[0].agency.contact, "a@example.org");
    assert_int_equal(fill.rows[0].agency.framework_count, 2);
    assert_string_equal(fill.rows[0].agency.frameworks[1], "NE");
    assert_string_equal(fill.rows[1].agency.name, "B, Ltd");
    fill_free(&fill);
    assert_true(parse_fill("urn,contact\n1,c\n", &fill, &err));
    assert_int_equal(fill.count, 1);
    fill_free(&fill);
}

static void bad_fills_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *field, *word;
    } bad[] = {
        {"", "line 1", "headings"},
        {"urn\n1\n", "line 1, contact", "missing"},
        {"title\nurn,contact\n1,c\n", "line 1, urn", "missing"},
        {"urn,contact,phone\n", "line 1", "unknown"},
        {"urn,contact,contact\n", "line 1, contact", "twice"},
        {"urn,contact\n,c\n", "line 2, urn", "name"},
        {"urn,contact\nsc1,c\nSC1,d\n", "line 3, urn", "line 2"},
        {"urn,contact,id\n1,c,a\n2,d,a\n", "line 3, id", "line 2"},
        {"urn,contact,id\n1,c,A b\n", "line 2, id", "a-z"},
        {"urn,contact,frameworks\n1,c,W;W\n", "line 2, frameworks", "twice"},
        {"urn,contact\n1,\xff\n", "line 2, contact", "UTF-8"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fill fill = {0};
        struct err err = {0};
        if (parse_fill(bad[i].csv, &fill, &err)) fail_msg("case %zu was accepted", i);
        assert_null(fill.rows);
        if (strcmp(err.field, bad[i].field) != 0 || !strstr(err.text, bad[i].word)) {
            fail_msg("case %zu: %s: %s", i, err.field, err.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_active_fostering_agencies),
        cmocka_unit_test(headings_of_several_years),
        cmocka_unit_test(bad_lists_are_named_with_line_and_column),
        cmocka_unit_test(titles_have_a_limit),
        cmocka_unit_test(published_list),
        cmocka_unit_test(fill_is_read),
        cmocka_unit_test(bad_fills_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
