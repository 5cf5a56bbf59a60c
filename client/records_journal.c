/* SPDX-License-Identifier: Apache-2.0
 * Decisions and outcomes of a search.
 */
#include <string.h>

#include "client/records_internal.h"
#include "client/records_kept.h"
#include "proto/base/mem.h"

static bool add(struct records *records, const struct several_kind *kind,
                const uint8_t name[HASH_BYTES], struct buf *plain, struct err *err)
{
    struct store_txn *txn = NULL;
    uint64_t number = 0;
    if (!store_begin(records->store, true, &txn, err)) {
        buf_wipe(plain);
        return err_in(err, HOME_RECORDS);
    }
    return records_finish(txn, several_append(records, txn, kind, name, plain, &number, err), err);
}

bool records_add_decision(struct records *records, const uint8_t name[HASH_BYTES],
                          const struct decision *decision, struct err *err)
{
    struct buf plain = {0};
    decision_encode(decision, &plain);
    return add(records, &several_decisions, name, &plain, err);
}

bool records_add_outcome(struct records *records, const uint8_t name[HASH_BYTES],
                         const struct outcome *outcome, struct err *err)
{
    struct buf plain = {0};
    outcome_encode(outcome, &plain);
    return add(records, &several_outcomes, name, &plain, err);
}

/* ---- lists ---- */

struct listing {
    void *list;
    size_t count, size; /* of one */
};

static void *next_of(struct listing *listing)
{
    void *larger = mem_array(listing->count + 1, listing->size);
    if (listing->count > 0) memcpy(larger, listing->list, listing->count * listing->size);
    records_list_free(listing->list, listing->count, listing->size);
    listing->list = larger;
    return (uint8_t *)larger + listing->count++ * listing->size;
}

static bool list_decision(const uint8_t *name, uint64_t number, const struct buf *plain, void *ctx,
                          struct err *err)
{
    (void)name;
    (void)number;
    return decision_decode(plain->data, plain->len, next_of(ctx), err);
}

static bool list_outcome(const uint8_t *name, uint64_t number, const struct buf *plain, void *ctx,
                         struct err *err)
{
    (void)name;
    (void)number;
    return outcome_decode(plain->data, plain->len, next_of(ctx), err);
}

static bool list_all(struct records *records, const struct several_kind *kind,
                     const uint8_t name[HASH_BYTES], several_each_fn each, struct listing *listing,
                     struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(records->store, false, &txn, err)) return err_in(err, HOME_RECORDS);
    bool ok = several_each(records, txn, kind, name, each, listing, err);
    store_abort(txn);
    if (!ok) {
        records_list_free(listing->list, listing->count, listing->size);
        return err_in(err, HOME_RECORDS);
    }
    if (!listing->list) listing->list = mem_array(0, listing->size);
    return true;
}

bool records_list_decisions(struct records *records, const uint8_t name[HASH_BYTES],
                            struct decision **out, size_t *count, struct err *err)
{
    struct listing listing = {.size = sizeof **out};
    if (!list_all(records, &several_decisions, name, list_decision, &listing, err)) return false;
    *out = listing.list;
    *count = listing.count;
    return true;
}

bool records_list_outcomes(struct records *records, const uint8_t name[HASH_BYTES],
                           struct outcome **out, size_t *count, struct err *err)
{
    struct listing listing = {.size = sizeof **out};
    if (!list_all(records, &several_outcomes, name, list_outcome, &listing, err)) return false;
    *out = listing.list;
    *count = listing.count;
    return true;
}

bool records_last_outcome(struct records *records, const uint8_t name[HASH_BYTES],
                          struct outcome *out, bool *found, struct err *err)
{
    struct outcome *list = NULL;
    size_t count = 0;
    if (!records_list_outcomes(records, name, &list, &count, err)) return false;
    *found = count > 0;
    if (*found) *out = list[count - 1];
    records_list_free(list, count, sizeof *list);
    return true;
}
