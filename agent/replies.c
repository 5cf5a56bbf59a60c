/* SPDX-License-Identifier: Apache-2.0
 * The store of kept replies: opening, keeping, finding.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/replies_internal.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

static const char *const TABLES[REPLIES_TABLES] = {
    [TABLE_REPLIES] = "replies",   [TABLE_SLOT_SETS] = "slot_sets", [TABLE_LINKS] = "links",
    [TABLE_RECEIPTS] = "receipts", [TABLE_RECEIVED] = "received",   [TABLE_REPLIES_META] = "meta"};

/* ---- the store ---- */

static bool open_store(const char *home, struct store **out, struct err *err)
{
    char *path = file_join(home, HOME_REPLIES);
    bool ok =
        store_open(path, true, TABLES, REPLIES_TABLES, REPLIES_FORMAT, REPLIES_MIB_MAX, out, err);
    free(path);
    return ok || err_in(err, HOME_REPLIES);
}

/* A store that was made with another key must not be written to with this one. */
static bool check_key(struct replies *replies, struct err *err)
{
    static const char word[] = "key";
    struct store_txn *txn = NULL;
    int64_t value = 0;
    if (!replies_begin(replies, true, &txn, err)) return false;
    bool ok = replies_meta(replies, txn, word, &value, err);
    ok = ok && (value != 0 || replies_set_meta(replies, txn, word, 1, err));
    return replies_end(replies, txn, ok, err);
}

bool replies_open(const char *home, const struct secret *key, struct replies **out, struct err *err)
{
    struct store *store = NULL;
    if (!open_store(home, &store, err)) return false;
    struct replies *replies = mem_new(struct replies);
    replies->store = store;
    replies->name = seal_key(key, "hearth replies name");
    replies->seal = seal_key(key, "hearth replies seal");
    REQUIRE(pthread_rwlock_init(&replies->open, NULL) == 0);
    if (!check_key(replies, err)) {
        replies_close(replies);
        return false;
    }
    *out = replies;
    return true;
}

void replies_close(struct replies *replies)
{
    if (!replies) return;
    store_close(replies->store);
    secret_free(&replies->name);
    secret_free(&replies->seal);
    (void)pthread_rwlock_destroy(&replies->open);
    free(replies);
}

bool replies_begin(struct replies *replies, bool write, struct store_txn **out, struct err *err)
{
    REQUIRE(pthread_rwlock_rdlock(&replies->open) == 0);
    if (store_begin(replies->store, write, out, err)) return true;
    REQUIRE(pthread_rwlock_unlock(&replies->open) == 0);
    return err_in(err, HOME_REPLIES);
}

bool replies_commit(struct replies *replies, struct store_txn *txn, struct err *err)
{
    bool ok = store_commit(txn, err);
    REQUIRE(pthread_rwlock_unlock(&replies->open) == 0);
    return ok || err_in(err, HOME_REPLIES);
}

void replies_abort(struct replies *replies, struct store_txn *txn)
{
    store_abort(txn);
    REQUIRE(pthread_rwlock_unlock(&replies->open) == 0);
}

bool replies_end(struct replies *replies, struct store_txn *txn, bool ok, struct err *err)
{
    if (ok) return replies_commit(replies, txn, err);
    replies_abort(replies, txn);
    return false;
}

/* ---- names and seals ---- */

void replies_name(const struct replies *replies, const char *tag, const void *data, size_t len,
                  uint8_t out[NAME_BYTES])
{
    struct hash hash;
    hash_start(&hash, tag, HASH_BYTES, replies->name.data);
    hash_bytes(&hash, data, len);
    hash_end(&hash, out);
}

bool replies_put(const struct replies *replies, struct store_txn *txn, size_t table,
                 const char *tag, const void *key, size_t key_len, const struct buf *plain,
                 struct err *err)
{
    struct buf sealed = {0};
    seal_close(&(struct seal){&replies->seal, tag, key, key_len}, plain, &sealed);
    bool ok = store_put(txn, table, key, key_len, sealed.data, sealed.len, err);
    buf_free(&sealed);
    return ok;
}

bool replies_unseal(const struct replies *replies, const char *tag, const void *key, size_t key_len,
                    const uint8_t *value, size_t value_len, size_t max, struct buf *plain,
                    struct err *err)
{
    const struct seal seal = {&replies->seal, tag, key, key_len};
    return seal_open(&seal, value, value_len, max, plain, err) || err_in(err, HOME_REPLIES);
}

