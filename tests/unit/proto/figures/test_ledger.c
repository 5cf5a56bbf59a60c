/* SPDX-License-Identifier: Apache-2.0
 * The ledger of epsilon: what it lets be spent, and that nobody changes it unseen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/mem.h"
#include "proto/figures/ledger_internal.h"
#include "tests/unit/support/temp_dir.h"

enum { TABLE = 0 };

struct kept {
    char *dir;
    struct store *store;
    struct store_txn *txn; /* writing */
};

static int set_up(void **state)
{
    static const char *const names[] = {"ledger"};
    static const struct store_schema schema = {.name = "ledger",
                                               .tables = names,
                                               .table_count = 1,
                                               .format = 1,
                                               .oldest = 1,
                                               .readable = 1};
    struct kept *kept = mem_new(struct kept);
    struct err err = {0};
    kept->dir = support_temp_dir();
    if (!store_open(kept->dir, true, &schema, 16, &kept->store, &err) ||
        !store_begin(kept->store, true, &kept->txn, &err)) {
        return -1;
    }
    *state = kept;
    return 0;
}

static int tear_down(void **state)
{
    struct kept *kept = *state;
    store_abort(kept->txn);
    store_close(kept->store);
    support_temp_dir_remove(kept->dir);
    free(kept);
    return 0;
}

static struct ledger_entry an_entry(const char *hub, uint32_t period, const char *table,
                                    uint32_t epsilon)
{
    struct ledger_entry entry = {.at_ms = 1796083200000,
                                 .period = period,
                                 .table = figures_table_find(table),
                                 .epsilon = epsilon,
                                 .what = {7}};
    (void)snprintf(entry.hub, sizeof entry.hub, "%s", hub);
    return entry;
}

static void spend(const struct kept *kept, const char *hub, uint32_t period, const char *table,
                  uint32_t epsilon)
{
    struct ledger_entry entry = an_entry(hub, period, table, epsilon);
    struct err err = {0};
    if (!ledger_spend(kept->txn, TABLE, false, &entry, &err)) fail_msg("%s", err.text);
}

static void refused(const struct kept *kept, bool per_hub, const struct ledger_limits *limits,
                    struct ledger_entry entry, enum err_code code, const char *field)
{
    struct err err = {0};
    uint8_t head[HASH_BYTES], after[HASH_BYTES];
    uint64_t count = 0, count_after = 0;
    assert_true(ledger_walk(kept->txn, TABLE, NULL, NULL, head, &count, &err));
    bool ok = limits ? ledger_spend_within(kept->txn, TABLE, per_hub, limits, &entry, &err)
                     : ledger_spend(kept->txn, TABLE, per_hub, &entry, &err);
    assert_false(ok);
    if (err.code != code || strcmp(err.field, field) != 0)
        fail_msg("%s %s: %s", err_code_name(err.code), err.field, err.text);
    assert_true(ledger_walk(kept->txn, TABLE, NULL, NULL, after, &count_after, &err));
    assert_int_equal(count, count_after);
    assert_memory_equal(head, after, HASH_BYTES);
}

/* All tables of one side, as the edition has them: exactly one epsilon. */
static void spend_side(const struct kept *kept, const char *hub, uint32_t period,
                       enum figures_side side)
{
    for (size_t i = 0; i < figures_table_count; i++) {
        const struct figures_table *table = &figures_tables[i];
        if (table->side == side) spend(kept, hub, period, table->name, table->epsilon);
    }
}

