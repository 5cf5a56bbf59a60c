/* SPDX-License-Identifier: Apache-2.0
 * A query is checked on the pool, everything before anything of it is fanned out; then every
 * attached agent is asked with one message that is packed once.
 */
#include <stdlib.h>
#include <string.h>

#include "matcher/budget.h"
#include "matcher/runs.h"
#include "matcher/search_internal.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

struct query_job {
    struct search *search;
    Hearth__V1__FromLa *message;
    uint8_t hash[HASH_BYTES];
    bool hashed;
    struct query query;
    struct search_options options;
    struct reading reading;
    struct query_group group; /* where the query is a member of one */
    uint8_t group_hash[HASH_BYTES];
    uint32_t run;
    struct epoch_key *epoch;
};

static bool check_signed(const struct query_job *job, const Hearth__V1__Signed *message,
                         const char *tag, const char *field, struct err *err)
{
    if (!message) return err_set(err, ERR_INVALID, field, "is missing");
    return certificate_verify(&job->search->la, tag, message->body.data, message->body.len,
                              message->signature.data, message->signature.len, err) ||
           err_in(err, field);
}

static bool check_parties(struct query_job *job, struct err *err)
{
    const struct certificate *la = &job->search->la;
    if (strcmp(job->query.la, la->organisation) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "la", "the query is %s's, its sender is %s",
                       job->query.la, la->organisation);
    }
    if (trust_is_revoked(job->search->matcher->trust, la->serial)) {
        return err_set(err, ERR_DENIED, "certificate", "revoked");
    }
    return reading_of(job->search->matcher->catalogue, &job->query, la->organisation, &job->reading,
                      err);
}

/* A query says itself whether it is a member, so that neither side can take it out of its group or
 * put it into one. */
static bool check_group(struct query_job *job, int64_t now_ms, struct err *err)
{
    const Hearth__V1__Signed *message = job->message->query->group;
    if (!message && !job->query.is_member) return true;
    if (!message || !job->query.is_member) {
        return err_set(err, ERR_INVALID, "group", "%s",
                       message ? "the query is a member of none" : "that of the query is missing");
    }
    if (!check_signed(job, message, TAG_GROUP, "group", err)) return false;
    if (!query_group_decode(message->body.data, message->body.len, &job->group, err)) {
        return err_in(err, "group");
    }
    query_group_hash(job->group_hash, message->body.data, message->body.len);
    return query_group_check(&job->group, &job->query, job->hash, now_ms, err);
}

static bool check_arithmetic(struct query_job *job, int64_t now_ms, struct err *err)
{
    const struct query *query = &job->query;
    struct point joint_key;
    return epochs_find(job->search->matcher->epochs, query->epoch, now_ms, &job->epoch, err) &&
           query_check(query, &job->epoch->record, &job->reading.layout, now_ms, &joint_key, err) &&
           blind_query_check(query->ciphertexts.data, query->ciphertexts.len / CIPHERTEXT_BYTES,
                             job->search->matcher->pool, err);
}

static bool check_options(struct query_job *job, struct err *err)
{
    const Hearth__V1__Signed *message = job->message->query->options;
    if (!check_signed(job, message, TAG_OPTIONS, "options", err)) return false;
    if (!search_options_decode(message->body.data, message->body.len, &job->options, err)) {
        return err_in(err, "options");
    }
    if (sodium_memcmp(job->options.query_hash, job->hash, HASH_BYTES) != 0) {
        return err_set(err, ERR_INVALID, "options.query_hash", "names another query");
    }
    return true;
}

struct payment {
    struct query_job *job;
    int64_t now_ms;
};

/* A member of a group is no run: it is part of an explanation. */
static bool pay_in(struct store_txn *txn, const struct payment *payment, struct err *err)
{
    struct query_job *job = payment->job;
    const char *la = job->query.la;
    uint32_t limit = job->search->matcher->config.budget;
    return budget_take(txn, la, limit, payment->now_ms, err) &&
           (job->query.is_member ||
            runs_add(txn, la, job->options.search_tag, payment->now_ms, &job->run, err));
}

static bool pay(void *ctx, struct err *err)
{
    const struct payment *payment = ctx;
    struct store_txn *txn = NULL;
    if (!store_begin(payment->job->search->matcher->store, true, &txn, err)) return false;
    if (pay_in(txn, payment, err)) return store_commit(txn, err);
    store_abort(txn);
    return false;
}

