/* SPDX-License-Identifier: Apache-2.0
 * Sealing to a public key: an ephemeral X25519 (RFC 7748) key agreed with the receiver's, BLAKE2b
 * over both public keys and the shared point as key, XChaCha20-Poly1305 over the padded plaintext.
 * docs/mail.md "Sealing". Says nothing about who sealed it: that is for a signature around it.
 */
#ifndef HEARTH_CRYPTO_ENVELOPE_H
#define HEARTH_CRYPTO_ENVELOPE_H

#include "proto/base/buf.h"
#include "proto/base/secret.h"

enum {
    ENVELOPE_KEY_BYTES = 32,
    ENVELOPE_OVERHEAD = 32 + 16, /* ephemeral key, tag */
    ENVELOPE_LENGTH_BYTES = 4,   /* of the content, inside */
    ENVELOPE_SIZES = 6 /* 4 KiB, then times 4 each, to 4 MiB: what the plaintext is padded to */
};

/* The smallest padded size that holds that much content; 0 where none does. */
size_t envelope_padded(size_t content_len);
/* The most content that fits. */
size_t envelope_content_max(void);
/* Whether an envelope of `len` bytes has one of the fixed sizes. */
bool envelope_is_size(size_t len);

/* Appends ephemeral key, ciphertext and tag: envelope_padded(content->len) + ENVELOPE_OVERHEAD
 * bytes. recipient: an X25519 public key. context: what it is bound to; it opens with exactly that.
 * ERR_INVALID: the content is too long, or the key is one that agrees with every other. */
MUST_CHECK bool envelope_seal(const uint8_t recipient[ENVELOPE_KEY_BYTES], const void *context,
                              size_t context_len, const struct buf *content, struct buf *out,
                              struct err *err);
/* Appends the content; the caller wipes. secret_key, public_key: the recipient's. ERR_INVALID: not
 * of a fixed size; ERR_CORRUPT: sealed to another key, bound to something else, or changed. */
MUST_CHECK bool envelope_open(const struct secret *secret_key,
                              const uint8_t public_key[ENVELOPE_KEY_BYTES], const void *context,
                              size_t context_len, const uint8_t *envelope, size_t len,
                              struct buf *content, struct err *err);

#endif
