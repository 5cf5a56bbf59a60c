/* SPDX-License-Identifier: Apache-2.0
 * Allow list, budgets that outlive a restart, the memory of what was answered, the file that sets
 * them, and when replies leave.
 */
#include "agent/link.h"
#include "agent/replay.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "tests/unit/agent/carers.h"

static const int64_t NOON = INT64_C(20779) * 86400000 + 12 * 3600000;
enum { MINUTE = 60000, HOUR = 3600000 };

/* ---- config.json ---- */

static void write_config(const char *dir, const char *text)
{
    struct err err = {0};
    char *path = file_join(dir, "config.json");
    must(file_write(path, text, strlen(text), 0600, &err), &err);
    free(path);
}

static void test_config_round_trip(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct config config = config_default();
    struct config back;
    (void)snprintf(config.matcher, sizeof config.matcher, "match.example:443");
    (void)snprintf(config.matcher_id, sizeof config.matcher_id, "matcher");
    must(config_allow(&config, "la-1", &err), &err);
    must(config_allow(&config, "la-2", &err), &err);
    config.budget = 7;
    must(config_create(held->dir, &config, &err), &err);
    assert_false(config_create(held->dir, &config, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    must(config_read(held->dir, &back, &err), &err);
    assert_string_equal(back.matcher, "match.example:443");
    assert_int_equal(back.budget, 7);
    assert_int_equal(back.fresh_days, 28);
    assert_int_equal(back.threads, 0);
    assert_false(back.allow_all);
    assert_int_equal(back.allow_count, 2);
    assert_string_equal(back.allow[1], "la-2");
    config_free(&config);
    config_free(&back);
}

static void test_config_is_checked(void **state)
{
    struct held *held = *state;
    static const struct {
        const char *text, *field;
    } cases[] = {
        {"{\"matcher\":\"host\",\"matcher_id\":\"m\"}", "matcher"},
        {"{\"matcher\":\"host:0\",\"matcher_id\":\"m\"}", "matcher"},
        {"{\"matcher\":\"host:1\",\"matcher_id\":\"M\"}", "matcher_id"},
        {"{\"matcher\":\"host:1\",\"matcher_id\":\"m\",\"budget\":-1}", "budget"},
        {"{\"matcher\":\"host:1\",\"matcher_id\":\"m\",\"fresh_days\":400}", "fresh_days"},
        {"{\"matcher\":\"host:1\",\"matcher_id\":\"m\",\"allow\":\"la-1\"}", "allow"},
        {"{\"matcher\":\"host:1\",\"matcher_id\":\"m\",\"allow\":[1]}", "allow"},
        {"{\"matcher\":\"host:1\",\"matcher_id\":\"m\",\"budgte\":1}", "budgte"},
        {"{\"matcher\":\"host:1\"}", "matcher_id"},
        {"{\"matcher\":\"host:1\",\"matcher\":\"host:2\",\"matcher_id\":\"m\"}", "config.json"},
        {"[]", "config.json"},
        {"", "config.json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err err = {0};
        struct config config;
        write_config(held->dir, cases[i].text);
        assert_false(config_read(held->dir, &config, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.field, cases[i].field);
    }
}

/* An empty list is a closed door, a missing one an open door. */
static void test_an_empty_allow_list_allows_nobody(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct config config;
    struct policy *policy = NULL;
    write_config(held->dir, "{\"matcher\":\"h:1\",\"matcher_id\":\"m\",\"allow\":[]}");
    must(config_read(held->dir, &config, &err), &err);
    must(policy_open(&config, held->vault, &policy, &err), &err);
    uint8_t hash[HASH_BYTES] = {1};
    const struct query_name name = {"la-1", hash, hash};
    assert_int_equal(policy_admit(policy, &name, NULL, NOON, NOON), DECLINE_NOT_ALLOWED);
    policy_close(policy);
    config_free(&config);
}

/* ---- policy ---- */

struct asked {
    uint8_t query_id[QUERY_ID_BYTES], hash[HASH_BYTES];
};

static enum decline ask(struct policy *policy, const char *la, int64_t now_ms)
{
    struct asked q;
    randombytes_buf(&q, sizeof q);
    const struct query_name name = {la, q.query_id, q.hash};
    return policy_admit(policy, &name, NULL, now_ms, now_ms + MINUTE);
}

static struct policy *open_policy(struct held *held, uint32_t budget, const char *allowed)
{
    struct err err = {0};
    struct policy *policy = NULL;
    struct config config = config_default();
    config.budget = budget;
    if (allowed) must(config_allow(&config, allowed, &err), &err);
    must(policy_open(&config, held->vault, &policy, &err), &err);
    config_free(&config);
    return policy;
}

static void test_allow_list(void **state)
{
    struct policy *policy = open_policy(*state, 5, "la-1");
    for (int i = 0; i < 10; i++) {
        assert_int_equal(ask(policy, "la-2", NOON), DECLINE_NOT_ALLOWED);
        assert_int_equal(ask(policy, "la-", NOON), DECLINE_NOT_ALLOWED);
        assert_int_equal(ask(policy, "la-11", NOON), DECLINE_NOT_ALLOWED);
    }
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_NONE);
    policy_close(policy);
}

static void test_budget_of_a_day(void **state)
{
    struct policy *policy = open_policy(*state, 3, NULL);
    for (int i = 0; i < 3; i++) assert_int_equal(ask(policy, "la-1", NOON), DECLINE_NONE);
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_BUDGET);
    assert_int_equal(ask(policy, "la-2", NOON), DECLINE_NONE); /* each LA has its own */
    assert_int_equal(ask(policy, "la-1", NOON + 11 * HOUR), DECLINE_BUDGET);
    assert_int_equal(ask(policy, "la-1", NOON + 12 * HOUR), DECLINE_NONE); /* midnight in winter */
    policy_close(policy);
    policy = open_policy(*state, 0, NULL);
    for (int i = 0; i < 1000; i++) assert_int_equal(ask(policy, "la-1", NOON), DECLINE_NONE);
    policy_close(policy);
}

/* The day is London's: in summer it begins at 23:00 UTC. */
static void test_the_day_is_londons(void **state)
{
    const int64_t summer = (int64_t)clock_day(2026, 7, 1) * 86400000 + 22 * HOUR + 59 * MINUTE;
    struct policy *policy = open_policy(*state, 1, NULL);
    assert_int_equal(ask(policy, "la-1", summer), DECLINE_NONE);
    assert_int_equal(ask(policy, "la-1", summer), DECLINE_BUDGET);
    assert_int_equal(ask(policy, "la-1", summer + MINUTE), DECLINE_NONE);
    policy_close(policy);
}

static void test_a_restart_keeps_the_budget(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct policy *policy = open_policy(held, 3, NULL);
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_NONE);
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_NONE);
    must(policy_flush(policy, &err), &err);
    policy_close(policy);

    vault_close(held->vault);
    must(vault_open(held->dir, &held->key, &held->vault, &err), &err);
    policy = open_policy(held, 3, NULL);
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_NONE);
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_BUDGET);
    must(policy_flush(policy, &err), &err);
    uint64_t version = vault_version(held->vault);
    must(policy_flush(policy, &err), &err);
    assert_int_equal(vault_version(held->vault), version); /* nothing new, nothing written */
    policy_close(policy);
}

