/* SPDX-License-Identifier: Apache-2.0
 * Mapping files: what is taken and refused, and what an import makes of one.
 */
#include "tests/unit/agent/imports.h"

static const struct catalogue *catalogue(void)
{
    return catalogue_get(CATALOGUE_VERSION);
}

static struct mapping mapping_of(const char *json)
{
    struct mapping mapping = {0};
    struct err err = {0};
    must(mapping_parse(json, strlen(json), catalogue(), &mapping, &err), &err);
    return mapping;
}

static void refused(const char *json, const char *field, const char *part)
{
    struct mapping mapping = {0};
    struct err err = {0};
    assert_false(mapping_parse(json, strlen(json), catalogue(), &mapping, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
    if (!strstr(err.text, part)) fail_msg("\"%s\" does not say \"%s\"", err.text, part);
    assert_int_equal(mapping.heading_count + mapping.value_count, 0);
}

static void test_headings(void **state)
{
    (void)state;
    struct mapping m = mapping_of("{\"headings\":{\"Vac.\":\"places\",\"Tel\":null,"
                                  "\"Dogs OK\":\"PE_CAN\",\"H Ref\":\"Carer ID\","
                                  "\"Deaf\":\"Hearing impairment\",\"ASD\":\"Autism\"}}");
    assert_int_equal(m.heading_count, 6);
    assert_int_equal(mapping_heading(&m, "VAC")->meaning.means, COLUMN_PLACES);
    assert_int_equal(mapping_heading(&m, "tel")->meaning.means, MEANS_IGNORED);
    assert_string_equal(mapping_heading(&m, "dogs_ok")->meaning.criterion->code, "PE_CAN");
    assert_int_equal(mapping_heading(&m, "href")->meaning.means, COLUMN_REF);
    assert_string_equal(mapping_heading(&m, "asd")->meaning.criterion->code, "DS_AUT");
    assert_null(mapping_heading(&m, "Telephone"));
    assert_null(mapping_heading(NULL, "Tel"));
    mapping_free(&m);
}

static void test_values(void **state)
{
    (void)state;
    struct mapping m = mapping_of("{\"values\":{\"status\":{\"Live\":\"available\",\"n/"
                                  "a\":null},\"yes_no\":{\"\xe2\x9c\x93\":"
                                  "\"Y\"},\"Placement type(s)\":{\"LT\":\"PT_LONG\"}}}");
    assert_int_equal(m.value_count, 4);
    assert_string_equal(mapping_value(&m, COLUMN_STATUS, "LIVE"), "available");
    assert_string_equal(mapping_value(&m, COLUMN_STATUS, "N/A"), "");
    assert_string_equal(mapping_value(&m, MAPPING_YES_NO, "\xe2\x9c\x93"), "Y");
    assert_string_equal(mapping_value(&m, COLUMN_PLACEMENT_TYPES, "lt"), "PT_LONG");
    assert_null(mapping_value(&m, COLUMN_OFFERS, "LT"));
    mapping_free(&m);
}

static void test_refused(void **state)
{
    (void)state;
    refused("", "", "line 1");
    refused("[]", "", "an object");
    refused("{\"headings\":{},\"headings\":{}}", "", "duplicate");
    refused("{\"columns\":{}}", "columns", "unknown");
    refused("{\"headings\":[]}", "headings", "an object");
    refused("{\"headings\":{\"A\":1}}", "headings.A", "null is wanted");
    refused("{\"headings\":{\"A\":\"plaices\"}}", "headings.A", "did you mean places?");
    refused("{\"headings\":{\"A\":\"?\"}}", "headings.A", "waits for you");
    refused("{\"headings\":{\"A\":\"\"}}", "headings.A", "empty");
    refused("{\"headings\":{\"\":\"places\"}}", "headings", "empty");
    refused("{\"headings\":{\"A\":\"AGE_05\"}}", "headings.A", "column of its own");
    refused("{\"headings\":{\"A b\":null,\"a-B\":null}}", "headings.a-B", "twice");
    refused("{\"headings\":{\"A\\u0007\":null}}", "headings.A\a", "control characters");
    refused("{\"values\":{\"status\":1}}", "values.status", "an object");
    refused("{\"values\":{\"colour\":{}}}", "values.colour", "a column's name");
    refused("{\"values\":{\"DS_AUT\":{}}}", "values.DS_AUT", "a column's name");
    refused("{\"values\":{\"status\":{\"Live\":1}}}", "values.status.Live", "a text");
    refused("{\"values\":{\"status\":{\"Live\":\"x\",\"LIVE\":\"y\"}}}", "values.status.LIVE",
            "twice");
    refused("{\"values\":{\"status\":{\"A\":\"\\n\"}}}", "values.status.A", "control characters");
}

static void test_bounds(void **state)
{
    (void)state;
    struct buf json = {0};
    struct mapping mapping = {0};
    struct err err = {0};
    buf_text(&json, "{\"headings\":{");
    for (int i = 0; i <= MAPPING_ENTRIES_MAX; i++)
        buf_format(&json, "%s\"h%d\":null", i ? "," : "", i);
    buf_text(&json, "}}");
    assert_false(mapping_parse(json.data, json.len, catalogue(), &mapping, &err));
    assert_non_null(strstr(err.text, "more than"));
    json.len = 0;
    for (int i = 0; i <= MAPPING_FILE_MAX; i++) buf_u8(&json, ' ');
    assert_false(mapping_parse(json.data, json.len, catalogue(), &mapping, &err));
    assert_non_null(strstr(err.text, "longer than"));
    buf_free(&json);
}

static void test_one_more(void **state)
{
    (void)state;
    struct mapping m = mapping_of("{\"headings\":{\"Vac\":\"places\"}}");
    struct err err = {0};
    must(mapping_add("VAC=approved_places", catalogue(), &m, &err), &err);
    must(mapping_add("a=b=PE_CAN", catalogue(), &m, &err), &err);
    must(mapping_add("Tel=", catalogue(), &m, &err), &err);
    assert_int_equal(m.heading_count, 3);
    assert_int_equal(mapping_heading(&m, "vac")->meaning.means, COLUMN_APPROVED_PLACES);
    assert_string_equal(mapping_heading(&m, "a=b")->meaning.criterion->code, "PE_CAN");
    assert_int_equal(mapping_heading(&m, "Tel")->meaning.means, MEANS_IGNORED);
    assert_false(mapping_add("Tel", catalogue(), &m, &err));
    assert_string_equal(err.field, "map");
    assert_false(mapping_add("Tel=phone", catalogue(), &m, &err));
    assert_false(mapping_add("=places", catalogue(), &m, &err));
    mapping_free(&m);
}

static const char UNTIDY[] =
    "# exported by nobody\n"
    "System ID,Tel,Home Postcode,OS ref,Years,Boys,Girls,Vac,Approved for,Care,State,As "
    "at,Dogs,Notes,"
    "Skills,Training\n"
    "1,0113,,SE 297 338,babies,x,,one,2,\"LT\nST\",Live,3/11/2026,x,\"anything \xff\",Carer drives,"
    "Makaton\n";
static const char ITS_MAPPING[] =
    "{\"headings\":{\"Tel\":null,\"Notes\":null,\"Years\":\"ages\",\"Vac\":\"places\",\"Care\":"
    "\"placement_types\",\"State\":\"status\",\"As at\":\"status_date\",\"Dogs\":\"PE_CAN\","
    "\"Training\":\"offers\",\"Fax\":null},\"values\":{\"ages\":{\"Babies\":\"unborn;0-1\"},"
    "\"places\":"
    "{\"one\":\"1\"},\"placement_types\":{\"LT\":\"PT_LONG\",\"ST\":\"PT_SHORT;PT_EMERG\"},"
    "\"status\":{\"live\":\"available\"},\"yes_no\":{\"X\":\"Y\"}}}";

static void expect_untidy(const struct mapping *mapping, size_t notes)
{
    struct import_rules rules = plain_rules();
    rules.mapping = mapping;
    struct import_result p = parse_with(UNTIDY, &rules);
    show_problems(&p.report);
    assert_int_equal(p.report.problems, 0);
    assert_int_equal(p.report.notes, notes);
    const struct profile *profile = &p.list.items[0];
    assert_string_equal(profile->ref, "1");
    assert_int_equal(profile->ages, 3 | 1 << PROFILE_AGE_UNBORN_BIT);
    assert_true(profile->takes_m && !profile->takes_f);
    assert_int_equal(profile->places, 1);
    assert_int_equal(profile->status, STATUS_AVAILABLE);
    assert_int_equal(profile->status_date, TODAY - 19);
    static const char *const held[] = {"PT_LONG", "PT_SHORT", "PT_EMERG",
                                       "PE_CAN",  "CS_DRIVE", "CM_MAK"};
    for (size_t i = 0; i < 6; i++) assert_true(profile_holds(profile, slot(held[i])));
    import_result_free(&p);
}

/* An untidy file comes in by its mapping, and by the one that --save-mapping writes of it. */
static void test_an_untidy_file(void **state)
{
    (void)state;
    struct mapping mapping = mapping_of(ITS_MAPPING);
    struct import_rules rules = plain_rules();
    struct import_result p = parse(UNTIDY);
    struct buf saved = {0};
    struct err err = {0};
    assert_true(p.report.bad_headings);
    mapping_write(&p.headings, NULL, &saved);
    buf_u8(&saved, 0);
    assert_non_null(strstr((char *)saved.data, "\"Care\": \"?\""));
    assert_non_null(strstr((char *)saved.data, "\"Approved for\": \"approved_places\""));
    import_result_free(&p);
    expect_untidy(&mapping, 1); /* a heading that this file has not */

    rules.mapping = &mapping;
    p = parse_with(UNTIDY, &rules);
    saved.len = 0;
    mapping_write(&p.headings, &mapping, &saved);
    import_result_free(&p);
    must(mapping_parse(saved.data, saved.len, catalogue(), &mapping, &err), &err);
    expect_untidy(&mapping, 0);
    mapping_free(&mapping);
    buf_free(&saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headings), cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),  cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_one_more), cmocka_unit_test(test_an_untidy_file),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
