/* SPDX-License-Identifier: Apache-2.0
 * From a kept search to what is decided and told.
 */
#include "client/refer.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

void referring_free(struct referring *referring)
{
    if (!referring) return;
    run_free(&referring->run);
    content_wipe(&referring->content);
    for (size_t i = 0; i < referring->left_out_count; i++) {
        sodium_memzero(referring->left_out[i], strlen(referring->left_out[i]));
        free(referring->left_out[i]);
    }
    sodium_memzero(referring, sizeof *referring);
    free(referring);
}

/* ---- the search ---- */

/* The last run that gave a list; 0 where there is none. */
static uint64_t last_list(const struct run_ref *runs, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        if (!runs[i].head.is_member && runs[i].head.end == RUN_RESULT) return runs[i].number;
    }
    return 0;
}

static bool find_list(struct records *records, struct referring *out, struct err *err)
{
    struct run_ref *runs = NULL;
    size_t count = 0;
    if (!records_list_runs(records, out->search.name, &runs, &count, err)) return false;
    out->run_number = last_list(runs, count);
    records_list_free(runs, count, sizeof *runs);
    return out->run_number > 0 ||
           err_set(err, ERR_NOT_FOUND, "search",
                   "no result of %s is kept: run the search, and refer from its list",
                   out->search.record.search_ref);
}

static bool read_run(struct referring *out, struct err *err)
{
    const struct package_parts *parts = &out->run.parts;
    const struct catalogue *asked = catalogue_get(parts->catalogue);
    const struct request_rules rules = {.catalogue = catalogue_get(CATALOGUE_VERSION)};
    if (!asked) {
        return err_set(err, ERR_VERSION, "search",
                       "it was asked in catalogue %u, which this program does not have",
                       parts->catalogue);
    }
    return result_decode(parts->result.body.data, parts->result.body.len, &out->result, err) &&
           request_parse(parts->request.data, parts->request.len, &rules, &out->request, err) &&
           plan_make(&out->request, asked, &out->plan, err);
}

static bool find_outcome(struct records *records, struct referring *out, struct err *err)
{
    bool found = false;
    if (!records_last_outcome(records, out->search.name, &out->outcome, &found, err)) return false;
    out->ended = found && out->outcome.at_ms >= out->run.head.asked_ms;
    return true;
}

bool refer_begin(struct records *records, const char *search, struct referring *out,
                 struct err *err)
{
    return records_find(records, search, &out->search, err) && find_list(records, out, err) &&
           records_get_run(records, out->search.name, out->run_number, &out->run, err) &&
           find_outcome(records, out, err) && read_run(out, err);
}

/* ---- the agencies ---- */

/* Rank of an agency in the list, from 1; 0 where it is not in it. */
static uint8_t rank_of(const struct result *result, const char *id)
{
    for (size_t i = 0; i < result->agency_count; i++) {
        if (strcmp(result->agencies[i].id, id) == 0) return (uint8_t)(i + 1);
    }
    return 0;
}

static void list_ids(const struct result *result, struct buf *out)
{
    for (size_t i = 0; i < result->agency_count; i++) {
        buf_format(out, "%s%s", i ? ", " : "", result->agencies[i].id);
    }
    buf_u8(out, 0);
}

struct choosing {
    struct referring *referring;
    bool chosen[RESULT_AGENCIES_MAX];
    struct err *err;
};

static bool not_in_list(const struct result *result, const char *id, struct err *err)
{
    struct buf ids = {0};
    list_ids(result, &ids);
    (void)err_set(err, ERR_INVALID, "to", "%.40s is not in the list of that search, which has: %s",
                  id, result->agency_count > 0 ? (const char *)ids.data : "nobody");
    buf_free(&ids);
    return false;
}

static bool choose_one(char *id, void *ctx)
{
    struct choosing *choosing = ctx;
    const struct result *result = &choosing->referring->result;
    if (!text_is_id(id)) {
        return err_set(choosing->err, ERR_INVALID, "to",
                       "\"%.40s\": ids of agencies, separated by commas, are wanted", id);
    }
    uint8_t rank = rank_of(result, id);
    if (rank == 0) return not_in_list(result, id, choosing->err);
    if (choosing->chosen[rank - 1]) {
        return err_set(choosing->err, ERR_INVALID, "to", "%s is named twice", id);
    }
    choosing->chosen[rank - 1] = true;
    return true;
}

