/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stdlib.h>

#include "proto/figures/contribution.h"
#include "tests/unit/proto/crypto/check_hex.h"
#include "tests/unit/support/sanitized.h"

static void multiple(struct point *out, int64_t v)
{
    struct scalar scalar;
    scalar_from_int(&scalar, v);
    point_mul_base(out, &scalar);
}

static void assert_found(const struct sum_finder *finder, int64_t v)
{
    struct point point;
    int64_t out = v + 1;
    multiple(&point, v);
    assert_true(sum_find_var(finder, &point, &out));
    assert_int_equal(out, v);
}

static void assert_not_found(const struct sum_finder *finder, const struct point *point)
{
    int64_t out = 77;
    assert_false(sum_find_var(finder, point, &out));
    assert_int_equal(out, 77);
}

static void assert_beyond(const struct sum_finder *finder, int64_t v)
{
    struct point point;
    multiple(&point, v);
    assert_not_found(finder, &point);
}

/* All of them, at both sides, whatever the size of the steps. */
static void every_value_of_a_small_range_is_found(void **state)
{
    (void)state;
    static const uint64_t ranges[] = {1, 2, 63, 64, 65, 500};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        struct sum_finder *finder = sum_finder_new(ranges[i], 1, NULL);
        int64_t range = (int64_t)ranges[i];
        for (int64_t v = -range; v <= range; v++) assert_found(finder, v);
        for (int64_t past = 1; past < 200; past++) {
            assert_beyond(finder, range + past);
            assert_beyond(finder, -range - past);
        }
        sum_finder_free(finder);
    }
    sum_finder_free(NULL);
}

/* The ends of the largest range, and what lies at its middle; with workers and a table for many. */
static void large_ranges_are_found_to_their_ends(void **state)
{
    (void)state;
    struct pool *pool = pool_start(2);
    const uint64_t range = UINT64_C(1) << (SANITIZED ? 24 : 31);
    struct sum_finder *finder = sum_finder_new(range, 400, pool);
    assert_found(finder, (int64_t)range);
    assert_found(finder, -(int64_t)range);
    assert_beyond(finder, (int64_t)range + 1);
    assert_beyond(finder, -(int64_t)range - 1);
    for (int i = 0; i < 31; i++) { /* far ones take long: few of them */
        int64_t magnitude = (int64_t)(randombytes_random() >> (i + 1));
        if (magnitude > (int64_t)range) continue;
        assert_found(finder, magnitude);
        assert_found(finder, -magnitude);
    }
    sum_finder_free(finder);
    pool_stop(pool);
}

static void points_that_are_no_small_multiple_are_not_found(void **state)
{
    (void)state;
    struct sum_finder *finder = sum_finder_new(100000, 10, NULL);
    for (int i = 0; i < 20; i++) {
        struct scalar scalar;
        struct point point;
        scalar_random(&scalar);
        point_mul_base(&point, &scalar);
        assert_not_found(finder, &point);
    }
    sum_finder_free(finder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_of_a_small_range_is_found),
        cmocka_unit_test(large_ranges_are_found_to_their_ends),
        cmocka_unit_test(points_that_are_no_small_multiple_are_not_found),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
