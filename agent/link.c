/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/link.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys/signed.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/crypto/wire.h"
#include "proto/rpc/peer.h"

enum state {
    LINK_IDLE,    /* no stream; the next attempt is at next_ms */
    LINK_DIALLED, /* hello sent, no welcome yet */
    LINK_ATTACHED,
    LINK_ENDED /* the stream is closed; the channel waits to be cleaned up */
};

struct link {
    struct link_parts parts;
    struct rpc_channel *channel; /* owner's thread only */
    struct rpc_stream *stream;   /* owner's thread only */
    unsigned failures;           /* since the last welcome; owner's thread only */
    int64_t next_ms;             /* owner's thread only */

    pthread_mutex_t lock; /* for what follows, which callbacks change */
    enum state state;
    bool welcomed; /* this stream was */
    enum rpc_status status;
    uint64_t log_length; /* of the last receipt */
    uint8_t log_head[HASH_BYTES];
};

int64_t link_pause_ms(unsigned failures, bool refused, uint32_t chance)
{
    int64_t whole = LINK_PAUSE_MIN_MS;
    for (unsigned i = 0; i < failures && whole < LINK_PAUSE_MAX_MS; i++) whole *= 2;
    if (refused || whole > LINK_PAUSE_MAX_MS) whole = LINK_PAUSE_MAX_MS;
    return whole / 2 + (whole - whole / 2) * (int64_t)chance / UINT32_MAX;
}

static void lock(struct link *link)
{
    REQUIRE(pthread_mutex_lock(&link->lock) == 0);
}

static void unlock(struct link *link)
{
    REQUIRE(pthread_mutex_unlock(&link->lock) == 0);
}

static void wake(const struct link *link)
{
    uint64_t one = 1;
    /* Full means that it is awake already. */
    if (write(link->parts.wake_fd, &one, sizeof one) < 0) log_debug("wake", "state=awake");
}

/* ---- callbacks ---- */

static bool on_welcome(struct link *link, const struct rpc_stream *stream,
                       const Hearth__V1__AttachWelcome *welcome, struct err *err)
{
    struct certificate matcher = {0};
    if (!version_check(welcome->protocol, welcome->catalogue, link->parts.catalogue->version,
                       "the matcher", err)) {
        return false;
    }
    if (!peer_certificate(stream, link->parts.trust, ROLE_MATCHER, link->parts.matcher_id,
                          welcome->certificate, &matcher, err)) {
        return err_in(err, "welcome");
    }
    bool ok = checker_set_matcher(link->parts.checker, &matcher, err);
    certificate_free(&matcher);
    if (!ok) return false;
    lock(link);
    link->state = LINK_ATTACHED;
    link->welcomed = true;
    unlock(link);
    metrics_add(link->parts.metrics, MEASURE_CONNECTS, CONNECT_WELCOMED, 0, 1);
    wake(link);
    return true;
}

static bool read_receipt(struct link *link, const Hearth__V1__Signed *in, struct receipt *out,
                         struct err *err)
{
    const char *own = identity_certificate(link->parts.identity)->organisation;
    if (!checker_verify_matcher(link->parts.checker, TAG_RECEIPT, in, err) ||
        !receipt_decode(in->body.data, in->body.len, out, err)) {
        return false;
    }
    return strcmp(out->agent, own) == 0 ||
           err_set(err, ERR_INVALID, "receipt.agent", "%s, not %s", out->agent, own);
}

static void keep_receipt(const struct link *link, const Hearth__V1__Signed *in)
{
    struct signed_bytes receipt;
    REQUIRE(in->signature.len == SIGNATURE_BYTES); /* it was verified */
    signed_bytes_set(in->body.data, in->body.len, in->signature.data, &receipt);
    keeper_receipt(link->parts.keeper, &receipt);
    signed_bytes_free(&receipt);
}

