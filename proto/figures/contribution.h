/* SPDX-License-Identifier: Apache-2.0
 * The arithmetic of contributions (docs/figures.md "Contributions", "Adding up and opening"): each
 * cell Enc_K(v; r) under K = U + M_w, a proof that the sender knows every r, sums, and their
 * opening in two halves.
 *
 *   ciphertexts  C1[i] = r[i] B, C2[i] = r[i] K + v[i] B
 *   proof        T = kB
 *                D = H("hearth v1 contribution proof", statement, K, count, ciphertexts, T)
 *                d[i] = 16 bytes each of the stream with tag "hearth v1 contribution coefficients",
 *                seed D and no context (little-endian)
 *                z = k + sum d[i] r[i]; on the wire T and z, 32 bytes each
 *                checked by zB = T + sum d[i] C1[i]
 *
 * Why that proves knowledge of every r[i]: it is Schnorr's proof for all of them at once. An answer
 * z is one linear equation in (k, r[0], ..., r[n-1]) with coefficients (1, d[0], ..., d[n-1]). Of
 * all d, those on any one hyperplane are at most 2^-128 (l is above 2^128: with the others given,
 * one d[i] at most fits). So whoever answers for a T more often than that can be rewound until n+1
 * independent equations are there, which give the r[i]: a sender without that knowledge succeeds
 * with 2^-128 a try. This holds for D as a random oracle, and the extraction costs about n+1 times
 * what one success does; it is an argument, not a tight bound. T and ciphertexts are hashed, so d
 * cannot be chosen; the statement is hashed, so nobody else can use the proof.
 *
 * Without it an insider could send another's ciphertexts as its own, a thousand times over, and
 * read that one's numbers out of the sum. To know r is enough: C2 - rK is then a point of the
 * sender's own making. Were it made of another's ciphertext it would carry that one's r'K, which
 * only a half-opening of that ciphertext takes away, and the sum would open to nothing.
 */
#ifndef HEARTH_FIGURES_CONTRIBUTION_H
#define HEARTH_FIGURES_CONTRIBUTION_H

#include "proto/base/buf.h"
#include "proto/base/pool.h"
#include "proto/crypto/elgamal.h"
#include "proto/crypto/proof.h"

enum { CONTRIBUTION_VALUE_MAX = 1 << 21 }; /* of a cell, noise included, either sign */

/* Encrypts `count` values for the joint key and proves it. statement: manifest, release key, role,
 * organisation and table, framed. seed: SEED_BYTES, fresh for each contribution; all randomness
 * comes from it (stream tag "hearth v1 contribution", context the statement): r[0], r[1], ... then
 * the nonce k. Values beyond CONTRIBUTION_VALUE_MAX are a caller's bug. ciphertexts: gets count *
 * CIPHERTEXT_BYTES. Constant time in values. */
void contribution_encrypt(const struct point *joint, const int32_t *values, size_t count,
                          const void *statement, size_t statement_len,
                          const uint8_t seed[SEED_BYTES], struct pool *pool, uint8_t *ciphertexts,
                          uint8_t proof[PROOF_BYTES]);

/* Decodes and checks: canonical points, no identity among the C1, no C1 twice, the proof. out:
 * count ciphertexts, undefined where it fails. ERR_INVALID (field "ciphertexts"),
 * ERR_UNAUTHENTICATED (field "proof"). Public data. */
MUST_CHECK bool contribution_check(const struct point *joint, const uint8_t *ciphertexts,
                                   size_t count, const void *statement, size_t statement_len,
                                   const uint8_t proof[PROOF_BYTES], struct pool *pool,
                                   struct ciphertext *out, struct err *err);

/* sum[i] += more[i]. A sum starts as `count` identities: ciphertext_zero. */
void contribution_add(struct ciphertext *sum, const struct ciphertext *more, size_t count,
                      struct pool *pool);
void ciphertexts_zero(struct ciphertext *sum, size_t count);

/* The matcher's half: shares[i] = m * C1[i], encoded, and one batched proof (proof.h). ERR_INVALID
 * where a C1 of the sum is the identity (nothing was added up, or somebody has cancelled it). */
MUST_CHECK bool sum_half_open(const struct scalar *m, const struct ciphertext *sum, size_t count,
                              const void *statement, size_t statement_len,
                              const uint8_t nonce_seed[SEED_BYTES], struct pool *pool,
                              uint8_t *shares, uint8_t proof[PROOF_BYTES], struct err *err);

/* The hub's half: checks the proof for M_w over its own sum, then finds each v in
 * C2 - share - u C1 = vB. ERR_UNAUTHENTICATED: shares of another sum, or of another key;
 * ERR_INVALID (field "cells[i]"): beyond `range`, so that no count fits. */
struct sum_finder;
MUST_CHECK bool sum_open(const struct scalar *u, const struct point *matcher_key,
                         const struct ciphertext *sum, size_t count, const uint8_t *shares,
                         const uint8_t proof[PROOF_BYTES], const void *statement,
                         size_t statement_len, const struct sum_finder *finder, struct pool *pool,
                         int64_t *out, struct err *err);

/* Baby steps and giant steps for v in -range..range. range: 1..2^31. The steps are sized for
 * `expected` values to be found. Never NULL; sum_finder_free. */
struct sum_finder *sum_finder_new(uint64_t range, size_t expected, struct pool *pool);
void sum_finder_free(struct sum_finder *finder);
/* How many points its table has: a giant step is so long. */
size_t sum_finder_points(const struct sum_finder *finder);
/* v where point = vB and |v| <= range; false where there is no such v. Not constant time: sums
 * carry their noise already. */
MUST_CHECK bool sum_find_var(const struct sum_finder *finder, const struct point *point,
                             int64_t *out);

#endif
