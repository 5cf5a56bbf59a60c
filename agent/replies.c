/* SPDX-License-Identifier: Apache-2.0
 * The store of kept replies: opening, keeping, finding.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/replies_internal.h"
#include "proto/base/mem.h"

static const char *const table_names[REPLIES_TABLES] = {
    [TABLE_REPLIES] = "replies",   [TABLE_SLOT_SETS] = "slot_sets", [TABLE_LINKS] = "links",
    [TABLE_RECEIPTS] = "receipts", [TABLE_RECEIVED] = "received",   [TABLE_REPLIES_META] = "meta"};

const struct store_schema replies_schema = {.name = HOME_REPLIES,
                                            .tables = table_names,
                                            .table_count = REPLIES_TABLES,
                                            .format = 2,
                                            .oldest = 1,
                                            .readable = 1,
                                            .upgrades = store_upgrade_stamp_only};

/* ---- the store ---- */

bool replies_open(const char *home, const struct secret *key, struct replies **out, struct err *err)
{
    static const struct sealed_form form = {.schema = &replies_schema,
                                            .purpose = REPLIES_PURPOSE,
                                            .meta_table = TABLE_REPLIES_META,
                                            .max_mib = REPLIES_MIB_MAX};
    struct replies *replies = mem_new(struct replies);
    if (!sealed_open(home, &form, key, &replies->sealed, err)) {
        free(replies);
        return false;
    }
    REQUIRE(pthread_rwlock_init(&replies->open, NULL) == 0);
    *out = replies;
    return true;
}

void replies_close(struct replies *replies)
{
    if (!replies) return;
    sealed_close(&replies->sealed);
    (void)pthread_rwlock_destroy(&replies->open);
    free(replies);
}

bool replies_gap(struct replies *replies, struct store_gap *out, struct err *err)
{
    struct store_txn *txn = NULL;
    return replies_begin(replies, false, &txn, err) &&
           replies_finish(replies, txn, store_get_gap(txn, out, err), err);
}

bool replies_begin(struct replies *replies, bool write, struct store_txn **out, struct err *err)
{
    REQUIRE(pthread_rwlock_rdlock(&replies->open) == 0);
    if (sealed_begin(&replies->sealed, write, out, err)) return true;
    REQUIRE(pthread_rwlock_unlock(&replies->open) == 0);
    return false;
}

bool replies_finish(struct replies *replies, struct store_txn *txn, bool ok, struct err *err)
{
    ok = sealed_finish(&replies->sealed, txn, ok, err);
    REQUIRE(pthread_rwlock_unlock(&replies->open) == 0);
    return ok;
}

/* ---- values ---- */

bool replies_put(const struct replies *replies, struct store_txn *txn, size_t table,
                 const char *tag, const void *key, size_t key_len, const struct buf *plain,
                 size_t step, struct err *err)
{
    const struct sealed_place place = {table, tag, key, key_len};
    return sealed_put(&replies->sealed, txn, &place, plain, step, err);
}

bool replies_record(const struct replies *replies, const uint8_t *key, size_t key_len,
                    const uint8_t *value, size_t value_len, struct reply_record *out,
                    struct err *err)
{
    const struct sealed_place place = {TABLE_REPLIES, TAG_KEPT_REPLY, key, key_len};
    struct buf plain = {0};
    bool ok = sealed_read(&replies->sealed, &place, value, value_len, &plain, err) &&
              reply_record_decode(plain.data, plain.len, out, err);
    buf_wipe(&plain);
    return ok;
}

bool replies_meta(const struct replies *replies, struct store_txn *txn, const char *word,
                  int64_t *out, struct err *err)
{
    const struct sealed_place place = {TABLE_REPLIES_META, TAG_KEPT_META, word, strlen(word)};
    struct buf plain = {0};
    bool found = false;
    *out = 0;
    if (!sealed_get(&replies->sealed, txn, &place, &plain, &found, err)) return false;
    struct reader reader = reader_of(plain.data, plain.len);
    if (found) *out = (int64_t)reader_u64(&reader);
    bool ok = reader_done(&reader) || err_set(err, ERR_CORRUPT, NULL, "a kept time is malformed");
    buf_free(&plain);
    return ok;
}

bool replies_set_meta(const struct replies *replies, struct store_txn *txn, const char *word,
                      int64_t value, struct err *err)
{
    struct buf plain = {0};
    buf_u64(&plain, (uint64_t)value);
    bool ok = replies_put(replies, txn, TABLE_REPLIES_META, TAG_KEPT_META, word, strlen(word),
                          &plain, 1, err);
    buf_free(&plain);
    return ok;
}

