/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/answer.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "agent/evaluate.h"
#include "keys/signed.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/pool.h"
#include "proto/base/text.h"
#include "proto/crypto/wire.h"

struct answerer {
    struct answerer_parts parts;
    struct pool *pool;
    atomic_uint queued, members; /* ordinary queries, members of groups */
    atomic_bool stopping;
};

struct job {
    struct answerer *answerer;
    struct rpc_stream *stream;
    Hearth__V1__ToAgent *message;
    int64_t receipt_us;
    atomic_uint *place; /* where it is counted */
    struct checked checked;
    struct buf reply; /* as it will travel, once it is kept */
    uint32_t items;
};

struct answerer *answerer_start(const struct answerer_parts *parts)
{
    struct answerer *answerer = mem_new(struct answerer);
    answerer->parts = *parts;
    answerer->pool = pool_start(parts->threads);
    return answerer;
}

void answerer_stop(struct answerer *answerer)
{
    if (!answerer) return;
    atomic_store(&answerer->stopping, true);
    pool_stop(answerer->pool);
    keeper_flush(answerer->parts.keeper);
    free(answerer);
}

struct pool *answerer_pool(struct answerer *answerer)
{
    return answerer->pool;
}

/* ---- what goes back ---- */

static void log_query(enum log_level level, const uint8_t hash[HASH_BYTES], const char *la,
                      const char *outcome, const char *why)
{
    char name[2 * HASH_BYTES + 1];
    log_line(level, "query", "query=%s la=%s outcome=%s reason=\"%s\"",
             text_hex(hash, HASH_BYTES, name), la[0] ? la : "-", outcome, why[0] ? why : "-");
}

/* What anybody between the agent and the matcher could see too. */
static void log_sizes(const struct checked *checked, uint32_t items)
{
    char name[2 * HASH_BYTES + 1];
    log_info("reply", "query=%s ciphertexts=%zu quadrants=%zu items=%u",
             text_hex(checked->hash, HASH_BYTES, name),
             checked->query.ciphertexts.len / CIPHERTEXT_BYTES, checked->query.footprint_count,
             items);
}

static void send_decline(struct rpc_stream *stream, const uint8_t hash[HASH_BYTES],
                         enum decline reason)
{
    Hearth__V1__AgentDecline decline = HEARTH__V1__AGENT_DECLINE__INIT;
    Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
    struct buf bytes = {0};
    decline.query_hash = wire_data(hash, HASH_BYTES);
    decline.reason = (char *)(uintptr_t)decline_word(reason);
    message.kind_case = HEARTH__V1__FROM_AGENT__KIND_DECLINE;
    message.decline = &decline;
    wire_pack(&message.base, &bytes);
    (void)rpc_stream_send_bytes(stream, bytes.data, bytes.len);
    buf_free(&bytes);
}

/* The reply as it travels. */
static void pack_reply(const struct signed_bytes *body, const struct evaluated *evaluated,
                       struct buf *out)
{
    Hearth__V1__Signed part = signed_message_of(body);
    Hearth__V1__AgentReply reply = HEARTH__V1__AGENT_REPLY__INIT;
    Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
    reply.reply = &part;
    reply.c1 = wire_data(evaluated->c1.data, evaluated->c1.len);
    reply.c2 = wire_data(evaluated->c2.data, evaluated->c2.len);
    message.kind_case = HEARTH__V1__FROM_AGENT__KIND_REPLY;
    message.reply = &reply;
    wire_pack(&message.base, out);
}

/* ---- one query ---- */

static struct query_name name_of(const struct checked *checked)
{
    return (struct query_name){checked->query.la, checked->query.query_id, checked->hash};
}

static bool run_evaluation(const struct answerer *answerer, const struct checked *checked,
                           struct evaluated *out, struct err *why)
{
    const struct answerer_parts *parts = &answerer->parts;
    const struct evaluation in = {
        .question = {.query = &checked->query,
                     .catalogue = checked->reading.catalogue,
                     .layout = &checked->reading.layout,
                     .joint_key = &checked->joint_key,
                     .query_hash = checked->hash,
                     .agent = identity_certificate(parts->identity)->organisation,
                     .pool = answerer->pool},
        .today = clock_london_day(clock_wall_ms()),
        .fresh_days = parts->fresh_days,
    };
    return evaluate(parts->vault, &in, out, why);
}

