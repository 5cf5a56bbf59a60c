/* SPDX-License-Identifier: Apache-2.0
 * The blinded match: query, evaluation, opening (docs/protocol.md "A query" to "Opening").
 * Knows slots only as positions; what they mean is proto/domain's business. One file a step:
 * - blind_query.c: LA, plain vectors to ciphertexts;
 * - blind_evaluate.c: agent, ciphertexts and slot sets to masked scores;
 * - blind_share.c: LA, C1 to shares, and the proof of all of them;
 * - blind_open.c: matcher, C1, C2 and shares to scores.
 */
#ifndef HEARTH_CRYPTO_BLIND_H
#define HEARTH_CRYPTO_BLIND_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/pool.h"
#include "proto/base/secret.h"
#include "proto/crypto/elgamal.h"
#include "proto/crypto/hash.h"
#include "proto/crypto/proof.h"
#include "proto/crypto/stream.h"

enum {
    PROTOCOL_VERSION = 1,
    QUERY_ID_BYTES = 16,
    SCORE_MAX = 1000,
    BLIND_ITEMS_MAX = 65536,        /* a reply */
    BLIND_POSITIONS_MAX = 8192,     /* ciphertexts in a query */
    BLIND_QUERY_ITEMS_MAX = 1 << 20 /* all replies to one query together */
};

/* ---- layout: hard slots, soft slots, hard cells, soft cells, GATE, BASE ---- */
struct blind_layout {
    uint16_t hard_slots, soft_slots, cells;
};
size_t blind_layout_count(const struct blind_layout *layout); /* number of ciphertexts */
size_t blind_position_hard(const struct blind_layout *layout, size_t hard_index);
size_t blind_position_soft(const struct blind_layout *layout, size_t soft_index);
size_t blind_position_hard_cell(const struct blind_layout *layout, size_t cell_index);
size_t blind_position_soft_cell(const struct blind_layout *layout, size_t cell_index);
size_t blind_position_gate(const struct blind_layout *layout);
size_t blind_position_base(const struct blind_layout *layout);

/* Size class of a reply for `held` carers: 16, 32, 48, 64, 80, 96, 112, 128, then x1.25 rounded
 * down to a multiple of 16. held <= BLIND_ITEMS_MAX * 3 / 4. */
uint32_t blind_size_class(size_t held);
bool blind_is_size_class(uint32_t count);

/* ---- LA: the query ---- */

/* values[i] is the plain value of ciphertext i in wire order: h in {0,1}, w in 0..1000, the cells',
 * then -H, then BASE. out: count * CIPHERTEXT_BYTES bytes. joint_key: K. seed: the query's.
 * Consumes stream ("hearth query", seed, query_id): one scalar a ciphertext, in wire order. pool
 * spreads the work (NULL: the calling thread), with the same outcome. */
void blind_query_encrypt(uint8_t *out, const struct blind_layout *layout, const int16_t *values,
                         const struct point *joint_key, const uint8_t seed[SEED_BYTES],
                         const uint8_t query_id[QUERY_ID_BYTES], struct pool *pool);

/* Derives the query key a from the seed (stream "hearth query key") and A = aB. */
void blind_query_key(struct scalar *a, struct point *key, const uint8_t seed[SEED_BYTES],
                     const uint8_t query_id[QUERY_ID_BYTES]);

/* K = A + M. False where K, A or M is the identity. */
MUST_CHECK bool blind_joint_key(struct point *out, const struct point *query_key,
                                const struct point *epoch_key);

/* What any checker of a query does with the ciphertexts before it spends anything on them
 * (matcher): every point canonical, no c1 the identity. ERR_INVALID names the ciphertext. Public
 * data. */
MUST_CHECK bool blind_query_check(const uint8_t *ciphertexts, size_t count, struct pool *pool,
                                  struct err *err);

/* ---- agent: evaluation ---- */

/* One carer: positions of its hard and soft ciphertexts (cell included), each list ascending
 * without repeats. dummy: cannot be placed with now or lives outside the footprint; its lists are
 * ignored. */
struct blind_profile {
    const uint16_t *hard, *soft;
    uint16_t hard_count, soft_count;
    bool dummy;
};

/* Evaluates `count` profiles and pads with dummies to blind_size_class(count). ciphertexts: the
 * query's, layout count * 64 bytes; only positions that profiles hold, GATE and BASE are decoded,
 * each once, and a profile that touches one that does not decode, or whose c1 is the identity,
 * becomes a dummy (GATE or BASE: all do). A dummy's item decrypts to a uniformly random point
 * whatever the query holds. c1, c2: size class * 32 bytes each. Consumes stream ("hearth reply",
 * seed, query_hash): for each item in order the scalars rho, rho', t; then the permutation: item i
 * is written to place permutation[i]. Same work whatever the query says.
 * The items are spread over `pool` (NULL: the calling thread), with the same outcome. */
