/* SPDX-License-Identifier: Apache-2.0
 * What an exchange does with each message of the matcher: first store, then acknowledge.
 */
#include <string.h>

#include "keys/signed.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/text.h"
#include "proto/crypto/wire.h"
#include "proto/mail/exchange_internal.h"

static bool read_id(const ProtobufCBinaryData *in, uint8_t out[MAIL_ID_BYTES], struct err *err)
{
    if (wire_bytes(in, "mail_id", out, MAIL_ID_BYTES, err)) return true;
    err->code = ERR_UNAVAILABLE; /* the matcher's fault */
    return false;
}

/* The matcher's word, which it does not sign: no time that a store would not read again, and none
 * ahead, which would keep a message from ever being old enough to go. */
static int64_t told_time(int64_t at_ms)
{
    int64_t now_ms = clock_wall_ms();
    return at_ms < 0 || at_ms > now_ms ? now_ms : at_ms;
}

/* Tells of an outgoing message whose state may have changed. */
static bool note_progress(struct exchange *exchange, const uint8_t mail_id[MAIL_ID_BYTES],
                          enum mail_state state, int64_t at_ms, const char *why, struct err *err)
{
    struct entry entry = {.state = state, .state_ms = told_time(at_ms)};
    bool known = false;
    if (!correspondence_progress(exchange->parts.correspondence, mail_id, state, entry.state_ms,
                                 why, &known, err)) {
        return false;
    }
    memcpy(entry.mail.mail_id, mail_id, MAIL_ID_BYTES);
    if (known && exchange->parts.changed) {
        exchange->parts.changed(&entry, exchange->parts.changed_ctx);
    }
    return true;
}

/* ---- answers to puts ---- */

static bool count_answer(struct exchange *exchange, struct err *err)
{
    if (exchange->unanswered == 0) {
        return err_set(err, ERR_UNAVAILABLE, "", "the matcher answers what it was not given");
    }
    exchange->unanswered--;
    return true;
}

static bool take_accepted(struct exchange *exchange, const Hearth__V1__MailAccepted *accepted,
                          struct exchange_counts *counts, struct err *err)
{
    uint8_t id[MAIL_ID_BYTES];
    if (!count_answer(exchange, err) || !read_id(&accepted->mail_id, id, err)) return false;
    counts->accepted++;
    return note_progress(exchange, id, MAIL_ACCEPTED, accepted->at, NULL, err);
}

static bool take_refused(struct exchange *exchange, const Hearth__V1__MailRefused *refused,
                         struct exchange_counts *counts, struct err *err)
{
    uint8_t id[MAIL_ID_BYTES];
    struct err why;
    if (!count_answer(exchange, err) || !read_id(&refused->mail_id, id, err)) return false;
    (void)err_set(&why, ERR_DENIED, "", "%.180s", refused->text);
    text_make_printable(why.text);
    counts->refused++;
    return note_progress(exchange, id, MAIL_REFUSED, clock_wall_ms(), why.text, err);
}

/* ---- items ---- */

static bool open_delivery(struct exchange *exchange, const Hearth__V1__MailDelivery *delivery,
                          struct certificate *sender, struct mail *mail, struct buf *raw,
                          struct err *why)
{
    const Hearth__V1__Signed *in = delivery->mail;
    if (!certificate_of_message(delivery->certificate, sender, why)) return false;
    bool ok = trust_check(exchange->parts.trust, sender, ROLE_NONE, clock_wall_ms(), why) &&
              mail_read(in->body.data, in->body.len, in->signature.data, in->signature.len, sender,
                        exchange->parts.identity, mail, raw, why);
    if (!ok) certificate_free(sender);
    return ok;
}

/* A content that this program cannot read is kept as it came: a newer program may. */
static bool store_delivery(struct exchange *exchange, const struct certificate *sender,
                           const struct mail *mail, const struct buf *raw, bool *fresh,
                           struct err *err)
{
    struct content content = {0};
    struct err why = {0};
    struct entry entry = {.mail = *mail};
    bool readable = content_decode(raw->data, raw->len, &content, &why);
    if (!readable) log_err(LOG_LEVEL_WARN, "content_unreadable", &why);
    bool ok = correspondence_receive(exchange->parts.correspondence, &entry, sender,
                                     readable ? &content : NULL, raw, fresh, err);
    if (readable) content_wipe(&content);
    if (ok && *fresh && exchange->parts.changed) {
        exchange->parts.changed(&entry, exchange->parts.changed_ctx);
    }
    return ok;
}

