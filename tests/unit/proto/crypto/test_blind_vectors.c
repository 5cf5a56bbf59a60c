/* SPDX-License-Identifier: Apache-2.0
 * One whole match against tests/vectors/make_match.py, which computes it from the written protocol
 * without this code or its libraries.
 */
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/crypto/message.h"
#include "tests/unit/proto/crypto/check_hex.h"
#include "tests/unit/proto/crypto/match.h"
#include "tests/vectors/match.h"

/* These stand in make_match.py too. */
enum { HARD = 3, SOFT = 2, CELLS = 100, POSITIONS = HARD + SOFT + 2 * CELLS + 2, ITEMS = 16 };
static const uint16_t hard_1[] = {0, 1, 2, 5 + 7}, soft_1[] = {3, 4, 105 + 7};
static const uint16_t hard_2[] = {0, 2, 5 + 99};
static const uint16_t hard_3[] = {0, 2, 5 + 98}, soft_3[] = {3, 105 + 98};
static const uint16_t hard_5[] = {0, 5 + 1}, soft_5[] = {3, 4, 105 + 1};
static const struct blind_profile carers[] = {{hard_1, soft_1, 4, 3, false},
                                              {hard_2, NULL, 3, 0, false},
                                              {hard_3, soft_3, 3, 2, false},
                                              {NULL, NULL, 0, 0, true},
                                              {hard_5, soft_5, 2, 3, false}};
static const struct blind_layout layout = {HARD, SOFT, CELLS};

struct fixture {
    uint8_t query_seed[SEED_BYTES], reply_seed[SEED_BYTES], query_id[QUERY_ID_BYTES];
    struct scalar a, m;
    struct epoch_record epoch;
    struct buf body;
    uint8_t hash[HASH_BYTES];
    struct query query;
    struct point joint;
    uint8_t c1[ITEMS * POINT_BYTES], c2[ITEMS * POINT_BYTES];
};

static void make_query(struct fixture *fixture)
{
    static const uint16_t footprint[] = {91};
    int16_t values[POSITIONS] = {1, 0, 1, 250, 500};
    for (int16_t cell = 0; cell < CELLS; cell++) {
        values[HARD + SOFT + cell] = cell % 2;
        values[HARD + SOFT + CELLS + cell] = (int16_t)(2 * cell);
    }
    values[POSITIONS - 2] = -3;
    const struct query_plain plain = {.catalogue = 1,
                                      .la = "la-1",
                                      .query_id = fixture->query_id,
                                      .issued_at = 1795326395000,
                                      .expires_at = 1795326515000,
                                      .footprint = footprint,
                                      .footprint_count = 1,
                                      .layout = layout,
                                      .values = values};
    query_make(&plain, &fixture->epoch, fixture->query_seed, &fixture->a, &fixture->body);
    query_hash(fixture->hash, fixture->body.data, fixture->body.len);
}

static void start(struct fixture *fixture)
{
    uint8_t m[SCALAR_BYTES];
    struct err err;
    *fixture = (struct fixture){.epoch = {.epoch = 1795326394000, .matcher = "matcher"}};
    for (uint8_t i = 0; i < SEED_BYTES; i++) fixture->query_seed[i] = i;
    for (uint8_t i = 0; i < SEED_BYTES; i++) fixture->reply_seed[i] = (uint8_t)(100 + i);
    for (uint8_t i = 0; i < QUERY_ID_BYTES; i++) fixture->query_id[i] = i;
    assert_true(text_unhex(VECTOR_MATCH_M, m, sizeof m));
    assert_true(scalar_decode(&fixture->m, m));
    point_mul_base(&fixture->epoch.key, &fixture->m);
    point_encode(fixture->epoch.key_bytes, &fixture->epoch.key);
    make_query(fixture);
    assert_true(query_decode(fixture->body.data, fixture->body.len, &fixture->query, &err));
    assert_true(blind_joint_key(&fixture->joint, &fixture->query.key, &fixture->epoch.key));
    blind_evaluate(fixture->c1, fixture->c2, &layout, fixture->query.ciphertexts.data,
                   &fixture->joint, carers, sizeof carers / sizeof *carers, fixture->reply_seed,
                   fixture->hash, NULL);
}

