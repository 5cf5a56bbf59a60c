/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a record of the vault, as they stand on the disk and as what a seal might hold:
 * corrupt, or a profile.
 */
#include <string.h>

#include "agent/vault_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void open_one(const struct vault_keys *keys, const uint8_t *value, size_t len)
{
    static const uint8_t key[RECORD_KEY_BYTES] = {1};
    struct profile profile;
    struct err err = {0};
    if (!vault_open_record(keys, key, sizeof key, value, len, &profile, &err)) {
        REQUIRE(err.code == ERR_CORRUPT || err.code == ERR_VERSION);
        return;
    }
    REQUIRE(memchr(profile.ref, 0, sizeof profile.ref) && profile.cell < CELLS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t key[RECORD_KEY_BYTES] = {1};
    if (len > RECORD_PLAIN_MAX) return 0;
    REQUIRE(sodium_init() >= 0);
    struct secret secret = secret_new(HASH_KEY_BYTES);
    struct vault_keys keys;
    vault_keys_derive(&keys, &secret);
    open_one(&keys, data, len);
    struct buf plain = {0};
    struct buf sealed = {0};
    buf_append(&plain, data, len);
    vault_seal(&keys, TAG_VAULT_RECORD, key, sizeof key, &plain, &sealed);
    open_one(&keys, sealed.data, sealed.len);
    buf_free(&plain);
    buf_free(&sealed);
    vault_keys_free(&keys);
    secret_free(&secret);
    return 0;
}
