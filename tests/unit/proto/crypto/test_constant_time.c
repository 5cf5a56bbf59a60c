/* SPDX-License-Identifier: Apache-2.0
 * No branch and no address depends on a secret: the tests of constant_time.h for proto/crypto. */
#include "tests/unit/proto/crypto/constant_time.h"
#ifndef NOT_HERE

#include "proto/crypto/blind.h"

enum { COUNT = 16 };

static void secret_scalar(struct scalar *out)
{
    scalar_random(out);
    secret(out, sizeof *out);
}

/* The method itself: a branch on a secret is seen. */
static void a_branch_on_a_secret_is_reported(void **state)
{
    (void)state;
    uint8_t value;
    randombytes_buf(&value, 1);
    secret(&value, 1);
    (void)reports();
    volatile int sink = 0;
    if (value > 100) sink = 1;
    (void)sink;
    assert_int_not_equal(reports(), 0);
}

static void scalars_are_constant_time(void **state)
{
    (void)state;
    struct scalar a, b, c;
    uint8_t wide[SCALAR_WIDE_BYTES], out[SCALAR_BYTES];
    int64_t v = -12345;
    bool condition = true;
    randombytes_buf(wide, sizeof wide);
    secret(wide, sizeof wide);
    secret(&v, sizeof v);
    secret(&condition, sizeof condition);
    (void)reports();
    scalar_from_wide(&a, wide);
    scalar_from_int(&b, v);
    scalar_add(&c, &a, &b);
    scalar_sub(&c, &c, &a);
    scalar_mul(&c, &c, &a);
    scalar_select(&c, &c, &b, condition);
    scalar_encode(out, &c);
    assert_int_equal(reports(), 0);
}

static void points_are_constant_time(void **state)
{
    (void)state;
    struct scalar s;
    struct point base, product, sum;
    uint8_t out[POINT_BYTES];
    bool condition = false;
    point_base(&base);
    struct point_table *table = point_table_new(&base);
    secret_scalar(&s);
    secret(&condition, sizeof condition);
    (void)reports();
    point_mul_base(&product, &s);
    point_mul_table(&sum, table, &s);
    point_add(&sum, &sum, &product);
    point_mul(&sum, &sum, &s);
    point_sub(&sum, &sum, &product);
    point_select(&sum, &sum, &product, condition);
    point_encode(out, &sum);
    assert_int_equal(reports(), 0);
    point_table_free(table);
}

static void encryption_is_constant_time(void **state)
{
    (void)state;
    struct scalar k, r;
    struct point key, opened;
    struct ciphertext ciphertext;
    uint8_t out[CIPHERTEXT_BYTES];
    int16_t v = 1000;
    scalar_random(&k);
    point_mul_base(&key, &k);
    struct point_table *table = point_table_new(&key);
    secret(&k, sizeof k);
    secret(&v, sizeof v);
    secret_scalar(&r);
    (void)reports();
    elgamal_encrypt(&ciphertext, table, v, &r);
    ciphertext_encode(out, &ciphertext);
    elgamal_open(&opened, &ciphertext, &k);
    assert_int_equal(reports(), 0);
    point_table_free(table);
}

static void streams_are_constant_time(void **state)
{
    (void)state;
    struct stream stream;
    struct scalar scalar;
    uint8_t seed[SEED_BYTES], out[100];
    randombytes_buf(seed, sizeof seed);
    secret(seed, sizeof seed);
    (void)reports();
    stream_start(&stream, "test", seed, "ctx", 3);
    stream_bytes(&stream, out, sizeof out);
    stream_scalar(&stream, &scalar);
    stream_wipe(&stream);
    assert_int_equal(reports(), 0);
}

static void proofs_are_constant_time(void **state)
{
    (void)state;
    struct scalar x;
    struct point key, points[COUNT];
    uint8_t seed[SEED_BYTES], proof[PROOF_BYTES];
    uint8_t encoded[COUNT * POINT_BYTES], shares[COUNT * POINT_BYTES];
    scalar_random(&x);
    for (size_t j = 0; j < COUNT; j++) {
        struct scalar s;
        scalar_random(&s);
        point_mul_base(&points[j], &s);
        point_encode(encoded + j * POINT_BYTES, &points[j]);
        point_mul(&key, &points[j], &x);
        point_encode(shares + j * POINT_BYTES, &key);
    }
    randombytes_buf(seed, sizeof seed);
    secret(seed, sizeof seed);
    secret(&x, sizeof x);
    (void)reports();
    proof_possession_make(proof, "test", "statement", 9, &x, seed);
    assert_int_equal(reports(), 0);
    point_mul_base(&key, &x);
    publish(&key, sizeof key);
    publish(proof, sizeof proof);
    assert_true(proof_possession_check(proof, "test", "statement", 9, &key));
    (void)reports();
    proof_shares_make(proof, "statement", 9, &x, encoded, shares, points, COUNT, seed, NULL);
    assert_int_equal(reports(), 0);
}

/* The whole of an LA's query: values and seed are secret, keys and layout are not. */
static void a_query_is_constant_time(void **state)
{
    (void)state;
    const struct blind_layout layout = {.hard_slots = 5, .soft_slots = 6, .cells = 3};
    const size_t count = blind_layout_count(&layout);
    int16_t *values = mem_array(count, sizeof *values);
    uint8_t *out = mem_array(count, CIPHERTEXT_BYTES);
    uint8_t seed[SEED_BYTES], query_id[QUERY_ID_BYTES] = {1};
    struct scalar a;
    struct point base, key;
    for (size_t i = 0; i < count; i++) values[i] = (int16_t)(i * 70) - 100;
    randombytes_buf(seed, sizeof seed);
    point_base(&base);
    secret(values, count * sizeof *values);
    secret(seed, sizeof seed);
    (void)reports();
    blind_query_key(&a, &key, seed, query_id);
    blind_query_encrypt(out, &layout, values, &base, seed, query_id, NULL);
    assert_int_equal(reports(), 0);
    free(values);
    free(out);
}

/* The LA's shares for an agent's points. */
static void shares_are_constant_time(void **state)
{
    (void)state;
    struct scalar a;
    struct err err;
    uint8_t c1[COUNT * POINT_BYTES], shares[COUNT * POINT_BYTES];
    uint8_t seed[SEED_BYTES], query_hash[HASH_BYTES] = {1};
    for (size_t j = 0; j < COUNT; j++) crypto_core_ristretto255_random(c1 + j * POINT_BYTES);
    randombytes_buf(seed, sizeof seed);
    secret_scalar(&a);
    (void)reports();
    struct blind_sharer *sharer = blind_sharer_new(&a, seed, query_hash);
    assert_true(blind_sharer_add(sharer, "agent", c1, COUNT, shares, &err));
    blind_sharer_free(sharer);
    assert_int_equal(reports(), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_branch_on_a_secret_is_reported),
        cmocka_unit_test(scalars_are_constant_time),
        cmocka_unit_test(points_are_constant_time),
        cmocka_unit_test(encryption_is_constant_time),
        cmocka_unit_test(streams_are_constant_time),
        cmocka_unit_test(proofs_are_constant_time),
        cmocka_unit_test(a_query_is_constant_time),
        cmocka_unit_test(shares_are_constant_time),
    };
    (void)argc;
    if (!constant_time_start(argv)) return 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
