/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/crypto/bodies.h"

static bool decode(const uint8_t *body, size_t len, struct err *err)
{
    struct search_options options;
    return search_options_decode(body, len, &options, err);
}

static struct search_options example(void)
{
    struct search_options options = {.min_judgement = 2, .framework_count = FRAMEWORKS_MAX};
    randombytes_buf(options.query_hash, HASH_BYTES);
    randombytes_buf(options.search_tag, HASH_BYTES);
    for (size_t i = 0; i < FRAMEWORKS_MAX; i++) memset(options.frameworks[i], 'A' + (int)i, 32);
    return options;
}

static void decodes_what_was_encoded(void **state)
{
    (void)state;
    struct search_options options = example(), got;
    struct buf body = {0};
    struct err err;
    search_options_encode(&options, &body);
    memset(&got, 0x55, sizeof got);
    assert_true(search_options_decode(body.data, body.len, &got, &err));
    assert_memory_equal(&got, &options, sizeof got);
    buf_free(&body);
}

static void wrong_fields_are_refused(void **state)
{
    (void)state;
    struct search_options options = example();
    struct buf body = {0};
    options.framework_count = 0; /* else a truncation between two fields looks whole */
    options.min_judgement = 0;
    search_options_encode(&options, &body);
    strictness_holds(decode, &body, 1024, ERR_INVALID);
    options.framework_count = FRAMEWORKS_MAX;
    body.len = 0;
    search_options_encode(&options, &body);
    Hearth__V1__SearchOptionsBody *message =
        hearth__v1__search_options_body__unpack(NULL, body.len, body.data);
    lengths_refused(decode, &message->base, &message->query_hash, "query_hash");
    lengths_refused(decode, &message->base, &message->search_tag, "search_tag");
    message->min_judgement = 4;
    message_refused(decode, &message->base, ERR_INVALID, "min_judgement");
    message->min_judgement = 3;
    texts_refused(decode, &message->base, &message->frameworks[3], FRAMEWORK_CHARS, "frameworks");
    char *kept = message->frameworks[3];
    message->frameworks[3] = "";
    message_refused(decode, &message->base, ERR_INVALID, "frameworks");
    message->frameworks[3] = kept;

    char *many[FRAMEWORKS_MAX + 1], **frameworks = message->frameworks;
    for (size_t i = 0; i <= FRAMEWORKS_MAX; i++) many[i] = "WWH";
    message->frameworks = many;
    message->n_frameworks = FRAMEWORKS_MAX + 1;
    message_refused(decode, &message->base, ERR_INVALID, "frameworks");
    message->frameworks = frameworks;
    message->n_frameworks = FRAMEWORKS_MAX;
    hearth__v1__search_options_body__free_unpacked(message, NULL);
    buf_free(&body);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_what_was_encoded),
        cmocka_unit_test(wrong_fields_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
