/* SPDX-License-Identifier: Apache-2.0
 * The LA's half of a query: its key and its ciphertexts, both from one seed. */
#include "proto/crypto/blind.h"

#include <stdio.h>

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

void blind_query_encrypt(uint8_t *out, const struct blind_layout *layout, const int16_t *values,
                         const struct point *joint_key, const uint8_t seed[SEED_BYTES],
                         const uint8_t query_id[QUERY_ID_BYTES])
{
    size_t count = blind_layout_count(layout);
    REQUIRE(count <= BLIND_POSITIONS_MAX);
    struct point_table *key = point_table_new(joint_key);
    struct stream stream;
    struct scalar r;
    struct ciphertext ciphertext;

    stream_start(&stream, "hearth query", seed, query_id, QUERY_ID_BYTES);
    for (size_t i = 0; i < count; i++) {
        stream_scalar(&stream, &r);
        elgamal_encrypt(&ciphertext, key, values[i], &r);
        ciphertext_encode(out + i * CIPHERTEXT_BYTES, &ciphertext);
    }
    stream_wipe(&stream);
    scalar_wipe(&r);
    sodium_memzero(&ciphertext, sizeof ciphertext);
    point_table_free(key);
}

bool blind_query_check(const uint8_t *ciphertexts, size_t count, struct err *err)
{
    struct ciphertext ciphertext;
    for (size_t i = 0; i < count; i++) {
        if (!ciphertext_decode(&ciphertext, ciphertexts + i * CIPHERTEXT_BYTES))
            return refuse(err, i, "not two canonical ristretto255 points");
        if (point_is_identity(&ciphertext.c1))
            return refuse(err, i, "its first half is the identity; must be rB for a random r");
    }
    return true;
}
