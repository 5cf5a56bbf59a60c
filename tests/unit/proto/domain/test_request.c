/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/domain/domain_check.h"

#define CHILD "'children': [ { 'age': 11, 'sex': 'F' } ]"
#define PLACEMENT "'placement': { 'type': 'PT_LONG', 'needed_by': 'today' }"
#define HEAD "'search_ref': 'R-1', " CHILD ", " PLACEMENT
#define WITH(more) "{ " HEAD ", " more " }"

static void smallest_request(void **state)
{
    (void)state;
    struct request *r = parsed("{ " HEAD " }");
    assert_string_equal(r->search_ref, "R-1");
    assert_int_equal(r->child_count, 1);
    assert_int_equal(r->children[0].age, 11);
    assert_int_equal(r->children[0].sex, 'F');
    assert_int_equal(r->placement_type, slot_named("PT_LONG"));
    assert_int_equal(r->needed_by, NEEDED_TODAY);
    assert_true(r->accept_unconfirmed);
    assert_int_equal(r->must_count + r->prefer_count + r->framework_count + r->min_judgement, 0);
    assert_false(r->has_location);
    request_wipe(r);
    assert_int_equal(r->child_count, 0);
    free(r);
}

static void everything_is_read(void **state)
{
    (void)state;
    struct request *r = parsed(
        "{ 'search_ref': 'LCC-2026-0042', 'children': [ { 'age': 0, 'sex': 'U' }, { 'age': 17, "
        "'sex': 'M' }, { 'age': 'unborn', 'sex': 'U' } ], 'placement': { 'type': 'PT_SHORT', "
        "'needed_by': 'within_5_days', 'accept_unconfirmed': false }, 'must': [ 'DS_AUT', "
        "'RC_MISS' ], 'prefer': { 'CS_SIM': 5, 'LN_PL': 1 }, 'provider': { 'min_judgement': "
        "'good', 'frameworks': ['WWH', 'North East'] } }");
    assert_int_equal(r->child_count, 3);
    assert_int_equal(r->children[0].age, 0);
    assert_int_equal(r->children[2].age, AGE_UNBORN);
    assert_int_equal(r->needed_by, NEEDED_WITHIN_5_DAYS);
    assert_false(r->accept_unconfirmed);
    assert_int_equal(r->must_count, 2);
    assert_int_equal(r->must[1], slot_named("RC_MISS"));
    assert_int_equal(r->prefer_count, 2);
    for (size_t i = 0; i < 2; i++) {
        bool first = r->prefer[i] == slot_named("CS_SIM");
        assert_true(first || r->prefer[i] == slot_named("LN_PL"));
        assert_int_equal(r->prefer_weight[i], first ? 5 : 1);
    }
    assert_int_equal(r->min_judgement, 2);
    assert_int_equal(r->framework_count, 2);
    assert_string_equal(r->frameworks[1], "North East");
    free(r);
    r = parsed(WITH("'provider': { 'min_judgement': 'outstanding' }"));
    assert_int_equal(r->min_judgement, 1);
    free(r);
    r = parsed(WITH("'provider': { 'min_judgement': 'requires_improvement' }"));
    assert_int_equal(r->min_judgement, 3);
    free(r);
    r = parsed("\xef\xbb\xbf{ " HEAD " }\r\n");
    free(r);
}

static void what_is_not_json_is_refused(void **state)
{
    (void)state;
    refused("", "", "is empty");
    refused("{", "", "line 1");
    refused("[]", "", "a JSON object, not a list");
    refused("{ " HEAD " } x", "", "not JSON");
    refused("{ " HEAD ", }", "", "not JSON");
    refused("{ 'search_ref': 'a\\u0000b' }", "search_ref", "no character");
    refused("{ 'search_ref': 1e999 }", "search_ref", "too large");
    refused("{ 'search_ref': '\xff' }", "", "not JSON");
    struct err err;
    struct request *r = mem_new(struct request);
    char *large = mem_array(REQUEST_MAX + 1, 1);
    memset(large, ' ', REQUEST_MAX + 1);
    assert_false(request_parse(large, REQUEST_MAX + 1,
                               &(struct request_rules){.catalogue = catalogue_one()}, r, &err));
    assert_non_null(strstr(err.text, "at most"));
    large[0] = '{';
    large[1] = '}';
    assert_false(request_parse(large, REQUEST_MAX,
                               &(struct request_rules){.catalogue = catalogue_one()}, r, &err));
    assert_string_equal(err.field, "search_ref");
    memset(large, '[', REQUEST_MAX);
    assert_false(request_parse(large, REQUEST_MAX,
                               &(struct request_rules){.catalogue = catalogue_one()}, r, &err));
    free(large);
    free(r);
}

