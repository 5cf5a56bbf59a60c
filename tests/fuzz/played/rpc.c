/* SPDX-License-Identifier: Apache-2.0
 * Streams are queues. One lock for all of them: some are used by threads of the party that is
 * tested.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "tests/fuzz/played/played.h"

struct rpc_message {
    atomic_size_t refs;
    struct buf bytes;
};

struct sent {
    struct rpc_message *message;
    struct sent *next;
};

struct rpc_stream {
    atomic_size_t refs;
    const struct rpc_events *events;
    void *ctx;
    _Atomic(void *) user;
    enum role role;
    char id[ID_MAX + 1];
    uint64_t serial;
    size_t queue_max;
    bool is_client;
    struct rpc_stream *next; /* of the channel */
    /* under the lock */
    struct sent *first, **last;
    size_t queued;
    bool finished, cancelled, closed;
};

struct rpc_channel {
    enum role role;
    char id[ID_MAX + 1];
    size_t queue_max;
    struct rpc_stream *streams; /* a reference each */
};

struct rpc_server {
    struct rpc_server_config config;
    struct rpc_method methods[8];
};

enum { QUEUE_DEFAULT = 64 };

/* Of the process. */
struct network {
    pthread_mutex_t lock;
    struct rpc_server *server;    /* the last that was started */
    struct rpc_stream *last_call; /* of a client */
    struct played_server answers;
};

static struct network *network(void)
{
    static struct network only = {.lock = PTHREAD_MUTEX_INITIALIZER};
    return &only;
}

static void lock(void)
{
    REQUIRE(pthread_mutex_lock(&network()->lock) == 0);
}

static void unlock(void)
{
    REQUIRE(pthread_mutex_unlock(&network()->lock) == 0);
}

/* ---- messages ---- */

struct rpc_message *rpc_message_new(const void *data, size_t len)
{
    struct rpc_message *message = mem_new(struct rpc_message);
    atomic_init(&message->refs, 1);
    buf_append(&message->bytes, data, len);
    return message;
}

void rpc_message_unref(struct rpc_message *message)
{
    if (!message || atomic_fetch_sub(&message->refs, 1) != 1) return;
    buf_free(&message->bytes);
    free(message);
}

/* ---- streams ---- */

static struct rpc_stream *stream_new(const struct rpc_events *events, void *ctx, size_t queue_max)
{
    struct rpc_stream *stream = mem_new(struct rpc_stream);
    atomic_init(&stream->refs, 1);
    stream->events = events;
    stream->ctx = ctx;
    stream->queue_max = queue_max > 0 ? queue_max : QUEUE_DEFAULT;
    stream->last = &stream->first;
    return stream;
}

void rpc_stream_ref(struct rpc_stream *stream)
{
    (void)atomic_fetch_add(&stream->refs, 1);
}

static void drop_sent(struct rpc_stream *stream)
{
    while (stream->first) {
        struct sent *sent = stream->first;
        stream->first = sent->next;
        rpc_message_unref(sent->message);
        free(sent);
    }
    stream->last = &stream->first;
    stream->queued = 0;
}

void rpc_stream_unref(struct rpc_stream *stream)
{
    if (!stream || atomic_fetch_sub(&stream->refs, 1) != 1) return;
    REQUIRE(stream->closed);
    if (network()->last_call == stream) network()->last_call = NULL;
    drop_sent(stream);
    free(stream);
}

bool rpc_stream_send(struct rpc_stream *stream, struct rpc_message *message)
{
    lock();
    bool open = !stream->finished && !stream->cancelled && !stream->closed &&
                stream->queued < stream->queue_max;
    if (open) {
        struct sent *sent = mem_new(struct sent);
        sent->message = message;
        (void)atomic_fetch_add(&message->refs, 1);
        *stream->last = sent;
        stream->last = &sent->next;
        stream->queued++;
    }
    unlock();
    return open;
}

bool rpc_stream_send_bytes(struct rpc_stream *stream, const void *data, size_t len)
{
    struct rpc_message *message = rpc_message_new(data, len);
    bool sent = rpc_stream_send(stream, message);
    rpc_message_unref(message);
    return sent;
}

void rpc_stream_finish(struct rpc_stream *stream, enum rpc_status status, const char *detail)
{
    (void)status;
    REQUIRE(strlen(detail) < RPC_DETAIL_MAX);
    lock();
    stream->finished = true;
    unlock();
}

void rpc_stream_fail(struct rpc_stream *stream, const struct err *err)
{
    char detail[RPC_DETAIL_MAX];
    REQUIRE(err->code != ERR_NONE && err->retry_ms >= 0);
    rpc_stream_finish(stream, rpc_status_of(err->code), rpc_detail(err, detail));
}

int64_t rpc_stream_retry_ms(const struct rpc_stream *stream)
{
    (void)stream;
    return 0;
}

/* What is sent is taken at once. */
int64_t rpc_stream_stalled_ms(struct rpc_stream *stream)
{
    (void)stream;
    return 0;
}

void rpc_stream_cancel(struct rpc_stream *stream, enum rpc_status status, const char *detail)
{
    (void)status;
    REQUIRE(strlen(detail) < RPC_DETAIL_MAX);
    lock();
    stream->cancelled = true;
    drop_sent(stream);
    unlock();
}

void rpc_stream_set_user(struct rpc_stream *stream, void *user)
{
    atomic_store(&stream->user, user);
}

void *rpc_stream_user(const struct rpc_stream *stream)
{
    return atomic_load(&stream->user);
}

const char *rpc_stream_peer_id(const struct rpc_stream *stream)
{
    return stream->id;
}

enum role rpc_stream_peer_role(const struct rpc_stream *stream)
{
    return stream->role;
}

