/* SPDX-License-Identifier: Apache-2.0
 * The group against RFC 9496 and against libsodium, an independent implementation of it, whose
 * traps (version 1.0.18) our wrapper must not share.
 */
#include <sodium.h>
#include <stdlib.h>

#include "proto/crypto/group.h"
#include "tests/unit/proto/crypto/check_hex.h"

enum { ROUNDS = 200 };

/* RFC 9496 A.1: 0 B to 15 B. */
static const char *const MULTIPLES[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
    "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
    "f64746d3c92b13050ed8d80236a7f0007c3b3f962f5ba793d19a601ebb1df403",
    "44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d",
    "903293d8f2287ebe10e2374dc1a53e0bc887e592699f02d077d5263cdd55601c",
    "02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031",
    "20706fd788b2720a1ed2a5dad4952b01f413bcf0e7564de8cdc816689e2db95f",
    "bce83f8ba5dd2fa572864c24ba1810f9522bc6004afe95877ac73241cafdab42",
    "e4549ee16b9aa03099ca208c67adafcafa4c3f3e4e5303de6026e3ca8ff84460",
    "aa52e000df2e16f55fb1032fc33bc42742dad6bd5a8fc0be0167436c5948501f",
    "46376b80f409b29dc2b5f6f0c52591990896e5716f41477cd30085ab7f10301e",
    "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e",
};

/* RFC 9496 A.2, and last an encoding with the unused top bit set. */
static const char *const BAD_ENCODINGS[] = {
    /* not canonical field elements */
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    /* negative field elements */
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
    "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
    "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
    "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
    /* x^2 is not a square */
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
    "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
    "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
    "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
    "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
    "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
    /* xy is negative */
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
    "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
    "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
    "32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
    "227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
    "5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
    "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
    /* s = -1, which gives y = 0 */
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000080",
};

/* l - 1, l, l + 1 and 2^256 - 1, little-endian. */
static const char LAST_SCALAR[] =
    "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
static const char *const BAD_SCALARS[] = {
    "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
    "eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
    "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000030",
    "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000090",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static void point_of_hex(struct point *out, const char *hex)
{
    uint8_t bytes[POINT_BYTES];
    assert_true(text_unhex(hex, bytes, sizeof bytes));
    assert_true(point_decode(out, bytes));
}

static void assert_point_hex(const struct point *point, const char *hex)
{
    uint8_t bytes[POINT_BYTES];
    point_encode(bytes, point);
    assert_hex(bytes, sizeof bytes, hex);
}

static void small_multiples_are_those_of_the_rfc(void **state)
{
    (void)state;
    struct point sum, base;
    point_identity(&sum);
    point_base(&base);
    struct point_table *table = point_table_new(&base);
    for (int64_t i = 0; i < 16; i++) {
        struct scalar n;
        struct point by_base, by_point, by_table, decoded;
        scalar_from_int(&n, i);
        point_mul_base(&by_base, &n);
        point_mul(&by_point, &base, &n);
        point_mul_table(&by_table, table, &n);
        point_of_hex(&decoded, MULTIPLES[i]);
        assert_point_hex(&sum, MULTIPLES[i]);
        assert_point_hex(&by_base, MULTIPLES[i]);
        assert_point_hex(&by_point, MULTIPLES[i]);
        assert_point_hex(&by_table, MULTIPLES[i]);
        assert_true(point_equal(&decoded, &sum));
        point_add(&sum, &sum, &base);
    }
    point_table_free(table);
}

static void bad_encodings_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof BAD_ENCODINGS / sizeof *BAD_ENCODINGS; i++) {
        uint8_t bytes[POINT_BYTES];
        struct point point, before;
        point_base(&point);
        before = point;
        assert_true(text_unhex(BAD_ENCODINGS[i], bytes, sizeof bytes));
        assert_int_equal(crypto_core_ristretto255_is_valid_point(bytes), 0);
        assert_false(point_decode(&point, bytes));
        assert_memory_equal(&point, &before, sizeof point); /* untouched */
    }
}

/* Valid and invalid alike: 32 bytes with a clear top bit decode here exactly when libsodium takes
 * them. */
static void decoding_agrees_with_libsodium(void **state)
{
    (void)state;
    int valid = 0;
    for (int i = 0; i < 4000; i++) {
        uint8_t bytes[POINT_BYTES];
        struct point point;
        randombytes_buf(bytes, sizeof bytes);
        if (i % 2 == 0) bytes[0] &= 0xfe; /* otherwise nearly all fail on the sign alone */
        bytes[31] &= 0x7f;
        bool ours = point_decode(&point, bytes);
        assert_int_equal(ours, crypto_core_ristretto255_is_valid_point(bytes));
        if (!ours) continue;
        valid++;
        uint8_t again[POINT_BYTES];
        point_encode(again, &point);
        assert_memory_equal(again, bytes, sizeof bytes);
    }
    assert_in_range(valid, 100, 1900);
}

