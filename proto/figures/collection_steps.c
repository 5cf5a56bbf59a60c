/* SPDX-License-Identifier: Apache-2.0
 * Single entries of a collection, inside of a transaction.
 */
#include <string.h>

#include "proto/figures/collection_internal.h"

#define TAG_SECRET "hearth figures secret"

/* ---- agreements ---- */

bool agreement_read(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                    struct agreement_record *out, bool *found, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    return store_get(step->txn, TABLE_AGREEMENTS, manifest_hash, HASH_BYTES, &value, &len, found,
                     err) &&
           (!*found || agreement_record_decode(value, len, out, err));
}

bool agreement_write(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                     const struct agreement_record *record, struct err *err)
{
    struct buf value = {0};
    agreement_record_encode(record, &value);
    bool ok = store_put(step->txn, TABLE_AGREEMENTS, manifest_hash, HASH_BYTES, value.data,
                        value.len, err);
    buf_free(&value);
    return ok;
}

bool period_read(struct step *step, const char *hub, uint32_t period,
                 uint8_t manifest_hash[HASH_BYTES], bool *found, struct err *err)
{
    uint8_t key[PERIOD_KEY];
    const uint8_t *value = NULL;
    size_t len = 0;
    period_key(hub, period, key);
    if (!store_get(step->txn, TABLE_PERIODS, key, sizeof key, &value, &len, found, err)) {
        return false;
    }
    if (!*found) return true;
    if (len != HASH_BYTES) return err_set(err, ERR_CORRUPT, NULL, "a period is malformed");
    memcpy(manifest_hash, value, HASH_BYTES);
    return true;
}

bool period_write(struct step *step, const struct agreement_record *record,
                  const uint8_t manifest_hash[HASH_BYTES], struct err *err)
{
    uint8_t key[PERIOD_KEY];
    period_key(record->hub, record->period, key);
    return store_put(step->txn, TABLE_PERIODS, key, sizeof key, manifest_hash, HASH_BYTES, err);
}

/* ---- secrets ---- */

static struct sealed_place secret_place(const uint8_t manifest_hash[HASH_BYTES])
{
    return (struct sealed_place){TABLE_SECRETS, TAG_SECRET, manifest_hash, HASH_BYTES};
}

bool secret_write(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                  const struct scalar *secret, struct err *err)
{
    const struct sealed_place place = secret_place(manifest_hash);
    struct buf plain = {0};
    scalar_encode(buf_reserve(&plain, SCALAR_BYTES), secret);
    bool ok = sealed_put(&step->collection->sealed, step->txn, &place, &plain, 1, err);
    buf_wipe(&plain);
    return ok;
}

bool secret_read(struct step *step, const uint8_t manifest_hash[HASH_BYTES], struct scalar *out,
                 struct err *err)
{
    const struct sealed_place place = secret_place(manifest_hash);
    struct buf plain = {0};
    bool found = false;
    bool ok = sealed_get(&step->collection->sealed, step->txn, &place, &plain, &found, err);
    if (ok && !found) {
        ok = err_set(err, ERR_EXPIRED, "table",
                     "the key of this period has been wiped: its tables are done, or its window "
                     "closed more than %d days ago",
                     FIGURES_KEEP_DAYS);
    } else if (ok && (plain.len != SCALAR_BYTES || !scalar_decode(out, plain.data))) {
        ok = err_set(err, ERR_CORRUPT, NULL, "the key of a period is malformed");
    }
    buf_wipe(&plain);
    return ok;
}

bool secret_delete(struct step *step, const uint8_t manifest_hash[HASH_BYTES], struct err *err)
{
    bool existed = false;
    return store_delete(step->txn, TABLE_SECRETS, manifest_hash, HASH_BYTES, &existed, err) &&
           (!existed || store_ask_rewrite(step->txn, err));
}

/* ---- contributions ---- */

bool party_read(struct step *step, const uint8_t key[PARTY_KEY], struct party_record *out,
                bool *found, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    return store_get(step->txn, TABLE_PARTIES, key, PARTY_KEY, &value, &len, found, err) &&
           (!*found || party_record_decode(value, len, out, err));
}

bool contribution_read(struct step *step, const uint8_t hash[HASH_BYTES],
                       struct contribution_record *out, bool *found, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    return store_get(step->txn, TABLE_CONTRIBUTIONS, hash, HASH_BYTES, &value, &len, found, err) &&
           (!*found || contribution_record_decode(value, len, out, err));
}

