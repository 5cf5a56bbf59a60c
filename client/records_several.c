/* SPDX-License-Identifier: Apache-2.0
 * Numbered entries of a search, each sealed to its place.
 */
#include <string.h>

#include "client/decision.h"
#include "client/outcome.h"
#include "client/records_internal.h"
#include "client/run.h"

const struct several_kind several_runs = {TABLE_RUNS, "hearth search run", RUN_PLAIN_MAX, RUN_PAD};
const struct several_kind several_decisions = {TABLE_DECISIONS, "hearth referral decision",
                                               DECISION_PLAIN_MAX, DECISION_PAD};
const struct several_kind several_outcomes = {TABLE_OUTCOMES, "hearth search outcome",
                                              OUTCOME_PLAIN_MAX, OUTCOME_PAD};

static void key_of(const uint8_t name[HASH_BYTES], uint64_t number, uint8_t out[SEVERAL_KEY_BYTES])
{
    memcpy(out, name, HASH_BYTES);
    store_key_u64(out + HASH_BYTES, number);
}

static bool put(const struct records *records, struct store_txn *txn,
                const struct several_kind *kind, const uint8_t key[SEVERAL_KEY_BYTES],
                struct buf *plain, struct err *err)
{
    const struct seal seal = {&records->seal, kind->tag, key, SEVERAL_KEY_BYTES};
    struct buf sealed = {0};
    seal_pad(plain, kind->pad);
    if (plain->len > kind->plain_max) {
        buf_wipe(plain);
        return err_set(err, ERR_BUDGET, NULL, "an entry has more than %zu bytes", kind->plain_max);
    }
    seal_close(&seal, plain, &sealed);
    buf_wipe(plain);
    bool ok = store_put(txn, kind->table, key, SEVERAL_KEY_BYTES, sealed.data, sealed.len, err);
    buf_free(&sealed);
    return ok;
}

/* ---- going through ---- */

struct walk {
    const struct records *records;
    const struct several_kind *kind;
    const uint8_t *name;  /* NULL: all */
    several_each_fn each; /* NULL: the number is enough */
    void *ctx;
    uint64_t last;
    size_t count;
};

static bool open_one(const struct walk *walk, const uint8_t *key, const uint8_t *value, size_t len,
                     struct err *err)
{
    const struct seal seal = {&walk->records->seal, walk->kind->tag, key, SEVERAL_KEY_BYTES};
    struct buf plain = {0};
    bool ok = seal_open(&seal, value, len, walk->kind->plain_max, &plain, err) &&
              walk->each(key, store_key_read_u64(key + HASH_BYTES), &plain, walk->ctx, err);
    buf_wipe(&plain);
    return ok;
}

static bool walk_one(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                     void *ctx, struct err *err)
{
    struct walk *walk = ctx;
    if (key_len != SEVERAL_KEY_BYTES) {
        return err_set(err, ERR_CORRUPT, NULL, "the key of an entry is malformed");
    }
    if (walk->name && sodium_memcmp(key, walk->name, HASH_BYTES) != 0) {
        err->code = ERR_NONE;
        return false;
    }
    walk->last = store_key_read_u64(key + HASH_BYTES);
    walk->count++;
    return !walk->each || open_one(walk, key, value, len, err);
}

static bool walk_all(struct walk *walk, struct store_txn *txn, struct err *err)
{
    return store_each(txn, walk->kind->table, walk->name, walk->name ? HASH_BYTES : 0, walk_one,
                      walk, err);
}

bool several_each(const struct records *records, struct store_txn *txn,
                  const struct several_kind *kind, const uint8_t *name, several_each_fn each,
                  void *ctx, struct err *err)
{
    struct walk walk = {.records = records, .kind = kind, .name = name, .each = each, .ctx = ctx};
    return walk_all(&walk, txn, err);
}

/* ---- single entries ---- */

bool several_append(const struct records *records, struct store_txn *txn,
                    const struct several_kind *kind, const uint8_t name[HASH_BYTES],
                    struct buf *plain, uint64_t *number, struct err *err)
{
    struct walk walk = {.records = records, .kind = kind, .name = name};
    uint8_t key[SEVERAL_KEY_BYTES];
    if (!walk_all(&walk, txn, err)) {
        buf_wipe(plain);
        return false;
    }
    *number = walk.last + 1;
    key_of(name, *number, key);
    return put(records, txn, kind, key, plain, err);
}

bool several_replace(const struct records *records, struct store_txn *txn,
                     const struct several_kind *kind, const uint8_t name[HASH_BYTES],
                     uint64_t number, struct buf *plain, struct err *err)
{
    uint8_t key[SEVERAL_KEY_BYTES];
    key_of(name, number, key);
    return put(records, txn, kind, key, plain, err);
}

bool several_get(const struct records *records, struct store_txn *txn,
                 const struct several_kind *kind, const uint8_t name[HASH_BYTES], uint64_t number,
                 struct buf *plain, bool *found, struct err *err)
{
    uint8_t key[SEVERAL_KEY_BYTES];
    const uint8_t *value = NULL;
    size_t len = 0;
    key_of(name, number, key);
    const struct seal seal = {&records->seal, kind->tag, key, SEVERAL_KEY_BYTES};
    if (!store_get(txn, kind->table, key, sizeof key, &value, &len, found, err)) return false;
    return !*found || seal_open(&seal, value, len, kind->plain_max, plain, err);
}

bool several_remove(struct store_txn *txn, const struct several_kind *kind,
                    const uint8_t name[HASH_BYTES], size_t *removed, struct err *err)
{
    for (;;) {
        struct walk walk = {.kind = kind, .name = name};
        uint8_t key[SEVERAL_KEY_BYTES];
        if (!walk_all(&walk, txn, err)) return false;
        if (walk.count == 0) return true;
        /* From the last one on: the walk gives it. */
        key_of(name, walk.last, key);
        if (!store_delete(txn, kind->table, key, sizeof key, NULL, err)) return false;
        (*removed)++;
    }
}
