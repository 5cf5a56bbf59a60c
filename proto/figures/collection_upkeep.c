/* SPDX-License-Identifier: Apache-2.0
 * What is too old, and the ledger.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/figures/collection_internal.h"

bool collection_ledger(struct collection *collection, ledger_each_fn each, void *ctx,
                       uint8_t head[HASH_BYTES], uint64_t *count, struct err *err)
{
    struct step step;
    return step_begin(collection, false, &step, err) &&
           step_end(&step, ledger_walk(step.txn, TABLE_LEDGER, each, ctx, head, count, err), err);
}

bool collection_spent(struct collection *collection, uint32_t period, struct ledger_sum *out,
                      struct err *err)
{
    struct step step;
    return step_begin(collection, false, &step, err) &&
           step_end(&step, ledger_spent(step.txn, TABLE_LEDGER, NULL, period, out, err), err);
}

/* ---- which agreements ---- */

struct old_list {
    int64_t before_ms; /* closed before */
    uint8_t (*items)[HASH_BYTES];
    size_t count;
};

static bool add_old(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len, void *ctx,
                    struct err *err)
{
    struct old_list *list = ctx;
    struct agreement_record record;
    if (key_len != HASH_BYTES || !agreement_record_decode(value, len, &record, err)) return false;
    if (record.over || record.closes_at > list->before_ms) return true;
    list->items = mem_resize(list->items, list->count + 1, HASH_BYTES);
    memcpy(list->items[list->count++], key, HASH_BYTES);
    return true;
}

/* ---- one of them ---- */

static bool give_up_table(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                          const struct figures_table *table, int64_t now_ms, struct err *err)
{
    struct done_record record = {.kind = DONE_GIVEN_UP, .at = now_ms};
    (void)err_set(&record.why, ERR_EXPIRED, "table",
                  "was not released within %d days of the window's end", FIGURES_KEEP_DAYS);
    return done_write(step, manifest_hash, table, &record, err);
}

/* The shares open the sum to whoever gets hold of u: they go, the signed release stays. */
static bool wipe_shares(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                        const struct figures_table *table, const struct done_record *record,
                        struct err *err)
{
    static const uint8_t no_proof[PROOF_BYTES] = {0};
    struct signed_bytes release; /* the record points into what is written over */
    kept_copy(&record->release, &release);
    struct done_record wiped = {.kind = DONE_HALF_OPENED,
                                .at = record->at,
                                .release = kept_of(&release),
                                .proof = no_proof};
    memcpy(wiped.set_hash, record->set_hash, HASH_BYTES);
    bool ok =
        done_write(step, manifest_hash, table, &wiped, err) && store_ask_rewrite(step->txn, err);
    signed_bytes_free(&release);
    return ok;
}

static bool wipe_table(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                       const struct figures_table *table, int64_t now_ms, struct err *err)
{
    struct done_record record;
    bool found = false;
    if (!done_read(step, manifest_hash, table, &record, &found, err)) return false;
    if (!found) return give_up_table(step, manifest_hash, table, now_ms, err);
    return record.kind != DONE_HALF_OPENED || wipe_shares(step, manifest_hash, table, &record, err);
}

static bool mark_over(struct step *step, const uint8_t manifest_hash[HASH_BYTES], struct err *err)
{
    struct agreement_record record;
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_get(step->txn, TABLE_AGREEMENTS, manifest_hash, HASH_BYTES, &value, &len, &found,
                   err)) {
        return false;
    }
    uint8_t *copy = mem_copy(value, len); /* the record points into it while it is written */
    bool ok = agreement_record_decode(copy, len, &record, err);
    record.over = true;
    ok = ok && agreement_write(step, manifest_hash, &record, err);
    free(copy);
    return ok;
}

static bool wipe_in(struct step *step, const struct manifest *manifest, int64_t now_ms,
                    struct err *err)
{
    bool ok = contributions_erase(step, manifest->hash, NULL, err) &&
              secret_delete(step, manifest->hash, err);
    for (size_t i = 0; ok && i < manifest->term_count; i++) {
        ok = wipe_table(step, manifest->hash, manifest->terms[i].table, now_ms, err);
    }
    return ok && mark_over(step, manifest->hash, err);
}

/* A manifest that nobody has agreed to goes as a whole. */
static bool forget_in(struct step *step, const uint8_t manifest_hash[HASH_BYTES], struct err *err)
{
    struct agreement_record record;
    bool found = false;
    if (!agreement_read(step, manifest_hash, &record, &found, err)) return false;
    if (!found || record.agreed) return true; /* just now: the next time */
    return store_delete(step->txn, TABLE_AGREEMENTS, manifest_hash, HASH_BYTES, NULL, err) &&
           secret_delete(step, manifest_hash, err);
}

static bool wipe(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                 int64_t now_ms, struct err *err)
{
    const struct agreement *agreement = NULL;
    struct step step;
    bool agreed = held_find(collection, manifest_hash, &agreement, err);
    if (!agreed && err->code != ERR_NOT_FOUND) return false;
    bool ok = step_begin(collection, true, &step, err) &&
              step_end(&step,
                       agreed ? wipe_in(&step, &agreement->manifest, now_ms, err)
                              : forget_in(&step, manifest_hash, err),
                       err);
    if (agreed) held_drop(collection, agreement);
    return ok;
}

static bool rewrite(struct collection *collection, struct err *err)
{
    bool done = false;
    (void)pthread_rwlock_wrlock(&collection->whole);
    bool ok = sealed_rewrite(&collection->sealed, &done, err);
    (void)pthread_rwlock_unlock(&collection->whole);
    return ok; /* not done: another program has the file open, and the wish stays */
}

bool collection_upkeep(struct collection *collection, int64_t now_ms, struct err *err)
{
    struct step step;
    struct old_list list = {.before_ms = now_ms - FIGURES_KEEP_MS,
                            .items = mem_array(0, HASH_BYTES)};
    bool ok =
        step_begin(collection, false, &step, err) &&
        step_end(&step, store_each(step.txn, TABLE_AGREEMENTS, NULL, 0, add_old, &list, err), err);
    for (size_t i = 0; ok && i < list.count; i++) {
        ok = wipe(collection, list.items[i], now_ms, err);
    }
    free(list.items);
    return ok && rewrite(collection, err);
}

bool collection_usage(struct collection *collection, struct store_usage *out, struct err *err)
{
    REQUIRE(pthread_rwlock_rdlock(&collection->whole) == 0);
    bool ok = store_usage(collection->sealed.store, out, err);
    REQUIRE(pthread_rwlock_unlock(&collection->whole) == 0);
    return ok;
}
