/* SPDX-License-Identifier: Apache-2.0
 * What callbacks were told, kept so that a test can wait for it: gRPC's threads write, the test
 * reads.
 */
#ifndef HEARTH_TESTS_RECORDER_H
#define HEARTH_TESTS_RECORDER_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "proto/base/clock.h"
#include "proto/rpc/rpc.h"

enum { RECORDER_WAIT_S = 60, RECORDER_STREAMS = 64 };

struct recorder {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t opened, messages, half_closed, closed;
    bool out_of_order, after_closed; /* things that must never happen */
    enum rpc_status status;          /* of the last `closed` */
    char detail[600];
    size_t last_len;
    char last[128];                               /* start of the last message */
    struct rpc_stream *streams[RECORDER_STREAMS]; /* referenced, in order of opening */
    bool hold_messages;                           /* message callbacks wait until it is false */
};

static inline void recorder_init(struct recorder *r)
{
    memset(r, 0, sizeof *r);
    REQUIRE(pthread_mutex_init(&r->lock, NULL) == 0);
    REQUIRE(pthread_cond_init(&r->changed, NULL) == 0);
}

static inline void recorder_destroy(struct recorder *r)
{
    for (size_t i = 0; i < r->opened && i < RECORDER_STREAMS; i++) rpc_stream_unref(r->streams[i]);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
}

/* Waits until *counter is at least n; false after a minute. */
static inline bool recorder_wait(struct recorder *r, const size_t *counter, size_t n)
{
    const struct timespec until = {.tv_sec = clock_wall_ms() / 1000 + RECORDER_WAIT_S};
    int code = 0;
    pthread_mutex_lock(&r->lock);
    while (*counter < n && code != ETIMEDOUT) {
        code = pthread_cond_timedwait(&r->changed, &r->lock, &until);
    }
    bool reached = *counter >= n;
    pthread_mutex_unlock(&r->lock);
    return reached;
}

static inline size_t recorder_read(struct recorder *r, const size_t *counter)
{
    pthread_mutex_lock(&r->lock);
    size_t n = *counter;
    pthread_mutex_unlock(&r->lock);
    return n;
}

static inline void recorder_hold(struct recorder *r, bool hold)
{
    pthread_mutex_lock(&r->lock);
    r->hold_messages = hold;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static inline void record_opened(struct rpc_stream *stream, void *ctx)
{
    struct recorder *r = ctx;
    pthread_mutex_lock(&r->lock);
    if (r->opened < RECORDER_STREAMS) {
        rpc_stream_ref(stream);
        r->streams[r->opened] = stream;
    }
    r->opened++;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static inline void record_message(struct rpc_stream *stream, const uint8_t *data, size_t len,
                                  void *ctx)
{
    struct recorder *r = ctx;
    (void)stream;
    pthread_mutex_lock(&r->lock);
    while (r->hold_messages) pthread_cond_wait(&r->changed, &r->lock);
    size_t kept = len < sizeof r->last - 1 ? len : sizeof r->last - 1;
    memcpy(r->last, data, kept);
    r->last[kept] = '\0';
    r->last_len = len;
    r->messages++;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static inline void record_half_closed(struct rpc_stream *stream, void *ctx)
{
    struct recorder *r = ctx;
    (void)stream;
    pthread_mutex_lock(&r->lock);
    r->half_closed++;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static inline void record_closed(struct rpc_stream *stream, enum rpc_status status,
                                 const char *detail, void *ctx)
{
    struct recorder *r = ctx;
    /* The stream is closed: nothing can be sent in or after this callback. */
    bool sent = rpc_stream_send_bytes(stream, "late", 4);
    pthread_mutex_lock(&r->lock);
    r->after_closed = r->after_closed || sent;
    r->status = status;
    (void)snprintf(r->detail, sizeof r->detail, "%s", detail);
    r->closed++;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static const struct rpc_events recorder_events = {
    .opened = record_opened,
    .message = record_message,
    .half_closed = record_half_closed,
    .closed = record_closed,
};

#endif
