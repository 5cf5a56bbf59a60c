/* SPDX-License-Identifier: Apache-2.0
 * Each step of the protocol is one function.
 */
#include "client/conversation.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/answers.h"
#include "client/pack.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/rpc/inbox.h"
#include "proto/rpc/peer.h"

enum {
    STEP_TIMEOUT_MS = 30000,    /* for each answer that the matcher owes at once */
    TURN_TIMEOUT_MS = 150000,   /* for the query's turn: a busy matcher says within 100 s that it
                                   will not come */
    DEADLINE_SURPLUS_MS = 90000 /* after the agents' deadline: opening on a busy machine */
};

struct conversation {
    const struct conversation_parts *parts;
    struct inbox *inbox;
    struct rpc_stream *stream;
    struct certificate matcher;
    uint64_t epoch;
    struct signed_bytes epoch_signed, result_signed;
    const struct catalogue *catalogue;
    const struct composed *composed;
    struct answers *answers;
    uint32_t asked;
    uint32_t deadline_ms;
};

/* No error of its own: a closed stream says why in its status, which receive() reports. */
static void send_packed(struct conversation *conversation, struct buf *message)
{
    if (!rpc_stream_send_bytes(conversation->stream, message->data, message->len)) {
        log_debug("send_refused", "by=stream");
    }
    buf_free(message);
}

/* The next message, or the reason why there is none. *timed_out may be NULL where waiting too long
 * is an error. */