/* ---- spending ---- */
static void entries_are_chained(void **state)
{
    struct kept *kept = *state;
    struct ledger_entry first = an_entry("hub-1", 202611, "capacity_age", 200000), found;
    struct ledger_entry second = an_entry("hub-1", 202611, "capacity_la", 100000);
    struct err err = {0};
    uint8_t head[HASH_BYTES], previous[HASH_BYTES], zeros[HASH_BYTES] = {0};
    uint64_t count = 0;
    bool there = false;
    assert_true(ledger_walk(kept->txn, TABLE, NULL, NULL, head, &count, &err));
    assert_int_equal(count, 0);
    assert_memory_equal(head, zeros, HASH_BYTES);
    assert_true(ledger_spend(kept->txn, TABLE, false, &first, &err));
    assert_true(ledger_spend(kept->txn, TABLE, false, &second, &err));
    assert_int_equal(first.number, 1);
    assert_int_equal(second.number, 2);
    assert_true(ledger_walk(kept->txn, TABLE, NULL, NULL, head, &count, &err));
    assert_int_equal(count, 2);
    assert_memory_equal(head, second.hash, HASH_BYTES);
    /* As the header has it: number, hash before, time, hub, period, table, epsilon, what. */
    uint8_t key[8];
    const uint8_t *value = NULL;
    size_t len = 0;
    struct buf plain = {0};
    buf_u64(&plain, 2);
    buf_append(&plain, first.hash, HASH_BYTES);
    buf_u64(&plain, 1796083200000);
    buf_bytes(&plain, "hub-1", 5);
    buf_u32(&plain, 202611);
    buf_bytes(&plain, "capacity_la", 11);
    buf_u32(&plain, 100000);
    buf_append(&plain, second.what, HASH_BYTES);
    store_key_u64(key, 2);
    assert_true(store_get(kept->txn, TABLE, key, 8, &value, &len, &there, &err));
    assert_int_equal(len, plain.len + HASH_BYTES);
    assert_memory_equal(value, plain.data, plain.len);
    hash_once(head, "hearth v1 figures ledger", plain.data, plain.len);
    assert_memory_equal(head, value + plain.len, HASH_BYTES);
    assert_true(ledger_entry_decode(value, len, &found, previous, &err));
    assert_memory_equal(previous, first.hash, HASH_BYTES);
    assert_true(ledger_find(kept->txn, TABLE, "hub-1", 202611, first.table, &found, &there, &err));
    assert_true(there && found.number == 1 && found.epsilon == 200000);
    assert_true(ledger_find(kept->txn, TABLE, "hub-2", 202611, first.table, &found, &there, &err));
    assert_false(there);
    assert_true(ledger_find(kept->txn, TABLE, "hub-1", 202612, first.table, &found, &there, &err));
    assert_false(there);
    buf_free(&plain);
}

static void a_table_of_a_period_is_spent_once(void **state)
{
    struct kept *kept = *state;
    spend(kept, "hub-1", 202611, "capacity_age", 1000);
    refused(kept, false, NULL, an_entry("hub-1", 202611, "capacity_age", 1000), ERR_EXISTS,
            "table");
    refused(kept, true, NULL, an_entry("hub-1", 202611, "capacity_age", 1), ERR_EXISTS, "table");
    spend(kept, "hub-1", 202612, "capacity_age", 1000);
    spend(kept, "hub-1", 202611, "demand_age", 1000);
    spend(kept, "hub-2", 202611, "capacity_age", 1000);
}

/* Two hubs that each ask for less than all: together they would have more than one epsilon of the
 * same households. */
static void a_period_is_one_budget_over_all_hubs(void **state)
{
    struct kept *kept = *state;
    struct ledger_sum sum;
    struct err err = {0};
    spend_side(kept, "hub-1", 202611, FIGURES_CAPACITY);
    refused(kept, false, NULL, an_entry("hub-2", 202611, "capacity_la", 1), ERR_BUDGET, "epsilon");
    spend(kept, "hub-2", 202611, "demand_age", 100000); /* of children: another budget */
    spend(kept, "hub-2", 202612, "capacity_la", 600000);
    spend(kept, "hub-3", 202612, "capacity_age", 400000);
    refused(kept, false, NULL, an_entry("hub-3", 202612, "capacity_la", 1), ERR_BUDGET, "epsilon");
    assert_true(ledger_spent(kept->txn, TABLE, NULL, 202612, &sum, &err));
    assert_int_equal(sum.period[FIGURES_CAPACITY], EPSILON_PERIOD);
    assert_int_equal(sum.period[FIGURES_DEMAND], 0);
    assert_int_equal(sum.year[FIGURES_CAPACITY], 2 * EPSILON_PERIOD);
    assert_int_equal(sum.year[FIGURES_DEMAND], 100000);
    assert_true(ledger_spent(kept->txn, TABLE, "hub-3", 202612, &sum, &err));
    assert_int_equal(sum.year[FIGURES_CAPACITY], 400000);
    /* A matcher counts hub by hub. */
    struct ledger_entry entry = an_entry("hub-3", 202612, "capacity_la", 600000);
    assert_true(ledger_spend(kept->txn, TABLE, true, &entry, &err));
    refused(kept, true, NULL, an_entry("hub-3", 202612, "capacity_need", 1), ERR_BUDGET, "epsilon");
}

