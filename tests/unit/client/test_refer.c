/* SPDX-License-Identifier: Apache-2.0
 * Referrals from the LA's side against a mailbox that is played: who may be referred to, what is
 * told and what is not, what survives a matcher that goes away, and how threads stand.
 */
#include "client/refer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "client/say.h"
#include "proto/base/text.h"
#include "tests/unit/client/kept.h"
#include "tests/unit/client/played_mailbox.h"

#define REF "EX-2026-MARKED"

struct world {
    struct parties *parties;
    struct party matcher, la, agents[2]; /* ifa-001, ifa-002; ifa-003 is not known to the matcher */
    struct mailbox mailbox;
    struct rpc_server *server;
    struct desk desk;
    struct cli_common common;
    struct referring *referring;
    struct threads threads;
    uint8_t search[HASH_BYTES];
};

static int set_up(void **state)
{
    struct world *w = mem_new(struct world);
    struct err err = {0};
    void *parties = NULL;
    int port = 0;
    (void)parties_set_up(&parties);
    w->parties = parties;
    w->matcher = parties_add(w->parties, ROLE_MATCHER, "matcher");
    w->la = parties_add(w->parties, ROLE_LA, "la-1");
    w->agents[0] = parties_add(w->parties, ROLE_AGENT, "ifa-001");
    w->agents[1] = parties_add(w->parties, ROLE_AGENT, "ifa-002");
    w->mailbox = (struct mailbox){.matcher = &w->matcher, .known = {&w->agents[0], &w->agents[1]}};
    rpc_start();
    w->server = mailbox_start(&w->mailbox, &port);
    w->common.home = w->la.home;
    w->desk = (struct desk){.common = &w->common,
                            .la = {.trust = w->la.trust, .identity = w->la.identity},
                            .rpc = true};
    strcpy(w->desk.la.matcher_id, "matcher");
    (void)snprintf(w->desk.la.matcher_address, sizeof w->desk.la.matcher_address, "127.0.0.1:%d",
                   port);
    kept_must(la_open_records(&w->common, &w->desk.la, &w->desk.records, &err), &err);
    kept_must(la_open_correspondence(&w->common, &w->desk.la, &w->desk.correspondence, &err), &err);
    kept_search_with_list(w->desk.records, REF, 0x11, KEPT_START, w->search);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    void *parties = w->parties;
    referring_free(w->referring);
    threads_free(&w->threads);
    exchange_close(w->desk.exchange);
    correspondence_close(w->desk.correspondence);
    records_close(w->desk.records);
    rpc_server_stop(w->server);
    rpc_stop();
    for (size_t i = 0; i < PLAYED_PUTS; i++) signed_bytes_free(&w->mailbox.put[i]);
    party_close(&w->matcher);
    party_close(&w->la);
    party_close(&w->agents[0]);
    party_close(&w->agents[1]);
    free(w);
    return parties_tear_down(&parties);
}

static void load(struct world *w)
{
    struct err err = {0};
    threads_free(&w->threads);
    kept_must(threads_load(w->desk.correspondence, w->desk.records, &w->threads, &err), &err);
}

/* The whole of `hearth refer`, but for printing. */
static bool refer(struct world *w, const struct refer_order *order, struct err *err)
{
    struct exchange_counts counts = {0};
    referring_free(w->referring);
    w->referring = mem_new(struct referring);
    if (!refer_begin(w->desk.records, order->search, w->referring, err) ||
        !refer_choose(w->referring, order->to, err)) {
        return false;
    }
    refer_tell(w->referring, order->stage);
    kept_must(desk_settle(&w->desk, &counts, err), err);
    load(w);
    bool ok = refer_check(w->referring, &w->threads, order, err) &&
              refer_write(&w->desk, w->referring, &w->threads, err) && desk_send(&w->desk, err);
    load(w);
    return ok;
}

static bool refer_to(struct world *w, const char *to, const char *reason, struct err *err)
{
    const struct refer_order order = {
        .search = REF, .to = to, .stage = STAGE_PROFILE, .reason = reason};
    return refer(w, &order, err);
}

static enum thread_state state_of(const struct world *w, const char *agency)
{
    const struct thread *thread = threads_with(&w->threads, w->search, agency);
    return thread ? thread->state : 0;
}

