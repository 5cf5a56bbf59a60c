/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/clock.h"
#include "tests/unit/proto/crypto/bodies.h"

static bool decode(const uint8_t *body, size_t len, struct err *err)
{
    struct epoch_record record;
    return epoch_decode(body, len, &record, err);
}

static void make(struct scalar *m, struct epoch_record *record, struct buf *body)
{
    uint8_t tie[HASH_BYTES];
    randombytes_buf(tie, sizeof tie);
    epoch_make("matcher", 1000, 86401000, tie, m, record, body);
}

static Hearth__V1__EpochBody *unpack(const struct buf *body)
{
    Hearth__V1__EpochBody *message = hearth__v1__epoch_body__unpack(NULL, body->len, body->data);
    assert_non_null(message);
    return message;
}

static void decodes_what_was_made(void **state)
{
    (void)state;
    struct scalar m;
    struct point key;
    struct epoch_record made, got;
    struct buf body = {0};
    struct err err;
    int64_t before = clock_wall_ms();
    make(&m, &made, &body);
    assert_true(epoch_decode(body.data, body.len, &got, &err));
    assert_true(got.epoch >= (uint64_t)before && got.epoch <= (uint64_t)clock_wall_ms());
    assert_string_equal(got.matcher, "matcher");
    assert_true(got.not_before == 1000 && got.not_after == 86401000);
    point_mul_base(&key, &m);
    assert_true(point_equal(&key, &got.key));
    assert_memory_equal(got.key_bytes, made.key_bytes, POINT_BYTES);
    assert_memory_equal(got.tie_commitment, made.tie_commitment, HASH_BYTES);
    buf_free(&body);
}

static void keys_are_new_each_time(void **state)
{
    (void)state;
    struct scalar m, n;
    struct epoch_record first, second;
    struct buf body = {0};
    make(&m, &first, &body);
    make(&n, &second, &body);
    assert_false(scalar_equal(&m, &n));
    assert_memory_not_equal(first.proof, second.proof, SCALAR_BYTES);
    buf_free(&body);
}

static void wrong_fields_are_refused(void **state)
{
    (void)state;
    struct scalar m;
    struct epoch_record record;
    struct buf body = {0};
    make(&m, &record, &body);
    strictness_holds(decode, &body, 512, ERR_UNAUTHENTICATED);
    Hearth__V1__EpochBody *message = unpack(&body);
    keys_refused(decode, &message->base, &message->key, "key");
    lengths_refused(decode, &message->base, &message->proof, "proof");
    lengths_refused(decode, &message->base, &message->tie_commitment, "tie_commitment");
    ids_refused(decode, &message->base, &message->matcher, "matcher");
    static const int64_t times[][2] = {
        {0, 1}, {-5, 1}, {1000, 1000}, {1000, 999}, {1000, INT64_MIN}};
    for (size_t i = 0; i < 5; i++) {
        message->not_before = times[i][0];
        message->not_after = times[i][1];
        message_refused(decode, &message->base, ERR_INVALID, "not_after");
    }
    message->not_before = 1000;
    message->not_after = 86401000;
    message->epoch = 0;
    message_refused(decode, &message->base, ERR_INVALID, "epoch");
    hearth__v1__epoch_body__free_unpacked(message, NULL);
    buf_free(&body);
}

/* The proof is bound to each of the other fields. */
static void the_proof_covers_the_record(void **state)
{
    (void)state;
    struct scalar m;
    struct epoch_record record, other;
    struct buf body = {0}, another = {0};
    make(&m, &record, &body);
    make(&m, &other, &another);
    for (int what = 0; what < 7; what++) {
        Hearth__V1__EpochBody *message = unpack(&body);
        if (what == 0) message->epoch++;
        if (what == 1) message->matcher[0] = 'n';
        if (what == 2) message->not_before++;
        if (what == 3) message->not_after++;
        if (what == 4) memcpy(message->key.data, other.key_bytes, POINT_BYTES);
        if (what == 5) message->proof.data[40] ^= 1;
        if (what == 6) message->tie_commitment.data[31] ^= 1;
        message_refused(decode, &message->base, ERR_UNAUTHENTICATED, "proof");
        hearth__v1__epoch_body__free_unpacked(message, NULL);
    }
    buf_free(&body);
    buf_free(&another);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_what_was_made),
        cmocka_unit_test(keys_are_new_each_time),
        cmocka_unit_test(wrong_fields_are_refused),
        cmocka_unit_test(the_proof_covers_the_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