static void what_is_left_is_told(void **state)
{
    struct kept *kept = *state;
    struct ledger_entry entry = an_entry("hub-1", 202611, "capacity_age", 300001);
    struct err err = {0};
    spend(kept, "hub-1", 202611, "capacity_la", 700000);
    assert_false(ledger_spend(kept->txn, TABLE, false, &entry, &err));
    assert_int_equal(err.code, ERR_BUDGET);
    assert_non_null(strstr(err.text, "300000 of 1000000"));
    entry.epsilon = 300000;
    assert_true(ledger_spend(kept->txn, TABLE, false, &entry, &err));
}

/* Twelve periods, whichever twelve hold the new one: also where later ones were spent before. */
static void a_year_is_a_budget_too(void **state)
{
    struct kept *kept = *state;
    static const struct ledger_limits limits = {.period = 1000, .year = 6000};
    struct err err = {0};
    uint32_t period = 202601;
    for (unsigned i = 0; i < 6; i++, period = period_next(period)) {
        struct ledger_entry entry = an_entry("hub-1", period, "capacity_la", 1000);
        assert_true(ledger_spend_within(kept->txn, TABLE, false, &limits, &entry, &err));
    }
    refused(kept, false, &limits, an_entry("hub-2", 202607, "capacity_la", 1), ERR_BUDGET,
            "epsilon");
    refused(kept, false, &limits, an_entry("hub-2", 202612, "capacity_la", 1), ERR_BUDGET,
            "epsilon");
    refused(kept, false, &limits, an_entry("hub-2", 202507, "capacity_la", 1), ERR_BUDGET,
            "epsilon"); /* with January to June that is a year */
    struct ledger_entry entry = an_entry("hub-2", 202701, "capacity_la", 1000);
    assert_true(ledger_spend_within(kept->txn, TABLE, false, &limits, &entry, &err));
    /* June 2025 to May 2026 comes to exactly a year's, and so May 2026 has no room any more. */
    entry = an_entry("hub-2", 202506, "capacity_la", 1000);
    assert_true(ledger_spend_within(kept->txn, TABLE, false, &limits, &entry, &err));
    static const struct ledger_limits wider = {.period = 2000, .year = 6000};
    refused(kept, false, &wider, an_entry("hub-2", 202605, "capacity_age", 1), ERR_BUDGET,
            "epsilon");
}

static void twelve_whole_periods_are_a_year(void **state)
{
    struct kept *kept = *state;
    struct ledger_sum sum;
    struct err err = {0};
    uint32_t period = 202601;
    for (unsigned i = 0; i < 13; i++, period = period_next(period)) {
        spend_side(kept, "hub-1", period, FIGURES_DEMAND);
    }
    assert_true(ledger_spent(kept->txn, TABLE, NULL, 202701, &sum, &err));
    assert_int_equal(sum.year[FIGURES_DEMAND], EPSILON_YEAR);
    assert_int_equal(sum.period[FIGURES_DEMAND], EPSILON_PERIOD);
}

/* ---- somebody who has the file ---- */
static void fill(const struct kept *kept)
{
    for (unsigned i = 0; i < 6; i++) spend(kept, "hub-1", 202601 + i, "capacity_la", 1000 + i);
}