static void job_free(struct job *job)
{
    atomic_fetch_sub(job->place, 1);
    hearth__v1__to_agent__free_unpacked(job->message, NULL);
    rpc_stream_unref(job->stream);
    checked_free(&job->checked);
    buf_free(&job->reply);
    free(job);
}

/* The end of a query, whatever became of it. */
static void finish(struct job *job, enum decline reason, const char *why)
{
    const struct checked *checked = &job->checked;
    struct metrics *metrics = job->answerer->parts.metrics;
    if (reason != DECLINE_NONE) {
        send_decline(job->stream, checked->hash, reason);
        metrics_add(metrics, MEASURE_DECLINED, reason, 0, 1);
    } else {
        metrics_add(metrics, job->items > 0 ? MEASURE_ANSWERED : MEASURE_REPEATED, 0, 0, 1);
    }
    log_query(LOG_LEVEL_INFO, checked->hash, checked->query.la,
              reason == DECLINE_NONE ? "answered" : decline_word(reason), why);
    job_free(job);
}

/* Of the time only what the matcher sees as well: when the reply leaves. How long the arithmetic
 * took would tell how many carers there are. */
static void measure_reply(const struct job *job, int64_t due_us)
{
    struct metrics *metrics = job->answerer->parts.metrics;
    metrics_set(metrics, MEASURE_REPLY_ITEMS, 0, 0, job->items);
    if (job->checked.query.is_member) return;
    metrics_observe(metrics, MEASURE_REPLY_SECONDS, 0, 0, (due_us - job->receipt_us) / 1000);
}

/* On the keeper's thread. */
static void on_kept(const struct err *why, void *ctx)
{
    struct job *job = ctx;
    const struct answerer_parts *parts = &job->answerer->parts;
    struct query_name name = name_of(&job->checked);
    if (why) {
        bool again = why->code == ERR_EXISTS;
        if (!again) log_err(LOG_LEVEL_ERROR, "replies", why);
        policy_failed(parts->policy, &name);
        finish(job, again ? DECLINE_REPLAY : DECLINE_UNAVAILABLE, why->text);
        return;
    }
    policy_answered(parts->policy, &name, job->reply.data, job->reply.len, job->items);
    int64_t due =
        sender_due_us(job->items, job->checked.query.is_member, job->receipt_us, clock_steady_us());
    sender_at(parts->sender, due, job->stream, &job->reply);
    log_sizes(&job->checked, job->items);
    measure_reply(job, due);
    finish(job, DECLINE_NONE, "");
}

/* Signs, and hands it to the keeper: it leaves once it is kept. */
static void keep(struct job *job, struct evaluated *evaluated, int64_t began_ms)
{
    const struct answerer_parts *parts = &job->answerer->parts;
    const struct checked *checked = &job->checked;
    struct kept_reply kept = {.at_ms = began_ms,
                              .catalogue = checked->reading.catalogue->version,
                              .carers = evaluated->carers,
                              .seed = evaluated->seed,
                              .slot_sets = evaluated->slot_sets};
    evaluated->seed = (struct secret){0};
    evaluated->slot_sets = (struct buf){0};
    memcpy(kept.query_hash, checked->hash, HASH_BYTES);
    memcpy(kept.la, checked->query.la, sizeof kept.la);
    reply_encode(&evaluated->reply, &kept.signed_reply.body);
    identity_sign_body(parts->identity, TAG_REPLY, &kept.signed_reply);
    pack_reply(&kept.signed_reply, evaluated, &job->reply);
    job->items = evaluated->reply.count;
    keeper_reply(parts->keeper, &kept, on_kept, job);
}

static enum decline answer_new(struct job *job, bool *keeping, struct err *why)
{
    const struct answerer_parts *parts = &job->answerer->parts;
    struct evaluated evaluated = {0};
    int64_t began_ms = clock_wall_ms();
    if (!run_evaluation(job->answerer, &job->checked, &evaluated, why)) {
        /* Without the vault not even the size of a reply is known: say so rather than send
         * nonsense. */
        struct query_name name = name_of(&job->checked);
        log_err(LOG_LEVEL_ERROR, "vault", why);
        policy_failed(parts->policy, &name);
        return DECLINE_UNAVAILABLE;
    }
    *keeping = true;
    keep(job, &evaluated, began_ms);
    evaluated_free(&evaluated);
    return DECLINE_NONE;
}

