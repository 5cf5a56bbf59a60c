/* SPDX-License-Identifier: Apache-2.0
 * The agent's evaluation against a query that was made to attack it, and its determinism. */
#include "tests/unit/proto/crypto/match.h"

enum { CARERS = 12, HARD = 6, SOFT = 5 };

/* Every carer holds everything and qualifies: h = 1 in one slot, all weights 0. */
static void start_all_eligible(struct match *match)
{
    bool held[HARD + SOFT + 2];
    memset(held, true, sizeof held);
    match_start(match, HARD, SOFT, 0);
    match->values[0] = 1;
    match->values[blind_position_gate(&match->layout)] = -1;
    match_encrypt(match);
    match_profiles(match, CARERS);
    for (size_t i = 0; i < CARERS; i++) match_hold(match, i, held);
}

/* V = C2 - (a + m) C1, with both private keys. */
static void open_both(const struct match *match, uint32_t item, struct point *out)
{
    struct ciphertext ciphertext;
    struct scalar k;
    assert_true(point_decode(&ciphertext.c1, match->c1 + item * POINT_BYTES));
    assert_true(point_decode(&ciphertext.c2, match->c2 + item * POINT_BYTES));
    scalar_add(&k, &match->a, &match->m);
    elgamal_open(out, &ciphertext, &k);
}

static uint32_t count_zero_scores(const struct match *match)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < match->items; i++) {
        struct point value;
        open_both(match, i, &value);
        count += point_is_identity(&value);
    }
    return count;
}

/* Each dummy decrypts to rho'B - k rho B, with rho, rho' from the stream: nothing of the query is
 * in it. The first `dummies_from` items are not looked at. */
static void assert_dummies(const struct match *match, size_t dummies_from)
{
    struct stream stream;
    uint32_t place[64];
    struct scalar k, factor, rho[64], rho_dummy[64], t;
    scalar_add(&k, &match->a, &match->m);
    stream_start(&stream, "hearth reply", match->reply_seed, match->hash, HASH_BYTES);
    for (size_t i = 0; i < match->items; i++) {
        stream_scalar(&stream, &rho[i]);
        stream_scalar(&stream, &rho_dummy[i]);
        stream_scalar(&stream, &t);
    }
    stream_permutation(&stream, place, match->items);
    for (size_t i = dummies_from; i < match->items; i++) {
        struct point value, expected;
        scalar_mul(&factor, &k, &rho[i]);
        scalar_sub(&factor, &rho_dummy[i], &factor);
        point_mul_base(&expected, &factor);
        open_both(match, place[i], &value);
        assert_true(point_equal(&value, &expected));
    }
}

static void dummies_are_random_points(void **state)
{
    (void)state;
    struct match match;
    start_all_eligible(&match);
    for (size_t i = 4; i < CARERS; i++) match.profiles[i].dummy = true;
    match_evaluate(&match);
    assert_int_equal(count_zero_scores(&match), 4);
    assert_dummies(&match, 4);
    match_end(&match);
}

/* The positions of a carer who is a dummy may point anywhere: they are not read. */
static void lists_of_dummies_are_ignored(void **state)
{
    (void)state;
    struct match match;
    start_all_eligible(&match);
    static const uint16_t outside[] = {1, 65535};
    match.profiles[0].dummy = true;
    free((void *)(uintptr_t)match.profiles[0].hard);
    match.profiles[0].hard = outside;
    match.profiles[0].hard_count = 2;
    match_evaluate(&match);
    assert_int_equal(count_zero_scores(&match), CARERS - 1);
    match.profiles[0].hard = NULL;
    match_end(&match);
}

/* Fills every ciphertext with the same pair of points. */
static void fill(struct match *match, const struct point *c1, const struct point *c2)
{
    struct ciphertext ciphertext = {*c1, *c2};
    for (size_t i = 0; i < match->positions; i++)
        ciphertext_encode(match->ciphertexts + i * CIPHERTEXT_BYTES, &ciphertext);
}

/* A query that multiplies nothing (identities) or decrypts to 0 wherever one looks must not tell a
 * dummy from a carer by what the dummy decrypts to. */
static void hostile_queries_do_not_mark_dummies(void **state)
{
    (void)state;
    struct match match;
    struct point identity, base;
    point_identity(&identity);
    point_base(&base);
    start_all_eligible(&match);
    for (size_t i = 3; i < CARERS; i++) match.profiles[i].dummy = true;

    fill(&match, &identity, &identity);
    match_evaluate(&match);
    assert_dummies(&match, 0);
    fill(&match, &identity, &base);
    match_evaluate(&match);
    assert_dummies(&match, 0);
    fill(&match, &base, &identity);
    match_evaluate(&match);
    assert_dummies(&match, 3);
    fill(&match, &base, &match.joint_key); /* Enc(0; 1) everywhere */
    match_evaluate(&match);
    assert_dummies(&match, 3);
    assert_int_equal(count_zero_scores(&match), 3);
    match_end(&match);
}

/* R must be blinded by t even where HARD and SOFT are constant: no two items of such a query agree.
 */
static void equal_carers_give_different_items(void **state)
{
    (void)state;
    struct match match;
    struct point base;
    point_base(&base);
    start_all_eligible(&match);
    fill(&match, &base, &match.joint_key);
    match_evaluate(&match);
    for (uint32_t i = 0; i < match.items; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const uint8_t *c1 = match.c1, *c2 = match.c2;
            assert_memory_not_equal(c1 + i * POINT_BYTES, c1 + j * POINT_BYTES, POINT_BYTES);
            assert_memory_not_equal(c2 + i * POINT_BYTES, c2 + j * POINT_BYTES, POINT_BYTES);
        }
    }
    match_end(&match);
}