/* One unit a search; one unit a group, whichever member comes first. */
static bool check_budget(struct query_job *job, int64_t now_ms, struct err *err)
{
    struct payment payment = {job, now_ms};
    if (!job->query.is_member) return pay(&payment, err);
    return query_groups_admit(job->search->matcher->groups, &job->group, job->group_hash, now_ms,
                              pay, &payment, err);
}

/* What is used up by a query comes last, so that a refusal leaves no trace. */
static bool check_quotas(struct query_job *job, int64_t now_ms, struct err *err)
{
    struct matcher *matcher = job->search->matcher;
    const struct query *query = &job->query;
    if (!replay_add(matcher->replay, query->la, query->query_id, query->expires_at, now_ms, err)) {
        return false;
    }
    bool ok = check_options(job, err);
    if (ok && fleet_count(matcher->fleet) == 0) {
        ok = err_set(err, ERR_UNAVAILABLE, NULL, "no agency is attached");
    }
    if (ok && !audit_works(matcher->audit)) {
        ok = err_set(err, ERR_UNAVAILABLE, NULL, "the audit log cannot be written");
    }
    ok = ok && check_budget(job, now_ms, err);
    if (!ok) replay_remove(matcher->replay, query->la, query->query_id);
    return ok;
}

static bool check_query(struct query_job *job, struct err *err)
{
    const Hearth__V1__Signed *message = job->message->query->query;
    int64_t now_ms = clock_wall_ms();
    if (!check_signed(job, message, TAG_QUERY, "query", err)) return false;
    query_hash(job->hash, message->body.data, message->body.len);
    job->hashed = true;
    return query_decode(message->body.data, message->body.len, &job->query, err) &&
           check_parties(job, err) && check_group(job, now_ms, err) &&
           check_arithmetic(job, now_ms, err) && check_quotas(job, now_ms, err);
}

/* ---- fan-out ---- */

static struct rpc_message *pack_query(const struct query_job *job)
{
    Hearth__V1__Signed certificate = signed_message_of(&job->search->la.raw);
    Hearth__V1__Signed epoch = signed_message_of(&job->epoch->body);
    Hearth__V1__Signed query = signed_message_bare(job->message->query->query);
    Hearth__V1__Signed group = HEARTH__V1__SIGNED__INIT;
    Hearth__V1__AgentQuery body = HEARTH__V1__AGENT_QUERY__INIT;
    body.query = &query;
    body.certificate = &certificate;
    body.epoch = &epoch;
    if (job->message->query->group) {
        group = signed_message_bare(job->message->query->group);
        body.group = &group;
    }
    Hearth__V1__ToAgent message = HEARTH__V1__TO_AGENT__INIT;
    message.kind_case = HEARTH__V1__TO_AGENT__KIND_QUERY;
    message.query = &body;
    return envelope_to_agent(&message);
}

static void send_accepted(struct search *search)
{
    Hearth__V1__SearchAccepted body = HEARTH__V1__SEARCH_ACCEPTED__INIT;
    body.query_hash = (ProtobufCBinaryData){HASH_BYTES, search->hash};
    body.asked = (uint32_t)search->asked_count;
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    message.kind_case = HEARTH__V1__TO_LA__KIND_ACCEPTED;
    message.accepted = &body;
    (void)envelope_send_la(search->stream, &message);
}

static void note_query(const struct search *search, const struct query_job *job)
{
    char hash[2 * HASH_BYTES + 1];
    struct buf fields = {0};
    audit_bytes(&fields, "query", search->hash, HASH_BYTES);
    audit_text(&fields, "la", search->la.organisation);
    audit_bytes(&fields, "search_tag", search->options.search_tag, HASH_BYTES);
    if (search->is_member) audit_bytes(&fields, "group", search->group_hash, HASH_BYTES);
    audit_number(&fields, "run", search->run);
    audit_number(&fields, "epoch", search->epoch->record.epoch);
    audit_number(&fields, "asked", search->asked_count);
    audit_add(search->matcher->audit, AUDIT_QUERY, &fields);
    log_info("query", "query=%s la=%s bytes=%zu quadrants=%zu asked=%zu",
             text_hex(search->hash, HASH_BYTES, hash), search->la.organisation,
             job->message->query->query->body.len, job->query.footprint_count, search->asked_count);
}

