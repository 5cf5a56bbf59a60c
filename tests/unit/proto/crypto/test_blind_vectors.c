/* SPDX-License-Identifier: Apache-2.0
 * A query and a reply, byte for byte as tests/vectors/reference.py computes them: what an auditor
 * does who is given the seeds.
 */
#include <stdlib.h>

#include "proto/crypto/blind.h"
#include "tests/unit/proto/crypto/check_hex.h"
#include "tests/vectors/crypto.h"

static const struct blind_layout LAYOUT = {.hard_slots = 2, .soft_slots = 3, .cells = 2};
enum { POSITIONS = 11, ITEMS = 16 };

struct vectors {
    uint8_t seed[SEED_BYTES], reply_seed[SEED_BYTES];
    uint8_t query_id[QUERY_ID_BYTES], query_hash[HASH_BYTES];
    struct scalar a, m;
    struct point query_key, joint_key;
    uint8_t query[POSITIONS * CIPHERTEXT_BYTES];
};

static void count_up(uint8_t *out, size_t len, unsigned first)
{
    for (size_t i = 0; i < len; i++) out[i] = (uint8_t)(first + i);
}

static int start(void **state)
{
    static const int16_t values[POSITIONS] = {1, 0, 200, 0, 300, 1, 0, 0, 500, -2, 0};
    struct vectors *v = mem_new(struct vectors);
    struct point epoch_key;
    struct stream stream;
    count_up(v->seed, sizeof v->seed, 0);
    count_up(v->reply_seed, sizeof v->reply_seed, 200);
    count_up(v->query_id, sizeof v->query_id, 0);
    count_up(v->query_hash, sizeof v->query_hash, 100);
    stream_start(&stream, "matcher", v->seed, NULL, 0);
    stream_scalar(&stream, &v->m);
    point_mul_base(&epoch_key, &v->m);
    blind_query_key(&v->a, &v->query_key, v->seed, v->query_id);
    if (!blind_joint_key(&v->joint_key, &v->query_key, &epoch_key)) return 1;
    blind_query_encrypt(v->query, &LAYOUT, values, &v->joint_key, v->seed, v->query_id);
    *state = v;
    return 0;
}

static int stop(void **state)
{
    free(*state);
    return 0;
}

static void a_query_is_recomputed_byte_for_byte(void **state)
{
    const struct vectors *v = *state;
    uint8_t key[POINT_BYTES];
    point_encode(key, &v->query_key);
    assert_hex(key, sizeof key, VECTOR_QUERY_KEY);
    assert_hex(v->query, sizeof v->query, VECTOR_QUERY);
}

static void a_reply_is_recomputed_byte_for_byte(void **state)
{
    const struct vectors *v = *state;
    static const uint16_t hard[4][3] = {{0, 5}, {1, 6}, {0}, {0, 1, 5}};
    static const uint16_t soft[4][3] = {{2, 4, 7}, {3, 8}, {0}, {7}};
    const struct blind_profile profiles[4] = {
        {.hard = hard[0], .hard_count = 2, .soft = soft[0], .soft_count = 3},
        {.hard = hard[1], .hard_count = 2, .soft = soft[1], .soft_count = 2},
        {.dummy = true},
        {.hard = hard[3], .hard_count = 3, .soft = soft[3], .soft_count = 1},
    };
    uint8_t c1[ITEMS * POINT_BYTES], c2[ITEMS * POINT_BYTES];
    blind_evaluate(c1, c2, &LAYOUT, v->query, &v->joint_key, profiles, 4, v->reply_seed,
                   v->query_hash);
    assert_hex(c1, sizeof c1, VECTOR_REPLY_C1);
    assert_hex(c2, sizeof c2, VECTOR_REPLY_C2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_is_recomputed_byte_for_byte),
        cmocka_unit_test(a_reply_is_recomputed_byte_for_byte),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, start, stop);
}
