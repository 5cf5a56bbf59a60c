/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/timers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "proto/base/clock.h"
#include "proto/base/err.h"
#include "proto/base/mem.h"

struct timer {
    int64_t at_ms;
    void (*run)(void *ctx);
    void *ctx;
    struct timer *next; /* ascending by time */
};

struct timers {
    pthread_mutex_t mutex;
    pthread_cond_t wake; /* on the steady clock */
    struct timer *first;
    bool stopping;
    pthread_t thread;
};

static void wait_until(struct timers *timers, int64_t at_ms)
{
    struct timespec until = {.tv_sec = (time_t)(at_ms / 1000),
                             .tv_nsec = (long)(at_ms % 1000) * 1000000};
    (void)pthread_cond_timedwait(&timers->wake, &timers->mutex, &until);
}

static void *run_timers(void *arg)
{
    struct timers *timers = arg;
    (void)pthread_mutex_lock(&timers->mutex);
    for (;;) {
        struct timer *due = timers->first;
        if (!due && timers->stopping) break;
        if (!due) {
            (void)pthread_cond_wait(&timers->wake, &timers->mutex);
        } else if (!timers->stopping && due->at_ms > clock_steady_ms()) {
            wait_until(timers, due->at_ms);
        } else {
            timers->first = due->next;
            (void)pthread_mutex_unlock(&timers->mutex);
            due->run(due->ctx);
            free(due);
            (void)pthread_mutex_lock(&timers->mutex);
        }
    }
    (void)pthread_mutex_unlock(&timers->mutex);
    return NULL;
}

struct timers *timers_start(void)
{
    struct timers *timers = mem_new(struct timers);
    pthread_condattr_t steady;
    REQUIRE(pthread_condattr_init(&steady) == 0 &&
            pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    REQUIRE(pthread_mutex_init(&timers->mutex, NULL) == 0 &&
            pthread_cond_init(&timers->wake, &steady) == 0);
    (void)pthread_condattr_destroy(&steady);
    REQUIRE(pthread_create(&timers->thread, NULL, run_timers, timers) == 0);
    return timers;
}

void timers_stop(struct timers *timers)
{
    (void)pthread_mutex_lock(&timers->mutex);
    timers->stopping = true;
    (void)pthread_cond_signal(&timers->wake);
    (void)pthread_mutex_unlock(&timers->mutex);
    (void)pthread_join(timers->thread, NULL);
    (void)pthread_cond_destroy(&timers->wake);
    (void)pthread_mutex_destroy(&timers->mutex);
    free(timers);
}

void timers_at(struct timers *timers, int64_t at_ms, void (*run)(void *ctx), void *ctx)
{
    struct timer *timer = mem_new(struct timer);
    *timer = (struct timer){.at_ms = at_ms, .run = run, .ctx = ctx};
    (void)pthread_mutex_lock(&timers->mutex);
    struct timer **place = &timers->first;
    while (*place && (*place)->at_ms <= at_ms) place = &(*place)->next;
    timer->next = *place;
    *place = timer;
    (void)pthread_cond_signal(&timers->wake);
    (void)pthread_mutex_unlock(&timers->mutex);
}
