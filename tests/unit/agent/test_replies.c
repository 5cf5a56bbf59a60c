/* SPDX-License-Identifier: Apache-2.0
 * Kept replies: found again byte for byte, slot sets once, forgotten when they must be, and nothing
 * of them readable on the disk.
 */
#include <pthread.h>

#include "agent/keeper.h"
#include "agent/replies_internal.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/text.h"
#include "tests/unit/agent/carers.h"

struct stage {
    char *dir;
    struct secret key;
    struct replies *replies;
};

static void open_replies(struct stage *stage)
{
    struct err err = {0};
    must(replies_open(stage->dir, &stage->key, &stage->replies, &err), &err);
}

static int set_up(void **state)
{
    struct stage *stage = mem_new(struct stage);
    log_set_level((enum log_level)2);
    stage->dir = support_temp_dir();
    stage->key = test_key();
    open_replies(stage);
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    replies_close(stage->replies);
    secret_free(&stage->key);
    support_temp_dir_remove(stage->dir);
    free(stage);
    return 0;
}

/* A reply whose query hash begins with `number`; sets: what its slot sets are filled with. */
static struct kept_reply make_reply(uint16_t number, uint8_t sets, int64_t at_ms)
{
    struct kept_reply kept = {
        .at_ms = at_ms, .catalogue = 2, .carers = 3, .seed = secret_random(SEED_BYTES)};
    randombytes_buf(kept.query_hash, HASH_BYTES);
    kept.query_hash[0] = (uint8_t)(number >> 8);
    kept.query_hash[1] = (uint8_t)number;
    memcpy(kept.la, "la-1", 5);
    memset(buf_reserve(&kept.slot_sets, 300), sets, 300);
    randombytes_buf(buf_reserve(&kept.signed_reply.body, 200), 200);
    randombytes_buf(kept.signed_reply.signature, SIGNATURE_BYTES);
    return kept;
}

static struct kept_reply keep(struct stage *stage, uint16_t number, uint8_t sets, int64_t at_ms)
{
    struct err err = {0};
    struct kept_reply kept = make_reply(number, sets, at_ms);
    must(replies_keep(stage->replies, &kept, &err), &err);
    return kept;
}

static size_t count_of(struct stage *stage, size_t table)
{
    struct store_txn *txn = NULL;
    struct err err = {0};
    size_t count = 0;
    must(replies_begin(stage->replies, false, &txn, &err), &err);
    must(store_count(txn, table, &count, &err), &err);
    must(replies_finish(stage->replies, txn, true, &err), &err);
    return count;
}

static void expect_found(struct stage *stage, const struct kept_reply *kept)
{
    struct err err = {0};
    struct kept_reply got;
    char name[2 * HASH_BYTES + 1];
    must(replies_get(stage->replies, text_hex(kept->query_hash, HASH_BYTES, name), &got, &err),
         &err);
    assert_memory_equal(got.query_hash, kept->query_hash, HASH_BYTES);
    assert_string_equal(got.la, kept->la);
    assert_true(got.at_ms == kept->at_ms && got.catalogue == 2 && got.carers == 3);
    assert_true(secret_equal(&got.seed, &kept->seed));
    assert_int_equal(got.slot_sets.len, kept->slot_sets.len);
    assert_memory_equal(got.slot_sets.data, kept->slot_sets.data, got.slot_sets.len);
    assert_int_equal(got.signed_reply.body.len, kept->signed_reply.body.len);
    assert_memory_equal(got.signed_reply.body.data, kept->signed_reply.body.data, 200);
    assert_memory_equal(got.signed_reply.signature, kept->signed_reply.signature, SIGNATURE_BYTES);
    kept_reply_free(&got);
}

static void expect_not(struct stage *stage, const char *prefix, enum err_code code,
                       const char *words)
{
    struct err err = {0};
    struct kept_reply got;
    assert_false(replies_get(stage->replies, prefix, &got, &err));
    assert_int_equal(err.code, code);
    if (!strstr(err.text, words)) fail_msg("%s: %s", words, err.text);
}