bool replies_record(const struct replies *replies, const uint8_t *key, size_t key_len,
                    const uint8_t *value, size_t value_len, struct reply_record *out,
                    struct err *err)
{
    struct buf plain = {0};
    bool ok = replies_unseal(replies, TAG_KEPT_REPLY, key, key_len, value, value_len,
                             REPLY_RECORD_MAX, &plain, err) &&
              reply_record_decode(plain.data, plain.len, out, err);
    buf_wipe(&plain);
    return ok;
}

bool replies_meta(const struct replies *replies, struct store_txn *txn, const char *word,
                  int64_t *out, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    struct buf plain = {0};
    *out = 0;
    if (!store_get(txn, TABLE_REPLIES_META, word, strlen(word), &value, &len, &found, err)) {
        return err_in(err, HOME_REPLIES);
    }
    if (!found) return true;
    if (!replies_unseal(replies, TAG_KEPT_META, word, strlen(word), value, len, sizeof *out, &plain,
                        err)) {
        return false;
    }
    struct reader reader = reader_of(plain.data, plain.len);
    *out = (int64_t)reader_u64(&reader);
    bool ok =
        reader_done(&reader) || err_set(err, ERR_CORRUPT, HOME_REPLIES, "a kept time is malformed");
    buf_free(&plain);
    return ok;
}

bool replies_set_meta(const struct replies *replies, struct store_txn *txn, const char *word,
                      int64_t value, struct err *err)
{
    struct buf plain = {0};
    buf_u64(&plain, (uint64_t)value);
    bool ok = replies_put(replies, txn, TABLE_REPLIES_META, TAG_KEPT_META, word, strlen(word),
                          &plain, err);
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
                                slot_sets, err);
}

static bool put_record(const struct replies *replies, struct store_txn *txn,
                       const struct kept_reply *kept, const uint8_t key[NAME_BYTES],
                       const uint8_t slot_sets[NAME_BYTES], struct err *err)
{
    struct buf plain = {0};
    struct reply_record record = {.at_ms = kept->at_ms,
                                  .catalogue = kept->catalogue,
                                  .carers = (uint32_t)kept->carers,
                                  .recomputable = true,
                                  .signed_reply = kept->signed_reply};
    memcpy(record.query_hash, kept->query_hash, HASH_BYTES);
    memcpy(record.la, kept->la, sizeof record.la);
    memcpy(record.slot_sets, slot_sets, NAME_BYTES);
    memcpy(record.seed, kept->seed.data, SEED_BYTES);
    reply_record_encode(&record, &plain);
    sodium_memzero(&record, sizeof record); /* the signed bytes are the caller's */
    bool ok =
        replies_put(replies, txn, TABLE_REPLIES, TAG_KEPT_REPLY, key, NAME_BYTES, &plain, err);
    buf_wipe(&plain);
    return ok;
}

static bool keep_one(const struct replies *replies, struct store_txn *txn,
                     const struct kept_reply *kept, bool *there, struct err *err)
{
    uint8_t key[NAME_BYTES], link[LINK_BYTES];
    const uint8_t *value = NULL;
    size_t len = 0;
    REQUIRE(kept->seed.len == SEED_BYTES && kept->carers <= BLIND_ITEMS_MAX);
    REQUIRE(kept->slot_sets.len <= SLOT_SETS_BYTES_MAX &&
            kept->signed_reply.body.len <= REPLY_BODY_MAX);
    replies_name(replies, TAG_KEPT_REPLY, kept->query_hash, HASH_BYTES, key);
    if (!store_get(txn, TABLE_REPLIES, key, sizeof key, &value, &len, there, err)) return false;
    if (*there) return true;
    replies_name(replies, TAG_KEPT_SLOT_SETS, kept->slot_sets.data, kept->slot_sets.len, link);
    memcpy(link + NAME_BYTES, key, NAME_BYTES);
    return put_slot_sets(replies, txn, &kept->slot_sets, link, err) &&
           put_record(replies, txn, kept, key, link, err) &&
           store_put(txn, TABLE_LINKS, link, sizeof link, "", 0, err);
}

bool replies_keep_all(struct replies *replies, struct keeping *list, size_t count, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!replies_begin(replies, true, &txn, err)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = keep_one(replies, txn, list[i].kept, &list[i].there, err);
    }
    return replies_end(replies, txn, ok, err);
}

bool replies_keep(struct replies *replies, const struct kept_reply *kept, struct err *err)
{
    struct keeping one = {.kept = kept};
    if (!replies_keep_all(replies, &one, 1, err)) return false;
    return !one.there || err_set(err, ERR_EXISTS, "query", "was answered before");
}
