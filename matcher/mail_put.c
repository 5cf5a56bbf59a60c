/* SPDX-License-Identifier: Apache-2.0
 * A message that a party puts: who it is from, whether it may go where it is addressed, and the
 * answer. On the mail's thread.
 */
#include <stdio.h>
#include <string.h>

#include "matcher/envelope.h"
#include "matcher/mail_session.h"
#include "matcher/matcher.h"
#include "proto/base/clock.h"
#include "proto/crypto/wire.h"

static void send_accepted(struct mail_session *session, const struct mail *mail, int64_t at)
{
    struct mail copy = *mail; /* protobuf-c has no const */
    Hearth__V1__MailAccepted body = HEARTH__V1__MAIL_ACCEPTED__INIT;
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    body.mail_id = wire_data(copy.mail_id, MAIL_ID_BYTES);
    body.at = at;
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_ACCEPTED;
    message.accepted = &body;
    mail_session_send(session, &message);
}

static void send_refused(struct mail_session *session, const struct mail *mail,
                         const struct err *err)
{
    struct mail copy = *mail;
    char code[32], text[RPC_DETAIL_MAX];
    Hearth__V1__MailRefused body = HEARTH__V1__MAIL_REFUSED__INIT;
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    (void)snprintf(code, sizeof code, "%s", err_code_name(err->code));
    body.mail_id = wire_data(copy.mail_id, MAIL_ID_BYTES);
    body.code = code;
    body.text = (char *)(uintptr_t)rpc_detail(err, text);
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_REFUSED;
    message.refused = &body;
    mail_session_send(session, &message);
}

/* Each refusal costs a line of the journal: nobody gets any number of them out of one stream. */
static void refuse(struct mail_session *session, const struct mail *mail, const struct err *err)
{
    struct err last;
    matcher_note_refusal(session->matcher, session->stream, "Mail", NULL, err);
    send_refused(session, mail, err);
    if (++session->refusals < MAIL_REFUSALS) return;
    (void)err_set(&last, ERR_BUDGET, "mail", "%d messages of this stream were refused",
                  MAIL_REFUSALS);
    mail_session_end(session, &last, true);
}

static bool check_sender(const struct mail_session *session, const struct mail *mail,
                         const Hearth__V1__Signed *in, struct err *err)
{
    const struct mail_party from = mail_sender(mail);
    if (!mail_party_is(&from, &session->party)) {
        return err_set(err, ERR_DENIED, "from", "%s %s, but the connection is that of %s %s",
                       role_name(from.role), from.id, role_name(session->party.role),
                       session->party.id);
    }
    return certificate_verify(&session->certificate, TAG_MAIL, in->body.data, in->body.len,
                              in->signature.data, in->signature.len, err);
}

/* False: the store has failed. *barred: the receiver may not be written to, and `why`. */
static bool look_at_receiver(struct mail_session *session, const struct mail *mail, bool *barred,
                             struct err *why, struct err *err)
{
    struct matcher *matcher = session->matcher;
    const struct mail_party to = mail_receiver(mail);
    struct certificate certificate = {0};
    bool found = false;
    *barred = false;
    if (to.role == ROLE_AGENT && !matcher_lists(matcher, to.id, why)) {
        *barred = true;
        why->code = ERR_NOT_FOUND;
        (void)snprintf(why->field, sizeof why->field, "to");
        return true;
    }
    if (!mailbox_party(mail_room_mailbox(matcher->mail), &to, &certificate, &found, err)) {
        return false;
    }
    if (found && trust_is_revoked(matcher->trust, certificate.serial)) {
        *barred = true;
        (void)err_set(why, ERR_DENIED, "to", "the certificate of %s %s was revoked",
                      role_name(to.role), to.id);
    }
    if (found) certificate_free(&certificate);
    return true;
}

static void accept(struct mail_session *session, const struct mail *mail, size_t bytes,
                   const struct mailbox_answer *answer)
{
    struct matcher *matcher = session->matcher;
    if (!answer->known) {
        mail_log_accepted(matcher, mail, bytes);
        mail_room_count(matcher->mail, 1);
    }
    send_accepted(session, mail, answer->accepted_at);
    if (!answer->known) {
        const struct mail_party to = mail_receiver(mail);
        mail_room_deliver(matcher->mail, &to);
    }
}

static void take_in(struct mail_session *session, const struct mail *mail,
                    const Hearth__V1__Signed *in)
{
    struct mailbox_put put = {.mail = mail,
                              .body = in->body.data,
                              .len = in->body.len,
                              .signature = in->signature.data,
                              .sender = &session->certificate,
                              .now_ms = clock_wall_ms()};
    struct mailbox_answer answer;
    struct err err, why;
    bool barred = false;
    if (!look_at_receiver(session, mail, &barred, &why, &err)) {
        mail_session_fail(session, &err);
        return;
    }
    if (barred) put.barred = &why;
    if (!mailbox_put(mail_room_mailbox(session->matcher->mail), &put, &answer, &err)) {
        mail_session_fail(session, &err);
    } else if (answer.refused) {
        refuse(session, mail, &answer.reason);
    } else {
        accept(session, mail, in->body.len, &answer);
    }
}

void mail_session_put(struct mail_session *session, const Hearth__V1__MailPut *put)
{
    const Hearth__V1__Signed *in = put->mail;
    const uint8_t *sealed = NULL;
    size_t sealed_len = 0;
    struct mail mail;
    struct err err;
    if (!in) {
        (void)err_set(&err, ERR_INVALID, "mail", "is missing");
        mail_session_end(session, &err, true);
    } else if (!mail_decode(in->body.data, in->body.len, &mail, &sealed, &sealed_len, &err)) {
        (void)err_in(&err, "mail");
        mail_session_end(session, &err, true);
    } else if (!check_sender(session, &mail, in, &err)) {
        refuse(session, &mail, &err);
    } else if (!audit_works(session->matcher->audit)) {
        (void)err_set(&err, ERR_UNAVAILABLE, NULL, "the audit log cannot be written");
        mail_session_end(session, &err, false);
    } else {
        take_in(session, &mail, in);
    }
}
