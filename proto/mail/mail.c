/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/mail/mail.h"

#include <sodium.h>
#include <string.h>

#include "proto/crypto/wire.h"
#include "proto/mail.pb-c.h"

bool mail_begins(const struct mail *mail)
{
    return sodium_memcmp(mail->mail_id, mail->thread_id, MAIL_ID_BYTES) == 0;
}

void mail_encode(const struct mail *mail, const void *sealed, size_t sealed_len, struct buf *out)
{
    struct mail copy = *mail; /* protobuf-c has no const */
    Hearth__V1__MailBody body = HEARTH__V1__MAIL_BODY__INIT;
    body.mail_id = wire_data(copy.mail_id, MAIL_ID_BYTES);
    body.thread_id = wire_data(copy.thread_id, MAIL_ID_BYTES);
    body.from_role = (Hearth__V1__Role)copy.from_role;
    body.from = copy.from;
    body.to_role = (Hearth__V1__Role)copy.to_role;
    body.to = copy.to;
    body.to_serial = copy.to_serial;
    body.sent_at = copy.sent_at;
    body.closes = copy.closes;
    body.sealed = wire_data(sealed, sealed_len);
    wire_pack(&body.base, out);
}

struct decoded {
    struct mail mail;
    size_t sealed_len;
};

static bool read_parties(const Hearth__V1__MailBody *body, struct mail *out, struct err *err)
{
    int from = (int)body->from_role, to = (int)body->to_role;
    bool good = (from == ROLE_LA && to == ROLE_AGENT) || (from == ROLE_AGENT && to == ROLE_LA);
    if (!good) {
        return err_set(err, ERR_INVALID, "to_role",
                       "a message goes from an LA to an agency or back");
    }
    out->from_role = (enum role)from;
    out->to_role = (enum role)to;
    return wire_id(body->from, "from", out->from, err) && wire_id(body->to, "to", out->to, err);
}

static bool read_fields(const void *message, void *to, struct err *err)
{
    const Hearth__V1__MailBody *body = message;
    struct decoded *out = to;
    struct mail *mail = &out->mail;
    if (!wire_bytes(&body->mail_id, "mail_id", mail->mail_id, MAIL_ID_BYTES, err) ||
        !wire_bytes(&body->thread_id, "thread_id", mail->thread_id, MAIL_ID_BYTES, err) ||
        !read_parties(body, mail, err)) {
        return false;
    }
    mail->to_serial = body->to_serial;
    mail->sent_at = body->sent_at;
    mail->closes = body->closes;
    out->sealed_len = body->sealed.len;
    if (body->sent_at <= 0) return err_set(err, ERR_INVALID, "sent_at", "must be positive");
    if (mail->from_role != ROLE_LA && (mail_begins(mail) || mail->closes)) {
        return err_set(err, ERR_INVALID, mail->closes ? "closes" : "thread_id",
                       "only an LA begins and closes a thread");
    }
    if (mail_begins(mail) && mail->closes) {
        return err_set(err, ERR_INVALID, "closes", "a thread does not close as it begins");
    }
    return envelope_is_size(body->sealed.len) ||
           err_set(err, ERR_INVALID, "sealed", "%zu bytes are no envelope", body->sealed.len);
}

bool mail_decode(const uint8_t *body, size_t len, struct mail *out, const uint8_t **sealed,
                 size_t *sealed_len, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__mail_body__descriptor,
                                          .max = MAIL_BODY_MAX,
                                          .out_size = sizeof(struct decoded),
                                          .read = read_fields};
    struct decoded decoded;
    if (!wire_decode(&kind, body, len, &decoded, err)) return false;
    *out = decoded.mail;
    /* The last field, and the encoding is the only one: it stands at the end. */
    *sealed = body + len - decoded.sealed_len;
    *sealed_len = decoded.sealed_len;
    return true;
}

/* ---- writing and reading ---- */

/* What the envelope is bound to: everything that is readable outside of it. */
static void bind(const struct mail *mail, struct buf *out)
{
    mail_encode(mail, NULL, 0, out);
}

bool mail_write(struct mail *mail, const struct identity *sender,
                const struct certificate *receiver, const struct buf *content,
                struct signed_bytes *out, struct err *err)
{
    const struct certificate *own = identity_certificate(sender);
    struct buf bound = {0}, sealed = {0};
    mail->from_role = own->role;
    mail->to_role = receiver->role;
    mail->to_serial = receiver->serial;
    memcpy(mail->from, own->organisation, sizeof mail->from);
    memcpy(mail->to, receiver->organisation, sizeof mail->to);
    bind(mail, &bound);
    bool ok = envelope_seal(receiver->seal_key, bound.data, bound.len, content, &sealed, err);
    if (ok) {
        *out = (struct signed_bytes){0};
        mail_encode(mail, sealed.data, sealed.len, &out->body);
        identity_sign_body(sender, TAG_MAIL, out);
    }
    buf_free(&bound);
    buf_free(&sealed);
    return ok;
}

static bool check_parties(const struct mail *mail, const struct certificate *sender,
                          const struct identity *receiver, struct err *err)
{
    const struct certificate *own = identity_certificate(receiver);
    if (mail->from_role != sender->role || strcmp(mail->from, sender->organisation) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "from", "%s %s, under the certificate of %s %s",
                       role_name(mail->from_role), mail->from, role_name(sender->role),
                       sender->organisation);
    }
    return (mail->to_role == own->role && strcmp(mail->to, own->organisation) == 0) ||
           err_set(err, ERR_INVALID, "to", "%s %s, not %s %s", role_name(mail->to_role), mail->to,
                   role_name(own->role), own->organisation);
}

bool mail_read(const uint8_t *body, size_t len, const uint8_t *signature, size_t signature_len,
               const struct certificate *sender, const struct identity *receiver, struct mail *out,
               struct buf *content, struct err *err)
{
    struct mail mail;
    const uint8_t *sealed = NULL;
    size_t sealed_len = 0;
    if (!certificate_verify(sender, TAG_MAIL, body, len, signature, signature_len, err) ||
        !mail_decode(body, len, &mail, &sealed, &sealed_len, err) ||
        !check_parties(&mail, sender, receiver, err)) {
        return false;
    }
    struct buf bound = {0};
    bind(&mail, &bound);
    bool ok =
        identity_open_envelope(receiver, bound.data, bound.len, sealed, sealed_len, content, err);
    buf_free(&bound);
    if (ok) *out = mail;
    return ok;
}
