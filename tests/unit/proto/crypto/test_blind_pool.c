/* SPDX-License-Identifier: Apache-2.0
 * Spread over a pool, every step of the match gives the same bytes and the same errors.
 */
#include "tests/unit/proto/crypto/match.h"

enum { HELD = 700 }; /* a class of many tasks, the last of them short */

static void make_match(struct match *match)
{
    match_start(match, 20, 20, 0);
    for (size_t i = 0; i < match->positions; i++) match->values[i] = (int16_t)match_random(2);
    match->values[blind_position_gate(&match->layout)] = -1;
    match_encrypt(match);
    match_profiles(match, HELD);
    for (size_t i = 0; i < HELD; i++) {
        bool held[42] = {false};
        for (int n = 0; n < 5; n++) held[match_random(40)] = true;
        match_hold(match, i, held);
        match->profiles[i].dummy = match_random(5) == 0;
    }
}

static void make_shares(struct match *match, struct pool *pool, uint8_t *shares,
                        uint8_t proof[PROOF_BYTES])
{
    static const char *const agents[] = {"agent-1"};
    struct err err;
    struct blind_sharer *sharer = blind_sharer_new(&match->a, match->query_seed, match->hash);
    blind_sharer_workers(sharer, pool);
    assert_true(blind_sharer_add(sharer, agents[0], match->c1, match->items, shares, &err));
    assert_true(blind_sharer_prove(sharer, agents, 1, proof, &err));
    blind_sharer_free(sharer);
}

static void same_replies(void **state)
{
    struct pool *pool = *state;
    struct match match;
    make_match(&match);
    match_evaluate(&match);
    size_t len = (size_t)match.items * POINT_BYTES;
    uint8_t *c1 = mem_array(len, 1), *c2 = mem_array(len, 1);
    blind_evaluate(c1, c2, &match.layout, match.ciphertexts, &match.joint_key, match.profiles,
                   match.profile_count, match.reply_seed, match.hash, pool);
    assert_memory_equal(c1, match.c1, len);
    assert_memory_equal(c2, match.c2, len);
    free(c1);
    free(c2);
    match_end(&match);
}

static void same_shares_proofs_and_scores(void **state)
{
    struct pool *pool = *state;
    struct match match;
    struct err err;
    uint8_t alone[PROOF_BYTES], spread[PROOF_BYTES];
    make_match(&match);
    match_evaluate(&match);
    uint8_t *shares = mem_array(match.items, POINT_BYTES);
    make_shares(&match, NULL, shares, alone);
    make_shares(&match, pool, match.shares, spread);
    assert_memory_equal(shares, match.shares, (size_t)match.items * POINT_BYTES);
    assert_memory_equal(alone, spread, PROOF_BYTES);

    struct blind_scores *table = blind_scores_new();
    struct blind_opened *opened = match_open(&match, table), *other = NULL;
    assert_true(blind_open(&other, table, &match.m, match.c1, NULL, match.c2, match.shares,
                           match.items, pool, &err));
    for (uint32_t i = 0; i < match.items; i++) {
        assert_int_equal(blind_opened_score(opened, i), blind_opened_score(other, i));
    }
    assert_true(blind_opened_check(&other, 1, &match.query_key, match.hash, alone, pool, &err));
    alone[40] ^= 1;
    assert_false(blind_opened_check(&other, 1, &match.query_key, match.hash, alone, pool, &err));
    blind_opened_free(opened);
    blind_opened_free(other);
    blind_scores_free(table);
    free(shares);
    match_end(&match);
}

/* The first bad item is named, whichever worker meets it. */
static void same_errors(void **state)
{
    struct pool *pool = *state;
    struct match match;
    struct err err;
    make_match(&match);
    match_evaluate(&match);
    memset(match.c1 + (size_t)333 * POINT_BYTES, 0xff, POINT_BYTES);
    memset(match.c1 + (size_t)600 * POINT_BYTES, 0, POINT_BYTES);
    struct blind_sharer *sharer = blind_sharer_new(&match.a, match.query_seed, match.hash);
    blind_sharer_workers(sharer, pool);
    assert_false(blind_sharer_add(sharer, "agent-1", match.c1, match.items, match.shares, &err));
    assert_string_equal(err.field, "c1[333]");
    blind_sharer_free(sharer);
    struct blind_scores *table = blind_scores_new();
    struct blind_opened *opened = NULL;
    assert_false(blind_open(&opened, table, &match.m, match.c1, NULL, match.c2, match.c2,
                            match.items, pool, &err));
    assert_string_equal(err.field, "c1[333]");
    blind_scores_free(table);
    match_end(&match);
}

/* Enough terms that the sums of the proof are taken in parts. */
static void sums_in_parts(void **state)
{
    enum { TERMS = 5000 };
    struct pool *pool = *state;
    struct point *points = mem_array(TERMS, sizeof *points);
    struct point *shares = mem_array(TERMS, sizeof *shares);
    uint8_t *point_bytes = mem_array(TERMS, POINT_BYTES),
            *share_bytes = mem_array(TERMS, POINT_BYTES);
    uint8_t seed[SEED_BYTES] = {7}, alone[PROOF_BYTES], spread[PROOF_BYTES];
    struct scalar x;
    struct point key;
    scalar_random(&x);
    point_mul_base(&key, &x);
    point_base(&points[0]);
    point_mul_base(&shares[0], &x);
    for (size_t i = 0; i < TERMS; i++) {
        if (i > 0) {
            point_add(&points[i], &points[i - 1], &points[0]);
            point_add(&shares[i], &shares[i - 1], &shares[0]);
        }
        point_encode(point_bytes + i * POINT_BYTES, &points[i]);
        point_encode(share_bytes + i * POINT_BYTES, &shares[i]);
    }
    proof_shares_make(alone, "s", 1, &x, point_bytes, share_bytes, points, TERMS, seed, NULL);
    proof_shares_make(spread, "s", 1, &x, point_bytes, share_bytes, points, TERMS, seed, pool);
    assert_memory_equal(alone, spread, PROOF_BYTES);
    assert_true(proof_shares_check(spread, "s", 1, &key, point_bytes, share_bytes, points, shares,
                                   TERMS, pool));
    point_add(&shares[TERMS - 1], &shares[TERMS - 1], &points[0]);
    point_encode(share_bytes + (size_t)(TERMS - 1) * POINT_BYTES, &shares[TERMS - 1]);
    assert_false(proof_shares_check(spread, "s", 1, &key, point_bytes, share_bytes, points, shares,
                                    TERMS, pool));
    free(points);
    free(shares);
    free(point_bytes);
    free(share_bytes);
}

static int start_pool(void **state)
{
    assert_true(sodium_init() >= 0);
    *state = pool_start(3);
    return 0;
}

static int stop_pool(void **state)
{
    pool_stop(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_replies),
        cmocka_unit_test(same_shares_proofs_and_scores),
        cmocka_unit_test(same_errors),
        cmocka_unit_test(sums_in_parts),
    };
    return cmocka_run_group_tests(tests, start_pool, stop_pool);
}
