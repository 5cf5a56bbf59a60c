/* SPDX-License-Identifier: Apache-2.0 */
#include "client/answers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/pack.h"
#include "keys/signed.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

struct answers {
    const struct la *la;
    const struct composed *composed;
    uint64_t epoch;
    struct pool *pool;
    struct rpc_stream *stream;
    struct blind_sharer *sharer;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    uint32_t running, shared;
    char (*settled)[ID_MAX + 1]; /* agents whose one reply was taken */
    size_t settled_count, settled_capacity;
};

struct work {
    struct answers *answers;
    Hearth__V1__ToLa *message;
};

struct answers *answers_new(const struct la *la, const struct composed *composed, uint64_t epoch,
                            struct pool *pool, struct rpc_stream *stream)
{
    struct answers *answers = mem_new(struct answers);
    *answers = (struct answers){
        .la = la, .composed = composed, .epoch = epoch, .pool = pool, .stream = stream};
    struct scalar key;
    REQUIRE(scalar_decode(&key, composed->query_key.data));
    answers->sharer = blind_sharer_new(&key, composed->seed.data, composed->query_hash);
    scalar_wipe(&key);
    blind_sharer_workers(answers->sharer, pool);
    REQUIRE(pthread_mutex_init(&answers->lock, NULL) == 0);
    REQUIRE(pthread_cond_init(&answers->idle, NULL) == 0);
    return answers;
}

static void wait_idle(struct answers *answers)
{
    (void)pthread_mutex_lock(&answers->lock);
    while (answers->running > 0) (void)pthread_cond_wait(&answers->idle, &answers->lock);
    (void)pthread_mutex_unlock(&answers->lock);
}

void answers_free(struct answers *answers)
{
    wait_idle(answers);
    blind_sharer_free(answers->sharer);
    free(answers->settled);
    (void)pthread_cond_destroy(&answers->idle);
    (void)pthread_mutex_destroy(&answers->lock);
    free(answers);
}

/* That what the agent signed is about this very query and these C1. */
static bool check_statement(const struct answers *answers, const struct reply *reply,
                            const ProtobufCBinaryData *c1, struct err *err)
{
    uint8_t half[HASH_BYTES];
    if (sodium_memcmp(reply->query_hash, answers->composed->query_hash, HASH_BYTES) != 0 ||
        reply->epoch != answers->epoch) {
        return err_set(err, ERR_INVALID, "query_hash", "a reply to another query");
    }
    reply_half_hash(half, 1, c1->data, c1->len);
    if (c1->len != (size_t)reply->count * POINT_BYTES ||
        sodium_memcmp(half, reply->c1_hash, HASH_BYTES) != 0) {
        return err_set(err, ERR_INVALID, "c1", "not the points that the agent signed");
    }
    return true;
}

/* The agent's certificate, its signature, and what it signed. */
static bool check_reply(struct answers *answers, const Hearth__V1__SearchReply *message,
                        const struct certificate *agent, struct reply *reply, struct err *err)
{
    const Hearth__V1__Signed *body = message->reply;
    if (!trust_check(answers->la->trust, agent, ROLE_AGENT, clock_wall_ms(), err) ||
        !certificate_verify(agent, TAG_REPLY, body->body.data, body->body.len, body->signature.data,
                            body->signature.len, err) ||
        !reply_decode(body->body.data, body->body.len, reply, err)) {
        return false;
    }
    if (strcmp(reply->agent, agent->organisation) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "agent", "the reply names %s, its signer is %s",
                       reply->agent, agent->organisation);
    }
    return check_statement(answers, reply, &message->c1, err);
}

/* True where the agent's reply is its first. Its name is as good as the certificate, which was not
 * checked yet: a matcher that forges one can only keep that agent's answer away, as it always can.
 */
static bool settle(struct answers *answers, const char *agent)
{
    bool first = true;
    (void)pthread_mutex_lock(&answers->lock);
    for (size_t i = 0; first && i < answers->settled_count; i++) {
        first = strcmp(answers->settled[i], agent) != 0;
    }
    first = first && answers->settled_count < AGENTS_MAX;
    if (first && answers->settled_count == answers->settled_capacity) {
        answers->settled_capacity = answers->settled_capacity ? 2 * answers->settled_capacity : 64;
        answers->settled =
            mem_resize(answers->settled, answers->settled_capacity, sizeof *answers->settled);
    }
    if (first) {
        memcpy(answers->settled[answers->settled_count++], agent, strlen(agent) + 1);
    }
    (void)pthread_mutex_unlock(&answers->lock);
    return first;
}

