/* SPDX-License-Identifier: Apache-2.0 */
#include "client/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"

static struct search_outcome two_agencies(void)
{
    struct search_outcome outcome = {.elapsed_ms = 321};
    struct result *result = &outcome.result;
    memset(result->query_hash, 0xab, HASH_BYTES);
    outcome.catalogue = CATALOGUE_VERSION;
    result->run = 3;
    result->budget_used = 3;
    result->budget_limit = 40;
    result->budget_renews_at = 1795392000000; /* 2026-11-23T00:00:00Z */
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

static int64_t utc(int month, int day, int hour)
{
    return ((int64_t)clock_day(2026, month, day) * 24 + hour) * 3600000;
}

static char *printed(void (*print)(FILE *, const struct report *),
                     const struct search_outcome *outcome, const struct search_note *note,
                     const struct record *record)
{
    struct request request = {.search_ref = "EX-1", .anchor_count = 2, .avoid_count = 1};
    strcpy(request.anchors[1].place.note, "the middle of the sector");
    strcpy(request.avoid[0].place.note, "ended in 2019-05");
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    print(out, &(struct report){outcome, &request, note, record, NULL});
    assert_int_equal(fclose(out), 0);
    return text;
}

static struct record third_run(void)
{
    return (struct record){
        .search_ref = "EX-1", .first_ms = utc(11, 3, 9), .runs = 3, .amendments = 2};
}

static void has_exactly(json_t *object, const char *const *fields, size_t count)
{
    size_t i = 0;
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value)
    {
        assert_in_range(i, 0, count - 1);
        assert_string_equal(name, fields[i]);
        i++;
    }
    assert_int_equal(i, count);
}

static void agency_is_told(json_t *agency)
{
    static const char *const agency_fields[] = {
        "rank", "id", "name", "urn", "band", "judgement", "frameworks", "sector", "contact"};
    const char *id, *name, *band;
    json_t *frameworks;
    has_exactly(agency, agency_fields, sizeof agency_fields / sizeof *agency_fields);
    assert_int_equal(json_unpack(agency, "{s:s,s:s,s:s,s:o}", "id", &id, "name", &name, "band",
                                 &band, "frameworks", &frameworks),
                     0);
    assert_string_equal(id, "ifa-002");
    assert_string_equal(name, "Foyer d'été \"Nord\"");
    assert_string_equal(band, "strong");
    assert_int_equal(json_array_size(frameworks), 2);
}

static void json_has_exactly_the_promised_fields(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "query_hash", "search_ref", "asked",     "answered", "declined",   "more",
        "elapsed_ms", "notes",      "agencies",  "run",      "amendments", "first_searched",
        "similar_to", "budget",     "catalogue", "older",    "older_lack"};
    struct search_outcome outcome = two_agencies();
    struct record record = third_run();
    struct search_note note = {.similar = true,
                               .similar_to = "EX-0",
                               .percent = 92,
                               .nth = 5,
                               .similar_first_ms = utc(11, 1, 9)};
    char *text = printed(report_json, &outcome, &note, &record);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    has_exactly(root, fields, sizeof fields / sizeof *fields);
    const char *hash, *ref, *other, *renews, *first, *name;
    int asked, answered, declined, more, elapsed, run, amendments, percent, nth, used, limit, older;
    json_t *agencies, *lack, *notes;
    assert_int_equal(json_unpack(root, "{s:s,s:s,s:i,s:i,s:i,s:b,s:i,s:o,s:o}", "query_hash", &hash,
                                 "search_ref", &ref, "asked", &asked, "answered", &answered,
                                 "declined", &declined, "more", &more, "elapsed_ms", &elapsed,
                                 "notes", &notes, "agencies", &agencies),
                     0);
    assert_int_equal(json_array_size(notes), 2);
    const char *field, *said;
    assert_int_equal(
        json_unpack(json_array_get(notes, 0), "{s:s,s:s!}", "field", &field, "note", &said), 0);
    assert_string_equal(field, "location.anchors[1].at");
    assert_string_equal(said, "the middle of the sector");
    assert_int_equal(strlen(hash), 64);
    assert_string_equal(ref, "EX-1");
    assert_int_equal(asked * 100 + answered * 10 + declined, 531);
    assert_int_equal(more, 0);
    assert_int_equal(elapsed, 321);
    assert_int_equal(
        json_unpack(root, "{s:i,s:i,s:s,s:{s:s,s:i,s:i,s:s!},s:{s:i,s:i,s:s!},s:i,s:o}", "run",
                    &run, "amendments", &amendments, "first_searched", &first, "similar_to",
                    "search_ref", &other, "percent", &percent, "nth", &nth, "first_searched", &name,
                    "budget", "used", &used, "limit", &limit, "renews_at", &renews, "older", &older,
                    "older_lack", &lack),
        0);
    assert_int_equal(run * 100 + amendments, 302);
    assert_string_equal(first, "2026-11-03T09:00:00Z");
    assert_string_equal(other, "EX-0");
    assert_int_equal(percent * 100 + nth, 9205);
    assert_string_equal(name, "2026-11-01T09:00:00Z");
    assert_int_equal(used * 100 + limit, 340);
    assert_string_equal(renews, "2026-11-23T00:00:00Z");
    assert_int_equal(older, 0);
    assert_int_equal(json_array_size(lack), 0);
    assert_int_equal(json_array_size(agencies), 2);
    agency_is_told(json_array_get(agencies, 0));
    json_decref(root);
    free(text);
}

