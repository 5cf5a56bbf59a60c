/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/group.h"

#include <decaf/point_255.h>
#include <sodium.h>
#include <stdlib.h>

#include "proto/base/declassify.h"

_Static_assert(sizeof(struct point) == sizeof(struct decaf_255_point_s), "size of a point");
_Static_assert(_Alignof(struct point) >= _Alignof(struct decaf_255_point_s), "alignment");
_Static_assert(sizeof(struct scalar) == sizeof(struct decaf_255_scalar_s), "size of a scalar");
_Static_assert(_Alignof(struct scalar) >= _Alignof(struct decaf_255_scalar_s), "alignment");
_Static_assert((int)POINT_BYTES == (int)DECAF_255_SER_BYTES, "encoded point");
_Static_assert((int)SCALAR_BYTES == (int)DECAF_255_SCALAR_BYTES, "encoded scalar");

static struct decaf_255_point_s *point_raw(struct point *p)
{
    return (struct decaf_255_point_s *)(void *)p;
}

static const struct decaf_255_point_s *point_in(const struct point *p)
{
    return (const struct decaf_255_point_s *)(const void *)p;
}

static struct decaf_255_scalar_s *scalar_raw(struct scalar *s)
{
    return (struct decaf_255_scalar_s *)(void *)s;
}

static const struct decaf_255_scalar_s *scalar_in(const struct scalar *s)
{
    return (const struct decaf_255_scalar_s *)(const void *)s;
}

static const decaf_255_precomputed_s *table_in(const struct point_table *table)
{
    return (const decaf_255_precomputed_s *)(const void *)table;
}

void point_identity(struct point *out)
{
    *point_raw(out) = decaf_255_point_identity[0];
}

void point_base(struct point *out)
{
    *point_raw(out) = decaf_255_point_base[0];
}

bool point_decode(struct point *out, const uint8_t in[POINT_BYTES])
{
    /* libdecaf leaves rubbish behind on failure. */
    struct point decoded;
    bool canonical = decaf_255_point_decode(point_raw(&decoded), in, DECAF_TRUE) == DECAF_SUCCESS;
    declassify(&canonical, sizeof canonical); /* whoever sent the bytes knows */
    if (canonical) *out = decoded;
    return canonical;
}

void point_encode(uint8_t out[POINT_BYTES], const struct point *in)
{
    decaf_255_point_encode(out, point_in(in));
}

void point_add(struct point *out, const struct point *a, const struct point *b)
{
    decaf_255_point_add(point_raw(out), point_in(a), point_in(b));
}

void point_sub(struct point *out, const struct point *a, const struct point *b)
{
    decaf_255_point_sub(point_raw(out), point_in(a), point_in(b));
}

bool point_equal(const struct point *a, const struct point *b)
{
    return decaf_255_point_eq(point_in(a), point_in(b)) == DECAF_TRUE;
}

bool point_is_identity(const struct point *a)
{
    return decaf_255_point_eq(point_in(a), decaf_255_point_identity) == DECAF_TRUE;
}

void point_select(struct point *out, const struct point *a, const struct point *b, bool condition)
{
    decaf_255_point_cond_sel(point_raw(out), point_in(a), point_in(b), (decaf_word_t)condition);
}

void point_mul(struct point *out, const struct point *a, const struct scalar *s)
{
    decaf_255_point_scalarmul(point_raw(out), point_in(a), scalar_in(s));
}

void point_mul_base(struct point *out, const struct scalar *s)
{
    decaf_255_precomputed_scalarmul(point_raw(out), decaf_255_precomputed_base, scalar_in(s));
}

struct point_table *point_table_new(const struct point *point)
{
    size_t align = decaf_255_alignof_precomputed_s;
    size_t size = (decaf_255_sizeof_precomputed_s + align - 1) / align * align;
    void *table = aligned_alloc(align, size);
    REQUIRE(table != NULL);
    decaf_255_precompute(table, point_in(point));
    return table;
}

