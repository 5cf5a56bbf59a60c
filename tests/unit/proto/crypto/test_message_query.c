/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/crypto/bodies.h"

enum { HARD = 3, SOFT = 4, QUADRANTS = 2, NOW = 1000000 };

static bool decode(const uint8_t *body, size_t len, struct err *err)
{
    struct query query;
    bool ok = query_decode(body, len, &query, err);
    if (ok) query_free(&query);
    return ok;
}

struct made {
    struct epoch_record epoch;
    struct scalar m, a;
    uint8_t seed[SEED_BYTES], query_id[QUERY_ID_BYTES];
    uint16_t footprint[QUADRANTS];
    int16_t values[HARD + SOFT + 200 * QUADRANTS + 2];
    struct query_plain plain;
    struct buf body;
};

static void make(struct made *made)
{
    uint8_t tie[HASH_BYTES] = {1};
    struct buf record = {0};
    *made = (struct made){.footprint = {7, 363}};
    epoch_make("matcher", 1, NOW + 86400000, tie, &made->m, &made->epoch, &record);
    randombytes_buf(made->seed, SEED_BYTES);
    randombytes_buf(made->query_id, QUERY_ID_BYTES);
    for (size_t i = 0; i < HARD + SOFT; i++) made->values[i] = (int16_t)i;
    made->values[HARD + SOFT + 200 * QUADRANTS] = -2;
    made->plain = (struct query_plain){.catalogue = 1,
                                       .la = "la-1",
                                       .query_id = made->query_id,
                                       .issued_at = NOW,
                                       .expires_at = NOW + QUERY_LIFETIME_MS,
                                       .footprint = made->footprint,
                                       .footprint_count = QUADRANTS,
                                       .layout = {HARD, SOFT, 100 * QUADRANTS},
                                       .values = made->values};
    query_make(&made->plain, &made->epoch, made->seed, &made->a, &made->body);
    buf_free(&record);
}

static struct query decoded(const struct made *made)
{
    struct query query;
    struct err err;
    assert_true(query_decode(made->body.data, made->body.len, &query, &err));
    return query;
}

static Hearth__V1__QueryBody *unpack(const struct made *made)
{
    Hearth__V1__QueryBody *message =
        hearth__v1__query_body__unpack(NULL, made->body.len, made->body.data);
    assert_non_null(message);
    return message;
}

static void decodes_what_was_made(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    struct query query = decoded(&made);
    assert_int_equal(query.protocol, PROTOCOL_VERSION);
    assert_int_equal(query.catalogue, 1);
    assert_memory_equal(query.query_id, made.query_id, QUERY_ID_BYTES);
    assert_string_equal(query.la, "la-1");
    assert_true(query.epoch == made.epoch.epoch);
    assert_int_equal(query.footprint_count, QUADRANTS);
    assert_memory_equal(query.footprint, made.footprint, sizeof made.footprint);
    assert_true(query.issued_at == NOW && query.expires_at == NOW + QUERY_LIFETIME_MS);
    assert_int_equal(query.hard_slots, HARD);
    assert_int_equal(query.soft_slots, SOFT);
    assert_int_equal(query.ciphertexts.len, (HARD + SOFT + 402) * CIPHERTEXT_BYTES);
    query_free(&query);
    buf_free(&made.body);
}

/* Each ciphertext of the body holds its value under K = A + M. */
static void ciphertexts_hold_the_values(void **state)
{
    (void)state;
    struct made made;
    struct scalar k, v;
    struct point value, expected;
    make(&made);
    struct query query = decoded(&made);
    scalar_add(&k, &made.a, &made.m);
    for (size_t i = 0; i < sizeof made.values / sizeof *made.values; i++) {
        struct ciphertext ciphertext;
        assert_true(ciphertext_decode(&ciphertext, query.ciphertexts.data + i * CIPHERTEXT_BYTES));
        elgamal_open(&value, &ciphertext, &k);
        scalar_from_int(&v, made.values[i]);
        point_mul_base(&expected, &v);
        assert_true(point_equal(&value, &expected));
    }
    query_free(&query);
    buf_free(&made.body);
}

