/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as what the seals of an agent's stores hold beside the records: the vault's manifest,
 * a kept time. Corrupt, or read; nothing is kept.
 */
#include <string.h>

#include "agent/replies_internal.h"
#include "agent/vault_internal.h"
#include "tests/fuzz/home.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct stores {
    struct vault *vault;
    struct replies *replies;
};

static struct stores *open_once(void)
{
    static struct stores stores;
    struct err err = {0};
    if (stores.vault) return &stores;
    const char *home = fuzz_home();
    struct secret key = secret_new(HASH_KEY_BYTES);
    REQUIRE(vault_create(home, &key, &err) && vault_open(home, &key, &stores.vault, &err));
    REQUIRE(replies_open(home, &key, &stores.replies, &err));
    secret_free(&key);
    return &stores;
}

static void refused(const struct err *err)
{
    REQUIRE(err->code == ERR_CORRUPT && err->text[0] != '\0');
}

static void as_manifest(struct vault *vault, const struct buf *plain)
{
    struct vault_summary summary;
    struct store_txn *txn = NULL;
    struct buf sealed = {0};
    struct err err = {0};
    vault_seal(&vault->keys, TAG_VAULT_MANIFEST, MANIFEST_KEY, strlen(MANIFEST_KEY), plain,
               &sealed);
    REQUIRE(vault_begin(vault, true, &txn, &err));
    REQUIRE(store_put(txn, TABLE_META, MANIFEST_KEY, strlen(MANIFEST_KEY), sealed.data, sealed.len,
                      &err));
    if (!vault_manifest_check(vault, txn, &summary, &err)) refused(&err);
    vault_abort(vault, txn);
    buf_free(&sealed);
}

static void as_time(struct replies *replies, const struct buf *plain)
{
    struct store_txn *txn = NULL;
    struct err err = {0};
    int64_t time = 0;
    REQUIRE(replies_begin(replies, true, &txn, &err));
    REQUIRE(replies_put(replies, txn, TABLE_REPLIES_META, TAG_KEPT_META, META_ENDED,
                        strlen(META_ENDED), plain, 1, &err));
    if (!replies_meta(replies, txn, META_ENDED, &time, &err)) refused(&err);
    (void)!replies_finish(replies, txn, false, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct stores *stores = open_once();
    struct buf plain = {.data = (uint8_t *)(uintptr_t)data, .len = len};
    if (len > RECORD_PLAIN_MAX) return 0;
    as_manifest(stores->vault, &plain);
    as_time(stores->replies, &plain);
    return 0;
}
