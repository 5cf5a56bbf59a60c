/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/base/mem.h"
#include "proto/base/pool.h"

static void count_index(size_t index, void *ctx)
{
    atomic_fetch_add((atomic_int *)ctx + index, 1);
}

static void test_each_takes_every_index_once(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 5; threads++) {
        struct pool *pool = pool_start(threads);
        assert_int_equal(pool_threads(pool), threads);
        static const size_t counts[] = {0, 1, 2, 3, 7, 1000};
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            atomic_int *hits = mem_array(counts[c] + 1, sizeof *hits);
            pool_each(pool, counts[c], count_index, hits);
            for (size_t i = 0; i < counts[c]; i++) assert_int_equal(atomic_load(&hits[i]), 1);
            assert_int_equal(atomic_load(&hits[counts[c]]), 0);
            free(hits);
        }
        pool_stop(pool);
    }
}

/* Two jobs that each wait for the other can only end on two threads at once. */
struct meeting {
    pthread_barrier_t barrier;
    atomic_int met;
};

static void meet(size_t index, void *ctx)
{
    struct meeting *meeting = ctx;
    (void)index;
    (void)pthread_barrier_wait(&meeting->barrier);
    atomic_fetch_add(&meeting->met, 1);
}

static void test_each_uses_the_caller_and_a_worker_at_once(void **state)
{
    (void)state;
    struct meeting meeting = {0};
    assert_int_equal(pthread_barrier_init(&meeting.barrier, NULL, 2), 0);
    struct pool *pool = pool_start(1);
    pool_each(pool, 2, meet, &meeting);
    assert_int_equal(atomic_load(&meeting.met), 2);
    pool_stop(pool);
    pthread_barrier_destroy(&meeting.barrier);
}

struct order {
    int taken[1000];
    size_t n;
};
struct numbered {
    struct order *order;
    int number;
};

static void take_number(void *ctx)
{
    struct numbered *job = ctx;
    job->order->taken[job->order->n++] = job->number;
}

static void test_run_keeps_the_order_and_stop_waits(void **state)
{
    (void)state;
    struct order order = {.n = 0};
    struct numbered jobs[1000];
    struct pool *pool = pool_start(1);
    for (int i = 0; i < 1000; i++) {
        jobs[i] = (struct numbered){.order = &order, .number = i};
        pool_run(pool, take_number, &jobs[i]);
    }
    pool_stop(pool);
    assert_int_equal(order.n, 1000);
    for (int i = 0; i < 1000; i++) assert_int_equal(order.taken[i], i);
}

static void wait_there(void *ctx)
{
    (void)pthread_barrier_wait(ctx);
}

/* While the one worker is held up, both kinds are queued; what can wait comes last, in its order.
 */
static void test_later_gives_way(void **state)
{
    (void)state;
    pthread_barrier_t barrier;
    struct order order = {.n = 0};
    struct numbered jobs[6];
    assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
    struct pool *pool = pool_start(1);
    pool_run(pool, wait_there, &barrier);
    for (int i = 0; i < 6; i++) {
        jobs[i] = (struct numbered){.order = &order, .number = i};
        (i % 2 == 0 ? pool_run_later : pool_run)(pool, take_number, &jobs[i]);
    }
    (void)pthread_barrier_wait(&barrier);
    pool_stop(pool);
    static const int wanted[] = {1, 3, 5, 0, 2, 4};
    assert_int_equal(order.n, 6);
    assert_memory_equal(order.taken, wanted, sizeof wanted);
    pthread_barrier_destroy(&barrier);
}

/* Several threads use pool_each and pool_run of one pool at the same time. */
struct user {
    struct pool *pool;
    atomic_int hits[64];
    atomic_int jobs;
};

static void count_job(void *ctx)
{
    atomic_fetch_add((atomic_int *)ctx, 1);
}

static void *use(void *arg)
{
    struct user *user = arg;
    for (int i = 0; i < 50; i++) {
        pool_run(user->pool, count_job, &user->jobs);
        pool_each(user->pool, 64, count_index, user->hits);
    }
    return NULL;
}

