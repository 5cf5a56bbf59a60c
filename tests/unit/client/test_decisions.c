/* SPDX-License-Identifier: Apache-2.0
 * Decisions and outcomes: the stored forms, and what the records give back.
 */
#include "client/records_kept.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/client/kept.h"
#include "tests/unit/support/temp_dir.h"

static struct decision a_decision(void)
{
    struct decision decision = {.at_ms = KEPT_START,
                                .stage = STAGE_PROFILE,
                                .chosen = {{.id = "ifa-002", .rank = 2}, {.id = "b", .rank = 30}},
                                .passed_over = {{.id = "ifa-001", .rank = 1}},
                                .chosen_count = 2,
                                .passed_count = 1};
    memset(decision.query_hash, 0x44, HASH_BYTES);
    memset(decision.chosen[0].mail_id, 0x55, MAIL_ID_BYTES);
    memset(decision.reason, 'r', DECISION_REASON_MAX);
    return decision;
}

static void a_decision_comes_back(void **state)
{
    (void)state;
    struct decision decision = a_decision(), out;
    struct buf bytes = {0};
    struct err err = {0};
    decision_encode(&decision, &bytes);
    assert_true(bytes.len <= DECISION_PLAIN_MAX);
    for (size_t len = 0; len < bytes.len; len++) {
        uint8_t *copy = mem_copy(bytes.data, len); /* of exact size, for ASan */
        assert_false(decision_decode(copy, len, &out, &err));
        free(copy);
    }
    kept_must(decision_decode(bytes.data, bytes.len, &out, &err), &err);
    assert_memory_equal(&out, &decision, sizeof out);
    buf_append(&bytes, (uint8_t[9]){0}, 9);
    kept_must(decision_decode(bytes.data, bytes.len, &out, &err), &err);
    buf_u8(&bytes, 1);
    assert_false(decision_decode(bytes.data, bytes.len, &out, &err));
    buf_free(&bytes);
}

static void the_largest_decision_fits(void **state)
{
    (void)state;
    struct decision *decision = mem_new(struct decision);
    struct buf bytes = {0};
    *decision = a_decision();
    decision->chosen_count = decision->passed_count = RESULT_AGENCIES_MAX;
    for (uint8_t i = 0; i < RESULT_AGENCIES_MAX; i++) {
        memset(decision->chosen[i].id, 'a', ID_MAX);
        memset(decision->passed_over[i].id, 'b', ID_MAX);
        decision->chosen[i].rank = decision->passed_over[i].rank = (uint8_t)(i + 1);
    }
    decision_encode(decision, &bytes);
    assert_true(bytes.len <= DECISION_PLAIN_MAX);
    buf_free(&bytes);
    free(decision);
}

