/* SPDX-License-Identifier: Apache-2.0
 * The vault: what is put in comes out, and whatever is done to its file from outside is noticed.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "proto/base/file.h"
#include "tests/unit/agent/carers.h"

enum { CARERS = 20 };

/* ---- ordinary use ---- */

static void test_round_trip(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct vault_changes changes;
    struct profile profiles[CARERS];
    for (unsigned i = 0; i < CARERS; i++) profiles[i] = random_profile(i);
    must(vault_import(held->vault, profiles, CARERS, false, false, &changes, &err), &err);
    assert_int_equal(changes.added, CARERS);
    for (unsigned i = 0; i < CARERS; i++) {
        struct profile got;
        must(vault_get(held->vault, profiles[i].ref, &got, &err), &err);
        struct buf a = {0};
        struct buf b = {0};
        profile_encode(&profiles[i], &a);
        profile_encode(&got, &b);
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.data, b.data, a.len);
        buf_free(&a);
        buf_free(&b);
    }
    struct profile none;
    assert_false(vault_get(held->vault, "nobody", &none, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void test_changes_are_counted(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct vault_changes changes;
    struct vault_summary before;
    struct vault_summary after;
    struct profile p[3] = {random_profile(1), random_profile(2), random_profile(3)};
    must(vault_import(held->vault, p, 3, false, false, &changes, &err), &err);
    must(vault_verify(held->vault, &before, &err), &err);
    assert_int_equal(before.count, 3);

    must(vault_import(held->vault, p, 3, true, false, &changes, &err), &err);
    assert_int_equal(changes.unchanged, 3);
    assert_int_equal(changes.removed + changes.changed + changes.added, 0);
    must(vault_verify(held->vault, &after, &err), &err);
    assert_int_equal(after.generation, before.generation);

    p[1].places = (uint8_t)(p[1].places + 1);
    must(vault_import(held->vault, p + 1, 1, true, true, &changes, &err), &err);
    assert_int_equal(changes.changed, 1);
    assert_int_equal(changes.removed, 2);
    must(vault_verify(held->vault, &after, &err), &err);
    assert_int_equal(after.generation, before.generation); /* a dry run */
    assert_int_equal(after.count, 3);

    must(vault_import(held->vault, p + 1, 1, true, false, &changes, &err), &err);
    must(vault_verify(held->vault, &after, &err), &err);
    assert_int_equal(after.generation, before.generation + 1);
    assert_int_equal(after.count, 1);
}

static void test_remove_is_all_or_nothing(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct vault_summary summary;
    hold(held->vault, 0, 3);
    const char *with_unknown[] = {"C-00000", "C-00077"};
    assert_false(vault_remove(held->vault, with_unknown, 2, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "C-00077"));
    must(vault_verify(held->vault, &summary, &err), &err);
    assert_int_equal(summary.count, 3);
    const char *known[] = {"C-00000", "C-00002"};
    must(vault_remove(held->vault, known, 2, &err), &err);
    must(vault_verify(held->vault, &summary, &err), &err);
    assert_int_equal(summary.count, 1);
}

static void test_create_does_not_overwrite(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    assert_false(vault_create(held->dir, &held->key, &err));
    assert_int_equal(err.code, ERR_EXISTS);
}

static void test_other_key_opens_nothing(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct vault *vault = NULL;
    vault_close(held->vault);
    held->vault = NULL;
    held->key.data[0] ^= 1;
    assert_false(vault_open(held->dir, &held->key, &vault, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

/* ---- somebody else writes to the file ---- */

struct raw {
    struct store *store;
    struct store_txn *txn;
};

static struct raw raw_open(struct held *held)
{
    struct raw raw = {0};
    struct err err = {0};
    char path[512];
    vault_close(held->vault);
    held->vault = NULL;
    (void)snprintf(path, sizeof path, "%s/%s", held->dir, HOME_VAULT);
    must(store_open(path, false, &vault_schema, VAULT_MIB_MAX, &raw.store, &err), &err);
    must(store_begin(raw.store, true, &raw.txn, &err), &err);
    return raw;
}

static void raw_close(struct raw *raw)
{
    struct err err = {0};
    must(store_commit(raw->txn, &err), &err);
    store_close(raw->store);
}

struct record {
    uint8_t key[RECORD_KEY_BYTES];
    struct buf value;
};

static struct record raw_read(struct raw *raw, const struct held *held, const char *ref)
{
    struct record record = {0};
    struct err err = {0};
    struct vault_keys keys;
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    vault_keys_derive(&keys, &held->key);
    vault_record_key(&keys, ref, record.key);
    vault_keys_free(&keys);
    must(store_get(raw->txn, TABLE_RECORDS, record.key, sizeof record.key, &value, &len, &found,
                   &err),
         &err);
    if (found) buf_append(&record.value, value, len);
    return record;
}

static void raw_write(struct raw *raw, const uint8_t key[RECORD_KEY_BYTES], const struct buf *value)
{
    struct err err = {0};
    must(store_put(raw->txn, TABLE_RECORDS, key, RECORD_KEY_BYTES, value->data, value->len, &err),
         &err);
}

/* Neither opened, nor read, nor written over. */
static void expect_noticed(struct held *held)
{
    struct err err = {0};
    struct vault *vault = NULL;
    assert_false(vault_open(held->dir, &held->key, &vault, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

static void test_a_changed_record_is_noticed(void **state)
{
    struct held *held = *state;
    hold(held->vault, 0, CARERS);
    struct raw raw = raw_open(held);
    struct record record = raw_read(&raw, held, "C-00003");
    record.value.data[pick((uint32_t)record.value.len)] ^= (uint8_t)(1U << pick(8));
    raw_write(&raw, record.key, &record.value);
    buf_free(&record.value);
    raw_close(&raw);
    expect_noticed(held);
}

static void test_two_swapped_records_are_noticed(void **state)
{
    struct held *held = *state;
    hold(held->vault, 0, CARERS);
    struct raw raw = raw_open(held);
    struct record a = raw_read(&raw, held, "C-00003");
    struct record b = raw_read(&raw, held, "C-00004");
    assert_int_equal(a.value.len, b.value.len); /* all records look alike */
    raw_write(&raw, a.key, &b.value);
    raw_write(&raw, b.key, &a.value);
    buf_free(&a.value);
    buf_free(&b.value);
    raw_close(&raw);
    expect_noticed(held);
}

static void test_a_removed_record_is_noticed(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    hold(held->vault, 0, CARERS);
    struct raw raw = raw_open(held);
    struct record record = raw_read(&raw, held, "C-00003");
    must(store_delete(raw.txn, TABLE_RECORDS, record.key, sizeof record.key, NULL, &err), &err);
    buf_free(&record.value);
    raw_close(&raw);
    expect_noticed(held);
}

static void test_a_record_put_back_is_noticed(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct vault_changes changes;
    hold(held->vault, 0, CARERS);
    struct raw raw = raw_open(held);
    struct record old = raw_read(&raw, held, "C-00003");
    raw_close(&raw);

    must(vault_open(held->dir, &held->key, &held->vault, &err), &err);
    struct profile changed;
    must(vault_get(held->vault, "C-00003", &changed, &err), &err);
    changed.places = (uint8_t)((changed.places + 1) % 10);
    must(vault_import(held->vault, &changed, 1, false, false, &changes, &err), &err);
    assert_int_equal(changes.changed, 1);

    raw = raw_open(held);
    raw_write(&raw, old.key, &old.value);
    buf_free(&old.value);
    raw_close(&raw);
    expect_noticed(held);
}

static void test_an_added_record_is_noticed(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    const char *gone[] = {"C-00003"};
    hold(held->vault, 0, CARERS);
    struct raw raw = raw_open(held);
    struct record old = raw_read(&raw, held, "C-00003");
    raw_close(&raw);
    must(vault_open(held->dir, &held->key, &held->vault, &err), &err);
    must(vault_remove(held->vault, gone, 1, &err), &err);

    /* The seal of a removed carer is still good: only the manifest tells. */
    raw = raw_open(held);
    raw_write(&raw, old.key, &old.value);
    buf_free(&old.value);
    raw_close(&raw);
    expect_noticed(held);
}

static void test_an_emptied_vault_is_noticed(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    hold(held->vault, 0, 1);
    struct raw raw = raw_open(held);
    struct record record = raw_read(&raw, held, "C-00000");
    must(store_delete(raw.txn, TABLE_RECORDS, record.key, sizeof record.key, NULL, &err), &err);
    must(store_delete(raw.txn, TABLE_META, MANIFEST_KEY, strlen(MANIFEST_KEY), NULL, &err), &err);
    buf_free(&record.value);
    raw_close(&raw);
    expect_noticed(held);
}

/* An open vault that is tampered with by another process: reads and writes both refuse. */
static void test_writes_do_not_launder(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct vault_changes changes;
    struct vault_summary summary;
    struct store_txn *txn = NULL;
    hold(held->vault, 0, 3);
    uint8_t key[RECORD_KEY_BYTES];
    vault_record_key(&held->vault->keys, "C-00001", key);
    must(store_begin(held->vault->store, true, &txn, &err), &err);
    must(store_delete(txn, TABLE_RECORDS, key, sizeof key, NULL, &err), &err);
    must(store_commit(txn, &err), &err);

    const struct profile fresh = random_profile(9);
    const char *refs[] = {"C-00002"};
    struct profile got;
    assert_false(vault_import(held->vault, &fresh, 1, false, false, &changes, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(vault_import(held->vault, &fresh, 1, true, false, &changes, &err));
    assert_false(vault_remove(held->vault, refs, 1, &err));
    assert_false(vault_get(held->vault, "C-00002", &got, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(vault_verify(held->vault, &summary, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

/* A value sealed for one record does not open in another's place, even under a manifest that fits.
 */
static void test_the_seal_binds_the_record(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct store_txn *txn = NULL;
    hold(held->vault, 0, 2);
    uint8_t a[RECORD_KEY_BYTES];
    uint8_t b[RECORD_KEY_BYTES];
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    vault_record_key(&held->vault->keys, "C-00000", a);
    vault_record_key(&held->vault->keys, "C-00001", b);
    must(store_begin(held->vault->store, true, &txn, &err), &err);
    must(store_get(txn, TABLE_RECORDS, a, sizeof a, &value, &len, &found, &err), &err);
    struct buf copy = {0};
    buf_append(&copy, value, len);
    must(store_put(txn, TABLE_RECORDS, b, sizeof b, copy.data, copy.len, &err), &err);
    must(vault_manifest_write(held->vault, txn, 99, &err), &err);
    must(store_commit(txn, &err), &err);
    buf_free(&copy);
    struct profile got;
    must(vault_get(held->vault, "C-00000", &got, &err), &err);
    assert_false(vault_get(held->vault, "C-00001", &got, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

/* ---- nothing in the clear ---- */

static void test_nothing_is_in_the_clear(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    char path[512];
    hold(held->vault, 0, 2);
    (void)snprintf(path, sizeof path, "%s/%s/data.mdb", held->dir, HOME_VAULT);
    struct buf all = {0};
    must(file_read(path, 64 << 20, &all, &err), &err);
    assert_non_null(all.data);
    /* The control: the name of a table is found this way. */
    assert_non_null(memmem(all.data, all.len, "records", 7));
    assert_null(memmem(all.data, all.len, "C-0000", 6));
    assert_null(memmem(all.data, all.len, "Household", 9));
    assert_null(memmem(all.data, all.len, "297 338", 7));
    buf_free(&all);
}

/* ---- one snapshot while an import runs ---- */

struct snapshots {
    struct vault *vault;
    atomic_bool stop;
};

static void *import_in_turns(void *ctx)
{
    struct snapshots *s = ctx;
    struct profile sets[2][CARERS];
    for (unsigned i = 0; i < CARERS; i++) {
        sets[0][i] = random_profile(i);
        sets[1][i] = random_profile(100 + i);
        sets[0][i].places = 1;
        sets[1][i].places = 2;
    }
    for (unsigned turn = 0; !atomic_load(&s->stop); turn++) {
        struct err err = {0};
        struct vault_changes changes;
        unsigned which = turn % 2;
        /* Of different sizes, so that a mixture would show in the count as well. */
        if (!vault_import(s->vault, sets[which], which ? CARERS : CARERS / 2, true, false, &changes,
                          &err)) {
            abort();
        }
    }
    return NULL;
}

struct seen {
    unsigned ones, twos;
};

static bool see(const struct profile *profile, void *ctx, struct err *err)
{
    (void)err;
    struct seen *seen = ctx;
    if (profile->places == 1) seen->ones++;
    if (profile->places == 2) seen->twos++;
    return true;
}

static void test_reads_see_one_snapshot(void **state)
{
    struct held *held = *state;
    struct snapshots s = {.vault = held->vault};
    struct err err = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, import_in_turns, &s), 0);
    unsigned first = 0;
    unsigned second = 0;
    for (unsigned i = 0; i < 100000 && (first < 20 || second < 20); i++) {
        struct seen seen = {0};
        struct vault_summary summary;
        must(vault_each(held->vault, see, &seen, &summary, &err), &err);
        assert_int_equal(seen.ones + seen.twos, summary.count);
        assert_true((seen.ones == CARERS / 2 && seen.twos == 0) ||
                    (seen.twos == CARERS && seen.ones == 0) || summary.count == 0);
        if (seen.ones) first++;
        if (seen.twos) second++;
    }
    atomic_store(&s.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(first >= 20 && second >= 20);
}

int main(void)
{
#define WITH_VAULT(test) cmocka_unit_test_setup_teardown(test, held_set_up, held_tear_down)
    const struct CMUnitTest tests[] = {
        WITH_VAULT(test_round_trip),
        WITH_VAULT(test_changes_are_counted),
        WITH_VAULT(test_remove_is_all_or_nothing),
        WITH_VAULT(test_create_does_not_overwrite),
        WITH_VAULT(test_other_key_opens_nothing),
        WITH_VAULT(test_a_changed_record_is_noticed),
        WITH_VAULT(test_two_swapped_records_are_noticed),
        WITH_VAULT(test_a_removed_record_is_noticed),
        WITH_VAULT(test_a_record_put_back_is_noticed),
        WITH_VAULT(test_an_added_record_is_noticed),
        WITH_VAULT(test_an_emptied_vault_is_noticed),
        WITH_VAULT(test_writes_do_not_launder),
        WITH_VAULT(test_the_seal_binds_the_record),
        WITH_VAULT(test_nothing_is_in_the_clear),
        WITH_VAULT(test_reads_see_one_snapshot),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
