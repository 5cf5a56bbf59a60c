/* SPDX-License-Identifier: Apache-2.0
 * Whether a request is nearly the same as other searches of the window, and how many there are.
 */
#include <string.h>

#include "client/records_internal.h"

static const int64_t WINDOW_MS = (int64_t)RECORDS_WINDOW_DAYS * 24 * 3600 * 1000;

static bool is_recent(const struct record *record, int64_t now_ms)
{
    return now_ms - record->last_ms < WINDOW_MS;
}

static void compare(struct comparison *c, const uint8_t *name)
{
    const struct record *other = c->other;
    if (!is_recent(other, c->note->asked_ms) || other->first_ms >= c->before_ms) return;
    struct likeness likeness = likeness_of(&c->own->features, &other->features);
    if (!likeness.near || (c->similar && other->first_ms >= c->first->first_ms)) return;
    c->similar = true;
    c->percent = likeness.percent;
    *c->first = *other;
    memcpy(c->first_name, name, HASH_BYTES);
}

static bool compare_one(const uint8_t *name, size_t name_len, const uint8_t *value, size_t len,
                        void *ctx, struct err *err)
{
    struct comparison *c = ctx;
    if (name_len != HASH_BYTES) return err_set(err, ERR_CORRUPT, NULL, "a name is malformed");
    if (sodium_memcmp(name, c->note->name, HASH_BYTES) == 0) return true;
    if (!records_unseal(c->records, name, name_len, value, len, c->other, err)) return false;
    compare(c, name);
    return true;
}

/* How many searches of the window there are that belong to the likes of `first`, leaving out
 * `own`. Likes of likes belong to it: whoever departs from a search in small steps stays noticed.
 */
struct tally {
    struct comparison *c;
    const char *first;
    uint32_t count;
};

static bool tally_one(const uint8_t *name, size_t name_len, const uint8_t *value, size_t len,
                      void *ctx, struct err *err)
{
    struct tally *tally = ctx;
    struct comparison *c = tally->c;
    if (sodium_memcmp(name, c->note->name, HASH_BYTES) == 0) return true;
    if (!records_unseal(c->records, name, name_len, value, len, c->other, err)) return false;
    bool like = strcmp(c->other->first_alike, tally->first) == 0;
    if (like && is_recent(c->other, c->note->asked_ms)) tally->count++;
    return true;
}

bool records_compare(struct comparison *c, struct store_txn *txn, struct err *err)
{
    struct search_note *note = c->note;
    if (!store_each(txn, TABLE_SEARCHES, NULL, 0, compare_one, c, err)) return false;
    if (!c->similar) return true;
    struct tally tally = {.c = c, .first = c->first->first_alike};
    if (!store_each(txn, TABLE_SEARCHES, NULL, 0, tally_one, &tally, err)) return false;
    note->similar = true;
    note->percent = c->percent;
    note->similar_first_ms = c->first->first_ms;
    note->nth = tally.count + 1;
    memcpy(note->similar_to, c->first->search_ref, sizeof note->similar_to);
    memcpy(note->similar_name, c->first_name, HASH_BYTES);
    memcpy(c->own->first_alike, c->first->first_alike, sizeof c->own->first_alike);
    c->own->alike++;
    return true;
}