static void table_names_agencies_and_late_ones(void **state)
{
    (void)state;
    struct search_outcome outcome = two_agencies();
    struct search_note note = {0};
    struct record record = third_run();
    char *text = printed(report_table, &outcome, &note, &record);
    assert_non_null(strstr(text, "Search EX-1: 5 agencies asked, 3 answered, 1 declined, 1 late"));
    char *first = strstr(text, "Foyer d'été"), *second = strstr(text, "Second");
    assert_non_null(first);
    assert_non_null(second);
    assert_true(first < second);
    assert_non_null(strstr(text, "WWH, NE"));
    free(text);
    outcome.result.agency_count = 0;
    text = printed(report_table, &outcome, &note, &record);
    assert_non_null(strstr(text, "No agency"));
    assert_null(strstr(text, "Rank"));
    free(text);
}

static void says(const struct search_outcome *outcome, const struct record *record,
                 const char *wanted, const char *unwanted)
{
    struct search_note note = {0};
    char *text = printed(report_facts, outcome, &note, record);
    if (wanted && !strstr(text, wanted)) fail_msg("\"%s\" lacks \"%s\"", text, wanted);
    if (unwanted && strstr(text, unwanted)) fail_msg("\"%s\" has \"%s\"", text, unwanted);
    free(text);
}

static void facts_tell_run_and_budget(void **state)
{
    (void)state;
    struct search_outcome outcome = two_agencies();
    struct record record = third_run();
    says(&outcome, &record,
         "Run    3 within 28 days; amendment 2 of EX-1, first searched on 3 November\n", NULL);
    says(&outcome, &record, "Budget 3 of 40 searches of today used; renews 00:00 on 23 November\n",
         "Older");
    outcome.result.budget_renews_at = utc(7, 15, 23); /* midnight of the 16th in summer */
    says(&outcome, &record, "renews 00:00 on 16 July\n", NULL);
    outcome.result.budget_limit = 0;
    says(&outcome, &record, NULL, "Budget"); /* no limit, nothing to say */
    record.runs = 1;
    record.amendments = 0;
    outcome.result.run = 1;
    says(&outcome, &record, NULL, "Run");
    outcome.result.run = 2; /* also by another of the LA's machines, whose records are its own */
    says(&outcome, &record, "Run    2 within 28 days\n", "amendment");
}

static char *printed_filtered(uint32_t min_judgement, size_t frameworks)
{
    struct search_outcome outcome = two_agencies();
    struct record record = third_run();
    struct search_note note = {0};
    struct request request = {.min_judgement = min_judgement, .framework_count = frameworks};
    strcpy(request.frameworks[0], "WWH");
    strcpy(request.frameworks[1], "NE");
    outcome.result.agency_count = 0;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    report_table(out, &(struct report){&outcome, &request, &note, &record, NULL});
    assert_int_equal(fclose(out), 0);
    return text;
}

static void filters_are_told(void **state)
{
    (void)state;
    static const struct {
        uint32_t min_judgement;
        size_t frameworks;
        const char *said;
    } cases[] = {{1, 0, "\nOnly   agencies judged outstanding\n"},
                 {2, 1, "\nOnly   agencies judged good or better and on framework WWH\n"},
                 {3, 0, "\nOnly   agencies judged requires_improvement or better\n"},
                 {0, 2, "\nOnly   agencies on framework WWH or NE\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = printed_filtered(cases[i].min_judgement, cases[i].frameworks);
        assert_non_null(strstr(text, cases[i].said));
        assert_non_null(strstr(text, "answered and passes the provider filters has a carer"));
        free(text);
    }
    char *text = printed_filtered(0, 0);
    assert_null(strstr(text, "Only"));
    assert_non_null(strstr(text, "No agency that answered has a carer who meets every must.\n"));
    free(text);
}

static void facts_tell_what_older_agencies_lack(void **state)
{
    (void)state;
    struct search_outcome outcome = two_agencies();
    struct record record = third_run();
    outcome.result.older = 2;
    says(&outcome, &record, NULL, "Older"); /* it does not matter to this request */
    outcome.added = (struct added){.slots = {3, 5}, .count = 2};
    const struct catalogue *catalogue = catalogue_get(outcome.catalogue);
    char *wanted = mem_format("2 of the agencies that answered still have catalogue %u, without "
                              "%s, %s",
                              outcome.catalogue - 1, catalogue_slot(catalogue, 3)->code,
                              catalogue_slot(catalogue, 5)->code);
    says(&outcome, &record, wanted, NULL);
    outcome.result.older = 0;
    says(&outcome, &record, NULL, "Older");
    free(wanted);
}

static void a_warning_names_the_earlier_search(void **state)
{
    (void)state;
    static const struct {
        uint32_t nth;
        const char *word;
    } cases[] = {{2, "the 2nd search"},    {3, "the 3rd search"},   {5, "the 5th search"},
                 {11, "the 11th search"},  {12, "the 12th search"}, {21, "the 21st search"},
                 {112, "the 112th search"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct search_note note = {.similar = true,
                                   .similar_to = "EX-7",
                                   .percent = 92,
                                   .nth = cases[i].nth,
                                   .similar_first_ms = utc(7, 31, 23)}; /* 1 August in London */
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        report_similar(out, "EX-8", &note);
        assert_int_equal(fclose(out), 0);
        assert_non_null(strstr(text, "EX-8 is nearly the same as EX-7 (92 % alike"));
        assert_non_null(strstr(text, "first searched on 1 August"));
        assert_non_null(strstr(text, cases[i].word));
        free(text);
    }
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
        cmocka_unit_test(facts_tell_run_and_budget),
        cmocka_unit_test(filters_are_told),
        cmocka_unit_test(facts_tell_what_older_agencies_lack),
        cmocka_unit_test(a_warning_names_the_earlier_search),
        cmocka_unit_test(errors_have_the_documented_exit_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
