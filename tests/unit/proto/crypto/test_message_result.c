/* SPDX-License-Identifier: Apache-2.0
 * Results and receipts: what the matcher signs. */
#include "tests/unit/proto/crypto/bodies.h"

static bool decode(const uint8_t *body, size_t len, struct err *err)
{
    struct result *result = mem_new(struct result);
    bool ok = result_decode(body, len, result, err);
    free(result);
    return ok;
}

static bool decode_receipt(const uint8_t *body, size_t len, struct err *err)
{
    struct receipt receipt;
    return receipt_decode(body, len, &receipt, err);
}

/* As many agencies as there may be, each with the longest texts there may be. */
static struct result *longest(void)
{
    struct result *result = mem_new(struct result);
    *result = (struct result){.asked = 300,
                              .answered = 290,
                              .declined = 10,
                              .more = true,
                              .agency_count = RESULT_AGENCIES_MAX,
                              .log_length = UINT64_MAX,
                              .run = 3,
                              .budget_used = 40,
                              .budget_limit = 200,
                              .budget_renews_at = 1795392000000,
                              .older = 290};
    randombytes_buf(result->query_hash, HASH_BYTES);
    randombytes_buf(result->log_head, HASH_BYTES);
    for (size_t i = 0; i < RESULT_AGENCIES_MAX; i++) {
        struct ranked_agency *agency = &result->agencies[i];
        (void)snprintf(agency->id, sizeof agency->id, "a2345678901234567890123456789-%02zu", i);
        memset(agency->name, 'n', AGENCY_TEXT_MAX);
        memset(agency->urn, '1', 32);
        memset(agency->judgement, 'j', 32);
        memset(agency->sector, 's', 32);
        memset(agency->contact, 'c', AGENCY_TEXT_MAX);
        agency->framework_count = FRAMEWORKS_MAX;
        for (size_t f = 0; f < FRAMEWORKS_MAX; f++) memset(agency->frameworks[f], 'f', 32);
        agency->band = (enum band)(1 + i % 3);
    }
    return result;
}

static void decodes_the_longest_result(void **state)
{
    (void)state;
    struct result *result = longest(), *got = mem_new(struct result);
    struct buf body = {0};
    struct err err;
    result_encode(result, &body);
    assert_true(result_decode(body.data, body.len, got, &err));
    assert_int_equal(got->asked, 300);
    assert_int_equal(got->answered, 290);
    assert_int_equal(got->declined, 10);
    assert_true(got->more && got->log_length == UINT64_MAX);
    assert_int_equal(got->run, 3);
    assert_int_equal(got->budget_used, 40);
    assert_int_equal(got->budget_limit, 200);
    assert_true(got->budget_renews_at == 1795392000000);
    assert_int_equal(got->older, 290);
    assert_memory_equal(got->query_hash, result->query_hash, HASH_BYTES);
    assert_memory_equal(got->log_head, result->log_head, HASH_BYTES);
    assert_int_equal(got->agency_count, RESULT_AGENCIES_MAX);
    for (size_t i = 0; i < RESULT_AGENCIES_MAX; i++)
        assert_memory_equal(&got->agencies[i], &result->agencies[i], sizeof got->agencies[i]);
    buf_free(&body);
    free(result);
    free(got);
}

static void decodes_an_empty_result(void **state)
{
    (void)state;
    struct result *result = mem_new(struct result), *got = mem_new(struct result);
    struct buf body = {0};
    struct err err;
    result_encode(result, &body);
    assert_true(result_decode(body.data, body.len, got, &err));
    assert_int_equal(got->agency_count, 0);
    assert_false(got->more);
    buf_free(&body);
    free(result);
    free(got);
}

static Hearth__V1__ResultBody *unpack(size_t agencies, struct buf *body)
{
    struct result *result = longest();
    result->agency_count = agencies;
    result_encode(result, body);
    free(result);
    Hearth__V1__ResultBody *message = hearth__v1__result_body__unpack(NULL, body->len, body->data);
    assert_non_null(message);
    return message;
}

