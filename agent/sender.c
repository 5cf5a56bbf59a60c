/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sender.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

struct waiting {
    struct waiting *next;
    int64_t due_us;
    struct rpc_stream *stream;
    struct buf bytes;
};

struct sender {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct waiting *first;   /* ascending by due_us */
    void (*beat)(void *ctx); /* of sender_ask, until it has run */
    void *beat_ctx;
    bool stopping;
};

int64_t sender_due_us(uint32_t items, bool is_member, int64_t receipt_us, int64_t ready_us)
{
    int64_t at_once = is_member ? GROUP_QUERIES : 1;
    int64_t due = receipt_us + SEND_BASE_US + at_once * SEND_ITEM_US * items;
    int64_t late = ready_us > due ? ready_us - due : 0;
    return due + (late + SEND_STEP_US - 1) / SEND_STEP_US * SEND_STEP_US;
}

static void waiting_free(struct waiting *waiting)
{
    rpc_stream_unref(waiting->stream);
    buf_free(&waiting->bytes);
    free(waiting);
}

/* The first reply that is due, or NULL when stopping. Called and left with the lock held. */
static struct waiting *wait_for_due(struct sender *sender)
{
    while (!sender->stopping) {
        void (*beat)(void *ctx) = sender->beat;
        sender->beat = NULL;
        if (beat) beat(sender->beat_ctx);
        struct waiting *first = sender->first;
        if (!first) {
            REQUIRE(pthread_cond_wait(&sender->changed, &sender->lock) == 0);
            continue;
        }
        if (first->due_us <= clock_steady_us()) {
            sender->first = first->next;
            return first;
        }
        const struct timespec until = {.tv_sec = (time_t)(first->due_us / 1000000),
                                       .tv_nsec = (long)(first->due_us % 1000000) * 1000};
        int code = pthread_cond_timedwait(&sender->changed, &sender->lock, &until);
        REQUIRE(code == 0 || code == ETIMEDOUT);
    }
    return NULL;
}

static void *run(void *ctx)
{
    struct sender *sender = ctx;
    REQUIRE(pthread_mutex_lock(&sender->lock) == 0);
    struct waiting *due = NULL;
    while ((due = wait_for_due(sender)) != NULL) {
        REQUIRE(pthread_mutex_unlock(&sender->lock) == 0);
        if (!rpc_stream_send_bytes(due->stream, due->bytes.data, due->bytes.len)) {
            log_debug("reply_dropped", "reason=\"the stream is closed\"");
        }
        waiting_free(due);
        REQUIRE(pthread_mutex_lock(&sender->lock) == 0);
    }
    REQUIRE(pthread_mutex_unlock(&sender->lock) == 0);
    return NULL;
}

struct sender *sender_start(void)
{
    struct sender *sender = mem_new(struct sender);
    pthread_condattr_t attributes;
    REQUIRE(pthread_mutex_init(&sender->lock, NULL) == 0);
    REQUIRE(pthread_condattr_init(&attributes) == 0);
    REQUIRE(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    REQUIRE(pthread_cond_init(&sender->changed, &attributes) == 0);
    (void)pthread_condattr_destroy(&attributes);
    REQUIRE(pthread_create(&sender->thread, NULL, run, sender) == 0);
    return sender;
}

void sender_stop(struct sender *sender)
{
    if (!sender) return;
    REQUIRE(pthread_mutex_lock(&sender->lock) == 0);
    sender->stopping = true;
    REQUIRE(pthread_cond_signal(&sender->changed) == 0);
    REQUIRE(pthread_mutex_unlock(&sender->lock) == 0);
    REQUIRE(pthread_join(sender->thread, NULL) == 0);
    while (sender->first) {
        struct waiting *next = sender->first->next;
        waiting_free(sender->first);
        sender->first = next;
    }
    (void)pthread_cond_destroy(&sender->changed);
    (void)pthread_mutex_destroy(&sender->lock);
    free(sender);
}

void sender_ask(struct sender *sender, void (*beat)(void *ctx), void *ctx)
{
    REQUIRE(pthread_mutex_lock(&sender->lock) == 0);
    sender->beat = beat;
    sender->beat_ctx = ctx;
    REQUIRE(pthread_cond_signal(&sender->changed) == 0);
    REQUIRE(pthread_mutex_unlock(&sender->lock) == 0);
}

void sender_at(struct sender *sender, int64_t due_us, struct rpc_stream *stream, struct buf *bytes)
{
    struct waiting *waiting = mem_new(struct waiting);
    rpc_stream_ref(stream);
    *waiting = (struct waiting){.due_us = due_us, .stream = stream, .bytes = *bytes};
    *bytes = (struct buf){0};
    REQUIRE(pthread_mutex_lock(&sender->lock) == 0);
    struct waiting **at = &sender->first;
    while (*at && (*at)->due_us <= due_us) at = &(*at)->next;
    waiting->next = *at;
    *at = waiting;
    REQUIRE(pthread_cond_signal(&sender->changed) == 0);
    REQUIRE(pthread_mutex_unlock(&sender->lock) == 0);
}
