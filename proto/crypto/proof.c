/* SPDX-License-Identifier: Apache-2.0
 * Both proofs are Fiat-Shamir transforms of Schnorr's: commitment R = kB, challenge c = H(..., R),
 * response s = k + cx, sent as (c, s); the checker recomputes R = sB - cX. The proof of shares does
 * the same for two bases at once, B and the combination P* of all points.
 */
#include "proto/crypto/proof.h"

#include <sodium.h>
#include <stdlib.h>

#include "proto/base/declassify.h"
#include "proto/base/mem.h"

#define TAG_NONCE "hearth v1 proof nonce"
#define TAG_SHARES "hearth v1 shares"
#define TAG_COEFFICIENTS "hearth v1 shares coefficients"
#define TAG_SHARES_CHALLENGE "hearth v1 shares challenge"

/* k = H(seed; tag, statement, X): the same input gives the same proof, any other input another k.
 */
static void make_nonce(struct scalar *k, const uint8_t seed[SEED_BYTES], const char *tag,
                       const void *statement, size_t statement_len, const struct point *key)
{
    struct hash hash;
    hash_start(&hash, TAG_NONCE, HASH_WIDE_BYTES, seed);
    hash_text(&hash, tag);
    hash_bytes(&hash, statement, statement_len);
    hash_point(&hash, key);
    hash_end_scalar(&hash, k);
    scalar_require_nonzero(k);
}

/* Writes (c, k + cx) and wipes k. */
static void respond(uint8_t out[PROOF_BYTES], const struct scalar *c, struct scalar *k,
                    const struct scalar *x)
{
    struct scalar s;
    scalar_mul(&s, c, x);
    scalar_add(&s, &s, k);
    scalar_encode(out, c);
    scalar_encode(out + SCALAR_BYTES, &s);
    scalar_wipe(k);
    scalar_wipe(&s);
}

/* out = s * base - c * target. */
static void recompute(struct point *out, const struct point *base, const struct point *target,
                      const struct scalar *c, const struct scalar *s)
{
    struct point part;
    point_mul(out, base, s);
    point_mul(&part, target, c);
    point_sub(out, out, &part);
}

static void possession_challenge(struct scalar *c, const char *tag, const void *statement,
                                 size_t statement_len, const struct point *key,
                                 const struct point *commitment)
{
    struct hash hash;
    hash_start(&hash, tag, HASH_WIDE_BYTES, NULL);
    hash_bytes(&hash, statement, statement_len);
    hash_point(&hash, key);
    hash_point(&hash, commitment);
    hash_end_scalar(&hash, c);
}

void proof_possession_make(uint8_t out[PROOF_BYTES], const char *tag, const void *statement,
                           size_t statement_len, const struct scalar *x,
                           const uint8_t nonce_seed[SEED_BYTES])
{
    scalar_require_nonzero(x);
    struct point key, commitment;
    struct scalar k, c;
    point_mul_base(&key, x);
    make_nonce(&k, nonce_seed, tag, statement, statement_len, &key);
    point_mul_base(&commitment, &k);
    possession_challenge(&c, tag, statement, statement_len, &key, &commitment);
    respond(out, &c, &k, x);
}

bool proof_possession_check(const uint8_t in[PROOF_BYTES], const char *tag, const void *statement,
                            size_t statement_len, const struct point *key)
{
    struct scalar c, s, expected;
    struct point base, commitment;
    if (point_is_identity(key)) return false;
    if (!scalar_decode(&c, in) || !scalar_decode(&s, in + SCALAR_BYTES)) return false;
    point_base(&base);
    recompute(&commitment, &base, key, &c, &s);
    possession_challenge(&expected, tag, statement, statement_len, key, &commitment);
    return scalar_equal(&c, &expected);
}

/* Digest of all that the proof of shares is about. */
static void shares_digest(uint8_t out[HASH_BYTES], const void *statement, size_t statement_len,
                          const struct point *key, const uint8_t *points, const uint8_t *shares,
                          size_t count)
{
    struct hash hash;
    hash_start(&hash, TAG_SHARES, HASH_BYTES, NULL);
    hash_bytes(&hash, statement, statement_len);
    hash_point(&hash, key);
    hash_u64(&hash, count);
    hash_bytes(&hash, points, count * POINT_BYTES);
    hash_bytes(&hash, shares, count * POINT_BYTES);
    hash_end(&hash, out);
}

uint8_t *proof_coefficients_new(const char *tag, const uint8_t digest[HASH_BYTES], size_t count)
{
    struct stream stream;
    uint8_t *coefficients = mem_array(count, MSM_COEFFICIENT_BYTES);
    stream_start(&stream, tag, digest, NULL, 0);
    stream_bytes(&stream, coefficients, count * MSM_COEFFICIENT_BYTES);
    return coefficients;
}

