/* SPDX-License-Identifier: Apache-2.0
 * The bytes of a content, and their bounded decoder.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/mail/content.h"
#include "proto/referral.pb-c.h"

enum { CONTENT_BODY_MAX = 4 << 20 };

void content_encode(const struct content *content, struct buf *out)
{
    Hearth__V1__MailContent body = HEARTH__V1__MAIL_CONTENT__INIT;
    Hearth__V1__MailAttachment attachments[ATTACHMENTS_MAX];
    Hearth__V1__MailAttachment *list[ATTACHMENTS_MAX];
    struct buf referral = {0};
    if (content->referral) referral_encode(content->referral, &referral);
    for (size_t i = 0; i < content->attachment_count; i++) {
        struct attachment *from = &content->attachments[i];
        attachments[i] = (Hearth__V1__MailAttachment)HEARTH__V1__MAIL_ATTACHMENT__INIT;
        attachments[i].name = from->name;
        attachments[i].data = wire_data(from->data.data, from->data.len);
        list[i] = &attachments[i];
    }
    body.kind = (Hearth__V1__ContentKind)content->kind;
    body.query_hash = wire_data(content->query_hash, HASH_BYTES);
    body.referral = wire_data(referral.data, referral.len);
    body.answer = (Hearth__V1__AnswerKind)content->answer;
    body.reason = (char *)(uintptr_t)content->reason; /* protobuf-c has no const */
    if (content->text) body.text = content->text;
    body.n_attachments = content->attachment_count;
    body.attachments = list;
    wire_pack(&body.base, out);
    buf_wipe(&referral);
}

/* ---- decoding ---- */

static bool read_kinds(const Hearth__V1__MailContent *body, struct content *out, struct err *err)
{
    int kind = (int)body->kind, answer = (int)body->answer;
    if (kind < CONTENT_REFERRAL || kind > CONTENT_WITHDRAWAL) {
        return err_set(err, ERR_INVALID, "kind", "%d is not a kind of content", kind);
    }
    bool fits = kind == CONTENT_ANSWER ? answer >= ANSWER_OFFER && answer <= ANSWER_QUESTION
                                       : answer == ANSWER_NONE;
    if (!fits) return err_set(err, ERR_INVALID, "answer", "%d does not belong here", answer);
    if ((answer == ANSWER_DECLINE) != decline_reason_is_known(body->reason) ||
        (answer != ANSWER_DECLINE && body->reason[0])) {
        return err_set(err, ERR_INVALID, "reason",
                       "must be one of the list where an agency declines, else empty");
    }
    if ((kind == CONTENT_REFERRAL) != (body->referral.len > 0)) {
        return err_set(err, ERR_INVALID, "referral", "a referral has one, and nothing else");
    }
    out->kind = (enum content_kind)kind;
    out->answer = (enum answer_kind)answer;
    memcpy(out->reason, body->reason, strlen(body->reason) + 1);
    return true;
}

static bool read_referral(const ProtobufCBinaryData *in, struct content *out, struct err *err)
{
    if (in->len == 0) return true;
    out->referral = mem_new(struct referral);
    return referral_decode(in->data, in->len, out->referral, err) || err_in(err, "referral");
}

/* No free text, nothing attached: the profile stage leaves them out, whoever made it. */
static bool check_stage(const struct content *out, struct err *err)
{
    bool profile = out->referral && out->referral->stage == STAGE_PROFILE;
    return !profile || (!out->text && out->attachment_count == 0) ||
           err_set(err, ERR_INVALID, "text", "the profile stage has neither text nor attachments");
}

static bool read_parts(const Hearth__V1__MailContent *body, struct content *out, struct err *err)
{
    size_t len = strlen(body->text);
    if (!read_kinds(body, out, err) ||
        !wire_bytes(&body->query_hash, "query_hash", out->query_hash, HASH_BYTES, err) ||
        !read_referral(&body->referral, out, err) || !content_set_text(out, body->text, len, err)) {
        return false;
    }
    if (len > 0 && (!out->text || strlen(out->text) != len)) {
        return err_set(err, ERR_INVALID, "text", "must hold words, and its line ends be LF");
    }
    for (size_t i = 0; i < body->n_attachments; i++) {
        const Hearth__V1__MailAttachment *from = body->attachments[i];
        if (!content_attach(out, from->name, from->data.data, from->data.len, err)) return false;
    }
    return check_stage(out, err);
}

static bool read_fields(const void *message, void *to, struct err *err)
{
    if (read_parts(message, to, err)) return true;
    content_wipe(to);
    return false;
}

bool content_decode(const uint8_t *data, size_t len, struct content *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__mail_content__descriptor,
                                          .max = CONTENT_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .confidential = true,
                                          .read = read_fields};
    return wire_decode(&kind, data, len, out, err);
}
