/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/load/load.h"

void prepared_make(struct prepared *out)
{
    static const uint8_t seed[SEED_BYTES] = {1};
    struct stream stream;
    stream_start(&stream, "hearth load test", seed, NULL, 0);
    for (unsigned i = 0; i < LOAD_ITEMS; i++) {
        stream_scalar(&stream, &out->logarithms[i]);
        point_mul_base(&out->points[i], &out->logarithms[i]);
        point_encode(out->c1 + i * POINT_BYTES, &out->points[i]);
    }
    reply_half_hash(out->c1_hash, 1, out->c1, sizeof out->c1);
}

void prepared_c2(const struct prepared *prepared, const struct query *query,
                 const struct epoch_record *epoch, uint8_t c2[LOAD_ITEMS * POINT_BYTES])
{
    struct point joint;
    REQUIRE(blind_joint_key(&joint, &query->key, &epoch->key));
    for (unsigned i = 0; i < LOAD_ITEMS; i++) {
        struct point mask, value;
        struct scalar score;
        scalar_from_int(&score, i == 0 ? LOAD_SCORE : SCORE_MAX + (int64_t)i);
        point_mul(&mask, &joint, &prepared->logarithms[i]);
        point_mul_base(&value, &score);
        point_add(&value, &value, &mask);
        point_encode(c2 + i * POINT_BYTES, &value);
    }
}

void prepared_shares(const struct prepared *prepared, const struct point *query_key,
                     uint8_t shares[LOAD_ITEMS * POINT_BYTES])
{
    for (unsigned i = 0; i < LOAD_ITEMS; i++) {
        struct point share;
        point_mul(&share, query_key, &prepared->logarithms[i]);
        point_encode(shares + i * POINT_BYTES, &share);
    }
}
