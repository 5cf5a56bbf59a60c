/* SPDX-License-Identifier: Apache-2.0
 * The manifest: number of records, generation, and a keyed hash over all of them in key order.
 */
#include <string.h>

#include "agent/vault_internal.h"

struct set_hash {
    struct hash hash;
    uint64_t count;
};

static bool add_record(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                       void *ctx, struct err *err)
{
    (void)err;
    struct set_hash *set = ctx;
    hash_bytes(&set->hash, key, key_len);
    hash_bytes(&set->hash, value, value_len);
    set->count++;
    return true;
}

static bool hash_records(struct vault *vault, struct store_txn *txn, uint64_t *count,
                         uint8_t out[HASH_BYTES], struct err *err)
{
    struct set_hash set = {.count = 0};
    hash_start(&set.hash, "hearth vault set", HASH_BYTES, vault->keys.set.data);
    if (!store_each(txn, TABLE_RECORDS, NULL, 0, add_record, &set, err)) {
        sodium_memzero(&set, sizeof set);
        return false;
    }
    hash_u64(&set.hash, set.count);
    hash_end(&set.hash, out);
    *count = set.count;
    return true;
}

bool vault_manifest_write(struct vault *vault, struct store_txn *txn, uint64_t generation,
                          struct err *err)
{
    uint64_t count = 0;
    uint8_t set[HASH_BYTES];
    if (!hash_records(vault, txn, &count, set, err)) return false;
    struct buf plain = {0};
    struct buf sealed = {0};
    buf_u64(&plain, generation);
    buf_u64(&plain, count);
    buf_append(&plain, set, sizeof set);
    vault_seal(&vault->keys, TAG_VAULT_MANIFEST, MANIFEST_KEY, strlen(MANIFEST_KEY), &plain,
               &sealed);
    bool ok = store_put(txn, TABLE_META, MANIFEST_KEY, strlen(MANIFEST_KEY), sealed.data,
                        sealed.len, err);
    buf_wipe(&plain);
    buf_free(&sealed);
    return ok;
}

static bool read_manifest(struct vault *vault, struct store_txn *txn, struct buf *plain,
                          struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_get(txn, TABLE_META, MANIFEST_KEY, strlen(MANIFEST_KEY), &value, &len, &found,
                   err)) {
        return false;
    }
    if (!found) return err_set(err, ERR_CORRUPT, HOME_VAULT, "the manifest is missing");
    return vault_unseal(&vault->keys, TAG_VAULT_MANIFEST, MANIFEST_KEY, strlen(MANIFEST_KEY), value,
                        len, plain, err);
}

static bool compare(const struct buf *plain, uint64_t count, const uint8_t set[HASH_BYTES],
                    struct vault_summary *out, struct err *err)
{
    struct reader reader = reader_of(plain->data, plain->len);
    uint64_t generation = reader_u64(&reader);
    uint64_t expected = reader_u64(&reader);
    const uint8_t *hash = reader_take(&reader, HASH_BYTES);
    if (!reader_done(&reader)) {
        return err_set(err, ERR_CORRUPT, HOME_VAULT, "the manifest has the wrong length");
    }
    if (expected != count || sodium_memcmp(hash, set, HASH_BYTES) != 0) {
        return err_set(err, ERR_CORRUPT, HOME_VAULT,
                       "the records do not fit the manifest (%llu held, %llu expected): records "
                       "were changed, removed, added or put back from outside",
                       (unsigned long long)count, (unsigned long long)expected);
    }
    *out = (struct vault_summary){.generation = generation, .count = (size_t)count};
    return true;
}

bool vault_manifest_check(struct vault *vault, struct store_txn *txn, struct vault_summary *out,
                          struct err *err)
{
    struct buf plain = {0};
    uint64_t count = 0;
    uint8_t set[HASH_BYTES];
    bool ok = read_manifest(vault, txn, &plain, err) &&
              hash_records(vault, txn, &count, set, err) && compare(&plain, count, set, out, err);
    buf_wipe(&plain);
    return ok;
}
