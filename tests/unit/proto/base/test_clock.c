/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/clock.h"
#include "tests/unit/support/temp_dir.h"

static const int64_t DAY_MS = 86400000, HOUR_MS = 3600000;

/* Every text YYYY-MM-DD with a day up to 32 and a month up to 13, against timegm. */
static void test_dates_against_timegm(void **state)
{
    (void)state;
    for (int year = 1900; year <= 2100; year++) {
        for (int month = 0; month <= 13; month++) {
            for (int day = 0; day <= 32; day++) {
                char text[16];
                struct tm parts = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
                int64_t seconds = timegm(&parts); /* changes parts where there is no such date */
                bool valid = parts.tm_year == year - 1900 && parts.tm_mon == month - 1 &&
                             parts.tm_mday == day;
                (void)snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                int32_t got = -1;
                if (clock_parse_day(text, &got) != valid) fail_msg("%s", text);
                if (!valid) continue;
                assert_int_equal(got, seconds / 86400);
                assert_int_equal(clock_day(year, month, day), got);
                int y = 0, m = 0, d = 0;
                clock_day_parts(got, &y, &m, &d);
                assert_true(y == year && m == month && d == day);
            }
        }
    }
}

static void test_texts_that_are_no_dates(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "2026-1-01",  "2026-01-1",   "26-01-01",
                                      "2026/01/01", "2026-01-0a", " 2026-01-01", "2026-01-01 ",
                                      "+026-01-01", "2026-02-29", "2100-02-29",  "2026-01-011",
                                      "-026-01-01", "2026--1-01"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int32_t day = 4711;
        if (clock_parse_day(bad[i], &day)) fail_msg("\"%s\" was taken", bad[i]);
        assert_int_equal(day, 4711);
    }
    int32_t day = 0;
    assert_true(clock_parse_day("2000-02-29", &day));
    assert_true(clock_parse_day("2024-02-29", &day));
}

/* The C library's own rules for London, from the system's time zone data. */
static int32_t library_london_day(int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    localtime_r(&seconds, &parts);
    return clock_day(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

static bool has_london(void)
{
    setenv("TZ", "Europe/London", 1);
    tzset();
    time_t summer = 1750000000; /* 2025-06-15 */
    struct tm parts;
    localtime_r(&summer, &parts);
    return parts.tm_isdst == 1;
}

static void test_london_days_against_the_time_zone_data(void **state)
{
    (void)state;
    if (!has_london()) {
        print_message("the system has no time zone data for Europe/London\n");
        skip();
    }
    for (int year = 1996; year <= 2037; year++) {
        int64_t start = (int64_t)clock_day(year, 1, 1) * DAY_MS;
        for (int64_t ms = start; ms < start + 366 * DAY_MS; ms += HOUR_MS / 2) {
            if (clock_london_day(ms) != library_london_day(ms)) fail_msg("%lld", (long long)ms);
        }
    }
}

static void test_london_days_around_the_changes(void **state)
{
    (void)state;
    /* 2026: summer time from 29 March to 25 October, both at 01:00 UTC. */
    int32_t march = clock_day(2026, 3, 28), october = clock_day(2026, 10, 24);
    int64_t midnight = (int64_t)(march + 1) * DAY_MS;
    assert_int_equal(clock_london_day(midnight - 1), march);
    assert_int_equal(clock_london_day(midnight), march + 1);
    assert_int_equal(clock_london_day(midnight + 23 * HOUR_MS - 1), march + 1);
    assert_int_equal(clock_london_day(midnight + 23 * HOUR_MS), march + 2);
    midnight = (int64_t)(october + 1) * DAY_MS;
    assert_int_equal(clock_london_day(midnight - HOUR_MS - 1), october);
    assert_int_equal(clock_london_day(midnight - HOUR_MS), october + 1);
    assert_int_equal(clock_london_day(midnight + 24 * HOUR_MS - 1), october + 1);
    assert_int_equal(clock_london_day(midnight + 24 * HOUR_MS), october + 2);
}

static void test_format(void **state)
{
    (void)state;
    char out[CLOCK_TEXT];
    clock_format(1795326394123, out);
    assert_string_equal(out, "2026-11-22T05:46:34Z");
    clock_format(0, out);
    assert_string_equal(out, "1970-01-01T00:00:00Z");
    clock_format(-1, out);
    assert_string_equal(out, "1969-12-31T23:59:59Z");
    clock_format(INT64_MAX, out);
    assert_true(strlen(out) < CLOCK_TEXT);
}

static void test_offset_moves_the_wall_clock_only(void **state)
{
    (void)state;
    int64_t wall = clock_wall_ms(), steady = clock_steady_ms();
    assert_false(clock_is_moved());
    assert_int_equal(setenv("HEARTH_CLOCK_OFFSET", "-86400", 1), 0);
    assert_true(clock_is_moved());
    assert_in_range(clock_wall_ms() - wall + DAY_MS, 0, 600000);
    assert_in_range(clock_steady_ms() - steady, 0, 600000);
    assert_int_equal(unsetenv("HEARTH_CLOCK_OFFSET"), 0);
    assert_in_range(clock_wall_ms() - wall, 0, 600000);
}

static void test_a_link_steps_it(void **state)
{
    (void)state;
    char *dir = support_temp_dir();
    char path[PATH_MAX];
    int64_t wall = clock_wall_ms();
    (void)snprintf(path, sizeof path, "%s/clock", dir);
    assert_int_equal(setenv("HEARTH_CLOCK_LINK", path, 1), 0);
    assert_in_range(clock_wall_ms() - wall, 0, 600000); /* there is none */
    assert_int_equal(symlink("86400", path), 0);
    assert_in_range(clock_wall_ms() - wall - DAY_MS, 0, 600000);
    assert_int_equal(setenv("HEARTH_CLOCK_OFFSET", "86400", 1), 0);
    assert_in_range(clock_wall_ms() - wall - 2 * DAY_MS, 0, 600000);
    assert_int_equal(unsetenv("HEARTH_CLOCK_OFFSET"), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("-86400", path), 0);
    assert_in_range(clock_wall_ms() - wall + DAY_MS, 0, 600000);
    assert_int_equal(unsetenv("HEARTH_CLOCK_LINK"), 0);
    support_temp_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates_against_timegm),
        cmocka_unit_test(test_texts_that_are_no_dates),
        cmocka_unit_test(test_london_days_against_the_time_zone_data),
        cmocka_unit_test(test_london_days_around_the_changes),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_offset_moves_the_wall_clock_only),
        cmocka_unit_test(test_a_link_steps_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
