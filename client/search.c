/* SPDX-License-Identifier: Apache-2.0
 * The conversation of one search. Each step of the protocol is one function; the order of messages
 * is the order of calls in converse().
 */
#include "client/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/answers.h"
#include "client/inbox.h"
#include "client/pack.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"

enum {
    STEP_TIMEOUT_MS = 30000,    /* for each answer that the matcher owes at once */
    DEADLINE_SURPLUS_MS = 30000 /* after the agents' deadline: opening on a slow machine */
};

struct search {
    const struct la *la;
    const struct request *request;
    search_progress_fn progress;
    void *progress_ctx;
    struct inbox *inbox;
    struct rpc_stream *stream;
    struct pool *pool;
    struct certificate matcher;
    struct epoch_record epoch;
    struct composed composed;
    struct answers *answers;
    uint32_t asked;
    uint32_t deadline_ms;
};

/* No error of its own: a closed stream says why in its status, which receive() reports. */
static void send_packed(struct search *search, struct buf *message)
{
    if (!rpc_stream_send_bytes(search->stream, message->data, message->len)) {
        log_debug("send_refused", "by=stream");
    }
    buf_free(message);
}

/* The next message, or the reason why there is none. *timed_out may be NULL where waiting too long
 * is an error. */
static Hearth__V1__ToLa *receive(struct search *search, int64_t timeout_ms, bool *timed_out,
                                 struct err *err)
{
    struct buf bytes = {0};
    enum rpc_status status = RPC_OK;
    char detail[ERR_TEXT_MAX];
    Hearth__V1__ToLa *message = NULL;
    if (timed_out) *timed_out = false;
    switch (inbox_wait(search->inbox, timeout_ms, &bytes, &status, detail)) {
    case INBOX_MESSAGE:
        message = unpack_to_la(bytes.data, bytes.len);
        if (!message) {
            (void)err_set(err, ERR_UNAVAILABLE, "", "the matcher sent a message that is malformed");
        }
        buf_free(&bytes);
        return message;
    case INBOX_CLOSED:
        if (status == RPC_OK) {
            (void)err_set(err, ERR_UNAVAILABLE, "",
                          "the matcher ended the search without a result");
        } else {
            (void)rpc_err_of(status, detail, err);
        }
        return NULL;
    case INBOX_TIMEOUT: break;
    }
    if (timed_out) {
        *timed_out = true;
    } else {
        (void)err_set(err, ERR_UNAVAILABLE, "", "no answer from the matcher within %lld s",
                      (long long)(timeout_ms / 1000));
    }
    return NULL;
}

static Hearth__V1__ToLa *receive_kind(struct search *search, Hearth__V1__ToLa__KindCase kind,
                                      const char *name, struct err *err)
{
    Hearth__V1__ToLa *message = receive(search, STEP_TIMEOUT_MS, NULL, err);
    if (message && message->kind_case != kind) {
        hearth__v1__to_la__free_unpacked(message, NULL);
        message = NULL;
        (void)err_set(err, ERR_UNAVAILABLE, "", "the matcher sent something else than its %s",
                      name);
    }
    return message;
}

/* What the matcher sent fails a check of ours: whatever is wrong with it, there is no usable
 * answer, and nobody refused this LA. */
static bool unusable(struct err *err)
{
    if (err->code != ERR_VERSION) err->code = ERR_UNAVAILABLE;
    return false;
}

static bool check_matcher(struct search *search, const Hearth__V1__SearchWelcome *welcome,
                          struct err *err)
{
    const struct la *la = search->la;
    if (!version_check(welcome->protocol, welcome->catalogue, CATALOGUE_VERSION, "the matcher",
                       err) ||
        !unpack_certificate(welcome->certificate, &search->matcher, err) ||
        !trust_check(la->trust, &search->matcher, ROLE_MATCHER, clock_wall_ms(), err)) {
        return false;
    }
    if (strcmp(search->matcher.organisation, la->matcher_id) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "certificate", "the matcher is %s, not %s",
                       search->matcher.organisation, la->matcher_id);
    }
    return search->matcher.serial == rpc_stream_peer_serial(search->stream) ||
           err_set(err, ERR_UNAUTHENTICATED, "certificate",
                   "the matcher's is not of the same issue as the connection's");
}

static bool check_epoch(struct search *search, const Hearth__V1__Signed *record, struct err *err)
{
    int64_t now = clock_wall_ms();
    struct epoch_record *epoch = &search->epoch;
    if (!certificate_verify(&search->matcher, TAG_EPOCH, record->body.data, record->body.len,
                            record->signature.data, record->signature.len, err) ||
        !epoch_decode(record->body.data, record->body.len, epoch, err)) {
        return false;
    }
    if (strcmp(epoch->matcher, search->matcher.organisation) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "epoch", "an epoch key of %s", epoch->matcher);
    }
    if (now + CLOCK_SKEW_MS < epoch->not_before || now - CLOCK_SKEW_MS > epoch->not_after) {
        return err_set(err, ERR_UNAVAILABLE, "epoch",
                       "the matcher's epoch key is not valid now: compare the clocks");
    }
    return true;
}

