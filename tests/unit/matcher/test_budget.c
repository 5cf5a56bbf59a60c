/* SPDX-License-Identifier: Apache-2.0
 * Budgets: persistence, renewal at London midnight in winter and summer, and replay memory.
 */
#include "matcher/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "matcher/audit.h"
#include "matcher/replay.h"
#include "matcher/runs.h"
#include "proto/base/clock.h"
#include "tests/unit/support/temp_dir.h"

static const int64_t HOUR = 3600000;

static int64_t utc(int year, int month, int day, int hour)
{
    return (int64_t)clock_day(year, month, day) * 24 * HOUR + hour * HOUR;
}

/* Each in a transaction of its own. */
static bool took(struct store *store, const char *la, uint32_t limit, int64_t now_ms,
                 struct err *err)
{
    struct store_txn *txn = NULL;
    assert_true(store_begin(store, true, &txn, err));
    if (budget_take(txn, la, limit, now_ms, err)) return store_commit(txn, err);
    store_abort(txn);
    return false;
}

static bool ran(struct store *store, const char *la, const uint8_t tag[HASH_BYTES], int64_t now_ms,
                uint32_t *run)
{
    struct store_txn *txn = NULL;
    struct err err = {0};
    assert_true(store_begin(store, true, &txn, &err));
    return runs_add(txn, la, tag, now_ms, run, &err) && store_commit(txn, &err);
}

static void renews_at_london_midnight(void **state)
{
    (void)state;
    /* Winter: midnight is 00:00 UTC. Summer: 23:00 UTC. The days of the change themselves: the
     * clocks change at 01:00 UTC, so the midnight before belongs to the old time, the one after to
     * the new. */
    assert_int_equal(budget_renewal(utc(2026, 1, 15, 12)), utc(2026, 1, 16, 0));
    assert_int_equal(budget_renewal(utc(2026, 7, 15, 12)), utc(2026, 7, 15, 23));
    assert_int_equal(budget_renewal(utc(2026, 7, 15, 23)), utc(2026, 7, 16, 23));
    assert_int_equal(budget_renewal(utc(2026, 3, 28, 12)), utc(2026, 3, 29, 0));
    assert_int_equal(budget_renewal(utc(2026, 3, 29, 12)), utc(2026, 3, 29, 23));
    assert_int_equal(budget_renewal(utc(2026, 10, 24, 12)), utc(2026, 10, 24, 23));
    assert_int_equal(budget_renewal(utc(2026, 10, 25, 12)), utc(2026, 10, 26, 0));
    for (int i = 0; i < 5000; i++) {
        int64_t now = utc(2025, 1, 1, 0) + (int64_t)randombytes_uniform(800 * 24) * HOUR;
        int64_t renewal = budget_renewal(now);
        assert_true(renewal > now && renewal - now <= 25 * HOUR);
        assert_int_equal(clock_london_day(renewal - 1), clock_london_day(now));
        assert_int_equal(clock_london_day(renewal), clock_london_day(now) + 1);
    }
}

static void budget_survives_a_restart_and_renews(void **state)
{
    (void)state;
    char *dir = support_temp_dir();
    struct store *store = NULL;
    struct err err = {0};
    int64_t now = utc(2026, 7, 15, 22);
    uint32_t used = 0;
    assert_true(audit_store_open(dir, true, 64, &store, &err));
    assert_true(took(store, "la-1", 3, now, &err));
    assert_true(took(store, "la-1", 3, now, &err));
    assert_true(took(store, "la-10", 3, now, &err)); /* a longer id is another LA */
    store_close(store);
    assert_true(audit_store_open(dir, false, 64, &store, &err));
    assert_true(budget_used(store, "la-1", now, &used, &err));
    assert_int_equal(used, 2);
    assert_true(took(store, "la-1", 3, now, &err));
    assert_false(took(store, "la-1", 3, now, &err));
    assert_int_equal(err.code, ERR_BUDGET);
    assert_non_null(strstr(err.text, "2026-07-15T23:00:00Z"));
    assert_true(budget_used(store, "la-1", now, &used, &err));
    assert_int_equal(used, 3); /* the refusal did not count */
    assert_true(took(store, "la-10", 3, now, &err));
    assert_false(took(store, "la-1", 3, now + HOUR - 1, &err));
    assert_true(took(store, "la-1", 3, now + HOUR, &err));
    assert_true(budget_used(store, "la-1", now, &used, &err));
    assert_int_equal(used, 3); /* yesterday's count stays for a clock that is set back */
    assert_true(budget_used(store, "la-1", now + HOUR, &used, &err));
    assert_int_equal(used, 1);
    for (int i = 0; i < 50; i++) assert_true(took(store, "la-2", 0, now, &err));
    assert_true(budget_used(store, "la-2", now, &used, &err));
    assert_int_equal(used, 0); /* no budget, nothing stored */
    store_close(store);
    support_temp_dir_remove(dir);
}