static bool send_shares(struct answers *answers, const char *agent, const uint8_t *shares,
                        size_t len, struct err *err)
{
    struct buf message = {0};
    pack_shares(agent, shares, len, &message);
    bool ok = rpc_stream_send_bytes(answers->stream, message.data, message.len) ||
              err_set(err, ERR_UNAVAILABLE, "", "the stream to the matcher is closed");
    buf_free(&message);
    return ok;
}

static bool share(struct answers *answers, const struct reply *reply, const uint8_t *c1,
                  struct err *err)
{
    size_t len = (size_t)reply->count * POINT_BYTES;
    uint8_t *shares = mem_array(len, 1);
    bool ok = blind_sharer_add(answers->sharer, reply->agent, c1, reply->count, shares, err) &&
              send_shares(answers, reply->agent, shares, len, err);
    free(shares);
    return ok;
}

/* Without a certificate nobody knows whose reply it is; the matcher waits for it in vain. */
static bool take(struct answers *answers, const Hearth__V1__SearchReply *message, struct err *err)
{
    struct certificate agent = {0};
    struct reply reply;
    struct err unsent;
    if (!certificate_of_message(message->certificate, &agent, err)) return false;
    bool ok = false;
    if (!settle(answers, agent.organisation)) {
        (void)err_set(err, ERR_EXISTS, "agent", "a second reply of %s", agent.organisation);
    } else {
        ok = check_reply(answers, message, &agent, &reply, err) &&
             share(answers, &reply, message->c1.data, err);
        if (!ok) (void)send_shares(answers, agent.organisation, NULL, 0, &unsent);
    }
    if (ok) {
        char hex[2 * HASH_BYTES + 1];
        log_debug("reply", "query=%s agent=%s items=%u",
                  text_hex(answers->composed->query_hash, HASH_BYTES, hex), reply.agent,
                  reply.count);
    }
    certificate_free(&agent);
    return ok;
}

static void answer(void *ctx)
{
    struct work *work = ctx;
    struct answers *answers = work->answers;
    struct err err;
    bool ok = take(answers, work->message->reply, &err);
    if (!ok) {
        char hex[2 * HASH_BYTES + 1];
        log_warn("reply_refused", "query=%s code=%s field=%s reason=\"%s\"",
                 text_hex(answers->composed->query_hash, HASH_BYTES, hex), err_code_name(err.code),
                 err.field, err.text);
    }
    hearth__v1__to_la__free_unpacked(work->message, NULL);
    free(work);
    (void)pthread_mutex_lock(&answers->lock);
    answers->running--;
    answers->shared += ok ? 1 : 0;
    (void)pthread_cond_signal(&answers->idle);
    (void)pthread_mutex_unlock(&answers->lock);
}

void answers_take(struct answers *answers, Hearth__V1__ToLa *message)
{
    struct work *work = mem_new(struct work);
    *work = (struct work){.answers = answers, .message = message};
    (void)pthread_mutex_lock(&answers->lock);
    answers->running++;
    (void)pthread_mutex_unlock(&answers->lock);
    pool_run(answers->pool, answer, work);
}

uint32_t answers_shared(struct answers *answers)
{
    (void)pthread_mutex_lock(&answers->lock);
    uint32_t shared = answers->shared;
    (void)pthread_mutex_unlock(&answers->lock);
    return shared;
}

bool answers_prove(struct answers *answers, char *const *agents, size_t count, struct buf *out,
                   struct err *err)
{
    wait_idle(answers);
    if (count > AGENTS_MAX) {
        return err_set(err, ERR_UNAVAILABLE, "agents", "the matcher names %zu agents; at most %d",
                       count, (int)AGENTS_MAX);
    }
    struct shares_proof proof = {.agents = mem_array(count, ID_MAX + 1), .agent_count = count};
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = text_is_id(agents[i]);
        if (!ok) {
            (void)err_set(err, ERR_UNAVAILABLE, "agents", "the matcher sent a malformed id");
        } else {
            memcpy(proof.agents[i], agents[i], strlen(agents[i]) + 1);
        }
    }
    ok = ok &&
         blind_sharer_prove(answers->sharer, (const char *const *)agents, count, proof.proof, err);
    if (ok) {
        struct buf body = {0};
        uint8_t signature[SIGNATURE_BYTES];
        shares_proof_encode(&proof, &body);
        identity_sign(answers->la->identity, TAG_SHARES_PROOF, body.data, body.len, signature);
        pack_shares_proof(&body, signature, out);
        buf_free(&body);
    }
    shares_proof_free(&proof);
    return ok;
}
