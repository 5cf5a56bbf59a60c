/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

static bool opens(const struct seal *seal, const struct buf *sealed, size_t max)
{
    struct buf plain = {0};
    struct err err = {0};
    bool ok = seal_open(seal, sealed->data, sealed->len, max, &plain, &err);
    if (!ok) assert_int_equal(err.code, ERR_CORRUPT);
    if (!ok) assert_int_equal(plain.len, 0);
    buf_wipe(&plain);
    return ok;
}

static void a_seal_opens_in_its_own_place_only(void **state)
{
    (void)state;
    struct secret root = secret_random(32), other_root = secret_random(32);
    struct secret key = seal_key(&root, "use"), other = seal_key(&root, "other use"),
                  foreign = seal_key(&other_root, "use");
    struct buf plain = {0}, sealed = {0}, again = {0};
    const struct seal seal = {&key, "tag", "place", 5};
    buf_text(&plain, "what is kept");
    seal_close(&seal, &plain, &sealed);
    seal_close(&seal, &plain, &again);
    assert_int_equal(sealed.len, plain.len + SEAL_OVERHEAD);
    assert_memory_not_equal(sealed.data, again.data, sealed.len);
    assert_true(opens(&seal, &sealed, plain.len));
    assert_false(opens(&seal, &sealed, plain.len - 1));
    assert_false(opens(&(struct seal){&other, "tag", "place", 5}, &sealed, plain.len));
    assert_false(opens(&(struct seal){&foreign, "tag", "place", 5}, &sealed, plain.len));
    assert_false(opens(&(struct seal){&key, "gat", "place", 5}, &sealed, plain.len));
    assert_false(opens(&(struct seal){&key, "tag", "plac", 4}, &sealed, plain.len));
    assert_false(opens(&(struct seal){&key, "tagp", "lace", 4}, &sealed, plain.len));
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.data[i] ^= 1;
        assert_false(opens(&seal, &sealed, plain.len));
        sealed.data[i] ^= 1;
    }
    for (; sealed.len > 0; sealed.len--) {
        if (sealed.len < plain.len + SEAL_OVERHEAD) assert_false(opens(&seal, &sealed, plain.len));
    }
    buf_free(&plain);
    buf_free(&sealed);
    buf_free(&again);
    secret_free(&root);
    secret_free(&other_root);
    secret_free(&key);
    secret_free(&other);
    secret_free(&foreign);
}

static void nothing_can_be_sealed_too_and_padding_hides_lengths(void **state)
{
    (void)state;
    struct secret key = secret_random(SEAL_SECRET_BYTES);
    struct buf plain = {0}, sealed = {0};
    const struct seal seal = {&key, "tag", NULL, 0};
    seal_close(&seal, &plain, &sealed);
    assert_int_equal(sealed.len, SEAL_OVERHEAD);
    assert_true(opens(&seal, &sealed, 0));
    seal_pad(&plain, 64);
    assert_int_equal(plain.len, 0);
    for (size_t len = 1; len <= 200; len++) {
        plain.len = 0;
        memset(buf_reserve(&plain, len), 'x', len);
        seal_pad(&plain, 64);
        assert_int_equal(plain.len, (len + 63) / 64 * 64);
        assert_true(plain.data[len - 1] == 'x' && (plain.len == len || plain.data[len] == 0));
    }
    buf_free(&plain);
    buf_free(&sealed);
    secret_free(&key);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seal_opens_in_its_own_place_only),
        cmocka_unit_test(nothing_can_be_sealed_too_and_padding_hides_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