/* What the agency reads of the i-th message that was put. */
static struct content read_put(const struct world *w, size_t i, const struct party *agent,
                               struct mail *mail)
{
    struct content content = {0};
    struct buf raw = {0};
    struct err err = {0};
    const struct signed_bytes *put = &w->mailbox.put[i];
    assert_in_range(i, 0, w->mailbox.puts - 1);
    kept_must(mail_read(put->body.data, put->body.len, put->signature, SIGNATURE_BYTES,
                        identity_certificate(w->la.identity), agent->identity, mail, &raw, &err),
              &err);
    kept_must(content_decode(raw.data, raw.len, &content, &err), &err);
    /* Neither stage has the search reference. */
    assert_null(memmem(raw.data, raw.len, "MARKED", 6));
    buf_wipe(&raw);
    return content;
}

/* ---- who ---- */

static void only_agencies_of_the_list_are_referred_to(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *to, *word;
    } bad[] = {{"ifa-009", "ifa-001, ifa-002, ifa-003"},
               {"ifa-001,ifa-001", "twice"},
               {"IFA-001", "ids of agencies"},
               {"", "nobody"},
               {" , ", "nobody"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = {0};
        assert_false(refer_to(w, bad[i].to, NULL, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.field, "to");
        if (!strstr(err.text, bad[i].word)) fail_msg("\"%s\": %s", bad[i].to, err.text);
    }
    assert_int_equal(w->mailbox.puts, 0);
}

static void passing_over_needs_a_reason(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    struct decision *decisions = NULL;
    size_t count = 0;
    assert_false(refer_to(w, "ifa-002", NULL, &err));
    assert_string_equal(err.field, "reason");
    assert_non_null(strstr(err.text, "ifa-001"));
    assert_null(strstr(err.text, "ifa-003"));
    assert_false(refer_to(w, "ifa-002", "", &err));
    assert_false(refer_to(w, "ifa-002", "with an \x1b[2J escape", &err));
    assert_int_equal(w->mailbox.puts, 0);
    kept_must(records_list_decisions(w->desk.records, w->search, &decisions, &count, &err), &err);
    assert_int_equal(count, 0); /* nothing was decided */
    records_list_free(decisions, count, sizeof *decisions);
    kept_must(refer_to(w, "ifa-002", "siblings are near", &err), &err);
    kept_must(records_list_decisions(w->desk.records, w->search, &decisions, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_string_equal(decisions[0].passed_over[0].id, "ifa-001");
    assert_string_equal(decisions[0].reason, "siblings are near");
    assert_int_equal(decisions[0].chosen[0].rank, 2);
    records_list_free(decisions, count, sizeof *decisions);
    /* A further stage passes nobody over; what was referred to is not passed over later. */
    const struct refer_order full = {.search = REF, .to = "ifa-002", .stage = STAGE_FULL};
    kept_must(refer(w, &full, &err), &err);
    kept_must(refer_to(w, "ifa-001", NULL, &err), &err);
}

static void a_stage_is_sent_once(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    struct refer_order order = {
        .search = "115a5a", .to = "ifa-001,ifa-002", .stage = STAGE_PROFILE};
    kept_must(refer(w, &order, &err), &err);
    order.to = "ifa-002";
    assert_false(refer(w, &order, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_non_null(strstr(err.text, "ifa-002"));
    assert_null(strstr(err.text, "ifa-001"));
    assert_int_equal(w->mailbox.puts, 2);
    order.again = true;
    kept_must(refer(w, &order, &err), &err);
    assert_int_equal(w->mailbox.puts, 3);
    assert_int_equal(w->threads.count, 2); /* in the same thread */
    order.again = false;
    order.stage = STAGE_FULL;
    kept_must(refer(w, &order, &err), &err);
    assert_int_equal(threads_with(&w->threads, w->search, "ifa-002")->stage, STAGE_FULL);
    order.stage = STAGE_PROFILE; /* who has the full stage needs no profile */
    assert_false(refer(w, &order, &err));
}

static void an_agency_that_the_matcher_never_saw_is_told_before_anything_is_written(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    struct decision *decisions = NULL;
    size_t count = 0;
    assert_false(refer_to(w, "ifa-001,ifa-002,ifa-003", NULL, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "ifa-003"));
    assert_int_equal(w->mailbox.puts, 0);
    assert_int_equal(w->threads.count, 0);
    kept_must(records_list_decisions(w->desk.records, w->search, &decisions, &count, &err), &err);
    assert_int_equal(count, 0);
    records_list_free(decisions, count, sizeof *decisions);
}

/* ---- what ---- */

static void the_profile_tells_no_place(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    struct mail mail;
    kept_must(refer_to(w, "ifa-001", NULL, &err), &err);
    struct content content = read_put(w, 0, &w->agents[0], &mail);
    assert_int_equal(content.kind, CONTENT_REFERRAL);
    assert_int_equal(content.referral->stage, STAGE_PROFILE);
    assert_int_equal(content.referral->anchor_count + content.referral->avoid_count, 0);
    assert_int_equal(content.referral->child_count, 1);
    assert_memory_equal(content.query_hash, w->referring->run.head.query_hash, HASH_BYTES);
    assert_true(mail_begins(&mail));
    content_wipe(&content);
    static const char *const left_out[] = {REF, "Marked School", "Marked Street", "cells"};
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
        bool said = false;
        for (size_t j = 0; j < w->referring->left_out_count; j++) {
            said = said || strstr(w->referring->left_out[j], left_out[i]) != NULL;
        }
        if (!said) fail_msg("%s is not said to be left out", left_out[i]);
    }
}

static void the_full_stage_tells_places_in_the_same_thread(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    struct mail first, second;
    const struct refer_order full = {.search = REF, .to = "ifa-001", .stage = STAGE_FULL};
    kept_must(refer_to(w, "ifa-001", NULL, &err), &err);
    kept_must(refer(w, &full, &err), &err);
    struct content profile = read_put(w, 0, &w->agents[0], &first);
    struct content content = read_put(w, 1, &w->agents[0], &second);
    assert_memory_equal(first.thread_id, second.thread_id, MAIL_ID_BYTES);
    assert_memory_not_equal(first.mail_id, second.mail_id, MAIL_ID_BYTES);
    assert_int_equal(content.referral->anchor_count, 1);
    assert_string_equal(content.referral->avoid[0].name, "Marked Street");
    content_wipe(&profile);
    content_wipe(&content);
}

/* ---- a matcher that goes away, or will not ---- */

static void what_was_queued_is_sent_later(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    struct exchange_counts counts = {0};
    w->mailbox.silent = true;
    assert_false(refer_to(w, "ifa-001,ifa-002", NULL, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(err.text, "written down"));
    assert_int_equal(state_of(w, "ifa-001"), THREAD_QUEUED);
    assert_int_equal(state_of(w, "ifa-002"), THREAD_QUEUED);
    w->mailbox.silent = false;
    kept_must(desk_settle(&w->desk, &counts, &err), &err);
    load(w);
    assert_int_equal(w->mailbox.puts, 2);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_ACCEPTED);
    assert_int_equal(state_of(w, "ifa-002"), THREAD_ACCEPTED);
    assert_false(refer_to(w, "ifa-001", NULL, &err)); /* and not sent twice */
    assert_int_equal(err.code, ERR_EXISTS);
}

static void a_refused_referral_can_be_sent_again(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    w->mailbox.refuse = true;
    kept_must(refer_to(w, "ifa-001", NULL, &err), &err);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_REFUSED);
    assert_non_null(strstr(threads_with(&w->threads, w->search, "ifa-001")->why, "full"));
    w->mailbox.refuse = false;
    kept_must(refer_to(w, "ifa-001", NULL, &err), &err);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_ACCEPTED);
    assert_int_equal(w->threads.count, 2); /* the first one is over */
}

/* ---- threads ---- */

/* An answer as if it had come from the mailbox. */
static void receive(struct world *w, const struct party *from, const uint8_t *thread_id,
                    enum answer_kind answer)
{
    const struct certificate *sender = identity_certificate(from->identity);
    struct entry entry = {
        .mail = {
            .from_role = ROLE_AGENT, .to_role = ROLE_LA, .to = "la-1", .sent_at = KEPT_START + 5}};
    struct content content = {.kind = CONTENT_ANSWER, .answer = answer};
    struct buf raw = {0};
    struct err err = {0};
    bool fresh = false;
    if (answer == ANSWER_DECLINE) strcpy(content.reason, "too_far");
    memset(content.query_hash, 0x11, HASH_BYTES);
    strcpy(entry.mail.from, sender->organisation);
    randombytes_buf(entry.mail.mail_id, MAIL_ID_BYTES);
    memcpy(entry.mail.thread_id, thread_id, MAIL_ID_BYTES);
    content_encode(&content, &raw);
    kept_must(correspondence_receive(w->desk.correspondence, &entry, sender, &content, &raw, &fresh,
                                     &err),
              &err);
    assert_true(fresh);
    buf_wipe(&raw);
    content_wipe(&content);
    load(w);
}

static void the_last_answer_says_how_a_thread_stands(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    uint8_t id[MAIL_ID_BYTES];
    kept_must(refer_to(w, "ifa-001", NULL, &err), &err);
    memcpy(id, w->threads.list[0].id, MAIL_ID_BYTES);
    receive(w, &w->agents[0], id, ANSWER_QUESTION);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_QUESTION);
    receive(w, &w->agents[0], id, ANSWER_OFFER);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_OFFER);
    assert_int_equal(w->threads.list[0].unread, 2);
    receive(w, &w->agents[0], id, ANSWER_DECLINE);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_DECLINE);
    assert_string_equal(w->threads.list[0].reason, "too_far");
    const struct outcome outcome = {
        .at_ms = KEPT_START, .kind = OUTCOME_PLACED, .agency = "ifa-001", .day = 20780};
    kept_must(records_add_outcome(w->desk.records, w->search, &outcome, &err), &err);
    load(w);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_PLACED);
}

