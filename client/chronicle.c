/* SPDX-License-Identifier: Apache-2.0 */
#include "client/chronicle.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/explain.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"

void chronicle_free(struct chronicle *chronicle)
{
    for (size_t i = 0; i < chronicle->count; i++) {
        char *detail = chronicle->events[i].detail;
        sodium_memzero(detail, strlen(detail));
        free(detail);
    }
    records_list_free(chronicle->events, chronicle->count, sizeof *chronicle->events);
    sodium_memzero(chronicle, sizeof *chronicle);
}

static struct event *add(struct chronicle *chronicle, enum event_kind kind, const char *name,
                         int64_t at_ms)
{
    size_t count = chronicle->count++;
    chronicle->events = mem_resize(chronicle->events, chronicle->count, sizeof *chronicle->events);
    struct event *event = &chronicle->events[count];
    *event = (struct event){.kind = kind, .name = name, .at_ms = at_ms, .stage = "", .state = ""};
    return event;
}

static void set_query(struct event *event, const uint8_t query_hash[HASH_BYTES])
{
    event->has_query = true;
    memcpy(event->query_hash, query_hash, HASH_BYTES);
}

/* A buffer's text as the event's own. */
static void set_detail(struct event *event, struct buf *text)
{
    buf_u8(text, 0);
    event->detail = mem_string((const char *)text->data);
    buf_wipe(text);
}

/* ---- runs ---- */

static void describe_list(const struct result *result, struct buf *out)
{
    buf_format(out, "%u asked, %u answered, %u declined; ", result->asked, result->answered,
               result->declined);
    if (result->agency_count == 0) buf_text(out, "nobody");
    for (size_t i = 0; i < result->agency_count; i++) {
        buf_format(out, "%s%s %s", i ? ", " : "", result->agencies[i].id,
                   band_name(result->agencies[i].band));
    }
}

static void describe_variant(const struct run_head *head, struct buf *out)
{
    const struct variant *variant = &head->variant;
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    if (variant->kind == VARIANT_WITHOUT && variant->slot < catalogue->slots) {
        buf_format(out, "without %s; ", catalogue_slot(catalogue, variant->slot)->code);
    } else if (variant->kind == VARIANT_WITHIN) {
        buf_format(out, "distances %s longer; ", variant->quarters == 1 ? "a quarter" : "half");
    }
}

static bool describe_result(const struct package_parts *parts, bool member, struct buf *out,
                            struct err *err)
{
    struct result *result = mem_new(struct result);
    bool ok = result_decode(parts->result.body.data, parts->result.body.len, result, err);
    if (ok && member) {
        buf_format(out, "%s agencies, %u answered", choice_name(result->choice), result->answered);
    } else if (ok) {
        describe_list(result, out);
    }
    free(result);
    return ok;
}

static bool add_run(const struct view *view, const struct run_ref *ref, struct chronicle *chronicle,
                    struct err *err)
{
    const struct run_head *head = &ref->head;
    struct run run = {0};
    struct buf text = {0};
    bool ok = records_get_run(view->desk.records, ref->name, ref->number, &run, err);
    if (!ok) return false;
    describe_variant(head, &text);
    if (head->end == RUN_RESULT) {
        ok = describe_result(&run.parts, head->is_member, &text, err);
    } else if (head->end == RUN_FAILED) {
        buf_format(&text, "no result: %s", err_code_name(head->error));
    } else {
        buf_text(&text, "about to be sent; what came of it is not known");
    }
    run_free(&run);
    struct event *event = add(chronicle, head->is_member ? EVENT_QUESTION : EVENT_RUN,
                              head->is_member ? "question" : "run", head->asked_ms);
    event->number = ref->number;
    event->state = run_end_name(head->end);
    set_query(event, head->query_hash);
    set_detail(event, &text);
    return ok;
}

/* ---- decisions and outcomes ---- */

static void describe_agencies(const struct decided_agency *list, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        buf_format(out, "%s%s (rank %u)", i ? ", " : "", list[i].id, list[i].rank);
    }
}

static void add_decision(struct chronicle *chronicle, const struct decision *decision)
{
    struct event *event = add(chronicle, EVENT_DECISION, "decision", decision->at_ms);
    struct buf text = {0};
    describe_agencies(decision->chosen, decision->chosen_count, &text);
    if (decision->passed_count > 0) {
        buf_text(&text, "; passed over: ");
        describe_agencies(decision->passed_over, decision->passed_count, &text);
    }
    if (decision->reason[0]) buf_format(&text, "; reason: %s", decision->reason);
    event->stage = referral_stage_name(decision->stage);
    event->state = "decided";
    set_query(event, decision->query_hash);
    set_detail(event, &text);
}

