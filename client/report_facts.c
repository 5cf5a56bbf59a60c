/* SPDX-License-Identifier: Apache-2.0
 * What is said of a search beside its agencies: which run it is, the budget, and who could not be
 * asked for everything.
 */
#include <string.h>

#include "client/report.h"
#include "proto/base/clock.h"

enum { DAY_TEXT = 32 };

/* "3 November", in London. */
static void format_day(int32_t day, char out[DAY_TEXT])
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    int year = 0, month = 1, day_of_month = 1;
    clock_day_parts(day, &year, &month, &day_of_month);
    (void)snprintf(out, DAY_TEXT, "%d %s", day_of_month, months[month - 1]);
}

static void format_first(const struct record *record, char out[DAY_TEXT])
{
    format_day(clock_london_day(record->first_ms), out);
}

/* ---- lines for a person ---- */

/* Nothing of the first run: it is only a search. */
static void print_run(FILE *out, const struct report *report)
{
    const struct record *record = report->record;
    char first[DAY_TEXT];
    uint32_t run = report->outcome->result.run;
    if (run <= 1 && record->runs <= 1 && record->amendments == 0) return;
    format_first(record, first);
    if (run > 0) (void)fprintf(out, "Run    %u within 28 days", run);
    if (run == 0) (void)fprintf(out, "Run    not counted");
    if (record->amendments > 0) {
        (void)fprintf(out, "; amendment %u of %s", record->amendments, record->search_ref);
    }
    if (record->runs > 1) (void)fprintf(out, ", first searched on %s", first);
    (void)fputc('\n', out);
}

static void print_budget(FILE *out, const struct result *result)
{
    int32_t day = clock_london_day(result->budget_renews_at);
    char text[CLOCK_TEXT], name[DAY_TEXT];
    if (result->budget_limit == 0) return;
    (void)fprintf(out, "Budget %u of %u searches of today used; renews ", result->budget_used,
                  result->budget_limit);
    format_day(day, name);
    clock_format(result->budget_renews_at, text);
    if (clock_london_day(result->budget_renews_at - 1) < day) {
        (void)fprintf(out, "00:00 on %s\n", name);
    } else {
        (void)fprintf(out, "%s\n", text);
    }
}

static const char *code_of(const struct search_outcome *outcome, size_t i)
{
    return catalogue_slot(catalogue_get(outcome->catalogue), outcome->added.slots[i])->code;
}

/* Only where the request asks for something that they lack. */
static void print_older(FILE *out, const struct search_outcome *outcome)
{
    uint32_t older = outcome->result.older;
    const struct added *added = &outcome->added;
    if (older == 0 || added->count == 0) return;
    (void)fprintf(out, "Older  %u of the agencies that answered %s catalogue %u, without", older,
                  older == 1 ? "still has" : "still have", outcome->catalogue - 1);
    for (size_t i = 0; i < added->count; i++) {
        (void)fprintf(out, "%s %s", i ? "," : "", code_of(outcome, i));
    }
    (void)fprintf(out, ":\n       none of their carers can meet that yet\n");
}

/* The filters that keep agencies off the list: none is hidden without their being told. */
static void print_filters(FILE *out, const struct request *request)
{
    static const char *const judged[] = {NULL, "judged outstanding", "judged good or better",
                                         "judged requires_improvement or better"};
    const char *judgement = judged[request->min_judgement];
    size_t count = request->framework_count;
    if (!judgement && count == 0) return;
    (void)fprintf(out, "Only   agencies %s", judgement ? judgement : "");
    if (count > 0) (void)fprintf(out, "%son framework", judgement ? " and " : "");
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, "%s %s", i ? " or" : "", request->frameworks[i]);
    }
    (void)fputc('\n', out);
}

void report_facts(FILE *out, const struct report *report)
{
    print_filters(out, report->request);
    print_run(out, report);
    print_budget(out, &report->outcome->result);
    print_older(out, report->outcome);
}

static const char *ordinal(uint32_t n)
{
    if (n % 100 >= 11 && n % 100 <= 13) return "th";
    return n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";
}

void report_similar(FILE *out, const char *search_ref, const struct search_note *note)
{
    char first[DAY_TEXT];
    if (!note->similar) return;
    format_day(clock_london_day(note->similar_first_ms), first);
    (void)fprintf(
        out,
        "hearth search: warning: %s is nearly the same as %s (%u %% alike, first searched "
        "on %s): the %u%s search like it within %d days. A child has one search: change it under "
        "its search_ref. For another child nothing is wrong. This is kept in the records.\n",
        search_ref, note->similar_to, note->percent, first, note->nth, ordinal(note->nth),
        RECORDS_WINDOW_DAYS);
}

/* ---- for a script ---- */

static json_t *instant(int64_t ms)
{
    char text[CLOCK_TEXT];
    clock_format(ms, text);
    return json_string(text);
}

static json_t *similar_json(const struct search_note *note)
{
    if (!note->similar) return json_null();
    return json_pack("{s:s,s:I,s:I,s:o}", "search_ref", note->similar_to, "percent",
                     (json_int_t)note->percent, "nth", (json_int_t)note->nth, "first_searched",
                     instant(note->similar_first_ms));
}

static json_t *added_json(const struct search_outcome *outcome)
{
    json_t *codes = json_array();
    for (size_t i = 0; i < outcome->added.count; i++) {
        (void)json_array_append_new(codes, json_string(code_of(outcome, i)));
    }
    return codes;
}

void report_facts_json(json_t *object, const struct report *report)
{
    const struct result *result = &report->outcome->result;
    const struct record *record = report->record;
    json_t *budget =
        json_pack("{s:I,s:I,s:o}", "used", (json_int_t)result->budget_used, "limit",
                  (json_int_t)result->budget_limit, "renews_at", instant(result->budget_renews_at));
    json_t *notes =
        json_pack("{s:I,s:I,s:o,s:o,s:o,s:I,s:I,s:o}", "run", (json_int_t)result->run, "amendments",
                  (json_int_t)record->amendments, "first_searched", instant(record->first_ms),
                  "similar_to", similar_json(report->note), "budget", budget, "catalogue",
                  (json_int_t)report->outcome->catalogue, "older", (json_int_t)result->older,
                  "older_lack", added_json(report->outcome));
    REQUIRE(notes != NULL && json_object_update(object, notes) == 0);
    json_decref(notes);
}
