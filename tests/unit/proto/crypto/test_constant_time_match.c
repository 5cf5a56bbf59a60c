/* SPDX-License-Identifier: Apache-2.0
 * No branch and no address depends on a secret, in the four steps of a blinded match. */
#include "tests/unit/proto/crypto/constant_time.h"

#include "tests/unit/proto/crypto/match.h"

enum { CARERS = 5, HARD = 5, SOFT = 6, CELLS = 3 };

/* One carer is sure to meet all, with a score of 250. */
static void start(struct match *match)
{
    bool all[HARD + SOFT + 2 * CELLS];
    match_start(match, HARD, SOFT, CELLS);
    for (size_t i = 0; i < match->positions; i++) match->values[i] = 0;
    match->values[0] = match->values[1] = 1;
    match->values[blind_position_soft(&match->layout, 2)] = 250;
    match->values[blind_position_gate(&match->layout)] = -2;
    match_encrypt(match);
    match_profiles(match, CARERS);
    memset(all, true, sizeof all);
    match_hold(match, 0, all);
}

/* The whole of an LA's query: values and seed are secret, keys and layout are not. */
static void a_query_is_constant_time(void **state)
{
    (void)state;
    struct match match;
    start(&match);
    secret(match.values, match.positions * sizeof *match.values);
    secret(match.query_seed, SEED_BYTES);
    (void)reports();
    blind_query_encrypt(match.ciphertexts, &match.layout, match.values, &match.joint_key,
                        match.query_seed, match.query_id, NULL);
    assert_int_equal(reports(), 0);
    publish(match.ciphertexts, match.positions * CIPHERTEXT_BYTES);
    publish(match.values, match.positions * sizeof *match.values);
    publish(match.query_seed, SEED_BYTES);
    match_end(&match);
}

/* The agent's work tells nothing of its seed, hence of masks and shuffle, nor of what the query
 * says. By which slots its carers hold it does look up ciphertexts: docs/assurance.md. */
static void a_reply_is_constant_time(void **state)
{
    (void)state;
    struct match match;
    start(&match);
    match.profiles[3].dummy = true;
    secret(match.reply_seed, SEED_BYTES);
    secret(match.ciphertexts, match.positions * CIPHERTEXT_BYTES);
    (void)reports();
    match_evaluate(&match);
    assert_int_equal(reports(), 0);
    publish(match.c1, match.items * POINT_BYTES);
    publish(match.c2, match.items * POINT_BYTES);
    publish(match.reply_seed, SEED_BYTES);
    publish(match.ciphertexts, match.positions * CIPHERTEXT_BYTES);
    match_end(&match);
}

/* What the LA does with a and its seed: shares of an agent's points and their proof. */
static void share(struct match *match, uint8_t proof[PROOF_BYTES])
{
    struct err err;
    const char *agent = "agent";
    secret(&match->a, sizeof match->a);
    secret(match->query_seed, SEED_BYTES);
    (void)reports();
    struct blind_sharer *sharer = blind_sharer_new(&match->a, match->query_seed, match->hash);
    assert_true(blind_sharer_add(sharer, agent, match->c1, match->items, match->shares, &err));
    assert_true(blind_sharer_prove(sharer, &agent, 1, proof, &err));
    blind_sharer_free(sharer);
    assert_int_equal(reports(), 0);
    publish(&match->a, sizeof match->a);
    publish(match->query_seed, SEED_BYTES);
    publish(proof, PROOF_BYTES);
}

/* And the matcher with m, where neither its time nor its memory tells which items have a score. */
static void shares_and_opening_are_constant_time(void **state)
{
    (void)state;
    struct match match;
    struct blind_scores *table = blind_scores_new();
    struct blind_opened *opened = NULL;
    struct err err;
    uint8_t proof[PROOF_BYTES];
    start(&match);
    match_evaluate(&match);
    share(&match, proof);
    secret(&match.m, sizeof match.m);
    secret(match.c2, match.items * POINT_BYTES);
    (void)reports();
    assert_true(blind_open(&opened, table, &match.m, match.c1, NULL, match.c2, match.shares,
                           match.items, NULL, &err));
    assert_int_equal(reports(), 0);
    int found = 0;
    for (uint32_t i = 0; i < match.items; i++) {
        int score = blind_opened_score(opened, i);
        publish(&score, sizeof score);
        if (score == 250) found++;
    }
    assert_int_equal(reports(), 0);
    assert_in_range(found, 1, CARERS);
    publish(&match.m, sizeof match.m);
    publish(match.c2, match.items * POINT_BYTES);
    publish(match.shares, match.items * POINT_BYTES);
    blind_opened_free(opened);
    blind_scores_free(table);
    match_end(&match);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_is_constant_time),
        cmocka_unit_test(a_reply_is_constant_time),
        cmocka_unit_test(shares_and_opening_are_constant_time),
    };
    (void)argc;
    return constant_time_run(argv, tests);
}
