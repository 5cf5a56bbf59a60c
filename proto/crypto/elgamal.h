/* SPDX-License-Identifier: Apache-2.0
 * Exponential ElGamal (docs/protocol.md "Group and encryption"): Enc_K(v; r) = (rB, rK + vB).
 */
#ifndef HEARTH_CRYPTO_ELGAMAL_H
#define HEARTH_CRYPTO_ELGAMAL_H

#include "proto/crypto/group.h"

enum { CIPHERTEXT_BYTES = 64, ELGAMAL_VALUE_BITS = 16, ELGAMAL_WIDE_BITS = 22 };

struct ciphertext {
    struct point c1, c2;
};

/* key: table of K. The time does not depend on v. */
void elgamal_encrypt(struct ciphertext *out, const struct point_table *key, int16_t v,
                     const struct scalar *r);
/* Powers of two times B, made once for many encryptions of wider values. */
struct elgamal_powers {
    struct point of[ELGAMAL_WIDE_BITS];
};
void elgamal_powers(struct elgamal_powers *out);
/* The same for |v| < 2^ELGAMAL_WIDE_BITS; bits beyond are not looked at. */
void elgamal_encrypt_wide(struct ciphertext *out, const struct point_table *key,
                          const struct elgamal_powers *powers, int32_t v, const struct scalar *r);
void elgamal_add(struct ciphertext *out, const struct ciphertext *a, const struct ciphertext *b);
/* vB for the private key k: c2 - k c1. */
void elgamal_open(struct point *out, const struct ciphertext *in, const struct scalar *k);
void ciphertext_encode(uint8_t out[CIPHERTEXT_BYTES], const struct ciphertext *in);
/* Canonical points only. Identities decode: the caller checks c1 where it must not be one. */
MUST_CHECK bool ciphertext_decode(struct ciphertext *out, const uint8_t in[CIPHERTEXT_BYTES]);

#endif