/* An officer who mistakes one search for another does not send a child's needs for nothing. */
static void a_search_that_has_ended_is_not_referred(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    struct outcome outcome = {.at_ms = 1, .kind = OUTCOME_NONE_FOUND, .day = 20780};
    kept_must(records_add_outcome(w->desk.records, w->search, &outcome, &err), &err);
    kept_must(refer_to(w, "ifa-001", NULL, &err),
              &err); /* before the list: it was searched again */
    outcome.at_ms = INT64_MAX;
    kept_must(records_add_outcome(w->desk.records, w->search, &outcome, &err), &err);
    assert_false(refer_to(w, "ifa-002", "nearer", &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_string_equal(err.field, "search");
    assert_non_null(strstr(err.text, "none found"));
    const struct refer_order again = {
        .search = REF, .to = "ifa-002", .stage = STAGE_PROFILE, .reason = "nearer", .again = true};
    kept_must(refer(w, &again, &err), &err);
}

/* A matcher and an agency together could put the answer of one agency into the thread of another.
 */
static void an_answer_counts_for_its_sender_alone(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    kept_must(refer_to(w, "ifa-001", NULL, &err), &err);
    receive(w, &w->agents[1], w->threads.list[0].id, ANSWER_OFFER);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_ACCEPTED);
    assert_int_equal(w->threads.list[0].unread, 0);
    assert_int_equal(w->threads.count, 2);
    assert_string_equal(w->threads.list[1].agency, "ifa-002");
    assert_false(w->threads.list[1].known);
    const struct thread *found = NULL; /* and does not make its id ambiguous */
    char id[2 * MAIL_ID_BYTES + 1];
    kept_must(
        threads_find(&w->threads, text_hex(w->threads.list[0].id, MAIL_ID_BYTES, id), &found, &err),
        &err);
    assert_string_equal(found->agency, "ifa-001");
}

static void a_withdrawn_thread_is_over(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    struct mail mail;
    struct content withdrawal = {.kind = CONTENT_WITHDRAWAL}, message = {.kind = CONTENT_MESSAGE};
    kept_must(refer_to(w, "ifa-001", NULL, &err), &err);
    kept_must(say(&w->desk, &w->threads.list[0], &withdrawal, &err), &err);
    kept_must(desk_send(&w->desk, &err), &err);
    load(w);
    struct content content = read_put(w, 1, &w->agents[0], &mail);
    assert_true(mail.closes);
    assert_int_equal(content.kind, CONTENT_WITHDRAWAL);
    content_wipe(&content);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_WITHDRAWN);
    receive(w, &w->agents[0], w->threads.list[0].id, ANSWER_OFFER); /* too late */
    assert_int_equal(state_of(w, "ifa-001"), THREAD_WITHDRAWN);
    assert_false(say(&w->desk, &w->threads.list[0], &message, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    kept_must(refer_to(w, "ifa-001", NULL, &err), &err); /* a new thread */
    assert_int_equal(w->threads.count, 2);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_ACCEPTED);
}

/* The matcher would not take it: the agency goes on, and so the thread does. */
static void a_refused_withdrawal_withdraws_nothing(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    struct content withdrawal = {.kind = CONTENT_WITHDRAWAL};
    kept_must(refer_to(w, "ifa-001", NULL, &err), &err);
    assert_string_equal(w->threads.list[0].refusal, "");
    w->mailbox.refuse = true;
    kept_must(say(&w->desk, &w->threads.list[0], &withdrawal, &err), &err);
    kept_must(desk_send(&w->desk, &err), &err);
    load(w);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_ACCEPTED);
    assert_string_equal(w->threads.list[0].refusal, "the mailbox is full");
    w->mailbox.refuse = false;
    kept_must(say(&w->desk, &w->threads.list[0], &withdrawal, &err), &err);
    kept_must(desk_send(&w->desk, &err), &err);
    load(w);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_WITHDRAWN);
    assert_string_equal(w->threads.list[0].refusal, "");
}

