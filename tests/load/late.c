/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/load/late.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"

struct waiting {
    int64_t at_ms;
    struct rpc_stream *stream;
    struct buf bytes;
    struct waiting *next;
};

struct late {
    int64_t delay_ms;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* on the steady clock */
    struct waiting *first, **last;
    bool over;
    pthread_t thread;
};

static void let_go(struct waiting *waiting)
{
    rpc_stream_unref(waiting->stream);
    buf_free(&waiting->bytes);
    free(waiting);
}

/* With the mutex held; NULL once it is over. */
static struct waiting *next_due(struct late *late)
{
    while (!late->over) {
        struct waiting *first = late->first;
        if (!first) {
            (void)pthread_cond_wait(&late->changed, &late->mutex);
        } else if (first->at_ms > clock_steady_ms()) {
            struct timespec until = {first->at_ms / 1000, (first->at_ms % 1000) * 1000000};
            (void)pthread_cond_timedwait(&late->changed, &late->mutex, &until);
        } else {
            late->first = first->next;
            if (!late->first) late->last = &late->first;
            return first;
        }
    }
    return NULL;
}

static void *run(void *arg)
{
    struct late *late = arg;
    struct waiting *due = NULL;
    (void)pthread_mutex_lock(&late->mutex);
    while ((due = next_due(late))) {
        (void)pthread_mutex_unlock(&late->mutex);
        (void)rpc_stream_send_bytes(due->stream, due->bytes.data, due->bytes.len);
        let_go(due);
        (void)pthread_mutex_lock(&late->mutex);
    }
    (void)pthread_mutex_unlock(&late->mutex);
    return NULL;
}

struct late *late_start(int64_t delay_ms)
{
    struct late *late = mem_new(struct late);
    pthread_condattr_t steady;
    late->delay_ms = delay_ms;
    late->last = &late->first;
    REQUIRE(pthread_condattr_init(&steady) == 0 &&
            pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0 &&
            pthread_mutex_init(&late->mutex, NULL) == 0 &&
            pthread_cond_init(&late->changed, &steady) == 0);
    (void)pthread_condattr_destroy(&steady);
    REQUIRE(pthread_create(&late->thread, NULL, run, late) == 0);
    return late;
}

void late_send(struct late *late, struct rpc_stream *stream, const struct buf *bytes)
{
    struct waiting *waiting = mem_new(struct waiting);
    waiting->at_ms = clock_steady_ms() + late->delay_ms;
    waiting->stream = stream;
    rpc_stream_ref(stream);
    buf_append(&waiting->bytes, bytes->data, bytes->len);
    (void)pthread_mutex_lock(&late->mutex);
    *late->last = waiting;
    late->last = &waiting->next;
    (void)pthread_cond_signal(&late->changed);
    (void)pthread_mutex_unlock(&late->mutex);
}

void late_stop(struct late *late)
{
    (void)pthread_mutex_lock(&late->mutex);
    late->over = true;
    (void)pthread_cond_signal(&late->changed);
    (void)pthread_mutex_unlock(&late->mutex);
    (void)pthread_join(late->thread, NULL);
    while (late->first) {
        struct waiting *waiting = late->first;
        late->first = waiting->next;
        let_go(waiting);
    }
    (void)pthread_cond_destroy(&late->changed);
    (void)pthread_mutex_destroy(&late->mutex);
    free(late);
}
