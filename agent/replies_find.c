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
    struct buf slot_sets; /* of `found` */
    int64_t purged_ms, ended_ms;
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

static bool read_slot_sets(const struct replies *replies, struct store_txn *txn,
                           const struct reply_record *record, struct buf *out, struct err *err)
{
    const struct sealed_place place = {TABLE_SLOT_SETS, TAG_KEPT_SLOT_SETS, record->slot_sets,
                                       NAME_BYTES};
    bool found = false;
    return sealed_get(&replies->sealed, txn, &place, out, &found, err) &&
           (found || err_set(err, ERR_CORRUPT, NULL, "slot sets are missing"));
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
    sealed_name(&search->replies->sealed, hash, HASH_BYTES, key);
    if (!store_get(txn, TABLE_REPLIES, key, sizeof key, &value, &len, &found, err)) return false;
    search->count = found ? 1 : 0;
    return !found ||
           replies_record(search->replies, key, sizeof key, value, len, &search->found, err);
}

static bool read_all(struct search *search, struct store_txn *txn, struct err *err)
{
    const struct reply_record *record = &search->found;
    return find(search, txn, err) &&
           replies_meta(search->replies, txn, META_PURGED, &search->purged_ms, err) &&
           replies_meta(search->replies, txn, META_ENDED, &search->ended_ms, err) &&
           (search->count != 1 || !record->recomputable ||
            read_slot_sets(search->replies, txn, record, &search->slot_sets, err));
}

/* ---- what was found, or why nothing was ---- */

static bool not_found(const struct search *search, struct err *err)
{
    char until[CLOCK_TEXT];
    if (search->purged_ms == 0) {
        return err_set(err, ERR_NOT_FOUND, "query", "no query beginning %s was answered here",
                       search->prefix);
    }
    clock_format(search->purged_ms, until);
    return err_set(err, ERR_NOT_FOUND, "query",
                   "no reply to a query beginning %s is kept; those before %s were removed",
                   search->prefix, until);
}

static bool judge(const struct search *search, struct err *err)
{
    char when[CLOCK_TEXT];
    if (search->count == 0) return not_found(search, err);
    if (search->count > 1) {
        return err_set(err, ERR_INVALID, "query", "several queries begin with %s: give more digits",
                       search->prefix);
    }
    if (search->found.recomputable) return true;
    clock_format(search->ended_ms, when);
    return err_set(err, ERR_EXPIRED, "query",
                   "the reply was given, but cannot be recomputed: a household was erased on %s, "
                   "and with it the seeds and slot sets of all replies until then",
                   when);
}

/* Takes slot sets and signed bytes out of the search. */
static void fill(struct search *search, struct kept_reply *out)
{
    struct reply_record *record = &search->found;
    *out = (struct kept_reply){.at_ms = record->at_ms,
                               .catalogue = record->catalogue,
                               .carers = record->carers,
                               .seed = secret_take(record->seed, SEED_BYTES),
                               .slot_sets = search->slot_sets,
                               .signed_reply = record->signed_reply};
    memcpy(out->query_hash, record->query_hash, HASH_BYTES);
    memcpy(out->la, record->la, sizeof out->la);
    search->slot_sets = (struct buf){0};
    record->signed_reply = (struct signed_bytes){0};
}

bool replies_get(struct replies *replies, const char *prefix, struct kept_reply *out,
                 struct err *err)
{
    struct search search = {.replies = replies};
    struct store_txn *txn = NULL;
    if (!set_prefix(&search, prefix, err) || !replies_begin(replies, false, &txn, err)) {
        return false;
    }
    bool ok = replies_finish(replies, txn, read_all(&search, txn, err), err) && judge(&search, err);
    if (ok) fill(&search, out);
    buf_wipe(&search.slot_sets);
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
    sealed_name(&replies->sealed, query_hash, HASH_BYTES, key);
    if (!replies_begin(replies, false, &txn, err)) return false;
    bool ok = store_get(txn, TABLE_REPLIES, key, sizeof key, &value, &len, &found, err);
    ok = ok && (!found || replies_record(replies, key, sizeof key, value, len, &record, err));
    if (!replies_finish(replies, txn, ok, err)) return false;
    *known = found;
    *at_ms = record.at_ms;
    reply_record_wipe(&record);
    return true;
}