bool refer_choose(struct referring *referring, const char *to, struct err *err)
{
    struct choosing choosing = {.referring = referring, .err = err};
    struct decision *decision = &referring->decision;
    char *copy = mem_string(to);
    bool ok = text_split(copy, ',', choose_one, &choosing);
    free(copy);
    if (!ok) return false;
    decision->chosen_count = 0;
    for (size_t i = 0; i < referring->result.agency_count; i++) {
        if (!choosing.chosen[i]) continue;
        struct decided_agency *agency = &decision->chosen[decision->chosen_count++];
        memcpy(agency->id, referring->result.agencies[i].id, sizeof agency->id);
        agency->rank = (uint8_t)(i + 1);
        randombytes_buf(agency->mail_id, MAIL_ID_BYTES);
    }
    return decision->chosen_count > 0 || err_set(err, ERR_INVALID, "to", "names nobody");
}

/* ---- against what was before ---- */

static void append_name(struct buf *names, const struct result *result, uint8_t rank)
{
    const struct ranked_agency *agency = &result->agencies[rank - 1];
    buf_format(names, "%s%s (rank %u)", names->len ? ", " : "", agency->id, rank);
}

static bool check_open(const struct referring *referring, const struct refer_order *order,
                       struct err *err)
{
    char text[OUTCOME_TEXT];
    if (!referring->ended || order->again) return true;
    outcome_text(&referring->outcome, text);
    return err_set(err, ERR_EXISTS, "search",
                   "%s has an outcome: %s. Search again, or refer from this list with --again",
                   referring->search.record.search_ref, text);
}

static bool check_new(const struct referring *referring, const struct threads *threads,
                      const struct refer_order *order, struct err *err)
{
    struct buf names = {0};
    const struct decision *decision = &referring->decision;
    for (size_t i = 0; i < decision->chosen_count; i++) {
        const struct thread *thread =
            threads_with(threads, referring->search.name, decision->chosen[i].id);
        if (!thread || thread_is_closed(thread->state) || thread->stage < order->stage) continue;
        append_name(&names, &referring->result, decision->chosen[i].rank);
    }
    buf_u8(&names, 0);
    bool ok = names.len == 1 || order->again ||
              err_set(err, ERR_EXISTS, "to",
                      "referred already at this stage: %s. --again sends it once more",
                      (const char *)names.data);
    buf_free(&names);
    return ok;
}

static bool is_chosen(const struct decision *decision, uint8_t rank)
{
    for (size_t i = 0; i < decision->chosen_count; i++) {
        if (decision->chosen[i].rank == rank) return true;
    }
    return false;
}

/* The lowest that is referred to for the first time: a further stage passes nobody over. */
static uint8_t last_new(const struct referring *referring, const struct threads *threads)
{
    const struct decision *decision = &referring->decision;
    for (size_t i = decision->chosen_count; i-- > 0;) {
        const struct decided_agency *agency = &decision->chosen[i];
        if (!threads_with(threads, referring->search.name, agency->id)) return agency->rank;
    }
    return 0;
}

/* Everybody before it who is neither chosen nor was referred to. */
static void find_passed_over(struct referring *referring, const struct threads *threads)
{
    struct decision *decision = &referring->decision;
    uint8_t last = last_new(referring, threads);
    decision->passed_count = 0;
    for (uint8_t rank = 1; rank < last; rank++) {
        const struct ranked_agency *agency = &referring->result.agencies[rank - 1];
        if (is_chosen(decision, rank) ||
            threads_with(threads, referring->search.name, agency->id)) {
            continue;
        }
        struct decided_agency *passed = &decision->passed_over[decision->passed_count++];
        memcpy(passed->id, agency->id, sizeof passed->id);
        passed->rank = rank;
    }
}

static bool check_reason(const struct referring *referring, const char *reason, struct err *err)
{
    const struct decision *decision = &referring->decision;
    size_t len = reason ? strlen(reason) : 0;
    if (len > DECISION_REASON_MAX || (reason && !text_is_printable_utf8(reason, len))) {
        return err_set(err, ERR_INVALID, "reason", "one line of at most %d bytes is wanted",
                       DECISION_REASON_MAX);
    }
    if (decision->passed_count == 0 || len > 0) return true;
    struct buf names = {0};
    for (size_t i = 0; i < decision->passed_count; i++) {
        append_name(&names, &referring->result, decision->passed_over[i].rank);
    }
    buf_u8(&names, 0);
    (void)err_set(err, ERR_INVALID, "reason",
                  "agencies that rank better are passed over: %s. --reason says why",
                  (const char *)names.data);
    buf_free(&names);
    return false;
}

bool refer_check(struct referring *referring, const struct threads *threads,
                 const struct refer_order *order, struct err *err)
{
    struct decision *decision = &referring->decision;
    if (!check_open(referring, order, err) || !check_new(referring, threads, order, err)) {
        return false;
    }
    find_passed_over(referring, threads);
    if (!check_reason(referring, order->reason, err)) return false;
    decision->stage = order->stage;
    memcpy(decision->query_hash, referring->run.head.query_hash, HASH_BYTES);
    if (order->reason) memcpy(decision->reason, order->reason, strlen(order->reason) + 1);
    return true;
}
