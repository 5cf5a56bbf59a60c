/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/figures/serve.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/figures/serve_internal.h"

static const int64_t UPKEEP_PERIOD_MS = 86400000; /* and once after the start */

struct figures_server *figures_server_start(const struct figures_server_parts *parts)
{
    struct figures_server *server = mem_new(struct figures_server);
    server->parts = *parts;
    server->role = identity_certificate(parts->identity)->role;
    REQUIRE(role_serves(server->role));
    REQUIRE(pthread_mutex_init(&server->mutex, NULL) == 0);
    server->thread = pool_start(1);
    return server;
}

void figures_server_stop(struct figures_server *server)
{
    if (!server) return;
    pool_stop(server->thread);
    REQUIRE(server->count == 0);
    (void)pthread_mutex_destroy(&server->mutex);
    free(server->streams);
    free(server->noted);
    free(server);
}

struct pool *figures_server_thread(struct figures_server *server)
{
    return server->thread;
}

/* ---- streams ---- */

static bool is_of(const struct figures_stream *a, const struct figures_stream *b)
{
    return a->role == b->role && strcmp(a->id, b->id) == 0;
}

static void add(struct figures_server *server, struct figures_stream *stream)
{
    if (server->count == server->capacity) {
        server->capacity = server->capacity ? server->capacity * 2 : 64;
        server->streams =
            mem_resize(server->streams, server->capacity, sizeof(struct figures_stream *));
    }
    server->streams[server->count++] = figures_stream_ref(stream);
}

bool figures_enter(struct figures_server *server, struct figures_stream *stream, struct err *err)
{
    size_t own = 0;
    (void)pthread_mutex_lock(&server->mutex);
    for (size_t i = 0; i < server->count; i++) own += is_of(server->streams[i], stream);
    /* Looked at under the lock: a stream is either in the list that drain ends, or refused. */
    bool draining = atomic_load(&server->draining);
    bool ok = !draining && own < FIGURES_STREAMS_PER_PARTY;
    if (ok) add(server, stream);
    (void)pthread_mutex_unlock(&server->mutex);
    if (draining) return err_set(err, ERR_UNAVAILABLE, NULL, "the server is stopping");
    return ok ||
           err_set(err, ERR_BUDGET, "streams", "%d streams of %s for figures are open already",
                   FIGURES_STREAMS_PER_PARTY, stream->id) ||
           err_retry(err, RPC_BUSY_RETRY_MS);
}

void figures_leave(struct figures_server *server, struct figures_stream *stream)
{
    struct figures_stream *left = NULL;
    (void)pthread_mutex_lock(&server->mutex);
    for (size_t i = 0; i < server->count && !left; i++) {
        if (server->streams[i] != stream) continue;
        left = stream;
        server->streams[i] = server->streams[--server->count];
    }
    (void)pthread_mutex_unlock(&server->mutex);
    figures_stream_unref(left);
}

/* Calls `look` for each stream that is open now, not under the lock. */
static void each_stream(struct figures_server *server,
                        void (*look)(struct figures_stream *stream, int64_t now_ms), int64_t now_ms)
{
    (void)pthread_mutex_lock(&server->mutex);
    size_t count = server->count;
    struct figures_stream **list = mem_array(count, sizeof(struct figures_stream *));
    for (size_t i = 0; i < count; i++) list[i] = figures_stream_ref(server->streams[i]);
    (void)pthread_mutex_unlock(&server->mutex);
    for (size_t i = 0; i < count; i++) {
        look(list[i], now_ms);
        figures_stream_unref(list[i]);
    }
    free(list);
}

static void end_stopping(struct figures_stream *stream, int64_t now_ms)
{
    struct err err;
    (void)now_ms;
    (void)err_set(&err, ERR_UNAVAILABLE, NULL, "the server is stopping");
    figures_end(stream, &err, false);
}

void figures_server_drain(struct figures_server *server)
{
    (void)pthread_mutex_lock(&server->mutex);
    atomic_store(&server->draining, true);
    (void)pthread_mutex_unlock(&server->mutex);
    each_stream(server, end_stopping, 0);
}

/* ---- every second ---- */

static void look_at(struct figures_stream *stream, int64_t now_ms)
{
    struct err err;
    int64_t ended_ms = atomic_load(&stream->ended_ms);
    if (ended_ms > 0) {
        if (now_ms >= ended_ms + FIGURES_GOODBYE_MS) {
            rpc_stream_cancel(stream->stream, RPC_UNAVAILABLE, "did not end its stream");
        }
    } else if (!atomic_load(&stream->greeted)) {
        if (now_ms < stream->opened_ms + FIGURES_HELLO_MS) return;
        atomic_store(&stream->ended, true);
        rpc_stream_cancel(stream->stream, RPC_DEADLINE_EXCEEDED, "no hello within 10 s");
    } else if (!figures_may_stay(stream, &err)) {
        figures_end(stream, &err, true);
    }
}

void figures_look_at_streams(struct figures_server *server, int64_t now_ms)
{
    each_stream(server, look_at, now_ms);
}

static void run_upkeep(void *ctx)
{
    struct figures_server *server = ctx;
    struct err err;
    if (!collection_upkeep(server->parts.collection, clock_wall_ms(), &err)) {
        log_err(LOG_LEVEL_ERROR, "figures_upkeep", &err);
    }
    atomic_store(&server->upkeep_queued, false);
}

void figures_server_tick(struct figures_server *server)
{
    int64_t now_ms = clock_steady_ms();
    figures_look_at_streams(server, now_ms);
    if (now_ms < server->upkeep_due_ms || atomic_exchange(&server->upkeep_queued, true)) return;
    server->upkeep_due_ms = now_ms + UPKEEP_PERIOD_MS;
    pool_run(server->thread, run_upkeep, server);
}