static void the_input_decides_every_byte(void **state)
{
    (void)state;
    struct made made;
    struct scalar a;
    struct buf again = {0}, other = {0};
    uint8_t hash[HASH_BYTES], other_hash[HASH_BYTES];
    make(&made);
    query_make(&made.plain, &made.epoch, made.seed, &a, &again);
    assert_int_equal(again.len, made.body.len);
    assert_memory_equal(again.data, made.body.data, again.len);
    assert_true(scalar_equal(&a, &made.a));
    made.seed[31] ^= 1;
    query_make(&made.plain, &made.epoch, made.seed, &a, &other);
    assert_false(scalar_equal(&a, &made.a));
    query_hash(hash, again.data, again.len);
    query_hash(other_hash, other.data, other.len);
    assert_memory_not_equal(hash, other_hash, HASH_BYTES);
    /* No ciphertext of one is in the other. */
    struct query query = decoded(&made), second;
    struct err err;
    assert_true(query_decode(other.data, other.len, &second, &err));
    for (size_t i = 0; i < query.ciphertexts.len; i += POINT_BYTES) {
        assert_memory_not_equal(query.ciphertexts.data + i, second.ciphertexts.data + i,
                                POINT_BYTES);
    }
    query_free(&query);
    query_free(&second);
    buf_free(&again);
    buf_free(&other);
    buf_free(&made.body);
}

static void footprints_refused(Hearth__V1__QueryBody *message)
{
    static uint8_t bad[][4] = {{0, 9, 0, 9}, {0, 9, 0, 8}, {0, 9, 1, 108}, {0, 9, 255, 255}};
    uint8_t many[2 * (FOOTPRINT_MAX + 1)] = {0};
    ProtobufCBinaryData kept = message->footprint;
    for (size_t i = 0; i < 4; i++) {
        message->footprint = wire_data(bad[i], 4);
        message_refused(decode, &message->base, ERR_INVALID, "footprint");
    }
    message->footprint = wire_data(bad[0], 3);
    message_refused(decode, &message->base, ERR_INVALID, "footprint");
    for (size_t i = 0; i <= FOOTPRINT_MAX; i++) many[2 * i + 1] = (uint8_t)i;
    message->footprint = wire_data(many, sizeof many);
    message_refused(decode, &message->base, ERR_INVALID, "footprint");
    message->footprint = kept;
}

static void times_refused(Hearth__V1__QueryBody *message)
{
    static const int64_t times[][2] = {
        {NOW, NOW},     {NOW, NOW - 1},  {NOW, NOW + QUERY_LIFETIME_MS + 1},
        {0, 5},         {-5, 5},         {INT64_MIN, INT64_MAX},
        {1, INT64_MAX}, {NOW, INT64_MIN}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        message->issued_at = times[i][0];
        message->expires_at = times[i][1];
        message_refused(decode, &message->base, ERR_INVALID, "expires_at");
    }
    message->issued_at = NOW;
    message->expires_at = NOW + QUERY_LIFETIME_MS;
}

static void ciphertext_counts_refused(Hearth__V1__QueryBody *message)
{
    uint8_t *many = mem_array(BLIND_POSITIONS_MAX + 1, CIPHERTEXT_BYTES);
    ProtobufCBinaryData kept = message->ciphertexts;
    static const size_t lengths[] = {0, 64, 127, 129, (BLIND_POSITIONS_MAX + 1) * CIPHERTEXT_BYTES};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        message->ciphertexts = wire_data(many, lengths[i]);
        message_refused(decode, &message->base, ERR_INVALID, "ciphertexts");
    }
    message->ciphertexts = kept;
    free(many);
}

