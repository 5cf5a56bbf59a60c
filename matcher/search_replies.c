/* SPDX-License-Identifier: Apache-2.0
 * What agents send: replies are checked on the pool and handed to the LA; declines and departures
 * are counted. An answer that is refused costs the query that one agent and nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "matcher/agent_session.h"
#include "matcher/search_internal.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

struct reply_job {
    struct search *search;
    size_t index; /* in search->asked */
    struct agent *agent;
    Hearth__V1__FromAgent *message;
    struct reply reply;
    struct point *points; /* of its C1, once they are checked */
};

static void free_message(Hearth__V1__FromAgent *message)
{
    envelope_wipe(&message->reply->c1);
    envelope_wipe(&message->reply->c2);
    hearth__v1__from_agent__free_unpacked(message, NULL);
}

/* Place of that very attachment among those asked, or asked_count. */
static size_t find_asked(const struct search *search, const struct agent *agent)
{
    size_t i = 0;
    while (i < search->asked_count && search->asked[i].agent != agent) i++;
    return i;
}

/* ---- checks, on the pool ---- */

static bool check_origin(const struct reply_job *job, struct err *err)
{
    const Hearth__V1__Signed *body = job->message->reply->reply;
    const struct reply *reply = &job->reply;
    if (!certificate_verify(&job->agent->certificate, TAG_REPLY, body->body.data, body->body.len,
                            body->signature.data, body->signature.len, err)) {
        return false;
    }
    if (strcmp(reply->agent, job->agent->id) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "agent", "names %s, its sender is %s",
                       reply->agent, job->agent->id);
    }
    uint64_t epoch = job->search->epoch->record.epoch;
    if (reply->epoch != epoch) {
        return err_set(err, ERR_INVALID, "epoch", "%llu; the query's is %llu",
                       (unsigned long long)reply->epoch, (unsigned long long)epoch);
    }
    return true;
}

static bool check_half(const ProtobufCBinaryData *half, int which, uint32_t count,
                       const uint8_t signed_hash[HASH_BYTES], struct err *err)
{
    const char *field = which == 1 ? "c1" : "c2";
    uint8_t hash[HASH_BYTES];
    if (half->len != (size_t)count * POINT_BYTES) {
        return err_set(err, ERR_INVALID, field, "%zu bytes; %u items take %zu", half->len, count,
                       (size_t)count * POINT_BYTES);
    }
    reply_half_hash(hash, which, half->data, half->len);
    if (sodium_memcmp(hash, signed_hash, HASH_BYTES) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, field, "not the bytes that were signed");
    }
    return true;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, POINT_BYTES);
}

/* The LA refuses a reply with a repeated point as a whole; it is not waited for. */
static bool has_repeats(const uint8_t *points, size_t count)
{
    uint8_t *sorted = mem_copy(points, count * POINT_BYTES);
    qsort(sorted, count, POINT_BYTES, by_bytes);
    bool repeats = false;
    for (size_t i = 1; i < count && !repeats; i++) {
        repeats = sodium_memcmp(sorted + (i - 1) * POINT_BYTES, sorted + i * POINT_BYTES,
                                POINT_BYTES) == 0;
    }
    sodium_memzero(sorted, count * POINT_BYTES);
    free(sorted);
    return repeats;
}

static bool check_points(struct reply_job *job, struct err *err)
{
    const uint8_t *c1 = job->message->reply->c1.data;
    uint32_t count = job->reply.count;
    job->points = blind_decode_c1(c1, count, err);
    if (!job->points) return false;
    return !has_repeats(c1, count) || err_set(err, ERR_INVALID, "c1", "a point stands in it twice");
}

static bool check_reply(struct reply_job *job, struct err *err)
{
    const Hearth__V1__AgentReply *message = job->message->reply;
    const struct reply *reply = &job->reply;
    return check_origin(job, err) &&
           check_half(&message->c1, 1, reply->count, reply->c1_hash, err) &&
           check_half(&message->c2, 2, reply->count, reply->c2_hash, err) && check_points(job, err);
}

/* ---- taking it ---- */

static void relay(struct search *search, struct asked *asked, struct reply_job *job)
{
    Hearth__V1__AgentReply *reply = job->message->reply;
    Hearth__V1__Signed certificate = signed_message_of(&asked->agent->certificate.raw);
    Hearth__V1__Signed part = signed_message_bare(reply->reply);
    Hearth__V1__SearchReply body = HEARTH__V1__SEARCH_REPLY__INIT;
    body.reply = &part;
    body.certificate = &certificate;
    body.c1 = reply->c1;
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    message.kind_case = HEARTH__V1__TO_LA__KIND_REPLY;
    message.reply = &body;
    (void)envelope_send_la(search->stream, &message);
    asked->count = job->reply.count;
    asked->points = job->points;
    job->points = NULL;
    asked->c1 = envelope_take(&reply->c1);
    asked->c2 = envelope_take(&reply->c2);
    asked->state = ASKED_RELAYED;
    search->items += asked->count;
    search_extend_grace(search);
}

static void take_reply(struct search *search, struct reply_job *job, bool ok, struct err *err)
{
    if (search->phase != PHASE_COLLECTING) return;
    struct asked *asked = &search->asked[job->index];
    char hex[2 * HASH_BYTES + 1];
    if (ok && search->items + job->reply.count > BLIND_QUERY_ITEMS_MAX) {
        /* The others' size is not this agent's fault. */
        log_warn("reply_dropped", "query=%s agent=%s reason=\"the replies hold over %d items\"",
                 text_hex(search->hash, HASH_BYTES, hex), job->agent->id, BLIND_QUERY_ITEMS_MAX);
        asked->state = ASKED_REFUSED;
    } else if (ok) {
        relay(search, asked, job);
    } else {
        asked->state = ASKED_REFUSED;
        agent_nonsense(job->agent, search->hash, err);
    }
    search_check_close(search);
}

