/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#include "proto/base/err.h"
#include "proto/base/mem.h"

struct job {
    void (*run)(void *ctx);
    void *ctx;
    struct job *next;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *first, *last;
    bool stopping;
    unsigned count;
    pthread_t threads[];
};

static void *work(void *arg)
{
    struct pool *pool = arg;
    REQUIRE(pthread_mutex_lock(&pool->lock) == 0);
    for (;;) {
        while (!pool->first && !pool->stopping) (void)pthread_cond_wait(&pool->wake, &pool->lock);
        struct job *job = pool->first;
        if (!job) break;
        pool->first = job->next;
        if (!pool->first) pool->last = NULL;
        (void)pthread_mutex_unlock(&pool->lock);
        job->run(job->ctx);
        free(job);
        (void)pthread_mutex_lock(&pool->lock);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static unsigned usable_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? (unsigned)count : 1;
}

struct pool *pool_start(unsigned threads)
{
    unsigned count = threads ? threads : usable_processors();
    struct pool *pool = mem_array(1, sizeof *pool + count * sizeof(pthread_t));
    pool->count = count;
    REQUIRE(pthread_mutex_init(&pool->lock, NULL) == 0);
    REQUIRE(pthread_cond_init(&pool->wake, NULL) == 0);
    for (unsigned i = 0; i < count; i++) {
        REQUIRE(pthread_create(&pool->threads[i], NULL, work, pool) == 0);
    }
    return pool;
}

void pool_stop(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    (void)pthread_cond_broadcast(&pool->wake);
    (void)pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->count; i++) (void)pthread_join(pool->threads[i], NULL);
    (void)pthread_cond_destroy(&pool->wake);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}

unsigned pool_threads(const struct pool *pool)
{
    return pool->count;
}

void pool_run(struct pool *pool, void (*run)(void *ctx), void *ctx)
{
    struct job *job = mem_new(struct job);
    *job = (struct job){.run = run, .ctx = ctx};
    (void)pthread_mutex_lock(&pool->lock);
    REQUIRE(!pool->stopping);
    if (pool->last) {
        pool->last->next = job;
    } else {
        pool->first = job;
    }
    pool->last = job;
    (void)pthread_cond_signal(&pool->wake);
    (void)pthread_mutex_unlock(&pool->lock);
}

/* One loop over indices shared by the workers and the caller; freed by whoever leaves last. */
struct each {
    pthread_mutex_t lock;
    pthread_cond_t done;
    size_t next, count;
    unsigned helpers; /* queued or running */
    void (*job)(size_t index, void *ctx);
    void *ctx;
};

static void take_indices(struct each *each)
{
    for (;;) {
        (void)pthread_mutex_lock(&each->lock);
        size_t index = each->next < each->count ? each->next++ : each->count;
        (void)pthread_mutex_unlock(&each->lock);
        if (index == each->count) return;
        each->job(index, each->ctx);
    }
}

static void help(void *arg)
{
    struct each *each = arg;
    take_indices(each);
    (void)pthread_mutex_lock(&each->lock);
    each->helpers--;
    (void)pthread_cond_signal(&each->done);
    (void)pthread_mutex_unlock(&each->lock);
}

void pool_each(struct pool *pool, size_t count, void (*job)(size_t index, void *ctx), void *ctx)
{
    struct each each = {.count = count, .job = job, .ctx = ctx};
    REQUIRE(pthread_mutex_init(&each.lock, NULL) == 0 && pthread_cond_init(&each.done, NULL) == 0);
    each.helpers = count > 1 ? pool->count : 0;
    for (unsigned i = each.helpers; i > 0; i--) pool_run(pool, help, &each);
    take_indices(&each);
    (void)pthread_mutex_lock(&each.lock);
    while (each.helpers > 0) (void)pthread_cond_wait(&each.done, &each.lock);
    (void)pthread_mutex_unlock(&each.lock);
    (void)pthread_cond_destroy(&each.done);
    (void)pthread_mutex_destroy(&each.lock);
}