static Hearth__V1__ToLa *receive(struct conversation *conversation, int64_t timeout_ms,
                                 bool *timed_out, struct err *err)
{
    struct buf bytes = {0};
    enum rpc_status status = RPC_OK;
    char detail[ERR_TEXT_MAX];
    Hearth__V1__ToLa *message = NULL;
    if (timed_out) *timed_out = false;
    switch (inbox_wait(conversation->inbox, timeout_ms, &bytes, &status, detail)) {
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
            (void)inbox_err(conversation->inbox, status, detail, err);
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

/* The members of a group are asked together: matcher and agents take as many times longer. */
static int64_t patience(const struct conversation *conversation)
{
    return conversation->composed && conversation->composed->group ? GROUP_QUERIES : 1;
}

static Hearth__V1__ToLa *receive_kind(struct conversation *conversation,
                                      Hearth__V1__ToLa__KindCase kind, const char *name,
                                      struct err *err)
{
    int64_t timeout_ms = STEP_TIMEOUT_MS * patience(conversation);
    if (kind == HEARTH__V1__TO_LA__KIND_ACCEPTED && timeout_ms < TURN_TIMEOUT_MS) {
        timeout_ms = TURN_TIMEOUT_MS;
    }
    Hearth__V1__ToLa *message = receive(conversation, timeout_ms, NULL, err);
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

static bool check_matcher(struct conversation *conversation,
                          const Hearth__V1__SearchWelcome *welcome, struct err *err)
{
    const struct la *la = conversation->parts->la;
    return version_check(welcome->protocol, welcome->catalogue, la->catalogue->version,
                         "the matcher", err) &&
           peer_certificate(conversation->stream, la->trust, ROLE_MATCHER, la->matcher_id,
                            welcome->certificate, &conversation->matcher, err);
}

/* Bodies and signatures that were verified are kept as they came. */
static void keep_signed(const Hearth__V1__Signed *in, struct signed_bytes *out)
{
    REQUIRE(in->signature.len == SIGNATURE_BYTES && out->body.len == 0);
    signed_bytes_set(in->body.data, in->body.len, in->signature.data, out);
}

static bool check_epoch(struct conversation *conversation, const Hearth__V1__Signed *record,
                        struct epoch_record *epoch, struct err *err)
{
    int64_t now = clock_wall_ms();
    if (!certificate_verify(&conversation->matcher, TAG_EPOCH, record->body.data, record->body.len,
                            record->signature.data, record->signature.len, err) ||
        !epoch_decode(record->body.data, record->body.len, epoch, err)) {
        return false;
    }
    if (strcmp(epoch->matcher, conversation->matcher.organisation) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "epoch", "an epoch key of %s", epoch->matcher);
    }
    if (now + CLOCK_SKEW_MS < epoch->not_before || now - CLOCK_SKEW_MS > epoch->not_after) {
        return err_set(err, ERR_UNAVAILABLE, "epoch",
                       "the matcher's epoch key is not valid now: compare the clocks");
    }
    return true;
}

struct conversation *conversation_open(const struct conversation_parts *parts)
{
    struct conversation *conversation = mem_new(struct conversation);
    conversation->parts = parts;
    conversation->inbox = inbox_new();
    conversation->stream =
        rpc_channel_call(parts->channel, METHOD_SEARCH, 0, inbox_events(), conversation->inbox);
    struct buf hello = {0};
    pack_hello(identity_certificate(parts->la->identity), parts->la->catalogue->version, &hello);
    send_packed(conversation, &hello);
    return conversation;
}

bool conversation_greet(struct conversation *conversation, struct epoch_record *epoch,
                        struct err *err)
{
    Hearth__V1__ToLa *message =
        receive_kind(conversation, HEARTH__V1__TO_LA__KIND_WELCOME, "welcome", err);
    if (!message) return false;
    conversation->deadline_ms = message->welcome->deadline_ms;
    uint32_t theirs = message->welcome->catalogue;
    bool ok = check_matcher(conversation, message->welcome, err) &&
              check_epoch(conversation, message->welcome->epoch, epoch, err);
    if (ok) keep_signed(message->welcome->epoch, &conversation->epoch_signed);
    hearth__v1__to_la__free_unpacked(message, NULL);
    if (!ok) return unusable(err);
    conversation->epoch = epoch->epoch;
    const struct catalogue *ours = conversation->parts->la->catalogue;
    conversation->catalogue = theirs < ours->version ? catalogue_get(theirs) : ours;
    return true;
}

const struct catalogue *conversation_catalogue(const struct conversation *conversation)
{
    REQUIRE(conversation->catalogue);
    return conversation->catalogue;
}

const struct signed_bytes *conversation_matcher(const struct conversation *conversation)
{
    REQUIRE(conversation->catalogue);
    return &conversation->matcher.raw;
}

const struct signed_bytes *conversation_epoch(const struct conversation *conversation)
{
    REQUIRE(conversation->catalogue);
    return &conversation->epoch_signed;
}

const struct signed_bytes *conversation_result(const struct conversation *conversation)
{
    REQUIRE(conversation->result_signed.body.len > 0);
    return &conversation->result_signed;
}

bool conversation_ask(struct conversation *conversation, const struct composed *composed,
                      struct err *err)
{
    const struct conversation_parts *parts = conversation->parts;
    conversation->composed = composed;
    conversation->answers =
        answers_new(parts->la, composed, conversation->epoch, parts->pool, conversation->stream);
    struct buf query = {0};
    pack_query(&composed->query, &composed->options, composed->group, &query);
    send_packed(conversation, &query);
    Hearth__V1__ToLa *message = receive_kind(conversation, HEARTH__V1__TO_LA__KIND_ACCEPTED,
                                             "acceptance of the query", err);
    if (!message) return false;
    conversation->asked = message->accepted->asked;
    bool ok =
        message->accepted->query_hash.len == HASH_BYTES &&
        sodium_memcmp(message->accepted->query_hash.data, composed->query_hash, HASH_BYTES) == 0;
    if (!ok) (void)err_set(err, ERR_UNAVAILABLE, "query_hash", "the matcher names another query");
    hearth__v1__to_la__free_unpacked(message, NULL);
    return ok;
}

static bool prove(struct conversation *conversation, const Hearth__V1__ToLa *message,
                  struct err *err)
{
    struct buf proof = {0};
    if (message->kind_case != HEARTH__V1__TO_LA__KIND_CLOSE) {
        return err_set(err, ERR_UNAVAILABLE, "", "the matcher sent a message out of order");
    }
    if (!answers_prove(conversation->answers, message->close->agents, message->close->n_agents,
                       &proof, err)) {
        return false;
    }
    send_packed(conversation, &proof);
    return true;
}

bool conversation_share(struct conversation *conversation, conversation_progress_fn progress,
                        void *progress_ctx, struct err *err)
{
    enum { PROGRESS_MS = 100 };
    int64_t whole = (int64_t)conversation->deadline_ms + DEADLINE_SURPLUS_MS;
    int64_t last = clock_steady_ms() + whole * patience(conversation);
    for (;;) {
        bool timed_out = false;
        Hearth__V1__ToLa *message = receive(conversation, PROGRESS_MS, &timed_out, err);
        bool is_reply = message && message->kind_case == HEARTH__V1__TO_LA__KIND_REPLY;
        if (is_reply) answers_take(conversation->answers, message);
        bool ok = message && !is_reply && prove(conversation, message, err);
        if (progress) {
            progress(conversation->asked, answers_shared(conversation->answers), progress_ctx);
        }
        if (message && !is_reply) {
            hearth__v1__to_la__free_unpacked(message, NULL);
            return ok || unusable(err);
        }
        if (!message && !timed_out) return false;
        if (clock_steady_ms() >= last) {
            return err_set(err, ERR_UNAVAILABLE, "", "the matcher is too slow");
        }
    }
}

bool conversation_conclude(struct conversation *conversation, struct result *result,
                           struct err *err)
{
    Hearth__V1__ToLa *message =
        receive_kind(conversation, HEARTH__V1__TO_LA__KIND_RESULT, "result", err);
    if (!message) return false;
    const Hearth__V1__Signed *body = message->result;
    bool ok = certificate_verify(&conversation->matcher, TAG_RESULT, body->body.data,
                                 body->body.len, body->signature.data, body->signature.len, err) &&
              result_decode(body->body.data, body->body.len, result, err);
    if (ok &&
        sodium_memcmp(result->query_hash, conversation->composed->query_hash, HASH_BYTES) != 0) {
        ok = err_set(err, ERR_UNAVAILABLE, "query_hash", "the result belongs to another query");
    }
    if (ok && (result->choice != CHOICE_UNTOLD) != (conversation->composed->group != NULL)) {
        ok = err_set(err, ERR_UNAVAILABLE, "choice", "the result is of the wrong kind");
    }
    if (ok) keep_signed(body, &conversation->result_signed);
    hearth__v1__to_la__free_unpacked(message, NULL);
    return ok || unusable(err);
}

/* Until the last callback of the stream has run, which is soon after it was cancelled. */
static void wait_closed(struct conversation *conversation)
{
    enum rpc_status status = RPC_OK;
    char detail[ERR_TEXT_MAX];
    struct buf bytes = {0};
    while (inbox_wait(conversation->inbox, STEP_TIMEOUT_MS, &bytes, &status, detail) !=
           INBOX_CLOSED) {
        buf_free(&bytes);
    }
}

void conversation_close(struct conversation *conversation)
{
    if (!conversation) return;
    /* Work on the pool uses the stream, and the stream's callbacks use the inbox: in this order. */
    if (conversation->answers) answers_free(conversation->answers);
    rpc_stream_finish(conversation->stream, RPC_OK, "");
    rpc_stream_cancel(conversation->stream, RPC_CANCELLED, "the LA is done");
    wait_closed(conversation);
    rpc_stream_unref(conversation->stream);
    inbox_free(conversation->inbox);
    certificate_free(&conversation->matcher);
    signed_bytes_free(&conversation->epoch_signed);
    signed_bytes_free(&conversation->result_signed);
    free(conversation);
}
