/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/elgamal.h"

#include <sodium.h>

void elgamal_encrypt(struct ciphertext *out, const struct point_table *key, int64_t v,
                     const struct scalar *r)
{
    /* vB is computed for every v, zero included, so that the time says nothing about v. */
    struct scalar value;
    struct point message;
    scalar_from_int(&value, v);
    point_mul_base(&message, &value);
    point_mul_base(&out->c1, r);
    point_mul_table(&out->c2, key, r);
    point_add(&out->c2, &out->c2, &message);
    scalar_wipe(&value);
    sodium_memzero(&message, sizeof message);
}

void elgamal_add(struct ciphertext *out, const struct ciphertext *a, const struct ciphertext *b)
{
    point_add(&out->c1, &a->c1, &b->c1);
    point_add(&out->c2, &a->c2, &b->c2);
}

void elgamal_open(struct point *out, const struct ciphertext *in, const struct scalar *k)
{
    struct point mask;
    point_mul(&mask, &in->c1, k);
    point_sub(out, &in->c2, &mask);
    sodium_memzero(&mask, sizeof mask);
}

void ciphertext_encode(uint8_t out[CIPHERTEXT_BYTES], const struct ciphertext *in)
{
    point_encode(out, &in->c1);
    point_encode(out + POINT_BYTES, &in->c2);
}

bool ciphertext_decode(struct ciphertext *out, const uint8_t in[CIPHERTEXT_BYTES])
{
    struct ciphertext decoded;
    if (!point_decode(&decoded.c1, in) || !point_decode(&decoded.c2, in + POINT_BYTES))
        return false;
    *out = decoded;
    return true;
}
