/* SPDX-License-Identifier: Apache-2.0
 * The group ristretto255 (RFC 9496), order l, base B. The only module that calls libdecaf.
 * Points stay decoded in memory; encodings are libsodium's. Everything is constant time in scalars
 * and points unless its name ends in _var.
 */
#ifndef HEARTH_CRYPTO_GROUP_H
#define HEARTH_CRYPTO_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

enum { POINT_BYTES = 32, SCALAR_BYTES = 32, SCALAR_WIDE_BYTES = 64 };

/* Opaque; sizes are checked against libdecaf at compile time. Copy by assignment; wipe secret
 * ones. */
struct point {
    _Alignas(32) uint8_t opaque[256];
};
struct scalar {
    _Alignas(32) uint8_t opaque[32];
};
/* Precomputed multiples of one point, for many multiplications of it. */
struct point_table;

void point_identity(struct point *out);
void point_base(struct point *out);
/* False for anything but the canonical encoding of a group element. The identity decodes. */
MUST_CHECK bool point_decode(struct point *out, const uint8_t in[POINT_BYTES]);
void point_encode(uint8_t out[POINT_BYTES], const struct point *in);
void point_add(struct point *out, const struct point *a, const struct point *b);
void point_sub(struct point *out, const struct point *a, const struct point *b);
bool point_equal(const struct point *a, const struct point *b);
bool point_is_identity(const struct point *a);
/* out = condition ? b : a, in constant time. */
void point_select(struct point *out, const struct point *a, const struct point *b, bool condition);
void point_mul(struct point *out, const struct point *a, const struct scalar *s);
void point_mul_base(struct point *out, const struct scalar *s);

/* A table for `point`, which is public (a key), to be freed with point_table_free. Never NULL. */
struct point_table *point_table_new(const struct point *point);
void point_table_free(struct point_table *table);
void point_mul_table(struct point *out, const struct point_table *table, const struct scalar *s);

/* False where the 32 bytes are not below l. */
MUST_CHECK bool scalar_decode(struct scalar *out, const uint8_t in[SCALAR_BYTES]);
void scalar_encode(uint8_t out[SCALAR_BYTES], const struct scalar *in);
/* 64 little-endian bytes reduced mod l. */
void scalar_from_wide(struct scalar *out, const uint8_t in[SCALAR_WIDE_BYTES]);
/* v mod l; negative v as l - |v|. */
void scalar_from_int(struct scalar *out, int64_t v);
/* Fresh, uniform, non-zero, from the system's generator. */
void scalar_random(struct scalar *out);
void scalar_add(struct scalar *out, const struct scalar *a, const struct scalar *b);
void scalar_sub(struct scalar *out, const struct scalar *a, const struct scalar *b);
void scalar_mul(struct scalar *out, const struct scalar *a, const struct scalar *b);
bool scalar_equal(const struct scalar *a, const struct scalar *b);
bool scalar_is_zero(const struct scalar *a);
/* Aborts where `a` is zero, which no key and no drawn scalar is. */
void scalar_require_nonzero(const struct scalar *a);
/* out = condition ? b : a, in constant time. */
void scalar_select(struct scalar *out, const struct scalar *a, const struct scalar *b,
                   bool condition);
void scalar_wipe(struct scalar *s);

enum { MSM_COEFFICIENT_BYTES = 16 };
/* Sum of coefficients[i] * points[i] by the bucket method; coefficients are 128-bit little-endian,
 * 16 bytes each. Not constant time: public data only. count 0 gives the identity. */
void point_msm_var(struct point *out, const struct point *points, const uint8_t *coefficients,
                   size_t count);

#endif
