/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "proto/crypto/hash.h"
#include "tests/unit/proto/crypto/check_hex.h"
#include "tests/vectors/crypto.h"

static void seed(uint8_t out[HASH_KEY_BYTES])
{
    for (unsigned i = 0; i < HASH_KEY_BYTES; i++) out[i] = (uint8_t)i;
}

/* What the vectors of tests/vectors/make_crypto.py hash. */
static void start_vector(struct hash *hash, size_t out_len, const uint8_t *key)
{
    static const uint8_t bytes[] = {0x00, 0xff};
    struct point base;
    point_base(&base);
    hash_start(hash, "test", out_len, key);
    hash_u64(hash, 0x0102030405060708);
    hash_bytes(hash, bytes, sizeof bytes);
    hash_text(hash, "LS6");
    hash_bytes(hash, NULL, 0);
    hash_point(hash, &base);
}

static void hashing_follows_the_written_definition(void **state)
{
    (void)state;
    struct hash hash;
    uint8_t out[HASH_WIDE_BYTES], key[HASH_KEY_BYTES];
    seed(key);
    start_vector(&hash, HASH_BYTES, NULL);
    hash_end(&hash, out);
    assert_hex(out, HASH_BYTES, VECTOR_HASH);
    start_vector(&hash, HASH_WIDE_BYTES, key);
    hash_end(&hash, out);
    assert_hex(out, HASH_WIDE_BYTES, VECTOR_HASH_KEYED);
    struct scalar scalar;
    start_vector(&hash, HASH_WIDE_BYTES, key);
    hash_end_scalar(&hash, &scalar);
    scalar_encode(out, &scalar);
    assert_hex(out, SCALAR_BYTES, VECTOR_HASH_SCALAR);
    hash_once(out, "test", "abc", 3);
    assert_hex(out, HASH_BYTES, VECTOR_HASH_ONCE);
}

/* Where one string ends and the next begins counts, and so does the tag. */
static void framing_keeps_inputs_apart(void **state)
{
    (void)state;
    static const char *const parts[][3] = {
        {"tag", "ab", "c"}, {"tag", "a", "bc"}, {"tag", "abc", ""}, {"tag", "", "abc"},
        {"taga", "b", "c"}, {"ta", "gab", "c"}, {"", "tagab", "c"},
    };
    enum { CASES = sizeof parts / sizeof *parts };
    uint8_t out[CASES][HASH_BYTES];
    for (size_t i = 0; i < CASES; i++) {
        struct hash hash;
        hash_start(&hash, parts[i][0], HASH_BYTES, NULL);
        hash_text(&hash, parts[i][1]);
        hash_text(&hash, parts[i][2]);
        hash_end(&hash, out[i]);
        for (size_t j = 0; j < i; j++) assert_memory_not_equal(out[i], out[j], HASH_BYTES);
    }
}

static void the_state_is_wiped_at_the_end(void **state)
{
    (void)state;
    struct hash hash;
    uint8_t out[HASH_BYTES];
    start_vector(&hash, HASH_BYTES, NULL);
    hash_end(&hash, out);
    assert_true(sodium_is_zero((const uint8_t *)&hash, sizeof hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashing_follows_the_written_definition),
        cmocka_unit_test(framing_keeps_inputs_apart),
        cmocka_unit_test(the_state_is_wiped_at_the_end),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