/* Trap: libsodium 1.0.18 ignores the top bit, so each point has a second encoding there. */
static void the_top_bit_is_not_ignored(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof MULTIPLES / sizeof *MULTIPLES; i++) {
        uint8_t bytes[POINT_BYTES];
        struct point point;
        assert_true(text_unhex(MULTIPLES[i], bytes, sizeof bytes));
        bytes[31] |= 0x80;
        assert_false(point_decode(&point, bytes));
    }
}

static void random_point(struct point *out, uint8_t encoded[POINT_BYTES])
{
    crypto_core_ristretto255_random(encoded);
    assert_true(point_decode(out, encoded));
}

static void addition_agrees_with_libsodium(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct point a, b, sum, difference;
        uint8_t a_bytes[POINT_BYTES], b_bytes[POINT_BYTES], expected[POINT_BYTES],
            ours[POINT_BYTES];
        random_point(&a, a_bytes);
        random_point(&b, b_bytes);
        point_add(&sum, &a, &b);
        point_encode(ours, &sum);
        assert_int_equal(crypto_core_ristretto255_add(expected, a_bytes, b_bytes), 0);
        assert_memory_equal(ours, expected, sizeof ours);
        point_sub(&difference, &a, &b);
        point_encode(ours, &difference);
        assert_int_equal(crypto_core_ristretto255_sub(expected, a_bytes, b_bytes), 0);
        assert_memory_equal(ours, expected, sizeof ours);
        point_add(&difference, &difference, &b); /* in place */
        assert_true(point_equal(&difference, &a));
        assert_false(point_equal(&difference, &b));
        point_sub(&difference, &difference, &a);
        assert_true(point_is_identity(&difference));
        assert_false(point_is_identity(&a));
        point_add(&sum, &a, &a); /* a doubling */
        point_encode(ours, &sum);
        assert_int_equal(crypto_core_ristretto255_add(expected, a_bytes, a_bytes), 0);
        assert_memory_equal(ours, expected, sizeof ours);
    }
}

static void multiplication_agrees_with_libsodium(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct point a, product;
        struct scalar s;
        uint8_t point_bytes[POINT_BYTES], s_bytes[SCALAR_BYTES];
        uint8_t expected[POINT_BYTES], ours[POINT_BYTES];
        random_point(&a, point_bytes);
        scalar_random(&s);
        scalar_encode(s_bytes, &s);
        point_mul(&product, &a, &s);
        point_encode(ours, &product);
        assert_int_equal(crypto_scalarmult_ristretto255(expected, s_bytes, point_bytes), 0);
        assert_memory_equal(ours, expected, sizeof ours);
        struct point_table *table = point_table_new(&a);
        point_mul_table(&product, table, &s);
        point_table_free(table);
        point_encode(ours, &product);
        assert_memory_equal(ours, expected, sizeof ours);
        point_mul_base(&product, &s);
        point_encode(ours, &product);
        assert_int_equal(crypto_scalarmult_ristretto255_base(expected, s_bytes), 0);
        assert_memory_equal(ours, expected, sizeof ours);
    }
}

/* Trap: libsodium 1.0.18 calls a multiplication that gives the identity a failure. A score of 0 is
 * one. */
static void a_product_that_is_the_identity_is_no_error(void **state)
{
    (void)state;
    static const uint8_t zero[SCALAR_BYTES] = {0};
    struct scalar none;
    struct point a, product;
    uint8_t a_bytes[POINT_BYTES], out[POINT_BYTES];
    random_point(&a, a_bytes);
    assert_int_equal(crypto_scalarmult_ristretto255(out, zero, a_bytes), -1);
    assert_true(scalar_decode(&none, zero));
    point_mul(&product, &a, &none);
    assert_true(point_is_identity(&product));
    point_mul_base(&product, &none);
    assert_true(point_is_identity(&product));
    struct point_table *table = point_table_new(&a);
    point_mul_table(&product, table, &none);
    assert_true(point_is_identity(&product));
    point_table_free(table);
    point_identity(&product);
    scalar_random(&none);
    point_mul(&product, &product, &none);
    assert_true(point_is_identity(&product));
}

/* Trap: libsodium's is_valid_point accepts the identity, so acceptance is no proof against it; ours
 * decodes it too, and point_is_identity tells. */
static void the_identity_decodes_and_is_told_apart(void **state)
{
    (void)state;
    static const uint8_t zero[POINT_BYTES] = {0};
    struct point identity;
    assert_int_equal(crypto_core_ristretto255_is_valid_point(zero), 1);
    assert_true(point_decode(&identity, zero));
    assert_true(point_is_identity(&identity));
    assert_point_hex(&identity, MULTIPLES[0]);
    struct point sum, base;
    point_base(&base);
    point_add(&sum, &identity, &base);
    assert_true(point_equal(&sum, &base));
}

