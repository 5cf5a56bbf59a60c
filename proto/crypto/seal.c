/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/seal.h"

#include <string.h>

#include "proto/crypto/hash.h"

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES
};
_Static_assert(NONCE_BYTES + TAG_BYTES == (int)SEAL_OVERHEAD, "what a seal adds");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == SEAL_SECRET_BYTES &&
                   SEAL_SECRET_BYTES == (int)HASH_BYTES,
               "a hash is a key");

struct secret seal_key(const struct secret *key, const char *tag)
{
    REQUIRE(key->len == HASH_KEY_BYTES);
    struct secret out = secret_new(SEAL_SECRET_BYTES);
    struct hash hash;
    hash_start(&hash, tag, HASH_BYTES, key->data);
    hash_end(&hash, out.data);
    return out;
}

/* What is authenticated beside the plaintext. */
static void frame_context(const struct seal *seal, struct buf *out)
{
    buf_bytes(out, seal->tag, strlen(seal->tag));
    buf_bytes(out, seal->context, seal->context_len);
}

void seal_close(const struct seal *seal, const struct buf *plain, struct buf *out)
{
    struct buf bound = {0};
    REQUIRE(seal->key->len == SEAL_SECRET_BYTES);
    frame_context(seal, &bound);
    uint8_t *nonce = buf_reserve(out, plain->len + SEAL_OVERHEAD);
    randombytes_buf(nonce, NONCE_BYTES);
    unsigned long long sealed = 0;
    REQUIRE(crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, &sealed, plain->data,
                                                       plain->len, bound.data, bound.len, NULL,
                                                       nonce, seal->key->data) == 0);
    REQUIRE(sealed == plain->len + TAG_BYTES);
    buf_free(&bound);
}

bool seal_open(const struct seal *seal, const uint8_t *value, size_t value_len, size_t plain_max,
               struct buf *plain, struct err *err)
{
    if (value_len < SEAL_OVERHEAD || value_len > plain_max + SEAL_OVERHEAD) {
        return err_set(err, ERR_CORRUPT, NULL, "a sealed value has %zu bytes", value_len);
    }
    struct buf bound = {0};
    frame_context(seal, &bound);
    size_t len = value_len - SEAL_OVERHEAD;
    /* One byte to spare: an empty plaintext still needs a place to point at. */
    uint8_t *out = buf_reserve(plain, len + 1);
    plain->len--;
    unsigned long long opened = 0;
    bool ok = crypto_aead_xchacha20poly1305_ietf_decrypt(out, &opened, NULL, value + NONCE_BYTES,
                                                         value_len - NONCE_BYTES, bound.data,
                                                         bound.len, value, seal->key->data) == 0;
    buf_free(&bound);
    if (ok) return true;
    buf_wipe(plain);
    return err_set(err, ERR_CORRUPT, NULL,
                   "a sealed value does not open: it was changed, or belongs to another key");
}

void seal_pad(struct buf *plain, size_t step)
{
    size_t missing = (step - plain->len % step) % step;
    if (missing > 0) memset(buf_reserve(plain, missing), 0, missing);
}
