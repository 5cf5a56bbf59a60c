/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/wire.h"
#include "proto/mail.pb-c.h"
#include "tests/unit/proto/mail/letters.h"

static enum err_code read_as(const struct signed_bytes *mail, const struct party *from,
                             const struct party *to)
{
    struct mail out;
    struct buf content = {0};
    struct err err = {0};
    bool ok = mail_read(mail->body.data, mail->body.len, mail->signature, SIGNATURE_BYTES,
                        identity_certificate(from->identity), to->identity, &out, &content, &err);
    assert_int_equal(ok, content.len > 0);
    buf_wipe(&content);
    return ok ? ERR_NONE : err.code;
}

static void only_the_addressed_party_reads_it(void **state)
{
    struct writers *w = *state;
    struct content content = a_referral(STAGE_PROFILE);
    struct mail mail = a_mail(NULL), out;
    struct signed_bytes bytes = written(&mail, &w->la, &w->agent, &content);
    struct buf opened_content = {0};
    struct err err = {0};
    must(mail_read(bytes.body.data, bytes.body.len, bytes.signature, SIGNATURE_BYTES,
                   identity_certificate(w->la.identity), w->agent.identity, &out, &opened_content,
                   &err),
         &err);
    assert_memory_equal(out.mail_id, mail.mail_id, MAIL_ID_BYTES);
    assert_true(mail_begins(&out) && !out.closes);
    assert_string_equal(out.from, "la-1");
    assert_string_equal(out.to, "ifa-003");
    struct content back = {0};
    must(content_decode(opened_content.data, opened_content.len, &back, &err), &err);
    assert_int_equal(back.kind, CONTENT_REFERRAL);
    content_wipe(&back);
    buf_wipe(&opened_content);
    assert_int_equal(read_as(&bytes, &w->la, &w->other_agent), ERR_INVALID);
    assert_int_equal(read_as(&bytes, &w->other_la, &w->agent), ERR_UNAUTHENTICATED);
    for (size_t i = 0; i < bytes.body.len; i += i < 200 ? 1 : 61) {
        bytes.body.data[i] ^= 2;
        assert_int_equal(read_as(&bytes, &w->la, &w->agent), ERR_UNAUTHENTICATED);
        bytes.body.data[i] ^= 2;
    }
    signed_bytes_free(&bytes);
    content_wipe(&content);
}

/* Surreptitious forwarding: a party that has an envelope signs it as its own, or the sender's
 * envelope is put under another address, by whoever can sign that. */
static void an_envelope_under_another_address_does_not_open(void **state)
{
    struct writers *w = *state;
    struct content content = a_text(CONTENT_MESSAGE, "for your eyes");
    uint8_t thread[MAIL_ID_BYTES] = {1};
    struct mail mail = a_mail(thread), out;
    struct signed_bytes bytes = written(&mail, &w->la, &w->agent, &content), forged = {0};
    const uint8_t *sealed = NULL;
    size_t len = 0;
    struct err err = {0};
    must(mail_decode(bytes.body.data, bytes.body.len, &out, &sealed, &len, &err), &err);
    strcpy(out.from, "la-2");
    mail_encode(&out, sealed, len, &forged.body);
    identity_sign_body(w->other_la.identity, TAG_MAIL, &forged);
    assert_int_equal(read_as(&forged, &w->other_la, &w->agent), ERR_CORRUPT);
    signed_bytes_free(&forged);
    strcpy(out.from, "la-1");
    const uint8_t was = out.thread_id[0];
    out.thread_id[0] ^= 1; /* the very sender puts it into another thread */
    mail_encode(&out, sealed, len, &forged.body);
    identity_sign_body(w->la.identity, TAG_MAIL, &forged);
    assert_int_equal(read_as(&forged, &w->la, &w->agent), ERR_CORRUPT);
    signed_bytes_free(&forged);
    out.thread_id[0] = was;
    mail_encode(&out, sealed, len, &forged.body);
    identity_sign_body(w->la.identity, TAG_MAIL, &forged);
    assert_int_equal(read_as(&forged, &w->la, &w->agent), ERR_NONE);
    signed_bytes_free(&forged);
    signed_bytes_free(&bytes);
    content_wipe(&content);
}

static void refused(const struct mail *mail, size_t sealed_len, const char *field)
{
    struct buf body = {0};
    struct mail out;
    const uint8_t *at = NULL;
    size_t len = 0;
    struct err err = {0};
    uint8_t *sealed = mem_array(sealed_len, 1);
    mail_encode(mail, sealed, sealed_len, &body);
    assert_false(mail_decode(body.data, body.len, &out, &at, &len, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
    buf_free(&body);
    free(sealed);
}

static void malformed_headers_are_refused(void **state)
{
    (void)state;
    const size_t good = 4096 + ENVELOPE_OVERHEAD;
    struct mail mail = a_mail(NULL);
    mail.from_role = ROLE_LA;
    mail.to_role = ROLE_AGENT;
    strcpy(mail.from, "la-1");
    strcpy(mail.to, "ifa-003");
    refused(&mail, good - 1, "sealed");
    refused(&mail, 0, "sealed");
    struct mail bad = mail;
    bad.to_role = ROLE_LA;
    refused(&bad, good, "to_role");
    bad.to_role = ROLE_MATCHER;
    refused(&bad, good, "to_role");
    bad = mail;
    strcpy(bad.to, "IFA 3");
    refused(&bad, good, "to");
    bad = mail;
    bad.sent_at = 0;
    refused(&bad, good, "sent_at");
    bad = mail;
    bad.closes = true;
    refused(&bad, good, "closes");
    bad = mail;
    bad.from_role = ROLE_AGENT;
    bad.to_role = ROLE_LA;
    refused(&bad, good, "thread_id");
    bad.thread_id[0] ^= 1;
    bad.closes = true;
    refused(&bad, good, "closes");
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_addressed_party_reads_it),
        cmocka_unit_test(an_envelope_under_another_address_does_not_open),
        cmocka_unit_test(malformed_headers_are_refused),
    };
    return cmocka_run_group_tests(tests, writers_set_up, writers_tear_down);
}