/* However the clock steps, each day as it is told has its budget once, over a restart too. */
static void test_a_clock_that_steps_gives_no_second_budget(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    const int64_t day = 24 * HOUR;
    struct policy *policy = open_policy(held, 2, NULL);
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_NONE);
    assert_int_equal(ask(policy, "la-1", NOON + day), DECLINE_NONE); /* a day ahead */
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_NONE);       /* back: one was left */
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_BUDGET);
    assert_int_equal(ask(policy, "la-1", NOON - day), DECLINE_NONE); /* a day behind */
    must(policy_flush(policy, &err), &err);
    policy_close(policy);
    policy = open_policy(held, 2, NULL);
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_BUDGET);
    assert_int_equal(ask(policy, "la-1", NOON + day), DECLINE_NONE); /* tomorrow: the other one */
    assert_int_equal(ask(policy, "la-1", NOON + day), DECLINE_BUDGET);
    for (int i = 2; i < 30; i++) { /* days that come one after the other */
        assert_int_equal(ask(policy, "la-1", NOON + i * day), DECLINE_NONE);
        assert_int_equal(ask(policy, "la-1", NOON + i * day), DECLINE_NONE);
        assert_int_equal(ask(policy, "la-1", NOON + i * day), DECLINE_BUDGET);
    }
    policy_close(policy);
}

/* ---- what was answered ---- */

