/* SPDX-License-Identifier: Apache-2.0
 * The legal order of a party's messages, and what each but a put does. On the mail's thread.
 */
#include "matcher/envelope.h"
#include "matcher/mail_session.h"
#include "matcher/matcher.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/text.h"
#include "proto/rpc/peer.h"

bool mail_session_may_stay(struct mail_session *session, struct err *err)
{
    struct matcher *matcher = session->matcher;
    if (trust_is_revoked(matcher->trust, session->certificate.serial)) {
        return err_set(err, ERR_DENIED, "certificate", "revoked");
    }
    if (clock_wall_ms() > session->certificate.not_after) {
        return err_set(err, ERR_EXPIRED, "certificate", "expired");
    }
    return session->party.role == ROLE_LA || matcher_lists(matcher, session->party.id, err);
}

void mail_session_fail(struct mail_session *session, const struct err *err)
{
    struct err told;
    log_err(LOG_LEVEL_ERROR, "mail_failed", err);
    (void)err_set(&told, ERR_UNAVAILABLE, NULL, "the matcher's store for messages has failed");
    mail_session_end(session, &told, false);
}

void mail_session_send(struct mail_session *session, const Hearth__V1__ToParty *message)
{
    struct err err;
    if (atomic_load(&session->ended) || envelope_send_party(session->stream, message)) return;
    (void)err_set(&err, ERR_BUDGET, "message", "too many messages wait to be taken");
    mail_session_end(session, &err, true);
}

/* ---- hello ---- */

static void send_welcome(struct mail_session *session)
{
    const struct matcher *matcher = session->matcher;
    Hearth__V1__Signed own = signed_message_of(&identity_certificate(matcher->identity)->raw);
    Hearth__V1__MailWelcome body = HEARTH__V1__MAIL_WELCOME__INIT;
    body.protocol = PROTOCOL_VERSION;
    body.certificate = &own;
    body.keep_days = matcher->config.mail_days;
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_WELCOME;
    message.welcome = &body;
    mail_session_send(session, &message);
}

static bool check_hello(struct mail_session *session, const Hearth__V1__MailHello *hello,
                        struct err *err)
{
    const struct matcher *matcher = session->matcher;
    uint32_t catalogue = matcher->catalogue->version; /* of no matter here */
    if (!envelope_check_hello(session->stream, matcher, session->party.role, hello->protocol,
                              catalogue, hello->certificate, &session->certificate, err)) {
        return false;
    }
    atomic_store(&session->greeted, true);
    return mail_session_may_stay(session, err);
}

static void on_hello(struct mail_session *session, const Hearth__V1__FromParty *message)
{
    struct err err;
    if (!check_hello(session, message->hello, &err)) {
        mail_session_end(session, &err, true);
    } else if (!mailbox_note_party(mail_room_mailbox(session->matcher->mail), &session->certificate,
                                   &err)) {
        mail_session_fail(session, &err);
    } else {
        session->phase = MAIL_OPEN;
        send_welcome(session);
    }
}

/* ---- what may follow ---- */

static void on_fetch(struct mail_session *session, const Hearth__V1__FromParty *message)
{
    (void)message;
    struct err err;
    session->phase = MAIL_FETCHING;
    if (!mailbox_newest(mail_room_mailbox(session->matcher->mail), &session->party, &session->until,
                        &err)) {
        mail_session_fail(session, &err);
        return;
    }
    session->empty_due = true;
    mail_session_deliver(session);
}

static void on_put(struct mail_session *session, const Hearth__V1__FromParty *message)
{
    mail_session_put(session, message->put);
}

static void on_ack(struct mail_session *session, const Hearth__V1__FromParty *message)
{
    struct matcher *matcher = session->matcher;
    const struct mailbox_ack ack = {.party = session->party,
                                    .number = message->ack->item,
                                    .state =
                                        message->ack->unreadable ? NOTICE_UNREADABLE : NOTICE_TAKEN,
                                    .now_ms = clock_wall_ms()};
    struct mailbox_gone gone;
    bool existed = false, was_mail = false;
    struct err err;
    if (!mail_session_release(session, ack.number)) {
        (void)err_set(&err, ERR_INVALID, "item",
                      "%llu: no unacknowledged item of this stream has this number",
                      (unsigned long long)ack.number);
        mail_session_end(session, &err, true);
        return;
    }
    /* Another stream of the party may have been first. */
    if (!mailbox_ack(mail_room_mailbox(matcher->mail), &ack, &existed, &was_mail, &gone, &err)) {
        mail_session_fail(session, &err);
        return;
    }
    if (was_mail) {
        mail_log_gone(matcher, &gone, ack.state);
        mail_room_count(matcher->mail, -1);
        mail_room_deliver(matcher->mail, &gone.from);
    }
    mail_room_deliver(matcher->mail, &session->party);
}

