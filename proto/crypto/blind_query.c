/* SPDX-License-Identifier: Apache-2.0
 * The LA's half of a query: its key and its ciphertexts, both from one seed. */
#include "proto/crypto/blind.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/mem.h"

MUST_CHECK static bool refuse(struct err *err, size_t index, const char *why)
{
    char field[ERR_FIELD_MAX];
    (void)snprintf(field, sizeof field, "ciphertexts[%zu]", index);
    return err_set(err, ERR_INVALID, field, "%s", why);
}

void blind_query_key(struct scalar *a, struct point *key, const uint8_t seed[SEED_BYTES],
                     const uint8_t query_id[QUERY_ID_BYTES])
{
    struct stream stream;
    stream_start(&stream, "hearth query key", seed, query_id, QUERY_ID_BYTES);
    stream_scalar(&stream, a);
    stream_wipe(&stream);
    point_mul_base(key, a);
}

bool blind_joint_key(struct point *out, const struct point *query_key,
                     const struct point *epoch_key)
{
    if (point_is_identity(query_key) || point_is_identity(epoch_key)) return false;
    struct point sum;
    point_add(&sum, query_key, epoch_key);
    if (point_is_identity(&sum)) return false;
    *out = sum;
    return true;
}

enum { CIPHERTEXTS_A_TASK = 64 };

struct encryption {
    uint8_t *out;
    const int16_t *values;
    const struct scalar *scalars;
    const struct point_table *key;
};

static bool encrypt_span(size_t first, size_t end, void *ctx, struct err *err)
{
    const struct encryption *work = ctx;
    struct ciphertext ciphertext;
    (void)err;
    for (size_t i = first; i < end; i++) {
        elgamal_encrypt(&ciphertext, work->key, work->values[i], &work->scalars[i]);
        ciphertext_encode(work->out + i * CIPHERTEXT_BYTES, &ciphertext);
    }
    sodium_memzero(&ciphertext, sizeof ciphertext);
    return true;
}

void blind_query_encrypt(uint8_t *out, const struct blind_layout *layout, const int16_t *values,
                         const struct point *joint_key, const uint8_t seed[SEED_BYTES],
                         const uint8_t query_id[QUERY_ID_BYTES], struct pool *pool)
{
    size_t count = blind_layout_count(layout);
    REQUIRE(count <= BLIND_POSITIONS_MAX);
    struct scalar *scalars = mem_array(count, sizeof *scalars);
    struct point_table *key = point_table_new(joint_key);
    struct stream stream;

    /* The stream is consumed in wire order, whoever encrypts. */
    stream_start(&stream, "hearth query", seed, query_id, QUERY_ID_BYTES);
    for (size_t i = 0; i < count; i++) stream_scalar(&stream, &scalars[i]);
    struct encryption work = {out, values, scalars, key};
    struct err err;
    REQUIRE(pool_each_span(pool, count, CIPHERTEXTS_A_TASK, encrypt_span, &work, &err));
    stream_wipe(&stream);
    point_table_free(key);
    sodium_memzero(scalars, count * sizeof *scalars);
    free(scalars);
}

struct checking {
    const uint8_t *ciphertexts;
};

static bool check_span(size_t first, size_t end, void *ctx, struct err *err)
{
    const struct checking *work = ctx;
    struct ciphertext ciphertext;
    bool ok = true;
    for (size_t i = first; ok && i < end; i++) {
        if (!ciphertext_decode(&ciphertext, work->ciphertexts + i * CIPHERTEXT_BYTES)) {
            ok = refuse(err, i, "not two canonical ristretto255 points");
        } else if (point_is_identity(&ciphertext.c1)) {
            ok = refuse(err, i, "its first half is the identity; must be rB for a random r");
        }
    }
    return ok;
}

bool blind_query_check(const uint8_t *ciphertexts, size_t count, struct pool *pool, struct err *err)
{
    struct checking work = {ciphertexts};
    return pool_each_span(pool, count, CIPHERTEXTS_A_TASK, check_span, &work, err);
}