static void test_a_query_is_answered_once(void **state)
{
    struct policy *policy = open_policy(*state, 2, NULL);
    struct asked q;
    struct asked other;
    randombytes_buf(&q, sizeof q);
    other = q;
    other.hash[31] ^= 1;
    const struct query_name name = {"la-1", q.query_id, q.hash};
    const struct query_name same_id = {"la-1", other.query_id, other.hash};
    const struct query_name elsewhere = {"la-2", q.query_id, other.hash};
    struct buf stored = {0};
    uint32_t items = 0;
    assert_int_equal(policy_recall(policy, &name, NOON, &stored, &items), RECALL_NEW);
    assert_int_equal(policy_admit(policy, &name, NULL, NOON, NOON + MINUTE), DECLINE_NONE);
    assert_int_equal(policy_recall(policy, &name, NOON, &stored, &items), RECALL_PENDING);
    assert_int_equal(policy_admit(policy, &name, NULL, NOON, NOON + MINUTE), DECLINE_REPLAY);
    policy_answered(policy, &name, "reply", 5, 48);
    assert_int_equal(policy_recall(policy, &name, NOON + MINUTE, &stored, &items), RECALL_ANSWERED);
    assert_int_equal(items, 48);
    assert_int_equal(stored.len, 5);
    assert_memory_equal(stored.data, "reply", 5);
    assert_int_equal(policy_recall(policy, &same_id, NOON, &stored, &items), RECALL_OTHER);
    assert_int_equal(policy_admit(policy, &same_id, NULL, NOON, NOON + MINUTE), DECLINE_REPLAY);
    assert_int_equal(policy_recall(policy, &elsewhere, NOON, &stored, &items), RECALL_NEW);
    /* Refusals and repetitions cost nothing: one of two is used. */
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_NONE);
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_BUDGET);
    buf_free(&stored);
    policy_close(policy);
}

static struct query_group a_group(const char *la)
{
    struct query_group group = {.expires_at = NOON + MINUTE};
    strcpy(group.la, la);
    randombytes_buf(group.group_id, sizeof group.group_id);
    return group;
}

static enum decline ask_member(struct policy *policy, const struct query_group *group,
                               const uint8_t hash[HASH_BYTES])
{
    struct asked q;
    randombytes_buf(&q, sizeof q);
    const struct query_name name = {group->la, q.query_id, q.hash};
    const struct membership membership = {group, hash};
    return policy_admit(policy, &name, &membership, NOON, NOON + MINUTE);
}

static void test_a_group_counts_once(void **state)
{
    struct policy *policy = open_policy(*state, 2, NULL);
    const uint8_t first[HASH_BYTES] = {1}, second[HASH_BYTES] = {2};
    struct query_group one = a_group("la-1"), other = a_group("la-1"), more = a_group("la-1");
    for (int i = 0; i < GROUP_QUERIES; i++) {
        assert_int_equal(ask_member(policy, &one, first), DECLINE_NONE);
    }
    assert_int_equal(ask_member(policy, &one, second), DECLINE_REPLAY); /* another under its id */
    assert_int_equal(ask_member(policy, &other, second), DECLINE_NONE);
    /* Two are used up: for single queries and for groups, not for what has been counted. */
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_BUDGET);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask_member(policy, &more, second), DECLINE_BUDGET);
    }
    assert_int_equal(ask_member(policy, &one, first), DECLINE_NONE);
    policy_close(policy);
}

/* A refusal forgets the query: it may come again when the day has turned. */
static void test_a_refused_member_may_come_again(void **state)
{
    struct policy *policy = open_policy(*state, 1, NULL);
    const uint8_t hash[HASH_BYTES] = {1};
    struct query_group group = a_group("la-1");
    const struct query_name name = {"la-1", group.group_id, hash};
    const struct membership membership = {&group, hash};
    group.expires_at = NOON + 24 * HOUR;
    assert_int_equal(ask(policy, "la-1", NOON), DECLINE_NONE);
    assert_int_equal(policy_admit(policy, &name, &membership, NOON, NOON + MINUTE), DECLINE_BUDGET);
    assert_int_equal(policy_admit(policy, &name, &membership, NOON + 13 * HOUR, NOON + 14 * HOUR),
                     DECLINE_NONE);
    policy_close(policy);
}

static void test_what_failed_may_be_asked_again(void **state)
{
    struct policy *policy = open_policy(*state, 0, NULL);
    struct asked q;
    randombytes_buf(&q, sizeof q);
    const struct query_name name = {"la-1", q.query_id, q.hash};
    assert_int_equal(policy_admit(policy, &name, NULL, NOON, NOON + MINUTE), DECLINE_NONE);
    policy_failed(policy, &name);
    assert_int_equal(policy_admit(policy, &name, NULL, NOON, NOON + MINUTE), DECLINE_NONE);
    policy_answered(policy, &name, "r", 1, 16);
    policy_failed(policy, &name); /* has no effect on what was answered */
    assert_int_equal(policy_admit(policy, &name, NULL, NOON, NOON + MINUTE), DECLINE_REPLAY);
    policy_close(policy);
}

