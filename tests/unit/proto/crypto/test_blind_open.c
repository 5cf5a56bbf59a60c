/* SPDX-License-Identifier: Apache-2.0
 * The matcher's opening and its check of the shares. */
#include "tests/unit/proto/crypto/match.h"

enum { CARERS = 5, AGENTS = 3 };

/* One reply by an agency whose carers score 0, 250, 500, 750 and 1000. */
static void start_reply(struct match *match)
{
    match_start(match, 1, 4, 0);
    match->values[0] = 1;
    for (size_t i = 0; i < 4; i++) match->values[1 + i] = 250;
    match->values[blind_position_gate(&match->layout)] = -1;
    match_encrypt(match);
    match_profiles(match, CARERS);
    for (size_t i = 0; i < CARERS; i++) {
        bool held[7] = {true, i > 0, i > 1, i > 2, i > 3, false, false};
        match_hold(match, i, held);
    }
    match_evaluate(match);
}

/* Replies of several agents to one query, with the shares and the proof. */
struct search {
    struct match replies[AGENTS];
    struct blind_opened *opened[AGENTS];
    uint8_t proof[PROOF_BYTES];
};

static void start_search(struct search *search, const struct blind_scores *table)
{
    static const char *const agents[AGENTS] = {"a", "b", "c"};
    struct err err;
    struct match *first = &search->replies[0];
    start_reply(first);
    struct blind_sharer *sharer = blind_sharer_new(&first->a, first->query_seed, first->hash);
    for (size_t i = 0; i < AGENTS; i++) {
        struct match *reply = &search->replies[i];
        if (i > 0) {
            start_reply(reply);
            memcpy(reply->ciphertexts, first->ciphertexts, first->positions * CIPHERTEXT_BYTES);
            memcpy(reply->hash, first->hash, HASH_BYTES);
            reply->a = first->a;
            reply->m = first->m;
            reply->joint_key = first->joint_key;
            match_evaluate(reply);
        }
        match_share(reply, sharer, agents[i]);
        search->opened[i] = match_open(reply, table);
    }
    assert_true(blind_sharer_prove(sharer, agents, AGENTS, search->proof, &err));
    blind_sharer_free(sharer);
}

static void end_search(struct search *search)
{
    for (size_t i = 0; i < AGENTS; i++) {
        blind_opened_free(search->opened[i]);
        match_end(&search->replies[i]);
    }
}

static bool accepted(struct search *search, const struct point *key, const uint8_t *hash,
                     size_t count)
{
    struct err err;
    bool ok = blind_opened_check(search->opened, count, key, hash, search->proof, NULL, &err);
    if (!ok) assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    return ok;
}

static void one_proof_covers_all_replies(void **state)
{
    struct search search;
    start_search(&search, *state);
    const struct match *first = &search.replies[0];
    for (size_t i = 0; i < AGENTS; i++) match_assert_scores(&search.replies[i], search.opened[i]);
    assert_true(accepted(&search, &first->query_key, first->hash, AGENTS));
    assert_false(accepted(&search, &first->query_key, first->hash, AGENTS - 1));
    assert_false(accepted(&search, &first->query_key, first->hash, 0));
    assert_false(accepted(&search, &first->epoch_key, first->hash, AGENTS));
    assert_false(accepted(&search, &first->query_key, search.replies[1].reply_seed, AGENTS));
    struct blind_opened *moved = search.opened[0];
    search.opened[0] = search.opened[1];
    search.opened[1] = moved;
    assert_false(accepted(&search, &first->query_key, first->hash, AGENTS));
    end_search(&search);
}

static void every_byte_of_the_proof_counts(void **state)
{
    struct search search;
    start_search(&search, *state);
    const struct match *first = &search.replies[0];
    for (size_t i = 0; i < PROOF_BYTES; i += 7) {
        search.proof[i] ^= 1;
        assert_false(accepted(&search, &first->query_key, first->hash, AGENTS));
        search.proof[i] ^= 1;
    }
    end_search(&search);
}

/* How many items of the reply open to a score. */
static uint32_t scored(const struct blind_opened *opened)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < blind_opened_count(opened); i++)
        count += blind_opened_score(opened, i) != SCORE_NONE;
    return count;
}

static void the_wrong_epoch_key_opens_nothing(void **state)
{
    const struct blind_scores *table = *state;
    struct search search;
    start_search(&search, *state);
    struct match *reply = &search.replies[0];
    scalar_random(&reply->m);
    struct blind_opened *opened = match_open(reply, table);
    assert_int_equal(scored(search.opened[0]), CARERS);
    assert_int_equal(scored(opened), 0);
    blind_opened_free(opened);
    end_search(&search);
}

/* A share that is off by B turns a score s into s - 1: the proof is what notices. */
static void a_shifted_share_fails_the_proof(void **state)
{
    const struct blind_scores *table = *state;
    struct search search;
    struct point share, base;
    start_search(&search, *state);
    struct match *reply = &search.replies[AGENTS - 1];
    point_base(&base);
    assert_true(point_decode(&share, reply->shares + 3 * POINT_BYTES));
    point_add(&share, &share, &base);
    point_encode(reply->shares + 3 * POINT_BYTES, &share);
    blind_opened_free(search.opened[AGENTS - 1]);
    search.opened[AGENTS - 1] = match_open(reply, table);
    assert_false(accepted(&search, &search.replies[0].query_key, search.replies[0].hash, AGENTS));
    end_search(&search);
}

