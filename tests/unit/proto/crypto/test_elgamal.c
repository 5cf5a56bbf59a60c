/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stdlib.h>

#include "proto/crypto/elgamal.h"
#include "proto/crypto/stream.h"
#include "tests/unit/proto/crypto/check_hex.h"
#include "tests/vectors/crypto.h"

static struct point_table *key_pair(struct scalar *k)
{
    struct point key;
    scalar_random(k);
    point_mul_base(&key, k);
    return point_table_new(&key);
}

static void assert_opens_to(const struct ciphertext *ciphertext, const struct scalar *k, int64_t v)
{
    struct point opened, expected;
    struct scalar value;
    scalar_from_int(&value, v);
    point_mul_base(&expected, &value);
    elgamal_open(&opened, ciphertext, k);
    assert_true(point_equal(&opened, &expected));
}

static void encryption_follows_the_written_definition(void **state)
{
    (void)state;
    static const struct {
        int16_t v;
        const char *hex;
    } cases[] = {{-3, VECTOR_ELGAMAL_MINUS_3}, {0, VECTOR_ELGAMAL_0}, {1000, VECTOR_ELGAMAL_1000}};
    uint8_t seed[SEED_BYTES], bytes[CIPHERTEXT_BYTES];
    for (unsigned i = 0; i < SEED_BYTES; i++) seed[i] = (uint8_t)i;
    struct stream stream;
    struct scalar k, r;
    struct point key;
    stream_start(&stream, "elgamal", seed, NULL, 0);
    stream_scalar(&stream, &k);
    stream_scalar(&stream, &r);
    point_mul_base(&key, &k);
    struct point_table *table = point_table_new(&key);
    struct elgamal_powers powers;
    elgamal_powers(&powers);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ciphertext ciphertext;
        elgamal_encrypt(&ciphertext, table, cases[i].v, &r);
        ciphertext_encode(bytes, &ciphertext);
        assert_hex(bytes, sizeof bytes, cases[i].hex);
        elgamal_encrypt_wide(&ciphertext, table, &powers, cases[i].v, &r);
        ciphertext_encode(bytes, &ciphertext);
        assert_hex(bytes, sizeof bytes, cases[i].hex);
    }
    point_table_free(table);
}

static void what_was_encrypted_comes_out(void **state)
{
    (void)state;
    static const int16_t values[] = {0, 1, -1, 999, 1000, INT16_MAX, INT16_MIN};
    struct scalar k, other, r;
    struct point_table *table = key_pair(&k);
    scalar_random(&other);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct ciphertext ciphertext;
        struct point right, wrong;
        scalar_random(&r);
        elgamal_encrypt(&ciphertext, table, values[i], &r);
        assert_opens_to(&ciphertext, &k, values[i]);
        elgamal_open(&right, &ciphertext, &k);
        elgamal_open(&wrong, &ciphertext, &other);
        assert_false(point_equal(&right, &wrong));
    }
    point_table_free(table);
}

static void what_was_encrypted_wide_comes_out(void **state)
{
    (void)state;
    static const int32_t values[] = {0,
                                     1,
                                     -1,
                                     INT16_MAX + 1,
                                     INT16_MIN - 1,
                                     1 << 21,
                                     -(1 << 21),
                                     (1 << ELGAMAL_WIDE_BITS) - 1,
                                     1 - (1 << ELGAMAL_WIDE_BITS)};
    struct scalar k, r;
    struct point_table *table = key_pair(&k);
    struct elgamal_powers powers;
    elgamal_powers(&powers);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct ciphertext ciphertext;
        scalar_random(&r);
        elgamal_encrypt_wide(&ciphertext, table, &powers, values[i], &r);
        assert_opens_to(&ciphertext, &k, values[i]);
    }
    point_table_free(table);
}

static void sums_of_ciphertexts_encrypt_sums(void **state)
{
    (void)state;
    struct scalar k, r;
    struct point_table *table = key_pair(&k);
    struct ciphertext total;
    int64_t sum = -17;
    scalar_random(&r);
    elgamal_encrypt(&total, table, -17, &r);
    for (int i = 0; i < 50; i++) {
        int16_t v = (int16_t)(randombytes_uniform(65536) - 32768);
        struct ciphertext ciphertext;
        scalar_random(&r);
        elgamal_encrypt(&ciphertext, table, v, &r);
        elgamal_add(&total, &total, &ciphertext);
        sum += v;
        assert_opens_to(&total, &k, sum);
    }
    point_table_free(table);
}

static void encodings_survive_and_bad_halves_are_refused(void **state)
{
    (void)state;
    struct scalar k, r;
    struct point_table *table = key_pair(&k);
    struct ciphertext ciphertext, decoded;
    uint8_t bytes[CIPHERTEXT_BYTES];
    scalar_random(&r);
    elgamal_encrypt(&ciphertext, table, 5, &r);
    ciphertext_encode(bytes, &ciphertext);
    assert_true(ciphertext_decode(&decoded, bytes));
    assert_true(point_equal(&decoded.c1, &ciphertext.c1));
    assert_true(point_equal(&decoded.c2, &ciphertext.c2));
    for (size_t half = 0; half < 2; half++) {
        bytes[32 * half] ^= 1; /* a negative field element */
        assert_false(ciphertext_decode(&decoded, bytes));
        bytes[32 * half] ^= 1;
    }
    memset(bytes, 0, POINT_BYTES); /* identities decode: where they may not be, the caller looks */
    assert_true(ciphertext_decode(&decoded, bytes));
    assert_true(point_is_identity(&decoded.c1));
    point_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encryption_follows_the_written_definition),
        cmocka_unit_test(what_was_encrypted_comes_out),
        cmocka_unit_test(what_was_encrypted_wide_comes_out),
        cmocka_unit_test(sums_of_ciphertexts_encrypt_sums),
        cmocka_unit_test(encodings_survive_and_bad_halves_are_refused),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