/* Kept so that a matcher that rewrites its log contradicts what agents hold. */
static bool on_receipt(struct link *link, const Hearth__V1__Signed *in, struct err *err)
{
    struct receipt receipt;
    char head[2 * HASH_BYTES + 1];
    char query[2 * HASH_BYTES + 1];
    if (!read_receipt(link, in, &receipt, err)) return false;
    lock(link);
    bool shorter = receipt.log_length < link->log_length;
    if (!shorter) {
        link->log_length = receipt.log_length;
        memcpy(link->log_head, receipt.log_head, HASH_BYTES);
    }
    unlock(link);
    keep_receipt(link, in);
    metrics_add(link->parts.metrics, MEASURE_RECEIPTS, 0, 0, 1);
    if (shorter) {
        log_warn("log_shorter", "query=%s reason=\"the matcher's log is shorter than before\"",
                 text_hex(receipt.query_hash, HASH_BYTES, query));
    }
    log_info("receipt", "query=%s at=%llu:%s", text_hex(receipt.query_hash, HASH_BYTES, query),
             (unsigned long long)receipt.log_length, text_hex(receipt.log_head, HASH_BYTES, head));
    return true;
}

/* What may come when. Takes the message where it returns true with *taken set. */
static bool dispatch(struct link *link, struct rpc_stream *stream, Hearth__V1__ToAgent *message,
                     bool *taken, struct err *err)
{
    lock(link);
    bool attached = link->state == LINK_ATTACHED;
    unlock(link);
    int kind = (int)message->kind_case;
    if (!attached && kind == HEARTH__V1__TO_AGENT__KIND_WELCOME) {
        return on_welcome(link, stream, message->welcome, err);
    }
    if (attached && kind == HEARTH__V1__TO_AGENT__KIND_RECEIPT) {
        return on_receipt(link, message->receipt, err);
    }
    if (attached && kind == HEARTH__V1__TO_AGENT__KIND_QUERY) {
        answerer_take(link->parts.answerer, stream, message, clock_steady_us());
        *taken = true;
        return true;
    }
    return err_set(err, ERR_INVALID, "message", "of kind %d is not expected %s the welcome", kind,
                   attached ? "after" : "before");
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    struct link *link = ctx;
    struct err err = {0};
    bool taken = false;
    Hearth__V1__ToAgent *message = hearth__v1__to_agent__unpack(NULL, len, data);
    bool ok = message ? dispatch(link, stream, message, &taken, &err)
                      : err_set(&err, ERR_INVALID, "message", "cannot be decoded");
    if (!ok) {
        log_err(LOG_LEVEL_WARN, "matcher_message", &err);
        rpc_stream_cancel(stream, rpc_status_of(err.code), err.text);
    }
    if (message && !taken) hearth__v1__to_agent__free_unpacked(message, NULL);
}

static bool is_refusal(enum rpc_status status)
{
    return status == RPC_PERMISSION_DENIED || status == RPC_UNAUTHENTICATED;
}

static void on_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                      void *ctx)
{
    (void)stream;
    struct link *link = ctx;
    log_line(is_refusal(status) ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "detached",
             "status=%s reason=\"%s\"", rpc_status_name(status), detail);
    lock(link);
    bool was_attached = link->state == LINK_ATTACHED;
    link->state = LINK_ENDED;
    link->status = status;
    unlock(link);
    if (was_attached) metrics_add(link->parts.metrics, MEASURE_CONNECTS, CONNECT_LOST, 0, 1);
    wake(link);
}

/* ---- the owner's side ---- */

struct link *link_new(const struct link_parts *parts)
{
    struct link *link = mem_new(struct link);
    link->parts = *parts;
    REQUIRE(pthread_mutex_init(&link->lock, NULL) == 0);
    link->next_ms = clock_steady_ms();
    return link;
}

static void clean_up(struct link *link)
{
    rpc_channel_close(link->channel);
    rpc_stream_unref(link->stream);
    link->channel = NULL;
    link->stream = NULL;
}

void link_free(struct link *link)
{
    if (!link) return;
    clean_up(link);
    (void)pthread_mutex_destroy(&link->lock);
    free(link);
}