/* However the clock steps, each day as it is told has its budget once, and none is locked out. */
static void a_clock_that_steps_gives_no_second_budget(void **state)
{
    (void)state;
    char *dir = support_temp_dir();
    struct store *store = NULL;
    struct store_txn *txn = NULL;
    struct err err = {0};
    size_t kept = 0;
    int64_t now = utc(2026, 3, 10, 12), day = 24 * HOUR;
    assert_true(audit_store_open(dir, true, 64, &store, &err));
    assert_true(took(store, "la-1", 2, now, &err));
    assert_true(took(store, "la-1", 2, now + day, &err)); /* a day ahead */
    assert_true(took(store, "la-1", 2, now, &err));       /* and back: one was left */
    assert_false(took(store, "la-1", 2, now, &err));
    assert_true(took(store, "la-1", 2, now - day, &err)); /* a day behind */
    assert_false(took(store, "la-1", 2, now, &err));
    assert_true(took(store, "la-1", 2, now + day, &err)); /* tomorrow comes: the other one */
    assert_false(took(store, "la-1", 2, now + day, &err));
    assert_true(took(store, "la-1", 2, now + 30 * day, &err));
    assert_true(store_begin(store, false, &txn, &err));
    assert_true(store_count(txn, AUDIT_TABLE_BUDGET, &kept, &err));
    assert_int_equal(kept, 1); /* what is long past is forgotten */
    store_abort(txn);
    store_close(store);
    support_temp_dir_remove(dir);
}

/* What a plain list of all runs says, against what is stored by day and forgotten. */
static void runs_are_counted_within_the_window(void **state)
{
    (void)state;
    enum { RUNS = 400, TAGS = 3 };
    char *dir = support_temp_dir();
    struct store *store = NULL;
    struct store_txn *txn = NULL;
    struct err err = {0};
    int32_t days[TAGS][RUNS];
    size_t counts[TAGS] = {0}, kept = 0;
    int64_t now = utc(2026, 3, 1, 10);
    assert_true(audit_store_open(dir, true, 64, &store, &err));
    for (int i = 0; i < RUNS; i++) {
        unsigned which = randombytes_uniform(TAGS);
        const uint8_t tag[HASH_BYTES] = {(uint8_t)(which % 2)};
        const char *la = which < 2 ? "la-1" : "la-2"; /* the third has the first one's tag */
        now += (int64_t)randombytes_uniform(30) * HOUR;
        int32_t today = clock_london_day(now);
        days[which][counts[which]++] = today;
        uint32_t run = 0, expected = 0;
        assert_true(ran(store, la, tag, now, &run));
        for (size_t j = 0; j < counts[which]; j++) expected += days[which][j] > today - 28;
        assert_int_equal(run, expected);
        if (i % 50 == 0) {
            store_close(store);
            assert_true(audit_store_open(dir, false, 64, &store, &err));
        }
    }
    assert_true(store_begin(store, false, &txn, &err));
    assert_true(store_count(txn, AUDIT_TABLE_RUNS, &kept, &err));
    assert_in_range(kept, 1, 28 * TAGS); /* RUNS * 15 hours are eight months */
    store_abort(txn);
    store_close(store);
    support_temp_dir_remove(dir);
}

static void replay_is_remembered_until_expiry(void **state)
{
    (void)state;
    struct replay *replay = replay_new();
    struct err err = {0};
    uint8_t id[QUERY_ID_BYTES] = {1}, other[QUERY_ID_BYTES] = {2};
    assert_true(replay_add(replay, "la-1", id, 1000, 0, &err));
    assert_false(replay_add(replay, "la-1", id, 1000, 0, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_true(replay_add(replay, "la-2", id, 1000, 0, &err));
    assert_true(replay_add(replay, "la-1", other, 1000, 0, &err));
    assert_false(replay_add(replay, "la-1", id, 1000, 1000 + CLOCK_SKEW_MS, &err));
    assert_int_equal(replay_count(replay), 3);
    assert_true(replay_add(replay, "la-1", id, 500000, 1001 + CLOCK_SKEW_MS, &err));
    assert_int_equal(replay_count(replay), 1); /* the expired ones are gone */
    replay_remove(replay, "la-2", id);         /* not there: nothing happens */
    replay_remove(replay, "la-1", id);
    assert_int_equal(replay_count(replay), 0);
    uint8_t many[QUERY_ID_BYTES] = {0};
    for (int i = 0; i < 300; i++) {
        memcpy(many, &i, sizeof i);
        assert_true(replay_add(replay, "la-1", many, 1000, 0, &err));
    }
    memset(many, 0, sizeof many);
    assert_false(replay_add(replay, "la-1", many, 1000, 0, &err));
    replay_free(replay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renews_at_london_midnight),
        cmocka_unit_test(budget_survives_a_restart_and_renews),
        cmocka_unit_test(a_clock_that_steps_gives_no_second_budget),
        cmocka_unit_test(runs_are_counted_within_the_window),
        cmocka_unit_test(replay_is_remembered_until_expiry),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
