/* SPDX-License-Identifier: Apache-2.0
 * The group that an explanation's queries are tied together by. */
#include "tests/unit/proto/crypto/bodies.h"

static const int64_t NOW = 1800000000000;

static bool decode(const uint8_t *body, size_t len, struct err *err)
{
    struct query_group group;
    return query_group_decode(body, len, &group, err);
}

static struct query_group example(void)
{
    struct query_group group = {
        .la = "la-1", .epoch = 7, .issued_at = NOW, .expires_at = NOW + QUERY_LIFETIME_MS};
    randombytes_buf(group.group_id, sizeof group.group_id);
    randombytes_buf(group.queries, sizeof group.queries);
    return group;
}

static void decodes_what_was_encoded(void **state)
{
    (void)state;
    struct query_group group = example(), got;
    struct buf body = {0};
    struct err err;
    query_group_encode(&group, &body);
    memset(&got, 0x55, sizeof got);
    assert_true(query_group_decode(body.data, body.len, &got, &err));
    assert_string_equal(got.la, "la-1");
    assert_memory_equal(got.group_id, group.group_id, GROUP_ID_BYTES);
    assert_true(got.epoch == 7 && got.issued_at == NOW);
    assert_true(got.expires_at == NOW + QUERY_LIFETIME_MS);
    assert_memory_equal(got.queries, group.queries, sizeof group.queries);
    buf_free(&body);
}

static void wrong_fields_are_refused(void **state)
{
    (void)state;
    struct query_group group = example();
    struct buf body = {0};
    query_group_encode(&group, &body);
    strictness_holds(decode, &body, 1024, ERR_INVALID);
    Hearth__V1__GroupBody *message = hearth__v1__group_body__unpack(NULL, body.len, body.data);
    ids_refused(decode, &message->base, &message->la, "la");
    lengths_refused(decode, &message->base, &message->group_id, "group_id");
    lengths_refused(decode, &message->base, &message->queries[3], "queries");
    const int64_t wrong[][2] = {{0, 1},
                                {-5, 1},
                                {NOW, NOW},
                                {NOW, NOW - 1},
                                {NOW, NOW + QUERY_LIFETIME_MS + 1},
                                {INT64_MIN, INT64_MAX},
                                {INT64_MAX, INT64_MIN}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        message->issued_at = wrong[i][0];
        message->expires_at = wrong[i][1];
        message_refused(decode, &message->base, ERR_INVALID, "expires_at");
    }
    hearth__v1__group_body__free_unpacked(message, NULL);
    buf_free(&body);
}

/* Neither one query fewer nor one more nor one twice: a unit of budget buys exactly sixteen. */
static void only_sixteen_different_queries_are_taken(void **state)
{
    (void)state;
    struct query_group group = example();
    struct buf body = {0};
    query_group_encode(&group, &body);
    Hearth__V1__GroupBody *message = hearth__v1__group_body__unpack(NULL, body.len, body.data);
    ProtobufCBinaryData many[GROUP_QUERIES + 1], *kept = message->queries;
    uint8_t one_more[HASH_BYTES] = {1};
    memcpy(many, kept, GROUP_QUERIES * sizeof *many);
    many[GROUP_QUERIES] = (ProtobufCBinaryData){HASH_BYTES, one_more};
    message->queries = many;
    const size_t counts[] = {0, 1, GROUP_QUERIES - 1, GROUP_QUERIES + 1};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        message->n_queries = counts[i];
        message_refused(decode, &message->base, ERR_INVALID, "queries");
    }
    message->n_queries = GROUP_QUERIES;
    many[GROUP_QUERIES - 1] = many[0];
    message_refused(decode, &message->base, ERR_INVALID, "queries");
    message->queries = kept;
    hearth__v1__group_body__free_unpacked(message, NULL);
    buf_free(&body);
}

static struct query member_of(const struct query_group *group)
{
    struct query query = {.epoch = group->epoch, .is_member = true};
    memcpy(query.la, group->la, sizeof query.la);
    memcpy(query.group_id, group->group_id, GROUP_ID_BYTES);
    return query;
}

static void refused(const struct query_group *group, const struct query *query, const uint8_t *hash,
                    int64_t now_ms, enum err_code code, const char *field)
{
    struct err err;
    assert_false(query_group_check(group, query, hash, now_ms, &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.field, field);
}

static void members_are_told_from_others(void **state)
{
    (void)state;
    struct query_group group = example();
    struct query query = member_of(&group);
    const uint8_t *hash = group.queries[GROUP_QUERIES - 1];
    uint8_t other[HASH_BYTES];
    struct err err;
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        assert_true(query_group_check(&group, &query, group.queries[i], NOW, &err));
    }
    memcpy(other, hash, sizeof other);
    other[31] ^= 1;
    refused(&group, &query, other, NOW, ERR_INVALID, "group.queries");
    query.is_member = false;
    refused(&group, &query, hash, NOW, ERR_INVALID, "group.group_id");
    query = member_of(&group);
    query.group_id[15] ^= 1;
    refused(&group, &query, hash, NOW, ERR_INVALID, "group.group_id");
    query = member_of(&group);
    query.epoch++;
    refused(&group, &query, hash, NOW, ERR_INVALID, "group.epoch");
    query = member_of(&group);
    query.la[3] = '2';
    refused(&group, &query, hash, NOW, ERR_UNAUTHENTICATED, "group.la");
}

static void times_are_judged_with_the_clock_skew(void **state)
{
    (void)state;
    struct query_group group = example();
    struct query query = member_of(&group);
    const uint8_t *hash = group.queries[0];
    struct err err;
    int64_t first = NOW - CLOCK_SKEW_MS, last = group.expires_at + CLOCK_SKEW_MS;
    assert_true(query_group_check(&group, &query, hash, first, &err));
    assert_true(query_group_check(&group, &query, hash, last, &err));
    refused(&group, &query, hash, first - 1, ERR_EXPIRED, "group.expires_at");
    refused(&group, &query, hash, last + 1, ERR_EXPIRED, "group.expires_at");
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_what_was_encoded),
        cmocka_unit_test(wrong_fields_are_refused),
        cmocka_unit_test(only_sixteen_different_queries_are_taken),
        cmocka_unit_test(members_are_told_from_others),
        cmocka_unit_test(times_are_judged_with_the_clock_skew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