static void send_hello(struct link *link)
{
    Hearth__V1__Signed own = signed_message_of(&identity_certificate(link->parts.identity)->raw);
    Hearth__V1__AttachHello hello = HEARTH__V1__ATTACH_HELLO__INIT;
    Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
    struct buf bytes = {0};
    hello.protocol = PROTOCOL_VERSION;
    hello.catalogue = link->parts.catalogue->version;
    hello.certificate = &own;
    message.kind_case = HEARTH__V1__FROM_AGENT__KIND_HELLO;
    message.hello = &hello;
    wire_pack(&message.base, &bytes);
    (void)rpc_stream_send_bytes(link->stream, bytes.data, bytes.len);
    buf_free(&bytes);
}

static void pause_for(struct link *link, bool refused)
{
    int64_t pause = link_pause_ms(link->failures, refused, randombytes_random());
    link->failures++;
    link->next_ms = clock_steady_ms() + pause;
    log_info("reconnect", "in_ms=%lld", (long long)pause);
    lock(link);
    link->state = LINK_IDLE;
    unlock(link);
}

/* A channel of its own for each attempt: gRPC's pauses between attempts do not add to ours. */
static void dial(struct link *link)
{
    metrics_add(link->parts.metrics, MEASURE_CONNECTS, CONNECT_ATTEMPT, 0, 1);
    static const struct rpc_events events = {.message = on_message, .closed = on_closed};
    const struct rpc_channel_config config = {.target = link->parts.target,
                                              .server_id = link->parts.matcher_id,
                                              .message_max = MESSAGE_MAX,
                                              .queue_max = ANSWERS_MAX};
    struct err err = {0};
    if (!rpc_channel_open(&config, link->parts.identity, link->parts.trust, &link->channel, &err)) {
        log_err(LOG_LEVEL_ERROR, "dial", &err);
        link->channel = NULL;
        pause_for(link, false);
        return;
    }
    lock(link);
    link->state = LINK_DIALLED;
    link->welcomed = false;
    unlock(link);
    link->next_ms = clock_steady_ms() + LINK_WELCOME_MS;
    link->stream = rpc_channel_call(link->channel, METHOD_ATTACH, 0, &events, link);
    send_hello(link);
}

int64_t link_step(struct link *link)
{
    lock(link);
    enum state state = link->state;
    bool welcomed = link->welcomed;
    enum rpc_status status = link->status;
    unlock(link);
    if (state == LINK_ENDED) {
        clean_up(link);
        if (welcomed) link->failures = 0;
        pause_for(link, is_refusal(status));
        state = LINK_IDLE;
    }
    if (state == LINK_ATTACHED) return LINK_PAUSE_MAX_MS;
    if (clock_steady_ms() >= link->next_ms) {
        if (state == LINK_IDLE) {
            dial(link);
        } else {
            rpc_stream_cancel(link->stream, RPC_DEADLINE_EXCEEDED, "no welcome from the matcher");
            link->next_ms = clock_steady_ms() + LINK_WELCOME_MS;
        }
    }
    int64_t left = link->next_ms - clock_steady_ms();
    return left > 0 ? left : 0;
}

bool link_attached(struct link *link)
{
    lock(link);
    bool attached = link->state == LINK_ATTACHED;
    unlock(link);
    return attached;
}

void link_recheck(struct link *link)
{
    struct err err = {0};
    if (!link_attached(link)) return;
    if (checker_matcher_good(link->parts.checker, clock_wall_ms(), &err)) return;
    log_err(LOG_LEVEL_ERROR, "matcher", &err);
    rpc_stream_cancel(link->stream, err.code == ERR_EXPIRED ? RPC_UNAVAILABLE : RPC_UNAUTHENTICATED,
                      err.text);
}

void link_renew(struct link *link)
{
    if (!link->stream) return;
    rpc_stream_cancel(link->stream, RPC_UNAVAILABLE, "this party's certificate was renewed");
}
