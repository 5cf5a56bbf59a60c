/* SPDX-License-Identifier: Apache-2.0
 * Receipts: heads of the matcher's log that it signed, one a query.
 */
#include <string.h>

#include "agent/replies_internal.h"

enum { RECEIPT_PAD = 256 };

/* The number after the last. */
static bool next_number(struct store_txn *txn, uint64_t *out, struct err *err)
{
    const uint8_t *key = NULL, *value = NULL;
    size_t key_len = 0, len = 0;
    bool found = false;
    if (!store_last(txn, TABLE_RECEIPTS, &key, &key_len, &value, &len, &found, err)) return false;
    *out = found ? store_key_read_u64(key) + 1 : 1;
    return true;
}

static bool open_receipt(const struct replies *replies, const uint8_t *key, size_t key_len,
                         const uint8_t *value, size_t len, struct signed_bytes *out, int64_t *at_ms,
                         struct err *err)
{
    const struct sealed_place place = {TABLE_RECEIPTS, TAG_KEPT_RECEIPT, key, key_len};
    struct buf plain = {0};
    bool ok = sealed_read(&replies->sealed, &place, value, len, &plain, err) &&
              receipt_record_decode(plain.data, plain.len, out, at_ms, err);
    buf_free(&plain);
    return ok;
}

/* Whether the receipt that is held for this query is the same. */
static bool compare(const struct replies *replies, struct store_txn *txn, const uint8_t number[8],
                    const struct signed_bytes *receipt, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    int64_t at_ms = 0;
    struct signed_bytes held = {0};
    if (!store_get(txn, TABLE_RECEIPTS, number, 8, &value, &len, &found, err)) return false;
    if (!found) return err_set(err, ERR_CORRUPT, NULL, "a receipt is missing");
    if (!open_receipt(replies, number, 8, value, len, &held, &at_ms, err)) return false;
    bool same = held.body.len == receipt->body.len &&
                sodium_memcmp(held.body.data, receipt->body.data, held.body.len) == 0;
    signed_bytes_free(&held);
    return same ||
           err_set(err, ERR_EXISTS, "receipt", "the matcher gave another for the same query");
}

static bool put_receipt(const struct replies *replies, struct store_txn *txn,
                        const uint8_t name[NAME_BYTES], const struct signed_bytes *receipt,
                        int64_t at_ms, struct err *err)
{
    uint64_t number = 0;
    uint8_t key[8];
    struct buf plain = {0};
    if (!next_number(txn, &number, err)) return false;
    store_key_u64(key, number);
    receipt_record_encode(receipt, at_ms, &plain);
    bool ok = replies_put(replies, txn, TABLE_RECEIPTS, TAG_KEPT_RECEIPT, key, sizeof key, &plain,
                          RECEIPT_PAD, err) &&
              store_put(txn, TABLE_RECEIVED, name, NAME_BYTES, key, sizeof key, err);
    buf_free(&plain);
    return ok;
}

bool replies_keep_receipt(struct replies *replies, const struct signed_bytes *receipt,
                          int64_t at_ms, struct err *err)
{
    struct receipt decoded;
    uint8_t name[NAME_BYTES];
    const uint8_t *number = NULL;
    size_t len = 0;
    bool found = false;
    struct store_txn *txn = NULL;
    if (!receipt_decode(receipt->body.data, receipt->body.len, &decoded, err)) return false;
    sealed_name(&replies->sealed, decoded.query_hash, HASH_BYTES, name);
    if (!replies_begin(replies, true, &txn, err)) return false;
    bool ok = store_get(txn, TABLE_RECEIVED, name, sizeof name, &number, &len, &found, err);
    if (ok && found) {
        ok = len == 8 ? compare(replies, txn, number, receipt, err)
                      : err_set(err, ERR_CORRUPT, NULL, "a receipt's number is malformed");
    }
    ok = ok && (found || put_receipt(replies, txn, name, receipt, at_ms, err));
    return replies_finish(replies, txn, ok, err);
}

/* ---- reading ---- */

struct walk {
    const struct replies *replies;
    replies_receipt_fn each;
    void *ctx;
};

static bool give_one(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                     void *ctx, struct err *err)
{
    const struct walk *walk = ctx;
    struct signed_bytes held = {0};
    struct receipt receipt;
    int64_t at_ms = 0;
    if (!open_receipt(walk->replies, key, key_len, value, value_len, &held, &at_ms, err)) {
        return false;
    }
    bool ok = receipt_decode(held.body.data, held.body.len, &receipt, err) &&
              walk->each(&receipt, at_ms, walk->ctx, err);
    signed_bytes_free(&held);
    return ok;
}

bool replies_each_receipt(struct replies *replies, replies_receipt_fn each, void *ctx,
                          struct err *err)
{
    struct walk walk = {replies, each, ctx};
    struct store_txn *txn = NULL;
    if (!replies_begin(replies, false, &txn, err)) return false;
    bool ok = store_each(txn, TABLE_RECEIPTS, NULL, 0, give_one, &walk, err);
    return replies_finish(replies, txn, ok, err);
}

/* ---- retention ---- */

struct old_receipts {
    const struct replies *replies;
    int64_t before_ms;
    struct buf keys; /* 8 bytes, then the name in TABLE_RECEIVED */
    size_t count;
};
enum { OLD_BYTES = 8 + NAME_BYTES };

static bool find_old(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                     void *ctx, struct err *err)
{
    struct old_receipts *old = ctx;
    struct signed_bytes held = {0};
    struct receipt receipt;
    int64_t at_ms = 0;
    uint8_t name[NAME_BYTES];
    if (!open_receipt(old->replies, key, key_len, value, value_len, &held, &at_ms, err)) {
        return false;
    }
    bool ok = receipt_decode(held.body.data, held.body.len, &receipt, err);
    signed_bytes_free(&held);
    if (!ok || at_ms >= old->before_ms) return ok;
    sealed_name(&old->replies->sealed, receipt.query_hash, HASH_BYTES, name);
    buf_append(&old->keys, key, 8);
    buf_append(&old->keys, name, sizeof name);
    old->count++;
    return true;
}

bool replies_purge_receipts(struct replies *replies, int64_t before_ms, size_t *removed,
                            struct err *err)
{
    struct old_receipts old = {.replies = replies, .before_ms = before_ms};
    struct store_txn *txn = NULL;
    if (!replies_begin(replies, true, &txn, err)) return false;
    bool ok = store_each(txn, TABLE_RECEIPTS, NULL, 0, find_old, &old, err);
    for (size_t i = 0; ok && i < old.count; i++) {
        const uint8_t *at = old.keys.data + i * OLD_BYTES;
        ok = store_delete(txn, TABLE_RECEIPTS, at, 8, NULL, err) &&
             store_delete(txn, TABLE_RECEIVED, at + 8, NAME_BYTES, NULL, err);
    }
    if (ok && old.count > 0) ok = store_ask_rewrite(txn, err);
    buf_free(&old.keys);
    if (!replies_finish(replies, txn, ok, err)) return false;
    *removed += old.count;
    return true;
}