static void expect_known(struct stage *stage, const struct kept_reply *kept, bool wanted)
{
    struct err err = {0};
    bool known = false;
    int64_t at_ms = 0;
    must(replies_knows(stage->replies, kept->query_hash, &known, &at_ms, &err), &err);
    assert_int_equal(known, wanted);
    if (wanted) assert_true(at_ms == kept->at_ms);
}

static void test_what_is_kept_is_found(void **state)
{
    struct stage *stage = *state;
    struct kept_reply a = keep(stage, 0x1234, 7, 1000), b = keep(stage, 0x5678, 7, 2000);
    replies_close(stage->replies);
    open_replies(stage);
    expect_found(stage, &a);
    expect_found(stage, &b);
    expect_known(stage, &a, true);
    struct kept_reply other = make_reply(0x1234, 7, 1);
    expect_known(stage, &other, false);
    struct err err = {0};
    struct kept_reply got;
    must(replies_get(stage->replies, "1234", &got, &err), &err);
    assert_memory_equal(got.query_hash, a.query_hash, HASH_BYTES);
    kept_reply_free(&got);
    kept_reply_free(&a);
    kept_reply_free(&b);
    kept_reply_free(&other);
}

static void test_prefixes(void **state)
{
    struct stage *stage = *state;
    struct kept_reply a = keep(stage, 0xabcd, 1, 1000), b = keep(stage, 0xabcd, 1, 1000);
    expect_not(stage, "abcd", ERR_INVALID, "several");
    expect_not(stage, "ABCD", ERR_INVALID, "several");
    expect_not(stage, "abc", ERR_INVALID, "hex digits");
    expect_not(stage, "abcx", ERR_INVALID, "hex digits");
    expect_not(stage, "", ERR_INVALID, "hex digits");
    expect_not(stage, "0123", ERR_NOT_FOUND, "no query beginning 0123 was answered here");
    expect_found(stage, &a);
    kept_reply_free(&a);
    kept_reply_free(&b);
}