static void add_outcome(struct chronicle *chronicle, const struct outcome *outcome)
{
    struct event *event = add(chronicle, EVENT_OUTCOME, "outcome", outcome->at_ms);
    struct buf text = {0};
    int year = 0, month = 0, day = 0;
    clock_day_parts(outcome->day, &year, &month, &day);
    if (outcome->kind == OUTCOME_PLACED_ELSEWHERE) {
        buf_format(&text, "%s; ", outcome_elsewhere[outcome->elsewhere]);
    }
    buf_format(&text, "on %04d-%02d-%02d, after %d day%s", year, month, day, (int)outcome->days,
               outcome->days == 1 ? "" : "s");
    if (outcome->fee > 0) buf_format(&text, ", %u pounds a week", outcome->fee);
    memcpy(event->agency, outcome->agency, sizeof event->agency);
    event->state = outcome_kind_name(outcome->kind);
    set_detail(event, &text);
    chronicle->concluded = true;
    chronicle->outcome = *outcome;
}

static bool add_journal(const struct view *view, struct chronicle *chronicle, struct err *err)
{
    struct decision *decisions = NULL;
    struct outcome *outcomes = NULL;
    size_t decision_count = 0, outcome_count = 0;
    const uint8_t *name = chronicle->search->name;
    bool ok = records_list_decisions(view->desk.records, name, &decisions, &decision_count, err) &&
              records_list_outcomes(view->desk.records, name, &outcomes, &outcome_count, err);
    for (size_t i = 0; ok && i < decision_count; i++) add_decision(chronicle, &decisions[i]);
    for (size_t i = 0; ok && i < outcome_count; i++) add_outcome(chronicle, &outcomes[i]);
    records_list_free(decisions, decision_count, sizeof *decisions);
    records_list_free(outcomes, outcome_count, sizeof *outcomes);
    return ok;
}

/* ---- messages ---- */

static void add_message(struct chronicle *chronicle, const struct thread *thread,
                        const struct entry *entry)
{
    const char *name = entry->kind ? content_kind_name(entry->kind) : "unreadable";
    struct event *event = add(chronicle, EVENT_MESSAGE, name, entry->mail.sent_at);
    struct buf text = {0};
    char id[THREAD_SHORT];
    thread_short_id(thread, id);
    buf_format(&text, "thread %s", id);
    if (entry->reason[0]) buf_format(&text, "; reason %s", entry->reason);
    if (entry->attachments > 0) buf_format(&text, "; %zu attached", entry->attachments);
    if (entry->why[0]) buf_format(&text, "; %s", entry->why);
    memcpy(event->agency, thread->agency, sizeof event->agency);
    event->number = entry->number;
    event->stage = entry->stage ? referral_stage_name(entry->stage) : "";
    event->state = entry->incoming && entry->answer ? answer_kind_name(entry->answer)
                                                    : mail_state_name(entry->state);
    set_query(event, entry->query_hash);
    set_detail(event, &text);
}

static void add_messages(const struct view *view, struct chronicle *chronicle)
{
    for (size_t i = 0; i < view->threads.count; i++) {
        const struct thread *thread = &view->threads.list[i];
        bool own = thread->known &&
                   sodium_memcmp(thread->search, chronicle->search->name, HASH_BYTES) == 0;
        for (size_t j = 0; own && j < view->threads.entry_count; j++) {
            const struct entry *entry = &view->threads.entries[j];
            if (thread_has(thread, entry)) add_message(chronicle, thread, entry);
        }
    }
}

/* ---- all ---- */

static int by_time(const void *a, const void *b)
{
    const struct event *one = a, *other = b;
    if (one->at_ms != other->at_ms) return one->at_ms < other->at_ms ? -1 : 1;
    if (one->kind != other->kind) return one->kind < other->kind ? -1 : 1;
    return one->number < other->number ? -1 : one->number > other->number;
}

bool chronicle_read(const struct view *view, const struct kept_search *search,
                    struct chronicle *out, struct err *err)
{
    struct chronicle chronicle = {.search = search};
    struct run_ref *runs = NULL;
    size_t count = 0;
    bool ok = records_list_runs(view->desk.records, search->name, &runs, &count, err);
    for (size_t i = 0; ok && i < count; i++) ok = add_run(view, &runs[i], &chronicle, err);
    records_list_free(runs, count, sizeof *runs);
    ok = ok && add_journal(view, &chronicle, err);
    if (!ok) {
        chronicle_free(&chronicle);
        return false;
    }
    add_messages(view, &chronicle);
    if (chronicle.count > 0) {
        qsort(chronicle.events, chronicle.count, sizeof *chronicle.events, by_time);
    }
    *out = chronicle;
    return true;
}
