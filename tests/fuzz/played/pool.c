/* SPDX-License-Identifier: Apache-2.0
 * Jobs run on the thread that asks for them: at once, or when the target says so.
 */
#include <pthread.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/base/pool.h"
#include "tests/fuzz/played/played.h"

struct pool {
    unsigned threads;
};

struct waiting {
    void (*job)(void *ctx);
    void *ctx;
    struct waiting *next;
};

struct line {
    struct waiting *first, *last;
};

/* Of the process, whatever pool they were given to. */
struct jobs {
    pthread_mutex_t lock;
    struct line now, later;
    bool wait;
};

static struct jobs *jobs(void)
{
    static struct jobs only = {.lock = PTHREAD_MUTEX_INITIALIZER};
    return &only;
}

void played_jobs_wait(bool waits)
{
    jobs()->wait = waits;
}

struct pool *pool_start(unsigned threads)
{
    struct pool *pool = mem_new(struct pool);
    pool->threads = threads > 0 ? threads : 2;
    return pool;
}

void pool_stop(struct pool *pool)
{
    while (played_run_jobs(SIZE_MAX) > 0) {
    }
    free(pool);
}

unsigned pool_threads(const struct pool *pool)
{
    return pool->threads;
}

static void add(struct line *line, void (*job)(void *ctx), void *ctx)
{
    if (!jobs()->wait) {
        job(ctx);
        return;
    }
    struct waiting *waiting = mem_new(struct waiting);
    *waiting = (struct waiting){.job = job, .ctx = ctx};
    REQUIRE(pthread_mutex_lock(&jobs()->lock) == 0);
    if (line->last) {
        line->last->next = waiting;
    } else {
        line->first = waiting;
    }
    line->last = waiting;
    REQUIRE(pthread_mutex_unlock(&jobs()->lock) == 0);
}

void pool_run(struct pool *pool, void (*job)(void *ctx), void *ctx)
{
    (void)pool;
    add(&jobs()->now, job, ctx);
}

void pool_run_later(struct pool *pool, void (*job)(void *ctx), void *ctx)
{
    (void)pool;
    add(&jobs()->later, job, ctx);
}

void pool_waiting(struct pool *pool, size_t *now, size_t *later)
{
    (void)pool;
    *now = *later = 0;
}

size_t played_run_jobs(size_t max)
{
    size_t ran = 0;
    for (; ran < max; ran++) {
        REQUIRE(pthread_mutex_lock(&jobs()->lock) == 0);
        struct line *line = jobs()->now.first ? &jobs()->now : &jobs()->later;
        struct waiting *waiting = line->first;
        if (waiting) line->first = waiting->next;
        if (!line->first) line->last = NULL;
        REQUIRE(pthread_mutex_unlock(&jobs()->lock) == 0);
        if (!waiting) break;
        waiting->job(waiting->ctx);
        free(waiting);
    }
    return ran;
}

void pool_each(struct pool *pool, size_t count, void (*job)(size_t index, void *ctx), void *ctx)
{
    (void)pool;
    for (size_t i = 0; i < count; i++) job(i, ctx);
}

bool pool_each_span(struct pool *pool, size_t count, size_t span, pool_span_fn run, void *ctx,
                    struct err *err)
{
    (void)pool;
    for (size_t first = 0; first < count; first += span) {
        size_t end = count - first < span ? count : first + span;
        if (!run(first, end, ctx, err)) return false;
    }
    return true;
}