/* A further stage that did not go leaves the state as it was, and is told all the same; a matcher
 * that has forgotten the thread would refuse it for ever. */
static void a_refused_further_stage_is_told_and_begins_anew(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    struct refer_order order = {.search = REF, .to = "ifa-001", .stage = STAGE_FULL};
    kept_must(refer_to(w, "ifa-001", NULL, &err), &err);
    w->mailbox.refuse = true;
    kept_must(refer(w, &order, &err), &err);
    assert_int_equal(state_of(w, "ifa-001"), THREAD_ACCEPTED);
    assert_non_null(strstr(threads_with(&w->threads, w->search, "ifa-001")->refusal, "full"));
    w->mailbox.refuse = false;
    kept_must(refer(w, &order, &err), &err);
    assert_int_equal(w->threads.count, 2);
    assert_int_equal(w->threads.list[1].stage, STAGE_FULL);
    assert_int_equal(w->threads.list[1].state, THREAD_ACCEPTED);
}

static void threads_are_found_by_the_start_of_their_id(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    const struct thread *found = NULL;
    kept_must(refer_to(w, "ifa-001,ifa-002", NULL, &err), &err);
    for (size_t i = 0; i < w->threads.count; i++) {
        char hex[2 * MAIL_ID_BYTES + 1];
        (void)sodium_bin2hex(hex, sizeof hex, w->threads.list[i].id, MAIL_ID_BYTES);
        kept_must(threads_find(&w->threads, hex, &found, &err), &err);
        assert_ptr_equal(found, &w->threads.list[i]);
        hex[3] = '\0';
        assert_false(threads_find(&w->threads, hex, &found, &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
    assert_false(threads_find(&w->threads, "zzzz", &found, &err));
    assert_int_equal(err.code, ERR_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(only_agencies_of_the_list_are_referred_to),
        TEST(passing_over_needs_a_reason),
        TEST(a_stage_is_sent_once),
        TEST(an_agency_that_the_matcher_never_saw_is_told_before_anything_is_written),
        TEST(the_profile_tells_no_place),
        TEST(the_full_stage_tells_places_in_the_same_thread),
        TEST(what_was_queued_is_sent_later),
        TEST(a_refused_referral_can_be_sent_again),
        TEST(the_last_answer_says_how_a_thread_stands),
        TEST(a_search_that_has_ended_is_not_referred),
        TEST(an_answer_counts_for_its_sender_alone),
        TEST(a_withdrawn_thread_is_over),
        TEST(a_refused_withdrawal_withdraws_nothing),
        TEST(a_refused_further_stage_is_told_and_begins_anew),
        TEST(threads_are_found_by_the_start_of_their_id),
    };
    return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