static bool take_delivery(struct exchange *exchange, uint64_t item,
                          const Hearth__V1__MailDelivery *delivery, struct exchange_counts *counts,
                          struct err *err)
{
    struct certificate sender = {0};
    struct mail mail;
    struct buf raw = {0};
    struct err why = {0};
    bool fresh = false;
    if (!open_delivery(exchange, delivery, &sender, &mail, &raw, &why)) {
        log_err(LOG_LEVEL_WARN, "mail_unreadable", &why);
        counts->unreadable++;
        exchange_ack(exchange, item, true);
        return true;
    }
    bool ok = store_delivery(exchange, &sender, &mail, &raw, &fresh, err);
    buf_wipe(&raw);
    certificate_free(&sender);
    if (!ok) return false;
    if (fresh) counts->received++;
    exchange_ack(exchange, item, false);
    return true;
}

static bool take_notice(struct exchange *exchange, uint64_t item,
                        const Hearth__V1__MailNotice *notice, struct exchange_counts *counts,
                        struct err *err)
{
    uint8_t id[MAIL_ID_BYTES];
    enum mail_state state = MAIL_REFUSED;
    const char *why = NULL;
    if (!read_id(&notice->mail_id, id, err)) return false;
    switch ((int)notice->state) {
    case HEARTH__V1__MAIL_STATE__MAIL_STATE_TAKEN: state = MAIL_TAKEN; break;
    case HEARTH__V1__MAIL_STATE__MAIL_STATE_EXPIRED: state = MAIL_EXPIRED; break;
    case HEARTH__V1__MAIL_STATE__MAIL_STATE_UNREADABLE:
        why = "the receiver could not open it: perhaps it has new keys; send it again";
        break;
    default: return err_set(err, ERR_UNAVAILABLE, "state", "the matcher sent a notice of no kind");
    }
    if (!note_progress(exchange, id, state, notice->at, why, err)) return false;
    counts->noticed++;
    exchange_ack(exchange, item, false);
    return true;
}

static bool take_item(struct exchange *exchange, const Hearth__V1__MailItem *item,
                      struct exchange_counts *counts, struct err *err)
{
    if (item->kind_case == HEARTH__V1__MAIL_ITEM__KIND_NOTICE) {
        return take_notice(exchange, item->item, item->notice, counts, err);
    }
    return take_delivery(exchange, item->item, item->delivery, counts, err);
}

bool exchange_take(struct exchange *exchange, const Hearth__V1__ToParty *message,
                   struct exchange_counts *counts, struct err *err)
{
    switch (message->kind_case) {
    case HEARTH__V1__TO_PARTY__KIND_ACCEPTED:
        return take_accepted(exchange, message->accepted, counts, err);
    case HEARTH__V1__TO_PARTY__KIND_REFUSED:
        return take_refused(exchange, message->refused, counts, err);
    case HEARTH__V1__TO_PARTY__KIND_ITEM: return take_item(exchange, message->item, counts, err);
    case HEARTH__V1__TO_PARTY__KIND_EMPTY: exchange->empty = true; return true;
    case HEARTH__V1__TO_PARTY__KIND_WELCOME:
    case HEARTH__V1__TO_PARTY__KIND_PARTY:
    case HEARTH__V1__TO_PARTY__KIND__NOT_SET:
    case _HEARTH__V1__TO_PARTY__KIND__CASE_IS_INT_SIZE:
    default: return err_set(err, ERR_UNAVAILABLE, "", "the matcher sent a message out of order");
    }
}

/* ---- lookups ---- */

bool exchange_read_party(struct exchange *exchange, const Hearth__V1__MailParty *party,
                         enum role role, const char *organisation, struct certificate *out,
                         struct err *err)
{
    struct certificate certificate = {0};
    if (!party->certificate) {
        return err_set(err, ERR_NOT_FOUND, "to", "the matcher has never seen %s %s",
                       role_name(role), organisation);
    }
    if (!certificate_of_message(party->certificate, &certificate, err)) {
        return err_in(err, "certificate");
    }
    bool ok = trust_check(exchange->parts.trust, &certificate, role, clock_wall_ms(), err) &&
              (strcmp(certificate.organisation, organisation) == 0 ||
               err_set(err, ERR_UNAVAILABLE, "certificate", "the matcher names %s for %s",
                       certificate.organisation, organisation));
    if (ok) {
        *out = certificate;
    } else {
        certificate_free(&certificate);
    }
    return ok;
}
