/* SPDX-License-Identifier: Apache-2.0
 * Sealed values for a store: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with a random nonce,
 * bound to a purpose and to the place where the value is kept, so that it opens nowhere else.
 */
#ifndef HEARTH_CRYPTO_SEAL_H
#define HEARTH_CRYPTO_SEAL_H

#include "proto/base/buf.h"
#include "proto/base/secret.h"

enum { SEAL_SECRET_BYTES = 32, SEAL_OVERHEAD = 24 + 16 /* nonce, tag */ };

/* What a value is sealed under and bound to; nothing is copied. */
struct seal {
    const struct secret *key; /* SEAL_SECRET_BYTES */
    const char *tag;          /* the purpose */
    const void *context;      /* the place, such as the entry's key */
    size_t context_len;
};

/* A key of its own for one use, from one of HASH_KEY_BYTES: H(tag) keyed with it. Caller frees. */
struct secret seal_key(const struct secret *key, const char *tag);
/* Appends nonce, ciphertext and tag: plain->len + SEAL_OVERHEAD bytes. */
void seal_close(const struct seal *seal, const struct buf *plain, struct buf *out);
/* Appends the plaintext; the caller wipes. ERR_CORRUPT: longer than plain_max, or not what was
 * sealed under that key, tag and context. */
MUST_CHECK bool seal_open(const struct seal *seal, const uint8_t *value, size_t value_len,
                          size_t plain_max, struct buf *plain, struct err *err);
/* Fills a plaintext up with zeros to a multiple of `step` bytes, so that lengths tell less. */
void seal_pad(struct buf *plain, size_t step);

#endif
