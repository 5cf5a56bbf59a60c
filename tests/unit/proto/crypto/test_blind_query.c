/* SPDX-License-Identifier: Apache-2.0
 * The ciphertexts of a query as the matcher checks them.
 */
#include "tests/unit/proto/crypto/match.h"

enum { POSITIONS = 5 };

static void start(struct match *match)
{
    match_start(match, 2, 1, 0);
    match_encrypt(match);
}

static void fresh_ciphertexts_pass(void **state)
{
    (void)state;
    struct match match;
    struct err err;
    start(&match);
    assert_int_equal(match.positions, POSITIONS);
    assert_true(blind_query_check(match.ciphertexts, POSITIONS, NULL, &err));
    /* Enc(v; r) with rK + vB = 0 is as likely as any other. */
    memset(match.ciphertexts + POINT_BYTES, 0, POINT_BYTES);
    assert_true(blind_query_check(match.ciphertexts, POSITIONS, NULL, &err));
    match_end(&match);
}

static void refused(struct match *match, size_t position, const char *field)
{
    struct err err;
    assert_false(blind_query_check(match->ciphertexts, POSITIONS, NULL, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
    assert_true(blind_query_check(match->ciphertexts, position, NULL, &err));
    match_encrypt(match);
}

static void others_are_named(void **state)
{
    (void)state;
    struct match match;
    start(&match);
    memset(match.ciphertexts + 2 * CIPHERTEXT_BYTES, 0, POINT_BYTES); /* c1 the identity */
    refused(&match, 2, "ciphertexts[2]");
    match.ciphertexts[4 * CIPHERTEXT_BYTES] ^= 1; /* c1 not canonical */
    refused(&match, 4, "ciphertexts[4]");
    match.ciphertexts[POINT_BYTES] ^= 1; /* c2 not canonical */
    refused(&match, 0, "ciphertexts[0]");
    match_end(&match);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_ciphertexts_pass),
        cmocka_unit_test(others_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