static void wrong_fields_are_refused(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    strictness_holds(decode, &made.body, MESSAGE_MAX, ERR_INVALID);
    Hearth__V1__QueryBody *message = unpack(&made);
    keys_refused(decode, &message->base, &message->key, "key");
    lengths_refused(decode, &message->base, &message->query_id, "query_id");
    lengths_refused(decode, &message->base, &message->proof, "proof");
    ids_refused(decode, &message->base, &message->la, "la");
    footprints_refused(message);
    times_refused(message);
    ciphertext_counts_refused(message);
    message->hard_slots++; /* the ciphertexts are those of other slots */
    message_refused(decode, &message->base, ERR_INVALID, "ciphertexts");
    message->soft_slots = UINT32_MAX;
    message_refused(decode, &message->base, ERR_INVALID, "ciphertexts");
    hearth__v1__query_body__free_unpacked(message, NULL);
    buf_free(&made.body);
}

/* A neighbouring version may look quite different; the error is about the version all the same. */
static void other_versions_are_named(void **state)
{
    (void)state;
    static const uint8_t newer[] = {0x08, 0x02, 0xf8, 0x06, 0x01}; /* protocol 2, field 111 */
    struct err err;
    bytes_refused(decode, newer, sizeof newer, ERR_VERSION, "protocol");
    assert_false(decode(newer, sizeof newer, &err));
    assert_non_null(strstr(err.text, "2"));
    assert_non_null(strstr(err.text, "1"));
}

/* What query_check says; ERR_NONE where it accepts. */
static enum err_code checked(const struct query *query, const struct epoch_record *epoch,
                             int64_t now_ms)
{
    struct blind_layout layout = {.hard_slots = HARD, .soft_slots = SOFT};
    struct point joint;
    struct err err = {0};
    if (!query_check(query, epoch, &layout, now_ms, &joint, &err)) return err.code;
    assert_int_equal(layout.cells, 100 * QUADRANTS);
    return ERR_NONE;
}

static void a_good_query_passes_within_its_time(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    struct query query = decoded(&made);
    const int64_t last = NOW + QUERY_LIFETIME_MS + CLOCK_SKEW_MS;
    assert_int_equal(checked(&query, &made.epoch, NOW), ERR_NONE);
    assert_int_equal(checked(&query, &made.epoch, NOW - CLOCK_SKEW_MS), ERR_NONE);
    assert_int_equal(checked(&query, &made.epoch, NOW - CLOCK_SKEW_MS - 1), ERR_EXPIRED);
    assert_int_equal(checked(&query, &made.epoch, last), ERR_NONE);
    assert_int_equal(checked(&query, &made.epoch, last + 1), ERR_EXPIRED);
    query_free(&query);
    buf_free(&made.body);
}

static void the_epoch_must_be_this_one_and_valid(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    struct query query = decoded(&made);
    struct epoch_record epoch = made.epoch;
    epoch.epoch++;
    assert_int_equal(checked(&query, &epoch, NOW), ERR_EXPIRED);
    epoch = made.epoch;
    epoch.not_after = NOW - CLOCK_SKEW_MS - 1;
    assert_int_equal(checked(&query, &epoch, NOW), ERR_EXPIRED);
    epoch.not_after++;
    assert_int_equal(checked(&query, &epoch, NOW), ERR_NONE);
    epoch.not_after = INT64_MAX;
    epoch.not_before = NOW + CLOCK_SKEW_MS + 1;
    assert_int_equal(checked(&query, &epoch, NOW), ERR_EXPIRED);
    epoch.not_before--;
    assert_int_equal(checked(&query, &epoch, NOW), ERR_NONE);
    query_free(&query);
    buf_free(&made.body);
}

static void the_count_must_fit_the_catalogue(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    struct query query = decoded(&made);
    query.ciphertexts.len -= CIPHERTEXT_BYTES;
    assert_int_equal(checked(&query, &made.epoch, NOW), ERR_INVALID);
    query.ciphertexts.len += CIPHERTEXT_BYTES;
    query.footprint_count--;
    assert_int_equal(checked(&query, &made.epoch, NOW), ERR_INVALID);
    query_free(&query);
    buf_free(&made.body);
}

