/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/crypto/wire.h"
#include "proto/figures/serve_internal.h"
#include "proto/rpc/peer.h"

/* ---- life ---- */

static struct figures_stream *stream_new(struct figures_server *server, struct rpc_stream *rpc)
{
    struct figures_stream *stream = mem_new(struct figures_stream);
    atomic_init(&stream->refs, 1);
    stream->server = server;
    stream->stream = rpc;
    rpc_stream_ref(rpc);
    stream->role = rpc_stream_peer_role(rpc);
    text_copy_cut(stream->id, sizeof stream->id, rpc_stream_peer_id(rpc));
    stream->opened_ms = clock_steady_ms();
    return stream;
}

struct figures_stream *figures_stream_ref(struct figures_stream *stream)
{
    (void)atomic_fetch_add(&stream->refs, 1);
    return stream;
}

void figures_stream_unref(struct figures_stream *stream)
{
    if (!stream || atomic_fetch_sub(&stream->refs, 1) != 1) return;
    certificate_free(&stream->certificate);
    rpc_stream_unref(stream->stream);
    free(stream);
}

static void tell_refused(const struct figures_server *server, struct rpc_stream *rpc,
                         const struct err *err)
{
    if (server->parts.refused) server->parts.refused(rpc, err, server->parts.ctx);
}

void figures_end(struct figures_stream *stream, const struct err *err, bool refused)
{
    if (atomic_exchange(&stream->ended, true)) return;
    if (!err) {
        rpc_stream_finish(stream->stream, RPC_OK, "");
    } else {
        if (refused) {
            tell_refused(stream->server, stream->stream, err);
        } else {
            log_err(LOG_LEVEL_INFO, "figures_ended", err);
        }
        rpc_stream_fail(stream->stream, err);
    }
    /* The status goes out behind what is queued: who does not take it is cut off by the tick. */
    atomic_store(&stream->ended_ms, clock_steady_ms());
}

bool figures_may_stay(struct figures_stream *stream, struct err *err)
{
    const struct figures_server_parts *parts = &stream->server->parts;
    if (trust_is_revoked(parts->trust, stream->certificate.serial)) {
        return err_set(err, ERR_DENIED, "certificate", "revoked");
    }
    if (clock_wall_ms() > stream->certificate.not_after) {
        return err_set(err, ERR_EXPIRED, "certificate", "expired");
    }
    return stream->role != ROLE_AGENT || !parts->listed || parts->listed(stream->id, parts->ctx) ||
           err_set(err, ERR_DENIED, "certificate", "%s is not in the directory of agencies",
                   stream->id);
}

/* ---- answers ---- */

void figures_send(struct figures_stream *stream, const Hearth__V1__ToFigures *message)
{
    struct err err;
    if (atomic_load(&stream->ended) || peer_send(stream->stream, &message->base)) return;
    (void)err_set(&err, ERR_BUDGET, "message", "too many messages wait to be taken");
    figures_end(stream, &err, true);
}

static void send_refused(struct figures_stream *stream, const uint8_t *hash, const struct err *err)
{
    char code[32], text[RPC_DETAIL_MAX];
    Hearth__V1__FiguresRefused body = HEARTH__V1__FIGURES_REFUSED__INIT;
    Hearth__V1__ToFigures message = HEARTH__V1__TO_FIGURES__INIT;
    text_copy_cut(code, sizeof code, err_code_name(err->code));
    (void)rpc_detail(err, text);
    if (hash) body.hash = wire_data(hash, HASH_BYTES);
    body.code = code;
    body.text = text;
    message.kind_case = HEARTH__V1__TO_FIGURES__KIND_REFUSED;
    message.refused = &body;
    figures_send(stream, &message);
}

/* Each refusal costs a line of the journal: nobody gets any number of them out of one stream. A hub
 * passes on what others have signed, which may be at fault without it. */
static void refuse(struct figures_stream *stream, const uint8_t *hash, const struct err *err)
{
    struct err last;
    unsigned most = stream->role == ROLE_HUB ? MANIFEST_ENROLLED_MAX : FIGURES_REFUSALS;
    tell_refused(stream->server, stream->stream, err);
    send_refused(stream, hash, err);
    if (++stream->refusals < most) return;
    (void)err_set(&last, ERR_BUDGET, "message", "%u messages of this stream were refused", most);
    figures_end(stream, &last, true);
}

void figures_cannot(struct figures_stream *stream, const uint8_t hash[HASH_BYTES],
                    const struct err *err)
{
    struct err told;
    switch (err->code) {
    case ERR_UNAVAILABLE: figures_end(stream, err, false); return;
    case ERR_IO:
    case ERR_CORRUPT:
    case ERR_INTERNAL:
    case ERR_NONE:
        log_err(LOG_LEVEL_ERROR, "figures_failed", err);
        (void)err_set(&told, ERR_UNAVAILABLE, NULL, "the store for figures has failed");
        figures_end(stream, &told, false);
        return;
    default: refuse(stream, hash, err);
    }
}