/* ---- lookup ---- */

/* A party can be found by those who may write to it. */
static bool find_party(struct mail_session *session, const struct mail_party *party,
                       struct certificate *out, bool *found, struct err *err)
{
    struct err unlisted;
    struct matcher *matcher = session->matcher;
    *found = false;
    if (party->role == ROLE_AGENT && !matcher_lists(matcher, party->id, &unlisted)) return true;
    return mailbox_party(mail_room_mailbox(matcher->mail), party, out, found, err);
}

static void send_party(struct mail_session *session, const Hearth__V1__MailLookup *lookup,
                       const struct certificate *certificate)
{
    Hearth__V1__MailParty body = HEARTH__V1__MAIL_PARTY__INIT;
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    Hearth__V1__Signed raw = HEARTH__V1__SIGNED__INIT;
    body.role = lookup->role;
    body.organisation = lookup->organisation;
    if (certificate) {
        raw = signed_message_of(&certificate->raw);
        body.certificate = &raw;
    }
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_PARTY;
    message.party = &body;
    mail_session_send(session, &message);
}

static void on_lookup(struct mail_session *session, const Hearth__V1__FromParty *message)
{
    const Hearth__V1__MailLookup *lookup = message->lookup;
    struct mail_party party = {.role = session->party.role == ROLE_LA ? ROLE_AGENT : ROLE_LA};
    struct certificate certificate = {0};
    bool found = false;
    struct err err;
    if ((int)lookup->role != (int)party.role || !text_is_id(lookup->organisation)) {
        (void)err_set(&err, ERR_INVALID, "organisation",
                      "an id of the role %s is wanted, 1 to 32 characters of a-z, 0-9 and -",
                      role_name(party.role));
        mail_session_end(session, &err, true);
        return;
    }
    text_copy_cut(party.id, sizeof party.id, lookup->organisation);
    if (!find_party(session, &party, &certificate, &found, &err)) {
        mail_session_fail(session, &err);
        return;
    }
    send_party(session, lookup, found ? &certificate : NULL);
    if (found) certificate_free(&certificate);
}

/* ---- order ---- */

enum { KINDS = HEARTH__V1__FROM_PARTY__KIND_LOOKUP + 1 };

/* What each kind does in each phase; NULL = refused. */
typedef void (*step_fn)(struct mail_session *session, const Hearth__V1__FromParty *message);
static const step_fn steps[MAIL_PHASES][KINDS] = {
    [MAIL_GREETING] = {[HEARTH__V1__FROM_PARTY__KIND_HELLO] = on_hello},
    [MAIL_OPEN] = {[HEARTH__V1__FROM_PARTY__KIND_FETCH] = on_fetch,
                   [HEARTH__V1__FROM_PARTY__KIND_PUT] = on_put,
                   [HEARTH__V1__FROM_PARTY__KIND_LOOKUP] = on_lookup},
    [MAIL_FETCHING] = {[HEARTH__V1__FROM_PARTY__KIND_PUT] = on_put,
                       [HEARTH__V1__FROM_PARTY__KIND_ACK] = on_ack,
                       [HEARTH__V1__FROM_PARTY__KIND_LOOKUP] = on_lookup},
};

void mail_session_step(struct mail_session *session, const uint8_t *data, size_t len)
{
    static const char *const phase_names[MAIL_PHASES] = {"before the hello", "before the fetch",
                                                         "after the fetch"};
    struct err err;
    Hearth__V1__FromParty *message = hearth__v1__from_party__unpack(NULL, len, data);
    if (!message) {
        (void)err_set(&err, ERR_INVALID, "message", "%zu bytes that are no message of a party",
                      len);
        mail_session_end(session, &err, true);
        return;
    }
    unsigned kind = (unsigned)message->kind_case;
    step_fn step = kind < KINDS ? steps[session->phase][kind] : NULL;
    if (step) {
        step(session, message);
    } else {
        (void)err_set(&err, ERR_EXPIRED, "message", "kind %u is out of order %s", kind,
                      phase_names[session->phase]);
        mail_session_end(session, &err, true);
    }
    hearth__v1__from_party__free_unpacked(message, NULL);
}