static void repeated_fields_are_named(void **state)
{
    (void)state;
    refused("{ " HEAD ", 'search_ref': 'R-2' }", "search_ref", "twice");
    refused("{ 'search_ref': 'R', 'children': [ { 'age': 1, 'sex': 'F' }, { 'age': 3, 'sex': 'M', "
            "'age': 4 } ] }",
            "children[1].age", "twice (line 1)");
    refused(WITH("'location': { 'anchors': [ { 'at': 'SE 1 1', 'name': '[{\\\"', 'at': 'x' } ] }"),
            "location.anchors[0].at", "twice");
    refused("{ 'prefer': { 'DS_AUT': 1,\n 'DS_AUT': 2 } }", "prefer.DS_AUT", "line 2");
}

static void required_fields_are_required(void **state)
{
    (void)state;
    refused("{}", "search_ref", "missing");
    refused("{ " CHILD ", " PLACEMENT " }", "search_ref", "missing");
    refused("{ 'search_ref': 'R', " PLACEMENT " }", "children", "missing");
    refused("{ 'search_ref': 'R', " CHILD " }", "placement", "missing");
    refused("{ 'search_ref': 'R', " CHILD ", 'placement': { 'type': 'PT_LONG' } }",
            "placement.needed_by", "missing");
    refused("{ 'search_ref': 'R', " CHILD ", 'placement': { 'needed_by': 'today' } }",
            "placement.type", "missing");
    refused("{ 'search_ref': 'R', 'children': [ { 'age': 3 } ], " PLACEMENT " }", "children[0].sex",
            "missing");
    refused("{ 'search_ref': 'R', 'children': [ { 'sex': 'F' } ], " PLACEMENT " }",
            "children[0].age", "missing");
}

static void unknown_fields_are_named(void **state)
{
    (void)state;
    refused(WITH("'urgent': true"), "urgent", "not a field");
    refused(WITH("'case_number': '1'"), "case_number", "never part of a query");
    refused("{ 'search_ref': 'R', 'children': [ { 'age': 3, 'sex': 'F', 'name': 'X' } ], " PLACEMENT
            " }",
            "children[0].name", "never part of a query");
    refused("{ 'search_ref': 'R', 'children': [ { 'age': 3, 'sex': 'F', 'dob': 'X' } ], " PLACEMENT
            " }",
            "children[0].dob", "known: age, sex");
    refused("{ 'search_ref': 'R', " CHILD ", 'placement': { 'type': 'PT_LONG', 'needed_by': "
            "'today', 'length': 3 } }",
            "placement.length", "not a field");
    refused(WITH("'provider': { 'judgement': 'good' }"), "provider.judgement", "min_judgement");
    refused(WITH("'Must': []"), "Must", "known: search_ref");
}

static void search_refs(void **state)
{
    (void)state;
#define REF(text) "{ 'search_ref': " text ", " CHILD ", " PLACEMENT " }"
    refused(REF("''"), "search_ref", "1 to 64");
    refused(REF("'  '"), "search_ref", "1 to 64");
    refused(REF("'a\\nb'"), "search_ref", "printable");
    refused(REF("42"), "search_ref", "must be a text in quotes, not a whole number");
    refused(REF("'12345678901234567890123456789012345678901234567890123456789012345'"),
            "search_ref", "1 to 64");
    struct request *r =
        parsed(REF("'1234567890123456789012345678901234567890123456789012345678901234'"));
    assert_int_equal(strlen(r->search_ref), 64);
    free(r);
    r = parsed(REF("'Ref \xc3\xa9 7'"));
    free(r);
}

