/* SPDX-License-Identifier: Apache-2.0
 * The sorting network moves every item to its place, for every count up to some hundreds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/crypto/permute.h"
#include "proto/crypto/stream.h"

enum { WORDS = 3, COUNT = 300 };

static void every_count_is_sorted(void **state)
{
    (void)state;
    struct stream stream;
    const uint8_t seed[SEED_BYTES] = {7};
    uint32_t place[COUNT], known[COUNT];
    uint64_t items[COUNT * WORDS];
    stream_start(&stream, "test permute", seed, NULL, 0);
    for (size_t count = 0; count <= COUNT; count++) {
        stream_permutation(&stream, place, count);
        for (size_t i = 0; i < count; i++) known[i] = place[i];
        for (size_t i = 0; i < count * WORDS; i++) items[i] = i;
        permute(items, WORDS, place, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(place[i], i);
            for (size_t w = 0; w < WORDS; w++)
                assert_int_equal(items[known[i] * WORDS + w], i * WORDS + w);
        }
    }
}

/* A network that sorts all rows of zeros and ones sorts everything (Knuth vol. 3, 5.3.4 Z). */
static void all_zeros_and_ones_are_sorted(void **state)
{
    (void)state;
    enum { BITS = 13 };
    for (uint32_t row = 0; row < 1U << BITS; row++) {
        uint32_t place[BITS], ones = 0;
        uint64_t items[BITS];
        for (uint32_t i = 0; i < BITS; i++) items[i] = place[i] = row >> i & 1;
        permute(items, 1, place, BITS);
        for (uint32_t i = 0; i < BITS; i++) ones += row >> i & 1;
        for (uint32_t i = 0; i < BITS; i++) {
            assert_int_equal(items[i], i >= BITS - ones);
            assert_int_equal(place[i], items[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_count_is_sorted),
        cmocka_unit_test(all_zeros_and_ones_are_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
