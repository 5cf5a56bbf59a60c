/* SPDX-License-Identifier: Apache-2.0
 * How long searches are kept.
 */
#include <string.h>

#include "client/records_internal.h"
#include "client/records_kept.h"

static const char PURGE_KEY[] = "purged";

struct purge {
    struct records *records;
    struct store_txn *txn;
    int64_t before_ms;
    records_in_use_fn in_use;
    void *ctx;
    bool kept; /* the search that is looked at */
};

static bool look_at_run(const uint8_t *name, uint64_t number, const struct buf *plain, void *ctx,
                        struct err *err)
{
    struct purge *purge = ctx;
    struct run_head head;
    (void)name;
    (void)number;
    if (!run_head_decode(plain->data, plain->len, &head, err)) return false;
    purge->kept = purge->kept || head.asked_ms >= purge->before_ms ||
                  (purge->in_use && purge->in_use(head.query_hash, purge->ctx));
    return true;
}

static bool look_at_decision(const uint8_t *name, uint64_t number, const struct buf *plain,
                             void *ctx, struct err *err)
{
    struct purge *purge = ctx;
    struct decision decision;
    (void)name;
    (void)number;
    if (!decision_decode(plain->data, plain->len, &decision, err)) return false;
    purge->kept = purge->kept || decision.at_ms >= purge->before_ms;
    decision_wipe(&decision);
    return true;
}

static bool look_at_outcome(const uint8_t *name, uint64_t number, const struct buf *plain,
                            void *ctx, struct err *err)
{
    struct purge *purge = ctx;
    struct outcome outcome;
    (void)name;
    (void)number;
    if (!outcome_decode(plain->data, plain->len, &outcome, err)) return false;
    purge->kept = purge->kept || outcome.at_ms >= purge->before_ms;
    return true;
}

/* As it is now: it may have been asked again since it was listed. */
static bool look_at(struct purge *purge, struct kept_search *search, struct err *err)
{
    struct record *record = &search->record;
    bool found = false;
    if (!records_get(purge->records, purge->txn, search->name, record, &found, err)) return false;
    purge->kept = !found || record->last_ms >= purge->before_ms ||
                  (purge->in_use && purge->in_use(record->query_hash, purge->ctx));
    return several_each(purge->records, purge->txn, &several_runs, search->name, look_at_run, purge,
                        err) &&
           several_each(purge->records, purge->txn, &several_decisions, search->name,
                        look_at_decision, purge, err) &&
           several_each(purge->records, purge->txn, &several_outcomes, search->name,
                        look_at_outcome, purge, err);
}

static bool remove_search(struct purge *purge, const uint8_t name[HASH_BYTES], struct purged *out,
                          struct err *err)
{
    out->searches++;
    return store_ask_rewrite(purge->txn, err) &&
           several_remove(purge->txn, &several_runs, name, &out->runs, err) &&
           several_remove(purge->txn, &several_decisions, name, &out->decisions, err) &&
           several_remove(purge->txn, &several_outcomes, name, &out->outcomes, err) &&
           store_delete(purge->txn, TABLE_SEARCHES, name, HASH_BYTES, NULL, err);
}

static bool purge_all(struct purge *purge, struct kept_search *list, size_t count,
                      struct purged *out, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!look_at(purge, &list[i], err)) return false;
        if (!purge->kept && !remove_search(purge, list[i].name, out, err)) return false;
    }
    return true;
}

/* A dry run does everything, and then lets the transaction go. */
bool records_purge(struct records *records, int64_t before_ms, bool dry_run,
                   records_in_use_fn in_use, void *ctx, struct purged *out, struct err *err)
{
    struct purge purge = {.records = records, .before_ms = before_ms, .in_use = in_use, .ctx = ctx};
    struct kept_search *list = NULL;
    size_t count = 0;
    struct purged purged = {0};
    if (!records_list(records, &list, &count, err)) return false;
    bool ok = store_begin(records->store, true, &purge.txn, err);
    if (ok) {
        ok = purge_all(&purge, list, count, &purged, err);
        if (!ok || dry_run) {
            store_abort(purge.txn);
        } else {
            ok = store_commit(purge.txn, err);
        }
    }
    records_list_free(list, count, sizeof *list);
    if (!ok) return err_in(err, HOME_RECORDS);
    *out = purged;
    return true;
}

static bool note_day(struct store_txn *txn, int32_t day, bool *due, struct err *err)
{
    const uint8_t *value = NULL;
    uint8_t today[8];
    size_t len = 0;
    bool found = false;
    if (!store_get(txn, TABLE_META, PURGE_KEY, sizeof PURGE_KEY - 1, &value, &len, &found, err)) {
        return false;
    }
    /* A later day too: a clock that was ahead once must not put an end to retention. */
    *due = !found || len != 8 || store_key_read_u64(value) != (uint64_t)day;
    store_key_u64(today, (uint64_t)day);
    return !*due ||
           store_put(txn, TABLE_META, PURGE_KEY, sizeof PURGE_KEY - 1, today, sizeof today, err);
}

bool records_purge_is_due(struct records *records, int32_t day, bool *due, struct err *err)
{
    struct store_txn *txn = NULL;
    bool now = false;
    if (!store_begin(records->store, true, &txn, err)) return err_in(err, HOME_RECORDS);
    if (!records_finish(txn, note_day(txn, day, &now, err), err)) return false;
    *due = now;
    return true;
}

bool records_rewrite(struct records *records, bool *done, struct err *err)
{
    return store_rewrite_where_wanted(records->store, done, err) || err_in(err, HOME_RECORDS);
}