/* ---- the queue: what callbacks hand to the figures' thread ---- */

static void run_step(void *owner, const uint8_t *data, size_t len)
{
    struct figures_stream *stream = owner;
    (void)atomic_fetch_sub(&stream->server->queued_bytes, len);
    if (atomic_load(&stream->ended)) return;
    if (data) {
        figures_step(stream, data, len);
    } else {
        figures_end(stream, NULL, false);
    }
}

static void let_go(void *owner)
{
    figures_stream_unref(owner);
}

static void queue(struct figures_stream *stream, const uint8_t *data, size_t len)
{
    static const struct work_kind kind = {run_step, let_go};
    (void)atomic_fetch_add(&stream->server->queued_bytes, len);
    work_add(&stream->work, stream->server->thread, &kind, figures_stream_ref(stream), data, len);
}

static bool may_queue(struct figures_stream *stream, size_t len, struct err *err)
{
    if (len > FIGURES_MESSAGE_MAX) {
        return err_set(err, ERR_INVALID, "message", "%zu bytes; at most %d are possible", len,
                       FIGURES_MESSAGE_MAX);
    }
    if (!work_has_room(&stream->work, len, FIGURES_QUEUE, FIGURES_QUEUE_BYTES)) {
        return err_set(err, ERR_BUDGET, "message",
                       "more than %d messages or %d MiB are unanswered on this stream",
                       FIGURES_QUEUE, FIGURES_QUEUE_BYTES >> 20);
    }
    return atomic_load(&stream->server->queued_bytes) + len <= FIGURES_QUEUE_ALL ||
           err_set(err, ERR_UNAVAILABLE, NULL, "too much waits to be worked on; try again later");
}

/* ---- callbacks of the stream ---- */

static bool check_open(const struct figures_server *server, const struct rpc_stream *rpc,
                       struct err *err)
{
    enum role role = rpc_stream_peer_role(rpc);
    if (role == ROLE_AGENT || role == ROLE_LA ||
        (role == ROLE_HUB && server->role == ROLE_MATCHER)) {
        return peer_check_role(rpc, role, err);
    }
    return err_set(err, role == ROLE_NONE ? ERR_UNAUTHENTICATED : ERR_DENIED, "certificate",
                   "this call is for agencies, LAs%s; the TLS certificate says %s",
                   server->role == ROLE_MATCHER ? " and hubs" : "", role_name(role));
}

static void on_opened(struct rpc_stream *rpc, void *ctx)
{
    struct figures_server *server = ctx;
    struct err err;
    if (server->parts.streams) server->parts.streams(1, server->parts.ctx);
    if (!check_open(server, rpc, &err)) {
        tell_refused(server, rpc, &err);
        rpc_stream_fail(rpc, &err);
        return;
    }
    struct figures_stream *stream = stream_new(server, rpc);
    if (figures_enter(server, stream, &err)) {
        rpc_stream_set_user(rpc, stream);
        return;
    }
    figures_end(stream, &err, err.code != ERR_UNAVAILABLE);
    figures_stream_unref(stream);
}

static void on_message(struct rpc_stream *rpc, const uint8_t *data, size_t len, void *ctx)
{
    (void)ctx;
    struct figures_stream *stream = rpc_stream_user(rpc);
    struct err err;
    if (!stream || atomic_load(&stream->ended)) return;
    if (may_queue(stream, len, &err)) {
        queue(stream, data, len);
    } else {
        figures_end(stream, &err, err.code != ERR_UNAVAILABLE);
    }
}

static void on_half_closed(struct rpc_stream *rpc, void *ctx)
{
    (void)ctx;
    struct figures_stream *stream = rpc_stream_user(rpc);
    if (stream) queue(stream, NULL, 0);
}

static void on_closed(struct rpc_stream *rpc, enum rpc_status status, const char *detail, void *ctx)
{
    (void)status;
    (void)detail;
    struct figures_server *server = ctx;
    struct figures_stream *stream = rpc_stream_user(rpc);
    if (stream) {
        rpc_stream_set_user(rpc, NULL);
        atomic_store(&stream->ended, true);
        figures_leave(server, stream);
        figures_stream_unref(stream);
    }
    if (server->parts.streams) server->parts.streams(-1, server->parts.ctx);
}

const struct rpc_events figures_server_events = {
    .opened = on_opened,
    .message = on_message,
    .half_closed = on_half_closed,
    .closed = on_closed,
};
