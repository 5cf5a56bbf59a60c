/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/inbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"

struct letter {
    struct buf message;
    struct letter *next;
};

struct inbox {
    pthread_mutex_t lock;
    pthread_cond_t arrived; /* on the steady clock */
    struct letter *first, *last;
    size_t count;
    bool closed;
    enum rpc_status status;
    char detail[ERR_TEXT_MAX];
    int64_t retry_ms;
};

struct inbox *inbox_new(void)
{
    struct inbox *inbox = mem_new(struct inbox);
    pthread_condattr_t steady;
    REQUIRE(pthread_mutex_init(&inbox->lock, NULL) == 0);
    REQUIRE(pthread_condattr_init(&steady) == 0);
    REQUIRE(pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    REQUIRE(pthread_cond_init(&inbox->arrived, &steady) == 0);
    (void)pthread_condattr_destroy(&steady);
    return inbox;
}

void inbox_free(struct inbox *inbox)
{
    while (inbox->first) {
        struct letter *letter = inbox->first;
        inbox->first = letter->next;
        buf_free(&letter->message);
        free(letter);
    }
    (void)pthread_cond_destroy(&inbox->arrived);
    (void)pthread_mutex_destroy(&inbox->lock);
    free(inbox);
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    struct inbox *inbox = ctx;
    struct letter *letter = mem_new(struct letter);
    buf_append(&letter->message, data, len);
    (void)pthread_mutex_lock(&inbox->lock);
    bool room = inbox->count < INBOX_MAX;
    if (room) {
        if (inbox->last) {
            inbox->last->next = letter;
        } else {
            inbox->first = letter;
        }
        inbox->last = letter;
        inbox->count++;
        (void)pthread_cond_signal(&inbox->arrived);
    }
    (void)pthread_mutex_unlock(&inbox->lock);
    if (room) return;
    buf_free(&letter->message);
    free(letter);
    rpc_stream_cancel(stream, RPC_RESOURCE_EXHAUSTED, "too many messages from the matcher");
}

static void on_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                      void *ctx)
{
    struct inbox *inbox = ctx;
    (void)pthread_mutex_lock(&inbox->lock);
    inbox->closed = true;
    inbox->retry_ms = rpc_stream_retry_ms(stream);
    inbox->status = status;
    (void)snprintf(inbox->detail, sizeof inbox->detail, "%s", detail ? detail : "");
    (void)pthread_cond_signal(&inbox->arrived);
    (void)pthread_mutex_unlock(&inbox->lock);
}

const struct rpc_events *inbox_events(void)
{
    static const struct rpc_events events = {.message = on_message, .closed = on_closed};
    return &events;
}

static struct timespec steady_deadline(int64_t timeout_ms)
{
    int64_t at = clock_steady_ms() + timeout_ms;
    return (struct timespec){.tv_sec = at / 1000, .tv_nsec = (at % 1000) * 1000000};
}

enum inbox_event inbox_wait(struct inbox *inbox, int64_t timeout_ms, struct buf *message,
                            enum rpc_status *status, char detail[ERR_TEXT_MAX])
{
    struct timespec deadline = steady_deadline(timeout_ms > 0 ? timeout_ms : 0);
    enum inbox_event event = INBOX_TIMEOUT;
    (void)pthread_mutex_lock(&inbox->lock);
    while (!inbox->first && !inbox->closed) {
        if (pthread_cond_timedwait(&inbox->arrived, &inbox->lock, &deadline) == ETIMEDOUT) break;
    }
    struct letter *letter = inbox->first;
    if (letter) {
        inbox->first = letter->next;
        if (!inbox->first) inbox->last = NULL;
        inbox->count--;
        *message = letter->message;
        event = INBOX_MESSAGE;
    } else if (inbox->closed) {
        *status = inbox->status;
        (void)snprintf(detail, ERR_TEXT_MAX, "%s", inbox->detail);
        event = INBOX_CLOSED;
    }
    (void)pthread_mutex_unlock(&inbox->lock);
    free(letter);
    return event;
}

int64_t inbox_retry_ms(struct inbox *inbox)
{
    (void)pthread_mutex_lock(&inbox->lock);
    int64_t retry_ms = inbox->retry_ms;
    (void)pthread_mutex_unlock(&inbox->lock);
    return retry_ms;
}

bool inbox_err(struct inbox *inbox, enum rpc_status status, const char *detail, struct err *err)
{
    int64_t retry_ms = inbox_retry_ms(inbox);
    (void)rpc_err_of(status, detail, err);
    return retry_ms > 0 ? err_retry(err, retry_ms) : false;
}
