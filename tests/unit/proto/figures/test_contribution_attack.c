/* SPDX-License-Identifier: Apache-2.0
 * What an insider among the contributors, the matcher or the hub could try.
 */
#include "tests/unit/proto/figures/contribution_scene.h"

/* ---- an insider ---- */

/* c * each half of every ciphertext, with t * (B, K) added where there is a t. */
static void multiply(const struct scene *scene, struct entry *entry, int64_t c,
                     const struct scalar *t)
{
    struct scalar factor;
    struct point fresh[2];
    scalar_from_int(&factor, c);
    for (size_t i = 0; i < CELLS; i++) {
        struct ciphertext ciphertext;
        uint8_t *bytes = entry->ciphertexts + i * CIPHERTEXT_BYTES;
        assert_true(ciphertext_decode(&ciphertext, bytes));
        point_mul(&ciphertext.c1, &ciphertext.c1, &factor);
        point_mul(&ciphertext.c2, &ciphertext.c2, &factor);
        if (t) {
            point_mul_base(&fresh[0], t);
            point_mul(&fresh[1], &scene->joint, t);
            point_add(&ciphertext.c1, &ciphertext.c1, &fresh[0]);
            point_add(&ciphertext.c2, &ciphertext.c2, &fresh[1]);
        }
        ciphertext_encode(bytes, &ciphertext);
    }
}

/* The attack that the proof is there for: what the insider knows it puts in (a victim's proof
 * multiplied likewise, its own proof for other ciphertexts), and everything is refused. */
static void anothers_numbers_cannot_be_sent_as_ones_own(void **state)
{
    struct scene *scene = *state;
    struct entry victim, own, stolen;
    struct scalar t, factor, z;
    struct point commitment;
    random_entry(scene, &victim, "victim");
    random_entry(scene, &own, "insider");
    scalar_random(&t);

    assert_refused(scene, &victim, "insider", ERR_UNAUTHENTICATED, "proof"); /* as they are */
    stolen = victim;
    memcpy(stolen.proof, own.proof, PROOF_BYTES);
    assert_refused(scene, &stolen, "insider", ERR_UNAUTHENTICATED, "proof");

    static const int64_t factors[] = {1, -1, 1000};
    for (size_t i = 0; i < 3; i++) {
        stolen = victim;
        multiply(scene, &stolen, factors[i], NULL);
        assert_refused(scene, &stolen, "insider", ERR_UNAUTHENTICATED, "proof");
        /* With the victim's own proof multiplied: T and z are linear, but d is another. */
        scalar_from_int(&factor, factors[i]);
        assert_true(point_decode(&commitment, stolen.proof));
        assert_true(scalar_decode(&z, stolen.proof + POINT_BYTES));
        point_mul(&commitment, &commitment, &factor);
        scalar_mul(&z, &z, &factor);
        point_encode(stolen.proof, &commitment);
        scalar_encode(stolen.proof + POINT_BYTES, &z);
        assert_refused(scene, &stolen, "insider", ERR_UNAUTHENTICATED, "proof");
        multiply(scene, &stolen, 1, &t); /* and re-randomised */
        assert_refused(scene, &stolen, "insider", ERR_UNAUTHENTICATED, "proof");
    }
    /* Why: without the proof it would work. A thousandth of the sum is the victim's number. */
    stolen = victim;
    multiply(scene, &stolen, 1000, &t);
    for (size_t i = 0; i < CELLS; i++)
        assert_true(ciphertext_decode(&scene->sum[i], stolen.ciphertexts + i * CIPHERTEXT_BYTES));
    for (size_t i = 0; i < CELLS; i++) scene->plain[i] = 1000 * (int64_t)victim.values[i];
    assert_opens(scene);
}

/* One cell of another's among cells of one's own: the batch is only as good as its every part. */
static void one_cell_of_anothers_is_seen(void **state)
{
    const struct scene *scene = *state;
    struct entry victim, own;
    random_entry(scene, &victim, "victim");
    random_entry(scene, &own, "insider");
    for (size_t i = 0; i < CELLS; i++) {
        struct entry mixed = own;
        memcpy(mixed.ciphertexts + i * CIPHERTEXT_BYTES, victim.ciphertexts + i * CIPHERTEXT_BYTES,
               CIPHERTEXT_BYTES);
        assert_refused(scene, &mixed, "insider", ERR_UNAUTHENTICATED, "proof");
    }
}

/* Two cells whose unknown parts cancel in a plain sum do not with random coefficients. */
static void parts_that_cancel_are_seen(void **state)
{
    const struct scene *scene = *state;
    struct entry own, victim;
    struct ciphertext a, b, part;
    random_entry(scene, &victim, "victim");
    random_entry(scene, &own, "insider");
    uint8_t *first = own.ciphertexts, *second = first + CIPHERTEXT_BYTES;
    assert_true(ciphertext_decode(&part, victim.ciphertexts));
    assert_true(ciphertext_decode(&a, first));
    assert_true(ciphertext_decode(&b, second));
    elgamal_add(&a, &a, &part);
    point_sub(&b.c1, &b.c1, &part.c1);
    point_sub(&b.c2, &b.c2, &part.c2);
    ciphertext_encode(first, &a);
    ciphertext_encode(second, &b);
    assert_refused(scene, &own, "insider", ERR_UNAUTHENTICATED, "proof");
}

