/* SPDX-License-Identifier: Apache-2.0
 * No branch and no address depends on what an organisation counts or on its noise: the tests of
 * constant_time.h for contributions. */
#include "tests/unit/proto/crypto/constant_time.h"

#include "proto/figures/contribution.h"
#include "proto/figures/noise.h"

enum { CELLS = 16 };

static void noise_is_drawn_in_constant_time(void **state)
{
    (void)state;
    const struct noise_spec spec = {7, 500000, 1};
    struct noise_table *table = NULL;
    struct stream stream;
    struct err err;
    uint8_t seed[SEED_BYTES];
    int32_t sum = 0;
    assert_true(noise_table_build(&spec, &table, &err));
    randombytes_buf(seed, sizeof seed);
    secret(seed, sizeof seed);
    (void)reports();
    stream_start(&stream, "test", seed, NULL, 0);
    for (int i = 0; i < 20; i++) sum += noise_draw(table, &stream);
    assert_int_equal(reports(), 0);
    publish(&sum, sizeof sum);
    assert_in_range(sum + 1000, 0, 2000);
    noise_table_free(table);
}

/* What was counted, with its noise. */
static void a_contribution_is_made_in_constant_time(void **state)
{
    (void)state;
    const struct noise_spec spec = {7, 500000, 1};
    struct noise_table *table = NULL;
    struct stream stream;
    struct err err;
    struct point base;
    int32_t values[CELLS];
    uint8_t seed[SEED_BYTES], ciphertexts[CELLS * CIPHERTEXT_BYTES], proof[PROOF_BYTES];
    point_base(&base);
    for (int i = 0; i < CELLS; i++) values[i] = (i % 2 ? 1 : -1) * (1 << i);
    randombytes_buf(seed, sizeof seed);
    secret(values, sizeof values);
    secret(seed, sizeof seed);
    assert_true(noise_table_build(&spec, &table, &err));
    (void)reports();
    stream_start(&stream, "test", seed, NULL, 0);
    for (int i = 0; i < CELLS; i++) values[i] += noise_draw(table, &stream);
    contribution_encrypt(&base, values, CELLS, "statement", 9, seed, NULL, ciphertexts, proof);
    assert_int_equal(reports(), 0);
    noise_table_free(table);
}

/* The matcher's half: m is secret. */
static void a_half_is_made_in_constant_time(void **state)
{
    (void)state;
    struct scalar m;
    struct err err;
    struct ciphertext sum[CELLS];
    uint8_t seed[SEED_BYTES], shares[CELLS * POINT_BYTES], proof[PROOF_BYTES];
    for (int i = 0; i < CELLS; i++) {
        struct scalar r;
        scalar_random(&r);
        point_mul_base(&sum[i].c1, &r);
        sum[i].c2 = sum[i].c1;
    }
    scalar_random(&m);
    randombytes_buf(seed, sizeof seed);
    secret(&m, sizeof m);
    secret(seed, sizeof seed);
    (void)reports();
    assert_true(sum_half_open(&m, sum, CELLS, "s", 1, seed, NULL, shares, proof, &err));
    assert_int_equal(reports(), 0);
}

/* Encryptions of 0 to CELLS - 1 under u + m. */
static void encrypt_sum(struct ciphertext *sum, const struct scalar *u, const struct scalar *m)
{
    struct scalar k, r;
    struct point key;
    scalar_add(&k, u, m);
    point_mul_base(&key, &k);
    struct point_table *table = point_table_new(&key);
    for (int16_t i = 0; i < CELLS; i++) {
        scalar_random(&r);
        elgamal_encrypt(&sum[i], table, i, &r);
    }
    point_table_free(table);
}

/* The hub's half: u is secret. What it finds is the released sum. */
static void a_sum_is_opened_in_constant_time(void **state)
{
    (void)state;
    struct scalar u, m;
    struct point matcher_key;
    struct err err;
    struct ciphertext sum[CELLS];
    int64_t values[CELLS];
    uint8_t seed[SEED_BYTES] = {1}, shares[CELLS * POINT_BYTES], proof[PROOF_BYTES];
    struct sum_finder *finder = sum_finder_new(1000, CELLS, NULL);
    scalar_random(&u);
    scalar_random(&m);
    point_mul_base(&matcher_key, &m);
    encrypt_sum(sum, &u, &m);
    assert_true(sum_half_open(&m, sum, CELLS, "s", 1, seed, NULL, shares, proof, &err));
    secret(&u, sizeof u);
    (void)reports();
    bool ok =
        sum_open(&u, &matcher_key, sum, CELLS, shares, proof, "s", 1, finder, NULL, values, &err);
    assert_int_equal(reports(), 0);
    assert_true(ok);
    for (int i = 0; i < CELLS; i++) assert_int_equal(values[i], i);
    sum_finder_free(finder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_drawn_in_constant_time),
        cmocka_unit_test(a_contribution_is_made_in_constant_time),
        cmocka_unit_test(a_half_is_made_in_constant_time),
        cmocka_unit_test(a_sum_is_opened_in_constant_time),
    };
    (void)argc;
    return constant_time_run(argv, tests);
}