static void children_are_checked(void **state)
{
    (void)state;
#define KIDS(list) "{ 'search_ref': 'R', 'children': " list ", " PLACEMENT " }"
#define ONE(age, sex) KIDS("[ { 'age': " age ", 'sex': " sex " } ]")
    refused(KIDS("[]"), "children", "1 to 5");
    refused(KIDS("{}"), "children", "list");
    refused(KIDS("[ 3 ]"), "children[0]", "object");
    refused(ONE("18", "'F'"), "children[0].age", "18 is not a whole number from 0 to 17");
    refused(ONE("-1", "'F'"), "children[0].age", "from 0 to 17");
    refused(ONE("3.0", "'F'"), "children[0].age", "fraction");
    refused(ONE("'3'", "'F'"), "children[0].age", "without quotes");
    refused(ONE("'Unborn'", "'F'"), "children[0].age", "unborn");
    refused(ONE("null", "'F'"), "children[0].age", "null");
    refused(ONE("9223372036854775807", "'F'"), "children[0].age", "from 0 to 17");
    refused(ONE("3", "'f'"), "children[0].sex", "'f' is not one of M, F, U");
    refused(ONE("3", "1"), "children[0].sex", "one of M, F, U");
#define KID "{ 'age': 3, 'sex': 'F' }"
    struct request *r = parsed(KIDS("[" KID "," KID "," KID "," KID "," KID "]"));
    assert_int_equal(r->child_count, 5);
    free(r);
    refused(KIDS("[" KID "," KID "," KID "," KID "," KID "," KID "]"), "children", "has 6");
}

static void placement_is_checked(void **state)
{
    (void)state;
#define PLACE(text) "{ 'search_ref': 'R', " CHILD ", 'placement': " text " }"
    refused(PLACE("'PT_LONG'"), "placement", "object");
    refused(PLACE("{ 'type': 'PT_LNG', 'needed_by': 'today' }"), "placement.type",
            "did you mean PT_LONG?");
    refused(PLACE("{ 'type': 'LONG_TERM', 'needed_by': 'today' }"), "placement.type",
            "'LONG_TERM' is not a code");
    refused(PLACE("{ 'type': 'DS_AUT', 'needed_by': 'today' }"), "placement.type",
            "not a placement type");
    refused(PLACE("{ 'type': 7, 'needed_by': 'today' }"), "placement.type", "quotes");
    refused(PLACE("{ 'type': 'PT_LONG', 'needed_by': 'tomorrow' }"), "placement.needed_by",
            "today, within_5_days, later");
    refused(PLACE("{ 'type': 'PT_LONG', 'needed_by': true }"), "placement.needed_by", "one of");
    refused(PLACE("{ 'type': 'PT_LONG', 'needed_by': 'today', 'accept_unconfirmed': 'no' }"),
            "placement.accept_unconfirmed", "true or false");
    refused(PLACE("{ 'type': 'PT_LONG', 'needed_by': 'today', 'accept_unconfirmed': 0 }"),
            "placement.accept_unconfirmed", "true or false");
    struct request *r = parsed(PLACE("{ 'type': 'PT_WKEND', 'needed_by': 'later' }"));
    assert_int_equal(r->needed_by, NEEDED_LATER);
    free(r);
}

static void codes_are_checked(void **state)
{
    (void)state;
    refused(WITH("'must': 'DS_AUT'"), "must", "list");
    refused(WITH("'must': [ 1 ]"), "must[0]", "quotes");
    refused(WITH("'must': [ 'DS_AUT', 'ds_hear' ]"), "must[1]", "did you mean DS_HEAR?");
    refused(WITH("'must': [ 'Autism' ]"), "must[0]", "did you mean DS_AUT?");
    refused(WITH("'must': [ 'Zebra' ]"), "must[0]", "'hearth criteria' lists them");
    refused(WITH("'must': [ 'DS_AUT', 'RC_SH', 'DS_AUT' ]"), "must[2]", "twice");
    refused(WITH("'must': [ 'ET_WBRI' ]"), "must[0]", "only be a preference");
    refused(WITH("'must': [ 'RE_MUS' ]"), "must[0]", "only be a preference");
    refused(WITH("'prefer': { 'BD_OWN': 3 }"), "prefer.BD_OWN", "only be a must");
    refused(WITH("'must': [ 'DS_AUT' ], 'prefer': { 'DS_AUT': 3 }"), "prefer.DS_AUT",
            "stands in must as well");
    refused(WITH("'prefer': [ 'DS_AUT' ]"), "prefer", "object");
    refused(WITH("'prefer': { 'DS_AUT': 0 }"), "prefer.DS_AUT", "from 1 to 5");
    refused(WITH("'prefer': { 'DS_AUT': 6 }"), "prefer.DS_AUT", "from 1 to 5");
    refused(WITH("'prefer': { 'DS_AUT': 2.5 }"), "prefer.DS_AUT", "fraction");
    refused(WITH("'prefer': { 'DS_AUT': '2' }"), "prefer.DS_AUT", "not a text");
    refused(WITH("'prefer': { 'QQ': 2 }"), "prefer.QQ", "not a code");
    struct request *r = parsed(WITH("'must': [], 'prefer': {}"));
    assert_int_equal(r->must_count + r->prefer_count, 0);
    free(r);
    r = parsed(WITH("'must': [ 'BD_OWN', 'GEN_NB' ], 'prefer': { 'ET_WBRI': 1, 'DS_AUT': 5 }"));
    assert_int_equal(r->must_count, 2);
    free(r);
}