static void test_memory_ends_with_the_query(void **state)
{
    (void)state;
    enum { MANY = 300 };
    struct replay *replay = replay_new(MANY, 1000);
    struct asked q[MANY + 1];
    struct buf stored = {0};
    uint32_t items = 0;
    randombytes_buf(q, sizeof q);
    for (int i = 0; i < MANY; i++) {
        const struct query_name name = {"la-1", q[i].query_id, q[i].hash};
        assert_true(replay_claim(replay, &name, NOON, NOON + (i % 2 ? MINUTE : 2 * MINUTE)));
    }
    const struct query_name more = {"la-1", q[MANY].query_id, q[MANY].hash};
    assert_false(replay_claim(replay, &more, NOON, NOON + MINUTE)); /* full */
    assert_int_equal(replay_count(replay), MANY);
    assert_int_equal(replay_find(replay, &more, NOON + MINUTE + 1001, &stored, &items), RECALL_NEW);
    assert_int_equal(replay_count(replay), MANY / 2);
    for (int i = 0; i < MANY; i++) {
        const struct query_name name = {"la-1", q[i].query_id, q[i].hash};
        assert_int_equal(replay_find(replay, &name, NOON + MINUTE + 1002, &stored, &items),
                         i % 2 ? RECALL_NEW : RECALL_PENDING);
    }
    assert_true(replay_claim(replay, &more, NOON + 2 * MINUTE, NOON + 4 * MINUTE));
    replay_free(replay);
}

/* Where there is no room for a reply, the name stays taken: never a second reply to one query. */
static void test_replies_are_bounded(void **state)
{
    (void)state;
    struct replay *replay = replay_new(10, 100);
    struct asked q[2];
    uint8_t reply[60] = {0};
    struct buf stored = {0};
    uint32_t items = 0;
    randombytes_buf(q, sizeof q);
    const struct query_name a = {"la-1", q[0].query_id, q[0].hash};
    const struct query_name b = {"la-1", q[1].query_id, q[1].hash};
    assert_true(replay_claim(replay, &a, NOON, NOON + MINUTE));
    assert_true(replay_claim(replay, &b, NOON, NOON + MINUTE));
    replay_store(replay, &a, reply, sizeof reply, 16);
    replay_store(replay, &b, reply, sizeof reply, 16);
    assert_int_equal(replay_find(replay, &a, NOON, &stored, &items), RECALL_ANSWERED);
    assert_int_equal(replay_find(replay, &b, NOON, &stored, &items), RECALL_OTHER);
    buf_free(&stored);
    replay_free(replay);
}

/* ---- times ---- */

static void test_send_times(void **state)
{
    (void)state;
    const int64_t t = 62000; /* 48 items */
    assert_int_equal(sender_due_us(48, false, 1000, 1000), 1000 + t);
    assert_int_equal(sender_due_us(48, false, 1000, 1000 + t), 1000 + t);
    assert_int_equal(sender_due_us(48, false, 1000, 1001 + t), 1000 + t + 25000);
    assert_int_equal(sender_due_us(48, false, 1000, 1000 + t + 75000), 1000 + t + 75000);
    assert_int_equal(sender_due_us(48, false, 1000, 1001 + t + 75000), 1000 + t + 100000);
    assert_int_equal(sender_due_us(3136, false, 0, 1), 834000);
    /* A member of a group: sixteen times the part that grows with the items. */
    assert_int_equal(sender_due_us(48, true, 1000, 1000), 1000 + 50000 + 16 * 12000);
    assert_int_equal(sender_due_us(48, true, 1000, 243001), 1000 + 242000 + 25000);
}

static void test_pauses(void **state)
{
    (void)state;
    assert_int_equal(link_pause_ms(0, false, UINT32_MAX), 200);
    assert_int_equal(link_pause_ms(0, false, 0), 100);
    assert_int_equal(link_pause_ms(1, false, UINT32_MAX), 400);
    assert_int_equal(link_pause_ms(3, false, 0), 800);
    assert_int_equal(link_pause_ms(8, false, UINT32_MAX), 30000);
    assert_int_equal(link_pause_ms(4000000000U, false, UINT32_MAX), 30000);
    assert_int_equal(link_pause_ms(0, true, UINT32_MAX), 30000);
    assert_int_equal(link_pause_ms(0, true, 0), 15000);
}

int main(void)
{
#define WITH_VAULT(test) cmocka_unit_test_setup_teardown(test, held_set_up, held_tear_down)
    const struct CMUnitTest tests[] = {
        WITH_VAULT(test_config_round_trip),
        WITH_VAULT(test_config_is_checked),
        WITH_VAULT(test_an_empty_allow_list_allows_nobody),
        WITH_VAULT(test_allow_list),
        WITH_VAULT(test_budget_of_a_day),
        WITH_VAULT(test_the_day_is_londons),
        WITH_VAULT(test_a_restart_keeps_the_budget),
        WITH_VAULT(test_a_clock_that_steps_gives_no_second_budget),
        WITH_VAULT(test_a_query_is_answered_once),
        WITH_VAULT(test_a_group_counts_once),
        WITH_VAULT(test_a_refused_member_may_come_again),
        WITH_VAULT(test_what_failed_may_be_asked_again),
        cmocka_unit_test(test_memory_ends_with_the_query),
        cmocka_unit_test(test_replies_are_bounded),
        cmocka_unit_test(test_send_times),
        cmocka_unit_test(test_pauses),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
