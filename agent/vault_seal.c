/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "agent/vault_internal.h"

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    SEAL_TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES
};

static struct secret derive(const struct secret *key, const char *tag)
{
    REQUIRE(key->len == HASH_KEY_BYTES);
    struct secret out = secret_new(VAULT_KEY_BYTES);
    struct hash hash;
    hash_start(&hash, tag, HASH_BYTES, key->data);
    hash_end(&hash, out.data);
    return out;
}

void vault_keys_derive(struct vault_keys *out, const struct secret *key)
{
    out->name = derive(key, "hearth vault name");
    out->seal = derive(key, "hearth vault seal");
    out->set = derive(key, "hearth vault set");
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

/* What is authenticated beside the plaintext: the purpose and the record's own key, so that a
 * sealed value is good in one place only. */
static void frame_context(struct buf *out, const char *tag, const void *context, size_t context_len)
{
    buf_bytes(out, tag, strlen(tag));
    buf_bytes(out, context, context_len);
}

void vault_seal(const struct vault_keys *keys, const char *tag, const void *context,
                size_t context_len, const struct buf *plain, struct buf *out)
{
    struct buf bound = {0};
    frame_context(&bound, tag, context, context_len);
    uint8_t *nonce = buf_reserve(out, NONCE_BYTES + plain->len + SEAL_TAG_BYTES);
    randombytes_buf(nonce, NONCE_BYTES);
    unsigned long long sealed = 0;
    REQUIRE(crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, &sealed, plain->data,
                                                       plain->len, bound.data, bound.len, NULL,
                                                       nonce, keys->seal.data) == 0);
    REQUIRE(sealed == plain->len + SEAL_TAG_BYTES);
    buf_free(&bound);
}

bool vault_unseal(const struct vault_keys *keys, const char *tag, const void *context,
                  size_t context_len, const uint8_t *value, size_t value_len, struct buf *plain,
                  struct err *err)
{
    if (value_len < NONCE_BYTES + SEAL_TAG_BYTES ||
        value_len > NONCE_BYTES + SEAL_TAG_BYTES + RECORD_PLAIN_MAX) {
        return err_set(err, ERR_CORRUPT, HOME_VAULT, "a sealed value has %zu bytes", value_len);
    }
    struct buf bound = {0};
    frame_context(&bound, tag, context, context_len);
    size_t len = value_len - NONCE_BYTES - SEAL_TAG_BYTES;
    /* One byte to spare: an empty plaintext still needs a place to point at. */
    uint8_t *out = buf_reserve(plain, len + 1);
    plain->len--;
    unsigned long long opened = 0;
    bool ok = crypto_aead_xchacha20poly1305_ietf_decrypt(out, &opened, NULL, value + NONCE_BYTES,
                                                         value_len - NONCE_BYTES, bound.data,
                                                         bound.len, value, keys->seal.data) == 0;
    buf_free(&bound);
    if (ok) return true;
    buf_wipe(plain);
    return err_set(err, ERR_CORRUPT, HOME_VAULT,
                   "a sealed value does not open: it was changed, or belongs to another key");
}

void vault_pad(const struct profile *profile, struct buf *out)
{
    struct buf encoded = {0};
    profile_encode(profile, &encoded);
    buf_bytes(out, encoded.data, encoded.len);
    buf_wipe(&encoded);
    size_t padded = (out->len + RECORD_PAD - 1) / RECORD_PAD * RECORD_PAD;
    REQUIRE(padded <= RECORD_PLAIN_MAX);
    size_t missing = padded - out->len;
    if (missing > 0) memset(buf_reserve(out, missing), 0, missing);
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
