/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/clock.h"
#include "proto/figures/manifest.h"

static void months_follow_each_other(void **state)
{
    (void)state;
    uint32_t period = 200001;
    for (unsigned i = 0; i < 1199; i++) {
        uint32_t next = period_next(period);
        assert_true(period_valid(period));
        assert_int_equal(period_before(next, 1), period);
        assert_int_equal(period_before(next, i + 1), 200001);
        assert_true(period_start_ms(next) > period_start_ms(period));
        period = next;
    }
    assert_int_equal(period, 209912);
    static const uint32_t bad[] = {0, 200000, 200013, 199912, 210001, 202600, 202613, 20261};
    for (size_t i = 0; i < 8; i++) assert_false(period_valid(bad[i]));
}

/* The first instant is in the month, the one before is not: in summer and in winter time. */
static void a_month_begins_at_midnight_in_london(void **state)
{
    (void)state;
    for (uint32_t period = 202001; period < 203001; period = period_next(period)) {
        int64_t start = period_start_ms(period);
        assert_int_equal(period_of(start), period);
        assert_int_equal(period_of(start - 1), period_before(period, 1));
        assert_int_equal(clock_london_day(start),
                         clock_day((int)period / 100, (int)period % 100, 1));
    }
    char text[CLOCK_TEXT];
    clock_format(period_start_ms(202612), text);
    assert_string_equal(text, "2026-12-01T00:00:00Z");
    clock_format(period_start_ms(202607), text);
    assert_string_equal(text, "2026-06-30T23:00:00Z");
}

static void months_are_read_and_written(void **state)
{
    (void)state;
    char text[PERIOD_TEXT];
    uint32_t period = 7;
    struct err err = {0};
    assert_string_equal(period_text(202611, text), "2026-11");
    assert_true(period_parse("2026-11", &period, &err));
    assert_int_equal(period, 202611);
    static const char *const bad[] = {"",        "2026-13", "2026-00",  "202611",  "2026-1",
                                      "26-11",   "1999-12", "2100-01",  "2026/11", "2026-11 ",
                                      "-026-11", "2026--1", "2026-011", "20a6-11"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(period_parse(bad[i], &period, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.field, "period");
        assert_int_equal(period, 202611);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_follow_each_other),
        cmocka_unit_test(a_month_begins_at_midnight_in_london),
        cmocka_unit_test(months_are_read_and_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
