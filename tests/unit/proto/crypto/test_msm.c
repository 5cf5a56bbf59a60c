/* SPDX-License-Identifier: Apache-2.0
 * The multi-scalar multiplication against the sum of single ones.
 */
#include <sodium.h>
#include <stdlib.h>

#include "proto/crypto/group.h"
#include "tests/unit/proto/crypto/check_hex.h"

static void plain_sum(struct point *out, const struct point *points, const uint8_t *coefficients,
                      size_t count)
{
    point_identity(out);
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[SCALAR_BYTES] = {0};
        struct scalar scalar;
        struct point product;
        memcpy(bytes, coefficients + i * MSM_COEFFICIENT_BYTES, MSM_COEFFICIENT_BYTES);
        assert_true(scalar_decode(&scalar, bytes));
        point_mul(&product, &points[i], &scalar);
        point_add(out, out, &product);
    }
}

static void random_points(struct point *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct scalar s;
        scalar_random(&s);
        point_mul_base(&points[i], &s);
    }
}

static void assert_sum(const struct point *points, const uint8_t *coefficients, size_t count)
{
    struct point ours, expected;
    plain_sum(&expected, points, coefficients, count);
    point_base(&ours);
    point_msm_var(&ours, points, coefficients, count);
    assert_true(point_equal(&ours, &expected));
}

/* Each count takes another width of the digits: 1 to 1500 covers all that the sizes in use do. */
static void sums_equal_the_plain_computation(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 3, 5, 8, 17, 40, 100, 250, 600, 1500};
    enum { MAX = 1500 };
    struct point *points = mem_array(MAX, sizeof *points);
    uint8_t *coefficients = mem_array(MAX, MSM_COEFFICIENT_BYTES);
    random_points(points, MAX);
    randombytes_buf(coefficients, MAX * MSM_COEFFICIENT_BYTES);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        assert_sum(points, coefficients, counts[i]);
    free(points);
    free(coefficients);
}

/* All zeros, all ones (the longest carry), single bits, and digits of exactly half the width. */
static void extreme_coefficients_are_summed_right(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    struct point *points = mem_array(COUNT, sizeof *points);
    uint8_t coefficients[COUNT * MSM_COEFFICIENT_BYTES];
    random_points(points, COUNT);
    static const uint8_t fills[] = {0x00, 0xff, 0x80, 0x7f, 0x01, 0x88, 0x55};
    for (size_t f = 0; f < sizeof fills; f++) {
        memset(coefficients, fills[f], sizeof coefficients);
        assert_sum(points, coefficients, 1);
        assert_sum(points, coefficients, COUNT);
    }
    memset(coefficients, 0, sizeof coefficients);
    for (size_t i = 0; i < COUNT; i++)
        coefficients[i * MSM_COEFFICIENT_BYTES + i % 128 / 8] = (uint8_t)(1 << (i % 8));
    assert_sum(points, coefficients, COUNT);
    free(points);
}

static void repeated_points_and_identities_are_summed_right(void **state)
{
    (void)state;
    enum { COUNT = 64 };
    struct point *points = mem_array(COUNT, sizeof *points);
    uint8_t coefficients[COUNT * MSM_COEFFICIENT_BYTES];
    random_points(points, 1);
    for (size_t i = 1; i < COUNT; i++) {
        if (i % 3 == 0)
            point_identity(&points[i]);
        else
            points[i] = points[0];
    }
    randombytes_buf(coefficients, sizeof coefficients);
    memset(coefficients, 0x11, sizeof coefficients / 2);
    assert_sum(points, coefficients, COUNT);
    free(points);
}

/* More terms than are taken in one part; the expected value by one multiplication: all points are
 * B. */
static void long_sums_are_taken_in_parts(void **state)
{
    (void)state;
    enum { COUNT = 40000 };
    struct point *points = mem_array(COUNT, sizeof *points);
    uint8_t *coefficients = mem_array(COUNT, MSM_COEFFICIENT_BYTES);
    struct scalar total;
    randombytes_buf(coefficients, COUNT * MSM_COEFFICIENT_BYTES);
    scalar_from_int(&total, 0);
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t bytes[SCALAR_BYTES] = {0};
        struct scalar term;
        memcpy(bytes, coefficients + i * MSM_COEFFICIENT_BYTES, MSM_COEFFICIENT_BYTES);
        assert_true(scalar_decode(&term, bytes));
        scalar_add(&total, &total, &term);
        point_base(&points[i]);
    }
    struct point sum, expected;
    point_mul_base(&expected, &total);
    point_msm_var(&sum, points, coefficients, COUNT);
    assert_true(point_equal(&sum, &expected));
    free(points);
    free(coefficients);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_equal_the_plain_computation),
        cmocka_unit_test(extreme_coefficients_are_summed_right),
        cmocka_unit_test(repeated_points_and_identities_are_summed_right),
        cmocka_unit_test(long_sums_are_taken_in_parts),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