static void run_reply_job(void *ctx)
{
    struct reply_job *job = ctx;
    struct search *search = job->search;
    struct err err = {0};
    bool ok = check_reply(job, &err);
    (void)pthread_mutex_lock(&search->mutex);
    take_reply(search, job, ok, &err);
    (void)pthread_mutex_unlock(&search->mutex);
    free_message(job->message);
    agent_unref(job->agent);
    free(job->points);
    free(job);
    search_unref(search);
}

static void note_late(const struct agent *agent, const uint8_t hash[HASH_BYTES])
{
    char hex[2 * HASH_BYTES + 1];
    log_debug("reply_late", "query=%s agent=%s", text_hex(hash, HASH_BYTES, hex), agent->id);
    metrics_add(agent->matcher->metrics, MEASURE_ANSWERS, FATE_LATE, 0, 1);
}

/* Whether the reply is wanted at all. */
static bool expect_reply(struct search *search, struct agent *agent, size_t *index, struct err *err)
{
    if (search->phase != PHASE_COLLECTING || clock_steady_ms() > search->deadline_ms) {
        note_late(agent, search->hash);
        return false;
    }
    *index = find_asked(search, agent);
    if (*index == search->asked_count) {
        (void)err_set(err, ERR_DENIED, "query_hash", "this agent was not asked");
    } else if (search->asked[*index].state != ASKED_WAITING) {
        (void)err_set(err, ERR_EXISTS, "query_hash", "this agent has answered already");
    } else {
        search->asked[*index].state = ASKED_CHECKING;
        return true;
    }
    agent_nonsense(agent, search->hash, err);
    return false;
}

static struct search *find_search(struct agent *agent, const uint8_t hash[HASH_BYTES])
{
    struct search *search = searches_find(agent->matcher->searches, hash);
    if (!search) note_late(agent, hash);
    return search;
}

static bool read_reply(const Hearth__V1__AgentReply *message, struct reply *out, struct err *err)
{
    if (!message->reply) return err_set(err, ERR_INVALID, "reply", "is missing");
    return reply_decode(message->reply->body.data, message->reply->body.len, out, err);
}

void search_take_reply(struct agent *agent, Hearth__V1__FromAgent *message)
{
    struct reply reply;
    struct err err;
    size_t index = 0;
    struct search *search = NULL;
    bool wanted = false;
    if (!read_reply(message->reply, &reply, &err)) {
        agent_nonsense(agent, NULL, &err);
    } else {
        search = find_search(agent, reply.query_hash);
    }
    if (search) {
        (void)pthread_mutex_lock(&search->mutex);
        wanted = expect_reply(search, agent, &index, &err);
        (void)pthread_mutex_unlock(&search->mutex);
    }
    if (!wanted) {
        free_message(message);
        search_unref(search);
        return;
    }
    struct reply_job *job = mem_new(struct reply_job);
    *job = (struct reply_job){.search = search,
                              .index = index,
                              .agent = agent_ref(agent),
                              .message = message,
                              .reply = reply};
    search_run_job(search, run_reply_job, job);
}

/* ---- declines and departures ---- */

static const char *decline_word(const char *reason)
{
    static const char *const words[] = {"not_allowed", "budget", "expired",    "epoch",
                                        "signature",   "proof",  "replay",     "version",
                                        "invalid",     "busy",   "unavailable"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], reason) == 0) return words[i];
    }
    return "unknown";
}

/* Gives the agent up for this search if nothing of it has come yet. */
static bool give_up(struct search *search, struct agent *agent, enum asked_state state)
{
    if (search->phase != PHASE_COLLECTING) return false;
    size_t index = find_asked(search, agent);
    if (index == search->asked_count || search->asked[index].state != ASKED_WAITING) return false;
    search->asked[index].state = state;
    search_check_close(search);
    return true;
}

void search_take_decline(struct agent *agent, const Hearth__V1__AgentDecline *decline)
{
    struct err err;
    if (decline->query_hash.len != HASH_BYTES) {
        (void)err_set(&err, ERR_INVALID, "query_hash", "%zu bytes; 32 are wanted",
                      decline->query_hash.len);
        agent_nonsense(agent, NULL, &err);
        return;
    }
    struct search *search = find_search(agent, decline->query_hash.data);
    if (!search) return;
    char hex[2 * HASH_BYTES + 1];
    (void)pthread_mutex_lock(&search->mutex);
    bool taken = give_up(search, agent, ASKED_DECLINED);
    (void)pthread_mutex_unlock(&search->mutex);
    const char *word = decline_word(decline->reason);
    log_info(taken ? "declined" : "decline_ignored", "query=%s agent=%s reason=%s",
             text_hex(decline->query_hash.data, HASH_BYTES, hex), agent->id, word);
    if (taken) {
        struct metrics *metrics = agent->matcher->metrics;
        metrics_add(metrics, MEASURE_DECLINES, metrics_find(metrics, MEASURE_DECLINES, 0, word), 0,
                    1);
    }
    search_unref(search);
}

void search_agent_left(struct agent *agent)
{
    size_t count = 0;
    struct search **list = searches_list(agent->matcher->searches, &count);
    for (size_t i = 0; i < count; i++) {
        (void)pthread_mutex_lock(&list[i]->mutex);
        (void)give_up(list[i], agent, ASKED_LEFT);
        (void)pthread_mutex_unlock(&list[i]->mutex);
        search_unref(list[i]);
    }
    free(list);
}