static void test_one_reply_a_query(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    struct kept_reply a = keep(stage, 1, 1, 1000), again = make_reply(1, 9, 2000);
    memcpy(again.query_hash, a.query_hash, HASH_BYTES);
    assert_false(replies_keep(stage->replies, &again, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    expect_found(stage, &a);
    kept_reply_free(&a);
    kept_reply_free(&again);
}

/* Once for all that have the same, until the last of these goes. */
static void test_slot_sets_are_shared(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    size_t removed = 0;
    struct kept_reply kept[6];
    for (uint16_t i = 0; i < 6; i++) kept[i] = keep(stage, i, i < 4 ? 1 : 2, 1000 * (i + 1));
    assert_int_equal(count_of(stage, TABLE_SLOT_SETS), 2);
    must(replies_purge(stage->replies, 4000, &removed, &err), &err);
    assert_int_equal(removed, 3);
    assert_int_equal(count_of(stage, TABLE_SLOT_SETS), 2);
    expect_found(stage, &kept[3]);
    expect_known(stage, &kept[2], false);
    must(replies_purge(stage->replies, 4001, &removed, &err), &err);
    assert_int_equal(removed, 1);
    assert_int_equal(count_of(stage, TABLE_SLOT_SETS), 1);
    assert_int_equal(count_of(stage, TABLE_LINKS), 2);
    expect_found(stage, &kept[5]);
    expect_not(stage, "0003", ERR_NOT_FOUND, "those before 1970-01-01T00:00:04Z were removed");
    must(replies_purge(stage->replies, 100000, &removed, &err), &err);
    assert_int_equal(count_of(stage, TABLE_SLOT_SETS) + count_of(stage, TABLE_LINKS), 0);
    for (size_t i = 0; i < 6; i++) kept_reply_free(&kept[i]);
}

static void test_recomputing_ends(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    struct kept_reply before = keep(stage, 1, 1, 1000);
    struct kept_reply late = make_reply(2, 1, 4999); /* its carers were read before the erasure */
    must(replies_end_recomputing(stage->replies, 5000, &err), &err);
    must(replies_keep(stage->replies, &late, &err), &err);
    expect_not(stage, "0001", ERR_EXPIRED, "a household was erased on 1970-01-01T00:00:05Z");
    expect_not(stage, "0002", ERR_EXPIRED, "a household was erased");
    expect_known(stage, &before, true);
    expect_known(stage, &late, true);
    assert_int_equal(count_of(stage, TABLE_SLOT_SETS) + count_of(stage, TABLE_LINKS), 0);
    struct kept_reply after = keep(stage, 3, 1, 5001);
    expect_found(stage, &after);
    size_t removed = 0;
    must(replies_purge(stage->replies, 10000, &removed, &err), &err);
    assert_int_equal(removed, 3);
    kept_reply_free(&before);
    kept_reply_free(&late);
    kept_reply_free(&after);
}

static void read_file(struct stage *stage, struct buf *out)
{
    struct err err = {0};
    char *path = file_join(stage->dir, HOME_REPLIES "/data.mdb");
    must(file_read(path, 64 << 20, out, &err), &err);
    free(path);
}

static bool is_in(const struct buf *file, const void *data, size_t len)
{
    return memmem(file->data, file->len, data, len) != NULL;
}

/* Nothing in the clear; and after an erasure not even the sealed bytes of what went. */
static void test_the_disk(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    struct buf before = {0}, after = {0};
    struct kept_reply kept = keep(stage, 1, 1, 1000);
    uint8_t sealed[64];
    struct store_txn *txn = NULL;
    const uint8_t *key = NULL, *value = NULL;
    size_t key_len = 0, len = 0;
    bool found = false, done = false;
    must(replies_begin(stage->replies, false, &txn, &err), &err);
    must(store_last(txn, TABLE_SLOT_SETS, &key, &key_len, &value, &len, &found, &err), &err);
    assert_true(found && len > sizeof sealed);
    memcpy(sealed, value, sizeof sealed);
    must(replies_finish(stage->replies, txn, true, &err), &err);
    read_file(stage, &before);
    assert_true(is_in(&before, sealed, sizeof sealed));
    assert_false(is_in(&before, kept.seed.data, 16));
    assert_false(is_in(&before, kept.query_hash, 16));
    assert_false(is_in(&before, kept.slot_sets.data, 32));
    assert_false(is_in(&before, "la-1", 4));
    assert_false(is_in(&before, kept.signed_reply.body.data, 32));
    must(replies_end_recomputing(stage->replies, 5000, &err), &err);
    must(replies_rewrite(stage->replies, &done, &err), &err);
    assert_true(done);
    read_file(stage, &after);
    assert_false(is_in(&after, sealed, sizeof sealed));
    expect_known(stage, &kept, true);
    buf_free(&before);
    buf_free(&after);
    kept_reply_free(&kept);
}

static void test_another_key(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    struct secret key = secret_random(HASH_KEY_BYTES);
    struct replies *replies = NULL;
    replies_close(stage->replies);
    stage->replies = NULL;
    assert_false(replies_open(stage->dir, &key, &replies, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(err.field, HOME_REPLIES);
    secret_free(&key);
    open_replies(stage);
}

/* ---- receipts ---- */

static struct signed_bytes make_receipt(const uint8_t query_hash[HASH_BYTES], uint64_t length)
{
    struct receipt receipt = {.agent = "ifa-1", .log_length = length};
    struct signed_bytes out = {0};
    memcpy(receipt.query_hash, query_hash, HASH_BYTES);
    memset(receipt.log_head, (int)length, HASH_BYTES);
    receipt_encode(&receipt, &out.body);
    memset(out.signature, 1, SIGNATURE_BYTES);
    return out;
}

static bool note_length(const struct receipt *receipt, int64_t at_ms, void *ctx, struct err *err)
{
    (void)err;
    uint64_t *sum = ctx;
    assert_string_equal(receipt->agent, "ifa-1");
    assert_true(receipt->log_head[0] == (uint8_t)receipt->log_length);
    *sum = *sum * 100 + receipt->log_length;
    assert_true(at_ms > 0);
    return true;
}

static uint64_t lengths_of(struct stage *stage)
{
    struct err err = {0};
    uint64_t sum = 0;
    must(replies_each_receipt(stage->replies, note_length, &sum, &err), &err);
    return sum;
}

static void test_receipts(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    uint8_t hashes[3][HASH_BYTES];
    randombytes_buf(hashes, sizeof hashes);
    for (uint64_t i = 0; i < 3; i++) {
        struct signed_bytes receipt = make_receipt(hashes[i], 30 - 10 * i);
        must(replies_keep_receipt(stage->replies, &receipt, (int64_t)(1000 * (i + 1)), &err), &err);
        must(replies_keep_receipt(stage->replies, &receipt, 9000, &err), &err); /* the same */
        signed_bytes_free(&receipt);
    }
    assert_int_equal(lengths_of(stage), 302010);
    struct signed_bytes other = make_receipt(hashes[1], 77);
    assert_false(replies_keep_receipt(stage->replies, &other, 9000, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    other.body.len--;
    assert_false(replies_keep_receipt(stage->replies, &other, 9000, &err));
    assert_int_equal(err.code, ERR_INVALID);
    signed_bytes_free(&other);
    size_t removed = 0;
    must(replies_purge(stage->replies, 2000, &removed, &err), &err);
    assert_int_equal(removed, 1);
    assert_int_equal(lengths_of(stage), 2010);
    assert_int_equal(count_of(stage, TABLE_RECEIVED), 2);
}

/* ---- the keeper ---- */

struct told {
    pthread_mutex_t lock;
    size_t kept, refused;
};

static void on_done(const struct err *why, void *ctx)
{
    struct told *told = ctx;
    pthread_mutex_lock(&told->lock);
    if (why) {
        assert_int_equal(why->code, ERR_EXISTS);
        told->refused++;
    } else {
        told->kept++;
    }
    pthread_mutex_unlock(&told->lock);
}

/* Everything is told of once, after it is durable; what is there already is refused alone. */
static void test_the_keeper(void **state)
{
    enum { COUNT = 200 };
    struct stage *stage = *state;
    struct told told = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct keeper *keeper = keeper_start(stage->replies);
    struct kept_reply copies[COUNT];
    for (uint16_t i = 0; i < COUNT; i++) {
        struct kept_reply kept = make_reply(i, (uint8_t)(i % 3), 1000 + i);
        copies[i] = (struct kept_reply){.at_ms = kept.at_ms};
        memcpy(copies[i].query_hash, kept.query_hash, HASH_BYTES);
        if (i % 10 == 9) memcpy(kept.query_hash, copies[i - 1].query_hash, HASH_BYTES);
        keeper_reply(keeper, &kept, on_done, &told);
        assert_null(kept.seed.data);
    }
    struct signed_bytes known = make_receipt(copies[0].query_hash, 1);
    struct signed_bytes unknown = make_receipt(copies[9].query_hash, 2);
    keeper_receipt(keeper, &known);
    keeper_receipt(keeper, &unknown);
    keeper_flush(keeper);
    assert_int_equal(told.kept, COUNT - COUNT / 10);
    assert_int_equal(told.refused, COUNT / 10);
    for (uint16_t i = 0; i < COUNT; i++) expect_known(stage, &copies[i], i % 10 != 9);
    assert_int_equal(lengths_of(stage), 1); /* none for queries that were not answered */
    signed_bytes_free(&known);
    signed_bytes_free(&unknown);
    keeper_stop(keeper);
}

int main(void)
{
#define WITH_STAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_STAGE(test_what_is_kept_is_found),
        WITH_STAGE(test_prefixes),
        WITH_STAGE(test_one_reply_a_query),
        WITH_STAGE(test_slot_sets_are_shared),
        WITH_STAGE(test_recomputing_ends),
        WITH_STAGE(test_the_disk),
        WITH_STAGE(test_another_key),
        WITH_STAGE(test_receipts),
        WITH_STAGE(test_the_keeper),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
