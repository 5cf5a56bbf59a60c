/* SPDX-License-Identifier: Apache-2.0
 * Changes to the vault. Each checks the manifest before it writes, so that a vault that was
 * tampered with is never given a fresh manifest.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/vault_internal.h"
#include "proto/base/mem.h"

/* True where the record is there already with the same content (its own nonce apart). */
static bool same_content(struct vault *vault, const uint8_t key[RECORD_KEY_BYTES],
                         const uint8_t *value, size_t len, const struct buf *plain, bool *same,
                         struct err *err)
{
    struct buf old = {0};
    bool ok =
        vault_unseal(&vault->keys, TAG_VAULT_RECORD, key, RECORD_KEY_BYTES, value, len, &old, err);
    if (ok) *same = old.len == plain->len && sodium_memcmp(old.data, plain->data, old.len) == 0;
    buf_wipe(&old);
    return ok;
}

static bool put_plain(struct vault *vault, struct store_txn *txn,
                      const uint8_t key[RECORD_KEY_BYTES], const struct buf *plain,
                      struct vault_changes *changes, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    bool same = false;
    if (!store_get(txn, TABLE_RECORDS, key, RECORD_KEY_BYTES, &value, &len, &found, err) ||
        (found && !same_content(vault, key, value, len, plain, &same, err))) {
        return false;
    }
    if (same) {
        changes->unchanged++;
        return true;
    }
    struct buf sealed = {0};
    vault_seal(&vault->keys, TAG_VAULT_RECORD, key, RECORD_KEY_BYTES, plain, &sealed);
    bool ok = store_put(txn, TABLE_RECORDS, key, RECORD_KEY_BYTES, sealed.data, sealed.len, err);
    buf_free(&sealed);
    if (found) {
        changes->changed++;
    } else {
        changes->added++;
    }
    return ok;
}

static bool put_profile(struct vault *vault, struct store_txn *txn, const struct profile *profile,
                        uint8_t key[RECORD_KEY_BYTES], struct vault_changes *changes,
                        struct err *err)
{
    struct buf plain = {0};
    vault_record_key(&vault->keys, profile->ref, key);
    vault_pad(profile, &plain);
    bool ok = put_plain(vault, txn, key, &plain, changes, err);
    buf_wipe(&plain);
    return ok;
}

static int compare_keys(const void *a, const void *b)
{
    return sodium_compare(a, b, RECORD_KEY_BYTES);
}

struct surplus {
    const uint8_t (*kept)[RECORD_KEY_BYTES]; /* sorted */
    size_t kept_count;
    struct buf keys; /* of the records that go */
};

static bool note_surplus(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                         void *ctx, struct err *err)
{
    (void)value;
    (void)value_len;
    struct surplus *surplus = ctx;
    if (key_len != RECORD_KEY_BYTES) {
        return err_set(err, ERR_CORRUPT, HOME_VAULT, "a record's key has %zu bytes", key_len);
    }
    if (!bsearch(key, surplus->kept, surplus->kept_count, RECORD_KEY_BYTES, compare_keys)) {
        buf_append(&surplus->keys, key, key_len);
    }
    return true;
}

static bool remove_others(struct store_txn *txn, uint8_t (*kept)[RECORD_KEY_BYTES], size_t count,
                          struct vault_changes *changes, struct err *err)
{
    qsort(kept, count, RECORD_KEY_BYTES, compare_keys);
    struct surplus surplus = {.kept = (const uint8_t(*)[RECORD_KEY_BYTES])kept,
                              .kept_count = count};
    bool ok = store_each(txn, TABLE_RECORDS, NULL, 0, note_surplus, &surplus, err);
    for (size_t at = 0; ok && at < surplus.keys.len; at += RECORD_KEY_BYTES) {
        ok = store_delete(txn, TABLE_RECORDS, surplus.keys.data + at, RECORD_KEY_BYTES, NULL, err);
        changes->removed++;
    }
    buf_free(&surplus.keys);
    return ok;
}

static bool put_all(struct vault *vault, struct store_txn *txn, const struct profile *profiles,
                    size_t count, bool replace, struct vault_changes *changes, struct err *err)
{
    uint8_t(*keys)[RECORD_KEY_BYTES] = mem_array(count, sizeof *keys);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = put_profile(vault, txn, &profiles[i], keys[i], changes, err);
    }
    if (ok && replace) ok = remove_others(txn, keys, count, changes, err);
    free(keys);
    return ok;
}

