/* SPDX-License-Identifier: Apache-2.0
 * A contributor's side: encryption of a table and the proof that goes with it. */
#include "proto/figures/contribution.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/declassify.h"
#include "proto/base/mem.h"
#include "proto/crypto/hash.h"
#include "proto/figures/contribution_internal.h"

_Static_assert(CONTRIBUTION_VALUE_MAX < 1 << ELGAMAL_WIDE_BITS, "every value can be encrypted");

uint8_t *contribution_coefficients_new(const struct point *joint, const uint8_t *ciphertexts,
                                       size_t count, const void *statement, size_t statement_len,
                                       const uint8_t commitment[POINT_BYTES])
{
    struct hash hash;
    uint8_t digest[HASH_BYTES];
    hash_start(&hash, "hearth v1 contribution proof", HASH_BYTES, NULL);
    hash_bytes(&hash, statement, statement_len);
    hash_point(&hash, joint);
    hash_u64(&hash, count);
    hash_bytes(&hash, ciphertexts, count * CIPHERTEXT_BYTES);
    hash_bytes(&hash, commitment, POINT_BYTES);
    hash_end(&hash, digest);
    return proof_coefficients_new("hearth v1 contribution coefficients", digest, count);
}

/* r[0..count-1], then k. Caller wipes and frees. */
static struct scalar *scalars_new(const uint8_t seed[SEED_BYTES], const void *statement,
                                  size_t statement_len, size_t count)
{
    struct scalar *scalars = mem_array(count + 1, sizeof *scalars);
    struct stream stream;
    stream_start(&stream, "hearth v1 contribution", seed, statement, statement_len);
    for (size_t i = 0; i <= count; i++) stream_scalar(&stream, &scalars[i]);
    stream_wipe(&stream);
    return scalars;
}

/* Looks at all values alike, and decides once by what never happens. */
static void require_values_in_range(const int32_t *values, size_t count)
{
    uint64_t beyond = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t value = values[i];
        beyond |= (uint64_t)(CONTRIBUTION_VALUE_MAX - value);
        beyond |= (uint64_t)(CONTRIBUTION_VALUE_MAX + value);
    }
    bool good = beyond >> 63 == 0;
    declassify(&good, sizeof good);
    REQUIRE(good);
}

struct encryption {
    const int32_t *values;
    const struct scalar *scalars;
    const struct point_table *key;
    struct elgamal_powers powers;
    uint8_t *out;
};

static bool encrypt_span(size_t first, size_t end, void *ctx, struct err *err)
{
    const struct encryption *work = ctx;
    struct ciphertext ciphertext;
    (void)err;
    for (size_t i = first; i < end; i++) {
        elgamal_encrypt_wide(&ciphertext, work->key, &work->powers, work->values[i],
                             &work->scalars[i]);
        ciphertext_encode(work->out + i * CIPHERTEXT_BYTES, &ciphertext);
    }
    sodium_memzero(&ciphertext, sizeof ciphertext);
    return true;
}

/* z = k + sum d[i] r[i]; k stands behind the r[i]. */
static void answer(struct scalar *z, const uint8_t *coefficients, const struct scalar *scalars,
                   size_t count)
{
    struct scalar d, part;
    *z = scalars[count];
    for (size_t i = 0; i < count; i++) {
        uint8_t wide[SCALAR_WIDE_BYTES] = {0};
        memcpy(wide, coefficients + i * MSM_COEFFICIENT_BYTES, MSM_COEFFICIENT_BYTES);
        scalar_from_wide(&d, wide);
        scalar_mul(&part, &d, &scalars[i]);
        scalar_add(z, z, &part);
    }
    scalar_wipe(&part);
}

void contribution_encrypt(const struct point *joint, const int32_t *values, size_t count,
                          const void *statement, size_t statement_len,
                          const uint8_t seed[SEED_BYTES], struct pool *pool, uint8_t *ciphertexts,
                          uint8_t proof[PROOF_BYTES])
{
    require_values_in_range(values, count);
    struct scalar *scalars = scalars_new(seed, statement, statement_len, count), z;
    struct point_table *key = point_table_new(joint);
    struct encryption work = {.values = values, .scalars = scalars, .key = key, .out = ciphertexts};
    struct point commitment;
    struct err err;
    elgamal_powers(&work.powers);
    REQUIRE(pool_each_span(pool, count, CELLS_A_TASK, encrypt_span, &work, &err));
    point_table_free(key);
    point_mul_base(&commitment, &scalars[count]);
    point_encode(proof, &commitment);
    uint8_t *coefficients =
        contribution_coefficients_new(joint, ciphertexts, count, statement, statement_len, proof);
    answer(&z, coefficients, scalars, count);
    scalar_encode(proof + POINT_BYTES, &z);
    free(coefficients);
    sodium_memzero(scalars, (count + 1) * sizeof *scalars);
    free(scalars);
}
