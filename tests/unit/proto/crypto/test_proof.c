/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stdlib.h>

#include "proto/crypto/hash.h"
#include "proto/crypto/proof.h"
#include "tests/unit/proto/crypto/check_hex.h"
#include "tests/vectors/crypto.h"

static const char TAG[] = "test proof";
static const char STATEMENT[] = "who and what";

/* x of the vectors, and their nonce seed. */
static void vector_key(struct scalar *x, struct point *key, uint8_t nonce_seed[SEED_BYTES])
{
    uint8_t seed[SEED_BYTES];
    struct stream stream;
    for (unsigned i = 0; i < SEED_BYTES; i++) {
        seed[i] = (uint8_t)i;
        nonce_seed[i] = (uint8_t)(200 + i);
    }
    stream_start(&stream, "proof", seed, NULL, 0);
    stream_scalar(&stream, x);
    point_mul_base(key, x);
}

/* ---- possession ---- */
static bool possession(const uint8_t proof[PROOF_BYTES], const struct point *key)
{
    return proof_possession_check(proof, TAG, STATEMENT, strlen(STATEMENT), key);
}

/* The proof of the vectors, and the key that it is for. */
static void make_possession(uint8_t proof[PROOF_BYTES], struct point *key)
{
    struct scalar x;
    uint8_t seed[SEED_BYTES];
    vector_key(&x, key, seed);
    proof_possession_make(proof, TAG, STATEMENT, strlen(STATEMENT), &x, seed);
}

static void possession_follows_the_written_definition(void **state)
{
    (void)state;
    struct point key;
    uint8_t proof[PROOF_BYTES];
    make_possession(proof, &key);
    assert_hex(proof, sizeof proof, VECTOR_POSSESSION);
    assert_true(possession(proof, &key));
}

