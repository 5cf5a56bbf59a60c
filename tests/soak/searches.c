/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "client/records_kept.h"
#include "proto/base/clock.h"
#include "proto/base/csv.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "tests/soak/soak.h"

enum field {
    LA,
    REF,
    ASKED,
    CHILDREN,
    TYPE,
    NEEDED_BY,
    MUST,
    OUTCOME,
    ELSEWHERE,
    AGENCY,
    DAYS,
    FEE,
    FIELDS
};
static const char *const headings[FIELDS] = {"la",        "search_ref", "asked", "children",
                                             "type",      "needed_by",  "must",  "outcome",
                                             "elsewhere", "agency",     "days",  "fee"};
enum { SEARCHES_FILE_MAX = 64 << 20, WITHOUT_DAYS = 3 };

/* ---- the file ---- */

static struct soak_party *find_la(struct soak *soak, const char *id)
{
    for (size_t i = 0; i < soak->las; i++) {
        struct soak_party *party = &soak->parties[soak->agencies + i];
        if (strcmp(party->id, id) == 0) return party;
    }
    return NULL;
}

static size_t count_of(const char *list, char separator)
{
    size_t count = *list ? 1 : 0;
    for (; *list; list++) count += *list == separator;
    return count;
}

static struct soak_search search_of(const struct csv_row *row)
{
    struct soak_search search = {.ended = NO_DAY};
    int64_t days = WITHOUT_DAYS;
    for (size_t i = 0; i < FIELDS; i++) search.fields[i] = mem_string(row->fields[i].text);
    REQUIRE(clock_parse_day(search.fields[ASKED], &search.asked));
    if (search.fields[DAYS][0]) REQUIRE(text_integer(search.fields[DAYS], 0, 1000, &days));
    if (search.fields[OUTCOME][0]) search.ended = search.asked + (int32_t)days;
    search.children = count_of(search.fields[CHILDREN], ';');
    return search;
}

static bool take_row(const struct csv_row *row, void *ctx)
{
    struct soak *soak = ctx;
    REQUIRE(row->count == FIELDS);
    if (row->line == 1) {
        for (size_t i = 0; i < FIELDS; i++) REQUIRE(!strcmp(row->fields[i].text, headings[i]));
        return true;
    }
    struct soak_party *la = find_la(soak, row->fields[LA].text);
    REQUIRE(la != NULL);
    la->searches = mem_resize(la->searches, la->search_count + 1, sizeof *la->searches);
    la->searches[la->search_count++] = search_of(row);
    return true;
}

static int by_day(const void *a, const void *b)
{
    const struct soak_search *x = a, *y = b;
    if (x->asked != y->asked) return x->asked < y->asked ? -1 : 1;
    return strcmp(x->fields[REF], y->fields[REF]);
}

void searches_read(struct soak *soak)
{
    char *path = file_join(soak->year, "searches.csv");
    struct buf text = {0};
    struct err err = {0};
    parties_must(file_read(path, SEARCHES_FILE_MAX, &text, &err), &err);
    parties_must(csv_read_rows(text.data, text.len, take_row, soak, &err), &err);
    for (size_t i = 0; i < soak->las; i++) {
        struct soak_party *la = &soak->parties[soak->agencies + i];
        if (la->search_count) qsort(la->searches, la->search_count, sizeof *la->searches, by_day);
    }
    buf_wipe(&text);
    free(path);
}

void searches_free(struct soak_party *party)
{
    for (size_t i = 0; i < party->search_count; i++) {
        for (size_t f = 0; f < FIELDS; f++) free(party->searches[i].fields[f]);
    }
    free(party->searches);
}

/* ---- records ---- */

struct records *searches_open(const struct soak_party *party)
{
    struct secret key = identity_derive(party->party.identity, RECORDS_PURPOSE);
    struct records *records = NULL;
    struct err err = {0};
    parties_must(records_open(party->party.home, &key, &records, &err), &err);
    secret_free(&key);
    return records;
}

static bool add_code(char *code, void *ctx)
{
    struct buf *out = ctx;
    buf_format(out, "%s\"%s\"", out->data[out->len - 1] == '[' ? "" : ",", code);
    return true;
}

static bool add_child(char *child, void *ctx)
{
    struct buf *out = ctx;
    char *sex = strchr(child, ' ');
    REQUIRE(sex != NULL);
    buf_format(out, "%s{\"age\":%.*s,\"sex\":\"%s\"}", out->data[out->len - 1] == '[' ? "" : ",",
               (int)(sex - child), child, sex + 1);
    return true;
}