/* `position` gets bytes that are no fresh ciphertext, in the ways there are. */
static void spoil(struct match *match, size_t position, int how)
{
    uint8_t *bytes = match->ciphertexts + position * CIPHERTEXT_BYTES;
    match_encrypt(match);
    if (how == 0) bytes[0] ^= 1;                    /* negative: not canonical */
    if (how == 1) memset(bytes, 0xff, POINT_BYTES); /* not below the prime */
    if (how == 2) memset(bytes + POINT_BYTES, 0xff, POINT_BYTES);
    if (how == 3) memset(bytes, 0, POINT_BYTES); /* c1 the identity */
}

static void bad_points_make_dummies_of_their_holders(void **state)
{
    (void)state;
    struct match match;
    start_all_eligible(&match);
    const size_t soft = blind_position_soft(&match.layout, SOFT - 1);
    match.profiles[2].hard_count--; /* no longer holds the last hard slot */
    match.profiles[5].soft_count--; /* nor the last soft slot */
    for (int how = 0; how < 4; how++) {
        spoil(&match, HARD - 1, how);
        match_evaluate(&match);
        assert_int_equal(count_zero_scores(&match), 1);
        spoil(&match, soft, how);
        match_evaluate(&match);
        assert_int_equal(count_zero_scores(&match), 1);
        spoil(&match, blind_position_gate(&match.layout), how);
        match_evaluate(&match);
        assert_dummies(&match, 0);
        spoil(&match, blind_position_base(&match.layout), how);
        match_evaluate(&match);
        assert_dummies(&match, 0);
    }
    match_end(&match);
}

static void bad_points_that_nobody_holds_change_nothing(void **state)
{
    (void)state;
    struct match match;
    start_all_eligible(&match);
    for (size_t i = 0; i < CARERS; i++) match.profiles[i].hard_count--;
    spoil(&match, HARD - 1, 1);
    match_evaluate(&match);
    assert_int_equal(count_zero_scores(&match), CARERS);
    match_end(&match);
}

/* Carers in ascending order of score; the items are not, and where each went is the permutation. */
static void items_are_shuffled(void **state)
{
    (void)state;
    struct match match;
    struct stream stream;
    struct scalar skipped;
    uint32_t place[64], moved = 0;
    start_all_eligible(&match);
    for (size_t i = 0; i < SOFT; i++) match.values[blind_position_soft(&match.layout, i)] = 100;
    match_encrypt(&match);
    for (size_t i = 0; i < CARERS; i++) match.profiles[i].soft_count = (uint16_t)(i % (SOFT + 1));
    match_evaluate(&match);

    stream_start(&stream, "hearth reply", match.reply_seed, match.hash, HASH_BYTES);
    for (size_t i = 0; i < 3 * (size_t)match.items; i++) stream_scalar(&stream, &skipped);
    stream_permutation(&stream, place, match.items);
    for (size_t i = 0; i < CARERS; i++) {
        struct point value, expected;
        struct scalar score;
        scalar_from_int(&score, (int64_t)(100 * (i % (SOFT + 1))));
        point_mul_base(&expected, &score);
        open_both(&match, place[i], &value);
        assert_true(point_equal(&value, &expected));
        moved += place[i] != i;
    }
    assert_true(moved > 0);
    match_end(&match);
}

static void the_seed_decides_every_byte(void **state)
{
    (void)state;
    struct match match;
    start_all_eligible(&match);
    match_evaluate(&match);
    size_t len = match.items * (size_t)POINT_BYTES;
    uint8_t *c1 = mem_copy(match.c1, len), *c2 = mem_copy(match.c2, len);
    match_evaluate(&match);
    assert_memory_equal(c1, match.c1, len);
    assert_memory_equal(c2, match.c2, len);
    for (int what = 0; what < 2; what++) { /* another seed; another query under the same seed */
        (what ? match.hash : match.reply_seed)[0] ^= 1;
        match_evaluate(&match);
        for (size_t i = 0; i < len; i += POINT_BYTES) {
            for (size_t j = 0; j < len; j += POINT_BYTES) {
                assert_memory_not_equal(c1 + i, match.c1 + j, POINT_BYTES);
                assert_memory_not_equal(c2 + i, match.c2 + j, POINT_BYTES);
            }
        }
        (what ? match.hash : match.reply_seed)[0] ^= 1;
    }
    free(c1);
    free(c2);
    match_end(&match);
}

/* An agency without carers answers like any other. */
static void no_carers_give_a_full_class_of_dummies(void **state)
{
    (void)state;
    struct match match;
    match_start(&match, HARD, SOFT, 0);
    match_encrypt(&match);
    match_profiles(&match, 0);
    match_evaluate(&match);
    assert_int_equal(match.items, 16);
    assert_dummies(&match, 0);
    match_end(&match);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dummies_are_random_points),
        cmocka_unit_test(lists_of_dummies_are_ignored),
        cmocka_unit_test(hostile_queries_do_not_mark_dummies),
        cmocka_unit_test(equal_carers_give_different_items),
        cmocka_unit_test(bad_points_make_dummies_of_their_holders),
        cmocka_unit_test(bad_points_that_nobody_holds_change_nothing),
        cmocka_unit_test(items_are_shuffled),
        cmocka_unit_test(the_seed_decides_every_byte),
        cmocka_unit_test(no_carers_give_a_full_class_of_dummies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
