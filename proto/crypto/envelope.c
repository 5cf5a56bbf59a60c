/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/envelope.h"

#include <sodium.h>
#include <string.h>

#include "proto/base/declassify.h"
#include "proto/crypto/hash.h"

enum { SMALLEST = 4096, STEP = 4, TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES };
_Static_assert(crypto_scalarmult_BYTES == ENVELOPE_KEY_BYTES &&
                   ENVELOPE_OVERHEAD == ENVELOPE_KEY_BYTES + (int)TAG_BYTES,
               "what an envelope adds");

static size_t size_at(size_t index)
{
    size_t size = SMALLEST;
    for (size_t i = 0; i < index; i++) size *= STEP;
    return size;
}

size_t envelope_padded(size_t content_len)
{
    for (size_t i = 0; i < ENVELOPE_SIZES; i++) {
        if (content_len <= size_at(i) - ENVELOPE_LENGTH_BYTES) return size_at(i);
    }
    return 0;
}

size_t envelope_content_max(void)
{
    return size_at(ENVELOPE_SIZES - 1) - ENVELOPE_LENGTH_BYTES;
}

bool envelope_is_size(size_t len)
{
    for (size_t i = 0; i < ENVELOPE_SIZES; i++) {
        if (len == size_at(i) + ENVELOPE_OVERHEAD) return true;
    }
    return false;
}

/* The key of one envelope. False where the two keys agree on nothing secret: one of them is of
 * small order. */
static bool agree(const uint8_t *secret_key, const uint8_t *other, const uint8_t *ephemeral,
                  const uint8_t *recipient, struct secret *key)
{
    struct secret shared = secret_new(crypto_scalarmult_BYTES);
    bool ok = crypto_scalarmult(shared.data, secret_key, other) == 0;
    declassify(&ok, sizeof ok); /* whoever made the other key knows */
    if (ok) {
        struct hash hash;
        *key = secret_new(HASH_BYTES);
        hash_start(&hash, "hearth v1 envelope", HASH_BYTES, NULL);
        hash_bytes(&hash, ephemeral, ENVELOPE_KEY_BYTES);
        hash_bytes(&hash, recipient, ENVELOPE_KEY_BYTES);
        hash_bytes(&hash, shared.data, shared.len);
        hash_end(&hash, key->data);
    }
    secret_free(&shared);
    return ok;
}

static void frame(const struct buf *content, size_t padded, struct buf *out)
{
    buf_bytes(out, content->data, content->len);
    size_t rest = padded - out->len;
    if (rest > 0) memset(buf_reserve(out, rest), 0, rest);
}

/* One key seals one plaintext: its nonce may be constant. */
static const uint8_t NONCE[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

bool envelope_seal(const uint8_t recipient[ENVELOPE_KEY_BYTES], const void *context,
                   size_t context_len, const struct buf *content, struct buf *out, struct err *err)
{
    size_t padded = envelope_padded(content->len);
    if (padded == 0) {
        return err_set(err, ERR_INVALID, "content", "%zu bytes; at most %zu", content->len,
                       envelope_content_max());
    }
    uint8_t ephemeral[ENVELOPE_KEY_BYTES];
    struct secret own = secret_random(crypto_scalarmult_SCALARBYTES), key = {0};
    REQUIRE(crypto_scalarmult_base(ephemeral, own.data) == 0);
    bool ok = agree(own.data, recipient, ephemeral, recipient, &key);
    secret_free(&own);
    if (!ok) return err_set(err, ERR_INVALID, "seal_key", "agrees with every other key");
    struct buf plain = {0};
    frame(content, padded, &plain);
    buf_append(out, ephemeral, sizeof ephemeral);
    REQUIRE(crypto_aead_xchacha20poly1305_ietf_encrypt(buf_reserve(out, padded + TAG_BYTES), NULL,
                                                       plain.data, plain.len, context, context_len,
                                                       NULL, NONCE, key.data) == 0);
    buf_wipe(&plain);
    secret_free(&key);
    return true;
}

/* The content, and nothing but zeros behind it. */
static bool unframe(const struct buf *plain, struct buf *content)
{
    struct reader reader = reader_of(plain->data, plain->len);
    size_t len = 0;
    const uint8_t *data = reader_bytes(&reader, envelope_content_max(), &len);
    if (!data || !sodium_is_zero(plain->data + reader.pos, plain->len - reader.pos)) return false;
    if (envelope_padded(len) != plain->len) return false;
    buf_append(content, data, len);
    return true;
}

bool envelope_open(const struct secret *secret_key, const uint8_t public_key[ENVELOPE_KEY_BYTES],
                   const void *context, size_t context_len, const uint8_t *envelope, size_t len,
                   struct buf *content, struct err *err)
{
    REQUIRE(secret_key->len == crypto_scalarmult_SCALARBYTES);
    if (!envelope_is_size(len)) {
        return err_set(err, ERR_INVALID, "sealed", "%zu bytes are no envelope", len);
    }
    struct secret key = {0};
    struct buf plain = {0};
    bool ok = agree(secret_key->data, envelope, envelope, public_key, &key);
    if (ok) {
        uint8_t *out = buf_reserve(&plain, len - ENVELOPE_OVERHEAD);
        ok = crypto_aead_xchacha20poly1305_ietf_decrypt(
                 out, NULL, NULL, envelope + ENVELOPE_KEY_BYTES, len - ENVELOPE_KEY_BYTES, context,
                 context_len, NONCE, key.data) == 0;
        /* Decoders read it from here on, and decide by it. */
        declassify(plain.data, plain.len);
        ok = ok && unframe(&plain, content);
    }
    buf_wipe(&plain);
    secret_free(&key);
    return ok || err_set(err, ERR_CORRUPT, "sealed",
                         "does not open: it was sealed to another key, put under another address, "
                         "or changed");
}
