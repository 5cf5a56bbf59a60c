/* SPDX-License-Identifier: Apache-2.0
 * Finding a kept reply, by the start of the query's hash.
 */
#include <ctype.h>
#include <string.h>

#include "agent/replies_internal.h"
#include "proto/base/clock.h"
#include "proto/base/text.h"

enum { PREFIX_DIGITS_MIN = 4 };

struct search {
    const struct replies *replies;
    char prefix[2 * HASH_BYTES + 1]; /* lower case */
    struct reply_record found;
    size_t count;
};

static bool match_one(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                      void *ctx, struct err *err)
{
    struct search *search = ctx;
    struct reply_record record = {0};
    char name[2 * HASH_BYTES + 1];
    if (!replies_record(search->replies, key, key_len, value, value_len, &record, err)) {
        return false;
    }
    text_hex(record.query_hash, HASH_BYTES, name);
    if (strncmp(name, search->prefix, strlen(search->prefix)) != 0) {
        reply_record_wipe(&record);
        return true;
    }
    if (search->count++ > 0) {
        reply_record_wipe(&record);
        err->code = ERR_NONE; /* two are enough to say that there are several */
        return false;
    }
    search->found = record;
    return true;
}

static bool set_prefix(struct search *search, const char *prefix, struct err *err)
{
    size_t len = strlen(prefix);
    bool good = len >= PREFIX_DIGITS_MIN && len <= 2 * HASH_BYTES;
    for (size_t i = 0; good && i < len; i++) {
        good = isxdigit((unsigned char)prefix[i]) != 0;
        search->prefix[i] = (char)tolower((unsigned char)prefix[i]);
    }
    return good || err_set(err, ERR_INVALID, "query",
                           "the start of a query's hash is wanted: %d to %d hex digits",
                           PREFIX_DIGITS_MIN, 2 * HASH_BYTES);
}

static bool not_found(const struct replies *replies, struct store_txn *txn, const char *prefix,
                      struct err *err)
{
    int64_t purged = 0;
    char until[CLOCK_TEXT];
    if (!replies_meta(replies, txn, META_PURGED, &purged, err)) return false;
    if (purged == 0) {
        return err_set(err, ERR_NOT_FOUND, "query", "no query beginning %s was answered here",
                       prefix);
    }
    clock_format(purged, until);
    return err_set(err, ERR_NOT_FOUND, "query",
                   "no reply to a query beginning %s is kept; those before %s were removed", prefix,
                   until);
}

static bool read_slot_sets(const struct replies *replies, struct store_txn *txn,
                           const struct reply_record *record, struct buf *out, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_get(txn, TABLE_SLOT_SETS, record->slot_sets, NAME_BYTES, &value, &len, &found,
                   err)) {
        return err_in(err, HOME_REPLIES);
    }
    if (!found) return err_set(err, ERR_CORRUPT, HOME_REPLIES, "slot sets are missing");
    return replies_unseal(replies, TAG_KEPT_SLOT_SETS, record->slot_sets, NAME_BYTES, value, len,
                          SLOT_SETS_BYTES_MAX, out, err);
}

static bool ended(const struct replies *replies, struct store_txn *txn, struct err *err)
{
    int64_t at = 0;
    char when[CLOCK_TEXT];
    if (!replies_meta(replies, txn, META_ENDED, &at, err)) return false;
    clock_format(at, when);
    return err_set(err, ERR_NOT_FOUND, "query",
                   "the reply was given, but cannot be recomputed: a household was erased on %s, "
                   "and with it the seeds and slot sets of all replies until then",
                   when);
}

/* Takes the signed bytes out of the record. */
static bool fill(const struct replies *replies, struct store_txn *txn, struct reply_record *record,
                 struct kept_reply *out, struct err *err)
{
    struct kept_reply kept = {
        .at_ms = record->at_ms, .catalogue = record->catalogue, .carers = record->carers};
    if (!record->recomputable) return ended(replies, txn, err);
    if (!read_slot_sets(replies, txn, record, &kept.slot_sets, err)) return false;
    memcpy(kept.query_hash, record->query_hash, HASH_BYTES);
    memcpy(kept.la, record->la, sizeof kept.la);
    kept.seed = secret_take(record->seed, SEED_BYTES);
    kept.signed_reply = record->signed_reply;
    record->signed_reply = (struct signed_bytes){0};
    *out = kept;
    return true;
}

static bool find(struct search *search, struct store_txn *txn, struct err *err)
{
    uint8_t hash[HASH_BYTES], key[NAME_BYTES];
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!text_unhex(search->prefix, hash, HASH_BYTES)) {
        return store_each(txn, TABLE_REPLIES, NULL, 0, match_one, search, err);
    }
    replies_name(search->replies, TAG_KEPT_REPLY, hash, HASH_BYTES, key);
    if (!store_get(txn, TABLE_REPLIES, key, sizeof key, &value, &len, &found, err)) {
        return err_in(err, HOME_REPLIES);
    }
    search->count = found ? 1 : 0;
    return !found ||
           replies_record(search->replies, key, sizeof key, value, len, &search->found, err);
}

bool replies_get(struct replies *replies, const char *prefix, struct kept_reply *out,
                 struct err *err)
{
    struct search search = {.replies = replies};
    struct store_txn *txn = NULL;
    if (!set_prefix(&search, prefix, err) || !replies_begin(replies, false, &txn, err)) {
        return false;
    }
    bool ok = find(&search, txn, err);
    if (ok && search.count == 0) ok = not_found(replies, txn, search.prefix, err);
    if (ok && search.count > 1) {
        ok = err_set(err, ERR_INVALID, "query",
                     "several queries begin with %s: more digits, please", search.prefix);
    }
    ok = ok && fill(replies, txn, &search.found, out, err);
    replies_abort(replies, txn);
    reply_record_wipe(&search.found);
    return ok;
}

bool replies_knows(struct replies *replies, const uint8_t query_hash[HASH_BYTES], bool *known,
                   int64_t *at_ms, struct err *err)
{
    uint8_t key[NAME_BYTES];
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    struct store_txn *txn = NULL;
    struct reply_record record = {0};
    replies_name(replies, TAG_KEPT_REPLY, query_hash, HASH_BYTES, key);
    if (!replies_begin(replies, false, &txn, err)) return false;
    bool ok = store_get(txn, TABLE_REPLIES, key, sizeof key, &value, &len, &found, err);
    ok = ok && (!found || replies_record(replies, key, sizeof key, value, len, &record, err));
    replies_abort(replies, txn);
    if (!ok) return false;
    *known = found;
    *at_ms = record.at_ms;
    reply_record_wipe(&record);
    return true;
}