static void wrong_fields_are_refused(void **state)
{
    (void)state;
    struct buf body = {0};
    Hearth__V1__ResultBody *message = unpack(2, &body);
    strictness_holds(decode, &body, 48 * 1024, ERR_INVALID);
    lengths_refused(decode, &message->base, &message->query_hash, "query_hash");
    lengths_refused(decode, &message->base, &message->log_head, "log_head");
    static const int64_t never[] = {-1, INT64_MIN, INT64_MAX, 253402300800000}; /* the year 10000 */
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        message->budget_renews_at = never[i];
        message_refused(decode, &message->base, ERR_INVALID, "budget_renews_at");
    }
    message->budget_renews_at = 253402300799999;
    message->older = 291; /* more than answered */
    message_refused(decode, &message->base, ERR_INVALID, "older");
    message->older = 0;
    message->asked = 299;
    message_refused(decode, &message->base, ERR_INVALID, "asked");
    message->answered = message->declined = 0x80000000u; /* the sum overflows 32 bits */
    message_refused(decode, &message->base, ERR_INVALID, "asked");
    hearth__v1__result_body__free_unpacked(message, NULL);
    buf_free(&body);
}

/* A member of a group is told a band and nothing more; a list comes without a band. */
static void a_choice_comes_without_a_list(void **state)
{
    (void)state;
    struct buf body = {0};
    struct result *result = mem_new(struct result);
    struct err err;
    for (uint32_t choice = CHOICE_NONE; choice <= CHOICE_11; choice++) {
        *result = (struct result){.choice = (enum choice)choice};
        body.len = 0;
        result_encode(result, &body);
        assert_true(result_decode(body.data, body.len, result, &err));
        assert_int_equal(result->choice, choice);
    }
    free(result);
    body.len = 0;
    Hearth__V1__ResultBody *message = unpack(1, &body);
    message->more = false;
    message->choice = CHOICE_1;
    message_refused(decode, &message->base, ERR_INVALID, "choice");
    hearth__v1__result_body__free_unpacked(message, NULL);
    body.len = 0;
    message = unpack(0, &body);
    message->choice = CHOICE_1;
    message->more = true;
    message_refused(decode, &message->base, ERR_INVALID, "choice");
    message->more = false;
    message->choice = CHOICE_11 + 1;
    message_refused(decode, &message->base, ERR_INVALID, "choice");
    hearth__v1__result_body__free_unpacked(message, NULL);
    buf_free(&body);
}

static void choices_are_bands_of_agencies(void **state)
{
    (void)state;
    static const struct {
        size_t agencies;
        const char *name;
    } wanted[] = {{0, "none"}, {1, "1-2"},   {2, "1-2"},           {3, "3-5"},           {5, "3-5"},
                  {6, "6-10"}, {10, "6-10"}, {11, "more than 10"}, {339, "more than 10"}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_string_equal(choice_name(choice_of(wanted[i].agencies)), wanted[i].name);
    }
}

static void wrong_agencies_are_refused(void **state)
{
    (void)state;
    struct buf body = {0};
    Hearth__V1__ResultBody *message = unpack(2, &body);
    Hearth__V1__RankedAgency *agency = message->agencies[1];
    ids_refused(decode, &message->base, &agency->id, "agencies[1].id");
    texts_refused(decode, &message->base, &agency->name, AGENCY_TEXT_MAX, "agencies[1].name");
    texts_refused(decode, &message->base, &agency->urn, 32, "agencies[1].urn");
    texts_refused(decode, &message->base, &agency->judgement, 32, "agencies[1].judgement");
    texts_refused(decode, &message->base, &agency->sector, 32, "agencies[1].sector");
    texts_refused(decode, &message->base, &agency->contact, AGENCY_TEXT_MAX, "agencies[1].contact");
    texts_refused(decode, &message->base, &agency->frameworks[0], FRAMEWORK_CHARS,
                  "agencies[1].frameworks");
    static const uint32_t bands[] = {BAND_NONE, BAND_STRONG + 1, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        agency->band = bands[i];
        message_refused(decode, &message->base, ERR_INVALID, "agencies[1].band");
    }
    agency->band = BAND_GOOD;
    char *kept = agency->id;
    agency->id = message->agencies[0]->id;
    message_refused(decode, &message->base, ERR_INVALID, "agencies[1]");
    agency->id = kept;
    hearth__v1__result_body__free_unpacked(message, NULL);
    buf_free(&body);
}

