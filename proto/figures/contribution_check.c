/* SPDX-License-Identifier: Apache-2.0
 * What matcher and hub do with a contribution: check it and add it up. */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/crypto/seen.h"
#include "proto/figures/contribution_internal.h"

bool refuse_cell(struct err *err, enum err_code code, const char *name, size_t i, const char *why)
{
    char field[ERR_FIELD_MAX];
    (void)snprintf(field, sizeof field, "%s[%zu]", name, i);
    return err_set(err, code, field, "%s", why);
}

struct decoding {
    const uint8_t *bytes;
    struct ciphertext *out;
};

static bool decode_span(size_t first, size_t end, void *ctx, struct err *err)
{
    const struct decoding *work = ctx;
    for (size_t i = first; i < end; i++) {
        if (!ciphertext_decode(&work->out[i], work->bytes + i * CIPHERTEXT_BYTES)) {
            return refuse_cell(err, ERR_INVALID, "ciphertexts", i,
                               "not two canonical ristretto255 points");
        }
        if (point_is_identity(&work->out[i].c1)) {
            return refuse_cell(err, ERR_INVALID, "ciphertexts", i,
                               "its first half is the identity; must be rB for a random r");
        }
    }
    return true;
}

/* Two cells under one r would show the difference of their values. */
MUST_CHECK static bool refuse_repeats(const uint8_t *ciphertexts, size_t count, struct err *err)
{
    struct seen *seen = seen_new();
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        if (!seen_add(seen, ciphertexts + i * CIPHERTEXT_BYTES)) {
            ok = refuse_cell(err, ERR_INVALID, "ciphertexts", i,
                             "its first half stands in this contribution twice");
        }
    }
    seen_free(seen);
    return ok;
}

/* Is zB = T + sum d[i] C1[i]? */
MUST_CHECK static bool verifies(const struct ciphertext *ciphertexts, const uint8_t *coefficients,
                                size_t count, const struct point *commitment,
                                const struct scalar *z)
{
    struct point *c1 = mem_array(count, sizeof *c1), left, right;
    for (size_t i = 0; i < count; i++) c1[i] = ciphertexts[i].c1;
    point_msm_var(&right, c1, coefficients, count);
    point_add(&right, &right, commitment);
    point_mul_base(&left, z);
    free(c1);
    return point_equal(&left, &right);
}

bool contribution_check(const struct point *joint, const uint8_t *ciphertexts, size_t count,
                        const void *statement, size_t statement_len,
                        const uint8_t proof[PROOF_BYTES], struct pool *pool, struct ciphertext *out,
                        struct err *err)
{
    struct decoding work = {ciphertexts, out};
    struct point commitment;
    struct scalar z;
    if (!pool_each_span(pool, count, CELLS_A_TASK, decode_span, &work, err) ||
        !refuse_repeats(ciphertexts, count, err)) {
        return false;
    }
    if (!point_decode(&commitment, proof) || !scalar_decode(&z, proof + POINT_BYTES)) {
        return err_set(err, ERR_UNAUTHENTICATED, "proof",
                       "not a canonical point and a canonical scalar");
    }
    uint8_t *coefficients =
        contribution_coefficients_new(joint, ciphertexts, count, statement, statement_len, proof);
    bool ok = verifies(out, coefficients, count, &commitment, &z);
    free(coefficients);
    return ok || err_set(err, ERR_UNAUTHENTICATED, "proof",
                         "does not prove that its sender made these ciphertexts for this table");
}

struct addition {
    struct ciphertext *sum;
    const struct ciphertext *more;
};

static bool add_span(size_t first, size_t end, void *ctx, struct err *err)
{
    const struct addition *work = ctx;
    (void)err;
    for (size_t i = first; i < end; i++) elgamal_add(&work->sum[i], &work->sum[i], &work->more[i]);
    return true;
}

/* Sixteen times as many a task as in the others: an addition is so much cheaper. */
void contribution_add(struct ciphertext *sum, const struct ciphertext *more, size_t count,
                      struct pool *pool)
{
    struct addition work = {sum, more};
    struct err err;
    REQUIRE(pool_each_span(pool, count, 16 * CELLS_A_TASK, add_span, &work, &err));
}

void ciphertexts_zero(struct ciphertext *sum, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        point_identity(&sum[i].c1);
        point_identity(&sum[i].c2);
    }
}
