/* SPDX-License-Identifier: Apache-2.0
 * The two halves of opening a sum: the matcher's m C1 and the hub's C2 - m C1 - u C1. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/declassify.h"
#include "proto/base/mem.h"
#include "proto/figures/contribution_internal.h"

/* The C1 of a sum, decoded and encoded. */
struct firsts {
    struct point *points;
    uint8_t *bytes;
    size_t count;
};

static struct firsts firsts_new(const struct ciphertext *sum, size_t count)
{
    struct firsts firsts = {.count = count};
    firsts.points = mem_array(count, sizeof *firsts.points);
    firsts.bytes = mem_array(count, POINT_BYTES);
    for (size_t i = 0; i < count; i++) {
        firsts.points[i] = sum[i].c1;
        point_encode(firsts.bytes + i * POINT_BYTES, &sum[i].c1);
    }
    return firsts;
}

static void firsts_free(struct firsts *firsts)
{
    free(firsts->points);
    free(firsts->bytes);
}

struct halving {
    const struct scalar *m;
    const struct point *points;
    uint8_t *out;
};

static bool halve_span(size_t first, size_t end, void *ctx, struct err *err)
{
    const struct halving *work = ctx;
    struct point share;
    bool ok = true;
    for (size_t i = first; ok && i < end; i++) {
        if (point_is_identity(&work->points[i])) {
            ok = refuse_cell(err, ERR_INVALID, "cells", i,
                             "the first half of its sum is the identity: nothing to open");
        } else {
            point_mul(&share, &work->points[i], work->m);
            point_encode(work->out + i * POINT_BYTES, &share);
        }
    }
    sodium_memzero(&share, sizeof share);
    return ok;
}

bool sum_half_open(const struct scalar *m, const struct ciphertext *sum, size_t count,
                   const void *statement, size_t statement_len,
                   const uint8_t nonce_seed[SEED_BYTES], struct pool *pool, uint8_t *shares,
                   uint8_t proof[PROOF_BYTES], struct err *err)
{
    struct firsts firsts = firsts_new(sum, count);
    uint8_t *made = mem_array(count, POINT_BYTES);
    struct halving work = {m, firsts.points, made};
    bool ok = pool_each_span(pool, count, CELLS_A_TASK, halve_span, &work, err);
    if (ok) {
        proof_shares_make(proof, statement, statement_len, m, firsts.bytes, made, firsts.points,
                          count, nonce_seed, pool);
        memcpy(shares, made, count * POINT_BYTES);
    }
    sodium_memzero(made, count * POINT_BYTES);
    free(made);
    firsts_free(&firsts);
    return ok;
}

/* ---- the hub's half ---- */
struct opening {
    const struct scalar *u;
    const struct ciphertext *sum;
    const uint8_t *share_bytes;
    struct point *shares;
    const struct sum_finder *finder;
    int64_t *values;
};

static bool decode_span(size_t first, size_t end, void *ctx, struct err *err)
{
    const struct opening *work = ctx;
    for (size_t i = first; i < end; i++) {
        if (!point_decode(&work->shares[i], work->share_bytes + i * POINT_BYTES)) {
            return refuse_cell(err, ERR_UNAUTHENTICATED, "shares", i,
                               "not a canonical ristretto255 point");
        }
    }
    return true;
}

static bool open_span(size_t first, size_t end, void *ctx, struct err *err)
{
    const struct opening *work = ctx;
    struct point value;
    bool ok = true;
    for (size_t i = first; ok && i < end; i++) {
        elgamal_open(&value, &work->sum[i], work->u);
        point_sub(&value, &value, &work->shares[i]);
        /* The finder takes as long as the number is large; it carries its noise already. */
        declassify(&value, sizeof value);
        if (!sum_find_var(work->finder, &value, &work->values[i])) {
            ok = refuse_cell(err, ERR_INVALID, "cells", i,
                             "beyond what the contributions could add up to");
        }
    }
    sodium_memzero(&value, sizeof value);
    return ok;
}

/* The shares decoded, and proved to be of this sum and of the matcher's key. */
MUST_CHECK static bool check_shares(const struct opening *work, size_t count,
                                    const struct point *matcher_key,
                                    const uint8_t proof[PROOF_BYTES], const void *statement,
                                    size_t statement_len, struct pool *pool, struct err *err)
{
    if (!pool_each_span(pool, count, CELLS_A_TASK, decode_span, (void *)(uintptr_t)work, err))
        return false;
    struct firsts firsts = firsts_new(work->sum, count);
    bool ok = proof_shares_check(proof, statement, statement_len, matcher_key, firsts.bytes,
                                 work->share_bytes, firsts.points, work->shares, count, pool);
    firsts_free(&firsts);
    return ok || err_set(err, ERR_UNAUTHENTICATED, "proof",
                         "these are not the matcher's shares of the sum that is opened here");
}

bool sum_open(const struct scalar *u, const struct point *matcher_key, const struct ciphertext *sum,
              size_t count, const uint8_t *shares, const uint8_t proof[PROOF_BYTES],
              const void *statement, size_t statement_len, const struct sum_finder *finder,
              struct pool *pool, int64_t *out, struct err *err)
{
    struct opening work = {.u = u, .sum = sum, .share_bytes = shares, .finder = finder};
    work.shares = mem_array(count, sizeof *work.shares);
    work.values = mem_array(count, sizeof *work.values);
    /* One cell a task: a large sum takes as long as very many small ones. */
    bool ok = check_shares(&work, count, matcher_key, proof, statement, statement_len, pool, err) &&
              pool_each_span(pool, count, 1, open_span, &work, err);
    if (ok) memcpy(out, work.values, count * sizeof *out);
    sodium_memzero(work.shares, count * sizeof *work.shares);
    sodium_memzero(work.values, count * sizeof *work.values);
    free(work.shares);
    free(work.values);
    return ok;
}