static void any_flipped_bit_of_a_proof_fails(void **state)
{
    (void)state;
    struct point key;
    uint8_t proof[PROOF_BYTES];
    make_possession(proof, &key);
    for (size_t bit = 0; bit < 8 * PROOF_BYTES; bit++) {
        proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(possession(proof, &key));
        proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(possession(proof, &key));
}

static void possession_is_bound_to_tag_statement_and_key(void **state)
{
    (void)state;
    struct scalar other;
    struct point key, other_key;
    uint8_t proof[PROOF_BYTES];
    scalar_random(&other);
    point_mul_base(&other_key, &other);
    make_possession(proof, &key);
    assert_false(possession(proof, &other_key));
    assert_false(proof_possession_check(proof, "test prooF", STATEMENT, strlen(STATEMENT), &key));
    assert_false(proof_possession_check(proof, TAG, STATEMENT, strlen(STATEMENT) - 1, &key));
    assert_false(proof_possession_check(proof, TAG, NULL, 0, &key));
}

/* l added to a response that is small enough still fits 32 bytes and means the same scalar. */
static void add_order(uint8_t scalar[SCALAR_BYTES])
{
    static const uint8_t order[SCALAR_BYTES] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
                                                0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
                                                0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    sodium_add(scalar, order, SCALAR_BYTES);
}

static void non_canonical_proofs_fail(void **state)
{
    (void)state;
    struct point key;
    uint8_t proof[PROOF_BYTES], changed[PROOF_BYTES];
    make_possession(proof, &key);
    for (size_t half = 0; half < 2; half++) {
        memcpy(changed, proof, sizeof proof);
        add_order(changed + half * SCALAR_BYTES);
        assert_false(possession(changed, &key));
    }
}

/* Where X is the identity, R = sB for any challenge: such a proof is made here as anybody could. */
static void a_proof_for_the_identity_fails(void **state)
{
    (void)state;
    struct scalar c, s;
    struct point identity, commitment;
    struct hash hash;
    uint8_t proof[PROOF_BYTES];
    point_identity(&identity);
    scalar_random(&s);
    point_mul_base(&commitment, &s);
    hash_start(&hash, TAG, HASH_WIDE_BYTES, NULL);
    hash_text(&hash, STATEMENT);
    hash_point(&hash, &identity);
    hash_point(&hash, &commitment);
    hash_end_scalar(&hash, &c);
    scalar_encode(proof, &c);
    scalar_encode(proof + SCALAR_BYTES, &s);
    assert_false(possession(proof, &identity));
}

/* The same nonce for two statements would give the key away: s - s' = (c - c') x. */
static void nonces_differ_with_everything_that_is_proved(void **state)
{
    (void)state;
    struct scalar x, c[2], s[2];
    struct point key, base, commitments[2];
    uint8_t seed[SEED_BYTES], proof[PROOF_BYTES], again[PROOF_BYTES];
    static const char *const tags[] = {"test proof", "test proof 2", "test proof"};
    static const char *const statements[] = {"a", "a", "b"};
    vector_key(&x, &key, seed);
    point_base(&base);
    for (int i = 0; i < 3; i++) {
        int slot = i == 0 ? 0 : 1;
        proof_possession_make(proof, tags[i], statements[i], 1, &x, seed);
        proof_possession_make(again, tags[i], statements[i], 1, &x, seed);
        assert_memory_equal(proof, again, sizeof proof); /* the same input, the same bytes */
        assert_true(scalar_decode(&c[slot], proof));
        assert_true(scalar_decode(&s[slot], proof + SCALAR_BYTES));
        struct scalar k;
        scalar_mul(&k, &c[slot], &x);
        scalar_sub(&k, &s[slot], &k);
        point_mul(&commitments[slot], &base, &k);
        if (i > 0) assert_false(point_equal(&commitments[0], &commitments[1]));
    }
}

/* ---- shares ---- */
enum { BATCH = 1000 };

struct batch {
    struct scalar x;
    struct point key;
    struct point *points, *shares; /* BATCH each */
    uint8_t point_bytes[BATCH * POINT_BYTES], share_bytes[BATCH * POINT_BYTES];
    uint8_t seed[SEED_BYTES], proof[PROOF_BYTES];
};

static void set_share(struct batch *batch, size_t j, const struct point *share)
{
    batch->shares[j] = *share;
    point_encode(batch->share_bytes + j * POINT_BYTES, share);
}

static void prove(struct batch *batch, size_t count)
{
    proof_shares_make(batch->proof, "query", 5, &batch->x, batch->point_bytes, batch->share_bytes,
                      batch->points, count, batch->seed, NULL);
}

static bool check(const struct batch *batch, size_t count)
{
    return proof_shares_check(batch->proof, "query", 5, &batch->key, batch->point_bytes,
                              batch->share_bytes, batch->points, batch->shares, count, NULL);
}

/* P[j] = (j + 2) B, as in the vectors, with the right shares. */
static int batch_new(void **state)
{
    struct batch *batch = mem_new(struct batch);
    struct point base, at;
    batch->points = mem_array(BATCH, sizeof *batch->points);
    batch->shares = mem_array(BATCH, sizeof *batch->shares);
    vector_key(&batch->x, &batch->key, batch->seed);
    point_base(&base);
    at = base;
    for (size_t j = 0; j < BATCH; j++) {
        struct point share;
        point_add(&at, &at, &base);
        batch->points[j] = at;
        point_encode(batch->point_bytes + j * POINT_BYTES, &at);
        point_mul(&share, &at, &batch->x);
        set_share(batch, j, &share);
    }
    *state = batch;
    return 0;
}

static int batch_free(void **state)
{
    struct batch *batch = *state;
    free(batch->points);
    free(batch->shares);
    free(batch);
    return 0;
}

static void shares_follow_the_written_definition(void **state)
{
    struct batch *batch = *state;
    static const struct {
        size_t count;
        const char *hex;
    } cases[] = {{0, VECTOR_SHARES_0}, {1, VECTOR_SHARES_1}, {7, VECTOR_SHARES_7}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        prove(batch, cases[i].count);
        assert_hex(batch->proof, PROOF_BYTES, cases[i].hex);
        assert_true(check(batch, cases[i].count));
    }
    prove(batch, BATCH);
    assert_true(check(batch, BATCH));
}

static void any_flipped_bit_of_a_shares_proof_fails(void **state)
{
    struct batch *batch = *state;
    prove(batch, 7);
    for (size_t bit = 0; bit < 8 * PROOF_BYTES; bit++) {
        batch->proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(check(batch, 7));
        batch->proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(check(batch, 7));
}

static void one_altered_share_in_a_thousand_fails(void **state)
{
    struct batch *batch = *state;
    static const size_t places[] = {0, 1, 499, 998, 999};
    prove(batch, BATCH);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t j = places[i];
        struct point right = batch->shares[j], wrong;
        point_add(&wrong, &right, &batch->key);
        set_share(batch, j, &wrong);
        assert_false(check(batch, BATCH)); /* altered after the proof */
        prove(batch, BATCH);
        assert_false(check(batch, BATCH)); /* a proof over the altered share */
        set_share(batch, j, &right);
        prove(batch, BATCH);
        assert_true(check(batch, BATCH));
    }
}

/* Two errors that cancel in a plain sum do not with random coefficients. */
static void errors_that_cancel_and_swapped_shares_fail(void **state)
{
    struct batch *batch = *state;
    struct point first = batch->shares[3], second = batch->shares[8], plus, minus;
    point_add(&plus, &first, &batch->key);
    point_sub(&minus, &second, &batch->key);
    set_share(batch, 3, &plus);
    set_share(batch, 8, &minus);
    prove(batch, 20);
    assert_false(check(batch, 20));
    set_share(batch, 3, &second);
    set_share(batch, 8, &first);
    prove(batch, 20);
    assert_false(check(batch, 20));
    set_share(batch, 3, &first);
    set_share(batch, 8, &second);
    prove(batch, 20);
    assert_true(check(batch, 20));
}

static void shares_are_bound_to_statement_key_count_and_bytes(void **state)
{
    struct batch *batch = *state;
    prove(batch, 20);
    assert_false(check(batch, 19));
    assert_false(check(batch, 21));
    assert_false(proof_shares_check(batch->proof, "querY", 5, &batch->key, batch->point_bytes,
                                    batch->share_bytes, batch->points, batch->shares, 20, NULL));
    struct point right = batch->key, base;
    point_base(&base);
    point_add(&batch->key, &right, &base);
    assert_false(check(batch, 20));
    point_identity(&batch->key);
    assert_false(check(batch, 20));
    batch->key = right;
    batch->point_bytes[0] ^= 2; /* the bytes that travelled count, though the points be the same */
    assert_false(check(batch, 20));
    batch->point_bytes[0] ^= 2;
    batch->share_bytes[20 * POINT_BYTES - 1] ^= 1;
    assert_false(check(batch, 20));
    batch->share_bytes[20 * POINT_BYTES - 1] ^= 1;
    assert_true(check(batch, 20));
}

/* Another key's shares under another key's proof: consistent in themselves, wrong for X. */
static void shares_of_another_key_fail(void **state)
{
    struct batch *batch = *state;
    struct scalar own = batch->x;
    struct point saved[5];
    scalar_random(&batch->x);
    for (size_t j = 0; j < 5; j++) {
        struct point share;
        saved[j] = batch->shares[j];
        point_mul(&share, &batch->points[j], &batch->x);
        set_share(batch, j, &share);
    }
    prove(batch, 5);
    assert_false(check(batch, 5));
    batch->x = own;
    prove(batch, 5);
    assert_false(check(batch, 5));
    for (size_t j = 0; j < 5; j++) set_share(batch, j, &saved[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(possession_follows_the_written_definition),
        cmocka_unit_test(any_flipped_bit_of_a_proof_fails),
        cmocka_unit_test(possession_is_bound_to_tag_statement_and_key),
        cmocka_unit_test(non_canonical_proofs_fail),
        cmocka_unit_test(a_proof_for_the_identity_fails),
        cmocka_unit_test(nonces_differ_with_everything_that_is_proved),
        cmocka_unit_test(shares_follow_the_written_definition),
        cmocka_unit_test(any_flipped_bit_of_a_shares_proof_fails),
        cmocka_unit_test(one_altered_share_in_a_thousand_fails),
        cmocka_unit_test(errors_that_cancel_and_swapped_shares_fail),
        cmocka_unit_test(shares_are_bound_to_statement_key_count_and_bytes),
        cmocka_unit_test(shares_of_another_key_fail),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, batch_new, batch_free);
}