static void codes_with_a_field_point_to_it(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"AGE_07", "children[].age"},          {"AGE_UB", "children[].age"},
        {"SEX_F", "children[].sex"},           {"NUM_2", "one entry a child"},
        {"PT_LONG", "placement.type"},         {"PT_WKEND", "placement.type"},
        {"AVL_TODAY", "placement.needed_by"},  {"AVL_UNCONF", "accept_unconfirmed"},
        {"TM_TODAY", "placement.needed_by"},   {"LO_INLA", "location"},
        {"PQ_GOOD", "provider.min_judgement"}, {"PC_FWK", "provider.frameworks"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[400], field[40];
        (void)snprintf(json, sizeof json, WITH("'must': [ '%s' ]"), cases[i][0]);
        refused(json, "must[0]", cases[i][1]);
        (void)snprintf(json, sizeof json, WITH("'prefer': { '%s': 1 }"), cases[i][0]);
        (void)snprintf(field, sizeof field, "prefer.%s", cases[i][0]);
        refused(json, field, cases[i][1]);
    }
}

static void every_code_goes_where_its_kind_allows(void **state)
{
    (void)state;
    const struct catalogue *catalogue = catalogue_one();
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct criterion *c = &catalogue->criteria[i];
        bool offered = c->scope == SCOPE_CARER && !criterion_has_field(c);
        char json[400];
        struct request *r = mem_new(struct request);
        struct err err;
        (void)snprintf(json, sizeof json, WITH("'must': [ '%s' ]"), c->code);
        for (char *p = json; *p; p++) *p = *p == '\'' ? '"' : *p;
        assert_int_equal(request_parse(json, strlen(json),
                                       &(struct request_rules){.catalogue = catalogue}, r, &err),
                         offered && (c->kind & KIND_HARD));
        (void)snprintf(json, sizeof json, WITH("'prefer': { '%s': 5 }"), c->code);
        for (char *p = json; *p; p++) *p = *p == '\'' ? '"' : *p;
        assert_int_equal(request_parse(json, strlen(json),
                                       &(struct request_rules){.catalogue = catalogue}, r, &err),
                         offered && (c->kind & KIND_SOFT));
        free(r);
    }
}

static void provider_is_checked(void **state)
{
    (void)state;
    refused(WITH("'provider': []"), "provider", "object");
    refused(WITH("'provider': { 'min_judgement': 'inadequate' }"), "provider.min_judgement",
            "outstanding, good, requires_improvement");
    refused(WITH("'provider': { 'min_judgement': 2 }"), "provider.min_judgement", "one of");
    struct request *r = parsed(WITH("'provider': { 'frameworks': [] }"));
    assert_int_equal(r->framework_count, 0);
    free(r);
    refused(WITH("'provider': { 'frameworks': 'WWH' }"), "provider.frameworks", "list");
    refused(WITH("'provider': { 'frameworks': [ '' ] }"), "provider.frameworks[0]", "1 to 32");
    refused(WITH("'provider': { 'frameworks': [ 'a', ' b' ] }"), "provider.frameworks[1]", "space");
    refused(WITH("'provider': { 'frameworks': [ 'b ' ] }"), "provider.frameworks[0]", "space");
    refused(WITH("'provider': { 'frameworks': [ 'a;b' ] }"), "provider.frameworks[0]", "semi");
    refused(WITH("'provider': { 'frameworks': [ 'a', 'b', 'a' ] }"), "provider.frameworks[2]",
            "twice");
    refused(WITH("'provider': { 'frameworks': [ '123456789012345678901234567890123' ] }"),
            "provider.frameworks[0]", "1 to 32");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smallest_request),
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(repeated_fields_are_named),
        cmocka_unit_test(required_fields_are_required),
        cmocka_unit_test(unknown_fields_are_named),
        cmocka_unit_test(search_refs),
        cmocka_unit_test(children_are_checked),
        cmocka_unit_test(placement_is_checked),
        cmocka_unit_test(codes_are_checked),
        cmocka_unit_test(codes_with_a_field_point_to_it),
        cmocka_unit_test(every_code_goes_where_its_kind_allows),
        cmocka_unit_test(provider_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
