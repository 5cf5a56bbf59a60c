/* SPDX-License-Identifier: Apache-2.0
 * A stream's life: start, receive, end. The call is released when its last batch is done, so that a
 * reference that someone still holds keeps nothing of gRPC alive.
 */
#include "proto/rpc/rpc_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <grpc/support/alloc.h>
#include <sodium.h>

#include "proto/base/log.h"
#include "proto/base/mem.h"

static const struct rpc_peer nobody = {.role = ROLE_NONE};

static void receive_done(void *owner, bool ok);
static void opening_done(void *owner, bool ok);
static void ending_done(void *owner, bool ok);

struct rpc_stream *rpc_stream_new(struct rpc_registry *registry, size_t queue_max,
                                  const struct rpc_events *events, void *ctx)
{
    struct rpc_stream *stream = mem_new(struct rpc_stream);
    atomic_init(&stream->refs, 1);
    atomic_init(&stream->user, NULL);
    atomic_init(&stream->known_peer, &nobody);
    stream->registry = registry;
    stream->queue_max = queue_max ? queue_max : RPC_QUEUE_DEFAULT;
    stream->events = events;
    stream->ctx = ctx;
    stream->opening = (struct rpc_tag){.done = opening_done, .owner = stream};
    stream->receiving = (struct rpc_tag){.done = receive_done, .owner = stream};
    stream->sending = (struct rpc_tag){.done = rpc_send_done, .owner = stream};
    stream->ending = (struct rpc_tag){.done = ending_done, .owner = stream};
    stream->queue_last = &stream->queue_first;
    stream->end_detail = grpc_empty_slice();
    grpc_metadata_array_init(&stream->headers);
    grpc_metadata_array_init(&stream->trailers);
    REQUIRE(pthread_mutex_init(&stream->lock, NULL) == 0);
    return stream;
}

void rpc_stream_ref(struct rpc_stream *stream)
{
    atomic_fetch_add(&stream->refs, 1);
}

void rpc_stream_unref(struct rpc_stream *stream)
{
    if (!stream || atomic_fetch_sub(&stream->refs, 1) != 1) return;
    REQUIRE(!stream->call && !stream->queue_first);
    grpc_slice_unref(stream->end_detail);
    grpc_metadata_array_destroy(&stream->headers);
    grpc_metadata_array_destroy(&stream->trailers);
    pthread_mutex_destroy(&stream->lock);
    free(stream->finish_detail);
    free(stream);
}

/* ---- batches and the end ---- */

bool rpc_stream_batch(struct rpc_stream *stream, const grpc_op *op, size_t count,
                      struct rpc_tag *tag)
{
    stream->open_batches++;
    grpc_call_error error =
        grpc_call_start_batch(stream->call, op, count, rpc_tag_start(tag), NULL);
    if (error == GRPC_CALL_OK) return true;
    stream->open_batches--;
    log_error("rpc_batch", "reason=\"%s\"", grpc_call_error_to_string(error));
    (void)grpc_call_cancel(stream->call, NULL);
    return false;
}

static void tell_closed(struct rpc_stream *stream)
{
    if (!stream->events->closed) return;
    if (!stream->is_client) {
        enum rpc_status status = stream->end_cancelled ? RPC_CANCELLED : RPC_OK;
        stream->events->closed(stream, status, "", stream->ctx);
        return;
    }
    char *detail = grpc_slice_to_c_string(stream->end_detail);
    atomic_store(&stream->retry_ms, rpc_retry_read(&stream->trailers));
    stream->events->closed(stream, (enum rpc_status)stream->end_status, detail, stream->ctx);
    gpr_free(detail);
}

void rpc_stream_batch_done(struct rpc_stream *stream)
{
    grpc_call *call = NULL;
    pthread_mutex_lock(&stream->lock);
    if (--stream->open_batches == 0) {
        call = stream->call;
        stream->call = NULL;
        rpc_send_drop(stream);
    }
    pthread_mutex_unlock(&stream->lock);
    if (!call) return;
    tell_closed(stream);
    rpc_limit_closed(stream);
    grpc_call_unref(call);
    /* From here on the server or channel may be gone. */
    rpc_registry_remove(stream->registry, stream);
    rpc_stream_unref(stream);
}

static void ending_done(void *owner, bool ok)
{
    struct rpc_stream *stream = owner;
    (void)ok; /* gRPC: this operation always succeeds */
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    rpc_send_drop(stream);
    pthread_mutex_unlock(&stream->lock);
    rpc_stream_batch_done(stream);
}

/* ---- receiving: the next message is asked for when the callback has returned ---- */

/* Whether callbacks still want to hear of what comes in. */
static bool listens(struct rpc_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    bool yes = !stream->cancelled && (stream->is_client || !stream->finish_asked);
    pthread_mutex_unlock(&stream->lock);
    return yes;
}

static void receive_next(struct rpc_stream *stream)
{
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
    op.data.recv_message.recv_message = &stream->received;
    pthread_mutex_lock(&stream->lock);
    (void)rpc_stream_batch(stream, &op, 1, &stream->receiving);
    pthread_mutex_unlock(&stream->lock);
}

static void tell_message(struct rpc_stream *stream)
{
    grpc_slice bytes;
    if (!rpc_message_read(stream->received, &bytes)) {
        rpc_stream_cancel(stream, RPC_UNIMPLEMENTED, "compressed messages are not accepted");
        return;
    }
    if (listens(stream) && rpc_limit_message(stream, GRPC_SLICE_LENGTH(bytes)) &&
        stream->events->message) {
        stream->events->message(stream, GRPC_SLICE_START_PTR(bytes), GRPC_SLICE_LENGTH(bytes),
                                stream->ctx);
    }
    sodium_memzero(GRPC_SLICE_START_PTR(bytes), GRPC_SLICE_LENGTH(bytes));
    grpc_slice_unref(bytes);
}

