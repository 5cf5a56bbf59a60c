/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/elgamal.h"

#include <sodium.h>

static void make_powers(struct point *powers, unsigned count)
{
    point_base(&powers[0]);
    for (unsigned i = 1; i < count; i++) point_add(&powers[i], &powers[i - 1], &powers[i - 1]);
}

void elgamal_powers(struct elgamal_powers *out)
{
    make_powers(out->of, ELGAMAL_WIDE_BITS);
}

/* vB by adding powers of B, all of them each time and without a branch: sixteen, and making them,
 * cost a third of a multiplication by B. */
static void multiply_small(struct point *out, int32_t v, const struct point *powers, unsigned bits)
{
    uint32_t negative = (uint32_t)v >> 31;
    uint32_t magnitude = ((uint32_t)v ^ (0 - negative)) + negative;
    struct {
        struct point sum, minus;
    } work;
    point_identity(out);
    for (unsigned bit = 0; bit < bits; bit++) {
        point_add(&work.sum, out, &powers[bit]);
        point_select(out, out, &work.sum, (magnitude >> bit & 1) != 0);
    }
    point_identity(&work.minus);
    point_sub(&work.minus, &work.minus, out);
    point_select(out, out, &work.minus, negative != 0);
    sodium_memzero(&work, sizeof work);
}

static void encrypt(struct ciphertext *out, const struct point_table *key,
                    const struct point *powers, unsigned bits, int32_t v, const struct scalar *r)
{
    struct point message;
    multiply_small(&message, v, powers, bits);
    point_mul_base(&out->c1, r);
    point_mul_table(&out->c2, key, r);
    point_add(&out->c2, &out->c2, &message);
    sodium_memzero(&message, sizeof message);
}

void elgamal_encrypt(struct ciphertext *out, const struct point_table *key, int16_t v,
                     const struct scalar *r)
{
    struct point powers[ELGAMAL_VALUE_BITS];
    make_powers(powers, ELGAMAL_VALUE_BITS);
    encrypt(out, key, powers, ELGAMAL_VALUE_BITS, v, r);
}

void elgamal_encrypt_wide(struct ciphertext *out, const struct point_table *key,
                          const struct elgamal_powers *powers, int32_t v, const struct scalar *r)
{
    encrypt(out, key, powers->of, ELGAMAL_WIDE_BITS, v, r);
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