struct party_walk {
    uint8_t prefix[TABLE_KEY];
    size_t prefix_len;
    party_fn each;
    void *ctx;
};

static bool walk_party(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                       void *ctx, struct err *err)
{
    const struct party_walk *walk = ctx;
    struct party_record record;
    char organisation[ID_MAX + 1] = "";
    err->code = ERR_NONE;
    if (key_len != PARTY_KEY || sodium_memcmp(key, walk->prefix, walk->prefix_len) != 0) {
        return false;
    }
    if (!party_record_decode(value, len, &record, err)) return false;
    if (key[HASH_BYTES] >= figures_table_count) {
        return err_set(err, ERR_CORRUPT, NULL, "a table in the store is unknown");
    }
    memcpy(organisation, key + TABLE_KEY + 1, ID_MAX);
    return walk->each(&figures_tables[key[HASH_BYTES]], (enum role)key[TABLE_KEY], organisation,
                      &record, walk->ctx, err);
}

bool party_each(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                const struct figures_table *table, party_fn each, void *ctx, struct err *err)
{
    struct party_walk walk = {
        .prefix_len = table ? TABLE_KEY : HASH_BYTES, .each = each, .ctx = ctx};
    memcpy(walk.prefix, manifest_hash, HASH_BYTES);
    if (table) table_key(manifest_hash, table, walk.prefix);
    return store_each(step->txn, TABLE_PARTIES, walk.prefix, walk.prefix_len, walk_party, &walk,
                      err);
}

/* ---- tables that are done ---- */

bool done_read(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
               const struct figures_table *table, struct done_record *out, bool *found,
               struct err *err)
{
    uint8_t key[TABLE_KEY];
    const uint8_t *value = NULL;
    size_t len = 0;
    table_key(manifest_hash, table, key);
    return store_get(step->txn, TABLE_DONE, key, sizeof key, &value, &len, found, err) &&
           (!*found || done_record_decode(value, len, out, err));
}

bool done_write(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                const struct figures_table *table, const struct done_record *record,
                struct err *err)
{
    uint8_t key[TABLE_KEY];
    struct buf value = {0};
    table_key(manifest_hash, table, key);
    done_record_encode(record, &value);
    bool ok = store_put(step->txn, TABLE_DONE, key, sizeof key, value.data, value.len, err);
    buf_free(&value);
    return ok;
}

static bool is_done_of(const uint8_t *key, size_t key_len, const uint8_t manifest_hash[HASH_BYTES])
{
    return key_len == TABLE_KEY && sodium_memcmp(key, manifest_hash, HASH_BYTES) == 0;
}

struct done_walk {
    const uint8_t *manifest_hash;
    done_fn each;
    void *ctx;
};

static bool walk_done(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                      void *ctx, struct err *err)
{
    const struct done_walk *walk = ctx;
    struct done_record record;
    err->code = ERR_NONE;
    if (!is_done_of(key, key_len, walk->manifest_hash)) return false;
    if (!done_record_decode(value, len, &record, err)) return false;
    walk->each(&record, walk->ctx);
    return true;
}

bool done_each(struct step *step, const uint8_t manifest_hash[HASH_BYTES], done_fn each, void *ctx,
               struct err *err)
{
    struct done_walk walk = {manifest_hash, each, ctx};
    return store_each(step->txn, TABLE_DONE, manifest_hash, HASH_BYTES, walk_done, &walk, err);
}

struct done_counter {
    const uint8_t *manifest_hash;
    uint32_t count;
};

static bool count_done(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                       void *ctx, struct err *err)
{
    struct done_counter *counter = ctx;
    (void)value;
    (void)len;
    err->code = ERR_NONE;
    if (!is_done_of(key, key_len, counter->manifest_hash)) return false;
    counter->count++;
    return true;
}

bool done_count(struct step *step, const uint8_t manifest_hash[HASH_BYTES], uint32_t *count,
                struct err *err)
{
    struct done_counter counter = {manifest_hash, 0};
    if (!store_each(step->txn, TABLE_DONE, manifest_hash, HASH_BYTES, count_done, &counter, err)) {
        return false;
    }
    *count = counter.count;
    return true;
}