/* What is remembered of this very query; *done where nothing more is to do. */
static enum decline answer_again(const struct job *job, int64_t now_ms, bool *done, struct err *why)
{
    const struct answerer_parts *parts = &job->answerer->parts;
    const struct checked *checked = &job->checked;
    struct query_name name = name_of(checked);
    struct buf stored = {0};
    uint32_t items = 0;
    *done = true;
    switch (policy_recall(parts->policy, &name, now_ms, &stored, &items)) {
    case RECALL_NEW: *done = false; return DECLINE_NONE;
    case RECALL_PENDING: return DECLINE_NONE; /* the first copy is about to be answered */
    case RECALL_ANSWERED: {
        int64_t due =
            sender_due_us(items, checked->query.is_member, job->receipt_us, clock_steady_us());
        sender_at(parts->sender, due, job->stream, &stored);
        return DECLINE_NONE;
    }
    case RECALL_OTHER: break;
    }
    (void)err_set(why, ERR_EXISTS, "query_id", "used before by this LA");
    return DECLINE_REPLAY;
}

/* A query has one reply. What was given between a backup and its restore is not known; the LA's
 * clock may be ahead. */
static bool may_be_answered(const struct job *job, struct err *why)
{
    int64_t restored_ms = job->answerer->parts.restored_ms;
    if (restored_ms == 0 || job->checked.query.issued_at > restored_ms + CLOCK_SKEW_MS) {
        return false;
    }
    (void)err_set(why, ERR_EXISTS, "query_id", "it may have been answered before the restore");
    return true;
}

/* *keeping set: the job is the keeper's, and may be gone already. */
static enum decline answer(struct job *job, bool *keeping, struct err *why)
{
    const struct answerer_parts *parts = &job->answerer->parts;
    struct checked *checked = &job->checked;
    const Hearth__V1__AgentQuery *query = job->message->query;
    int64_t now_ms = clock_wall_ms();
    bool done = false;
    enum decline reason = check_origin(parts->checker, query, now_ms, checked, why);
    if (reason == DECLINE_NONE) reason = answer_again(job, now_ms, &done, why);
    if (done || reason != DECLINE_NONE) return reason;
    if (may_be_answered(job, why)) return DECLINE_REPLAY;
    reason = check_keys(parts->checker, query, now_ms, checked, why);
    if (reason != DECLINE_NONE) return reason;
    struct query_name name = name_of(checked);
    const struct membership membership = {&checked->group, checked->group_hash};
    reason = policy_admit(parts->policy, &name, checked->query.is_member ? &membership : NULL,
                          now_ms, checked->query.expires_at + CLOCK_SKEW_MS);
    return reason == DECLINE_NONE ? answer_new(job, keeping, why) : reason;
}

static void run(void *ctx)
{
    struct job *job = ctx;
    if (atomic_load(&job->answerer->stopping)) {
        job_free(job);
        return;
    }
    struct err why = {0};
    bool keeping = false;
    enum decline reason = answer(job, &keeping, &why);
    if (!keeping) finish(job, reason, why.text);
}

static void decline_busy(const struct answerer *answerer, struct rpc_stream *stream,
                         const Hearth__V1__AgentQuery *query)
{
    uint8_t hash[HASH_BYTES] = {0};
    if (query->query) query_hash(hash, query->query->body.data, query->query->body.len);
    send_decline(stream, hash, DECLINE_BUSY);
    metrics_add(answerer->parts.metrics, MEASURE_DECLINED, DECLINE_BUSY, 0, 1);
    log_query(LOG_LEVEL_WARN, hash, "", decline_word(DECLINE_BUSY), "");
}

void answerer_take(struct answerer *answerer, struct rpc_stream *stream,
                   Hearth__V1__ToAgent *message, int64_t receipt_us)
{
    REQUIRE(message->kind_case == HEARTH__V1__TO_AGENT__KIND_QUERY);
    bool member = message->query->group != NULL;
    atomic_uint *place = member ? &answerer->members : &answerer->queued;
    if (atomic_fetch_add(place, 1) >= (member ? ANSWER_MEMBERS_MAX : ANSWER_QUEUE_MAX)) {
        atomic_fetch_sub(place, 1);
        decline_busy(answerer, stream, message->query);
        hearth__v1__to_agent__free_unpacked(message, NULL);
        return;
    }
    struct job *job = mem_new(struct job);
    rpc_stream_ref(stream);
    *job = (struct job){.answerer = answerer,
                        .stream = stream,
                        .message = message,
                        .receipt_us = receipt_us,
                        .place = place};
    (member ? pool_run_later : pool_run)(answerer->pool, run, job);
}