static void a_proof_holds_for_its_statement_and_key_alone(void **state)
{
    struct scene *scene = *state;
    static const char *const others[] = {"manifest, key, who, tablE", "manifest, key, WHO, table",
                                         "Manifest, key, who, table", "manifest, key, who, table ",
                                         ""};
    struct entry entry;
    struct ciphertext out[CELLS];
    struct err err;
    random_entry(scene, &entry, STATEMENT);
    assert_true(check_for(scene, &entry, STATEMENT, out, &err));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_refused(scene, &entry, others[i], ERR_UNAUTHENTICATED, "proof");
    struct point joint = scene->joint;
    scene->joint = scene->hub_key;
    assert_refused(scene, &entry, STATEMENT, ERR_UNAUTHENTICATED, "proof");
    scene->joint = joint;
    assert_false(contribution_check(&scene->joint, entry.ciphertexts, CELLS - 1, STATEMENT,
                                    strlen(STATEMENT), entry.proof, NULL, out, &err));
}

static void any_flipped_bit_is_seen(void **state)
{
    const struct scene *scene = *state;
    struct entry entry;
    struct ciphertext out[CELLS];
    struct err err;
    random_entry(scene, &entry, STATEMENT);
    for (size_t bit = 0; bit < 8 * PROOF_BYTES; bit++) {
        entry.proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_refused(scene, &entry, STATEMENT, ERR_UNAUTHENTICATED, "proof");
        entry.proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    /* A C2 that is another point is seen though no r changes: it is hashed. */
    memcpy(entry.ciphertexts + POINT_BYTES, entry.ciphertexts, POINT_BYTES);
    assert_refused(scene, &entry, STATEMENT, ERR_UNAUTHENTICATED, "proof");
    random_entry(scene, &entry, STATEMENT);
    assert_true(check_for(scene, &entry, STATEMENT, out, &err));
}

/* Everything that is no good in itself is named by its cell. */
static void bad_points_are_refused_by_their_cell(void **state)
{
    const struct scene *scene = *state;
    struct entry right, entry;
    random_entry(scene, &right, STATEMENT);
    entry = right;
    memset(entry.ciphertexts + 5 * CIPHERTEXT_BYTES, 0, POINT_BYTES); /* identity: v in the clear */
    assert_refused(scene, &entry, STATEMENT, ERR_INVALID, "ciphertexts[5]");
    entry = right;
    memcpy(entry.ciphertexts + 7 * CIPHERTEXT_BYTES, entry.ciphertexts + 2 * CIPHERTEXT_BYTES,
           POINT_BYTES);
    assert_refused(scene, &entry, STATEMENT, ERR_INVALID, "ciphertexts[7]");
    for (size_t half = 0; half < 2; half++) {
        entry = right;
        entry.ciphertexts[11 * CIPHERTEXT_BYTES + half * POINT_BYTES] ^= 1;
        assert_refused(scene, &entry, STATEMENT, ERR_INVALID, "ciphertexts[11]");
    }
}

/* Two tables of one party, or two periods, share no randomness: with one seed too. */
static void the_statement_changes_all_randomness(void **state)
{
    const struct scene *scene = *state;
    static const int32_t values[CELLS] = {0};
    static const uint8_t seed[SEED_BYTES] = {1};
    struct entry a, b;
    contribution_encrypt(&scene->joint, values, CELLS, "a", 1, seed, NULL, a.ciphertexts, a.proof);
    contribution_encrypt(&scene->joint, values, CELLS, "b", 1, seed, NULL, b.ciphertexts, b.proof);
    for (size_t i = 0; i < 2 * CELLS; i++) {
        assert_memory_not_equal(a.ciphertexts + i * POINT_BYTES, b.ciphertexts + i * POINT_BYTES,
                                POINT_BYTES);
    }
    assert_memory_not_equal(a.proof, b.proof, POINT_BYTES); /* nor the nonce */
}

/* ---- the matcher or the hub ---- */

/* The matcher half-opens another sum than the hub has added up: one party twice, one left out, one
 * alone, or the same with a cell of another. */
static void shares_of_another_sum_are_refused(void **state)
{
    struct scene *scene = *state;
    struct entry entries[4];
    struct ciphertext each[4][CELLS], other[CELLS];
    struct half half;
    struct err err;
    for (size_t i = 0; i < 4; i++) {
        random_entry(scene, &entries[i], STATEMENT);
        assert_true(check_for(scene, &entries[i], STATEMENT, each[i], &err));
        contribute(scene, &entries[i]);
    }
    memcpy(other, scene->sum, sizeof other);
    contribution_add(other, each[1], CELLS, NULL); /* added twice */
    half_open(scene, other, &half);
    assert_not_opened(scene, scene->sum, &half, ERR_UNAUTHENTICATED, "proof");
    ciphertexts_zero(other, CELLS); /* one left out */
    for (size_t i = 1; i < 4; i++) contribution_add(other, each[i], CELLS, NULL);
    half_open(scene, other, &half);
    assert_not_opened(scene, scene->sum, &half, ERR_UNAUTHENTICATED, "proof");
    half_open(scene, each[0], &half); /* one alone */
    assert_not_opened(scene, scene->sum, &half, ERR_UNAUTHENTICATED, "proof");
    memcpy(other, scene->sum, sizeof other); /* another in one cell */
    other[3] = each[0][3];
    half_open(scene, other, &half);
    assert_not_opened(scene, scene->sum, &half, ERR_UNAUTHENTICATED, "proof");
    assert_opens(scene);
}

/* What the hub alone can do with an agency's table, given the half of the sum: nothing opens. */
static void the_half_of_a_sum_opens_no_table(void **state)
{
    struct scene *scene = *state;
    struct entry entry;
    struct ciphertext victim[CELLS];
    struct half half;
    struct err err;
    random_entry(scene, &entry, STATEMENT);
    assert_true(check_for(scene, &entry, STATEMENT, victim, &err));
    contribute(scene, &entry);
    random_entry(scene, &entry, STATEMENT);
    contribute(scene, &entry);
    half_open(scene, scene->sum, &half);
    for (size_t i = 0; i < CELLS; i += 4) { /* each takes a search of the whole range */
        struct point share, value;
        int64_t v;
        elgamal_open(&value, &victim[i], &scene->u);
        assert_false(sum_find_var(scene->finder, &value, &v));
        assert_true(point_decode(&share, half.shares + i * POINT_BYTES));
        point_sub(&value, &value, &share);
        assert_false(sum_find_var(scene->finder, &value, &v));
    }
}

static void shares_of_another_key_or_statement_are_refused(void **state)
{
    struct scene *scene = *state;
    struct entry entry;
    struct half half;
    random_entry(scene, &entry, STATEMENT);
    contribute(scene, &entry);
    half_open(scene, scene->sum, &half);
    half.proof[0] ^= 1;
    assert_not_opened(scene, scene->sum, &half, ERR_UNAUTHENTICATED, "proof");
    half.proof[0] ^= 1;
    struct half swapped = half;
    memcpy(swapped.shares, half.shares + POINT_BYTES, POINT_BYTES);
    memcpy(swapped.shares + POINT_BYTES, half.shares, POINT_BYTES);
    assert_not_opened(scene, scene->sum, &swapped, ERR_UNAUTHENTICATED, "proof");
    swapped = half;
    swapped.shares[4 * POINT_BYTES] ^= 1;
    assert_not_opened(scene, scene->sum, &swapped, ERR_UNAUTHENTICATED, "shares[4]");

    struct scalar m = scene->m, u = scene->u;
    scalar_random(&scene->m); /* made with another key: refused for M_w */
    half_open(scene, scene->sum, &half);
    assert_not_opened(scene, scene->sum, &half, ERR_UNAUTHENTICATED, "proof");
    scene->m = m;
    scalar_random(&scene->u); /* a hub with another key finds nothing */
    half_open(scene, scene->sum, &half);
    assert_not_opened(scene, scene->sum, &half, ERR_INVALID, "cells[0]");
    scene->u = u;
    int64_t out[CELLS];
    struct err err;
    assert_false(sum_open(&scene->u, &scene->matcher_key, scene->sum, CELLS, half.shares,
                          half.proof, "another set", 11, scene->finder, NULL, out, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    assert_opens(scene);
}

static void a_sum_of_nothing_is_not_half_opened(void **state)
{
    struct scene *scene = *state;
    struct half half = {.shares = {77}};
    struct err err;
    static const uint8_t seed[SEED_BYTES] = {0};
    struct entry entry;
    random_entry(scene, &entry, STATEMENT);
    contribute(scene, &entry);
    point_identity(&scene->sum[9].c1);
    assert_false(sum_half_open(&scene->m, scene->sum, CELLS, SUM, strlen(SUM), seed, NULL,
                               half.shares, half.proof, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, "cells[9]");
    assert_int_equal(half.shares[0], 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(anothers_numbers_cannot_be_sent_as_ones_own),
        WITH_SCENE(one_cell_of_anothers_is_seen),
        WITH_SCENE(parts_that_cancel_are_seen),
        WITH_SCENE(a_proof_holds_for_its_statement_and_key_alone),
        WITH_SCENE(any_flipped_bit_is_seen),
        WITH_SCENE(bad_points_are_refused_by_their_cell),
        WITH_SCENE(the_statement_changes_all_randomness),
        WITH_SCENE(shares_of_another_sum_are_refused),
        WITH_SCENE(the_half_of_a_sum_opens_no_table),
        WITH_SCENE(shares_of_another_key_or_statement_are_refused),
        WITH_SCENE(a_sum_of_nothing_is_not_half_opened),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