void blind_evaluate(uint8_t *c1, uint8_t *c2, const struct blind_layout *layout,
                    const uint8_t *ciphertexts, const struct point *joint_key,
                    const struct blind_profile *profiles, size_t count,
                    const uint8_t seed[SEED_BYTES], const uint8_t query_hash[HASH_BYTES],
                    struct pool *pool);

/* ---- LA: shares, one-shot ---- */
struct blind_sharer;

/* a is copied into guarded memory; query_hash binds the proof. */
struct blind_sharer *blind_sharer_new(const struct scalar *a, const uint8_t seed[SEED_BYTES],
                                      const uint8_t query_hash[HASH_BYTES]);
void blind_sharer_free(struct blind_sharer *sharer); /* wipes */
/* Lowers BLIND_QUERY_ITEMS_MAX for this query, before any reply is added: 1 to
 * BLIND_QUERY_ITEMS_MAX. */
void blind_sharer_limit(struct blind_sharer *sharer, size_t items);
/* Spreads the arithmetic of each reply and of the proof over a pool, which must outlive the sharer.
 */
void blind_sharer_workers(struct blind_sharer *sharer, struct pool *pool);
/* Shares for one reply: shares[j] = a * c1[j]. Once an agent; refuses (ERR_INVALID) non-canonical
 * points, the identity and any point seen before in this query, (ERR_BUDGET) more than
 * BLIND_QUERY_ITEMS_MAX items in all, (ERR_EXISTS) a second reply of that agent. A refused reply
 * leaves no trace in the proof. Thread-safe. c1, shares: count * 32 bytes. */
MUST_CHECK bool blind_sharer_add(struct blind_sharer *sharer, const char *agent, const uint8_t *c1,
                                 uint32_t count, uint8_t *shares, struct err *err);
/* The batched proof over the replies of the named agents, in that order. ERR_NOT_FOUND where an
 * agent has no accepted reply, ERR_EXISTS where one is named twice. One call only: a is wiped by
 * it, also where it fails, and every later call of _add or _prove gives ERR_EXPIRED. */
MUST_CHECK bool blind_sharer_prove(struct blind_sharer *sharer, const char *const *agents,
                                   size_t agent_count, uint8_t out[PROOF_BYTES], struct err *err);

/* ---- matcher: opening ---- */
struct blind_scores; /* look-up of 0B..1000B; immutable, shared by all threads */
struct blind_scores *blind_scores_new(void);
void blind_scores_free(struct blind_scores *scores);

/* One reply being opened: keeps the decoded C1 and shares for the proof, and the scores. */
struct blind_opened;
enum { SCORE_NONE = -1 };
/* The `count` points of a reply's c1 (count * 32 bytes), which the caller frees; ERR_INVALID and
 * NULL where one is not canonical or the identity. For who checks a reply before there are shares.
 */
struct point *blind_decode_c1(const uint8_t *c1, uint32_t count, struct err *err);
/* V = C2 - S - m C1, looked up. ERR_INVALID where a point is not canonical, a c1 or a share is the
 * identity. scores inside are not to be used before blind_opened_check said yes. c1, c2, shares:
 * count * 32 bytes each; points: what blind_decode_c1 gave of c1, or NULL; pool spreads the work
 * (NULL: the calling thread). */
MUST_CHECK bool blind_open(struct blind_opened **out, const struct blind_scores *table,
                           const struct scalar *m, const uint8_t *c1, const struct point *points,
                           const uint8_t *c2, const uint8_t *shares, uint32_t count,
                           struct pool *pool, struct err *err);
void blind_opened_free(struct blind_opened *opened); /* wipes */
/* The batched proof over the replies in that order; ERR_UNAUTHENTICATED where it does not verify.
 * Its statement is query_hash. pool spreads the work (NULL: the calling thread). */
MUST_CHECK bool blind_opened_check(struct blind_opened *const *opened, size_t count,
                                   const struct point *query_key,
                                   const uint8_t query_hash[HASH_BYTES],
                                   const uint8_t proof[PROOF_BYTES], struct pool *pool,
                                   struct err *err);
/* Score of item j: 0..1000 or SCORE_NONE. */
int blind_opened_score(const struct blind_opened *opened, uint32_t item);
uint32_t blind_opened_count(const struct blind_opened *opened);

#endif