void point_table_free(struct point_table *table)
{
    if (table == NULL) return;
    decaf_255_precomputed_destroy((decaf_255_precomputed_s *)(void *)table);
    free(table);
}

void point_mul_table(struct point *out, const struct point_table *table, const struct scalar *s)
{
    decaf_255_precomputed_scalarmul(point_raw(out), table_in(table), scalar_in(s));
}

bool scalar_decode(struct scalar *out, const uint8_t in[SCALAR_BYTES])
{
    /* libdecaf reduces what is not below l and reports it; libsodium 1.0.18 would accept it. */
    struct scalar decoded;
    bool canonical = decaf_255_scalar_decode(scalar_raw(&decoded), in) == DECAF_SUCCESS;
    declassify(&canonical, sizeof canonical); /* whoever sent the bytes knows */
    if (canonical) *out = decoded;
    scalar_wipe(&decoded);
    return canonical;
}

void scalar_encode(uint8_t out[SCALAR_BYTES], const struct scalar *in)
{
    decaf_255_scalar_encode(out, scalar_in(in));
}

void scalar_from_wide(struct scalar *out, const uint8_t in[SCALAR_WIDE_BYTES])
{
    decaf_255_scalar_decode_long(scalar_raw(out), in, SCALAR_WIDE_BYTES);
}

void scalar_from_int(struct scalar *out, int64_t v)
{
    /* No branch on v: both signs are computed and one is kept. */
    uint64_t negative = (uint64_t)v >> 63;
    uint64_t magnitude = ((uint64_t)v ^ (0 - negative)) + negative;
    struct scalar plus, minus;
    decaf_255_scalar_set_unsigned(scalar_raw(&plus), magnitude);
    decaf_255_scalar_sub(scalar_raw(&minus), decaf_255_scalar_zero, scalar_in(&plus));
    scalar_select(out, &plus, &minus, negative != 0);
    scalar_wipe(&plus);
    scalar_wipe(&minus);
}

void scalar_random(struct scalar *out)
{
    uint8_t wide[SCALAR_WIDE_BYTES];
    bool zero = true;
    while (zero) {
        randombytes_buf(wide, sizeof wide);
        scalar_from_wide(out, wide);
        zero = scalar_is_zero(out);
        declassify(&zero, sizeof zero); /* what is thrown away is not kept */
    }
    sodium_memzero(wide, sizeof wide);
}

void scalar_add(struct scalar *out, const struct scalar *a, const struct scalar *b)
{
    decaf_255_scalar_add(scalar_raw(out), scalar_in(a), scalar_in(b));
}

void scalar_sub(struct scalar *out, const struct scalar *a, const struct scalar *b)
{
    decaf_255_scalar_sub(scalar_raw(out), scalar_in(a), scalar_in(b));
}

void scalar_mul(struct scalar *out, const struct scalar *a, const struct scalar *b)
{
    decaf_255_scalar_mul(scalar_raw(out), scalar_in(a), scalar_in(b));
}

bool scalar_equal(const struct scalar *a, const struct scalar *b)
{
    return decaf_255_scalar_eq(scalar_in(a), scalar_in(b)) == DECAF_TRUE;
}

bool scalar_is_zero(const struct scalar *a)
{
    return decaf_255_scalar_eq(scalar_in(a), decaf_255_scalar_zero) == DECAF_TRUE;
}

void scalar_require_nonzero(const struct scalar *a)
{
    bool zero = scalar_is_zero(a);
    declassify(&zero, sizeof zero); /* it says nothing but that what never happens has not */
    REQUIRE(!zero);
}

void scalar_select(struct scalar *out, const struct scalar *a, const struct scalar *b,
                   bool condition)
{
    decaf_255_scalar_cond_sel(scalar_raw(out), scalar_in(a), scalar_in(b), (decaf_word_t)condition);
}

void scalar_wipe(struct scalar *s)
{
    sodium_memzero(s, sizeof *s);
}