/* The proof of A is bound to LA, query id, epoch and M: a query of another LA, or one that was made
 * against another key, is refused. */
static void the_proof_covers_the_parties(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    for (int what = 0; what < 5; what++) {
        struct query query = decoded(&made);
        struct epoch_record epoch = made.epoch;
        if (what == 0) query.la[3] = '2';
        if (what == 1) query.query_id[0] ^= 1;
        if (what == 2) query.epoch = ++epoch.epoch;
        if (what == 3) epoch.key_bytes[5] ^= 1;
        if (what == 4) query.proof[0] ^= 1;
        assert_int_equal(checked(&query, &epoch, NOW), ERR_UNAUTHENTICATED);
        query_free(&query);
    }
    buf_free(&made.body);
}

/* A = -M gives the identity as joint key: everybody could read the query, or nobody knows why not.
 */
static void the_joint_key_is_no_identity(void **state)
{
    (void)state;
    struct point sum, none, negative;
    struct scalar m, minus, zero;
    scalar_random(&m);
    scalar_from_int(&zero, 0);
    scalar_sub(&minus, &zero, &m);
    point_mul_base(&sum, &m);
    point_mul_base(&negative, &minus);
    point_identity(&none);
    assert_false(blind_joint_key(&none, &sum, &negative));
    point_identity(&none);
    assert_false(blind_joint_key(&negative, &none, &sum));
    assert_false(blind_joint_key(&negative, &sum, &none));
}

/* The proof covers the bytes of M, which stay: so the joint key alone is what is refused. */
static void a_query_that_gives_no_joint_key_is_refused(void **state)
{
    (void)state;
    struct made made;
    struct point none;
    make(&made);
    struct query query = decoded(&made);
    struct epoch_record epoch = made.epoch;
    point_identity(&none);
    point_sub(&epoch.key, &none, &query.key);
    assert_int_equal(checked(&query, &epoch, NOW), ERR_INVALID);
    query_free(&query);
    buf_free(&made.body);
}

/* The membership is signed: nobody can take a query out of its group or put it into one. */
static void a_member_names_its_group(void **state)
{
    (void)state;
    uint8_t id[GROUP_ID_BYTES + 1] = {9, 8, 7};
    struct made made;
    make(&made);
    struct query plain = decoded(&made);
    assert_false(plain.is_member);
    query_free(&plain);
    made.plain.group_id = id;
    made.body.len = 0;
    query_make(&made.plain, &made.epoch, made.seed, &made.a, &made.body);
    struct query member = decoded(&made);
    assert_true(member.is_member);
    assert_memory_equal(member.group_id, id, GROUP_ID_BYTES);
    query_free(&member);
    Hearth__V1__QueryBody *message = unpack(&made);
    ProtobufCBinaryData kept = message->group_id;
    static const size_t lengths[] = {1, GROUP_ID_BYTES - 1, GROUP_ID_BYTES + 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        message->group_id = (ProtobufCBinaryData){lengths[i], id};
        message_refused(decode, &message->base, ERR_INVALID, "group_id");
    }
    message->group_id = kept;
    hearth__v1__query_body__free_unpacked(message, NULL);
    buf_free(&made.body);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_what_was_made),
        cmocka_unit_test(ciphertexts_hold_the_values),
        cmocka_unit_test(the_input_decides_every_byte),
        cmocka_unit_test(wrong_fields_are_refused),
        cmocka_unit_test(other_versions_are_named),
        cmocka_unit_test(a_good_query_passes_within_its_time),
        cmocka_unit_test(the_epoch_must_be_this_one_and_valid),
        cmocka_unit_test(the_count_must_fit_the_catalogue),
        cmocka_unit_test(the_proof_covers_the_parties),
        cmocka_unit_test(the_joint_key_is_no_identity),
        cmocka_unit_test(a_query_that_gives_no_joint_key_is_refused),
        cmocka_unit_test(a_member_names_its_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