static bool check_size(struct store_txn *txn, struct err *err)
{
    size_t held = 0;
    if (!store_count(txn, TABLE_RECORDS, &held, err)) return false;
    if (held <= VAULT_CARERS_MAX) return true;
    return err_set(err, ERR_BUDGET, "", "%zu carers: a vault holds at most %d", held,
                   VAULT_CARERS_MAX);
}

bool vault_import(struct vault *vault, const struct profile *profiles, size_t count, bool replace,
                  bool dry_run, struct vault_changes *changes, struct err *err)
{
    struct store_txn *txn = NULL;
    struct vault_summary before = {0};
    struct vault_changes counted = {0};
    if (!store_begin(vault->store, true, &txn, err)) return false;
    bool ok = vault_manifest_check(vault, txn, &before, err) &&
              put_all(vault, txn, profiles, count, replace, &counted, err) && check_size(txn, err);
    bool write = ok && !dry_run && counted.added + counted.changed + counted.removed > 0;
    ok = ok && (!write || vault_manifest_write(vault, txn, before.generation + 1, err));
    if (ok && write) {
        ok = store_commit(txn, err);
    } else {
        store_abort(txn);
    }
    if (ok) *changes = counted;
    return ok;
}

static bool remove_all(struct vault *vault, struct store_txn *txn, const char *const *refs,
                       size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t key[RECORD_KEY_BYTES];
        bool existed = false;
        vault_record_key(&vault->keys, refs[i], key);
        if (!store_delete(txn, TABLE_RECORDS, key, sizeof key, &existed, err)) return false;
        if (!existed) {
            return err_set(err, ERR_NOT_FOUND, "ref", "\"%s\" is not held; nothing was removed",
                           refs[i]);
        }
    }
    return true;
}

bool vault_remove(struct vault *vault, const char *const *refs, size_t count, struct err *err)
{
    struct store_txn *txn = NULL;
    struct vault_summary before = {0};
    if (!store_begin(vault->store, true, &txn, err)) return false;
    if (!vault_manifest_check(vault, txn, &before, err) ||
        !remove_all(vault, txn, refs, count, err) ||
        !vault_manifest_write(vault, txn, before.generation + 1, err)) {
        store_abort(txn);
        return false;
    }
    return store_commit(txn, err);
}

/* ---- counters ---- */

struct counter_list {
    struct vault_counter *items;
    size_t count;
};

static bool read_counter(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                         void *ctx, struct err *err)
{
    struct counter_list *list = ctx;
    struct vault_counter counter = {0};
    struct reader reader = reader_of(value, value_len);
    counter.day = (int32_t)reader_u32(&reader);
    counter.count = reader_u32(&reader);
    if (!reader_done(&reader) || key_len == 0 || key_len > ID_MAX) {
        return err_set(err, ERR_CORRUPT, HOME_VAULT, "a query counter has the wrong length");
    }
    memcpy(counter.la, key, key_len);
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = counter;
    return true;
}

bool vault_counters_read(struct vault *vault, struct vault_counter **out, size_t *count,
                         struct err *err)
{
    struct store_txn *txn = NULL;
    struct counter_list list = {0};
    if (!store_begin(vault->store, false, &txn, err)) return false;
    bool ok = store_each(txn, TABLE_COUNTERS, NULL, 0, read_counter, &list, err);
    store_abort(txn);
    if (ok) {
        *out = list.items;
        *count = list.count;
    } else {
        free(list.items);
    }
    return ok;
}

bool vault_counters_write(struct vault *vault, const struct vault_counter *counters, size_t count,
                          struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(vault->store, true, &txn, err)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        struct buf value = {0};
        buf_u32(&value, (uint32_t)counters[i].day);
        buf_u32(&value, counters[i].count);
        ok = store_put(txn, TABLE_COUNTERS, counters[i].la, strlen(counters[i].la), value.data,
                       value.len, err);
        buf_free(&value);
    }
    if (ok) return store_commit(txn, err);
    store_abort(txn);
    return false;
}
