/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/file.h"
#include "proto/crypto/wire.h"
#include "proto/mail/content_files.h"
#include "proto/referral.pb-c.h"
#include "tests/unit/proto/mail/letters.h"
#include "tests/unit/support/temp_dir.h"

static void there_and_back(const struct content *content)
{
    struct buf bytes = {0}, again = {0};
    struct content back = {0};
    struct err err = {0};
    content_encode(content, &bytes);
    must(content_decode(bytes.data, bytes.len, &back, &err), &err);
    content_encode(&back, &again);
    assert_int_equal(bytes.len, again.len);
    assert_memory_equal(bytes.data, again.data, bytes.len);
    assert_int_equal(back.kind, content->kind);
    assert_int_equal(back.attachment_count, content->attachment_count);
    content_wipe(&back);
    buf_free(&bytes);
    buf_free(&again);
}

static void every_kind_comes_back(void **state)
{
    (void)state;
    struct err err = {0};
    struct content profile = a_referral(STAGE_PROFILE), full = a_referral(STAGE_FULL);
    struct content offer = a_text(CONTENT_ANSWER, "A quiet home,\n\tnear the sea \xe2\x9c\x93");
    struct content decline = {.kind = CONTENT_ANSWER, .answer = ANSWER_DECLINE};
    struct content withdrawal = {.kind = CONTENT_WITHDRAWAL};
    offer.answer = ANSWER_OFFER;
    strcpy(decline.reason, "no_vacancy");
    must(content_set_text(&full, "note", 4, &err), &err);
    must(content_attach(&full, "plan.pdf", "\0\1\2", 3, &err), &err);
    must(content_attach(&full, "empty", "", 0, &err), &err);
    const struct content *all[] = {&profile, &full, &offer, &decline, &withdrawal};
    for (size_t i = 0; i < 5; i++) there_and_back(all[i]);
    content_wipe(&profile);
    content_wipe(&full);
    content_wipe(&offer);
    content_wipe(&decline);
    content_wipe(&withdrawal);
}

static void text_is_plain(void **state)
{
    (void)state;
    struct err err = {0};
    struct content content = {.kind = CONTENT_MESSAGE};
    must(content_set_text(&content, "one\r\ntwo\r\n", 10, &err), &err);
    assert_string_equal(content.text, "one\ntwo\n");
    content_wipe(&content);
    static const char *const bad[] = {"a\x1b[31m", "a\rb", "\xff", "bell\a", "a\xc3"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(content_set_text(&content, bad[i], strlen(bad[i]), &err));
        assert_null(content.text);
    }
    assert_false(content_set_text(&content, "a\0b", 3, &err));
    assert_false(content_set_text(&content, " \0", 2, &err));
    static const char *const blank[] = {"", " ", "\n", "\r\n \t\r\n"};
    for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++) {
        must(content_set_text(&content, blank[i], strlen(blank[i]), &err), &err);
        assert_null(content.text);
    }
    char *longer = mem_array(CONTENT_TEXT_MAX + 2, 1);
    memset(longer, 'x', CONTENT_TEXT_MAX + 1);
    assert_false(content_set_text(&content, longer, CONTENT_TEXT_MAX + 1, &err));
    must(content_set_text(&content, longer, CONTENT_TEXT_MAX, &err), &err);
    free(longer);
    content_wipe(&content);
}

/* The name comes from somebody else, and a file of that name is written. */
static void names_of_attachments_lead_nowhere(void **state)
{
    (void)state;
    struct err err = {0};
    struct content content = {.kind = CONTENT_MESSAGE};
    static const char *const bad[] = {"",     ".",       "..",   "../x", "a/b",
                                      "/etc", ".hidden", "a\\b", "a\nb", "\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(content_attach(&content, bad[i], "x", 1, &err));
        assert_string_equal(err.field, "attachments");
    }
    must(content_attach(&content, "a.pdf", "x", 1, &err), &err);
    assert_false(content_attach(&content, "a.pdf", "y", 1, &err));
    uint8_t *big = mem_array(ATTACHMENTS_BYTES_MAX, 1);
    assert_false(content_attach(&content, "b.pdf", big, ATTACHMENTS_BYTES_MAX, &err));
    must(content_attach(&content, "b.pdf", big, ATTACHMENTS_BYTES_MAX - 1, &err), &err);
    assert_false(content_attach(&content, "c.pdf", "x", 1, &err));
    struct buf bytes = {0};
    content_encode(&content, &bytes);
    assert_true(envelope_padded(bytes.len) > 0);
    buf_free(&bytes);
    free(big);
    content_wipe(&content);
}

