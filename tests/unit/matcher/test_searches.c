/* SPDX-License-Identifier: Apache-2.0
 * Whose turn it is, and what is said to those who come too late for one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "matcher/search_internal.h"
#include "proto/base/mem.h"

enum { MOST = 64 };

struct office {
    struct searches *searches;
    struct search *search[MOST]; /* nothing of them but the count of references is used */
    size_t count;
    int64_t now_ms;
};

static struct office *office_new(uint32_t max, uint32_t max_per_la, uint32_t at_once)
{
    struct office *office = mem_new(struct office);
    const struct searches_limits limits = {max, max_per_la, at_once};
    office->searches = searches_new(&limits);
    office->now_ms = 1000000;
    return office;
}

/* Its place, or MOST where it is refused. */
static size_t enter(struct office *office, const char *la, struct err *err)
{
    struct search *search = mem_new(struct search);
    atomic_init(&search->refs, 1);
    office->search[office->count] = search;
    if (searches_enter(office->searches, search, la, err)) return office->count++;
    free(search);
    return MOST;
}

static bool begin(struct office *office, size_t place)
{
    return searches_begin(office->searches, office->search[place], office->now_ms);
}

/* The place of the one that is next, or MOST. */
static size_t place_of(struct office *office, struct search *next)
{
    size_t place = 0;
    if (!next) return MOST;
    while (office->search[place] != next) place++;
    (void)atomic_fetch_sub(&next->refs, 1);
    return place;
}

static size_t leave(struct office *office, size_t place)
{
    return place_of(office,
                    searches_leave(office->searches, office->search[place], office->now_ms));
}

static void office_free(struct office *office)
{
    for (size_t i = 0; i < office->count; i++) (void)leave(office, i);
    assert_int_equal(searches_count(office->searches), 0);
    for (size_t i = 0; i < office->count; i++) {
        assert_int_equal(office->search[i]->refs, 1); /* every reference was given back */
        free(office->search[i]);
    }
    searches_free(office->searches);
    free(office);
}

static void the_longest_waiting_comes_first(void **state)
{
    (void)state;
    struct office *office = office_new(16, 16, 2);
    struct err err;
    size_t place[5], waiting = 0, in_work = 0;
    for (int i = 0; i < 5; i++) place[i] = enter(office, "la-1", &err);
    assert_true(begin(office, place[0]) && begin(office, place[1]));
    assert_false(begin(office, place[3]));
    assert_false(begin(office, place[2]));
    assert_false(begin(office, place[4]));
    searches_turns(office->searches, &waiting, &in_work);
    assert_true(waiting == 3 && in_work == 2);
    assert_int_equal(leave(office, place[1]), place[3]);
    assert_int_equal(leave(office, place[1]), MOST); /* once is enough */
    assert_int_equal(leave(office, place[0]), place[2]);
    assert_int_equal(leave(office, place[0]), MOST);
    /* One that ends while it waits takes nobody's turn. */
    assert_int_equal(leave(office, place[4]), MOST);
    assert_int_equal(leave(office, place[3]), MOST);
    office_free(office);
}

/* An LA with many searches does not keep the others out. */
static void who_has_less_in_work_comes_first(void **state)
{
    (void)state;
    struct office *office = office_new(32, 32, 4);
    struct err err;
    size_t greedy[12], modest[2];
    for (int i = 0; i < 12; i++) {
        greedy[i] = enter(office, "la-1", &err);
        assert_true(begin(office, greedy[i]) == (i < 4));
    }
    for (int i = 0; i < 2; i++) {
        modest[i] = enter(office, "la-2", &err);
        assert_false(begin(office, modest[i]));
    }
    assert_int_equal(leave(office, greedy[0]), modest[0]);
    assert_int_equal(leave(office, greedy[1]), modest[1]);
    /* Two each: now it goes by time. */
    assert_int_equal(leave(office, greedy[2]), greedy[4]);
    assert_int_equal(leave(office, modest[0]), greedy[5]);
    office_free(office);
}

static void too_long_a_queue_is_refused_with_a_time(void **state)
{
    (void)state;
    struct office *office = office_new(MOST, MOST, 2);
    struct err err = {0};
    size_t first = enter(office, "la-1", &err);
    assert_true(begin(office, first));
    office->now_ms += 40000; /* a search takes 40 s, two go on at once */
    assert_int_equal(leave(office, first), MOST);
    size_t taken = 0, place;
    while ((place = enter(office, "la-1", &err)) != MOST) {
        (void)begin(office, place);
        taken++;
        assert_true(taken < MOST);
    }
    assert_int_equal(taken, 2 + 6); /* in work, and those that wait more than 100 s together */
    assert_int_equal(err.code, ERR_BUDGET);
    assert_string_equal(err.field, "searches");
    assert_int_equal(err.retry_ms, 6 * 20000 - SEARCHES_WAIT_MAX_MS / 2);
    assert_int_equal(searches_retry_ms(office->searches), err.retry_ms);
    office_free(office);
}

/* Turns go round, so what one LA has waiting says nothing of how long another one would wait. */
static void a_long_queue_of_one_la_keeps_no_other_out(void **state)
{
    (void)state;
    struct office *office = office_new(MOST, MOST, 2);
    struct err err = {0};
    size_t greedy[MOST], count = 0, modest;
    size_t first = enter(office, "la-1", &err);
    assert_true(begin(office, first));
    office->now_ms += 40000;
    assert_int_equal(leave(office, first), MOST);
    while ((greedy[count] = enter(office, "la-1", &err)) != MOST) {
        (void)begin(office, greedy[count++]);
    }
    modest = enter(office, "la-2", &err);
    assert_int_not_equal(modest, MOST);
    assert_false(begin(office, modest));
    assert_int_equal(enter(office, "la-1", &err), MOST);
    assert_int_equal(leave(office, greedy[0]), modest);
    /* The other one is not let in without end either. */
    size_t taken = 0, place;
    while ((place = enter(office, "la-2", &err)) != MOST) {
        assert_false(begin(office, place));
        taken++;
        assert_true(taken < 8);
    }
    assert_int_equal(taken, 3); /* 40 s each, two go on at once, each LA's in turn */
    office_free(office);
}

static void too_many_open_ones_are_refused_with_a_time(void **state)
{
    (void)state;
    struct office *office = office_new(3, 2, 2);
    struct err err = {0};
    assert_int_not_equal(enter(office, "la-1", &err), MOST);
    assert_int_not_equal(enter(office, "la-1", &err), MOST);
    assert_int_equal(enter(office, "la-1", &err), MOST);
    assert_non_null(strstr(err.text, "la-1"));
    assert_int_equal(err.retry_ms, SEARCHES_RETRY_MS);
    assert_int_not_equal(enter(office, "la-2", &err), MOST);
    err = (struct err){0};
    assert_int_equal(enter(office, "la-3", &err), MOST);
    assert_int_equal(err.code, ERR_BUDGET);
    assert_int_equal(err.retry_ms, SEARCHES_RETRY_MS);
    office_free(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_waiting_comes_first),
        cmocka_unit_test(who_has_less_in_work_comes_first),
        cmocka_unit_test(too_long_a_queue_is_refused_with_a_time),
        cmocka_unit_test(a_long_queue_of_one_la_keeps_no_other_out),
        cmocka_unit_test(too_many_open_ones_are_refused_with_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