static void refused(const struct match *reply, const struct blind_scores *table, const char *field)
{
    struct blind_opened *opened = NULL;
    struct err err;
    assert_false(blind_open(&opened, table, &reply->m, reply->c1, NULL, reply->c2, reply->shares,
                            reply->items, NULL, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
    assert_null(opened);
}

static void bad_points_are_refused(void **state)
{
    struct search search;
    start_search(&search, *state);
    struct match *reply = &search.replies[0];
    struct {
        uint8_t *bytes;
        const char *field;
        bool identity_allowed;
    } cases[] = {{reply->c1 + 2 * POINT_BYTES, "c1[2]", false},
                 {reply->shares + 4 * POINT_BYTES, "shares[4]", false},
                 {reply->c2 + 15 * POINT_BYTES, "c2[15]", true}};
    for (size_t i = 0; i < 3; i++) {
        uint8_t kept[POINT_BYTES];
        memcpy(kept, cases[i].bytes, POINT_BYTES);
        cases[i].bytes[0] ^= 1;
        refused(reply, *state, cases[i].field);
        memset(cases[i].bytes, 0xff, POINT_BYTES);
        refused(reply, *state, cases[i].field);
        memset(cases[i].bytes, 0, POINT_BYTES);
        if (!cases[i].identity_allowed) refused(reply, *state, cases[i].field);
        memcpy(cases[i].bytes, kept, POINT_BYTES);
    }
    end_search(&search);
}

/* The matcher decodes C1 when it checks a reply, and opens it with what that gave. */
static void points_decoded_before_open_alike(void **state)
{
    const struct blind_scores *table = *state;
    struct search search;
    struct blind_opened *opened = NULL;
    struct err err;
    start_search(&search, *state);
    struct match *reply = &search.replies[0];
    struct point *points = blind_decode_c1(reply->c1, reply->items, &err);
    assert_non_null(points);
    assert_true(blind_open(&opened, table, &reply->m, reply->c1, points, reply->c2, reply->shares,
                           reply->items, NULL, &err));
    for (uint32_t i = 0; i < reply->items; i++) {
        assert_int_equal(blind_opened_score(opened, i), blind_opened_score(search.opened[0], i));
    }
    blind_opened_free(search.opened[0]);
    search.opened[0] = opened; /* and the proof covers them */
    assert_true(accepted(&search, &search.replies[0].query_key, search.replies[0].hash, AGENTS));
    free(points);
    memset(reply->c1 + 2 * POINT_BYTES, 0, POINT_BYTES);
    assert_null(blind_decode_c1(reply->c1, reply->items, &err));
    assert_string_equal(err.field, "c1[2]");
    end_search(&search);
}

static void counts_are_bounded(void **state)
{
    const struct blind_scores *table = *state;
    struct search search;
    struct blind_opened *opened = NULL;
    struct err err;
    start_search(&search, *state);
    const struct match *reply = &search.replies[0];
    static const uint32_t counts[] = {0, BLIND_ITEMS_MAX + 1, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        assert_false(blind_open(&opened, table, &reply->m, reply->c1, NULL, reply->c2,
                                reply->shares, counts[i], NULL, &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
    end_search(&search);
}

/* Each score there is, opened with m = a = 0 in effect: C1 = B, S = B, m = -1, so V = C2. */
static void every_score_is_found(void **state)
{
    const struct blind_scores *table = *state;
    struct match match = {.items = SCORE_MAX + 3};
    struct point value, base;
    match.c1 = mem_array(match.items, POINT_BYTES);
    match.c2 = mem_array(match.items, POINT_BYTES);
    match.shares = mem_array(match.items, POINT_BYTES);
    scalar_from_int(&match.m, -1);
    point_base(&base);
    for (uint32_t i = 0; i < match.items; i++) {
        struct scalar score; /* -1, 0, 1, ..., 1001 */
        scalar_from_int(&score, (int64_t)i - 1);
        point_mul_base(&value, &score);
        point_encode(match.c1 + i * POINT_BYTES, &base);
        point_encode(match.shares + i * POINT_BYTES, &base);
        point_encode(match.c2 + i * POINT_BYTES, &value);
    }
    struct blind_opened *opened = match_open(&match, table);
    assert_int_equal(blind_opened_score(opened, 0), SCORE_NONE);
    for (int score = 0; score <= SCORE_MAX; score++)
        assert_int_equal(blind_opened_score(opened, (uint32_t)score + 1), score);
    assert_int_equal(blind_opened_score(opened, SCORE_MAX + 2), SCORE_NONE);
    blind_opened_free(opened);
    match_end(&match);
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
        cmocka_unit_test(one_proof_covers_all_replies),
        cmocka_unit_test(every_byte_of_the_proof_counts),
        cmocka_unit_test(the_wrong_epoch_key_opens_nothing),
        cmocka_unit_test(a_shifted_share_fails_the_proof),
        cmocka_unit_test(bad_points_are_refused),
        cmocka_unit_test(points_decoded_before_open_alike),
        cmocka_unit_test(counts_are_bounded),
        cmocka_unit_test(every_score_is_found),
    };
    return cmocka_run_group_tests(tests, make_table, free_table);
}