static void refused(const Hearth__V1__MailContent *body, const char *field)
{
    struct buf bytes = {0};
    struct content out = {0};
    struct err err = {0};
    wire_pack(&body->base, &bytes);
    assert_false(content_decode(bytes.data, bytes.len, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
    buf_free(&bytes);
}

static void malformed_contents_are_refused(void **state)
{
    (void)state;
    struct content profile = a_referral(STAGE_PROFILE);
    struct buf bytes = {0};
    content_encode(&profile, &bytes);
    Hearth__V1__MailContent *good = hearth__v1__mail_content__unpack(NULL, bytes.len, bytes.data);
    Hearth__V1__MailContent body = *good;
    body.kind = (Hearth__V1__ContentKind)9;
    refused(&body, "kind");
    body = *good;
    body.answer = (Hearth__V1__AnswerKind)ANSWER_OFFER;
    refused(&body, "answer");
    body = *good;
    body.text = (char *)(uintptr_t) "her name is";
    refused(&body, "text");
    body.text = (char *)(uintptr_t) "\n";
    refused(&body, "text");
    body = *good;
    body.referral.len = 0;
    refused(&body, "referral");
    body = *good;
    body.query_hash.len = 31;
    refused(&body, "query_hash");
    body = *good;
    body.referral.len -= 1;
    struct buf cut = {0};
    struct content out = {0};
    struct err err = {0};
    wire_pack(&body.base, &cut);
    assert_false(content_decode(cut.data, cut.len, &out, &err));
    buf_free(&cut);
    body = (Hearth__V1__MailContent)HEARTH__V1__MAIL_CONTENT__INIT;
    body.query_hash = good->query_hash;
    body.kind = (Hearth__V1__ContentKind)CONTENT_ANSWER;
    refused(&body, "answer");
    body.answer = (Hearth__V1__AnswerKind)ANSWER_DECLINE;
    refused(&body, "reason");
    body.reason = (char *)(uintptr_t) "because";
    refused(&body, "reason");
    body.answer = (Hearth__V1__AnswerKind)ANSWER_QUESTION;
    body.reason = (char *)(uintptr_t) "no_vacancy";
    refused(&body, "reason");
    body.reason = (char *)(uintptr_t) "";
    body.text = (char *)(uintptr_t) "a\r\nb";
    refused(&body, "text");
    body.text = (char *)(uintptr_t) " \n"; /* nobody writes this: it would be no text at all */
    refused(&body, "text");
    hearth__v1__mail_content__free_unpacked(good, NULL);
    buf_free(&bytes);
    content_wipe(&profile);
}

/* Found by fuzzing: protobuf-c keeps what it does not know, so that the bytes alone look right. */
static void unknown_fields_of_an_attachment_are_refused(void **state)
{
    (void)state;
    struct content full = a_referral(STAGE_FULL);
    struct buf bytes = {0};
    struct err err = {0};
    must(content_attach(&full, "a.pdf", "x", 1, &err), &err);
    content_encode(&full, &bytes);
    Hearth__V1__MailContent *body = hearth__v1__mail_content__unpack(NULL, bytes.len, bytes.data);
    uint8_t data[] = {1, 'x'};
    ProtobufCMessageUnknownField field = {.tag = 9,
                                          .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
                                          .len = sizeof data,
                                          .data = data};
    body->attachments[0]->base.n_unknown_fields = 1;
    body->attachments[0]->base.unknown_fields = &field;
    refused(body, "attachments[0]");
    body->attachments[0]->base.n_unknown_fields = 0;
    body->attachments[0]->base.unknown_fields = NULL;
    hearth__v1__mail_content__free_unpacked(body, NULL);
    buf_free(&bytes);
    content_wipe(&full);
}

static void files_go_along_by_their_bare_names(void **state)
{
    (void)state;
    struct err err = {0};
    struct content content = {.kind = CONTENT_MESSAGE};
    struct content_files files = {0}, nowhere = {.text = "/nowhere"};
    char *dir = support_temp_dir();
    char *path = file_join(dir, "plan.txt");
    must(file_create(path, "one\r\ntwo\n", 9, 0600, &err), &err);
    files.text = path;
    assert_true(content_files_add(&files, path));
    must(content_files_read(&files, &content, &err), &err);
    assert_string_equal(content.text, "one\ntwo\n");
    assert_string_equal(content.attachments[0].name, "plan.txt");
    content_wipe(&content);
    content = (struct content){.kind = CONTENT_MESSAGE};
    assert_true(content_files_add(&files, path)); /* the same name twice */
    assert_false(content_files_read(&files, &content, &err));
    assert_string_equal(err.field, "attachments");
    content_wipe(&content);
    content = (struct content){.kind = CONTENT_MESSAGE};
    assert_false(content_files_read(&nowhere, &content, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, "text");
    content_wipe(&content);
    while (files.attach_count < ATTACHMENTS_MAX) assert_true(content_files_add(&files, path));
    assert_false(content_files_add(&files, path));
    free(path);
    support_temp_dir_remove(dir);
}

static void reasons_are_a_list(void **state)
{
    (void)state;
    size_t count = 0;
    for (; decline_reasons[count]; count++) {
        assert_true(decline_reason_is_known(decline_reasons[count]));
        assert_string_not_equal(decline_reason_words(decline_reasons[count]), "");
    }
    assert_int_equal(count, 7);
    assert_false(decline_reason_is_known("because"));
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back),
        cmocka_unit_test(text_is_plain),
        cmocka_unit_test(names_of_attachments_lead_nowhere),
        cmocka_unit_test(malformed_contents_are_refused),
        cmocka_unit_test(unknown_fields_of_an_attachment_are_refused),
        cmocka_unit_test(files_go_along_by_their_bare_names),
        cmocka_unit_test(reasons_are_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
