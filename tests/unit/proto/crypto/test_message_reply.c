/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/crypto/bodies.h"

static bool decode(const uint8_t *body, size_t len, struct err *err)
{
    struct reply reply;
    return reply_decode(body, len, &reply, err);
}

static struct reply example(void)
{
    struct reply reply = {.epoch = 1795326394000, .agent = "agent-1", .count = 160};
    randombytes_buf(reply.query_hash, HASH_BYTES);
    randombytes_buf(reply.c1_hash, HASH_BYTES);
    randombytes_buf(reply.c2_hash, HASH_BYTES);
    randombytes_buf(reply.slots_commitment, HASH_BYTES);
    randombytes_buf(reply.seed_commitment, HASH_BYTES);
    return reply;
}

static void decodes_what_was_encoded(void **state)
{
    (void)state;
    struct reply reply = example(), got = {0};
    struct buf body = {0};
    struct err err;
    reply_encode(&reply, &body);
    assert_true(reply_decode(body.data, body.len, &got, &err));
    assert_true(got.epoch == reply.epoch);
    assert_int_equal(got.count, 160);
    assert_string_equal(got.agent, "agent-1");
    assert_memory_equal(got.query_hash, reply.query_hash, HASH_BYTES);
    assert_memory_equal(got.c1_hash, reply.c1_hash, HASH_BYTES);
    assert_memory_equal(got.c2_hash, reply.c2_hash, HASH_BYTES);
    assert_memory_equal(got.slots_commitment, reply.slots_commitment, HASH_BYTES);
    assert_memory_equal(got.seed_commitment, reply.seed_commitment, HASH_BYTES);
    buf_free(&body);
}

static void wrong_fields_are_refused(void **state)
{
    (void)state;
    struct reply reply = example();
    struct buf body = {0};
    reply_encode(&reply, &body);
    strictness_holds(decode, &body, 512, ERR_INVALID);
    Hearth__V1__ReplyBody *message = hearth__v1__reply_body__unpack(NULL, body.len, body.data);
    lengths_refused(decode, &message->base, &message->query_hash, "query_hash");
    lengths_refused(decode, &message->base, &message->c1_hash, "c1_hash");
    lengths_refused(decode, &message->base, &message->c2_hash, "c2_hash");
    lengths_refused(decode, &message->base, &message->slots_commitment, "slots_commitment");
    lengths_refused(decode, &message->base, &message->seed_commitment, "seed_commitment");
    ids_refused(decode, &message->base, &message->agent, "agent");
    static const uint32_t counts[] = {0, 1, 15, 17, 144, BLIND_ITEMS_MAX + 16, UINT32_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        message->count = counts[i];
        message_refused(decode, &message->base, ERR_INVALID, "count");
    }
    hearth__v1__reply_body__free_unpacked(message, NULL);
    buf_free(&body);
}

/* A text with a NUL inside: C code would stop reading where the signature does not. */
static void bytes_behind_a_nul_are_refused(void **state)
{
    (void)state;
    struct reply reply = example();
    struct buf body = {0};
    reply_encode(&reply, &body);
    uint8_t *agent = memmem(body.data, body.len, "agent-1", 7);
    assert_non_null(agent);
    agent[5] = '\0';
    bytes_refused(decode, body.data, body.len, ERR_INVALID, "");
    buf_free(&body);
}

/* The same number in a longer varint, and fields in another order. */
static void there_is_one_encoding(void **state)
{
    (void)state;
    struct reply reply = example();
    struct buf body = {0};
    uint8_t other[512];
    static const uint8_t longer[] = {0x20, 0xa0, 0x81, 0x00};
    reply_encode(&reply, &body);
    uint8_t *count = memmem(body.data, body.len, "\x20\xa0\x01", 3); /* field 4, 160 */
    assert_non_null(count);
    size_t before = (size_t)(count - body.data), after = body.len - before - 3;
    memcpy(other, body.data, before);
    memcpy(other + before, longer, sizeof longer);
    memcpy(other + before + 4, count + 3, after);
    bytes_refused(decode, other, body.len + 1, ERR_INVALID, "");
    memcpy(other, count, 3);
    memcpy(other + 3, body.data, before);
    memcpy(other + 3 + before, count + 3, after);
    bytes_refused(decode, other, body.len, ERR_INVALID, "");
    buf_free(&body);
}

static void halves_have_their_own_hashes(void **state)
{
    (void)state;
    uint8_t half[64] = {1}, first[HASH_BYTES], second[HASH_BYTES], shorter[HASH_BYTES];
    reply_half_hash(first, 1, half, sizeof half);
    reply_half_hash(second, 2, half, sizeof half);
    assert_memory_not_equal(first, second, HASH_BYTES);
    reply_half_hash(shorter, 1, half, sizeof half - 32);
    assert_memory_not_equal(first, shorter, HASH_BYTES);
    half[63] ^= 1;
    reply_half_hash(second, 1, half, sizeof half);
    assert_memory_not_equal(first, second, HASH_BYTES);
}

/* Equal inputs give equal commitments; another seed hides equal slot sets. */
static void commitments_are_salted_by_the_seed(void **state)
{
    (void)state;
    static const char sets[] = "slot sets";
    uint8_t seed[SEED_BYTES], other_seed[SEED_BYTES];
    struct reply reply = {0}, same = {0}, other = {0};
    randombytes_buf(seed, sizeof seed);
    randombytes_buf(other_seed, sizeof other_seed);
    reply_commit(&reply, seed, sets, sizeof sets);
    reply_commit(&same, seed, sets, sizeof sets);
    assert_memory_equal(reply.slots_commitment, same.slots_commitment, HASH_BYTES);
    assert_memory_equal(reply.seed_commitment, same.seed_commitment, HASH_BYTES);
    reply_commit(&other, other_seed, sets, sizeof sets);
    assert_memory_not_equal(reply.slots_commitment, other.slots_commitment, HASH_BYTES);
    assert_memory_not_equal(reply.seed_commitment, other.seed_commitment, HASH_BYTES);
    reply_commit(&other, seed, sets, sizeof sets - 1);
    assert_memory_not_equal(reply.slots_commitment, other.slots_commitment, HASH_BYTES);
    assert_memory_equal(reply.seed_commitment, other.seed_commitment, HASH_BYTES);
    assert_memory_not_equal(reply.seed_commitment, reply.slots_commitment, HASH_BYTES);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_what_was_encoded),
        cmocka_unit_test(wrong_fields_are_refused),
        cmocka_unit_test(bytes_behind_a_nul_are_refused),
        cmocka_unit_test(there_is_one_encoding),
        cmocka_unit_test(halves_have_their_own_hashes),
        cmocka_unit_test(commitments_are_salted_by_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