static void request_text(const struct soak_search *search, struct buf *out)
{
    char *children = mem_string(search->fields[CHILDREN]), *must = mem_string(search->fields[MUST]);
    buf_format(out, "{\"search_ref\":\"%s\",\"children\":[", search->fields[REF]);
    REQUIRE(text_split(children, ';', add_child, out));
    buf_format(out, "],\"placement\":{\"type\":\"%s\",\"needed_by\":\"%s\"},\"must\":[",
               search->fields[TYPE], search->fields[NEEDED_BY]);
    REQUIRE(text_split(must, ';', add_code, out));
    buf_text(out, "]}");
    free(children);
    free(must);
}

static int64_t noon(int32_t day)
{
    return (int64_t)day * SOAK_DAY + 12 * SOAK_HOUR;
}

/* The run as a search would write it down, but that no matcher has answered it. */
static void write_run(struct records *records, const struct soak_search *search,
                      const struct search_note *note, const struct buf *text)
{
    struct run run = {.head = {.asked_ms = noon(search->asked)}};
    struct run_ending ending = {.at_ms = noon(search->asked) + 1000, .error = ERR_NONE};
    struct signed_bytes result = {0};
    struct record record;
    struct err err = {0};
    uint64_t number = 0;
    hash_once(run.head.query_hash, "soak query", search->fields[REF], strlen(search->fields[REF]));
    buf_append(&run.parts.request, text->data, text->len);
    run.parts.seed = secret_random(SEED_BYTES);
    run.parts.catalogue = CATALOGUE_VERSION;
    run.parts.issued_at = run.head.asked_ms;
    run.parts.expires_at = run.head.asked_ms + QUERY_LIFETIME_MS;
    memcpy(run.parts.query_hash, run.head.query_hash, HASH_BYTES);
    buf_text(&run.parts.la_certificate.body, "-");
    buf_text(&run.parts.matcher_certificate.body, "-");
    buf_text(&run.parts.epoch.body, "-");
    buf_text(&run.parts.options.body, "-");
    buf_text(&result.body, "-");
    ending.result = &result;
    parties_must(records_add_runs(records, note->name, &run, 1, &number, &err), &err);
    parties_must(records_end_run(records, note->name, number, &ending, &err), &err);
    parties_must(records_done(records, note, run.head.query_hash, &record, &err), &err);
    signed_bytes_free(&result);
    run_free(&run);
    record_wipe(&record);
}

static void write_search(struct records *records, struct soak_search *search)
{
    struct request *request = mem_new(struct request);
    struct plan *plan = mem_new(struct plan);
    struct search_note *note = mem_new(struct search_note);
    const struct request_rules rules = {.catalogue = catalogue_get(CATALOGUE_VERSION)};
    struct buf text = {0};
    struct err err = {0};
    request_text(search, &text);
    parties_must(request_parse(text.data, text.len, &rules, request, &err), &err);
    parties_must(plan_make(request, rules.catalogue, plan, &err), &err);
    parties_must(records_ask(records, request, plan, noon(search->asked), note, &err), &err);
    memcpy(search->name, note->name, HASH_BYTES);
    write_run(records, search, note, &text);
    buf_wipe(&text);
    free(note);
    free(plan);
    free(request);
}

static void write_outcome(struct records *records, const struct soak_search *search)
{
    struct outcome outcome = {.at_ms = noon(search->ended) + SOAK_HOUR,
                              .day = search->ended,
                              .days = search->ended - search->asked};
    struct err err = {0};
    int64_t fee = 0;
    REQUIRE(outcome_kind_from_name(search->fields[OUTCOME], &outcome.kind));
    if (search->fields[ELSEWHERE][0]) {
        REQUIRE(outcome_elsewhere_from_name(search->fields[ELSEWHERE], &outcome.elsewhere));
    }
    text_copy_cut(outcome.agency, sizeof outcome.agency, search->fields[AGENCY]);
    if (search->fields[FEE][0]) {
        REQUIRE(text_integer(search->fields[FEE], 1, OUTCOME_FEE_MAX, &fee));
        REQUIRE(outcome_may_have_fee(&outcome));
    }
    outcome.fee = (uint32_t)fee;
    parties_must(records_add_outcome(records, search->name, &outcome, &err), &err);
}

void searches_write(struct soak_party *party, struct records *records, uint32_t period)
{
    for (; party->asked_count < party->search_count; party->asked_count++) {
        struct soak_search *search = &party->searches[party->asked_count];
        if (period_of(noon(search->asked)) > period) break;
        write_search(records, search);
    }
    for (size_t i = 0; i < party->asked_count; i++) {
        struct soak_search *search = &party->searches[i];
        if (search->ended != NO_DAY && period_of(noon(search->ended)) == period) {
            write_outcome(records, search);
        }
    }
}

size_t searches_children(const struct soak_party *party, uint32_t period, bool concluded)
{
    size_t children = 0;
    for (size_t i = 0; i < party->search_count; i++) {
        const struct soak_search *search = &party->searches[i];
        int32_t day = concluded ? search->ended : search->asked;
        if (day != NO_DAY && period_of(noon(day)) == period) children += search->children;
    }
    return children;
}