static void too_many_agencies_are_refused(void **state)
{
    (void)state;
    struct buf body = {0};
    Hearth__V1__ResultBody *message = unpack(1, &body);
    Hearth__V1__RankedAgency *many[RESULT_AGENCIES_MAX + 1], **kept = message->agencies;
    for (size_t i = 0; i <= RESULT_AGENCIES_MAX; i++) many[i] = kept[0];
    message->agencies = many;
    message->n_agencies = RESULT_AGENCIES_MAX + 1;
    message_refused(decode, &message->base, ERR_INVALID, "agencies");
    message->agencies = kept;
    message->n_agencies = 1;
    hearth__v1__result_body__free_unpacked(message, NULL);
    buf_free(&body);
}

/* Unknown fields hide in nested messages too, where packing them again gives the same bytes. */
static void unknown_fields_of_an_agency_are_refused(void **state)
{
    (void)state;
    struct buf body = {0};
    Hearth__V1__ResultBody *message = unpack(1, &body);
    uint8_t hidden[] = {1};
    ProtobufCMessageUnknownField field = {
        .tag = 99, .wire_type = PROTOBUF_C_WIRE_TYPE_VARINT, .len = 1, .data = hidden};
    message->agencies[0]->base.n_unknown_fields = 1;
    message->agencies[0]->base.unknown_fields = &field;
    message_refused(decode, &message->base, ERR_INVALID, "agencies[0]");
    message->agencies[0]->base.n_unknown_fields = 0;
    message->agencies[0]->base.unknown_fields = NULL;
    hearth__v1__result_body__free_unpacked(message, NULL);
    buf_free(&body);
}

static void receipts_are_decoded_strictly(void **state)
{
    (void)state;
    struct receipt receipt = {.agent = "agent-1", .log_length = 7}, got;
    struct buf body = {0};
    struct err err;
    randombytes_buf(receipt.query_hash, HASH_BYTES);
    randombytes_buf(receipt.log_head, HASH_BYTES);
    receipt_encode(&receipt, &body);
    assert_true(receipt_decode(body.data, body.len, &got, &err));
    assert_string_equal(got.agent, "agent-1");
    assert_true(got.log_length == 7);
    assert_memory_equal(got.query_hash, receipt.query_hash, HASH_BYTES);
    assert_memory_equal(got.log_head, receipt.log_head, HASH_BYTES);

    Hearth__V1__ReceiptBody *message = hearth__v1__receipt_body__unpack(NULL, body.len, body.data);
    message->log_length = 0; /* not on the wire, so that no truncation looks whole */
    body.len = 0;
    wire_pack(&message->base, &body);
    strictness_holds(decode_receipt, &body, 256, ERR_INVALID);
    lengths_refused(decode_receipt, &message->base, &message->query_hash, "query_hash");
    lengths_refused(decode_receipt, &message->base, &message->log_head, "log_head");
    ids_refused(decode_receipt, &message->base, &message->agent, "agent");
    hearth__v1__receipt_body__free_unpacked(message, NULL);
    buf_free(&body);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_the_longest_result),
        cmocka_unit_test(decodes_an_empty_result),
        cmocka_unit_test(wrong_fields_are_refused),
        cmocka_unit_test(a_choice_comes_without_a_list),
        cmocka_unit_test(choices_are_bands_of_agencies),
        cmocka_unit_test(wrong_agencies_are_refused),
        cmocka_unit_test(too_many_agencies_are_refused),
        cmocka_unit_test(unknown_fields_of_an_agency_are_refused),
        cmocka_unit_test(receipts_are_decoded_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
