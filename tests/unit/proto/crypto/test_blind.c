/* SPDX-License-Identifier: Apache-2.0
 * The whole blinded match on random layouts, carers and requests: what is opened is what a plain
 * computation gives. */
#include "tests/unit/proto/crypto/match.h"

/* A request with up to four musts and preferences whose sum is at most 1000. */
static void random_request(struct match *match)
{
    const struct blind_layout *layout = &match->layout;
    size_t first_soft = layout->hard_slots, slots = first_soft + layout->soft_slots;
    int musts = 0, left = SCORE_MAX;
    for (size_t i = 0; i < 4; i++) {
        int16_t *value = &match->values[match_random(layout->hard_slots)];
        musts += *value == 0;
        *value = 1;
    }
    /* Cells are a one-of group: any number of them may be acceptable, and they are one must. */
    for (size_t i = 0; i < layout->cells; i++) {
        match->values[slots + i] = (int16_t)match_random(2);
        match->values[slots + layout->cells + i] = (int16_t)match_random(301);
    }
    if (layout->cells > 0) {
        musts++;
        left -= 300;
    }
    bool preferences = match_random(4) > 0;
    for (size_t i = first_soft; preferences && i < slots; i++) {
        match->values[i] = (int16_t)match_random((size_t)left / 3 + 1);
        left -= match->values[i];
    }
    match->values[blind_position_gate(layout)] = (int16_t)-musts;
    match->values[blind_position_base(layout)] = (int16_t)(match_random(3) ? 0 : left);
}

static void random_carer(struct match *match, size_t index)
{
    const struct blind_layout *layout = &match->layout;
    bool *held = mem_array(match->positions, sizeof *held);
    size_t slots = (size_t)layout->hard_slots + layout->soft_slots;
    bool meets_musts = match_random(2) == 0;
    for (size_t p = 0; p < slots; p++) {
        held[p] = match_random(3) == 0;
        if (meets_musts && p < layout->hard_slots && match->values[p] == 1) held[p] = true;
    }
    if (layout->cells > 0) {
        size_t cell = match_random(layout->cells);
        held[blind_position_hard_cell(layout, cell)] = true;
        held[blind_position_soft_cell(layout, cell)] = true;
    }
    match_hold(match, index, held);
    match->profiles[index].dummy = match_random(8) == 0;
    free(held);
}

static void check_whole(struct match *match, const struct blind_scores *table)
{
    uint8_t proof[PROOF_BYTES];
    struct err err;
    const char *agent = "agent-1";
    struct blind_sharer *sharer = blind_sharer_new(&match->a, match->query_seed, match->hash);
    assert_true(blind_query_check(match->ciphertexts, match->positions, NULL, &err));
    match_evaluate(match);
    match_share(match, sharer, agent);
    struct blind_opened *opened = match_open(match, table);
    match_assert_scores(match, opened);
    assert_true(blind_sharer_prove(sharer, &agent, 1, proof, &err));
    assert_true(blind_opened_check(&opened, 1, &match->query_key, match->hash, proof, NULL, &err));
    blind_sharer_free(sharer);
    blind_opened_free(opened);
}

static void opened_scores_are_the_plain_ones(void **state)
{
    for (int round = 0; round < 40; round++) {
        struct match match;
        uint16_t cells = round % 4 == 0 ? 100 : 0;
        match_start(&match, (uint16_t)(1 + match_random(40)), (uint16_t)(1 + match_random(40)),
                    cells);
        random_request(&match);
        match_encrypt(&match);
        match_profiles(&match, match_random(70));
        for (size_t i = 0; i < match.profile_count; i++) random_carer(&match, i);
        check_whole(&match, *state);
        match_end(&match);
    }
}

/* One slot of each kind; the only carer holds both. */
static int score_of(const struct blind_scores *table, int16_t h, int16_t w, int16_t gate,
                    int16_t base)
{
    struct match match;
    const bool held[] = {true, true, false, false};
    const int16_t values[] = {h, w, gate, base};
    int best = SCORE_NONE;
    match_start(&match, 1, 1, 0);
    memcpy(match.values, values, sizeof values);
    match_encrypt(&match);
    match_profiles(&match, 1);
    match_hold(&match, 0, held);
    match_evaluate(&match);
    struct blind_sharer *sharer = blind_sharer_new(&match.a, match.query_seed, match.hash);
    match_share(&match, sharer, "agent-1");
    struct blind_opened *opened = match_open(&match, table);
    for (uint32_t i = 0; i < match.items; i++) {
        int score = blind_opened_score(opened, i);
        if (score == SCORE_NONE) continue;
        assert_int_equal(best, SCORE_NONE);
        best = score;
    }
    blind_opened_free(opened);
    blind_sharer_free(sharer);
    match_end(&match);
    return best;
}

static void the_ends_of_the_scale_are_scores(void **state)
{
    assert_int_equal(score_of(*state, 1, 0, -1, 0), 0);
    assert_int_equal(score_of(*state, 0, 0, 0, 0), 0);
    assert_int_equal(score_of(*state, 1, 1000, -1, 0), 1000);
    assert_int_equal(score_of(*state, 1, 0, -1, 1000), 1000);
    assert_int_equal(score_of(*state, 1, 999, -1, 1), 1000);
}

static void what_is_off_the_scale_opens_to_nothing(void **state)
{
    assert_int_equal(score_of(*state, 1, 1000, -1, 1), SCORE_NONE);
    assert_int_equal(score_of(*state, 1, -1, -1, 0), SCORE_NONE);
    assert_int_equal(score_of(*state, 0, 500, -1, 0), SCORE_NONE); /* a must is missing */
    assert_int_equal(score_of(*state, 1, 500, 0, 0), SCORE_NONE);
    assert_int_equal(score_of(*state, 1, 500, -2, 0), SCORE_NONE);
    assert_int_equal(score_of(*state, 2, 500, -1, 0), SCORE_NONE);
}

static int make_table(void **state)
{
    *state = blind_scores_new();
    return 0;
}

static int free_table(void **state)
{
    blind_scores_free(*state);
    return 0;
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opened_scores_are_the_plain_ones),
        cmocka_unit_test(the_ends_of_the_scale_are_scores),
        cmocka_unit_test(what_is_off_the_scale_opens_to_nothing),
    };
    return cmocka_run_group_tests(tests, make_table, free_table);
}