/* Trap: libsodium's scalar multiplication accepts scalars of l and above and reduces them. */
static void scalars_not_below_l_are_refused(void **state)
{
    (void)state;
    uint8_t bytes[SCALAR_BYTES], out[POINT_BYTES], again[SCALAR_BYTES];
    struct scalar s, before;
    assert_true(text_unhex(LAST_SCALAR, bytes, sizeof bytes));
    assert_true(scalar_decode(&s, bytes));
    scalar_encode(again, &s);
    assert_memory_equal(again, bytes, sizeof bytes);
    before = s;
    for (size_t i = 0; i < sizeof BAD_SCALARS / sizeof *BAD_SCALARS; i++) {
        assert_true(text_unhex(BAD_SCALARS[i], bytes, sizeof bytes));
        assert_false(scalar_decode(&s, bytes));
        assert_true(scalar_equal(&s, &before)); /* untouched */
    }
    assert_true(text_unhex(BAD_SCALARS[1], bytes, sizeof bytes)); /* l + 1 acts as 1 there */
    assert_int_equal(crypto_scalarmult_ristretto255_base(out, bytes), 0);
    assert_hex(out, sizeof out, MULTIPLES[1]);
}

static void scalar_arithmetic_agrees_with_libsodium(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t wide[2][SCALAR_WIDE_BYTES], a[SCALAR_BYTES], b[SCALAR_BYTES];
        uint8_t expected[SCALAR_BYTES], ours[SCALAR_BYTES];
        struct scalar x, y, z;
        randombytes_buf(wide, sizeof wide);
        if (i == 0) memset(wide, 0xff, sizeof wide);
        crypto_core_ristretto255_scalar_reduce(a, wide[0]);
        crypto_core_ristretto255_scalar_reduce(b, wide[1]);
        scalar_from_wide(&x, wide[0]);
        scalar_from_wide(&y, wide[1]);
        scalar_encode(ours, &x);
        assert_memory_equal(ours, a, sizeof ours);
        scalar_add(&z, &x, &y);
        scalar_encode(ours, &z);
        crypto_core_ristretto255_scalar_add(expected, a, b);
        assert_memory_equal(ours, expected, sizeof ours);
        scalar_sub(&z, &x, &y);
        scalar_encode(ours, &z);
        crypto_core_ristretto255_scalar_sub(expected, a, b);
        assert_memory_equal(ours, expected, sizeof ours);
        scalar_mul(&z, &x, &y);
        scalar_encode(ours, &z);
        crypto_core_ristretto255_scalar_mul(expected, a, b);
        assert_memory_equal(ours, expected, sizeof ours);
    }
}

static void integers_of_both_signs_become_scalars(void **state)
{
    (void)state;
    static const int64_t values[] = {0, 1, -1, 1000, -65536, 65536, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint64_t magnitude = values[i] < 0 ? 0 - (uint64_t)values[i] : (uint64_t)values[i];
        uint8_t expected[SCALAR_BYTES] = {0}, ours[SCALAR_BYTES];
        for (int b = 0; b < 8; b++) expected[b] = (uint8_t)(magnitude >> (8 * b));
        if (values[i] < 0) crypto_core_ristretto255_scalar_negate(expected, expected);
        struct scalar s;
        scalar_from_int(&s, values[i]);
        scalar_encode(ours, &s);
        assert_memory_equal(ours, expected, sizeof ours);
        assert_int_equal(scalar_is_zero(&s), values[i] == 0);
    }
}

static void selection_takes_one_of_both(void **state)
{
    (void)state;
    struct point p[2], chosen;
    struct scalar s[2], taken;
    uint8_t bytes[POINT_BYTES];
    for (int i = 0; i < 2; i++) {
        random_point(&p[i], bytes);
        scalar_random(&s[i]);
    }
    for (int i = 0; i < 2; i++) {
        point_select(&chosen, &p[0], &p[1], i == 1);
        assert_true(point_equal(&chosen, &p[i]));
        scalar_select(&taken, &s[0], &s[1], i == 1);
        assert_true(scalar_equal(&taken, &s[i]));
    }
    assert_false(scalar_equal(&s[0], &s[1]));
    scalar_wipe(&s[0]);
    assert_true(sodium_is_zero(s[0].opaque, sizeof s[0].opaque));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_multiples_are_those_of_the_rfc),
        cmocka_unit_test(bad_encodings_are_refused),
        cmocka_unit_test(decoding_agrees_with_libsodium),
        cmocka_unit_test(the_top_bit_is_not_ignored),
        cmocka_unit_test(addition_agrees_with_libsodium),
        cmocka_unit_test(multiplication_agrees_with_libsodium),
        cmocka_unit_test(a_product_that_is_the_identity_is_no_error),
        cmocka_unit_test(the_identity_decodes_and_is_told_apart),
        cmocka_unit_test(scalars_not_below_l_are_refused),
        cmocka_unit_test(scalar_arithmetic_agrees_with_libsodium),
        cmocka_unit_test(integers_of_both_signs_become_scalars),
        cmocka_unit_test(selection_takes_one_of_both),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
