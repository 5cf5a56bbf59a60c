/* SPDX-License-Identifier: Apache-2.0
 * The send side of a stream: one operation at a time, the rest waits in a bounded queue. The end of
 * an operation means that gRPC has taken the bytes, not that the peer has them.
 */
#include "proto/rpc/rpc_internal.h"

#include <stdlib.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"

/* With the lock held; NULL where nothing waits. */
static struct rpc_message *take_first(struct rpc_stream *stream)
{
    struct rpc_queued *first = stream->queue_first;
    if (!first) return NULL;
    struct rpc_message *message = first->message;
    stream->queue_first = first->next;
    if (!stream->queue_first) stream->queue_last = &stream->queue_first;
    stream->queued--;
    free(first);
    return message;
}

void rpc_send_drop(struct rpc_stream *stream)
{
    struct rpc_message *message = NULL;
    while ((message = take_first(stream))) rpc_message_unref(message);
}

static void send_finish(struct rpc_stream *stream)
{
    grpc_op op = {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT};
    grpc_metadata retry;
    grpc_slice detail = grpc_empty_slice();
    bool says_when = !stream->is_client && stream->finish_retry_ms > 0;
    if (!stream->is_client) {
        detail = grpc_slice_from_copied_string(stream->finish_detail);
        op.op = GRPC_OP_SEND_STATUS_FROM_SERVER;
        op.data.send_status_from_server.status = (grpc_status_code)stream->finish_status;
        op.data.send_status_from_server.status_details = &detail;
    }
    if (says_when) {
        rpc_retry_set(&retry, stream->finish_retry_ms);
        op.data.send_status_from_server.trailing_metadata = &retry;
        op.data.send_status_from_server.trailing_metadata_count = 1;
    }
    stream->finish_sent = true;
    stream->send_open = rpc_stream_batch(stream, &op, 1, &stream->sending);
    grpc_slice_unref(detail); /* gRPC has its own references */
    if (says_when) rpc_retry_clear(&retry);
}

void rpc_send_next(struct rpc_stream *stream)
{
    if (stream->send_open || !stream->may_send || stream->cancelled || stream->ended) return;
    struct rpc_message *message = take_first(stream);
    if (message) {
        stream->sent = rpc_message_buffer(message);
        rpc_message_unref(message);
        grpc_op op = {.op = GRPC_OP_SEND_MESSAGE};
        op.data.send_message.send_message = stream->sent;
        stream->sent_at_ms = clock_steady_ms();
        stream->send_open = rpc_stream_batch(stream, &op, 1, &stream->sending);
    } else if (stream->finish_asked && !stream->finish_sent) {
        send_finish(stream);
    }
}

void rpc_send_done(void *owner, bool ok)
{
    struct rpc_stream *stream = owner;
    pthread_mutex_lock(&stream->lock);
    if (stream->sent) grpc_byte_buffer_destroy(stream->sent);
    stream->sent = NULL;
    stream->send_open = false;
    if (!ok) stream->ended = true;
    if (stream->ended) rpc_send_drop(stream);
    rpc_send_next(stream);
    pthread_mutex_unlock(&stream->lock);
    rpc_stream_batch_done(stream);
}

int64_t rpc_stream_stalled_ms(struct rpc_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    int64_t ms = stream->sent && !stream->ended ? clock_steady_ms() - stream->sent_at_ms : 0;
    pthread_mutex_unlock(&stream->lock);
    return ms;
}

bool rpc_stream_send(struct rpc_stream *stream, struct rpc_message *message)
{
    pthread_mutex_lock(&stream->lock);
    bool room = stream->call && !stream->cancelled && !stream->ended && !stream->finish_asked &&
                stream->queued < stream->queue_max;
    if (room) {
        struct rpc_queued *item = mem_new(struct rpc_queued);
        item->message = rpc_message_ref(message);
        *stream->queue_last = item;
        stream->queue_last = &item->next;
        stream->queued++;
        rpc_send_next(stream);
    }
    pthread_mutex_unlock(&stream->lock);
    return room;
}

bool rpc_stream_send_bytes(struct rpc_stream *stream, const void *data, size_t len)
{
    struct rpc_message *message = rpc_message_new(data, len);
    bool sent = rpc_stream_send(stream, message);
    rpc_message_unref(message);
    return sent;
}

static void finish(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                   int64_t retry_ms)
{
    pthread_mutex_lock(&stream->lock);
    if (stream->call && !stream->finish_asked) {
        stream->finish_asked = true;
        stream->finish_status = status;
        stream->finish_detail = mem_string(detail ? detail : "");
        stream->finish_retry_ms = retry_ms;
        rpc_send_next(stream);
    }
    pthread_mutex_unlock(&stream->lock);
}

void rpc_stream_finish(struct rpc_stream *stream, enum rpc_status status, const char *detail)
{
    finish(stream, status, detail, 0);
}

void rpc_send_refuse(struct rpc_stream *stream, const struct err *err)
{
    pthread_mutex_lock(&stream->lock);
    rpc_send_drop(stream);
    pthread_mutex_unlock(&stream->lock);
    rpc_stream_fail(stream, err);
}

void rpc_stream_fail(struct rpc_stream *stream, const struct err *err)
{
    char detail[RPC_DETAIL_MAX];
    finish(stream, rpc_status_of(err->code), rpc_detail(err, detail), err->retry_ms);
}

void rpc_stream_cancel(struct rpc_stream *stream, enum rpc_status status, const char *detail)
{
    REQUIRE(status != RPC_OK);
    pthread_mutex_lock(&stream->lock);
    if (stream->call && !stream->cancelled) {
        stream->cancelled = true;
        rpc_send_drop(stream);
        (void)grpc_call_cancel_with_status(stream->call, (grpc_status_code)status,
                                           detail ? detail : "", NULL);
    }
    pthread_mutex_unlock(&stream->lock);
}
