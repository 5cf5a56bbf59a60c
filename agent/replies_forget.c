/* SPDX-License-Identifier: Apache-2.0
 * Forgetting: the end of recomputing after an erasure, and what is older than it is kept.
 */

#include "agent/replies_internal.h"

/* Keys that a walk has found: they are changed after it, because a walk must not write. */
struct keys {
    struct buf bytes; /* LINK_BYTES each: name of the slot sets (or zeros), then of the reply */
    size_t count;
    const struct replies *replies;
    int64_t before_ms;
};

static const uint8_t *key_at(const struct keys *keys, size_t i)
{
    return keys->bytes.data + i * LINK_BYTES;
}

static void add_key(struct keys *keys, const uint8_t slot_sets[NAME_BYTES],
                    const uint8_t reply[NAME_BYTES])
{
    buf_append(&keys->bytes, slot_sets, NAME_BYTES);
    buf_append(&keys->bytes, reply, NAME_BYTES);
    keys->count++;
}

/* ---- the end of recomputing ---- */

static bool find_recomputable(const uint8_t *key, size_t key_len, const uint8_t *value,
                              size_t value_len, void *ctx, struct err *err)
{
    struct keys *keys = ctx;
    struct reply_record record = {0};
    if (!replies_record(keys->replies, key, key_len, value, value_len, &record, err)) return false;
    if (record.recomputable) add_key(keys, record.slot_sets, key);
    reply_record_wipe(&record);
    return true;
}

static bool forget_seed(const struct replies *replies, struct store_txn *txn,
                        const uint8_t key[NAME_BYTES], struct err *err)
{
    struct reply_record record = {0};
    struct buf plain = {0};
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_get(txn, TABLE_REPLIES, key, NAME_BYTES, &value, &len, &found, err)) return false;
    REQUIRE(found);
    if (!replies_record(replies, key, NAME_BYTES, value, len, &record, err)) return false;
    record.recomputable = false;
    reply_record_encode(&record, &plain);
    reply_record_wipe(&record);
    bool ok = replies_put(replies, txn, TABLE_REPLIES, TAG_KEPT_REPLY, key, NAME_BYTES, &plain,
                          REPLY_RECORD_PAD, err);
    buf_wipe(&plain);
    return ok;
}

bool replies_end_recomputing(struct replies *replies, int64_t now_ms, struct err *err)
{
    struct keys keys = {.replies = replies};
    struct store_txn *txn = NULL;
    if (!replies_begin(replies, true, &txn, err)) return false;
    bool ok = store_each(txn, TABLE_REPLIES, NULL, 0, find_recomputable, &keys, err);
    for (size_t i = 0; ok && i < keys.count; i++) {
        ok = forget_seed(replies, txn, key_at(&keys, i) + NAME_BYTES, err);
    }
    ok = ok && store_clear(txn, TABLE_SLOT_SETS, err) && store_clear(txn, TABLE_LINKS, err) &&
         replies_set_meta(replies, txn, META_ENDED, now_ms, err) && store_ask_rewrite(txn, err);
    buf_free(&keys.bytes);
    return replies_finish(replies, txn, ok, err);
}

/* ---- retention ---- */

static bool find_old(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                     void *ctx, struct err *err)
{
    static const uint8_t none[NAME_BYTES];
    struct keys *keys = ctx;
    struct reply_record record = {0};
    if (!replies_record(keys->replies, key, key_len, value, value_len, &record, err)) return false;
    if (record.at_ms < keys->before_ms) {
        add_key(keys, record.recomputable ? record.slot_sets : none, key);
    }
    reply_record_wipe(&record);
    return true;
}

static bool find_links(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                       void *ctx, struct err *err)
{
    struct keys *found = ctx;
    (void)value;
    (void)value_len;
    if (key_len != LINK_BYTES) {
        return err_set(err, ERR_CORRUPT, NULL, "a link has %zu bytes", key_len);
    }
    add_key(found, key, key + NAME_BYTES);
    err->code = ERR_NONE;
    return false;
}

/* Removes slot sets that no link names any more. */
static bool drop_unused(struct store_txn *txn, const uint8_t slot_sets[NAME_BYTES], struct err *err)
{
    struct keys next = {0};
    bool ok = store_each(txn, TABLE_LINKS, slot_sets, NAME_BYTES, find_links, &next, err);
    bool used = next.count > 0 && sodium_memcmp(key_at(&next, 0), slot_sets, NAME_BYTES) == 0;
    if (ok && !used) ok = store_delete(txn, TABLE_SLOT_SETS, slot_sets, NAME_BYTES, NULL, err);
    buf_free(&next.bytes);
    return ok;
}

static bool drop_reply(struct store_txn *txn, const uint8_t link[LINK_BYTES], bool *existed,
                       struct err *err)
{
    return store_delete(txn, TABLE_REPLIES, link + NAME_BYTES, NAME_BYTES, existed, err) &&
           store_delete(txn, TABLE_LINKS, link, LINK_BYTES, NULL, err) &&
           drop_unused(txn, link, err);
}

/* A few at a time: replies that are made meanwhile wait for no longer than that. */
static bool drop_some(struct replies *replies, const struct keys *keys, size_t first, size_t end,
                      size_t *removed, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!replies_begin(replies, true, &txn, err)) return false;
    bool ok = replies_set_meta(replies, txn, META_PURGED, keys->before_ms, err) &&
              store_ask_rewrite(txn, err);
    size_t gone = 0;
    for (size_t i = first; ok && i < end; i++) {
        bool existed = false;
        ok = drop_reply(txn, key_at(keys, i), &existed, err);
        if (existed) gone++;
    }
    if (!replies_finish(replies, txn, ok, err)) return false;
    *removed += gone;
    return true;
}

static bool find_all_old(struct replies *replies, struct keys *keys, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!replies_begin(replies, false, &txn, err)) return false;
    bool ok = store_each(txn, TABLE_REPLIES, NULL, 0, find_old, keys, err);
    return replies_finish(replies, txn, ok, err);
}

bool replies_purge(struct replies *replies, int64_t before_ms, size_t *removed, struct err *err)
{
    enum { AT_ONCE = 200 };
    struct keys keys = {.replies = replies, .before_ms = before_ms};
    size_t gone = 0;
    bool ok = find_all_old(replies, &keys, err);
    for (size_t i = 0; ok && i < keys.count; i += AT_ONCE) {
        size_t end = i + AT_ONCE < keys.count ? i + AT_ONCE : keys.count;
        ok = drop_some(replies, &keys, i, end, &gone, err);
    }
    buf_free(&keys.bytes);
    ok = ok && replies_purge_receipts(replies, before_ms, &gone, err);
    if (ok) *removed = gone;
    return ok;
}

bool replies_rewrite(struct replies *replies, bool *done, struct err *err)
{
    REQUIRE(pthread_rwlock_wrlock(&replies->open) == 0);
    bool ok = sealed_rewrite(&replies->sealed, done, err);
    REQUIRE(pthread_rwlock_unlock(&replies->open) == 0);
    return ok;
}

bool replies_usage(struct replies *replies, struct store_usage *out, struct err *err)
{
    REQUIRE(pthread_rwlock_rdlock(&replies->open) == 0);
    bool ok = store_usage(replies->sealed.store, out, err);
    REQUIRE(pthread_rwlock_unlock(&replies->open) == 0);
    return ok;
}