static void receive_done(void *owner, bool ok)
{
    struct rpc_stream *stream = owner;
    if (stream->received) {
        tell_message(stream);
        rpc_message_wipe(stream->received);
        grpc_byte_buffer_destroy(stream->received);
        stream->received = NULL;
        if (stream->is_client || listens(stream)) receive_next(stream);
    } else if (ok && !stream->is_client && stream->events->half_closed && listens(stream) &&
               !grpc_call_failed_before_recv_message(stream->call)) {
        stream->events->half_closed(stream, stream->ctx);
    }
    rpc_stream_batch_done(stream);
}

/* ---- starting ---- */

static void learn_peer(struct rpc_stream *stream)
{
    rpc_tls_peer(stream->call, &stream->peer);
    atomic_store(&stream->known_peer, &stream->peer);
}

/* Client: the connection is there; nothing was sent on it but the method's name. TLS has checked
 * that the certificate is the Authority's and names server_id; any party's does that, so look at
 * the role. */
static void check_server(struct rpc_stream *stream)
{
    learn_peer(stream);
    if (stream->peer.role != stream->server_role ||
        strcmp(stream->peer.id, stream->server_id) != 0) {
        char detail[160];
        (void)snprintf(detail, sizeof detail,
                       "the server's certificate is for %s %s, not for %s %s",
                       role_name(stream->peer.role), stream->peer.id,
                       role_name(stream->server_role), stream->server_id);
        rpc_stream_cancel(stream, RPC_UNAUTHENTICATED, detail);
        return;
    }
    pthread_mutex_lock(&stream->lock);
    stream->may_send = true;
    rpc_send_next(stream);
    pthread_mutex_unlock(&stream->lock);
}

static void opening_done(void *owner, bool ok)
{
    struct rpc_stream *stream = owner;
    if (stream->is_client && ok) check_server(stream);
    rpc_stream_batch_done(stream);
}

void rpc_stream_start_server(struct rpc_stream *stream, grpc_call *call,
                             const struct rpc_guard *guard)
{
    static const struct rpc_events untold = {.opened = NULL};
    grpc_op end = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};
    end.data.recv_close_on_server.cancelled = &stream->end_cancelled;
    const grpc_op headers = {.op = GRPC_OP_SEND_INITIAL_METADATA};
    stream->call = call;
    stream->guard = *guard;
    learn_peer(stream);
    rpc_registry_add(stream->registry, stream);
    pthread_mutex_lock(&stream->lock);
    REQUIRE(rpc_stream_batch(stream, &end, 1, &stream->ending));
    (void)rpc_stream_batch(stream, &headers, 1, &stream->opening);
    stream->may_send = true;
    pthread_mutex_unlock(&stream->lock);
    if (!rpc_limit_opened(stream)) {
        stream->events = &untold;
        return;
    }
    if (stream->events->opened) stream->events->opened(stream, stream->ctx);
    receive_next(stream);
}

void rpc_stream_start_client(struct rpc_stream *stream, grpc_call *call, enum role server_role,
                             const char *server_id)
{
    grpc_op end = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT};
    end.data.recv_status_on_client.trailing_metadata = &stream->trailers;
    end.data.recv_status_on_client.status = &stream->end_status;
    end.data.recv_status_on_client.status_details = &stream->end_detail;
    const grpc_op headers = {.op = GRPC_OP_SEND_INITIAL_METADATA};
    grpc_op first[2] = {{.op = GRPC_OP_RECV_INITIAL_METADATA}, {.op = GRPC_OP_RECV_MESSAGE}};
    first[0].data.recv_initial_metadata.recv_initial_metadata = &stream->headers;
    first[1].data.recv_message.recv_message = &stream->received;
    stream->is_client = true;
    stream->call = call;
    stream->server_role = server_role;
    (void)snprintf(stream->server_id, sizeof stream->server_id, "%s", server_id);
    rpc_registry_add(stream->registry, stream);
    pthread_mutex_lock(&stream->lock);
    REQUIRE(rpc_stream_batch(stream, &end, 1, &stream->ending));
    (void)rpc_stream_batch(stream, &headers, 1, &stream->opening);
    (void)rpc_stream_batch(stream, first, 2, &stream->receiving);
    pthread_mutex_unlock(&stream->lock);
}

/* ---- what is known of a stream ---- */

void rpc_stream_set_user(struct rpc_stream *stream, void *user)
{
    atomic_store(&stream->user, user);
}

void *rpc_stream_user(const struct rpc_stream *stream)
{
    return atomic_load(&stream->user);
}

int64_t rpc_stream_retry_ms(const struct rpc_stream *stream)
{
    return atomic_load(&stream->retry_ms);
}

const char *rpc_stream_peer_id(const struct rpc_stream *stream)
{
    return atomic_load(&stream->known_peer)->id;
}

enum role rpc_stream_peer_role(const struct rpc_stream *stream)
{
    return atomic_load(&stream->known_peer)->role;
}

uint64_t rpc_stream_peer_serial(const struct rpc_stream *stream)
{
    return atomic_load(&stream->known_peer)->serial;
}

const char *rpc_stream_peer_address(const struct rpc_stream *stream)
{
    return atomic_load(&stream->known_peer)->address;
}