static bool greet(struct search *search, struct err *err)
{
    struct buf hello = {0};
    pack_hello(identity_certificate(search->la->identity), CATALOGUE_VERSION, &hello);
    send_packed(search, &hello);
    Hearth__V1__ToLa *message =
        receive_kind(search, HEARTH__V1__TO_LA__KIND_WELCOME, "welcome", err);
    if (!message) return false;
    search->deadline_ms = message->welcome->deadline_ms;
    bool ok = check_matcher(search, message->welcome, err) &&
              check_epoch(search, message->welcome->epoch, err);
    hearth__v1__to_la__free_unpacked(message, NULL);
    return ok || unusable(err);
}

static bool ask(struct search *search, struct err *err)
{
    if (!compose_query(search->la, search->request, &search->epoch, search->pool, &search->composed,
                       err)) {
        return false;
    }
    search->answers = answers_new(search->la, &search->composed, search->epoch.epoch, search->pool,
                                  search->stream);
    struct buf query = {0};
    pack_query(&search->composed.query, &search->composed.options, &query);
    send_packed(search, &query);
    Hearth__V1__ToLa *message =
        receive_kind(search, HEARTH__V1__TO_LA__KIND_ACCEPTED, "acceptance of the query", err);
    if (!message) return false;
    search->asked = message->accepted->asked;
    bool ok = message->accepted->query_hash.len == HASH_BYTES &&
              sodium_memcmp(message->accepted->query_hash.data, search->composed.query_hash,
                            HASH_BYTES) == 0;
    if (!ok) (void)err_set(err, ERR_UNAVAILABLE, "query_hash", "the matcher names another query");
    hearth__v1__to_la__free_unpacked(message, NULL);
    return ok;
}

static void report(const struct search *search)
{
    if (!search->progress) return;
    search->progress(search->asked, answers_shared(search->answers), search->progress_ctx);
}

/* Shares for each reply until the matcher closes; then the proof of all of them. */
static bool share(struct search *search, struct err *err)
{
    enum { PROGRESS_MS = 100 };
    int64_t last = clock_steady_ms() + search->deadline_ms + DEADLINE_SURPLUS_MS;
    struct buf proof = {0};
    for (;;) {
        bool timed_out = false;
        Hearth__V1__ToLa *message = receive(search, PROGRESS_MS, &timed_out, err);
        report(search);
        if (timed_out && clock_steady_ms() < last) continue;
        if (timed_out) return err_set(err, ERR_UNAVAILABLE, "", "the matcher is too slow");
        if (!message) return false;
        if (message->kind_case == HEARTH__V1__TO_LA__KIND_REPLY) {
            answers_take(search->answers, message);
            continue;
        }
        bool ok = message->kind_case == HEARTH__V1__TO_LA__KIND_CLOSE;
        if (ok) {
            ok = answers_prove(search->answers, message->close->agents, message->close->n_agents,
                               &proof, err);
        } else {
            (void)err_set(err, ERR_UNAVAILABLE, "", "the matcher sent a message out of order");
        }
        hearth__v1__to_la__free_unpacked(message, NULL);
        report(search);
        if (!ok) return unusable(err);
        send_packed(search, &proof);
        return true;
    }
}

static bool conclude(struct search *search, struct result *result, struct err *err)
{
    Hearth__V1__ToLa *message = receive_kind(search, HEARTH__V1__TO_LA__KIND_RESULT, "result", err);
    if (!message) return false;
    const Hearth__V1__Signed *body = message->result;
    bool ok = certificate_verify(&search->matcher, TAG_RESULT, body->body.data, body->body.len,
                                 body->signature.data, body->signature.len, err) &&
              result_decode(body->body.data, body->body.len, result, err);
    if (ok && sodium_memcmp(result->query_hash, search->composed.query_hash, HASH_BYTES) != 0) {
        ok = err_set(err, ERR_UNAVAILABLE, "query_hash", "the result belongs to another query");
    }
    hearth__v1__to_la__free_unpacked(message, NULL);
    return ok || unusable(err);
}

static bool converse(struct search *search, struct search_outcome *out, struct err *err)
{
    int64_t start = clock_steady_ms();
    bool ok = greet(search, err) && ask(search, err) && share(search, err) &&
              conclude(search, &out->result, err);
    out->elapsed_ms = clock_steady_ms() - start;
    return ok;
}

bool search_run(const struct la *la, const struct request *request, search_progress_fn progress,
                void *progress_ctx, struct search_outcome *out, struct err *err)
{
    struct rpc_channel_config config = {.target = la->matcher_address,
                                        .server_id = la->matcher_id,
                                        .message_max = REPLY_MAX,
                                        .queue_max = AGENTS_MAX + 8};
    struct rpc_channel *channel = NULL;
    if (!rpc_channel_open(&config, la->identity, la->trust, &channel, err)) return false;
    struct search search = {.la = la,
                            .request = request,
                            .progress = progress,
                            .progress_ctx = progress_ctx,
                            .inbox = inbox_new(),
                            .pool = pool_start(0)};
    search.stream = rpc_channel_call(channel, METHOD_SEARCH, 0, inbox_events(), search.inbox);
    bool ok = converse(&search, out, err);
    /* Work on the pool uses the stream, and the stream's callbacks use the inbox: in this order. */
    if (search.answers) answers_free(search.answers);
    rpc_stream_finish(search.stream, RPC_OK, "");
    rpc_channel_close(channel);
    rpc_stream_unref(search.stream);
    inbox_free(search.inbox);
    pool_stop(search.pool);
    composed_free(&search.composed);
    certificate_free(&search.matcher);
    return ok;
}
