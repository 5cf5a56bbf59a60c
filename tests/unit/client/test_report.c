/* SPDX-License-Identifier: Apache-2.0 */
#include "client/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static struct search_outcome two_agencies(void)
{
    struct search_outcome outcome = {.elapsed_ms = 321};
    struct result *result = &outcome.result;
    memset(result->query_hash, 0xab, HASH_BYTES);
    result->asked = 5;
    result->answered = 3;
    result->declined = 1;
    result->agency_count = 2;
    struct ranked_agency *first = &result->agencies[0];
    strcpy(first->id, "ifa-002");
    strcpy(first->name, "Foyer d'été \"Nord\"");
    strcpy(first->urn, "SC123456");
    strcpy(first->judgement, "good");
    strcpy(first->sector, "voluntary");
    strcpy(first->contact, "01234 567890");
    strcpy(first->frameworks[0], "WWH");
    strcpy(first->frameworks[1], "NE");
    first->framework_count = 2;
    first->band = BAND_STRONG;
    struct ranked_agency *second = &result->agencies[1];
    strcpy(second->id, "ifa-001");
    strcpy(second->name, "Second");
    strcpy(second->judgement, "outstanding");
    strcpy(second->sector, "private");
    second->band = BAND_POSSIBLE;
    return outcome;
}

static void json_alone(FILE *out, const struct search_outcome *outcome,
                       const struct request *request)
{
    report_json(out, outcome, request, NULL);
}

static char *printed(void (*print)(FILE *, const struct search_outcome *, const struct request *),
                     const struct search_outcome *outcome)
{
    struct request request = {.search_ref = "EX-1", .anchor_count = 2, .avoid_count = 1};
    strcpy(request.anchors[1].place.note, "the middle of the sector");
    strcpy(request.avoid[0].place.note, "ended in 2019-05");
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    print(out, outcome, &request);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void json_has_exactly_the_promised_fields(void **state)
{
    (void)state;
    struct search_outcome outcome = two_agencies();
    char *text = printed(json_alone, &outcome);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    const char *hash, *ref;
    int asked, answered, declined, more, elapsed;
    json_t *agencies, *notes;
    assert_int_equal(json_unpack(root, "{s:s,s:s,s:i,s:i,s:i,s:b,s:i,s:o,s:o!}", "query_hash",
                                 &hash, "search_ref", &ref, "asked", &asked, "answered", &answered,
                                 "declined", &declined, "more", &more, "elapsed_ms", &elapsed,
                                 "notes", &notes, "agencies", &agencies),
                     0);
    assert_int_equal(json_array_size(notes), 2);
    const char *field, *note;
    assert_int_equal(
        json_unpack(json_array_get(notes, 0), "{s:s,s:s!}", "field", &field, "note", &note), 0);
    assert_string_equal(field, "location.anchors[1].at");
    assert_string_equal(note, "the middle of the sector");
    assert_int_equal(strlen(hash), 64);
    assert_string_equal(ref, "EX-1");
    assert_int_equal(asked, 5);
    assert_int_equal(answered, 3);
    assert_int_equal(declined, 1);
    assert_int_equal(more, 0);
    assert_int_equal(elapsed, 321);
    assert_int_equal(json_array_size(agencies), 2);
    int rank;
    const char *id, *name, *urn, *band, *judgement, *sector, *contact;
    json_t *frameworks;
    assert_int_equal(json_unpack(json_array_get(agencies, 0),
                                 "{s:i,s:s,s:s,s:s,s:s,s:s,s:o,s:s,s:s!}", "rank", &rank, "id", &id,
                                 "name", &name, "urn", &urn, "band", &band, "judgement", &judgement,
                                 "frameworks", &frameworks, "sector", &sector, "contact", &contact),
                     0);
    assert_int_equal(rank, 1);
    assert_string_equal(id, "ifa-002");
    assert_string_equal(name, "Foyer d'été \"Nord\"");
    assert_string_equal(band, "strong");
    assert_int_equal(json_array_size(frameworks), 2);
    json_decref(root);
    free(text);
}

static void table_names_agencies_and_late_ones(void **state)
{
    (void)state;
    struct search_outcome outcome = two_agencies();
    char *text = printed(report_table, &outcome);
    assert_non_null(strstr(text, "5 agencies asked, 3 answered, 1 declined, 1 late"));
    char *first = strstr(text, "Foyer d'été"), *second = strstr(text, "Second");
    assert_non_null(first);
    assert_non_null(second);
    assert_true(first < second);
    assert_non_null(strstr(text, "WWH, NE"));
    free(text);
    outcome.result.agency_count = 0;
    text = printed(report_table, &outcome);
    assert_non_null(strstr(text, "No agency"));
    assert_null(strstr(text, "Rank"));
    free(text);
}

static void errors_have_the_documented_exit_codes(void **state)
{
    (void)state;
    static const struct {
        enum err_code code;
        int exit;
    } expected[] = {
        {ERR_INVALID, 2}, {ERR_UNAVAILABLE, 4}, {ERR_VERSION, 4}, {ERR_UNAUTHENTICATED, 5},
        {ERR_DENIED, 5},  {ERR_EXPIRED, 5},     {ERR_BUDGET, 5},  {ERR_NOT_FOUND, 1},
        {ERR_CORRUPT, 1}, {ERR_IO, 1},          {ERR_INTERNAL, 1}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct err err = {.code = expected[i].code};
        assert_int_equal(exit_code_of(&err), expected[i].exit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_exactly_the_promised_fields),
        cmocka_unit_test(table_names_agencies_and_late_ones),
        cmocka_unit_test(errors_have_the_documented_exit_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
