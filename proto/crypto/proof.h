/* SPDX-License-Identifier: Apache-2.0
 * Schnorr proofs (docs/protocol.md "Keys", "Opening"): possession of a key (RFC 8235 style) and
 * one batched proof of equal discrete logarithms (RFC 9497 section 2.2 style) over all shares of a
 * query.
 * A proof is challenge c and response s, 32 canonical bytes each; H is hash.h's, 64 bytes, mod l.
 *   possession: R = kB, c = H(tag, statement, X, R), s = k + cx
 *   shares:     D = H("hearth v1 shares", statement, X, count, all P[j], all S[j]), 32 bytes
 *               d[j] = 16 bytes each of the stream with tag "hearth v1 shares coefficients",
 *               seed D and no context
 *               P* = sum d[j] P[j], S* = sum d[j] S[j], R1 = kB, R2 = k P*
 *               c = H("hearth v1 shares challenge", D, P*, S*, R1, R2), s = k + cx
 *   nonce:      k = H("hearth v1 proof nonce", tag, statement, X), keyed with the seed; for
 *               shares tag is that of the challenge and statement is D
 * The checker recomputes R = sB - cX (and R2 = s P* - c S*) and then c.
 */
#ifndef HEARTH_CRYPTO_PROOF_H
#define HEARTH_CRYPTO_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/pool.h"
#include "proto/crypto/group.h"
#include "proto/crypto/hash.h"
#include "proto/crypto/stream.h"

enum { PROOF_BYTES = 64 };

/* Proves knowledge of x in X = xB. statement: everything that the proof is bound to (parties,
 * roles, ids, epoch, other keys), already framed unambiguously by the caller; tag: one a use. The
 * nonce is H(tag, seed, statement, X), so the same input gives the same proof. */
void proof_possession_make(uint8_t out[PROOF_BYTES], const char *tag, const void *statement,
                           size_t statement_len, const struct scalar *x,
                           const uint8_t nonce_seed[SEED_BYTES]);
/* False for an identity key, a non-canonical proof or one that does not verify. Public data. */
MUST_CHECK bool proof_possession_check(const uint8_t in[PROOF_BYTES], const char *tag,
                                       const void *statement, size_t statement_len,
                                       const struct point *key);

/* Proves S[j] = x * P[j] for all j and X = xB, as one proof. points: the encoded P[j], shares: the
 * encoded S[j], 32 bytes each, count of them; they and X are hashed into the challenge and the
 * coefficients. decoded: the P[j] decoded. */
void proof_shares_make(uint8_t out[PROOF_BYTES], const void *statement, size_t statement_len,
                       const struct scalar *x, const uint8_t *points, const uint8_t *shares,
                       const struct point *decoded, size_t count,
                       const uint8_t nonce_seed[SEED_BYTES], struct pool *pool);
MUST_CHECK bool proof_shares_check(const uint8_t in[PROOF_BYTES], const void *statement,
                                   size_t statement_len, const struct point *key,
                                   const uint8_t *points, const uint8_t *shares,
                                   const struct point *decoded_points,
                                   const struct point *decoded_shares, size_t count,
                                   struct pool *pool);

/* Random coefficients for a batch, each 16 bytes of the stream with this tag, the digest as its
 * seed and no context: they follow from what was hashed, so that none of it can be chosen after
 * them. count * MSM_COEFFICIENT_BYTES bytes; caller frees. */
uint8_t *proof_coefficients_new(const char *tag, const uint8_t digest[HASH_BYTES], size_t count);

#endif