/* The batch as one pair: sums[0] = P*, sums[1] = S*. */
static void shares_challenge(struct scalar *c, const uint8_t digest[HASH_BYTES],
                             const struct point sums[2], const struct point commitments[2])
{
    struct hash hash;
    hash_start(&hash, TAG_SHARES_CHALLENGE, HASH_WIDE_BYTES, NULL);
    hash_bytes(&hash, digest, HASH_BYTES);
    for (int i = 0; i < 2; i++) hash_point(&hash, &sums[i]);
    for (int i = 0; i < 2; i++) hash_point(&hash, &commitments[i]);
    hash_end_scalar(&hash, c);
}

/* ---- sums over many points, in parts that the pool takes ---- */

enum { PARTS_MAX = 16, PART_TERMS_MIN = 1024 };

struct parts {
    const struct point *points[2];
    const uint8_t *coefficients;
    size_t count, each; /* parts a sum */
    struct point sums[2 * PARTS_MAX];
};

static void sum_part(size_t index, void *ctx)
{
    struct parts *parts = ctx;
    size_t sum = index / parts->each, part = index % parts->each;
    size_t from = parts->count * part / parts->each, to = parts->count * (part + 1) / parts->each;
    point_msm_var(&parts->sums[index], parts->points[sum] + from,
                  parts->coefficients + from * MSM_COEFFICIENT_BYTES, to - from);
}

/* sums[i] = sum over j of d[j] * points[i][j], for one or two lists of points. */
static void combine(struct point *sums, const struct point *const *points, size_t lists,
                    const uint8_t *coefficients, size_t count, struct pool *pool)
{
    struct parts parts = {.coefficients = coefficients, .count = count, .each = 1};
    size_t threads = pool ? pool_threads(pool) : 1;
    while (parts.each < threads && parts.each < PARTS_MAX &&
           count / (parts.each + 1) >= PART_TERMS_MIN) {
        parts.each++;
    }
    for (size_t i = 0; i < lists; i++) parts.points[i] = points[i];
    pool_each(pool, lists * parts.each, sum_part, &parts);
    for (size_t i = 0; i < lists; i++) {
        point_identity(&sums[i]);
        for (size_t part = 0; part < parts.each; part++) {
            point_add(&sums[i], &sums[i], &parts.sums[i * parts.each + part]);
        }
    }
}

void proof_shares_make(uint8_t out[PROOF_BYTES], const void *statement, size_t statement_len,
                       const struct scalar *x, const uint8_t *points, const uint8_t *shares,
                       const struct point *decoded, size_t count,
                       const uint8_t nonce_seed[SEED_BYTES], struct pool *pool)
{
    scalar_require_nonzero(x);
    struct point key, sums[2], commitments[2];
    struct scalar k, c;
    uint8_t digest[HASH_BYTES];
    point_mul_base(&key, x);
    shares_digest(digest, statement, statement_len, &key, points, shares, count);
    /* The checker has it too, and it says nothing of the shares that it is the hash of. */
    declassify(digest, sizeof digest);
    uint8_t *coefficients = proof_coefficients_new(TAG_COEFFICIENTS, digest, count);
    combine(sums, &decoded, 1, coefficients, count, pool);
    point_mul(&sums[1], &sums[0], x);
    make_nonce(&k, nonce_seed, TAG_SHARES_CHALLENGE, digest, sizeof digest, &key);
    point_mul_base(&commitments[0], &k);
    point_mul(&commitments[1], &sums[0], &k);
    shares_challenge(&c, digest, sums, commitments);
    respond(out, &c, &k, x);
    free(coefficients);
}

bool proof_shares_check(const uint8_t in[PROOF_BYTES], const void *statement, size_t statement_len,
                        const struct point *key, const uint8_t *points, const uint8_t *shares,
                        const struct point *decoded_points, const struct point *decoded_shares,
                        size_t count, struct pool *pool)
{
    struct scalar c, s, expected;
    struct point base, sums[2], commitments[2];
    uint8_t digest[HASH_BYTES];
    if (point_is_identity(key)) return false;
    if (!scalar_decode(&c, in) || !scalar_decode(&s, in + SCALAR_BYTES)) return false;
    shares_digest(digest, statement, statement_len, key, points, shares, count);
    uint8_t *coefficients = proof_coefficients_new(TAG_COEFFICIENTS, digest, count);
    const struct point *const lists[2] = {decoded_points, decoded_shares};
    combine(sums, lists, 2, coefficients, count, pool);
    free(coefficients);
    point_base(&base);
    recompute(&commitments[0], &base, key, &c, &s);
    recompute(&commitments[1], &sums[0], &sums[1], &c, &s);
    shares_challenge(&expected, digest, sums, commitments);
    return scalar_equal(&c, &expected);
}
