/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "agent/vault_internal.h"

void vault_keys_derive(struct vault_keys *out, const struct secret *key)
{
    out->name = seal_key(key, "hearth vault name");
    out->seal = seal_key(key, "hearth vault seal");
    out->set = seal_key(key, "hearth vault set");
}

void vault_keys_free(struct vault_keys *keys)
{
    secret_free(&keys->name);
    secret_free(&keys->seal);
    secret_free(&keys->set);
}

void vault_record_key(const struct vault_keys *keys, const char *ref, uint8_t out[RECORD_KEY_BYTES])
{
    struct hash hash;
    hash_start(&hash, "hearth vault reference", HASH_BYTES, keys->name.data);
    hash_text(&hash, ref);
    hash_end(&hash, out);
}

void vault_seal(const struct vault_keys *keys, const char *tag, const void *context,
                size_t context_len, const struct buf *plain, struct buf *out)
{
    seal_close(&(struct seal){&keys->seal, tag, context, context_len}, plain, out);
}

bool vault_unseal(const struct vault_keys *keys, const char *tag, const void *context,
                  size_t context_len, const uint8_t *value, size_t value_len, struct buf *plain,
                  struct err *err)
{
    const struct seal seal = {&keys->seal, tag, context, context_len};
    return seal_open(&seal, value, value_len, RECORD_PLAIN_MAX, plain, err) ||
           err_in(err, HOME_VAULT);
}

void vault_pad(const struct profile *profile, struct buf *out)
{
    struct buf encoded = {0};
    profile_encode(profile, &encoded);
    buf_bytes(out, encoded.data, encoded.len);
    buf_wipe(&encoded);
    seal_pad(out, RECORD_PAD);
    REQUIRE(out->len <= RECORD_PLAIN_MAX);
}

static bool unpad(const struct buf *plain, struct profile *out, struct err *err)
{
    struct reader reader = reader_of(plain->data, plain->len);
    size_t len = 0;
    const uint8_t *encoded = reader_bytes(&reader, RECORD_PLAIN_MAX, &len);
    if (!encoded) return err_set(err, ERR_CORRUPT, HOME_VAULT, "a record's length is wrong");
    return profile_decode(encoded, len, out, err);
}

bool vault_open_record(const struct vault_keys *keys, const uint8_t *key, size_t key_len,
                       const uint8_t *value, size_t value_len, struct profile *out, struct err *err)
{
    struct buf plain = {0};
    bool ok = vault_unseal(keys, TAG_VAULT_RECORD, key, key_len, value, value_len, &plain, err) &&
              unpad(&plain, out, err);
    buf_wipe(&plain);
    return ok;
}