/* ---- keeping ---- */

void kept_reply_free(struct kept_reply *kept)
{
    secret_free(&kept->seed);
    buf_wipe(&kept->slot_sets);
    signed_bytes_free(&kept->signed_reply);
    *kept = (struct kept_reply){0};
}

/* Once for all replies that have the same: mostly they are there already. */
static bool put_slot_sets(const struct replies *replies, struct store_txn *txn,
                          const struct buf *slot_sets, const uint8_t name[NAME_BYTES],
                          struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_get(txn, TABLE_SLOT_SETS, name, NAME_BYTES, &value, &len, &found, err)) return false;
    return found || replies_put(replies, txn, TABLE_SLOT_SETS, TAG_KEPT_SLOT_SETS, name, NAME_BYTES,
                                slot_sets, 1, err);
}

/* slot_sets: their name, or NULL where it cannot be recomputed. */
static bool put_record(const struct replies *replies, struct store_txn *txn,
                       const struct kept_reply *kept, const uint8_t key[NAME_BYTES],
                       const uint8_t *slot_sets, struct err *err)
{
    struct buf plain = {0};
    struct reply_record record = {.at_ms = kept->at_ms,
                                  .catalogue = kept->catalogue,
                                  .carers = (uint32_t)kept->carers,
                                  .recomputable = slot_sets != NULL,
                                  .signed_reply = kept->signed_reply};
    memcpy(record.query_hash, kept->query_hash, HASH_BYTES);
    memcpy(record.la, kept->la, sizeof record.la);
    if (slot_sets) {
        memcpy(record.slot_sets, slot_sets, NAME_BYTES);
        memcpy(record.seed, kept->seed.data, SEED_BYTES);
    }
    reply_record_encode(&record, &plain);
    sodium_memzero(&record, sizeof record); /* the signed bytes are the caller's */
    bool ok = replies_put(replies, txn, TABLE_REPLIES, TAG_KEPT_REPLY, key, NAME_BYTES, &plain,
                          REPLY_RECORD_PAD, err);
    buf_wipe(&plain);
    return ok;
}

/* With its slot sets, but where its carers were read before a household was erased. */
static bool put_reply(const struct replies *replies, struct store_txn *txn,
                      const struct kept_reply *kept, const uint8_t key[NAME_BYTES],
                      int64_t ended_ms, struct err *err)
{
    uint8_t link[LINK_BYTES];
    if (kept->at_ms <= ended_ms) return put_record(replies, txn, kept, key, NULL, err);
    sealed_name(&replies->sealed, kept->slot_sets.data, kept->slot_sets.len, link);
    memcpy(link + NAME_BYTES, key, NAME_BYTES);
    return put_slot_sets(replies, txn, &kept->slot_sets, link, err) &&
           put_record(replies, txn, kept, key, link, err) &&
           store_put(txn, TABLE_LINKS, link, sizeof link, "", 0, err);
}

static bool keep_one(const struct replies *replies, struct store_txn *txn,
                     const struct kept_reply *kept, int64_t ended_ms, bool *there, struct err *err)
{
    uint8_t key[NAME_BYTES];
    const uint8_t *value = NULL;
    size_t len = 0;
    REQUIRE(kept->seed.len == SEED_BYTES && kept->carers <= BLIND_ITEMS_MAX);
    REQUIRE(kept->slot_sets.len <= SLOT_SETS_BYTES_MAX &&
            kept->signed_reply.body.len <= REPLY_BODY_MAX);
    sealed_name(&replies->sealed, kept->query_hash, HASH_BYTES, key);
    if (!store_get(txn, TABLE_REPLIES, key, sizeof key, &value, &len, there, err)) return false;
    return *there || put_reply(replies, txn, kept, key, ended_ms, err);
}

bool replies_keep_all(struct replies *replies, struct keeping *list, size_t count, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!replies_begin(replies, true, &txn, err)) return false;
    int64_t ended_ms = 0;
    bool ok = replies_meta(replies, txn, META_ENDED, &ended_ms, err);
    for (size_t i = 0; ok && i < count; i++) {
        ok = keep_one(replies, txn, list[i].kept, ended_ms, &list[i].there, err);
    }
    return replies_finish(replies, txn, ok, err);
}

bool replies_keep(struct replies *replies, const struct kept_reply *kept, struct err *err)
{
    struct keeping one = {.kept = kept};
    if (!replies_keep_all(replies, &one, 1, err)) return false;
    return !one.there || err_set(err, ERR_EXISTS, "query", "was answered before");
}
