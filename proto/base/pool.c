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

struct queue {
    struct job *first, *last;
    size_t count;
};

enum { NOW, LATER, QUEUES };

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct queue queues[QUEUES]; /* the first one that is not empty is served */
    bool stopping;
    unsigned count;
    pthread_t threads[];
};

/* With the lock held; NULL where nothing waits. */
static struct job *take(struct pool *pool)
{
    struct queue *queue = &pool->queues[pool->queues[NOW].first ? NOW : LATER];
    struct job *job = queue->first;
    if (!job) return NULL;
    queue->first = job->next;
    if (!queue->first) queue->last = NULL;
    queue->count--;
    return job;
}

static void *work(void *arg)
{
    struct pool *pool = arg;
    REQUIRE(pthread_mutex_lock(&pool->lock) == 0);
    for (;;) {
        struct job *job = take(pool);
        if (!job && pool->stopping) break;
        if (!job) {
            (void)pthread_cond_wait(&pool->wake, &pool->lock);
            continue;
        }
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

void pool_waiting(struct pool *pool, size_t *now, size_t *later)
{
    (void)pthread_mutex_lock(&pool->lock);
    *now = pool->queues[NOW].count;
    *later = pool->queues[LATER].count;
    (void)pthread_mutex_unlock(&pool->lock);
}

/* False, and nothing queued, once the pool is stopping. */
static bool enqueue(struct pool *pool, int which, void (*run)(void *ctx), void *ctx)
{
    struct queue *queue = &pool->queues[which];
    struct job *job = mem_new(struct job);
    *job = (struct job){.run = run, .ctx = ctx};
    (void)pthread_mutex_lock(&pool->lock);
    bool open = !pool->stopping;
    if (open) {
        if (queue->last) {
            queue->last->next = job;
        } else {
            queue->first = job;
        }
        queue->last = job;
        queue->count++;
        (void)pthread_cond_signal(&pool->wake);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    if (!open) free(job);
    return open;
}

void pool_run(struct pool *pool, void (*run)(void *ctx), void *ctx)
{
    REQUIRE(enqueue(pool, NOW, run, ctx));
}

void pool_run_later(struct pool *pool, void (*run)(void *ctx), void *ctx)
{
    REQUIRE(enqueue(pool, LATER, run, ctx));
}

/* One loop over indices, shared by the caller and the workers that come to help. Nobody waits for a
 * helper that has not started, so a job may run a loop of its own; whoever leaves last frees. */
struct each {
    pthread_mutex_t lock;
    pthread_cond_t done;
    size_t next, finished, count;
    unsigned users; /* the caller, and helpers queued or running */
    void (*job)(size_t index, void *ctx);
    void *ctx;
};

static void take_indices(struct each *each)
{
    (void)pthread_mutex_lock(&each->lock);
    while (each->next < each->count) {
        size_t index = each->next++;
        (void)pthread_mutex_unlock(&each->lock);
        each->job(index, each->ctx);
        (void)pthread_mutex_lock(&each->lock);
        if (++each->finished == each->count) (void)pthread_cond_signal(&each->done);
    }
    (void)pthread_mutex_unlock(&each->lock);
}

static void leave(struct each *each, unsigned users)
{
    (void)pthread_mutex_lock(&each->lock);
    each->users -= users;
    bool last = each->users == 0;
    (void)pthread_mutex_unlock(&each->lock);
    if (!last) return;
    (void)pthread_cond_destroy(&each->done);
    (void)pthread_mutex_destroy(&each->lock);
    free(each);
}

static void help(void *arg)
{
    struct each *each = arg;
    take_indices(each);
    leave(each, 1);
}

void pool_each(struct pool *pool, size_t count, void (*job)(size_t index, void *ctx), void *ctx)
{
    if (!pool || count <= 1) {
        for (size_t i = 0; i < count; i++) job(i, ctx);
        return;
    }
    struct each *each = mem_new(struct each);
    *each = (struct each){.count = count, .job = job, .ctx = ctx};
    REQUIRE(pthread_mutex_init(&each->lock, NULL) == 0 &&
            pthread_cond_init(&each->done, NULL) == 0);
    unsigned helpers = pool->count < count ? pool->count : (unsigned)count - 1;
    each->users = helpers + 1;
    unsigned refused = 0; /* a job's loop while the pool stops */
    for (unsigned i = 0; i < helpers; i++) refused += enqueue(pool, NOW, help, each) ? 0 : 1;
    take_indices(each);
    (void)pthread_mutex_lock(&each->lock);
    while (each->finished < count) (void)pthread_cond_wait(&each->done, &each->lock);
    (void)pthread_mutex_unlock(&each->lock);
    leave(each, refused + 1);
}

struct spans {
    size_t count, span;
    pool_span_fn run;
    void *ctx;
    struct err *errors; /* one a span; code ERR_NONE where it went well */
};

static void run_span(size_t index, void *ctx)
{
    const struct spans *spans = ctx;
    size_t first = index * spans->span;
    size_t end = spans->count - first < spans->span ? spans->count : first + spans->span;
    bool ok = spans->run(first, end, spans->ctx, &spans->errors[index]);
    REQUIRE(ok == (spans->errors[index].code == ERR_NONE));
}

bool pool_each_span(struct pool *pool, size_t count, size_t span, pool_span_fn run, void *ctx,
                    struct err *err)
{
    REQUIRE(span > 0);
    size_t span_count = count / span + (count % span > 0);
    struct spans spans = {count, span, run, ctx, mem_array(span_count, sizeof(struct err))};
    pool_each(pool, span_count, run_span, &spans);
    size_t failed = 0;
    while (failed < span_count && spans.errors[failed].code == ERR_NONE) failed++;
    if (failed < span_count) *err = spans.errors[failed];
    free(spans.errors);
    return failed == span_count;
}