uint64_t rpc_stream_peer_serial(const struct rpc_stream *stream)
{
    return stream->serial;
}

const char *rpc_stream_peer_address(const struct rpc_stream *stream)
{
    (void)stream;
    return "played:1";
}

/* ---- servers ---- */

bool rpc_server_start(const struct rpc_server_config *config, const struct identity *identity,
                      const struct trust *trust, struct rpc_server **out, int *port,
                      struct err *err)
{
    (void)identity;
    (void)trust;
    (void)err;
    struct rpc_server *server = mem_new(struct rpc_server);
    REQUIRE(config->method_count <= sizeof server->methods / sizeof server->methods[0]);
    server->config = *config;
    memcpy(server->methods, config->methods, config->method_count * sizeof config->methods[0]);
    server->config.methods = server->methods;
    *port = 1;
    *out = network()->server = server;
    return true;
}

void rpc_server_reload(struct rpc_server *server, const struct identity *identity,
                       const struct trust *trust)
{
    (void)server;
    (void)identity;
    (void)trust;
}

/* Nobody here is held to limits. */
void rpc_server_refused(struct rpc_server *server, struct rpc_refused *out)
{
    (void)server;
    *out = (struct rpc_refused){0};
}

void rpc_server_drain(struct rpc_server *server)
{
    (void)server;
}

void rpc_server_stop(struct rpc_server *server)
{
    if (network()->server == server) network()->server = NULL;
    free(server);
}

void rpc_start(void)
{
}

void rpc_stop(void)
{
}

struct rpc_stream *played_call(const char *path, const struct played_caller *caller)
{
    REQUIRE(network()->server);
    const struct rpc_method *method = NULL;
    for (size_t i = 0; i < network()->server->config.method_count; i++) {
        if (strcmp(network()->server->methods[i].path, path) == 0)
            method = &network()->server->methods[i];
    }
    if (!method) return NULL;
    struct rpc_stream *stream =
        stream_new(method->events, method->ctx, network()->server->config.queue_max);
    stream->role = caller->role;
    (void)snprintf(stream->id, sizeof stream->id, "%s", caller->id);
    stream->serial = caller->serial;
    if (method->events->opened) method->events->opened(stream, stream->ctx);
    return stream;
}

bool played_is_over(struct rpc_stream *stream)
{
    lock();
    bool over = stream->finished || stream->cancelled || stream->closed;
    unlock();
    return over;
}

bool played_is_cancelled(struct rpc_stream *stream)
{
    lock();
    bool cancelled = stream->cancelled || stream->closed;
    unlock();
    return cancelled;
}

void played_half_close(struct rpc_stream *stream)
{
    if (played_is_over(stream) || !stream->events->half_closed) return;
    stream->events->half_closed(stream, stream->ctx);
}

/* ---- channels ---- */

bool rpc_channel_open(const struct rpc_channel_config *config, const struct identity *identity,
                      const struct trust *trust, struct rpc_channel **out, struct err *err)
{
    (void)identity;
    (void)trust;
    (void)err;
    struct rpc_channel *channel = mem_new(struct rpc_channel);
    channel->role = config->server_role == ROLE_NONE ? ROLE_MATCHER : config->server_role;
    (void)snprintf(channel->id, sizeof channel->id, "%s", config->server_id);
    channel->queue_max = config->queue_max;
    *out = channel;
    return true;
}

struct rpc_stream *rpc_channel_call(struct rpc_channel *channel, const char *path,
                                    int64_t timeout_ms, const struct rpc_events *events, void *ctx)
{
    (void)path;
    (void)timeout_ms;
    struct rpc_stream *stream = stream_new(events, ctx, channel->queue_max);
    stream->role = channel->role;
    stream->is_client = true;
    memcpy(stream->id, channel->id, sizeof stream->id);
    stream->serial = network()->answers.serial;
    stream->next = channel->streams;
    channel->streams = stream;
    rpc_stream_ref(stream);
    network()->last_call = stream;
    if (events == inbox_events()) played_inbox_stream(ctx, stream);
    return stream;
}

void rpc_channel_close(struct rpc_channel *channel)
{
    while (channel && channel->streams) {
        struct rpc_stream *stream = channel->streams;
        channel->streams = stream->next;
        played_close(stream, RPC_CANCELLED, "the channel is closed");
        rpc_stream_unref(stream);
    }
    free(channel);
}

void played_serve(const struct played_server *server)
{
    network()->answers = *server;
}

const struct played_server *played_server_now(void)
{
    return &network()->answers;
}

struct rpc_stream *played_last_call(void)
{
    return network()->last_call;
}

/* ---- what the target does to a stream ---- */

void played_receive(struct rpc_stream *stream, const void *data, size_t len)
{
    lock();
    bool taken = !stream->cancelled && !stream->closed && (stream->is_client || !stream->finished);
    unlock();
    if (!taken) return;
    uint8_t *exact = malloc(len > 0 ? len : 1);
    REQUIRE(exact);
    if (len > 0) memcpy(exact, data, len);
    stream->events->message(stream, exact, len, stream->ctx);
    free(exact);
}

void played_close(struct rpc_stream *stream, enum rpc_status status, const char *detail)
{
    lock();
    bool last = !stream->closed;
    stream->closed = true;
    unlock();
    if (last && stream->events->closed) stream->events->closed(stream, status, detail, stream->ctx);
}

bool played_take(struct rpc_stream *stream, struct buf *out)
{
    lock();
    struct sent *sent = stream->first;
    if (sent) {
        stream->first = sent->next;
        if (!stream->first) stream->last = &stream->first;
        stream->queued--;
    }
    unlock();
    if (!sent) return false;
    buf_append(out, sent->message->bytes.data, sent->message->bytes.len);
    rpc_message_unref(sent->message);
    free(sent);
    return true;
}