static void test_many_users_of_one_pool(void **state)
{
    (void)state;
    enum { USERS = 4 };
    struct pool *pool = pool_start(3);
    struct user *users = mem_array(USERS, sizeof *users);
    pthread_t threads[USERS];
    for (size_t i = 0; i < USERS; i++) {
        users[i].pool = pool;
        assert_int_equal(pthread_create(&threads[i], NULL, use, &users[i]), 0);
    }
    for (size_t i = 0; i < USERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    pool_stop(pool);
    for (size_t i = 0; i < USERS; i++) {
        assert_int_equal(atomic_load(&users[i].jobs), 50);
        for (size_t k = 0; k < 64; k++) assert_int_equal(atomic_load(&users[i].hits[k]), 50);
    }
    free(users);
}

/* Every worker runs a loop of its own and waits for it: nobody may wait for a helper that is queued
 * behind. */
struct nest {
    struct pool *pool;
    atomic_uint hits;
};

static void count_inside(size_t index, void *ctx)
{
    struct nest *nest = ctx;
    (void)index;
    atomic_fetch_add(&nest->hits, 1);
}

static void loop_inside(void *ctx)
{
    struct nest *nest = ctx;
    pool_each(nest->pool, 50, count_inside, nest);
}

static void test_jobs_may_run_loops(void **state)
{
    (void)state;
    struct nest nest = {.pool = pool_start(2)};
    atomic_init(&nest.hits, 0);
    for (int i = 0; i < 40; i++) pool_run(nest.pool, loop_inside, &nest);
    pool_stop(nest.pool);
    assert_int_equal(atomic_load(&nest.hits), 40 * 50);
    pool_each(NULL, 7, count_inside, &nest);
    assert_int_equal(atomic_load(&nest.hits), 40 * 50 + 7);
}

struct marks {
    atomic_int hits[100];
    bool bad[100];
};

static bool mark_span(size_t first, size_t end, void *ctx, struct err *err)
{
    struct marks *marks = ctx;
    for (size_t i = first; i < end; i++) {
        if (marks->bad[i]) return err_set(err, ERR_INVALID, NULL, "item %zu", i);
        atomic_fetch_add(&marks->hits[i], 1);
    }
    return true;
}

static void test_spans_tell_the_first_error(void **state)
{
    (void)state;
    struct pool *pool = pool_start(3);
    static const size_t spans[] = {1, 7, 50, 100, 1000};
    for (size_t s = 0; s < sizeof spans / sizeof spans[0]; s++) {
        struct marks *marks = mem_new(struct marks);
        struct err err = {0};
        assert_true(pool_each_span(pool, 0, spans[s], mark_span, marks, &err));
        assert_int_equal(atomic_load(&marks->hits[0]), 0);
        assert_true(pool_each_span(pool, 100, spans[s], mark_span, marks, &err));
        for (size_t i = 0; i < 100; i++) assert_int_equal(atomic_load(&marks->hits[i]), 1);
        assert_int_equal(err.code, ERR_NONE);
        marks->bad[99] = marks->bad[31] = marks->bad[64] = true;
        assert_false(pool_each_span(s % 2 ? pool : NULL, 100, spans[s], mark_span, marks, &err));
        assert_string_equal(err.text, "item 31");
        for (size_t i = 0; i < 31; i++) assert_int_equal(atomic_load(&marks->hits[i]), 2);
        free(marks);
    }
    pool_stop(pool);
}

static void test_default_is_the_processors(void **state)
{
    (void)state;
    struct pool *pool = pool_start(0);
    assert_true(pool_threads(pool) >= 1);
    pool_stop(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_takes_every_index_once),
        cmocka_unit_test(test_jobs_may_run_loops),
        cmocka_unit_test(test_each_uses_the_caller_and_a_worker_at_once),
        cmocka_unit_test(test_run_keeps_the_order_and_stop_waits),
        cmocka_unit_test(test_later_gives_way),
        cmocka_unit_test(test_many_users_of_one_pool),
        cmocka_unit_test(test_spans_tell_the_first_error),
        cmocka_unit_test(test_default_is_the_processors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