/* An agent that has left too much unanswered holds memory of ours in its queue. */
static bool ask(struct agent *agent, struct rpc_message *message)
{
    if (atomic_load(&agent->unanswered) >= AGENT_UNANSWERED_MAX) {
        rpc_stream_cancel(agent->stream, RPC_UNAVAILABLE, "too many queries are unanswered");
        return false;
    }
    if (!rpc_stream_send(agent->stream, message)) return false;
    (void)atomic_fetch_add(&agent->unanswered, 1);
    return true;
}

static void fan_out(struct search *search, const struct query_job *job)
{
    size_t count = 0;
    int64_t began_us = clock_steady_us();
    struct agent **agents = fleet_list(search->matcher->fleet, &count);
    search->asked = mem_array(count, sizeof *search->asked);
    search->order = mem_array(count, sizeof *search->order);
    search->asked_count = count;
    searches_name(search->matcher->searches, search, search->hash);
    search_set_phase(search, PHASE_COLLECTING);
    send_accepted(search);
    note_query(search, job);
    struct rpc_message *message = pack_query(job);
    search->deadline_ms =
        clock_steady_ms() + search_deadline(search->matcher->config.deadline_ms, search->is_member);
    search->grace_ms = search->deadline_ms + SHARES_GRACE_MS * search_patience(search);
    for (size_t i = 0; i < count; i++) {
        search->asked[i].agent = agents[i]; /* takes over the reference */
        search->asked[i].state = ask(agents[i], message) ? ASKED_WAITING : ASKED_LEFT;
    }
    rpc_message_unref(message);
    free(agents);
    search_measure_fan_out(search, began_us);
    search_wake_at(search, search->deadline_ms);
    search_check_close(search);
}

static void take_query(struct search *search, struct query_job *job, bool ok, const struct err *err)
{
    if (search->phase != PHASE_CHECKING) return; /* the LA has gone meanwhile */
    search->hashed = job->hashed;
    memcpy(search->hash, job->hash, HASH_BYTES);
    if (!ok) {
        search_end(search, err, true);
        return;
    }
    search->accepted = true;
    search->query_key = job->query.key;
    search->catalogue = job->query.catalogue;
    search->run = job->run;
    search->options = job->options;
    search->is_member = job->query.is_member;
    memcpy(search->group_hash, job->group_hash, HASH_BYTES);
    search->epoch = epoch_ref(job->epoch);
    search->directory = matcher_directory(search->matcher);
    fan_out(search, job);
}

static void run_query_job(void *ctx)
{
    struct query_job *job = ctx;
    struct search *search = job->search;
    struct err err = {0};
    bool ok = check_query(job, &err);
    (void)pthread_mutex_lock(&search->mutex);
    take_query(search, job, ok, &err);
    (void)pthread_mutex_unlock(&search->mutex);
    query_free(&job->query);
    epoch_unref(job->epoch);
    hearth__v1__from_la__free_unpacked(job->message, NULL);
    free(job);
    search_unref(search);
}

static void check(struct search *search, Hearth__V1__FromLa *message)
{
    struct query_job *job = mem_new(struct query_job);
    job->search = search_ref(search);
    job->message = message;
    search_set_phase(search, PHASE_CHECKING);
    (message->query->group ? pool_run_later : pool_run)(search->matcher->pool, run_query_job, job);
}

/* ---- turns: nothing is checked, paid or asked before it is the query's turn ---- */

static void run_turn(void *ctx)
{
    struct search *search = ctx;
    (void)pthread_mutex_lock(&search->mutex);
    if (search->phase == PHASE_WAITING) {
        Hearth__V1__FromLa *message = search->query;
        search->query = NULL;
        check(search, message);
    }
    (void)pthread_mutex_unlock(&search->mutex);
    search_unref(search);
}

/* On the pool, since no two searches are locked at once. */
void search_give_turn(struct search *search, struct search *next)
{
    if (next) pool_run(search->matcher->pool, run_turn, next);
}

/* The members of a group are asked together, and give way to others in the pool. */
void search_on_query(struct search *search, Hearth__V1__FromLa *message)
{
    if (message->query->group ||
        searches_begin(search->matcher->searches, search, clock_steady_ms())) {
        check(search, message);
        return;
    }
    search->query = message;
    search_set_phase(search, PHASE_WAITING);
}