static struct buf stored(const struct kept *kept, uint64_t number)
{
    struct buf copy = {0};
    struct err err = {0};
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    uint8_t key[8];
    store_key_u64(key, number);
    assert_true(store_get(kept->txn, TABLE, key, 8, &value, &len, &found, &err) && found);
    buf_append(&copy, value, len);
    return copy;
}

static void put(const struct kept *kept, uint64_t number, const struct buf *value)
{
    struct err err = {0};
    uint8_t key[8];
    store_key_u64(key, number);
    assert_true(store_put(kept->txn, TABLE, key, 8, value->data, value->len, &err));
}

/* Walking tells the number, and nothing is spent any more. */
static void corrupt(const struct kept *kept, const char *field)
{
    struct ledger_entry entry = an_entry("hub-9", 202607, "capacity_la", 1);
    struct ledger_sum sum;
    struct err err = {0};
    uint8_t head[HASH_BYTES];
    uint64_t count = 0;
    assert_false(ledger_walk(kept->txn, TABLE, NULL, NULL, head, &count, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(err.field, field);
    assert_false(ledger_spend(kept->txn, TABLE, false, &entry, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(ledger_spent(kept->txn, TABLE, NULL, 202607, &sum, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

static void altered_entries_are_named(void **state)
{
    struct kept *kept = *state;
    fill(kept);
    struct buf good = stored(kept, 4);
    for (size_t i = 0; i < good.len; i++) {
        good.data[i] ^= 1;
        put(kept, 4, &good);
        corrupt(kept, "ledger[4]");
        good.data[i] ^= 1;
    }
    put(kept, 4, &good);
    good.len--;
    put(kept, 4, &good);
    corrupt(kept, "ledger[4]");
    buf_free(&good);
}

/* With its hash put right the entry itself is in order; the one behind it is not. */
static void rewritten_entries_break_the_chain(void **state)
{
    struct kept *kept = *state;
    fill(kept);
    struct buf good = stored(kept, 4), forged = {0};
    struct ledger_entry entry;
    struct err err = {0};
    uint8_t previous[HASH_BYTES];
    assert_true(ledger_entry_decode(good.data, good.len, &entry, previous, &err));
    entry.epsilon = 1;
    ledger_entry_encode(&entry, previous, &forged);
    put(kept, 4, &forged);
    corrupt(kept, "ledger[5]");
    buf_free(&good);
    buf_free(&forged);
}

static void removed_entries_are_named(void **state)
{
    struct kept *kept = *state;
    static const uint64_t removed[] = {5, 2, 1};
    static const char *const fields[] = {"ledger[5]", "ledger[2]", "ledger[1]"};
    struct err err = {0};
    fill(kept);
    for (size_t i = 0; i < 3; i++) {
        uint8_t key[8];
        store_key_u64(key, removed[i]);
        assert_true(store_delete(kept->txn, TABLE, key, 8, NULL, &err));
        corrupt(kept, fields[i]);
    }
}

static void reordered_entries_are_named(void **state)
{
    struct kept *kept = *state;
    fill(kept);
    struct buf third = stored(kept, 3), fourth = stored(kept, 4);
    put(kept, 3, &fourth);
    put(kept, 4, &third);
    corrupt(kept, "ledger[3]");
    put(kept, 3, &third);
    put(kept, 4, &fourth);
    put(kept, 7, &fourth); /* one more time at the end */
    corrupt(kept, "ledger[7]");
    buf_free(&third);
    buf_free(&fourth);
}

int main(void)
{
#define IN_A_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_A_STORE(entries_are_chained),
        IN_A_STORE(a_table_of_a_period_is_spent_once),
        IN_A_STORE(a_period_is_one_budget_over_all_hubs),
        IN_A_STORE(what_is_left_is_told),
        IN_A_STORE(a_year_is_a_budget_too),
        IN_A_STORE(twelve_whole_periods_are_a_year),
        IN_A_STORE(altered_entries_are_named),
        IN_A_STORE(rewritten_entries_break_the_chain),
        IN_A_STORE(removed_entries_are_named),
        IN_A_STORE(reordered_entries_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
