/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "matcher/measure.h"
#include "proto/base/err.h"

/* A list of values that has another order than its enum would count the wrong thing. */
static void lists_are_in_the_order_of_their_enums(void **state)
{
    (void)state;
    static const struct {
        enum measure measure;
        size_t place;
        const char *value;
        size_t count;
    } expected[] = {
        {MEASURE_SEARCHES_STARTED, MEASURE_MEMBER, "member", 2},
        {MEASURE_SEARCHES_FINISHED, OUTCOME_COMPLETED, "completed", 4},
        {MEASURE_SEARCHES_FINISHED, OUTCOME_REFUSED, "refused", 4},
        {MEASURE_SEARCHES_FINISHED, OUTCOME_ABANDONED, "abandoned", 4},
        {MEASURE_SEARCHES_FINISHED, OUTCOME_FAILED, "failed", 4},
        {MEASURE_PHASE_SECONDS, STEP_CHECK, "check", 5},
        {MEASURE_PHASE_SECONDS, STEP_FAN_OUT, "fan_out", 5},
        {MEASURE_PHASE_SECONDS, STEP_REPLIES, "replies", 5},
        {MEASURE_PHASE_SECONDS, STEP_SHARES, "shares", 5},
        {MEASURE_PHASE_SECONDS, STEP_RESULT, "result", 5},
        {MEASURE_ANSWERS, FATE_IN_TIME, "in_time", 6},
        {MEASURE_ANSWERS, FATE_DECLINED, "declined", 6},
        {MEASURE_ANSWERS, FATE_REFUSED, "refused", 6},
        {MEASURE_ANSWERS, FATE_LEFT, "left", 6},
        {MEASURE_ANSWERS, FATE_NONE, "none", 6},
        {MEASURE_ANSWERS, FATE_LATE, "late", 6},
        {MEASURE_ATTACHMENTS, ATTACHMENT_REPLACED, "replaced", 3},
        {MEASURE_MAIL, LETTER_ACCEPTED, "accepted", 4},
        {MEASURE_MAIL, LETTER_DELIVERED, "delivered", 4},
        {MEASURE_MAIL, LETTER_UNREADABLE, "unreadable", 4},
        {MEASURE_MAIL, LETTER_EXPIRED, "expired", 4},
        {MEASURE_STORE_BYTES, STORE_AUDIT, "audit", 3},
        {MEASURE_STORE_BYTES, STORE_MAIL, "mail", 3},
        {MEASURE_STORE_LIMIT, STORE_FIGURES, "figures", 3},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct metric_label *label = &measure_table[expected[i].measure].labels[0];
        assert_int_equal(label->count, expected[i].count);
        assert_string_equal(label->values[expected[i].place], expected[i].value);
    }
}

static void every_error_has_its_reason(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new(measure_table, MEASURES);
    const struct metric_label *reasons = &measure_table[MEASURE_REFUSALS].labels[1];
    for (int code = ERR_INVALID; code <= ERR_INTERNAL; code++) {
        const char *name = err_code_name((enum err_code)code);
        size_t place = metrics_find(metrics, MEASURE_REFUSALS, 1, name);
        assert_string_equal(reasons->values[place], name);
    }
    assert_int_equal(reasons->count, ERR_INTERNAL);
    metrics_free(metrics);
}

/* What the match has found must not be told (docs/operations.md). */
static void nothing_of_the_match_has_a_name(void **state)
{
    (void)state;
    static const char *const words[] = {"score", "band", "choice", "agencies_found", "eligible",
                                        "miss",  "hit",  "rank",   "items",          "carer"};
    for (size_t i = 0; i < MEASURES; i++) {
        assert_non_null(measure_table[i].name);
        for (size_t j = 0; j < sizeof words / sizeof words[0]; j++) {
            assert_null(strstr(measure_table[i].name, words[j]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_in_the_order_of_their_enums),
        cmocka_unit_test(every_error_has_its_reason),
        cmocka_unit_test(nothing_of_the_match_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
