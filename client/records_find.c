/* SPDX-License-Identifier: Apache-2.0
 * Which searches there are, and which one a person means.
 */
#include <stdlib.h>
#include <string.h>

#include "client/records_internal.h"
#include "client/records_kept.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

/* ---- all ---- */

struct listing {
    const struct records *records;
    struct kept_search *list;
    size_t count;
};

static bool list_one(const uint8_t *name, size_t name_len, const uint8_t *value, size_t len,
                     void *ctx, struct err *err)
{
    struct listing *listing = ctx;
    struct kept_search *kept = &listing->list[listing->count];
    if (name_len != HASH_BYTES) return err_set(err, ERR_CORRUPT, NULL, "a name is malformed");
    if (!records_unseal(listing->records, name, name_len, value, len, &kept->record, err)) {
        return false;
    }
    memcpy(kept->name, name, HASH_BYTES);
    listing->count++;
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct kept_search *one = a, *other = b;
    if (one->record.first_ms != other->record.first_ms) {
        return one->record.first_ms < other->record.first_ms ? -1 : 1;
    }
    return strcmp(one->record.search_ref, other->record.search_ref);
}

bool records_list(struct records *records, struct kept_search **out, size_t *count, struct err *err)
{
    struct store_txn *txn = NULL;
    struct listing listing = {.records = records};
    size_t room = 0;
    if (!store_begin(records->store, false, &txn, err)) return err_in(err, HOME_RECORDS);
    bool ok = store_count(txn, TABLE_SEARCHES, &room, err);
    listing.list = mem_array(ok ? room : 0, sizeof *listing.list);
    ok = ok && store_each(txn, TABLE_SEARCHES, NULL, 0, list_one, &listing, err);
    store_abort(txn);
    if (!ok) {
        records_list_free(listing.list, room, sizeof *listing.list);
        return err_in(err, HOME_RECORDS);
    }
    qsort(listing.list, listing.count, sizeof *listing.list, by_time);
    *out = listing.list;
    *count = listing.count;
    return true;
}

/* ---- one ---- */

struct sought {
    const struct records *records;
    const char *prefix; /* lower-case hex */
    size_t matches;     /* different searches */
    uint8_t name[HASH_BYTES];
    struct record *room;
};

static void match(struct sought *sought, const uint8_t query_hash[HASH_BYTES],
                  const uint8_t name[HASH_BYTES])
{
    char hex[2 * HASH_BYTES + 1];
    (void)text_hex(query_hash, HASH_BYTES, hex);
    if (strncmp(hex, sought->prefix, strlen(sought->prefix)) != 0) return;
    if (sought->matches > 0 && sodium_memcmp(sought->name, name, HASH_BYTES) == 0) return;
    memcpy(sought->name, name, HASH_BYTES);
    sought->matches++;
}

static bool match_run(const uint8_t *name, uint64_t number, const struct buf *plain, void *ctx,
                      struct err *err)
{
    struct run_head head;
    (void)number;
    if (!run_head_decode(plain->data, plain->len, &head, err)) return false;
    match(ctx, head.query_hash, name);
    return true;
}

/* Searches of before runs were kept have their last query hash alone. */
static bool match_record(const uint8_t *name, size_t name_len, const uint8_t *value, size_t len,
                         void *ctx, struct err *err)
{
    struct sought *sought = ctx;
    if (!records_unseal(sought->records, name, name_len, value, len, sought->room, err)) {
        return false;
    }
    if (sought->room->runs > 0) match(sought, sought->room->query_hash, name);
    return true;
}

static bool is_prefix(const char *text)
{
    size_t len = strlen(text);
    return len >= SEARCH_PREFIX_MIN && len <= 2 * (size_t)HASH_BYTES &&
           strspn(text, "0123456789abcdef") == len;
}

static bool find_by_hash(struct records *records, struct store_txn *txn, const char *text,
                         struct kept_search *out, bool *found, struct err *err)
{
    struct sought sought = {.records = records, .prefix = text, .room = &out->record};
    *found = false;
    if (!is_prefix(text)) return true;
    if (!store_each(txn, TABLE_SEARCHES, NULL, 0, match_record, &sought, err) ||
        !several_each(records, txn, &several_runs, NULL, match_run, &sought, err)) {
        return false;
    }
    if (sought.matches > 1) {
        return err_set(err, ERR_INVALID, "search",
                       "queries of several searches begin with %s: give more digits", text);
    }
    memcpy(out->name, sought.name, HASH_BYTES);
    return sought.matches == 0 || records_get(records, txn, out->name, &out->record, found, err);
}

static bool find(struct records *records, struct store_txn *txn, const char *text,
                 struct kept_search *out, struct err *err)
{
    bool found = false;
    records_name(records, text, out->name);
    if (!records_get(records, txn, out->name, &out->record, &found, err) ||
        (!found && !find_by_hash(records, txn, text, out, &found, err))) {
        return err->field[0] ? false : err_in(err, HOME_RECORDS);
    }
    return found || err_set(err, ERR_NOT_FOUND, "search",
                            "\"%.64s\" is neither the search_ref of a search in the records nor "
                            "the start of a query hash (at least %d digits)",
                            text, SEARCH_PREFIX_MIN);
}

bool records_find(struct records *records, const char *text, struct kept_search *out,
                  struct err *err)
{
    struct store_txn *txn = NULL;
    struct kept_search *kept = mem_new(struct kept_search);
    bool ok = store_begin(records->store, false, &txn, err) || err_in(err, HOME_RECORDS);
    if (ok) {
        ok = find(records, txn, text, kept, err);
        store_abort(txn);
    }
    if (ok) *out = *kept;
    records_list_free(kept, 1, sizeof *kept);
    return ok;
}