static void end(struct fixture *fixture)
{
    query_free(&fixture->query);
    buf_free(&fixture->body);
}

static void the_query_is_the_written_one(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    const struct buf *body = &fixture.body;
    /* Behind the ciphertexts stand the numbers of slots, two bytes each. */
    size_t end_of_all = body->len - 4;
    assert_hex(body->data, end_of_all - POSITIONS * CIPHERTEXT_BYTES, VECTOR_MATCH_HEAD);
    assert_hex(body->data + end_of_all - 2 * CIPHERTEXT_BYTES, 2 * CIPHERTEXT_BYTES,
               VECTOR_MATCH_GATE_BASE);
    assert_hex(fixture.hash, HASH_BYTES, VECTOR_MATCH_QUERY_HASH);
    end(&fixture);
}

static void the_reply_is_the_written_one(void **state)
{
    (void)state;
    struct fixture fixture;
    struct reply reply = {0};
    start(&fixture);
    assert_hex(fixture.c1, sizeof fixture.c1, VECTOR_MATCH_C1);
    assert_hex(fixture.c2, sizeof fixture.c2, VECTOR_MATCH_C2);
    reply_half_hash(reply.c1_hash, 1, fixture.c1, sizeof fixture.c1);
    reply_half_hash(reply.c2_hash, 2, fixture.c2, sizeof fixture.c2);
    reply_commit(&reply, fixture.reply_seed, "slots", 5);
    assert_hex(reply.c1_hash, HASH_BYTES, VECTOR_MATCH_C1_HASH);
    assert_hex(reply.c2_hash, HASH_BYTES, VECTOR_MATCH_C2_HASH);
    assert_hex(reply.slots_commitment, HASH_BYTES, VECTOR_MATCH_SLOTS_COMMITMENT);
    assert_hex(reply.seed_commitment, HASH_BYTES, VECTOR_MATCH_SEED_COMMITMENT);
    end(&fixture);
}

static void the_opening_is_the_written_one(void **state)
{
    (void)state;
    struct fixture fixture;
    struct blind_opened *opened = NULL;
    struct err err;
    uint8_t shares[ITEMS * POINT_BYTES], proof[PROOF_BYTES];
    const char *const agent = "agent-1";
    start(&fixture);
    struct blind_sharer *sharer = blind_sharer_new(&fixture.a, fixture.query_seed, fixture.hash);
    assert_true(blind_sharer_add(sharer, agent, fixture.c1, ITEMS, shares, &err));
    assert_hex(shares, sizeof shares, VECTOR_MATCH_SHARES);
    assert_true(blind_sharer_prove(sharer, &agent, 1, proof, &err));
    assert_hex(proof, sizeof proof, VECTOR_MATCH_PROOF);
    struct blind_scores *table = blind_scores_new();
    assert_true(blind_open(&opened, table, &fixture.m, fixture.c1, NULL, fixture.c2, shares, ITEMS,
                           NULL, &err));
    for (uint32_t i = 0; i < ITEMS; i++)
        assert_int_equal(blind_opened_score(opened, i), VECTOR_MATCH_SCORES[i]);
    assert_true(
        blind_opened_check(&opened, 1, &fixture.query.key, fixture.hash, proof, NULL, &err));
    blind_opened_free(opened);
    blind_scores_free(table);
    blind_sharer_free(sharer);
    end(&fixture);
}

/* The committed vectors are what the reference computes today. */
static void the_vectors_come_from_the_reference(void **state)
{
    (void)state;
    char *const argv[] = {"python3", "-B", "tests/vectors/make_match.py", "--check", NULL};
    pid_t child;
    int status = -1;
    if (posix_spawnp(&child, argv[0], NULL, NULL, argv, environ) != 0) {
        print_message("skipped: python3 cannot be started\n");
        skip();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_query_is_the_written_one),
        cmocka_unit_test(the_reply_is_the_written_one),
        cmocka_unit_test(the_opening_is_the_written_one),
        cmocka_unit_test(the_vectors_come_from_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