static void expect_corrupt_decision(const struct decision *decision)
{
    struct decision out;
    struct buf bytes = {0};
    struct err err = {0};
    decision_encode(decision, &bytes);
    assert_false(decision_decode(bytes.data, bytes.len, &out, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    buf_free(&bytes);
}

static void impossible_decisions_are_corrupt(void **state)
{
    (void)state;
    struct decision changed = a_decision();
    changed.chosen[0].rank = 30; /* not ascending */
    expect_corrupt_decision(&changed);
    changed = a_decision();
    changed.chosen[1].rank = RESULT_AGENCIES_MAX + 1;
    expect_corrupt_decision(&changed);
    changed = a_decision();
    changed.chosen[0].id[0] = 'A';
    expect_corrupt_decision(&changed);
    changed = a_decision();
    changed.chosen_count = 0;
    expect_corrupt_decision(&changed);
    changed = a_decision();
    changed.stage = (enum referral_stage)3;
    expect_corrupt_decision(&changed);
    changed = a_decision();
    changed.reason[5] = '\x1b';
    expect_corrupt_decision(&changed);
}

static void outcomes_come_back(void **state)
{
    (void)state;
    static const struct outcome outcomes[] = {
        {.at_ms = 5, .kind = OUTCOME_PLACED, .agency = "ifa-003", .day = 20780, .days = 4},
        {.at_ms = 5, .kind = OUTCOME_PLACED_ELSEWHERE, .elsewhere = 5, .day = 20780},
        {.at_ms = 5, .kind = OUTCOME_NONE_FOUND, .day = 20780, .days = 365},
        {.at_ms = 5, .kind = OUTCOME_WITHDRAWN, .day = OUTCOME_DAYS_MAX},
        {.at_ms = 5, .kind = OUTCOME_PLACED, .agency = "ifa-003", .day = 20780, .fee = 905},
        {.at_ms = 5, .kind = OUTCOME_PLACED_ELSEWHERE, .elsewhere = 1, .fee = OUTCOME_FEE_MAX}};
    static const struct outcome bad[] = {
        {.at_ms = 5, .kind = OUTCOME_PLACED, .day = 1},
        {.at_ms = 5, .kind = OUTCOME_PLACED, .agency = "x", .elsewhere = 1, .day = 1},
        {.at_ms = 5, .kind = OUTCOME_PLACED_ELSEWHERE, .elsewhere = 6, .day = 1},
        {.at_ms = 5, .kind = OUTCOME_WITHDRAWN, .agency = "x", .day = 1},
        {.at_ms = 5, .kind = (enum outcome_kind)5, .day = 1},
        {.at_ms = 5, .kind = OUTCOME_WITHDRAWN, .day = OUTCOME_DAYS_MAX + 1},
        {.at_ms = -5, .kind = OUTCOME_WITHDRAWN, .day = 1},
        {.at_ms = 5, .kind = OUTCOME_PLACED, .agency = "x", .fee = OUTCOME_FEE_MAX + 1},
        {.at_ms = 5, .kind = OUTCOME_PLACED_ELSEWHERE, .elsewhere = 2, .fee = 905},
        {.at_ms = 5, .kind = OUTCOME_NONE_FOUND, .day = 1, .fee = 905}};
    struct err err = {0};
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        struct outcome out = {0};
        struct buf bytes = {0};
        outcome_encode(&outcomes[i], &bytes);
        assert_true(bytes.len <= OUTCOME_PLAIN_MAX);
        kept_must(outcome_decode(bytes.data, bytes.len, &out, &err), &err);
        assert_memory_equal(&out, &outcomes[i], sizeof out);
        for (size_t len = 0; len < bytes.len; len++) {
            assert_false(outcome_decode(bytes.data, len, &out, &err));
        }
        buf_free(&bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct outcome out = {0};
        struct buf bytes = {0};
        outcome_encode(&bad[i], &bytes);
        if (outcome_decode(bytes.data, bytes.len, &out, &err)) fail_msg("%zu is taken", i);
        buf_free(&bytes);
    }
}

/* What a program of before fees wrote is read, and what has no fee can be read by it. */
static void the_first_form_is_read_and_written(void **state)
{
    (void)state;
    struct outcome outcome = {.at_ms = 5, .kind = OUTCOME_PLACED, .agency = "ifa-003", .day = 3};
    struct outcome out = {0};
    struct buf bytes = {0};
    struct err err = {0};
    char text[OUTCOME_TEXT];
    buf_u8(&bytes, 1);
    buf_u64(&bytes, 5);
    buf_u8(&bytes, OUTCOME_PLACED);
    buf_u8(&bytes, 0);
    buf_bytes(&bytes, "ifa-003", 7);
    buf_u32(&bytes, 3);
    buf_u32(&bytes, 0);
    kept_must(outcome_decode(bytes.data, bytes.len, &out, &err), &err);
    assert_memory_equal(&out, &outcome, sizeof out);
    struct buf again = {0};
    outcome_encode(&outcome, &again);
    assert_int_equal(again.len, bytes.len);
    assert_memory_equal(again.data, bytes.data, bytes.len);
    buf_free(&again);
    /* A later form, and the second one without its fee. */
    bytes.data[0] = 3;
    assert_false(outcome_decode(bytes.data, bytes.len, &out, &err));
    assert_int_equal(err.code, ERR_VERSION);
    bytes.data[0] = 2;
    assert_false(outcome_decode(bytes.data, bytes.len, &out, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    buf_free(&bytes);
    outcome.fee = 905;
    outcome_text(&outcome, text);
    assert_string_equal(text, "placed with ifa-003 after 0 days, 905 pounds a week");
}

static void names_are_taken_as_people_write_them(void **state)
{
    (void)state;
    enum outcome_kind kind = 0;
    uint8_t elsewhere = 99;
    assert_true(outcome_kind_from_name("placed-elsewhere", &kind));
    assert_int_equal(kind, OUTCOME_PLACED_ELSEWHERE);
    assert_true(outcome_kind_from_name("none_found", &kind));
    assert_false(outcome_kind_from_name("placed-", &kind));
    assert_false(outcome_kind_from_name("", &kind));
    assert_true(outcome_elsewhere_from_name("in-house", &elsewhere));
    assert_int_equal(elsewhere, 0);
    assert_false(outcome_elsewhere_from_name("inhouse", &elsewhere));
}

/* A correction is a further outcome: what was said before stays. */
static void the_journal_keeps_everything_in_order(void **state)
{
    (void)state;
    char *home = support_temp_dir();
    struct secret key = secret_random(HASH_KEY_BYTES);
    struct records *records = NULL;
    struct err err = {0};
    uint8_t one[HASH_BYTES], two[HASH_BYTES];
    kept_must(records_open(home, &key, &records, &err), &err);
    kept_search(records, "EX-1", KEPT_START, one);
    kept_search(records, "EX-2", KEPT_START, two);
    for (int i = 0; i < 12; i++) {
        struct outcome outcome = {.at_ms = i, .kind = OUTCOME_NONE_FOUND, .day = 20780, .days = i};
        struct decision decision = a_decision();
        decision.at_ms = i;
        kept_must(records_add_outcome(records, i % 3 ? one : two, &outcome, &err), &err);
        kept_must(records_add_decision(records, i % 3 ? two : one, &decision, &err), &err);
    }
    struct outcome *outcomes = NULL;
    struct decision *decisions = NULL;
    size_t count = 0;
    kept_must(records_list_outcomes(records, one, &outcomes, &count, &err), &err);
    assert_int_equal(count, 8);
    assert_int_equal(outcomes[0].days, 1);
    assert_int_equal(outcomes[7].days, 11);
    records_list_free(outcomes, count, sizeof *outcomes);
    kept_must(records_list_decisions(records, one, &decisions, &count, &err), &err);
    assert_int_equal(count, 4);
    assert_true(decisions[3].at_ms == 9);
    records_list_free(decisions, count, sizeof *decisions);
    records_close(records);
    secret_free(&key);
    support_temp_dir_remove(home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decision_comes_back),
        cmocka_unit_test(the_largest_decision_fits),
        cmocka_unit_test(impossible_decisions_are_corrupt),
        cmocka_unit_test(outcomes_come_back),
        cmocka_unit_test(the_first_form_is_read_and_written),
        cmocka_unit_test(names_are_taken_as_people_write_them),
        cmocka_unit_test(the_journal_keeps_everything_in_order),
    };
    return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
