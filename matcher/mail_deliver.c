/* SPDX-License-Identifier: Apache-2.0
 * Items on their way to a party: in order, a window of them at a time. On the mail's thread.
 */
#include <stdint.h>
#include <string.h>

#include "matcher/envelope.h"
#include "matcher/mail_session.h"
#include "matcher/matcher.h"
#include "proto/crypto/wire.h"

static void send_item(struct mail_session *session, struct mailbox_item *item)
{
    Hearth__V1__Signed mail = signed_message_of(&item->mail);
    Hearth__V1__Signed sender = signed_message_of(&item->sender);
    Hearth__V1__MailDelivery delivery = HEARTH__V1__MAIL_DELIVERY__INIT;
    Hearth__V1__MailNotice notice = HEARTH__V1__MAIL_NOTICE__INIT;
    Hearth__V1__MailItem body = HEARTH__V1__MAIL_ITEM__INIT;
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    body.item = item->number;
    if (item->kind == ITEM_MAIL) {
        delivery.mail = &mail;
        delivery.certificate = &sender;
        delivery.accepted_at = item->at_ms;
        body.kind_case = HEARTH__V1__MAIL_ITEM__KIND_DELIVERY;
        body.delivery = &delivery;
    } else {
        notice.mail_id = wire_data(item->mail_id, MAIL_ID_BYTES);
        notice.state = (Hearth__V1__MailState)item->state;
        notice.at = item->at_ms;
        body.kind_case = HEARTH__V1__MAIL_ITEM__KIND_NOTICE;
        body.notice = &notice;
    }
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_ITEM;
    message.item = &body;
    mail_session_send(session, &message);
}

/* The largest item that may be sent now: one always may where nothing is unacknowledged. */
static size_t room_in_window(const struct mail_session *session)
{
    if (session->window_count == 0) return SIZE_MAX;
    if (session->window_count == MAIL_WINDOW) return 0;
    return session->window_bytes < MAIL_WINDOW_BYTES ? MAIL_WINDOW_BYTES - session->window_bytes
                                                     : 0;
}

static void add_to_window(struct mail_session *session, const struct mailbox_item *item)
{
    session->window[session->window_count].number = item->number;
    session->window[session->window_count++].bytes = item->bytes;
    session->window_bytes += item->bytes;
    session->sent = item->number;
}

bool mail_session_release(struct mail_session *session, uint64_t number)
{
    for (size_t i = 0; i < session->window_count; i++) {
        if (session->window[i].number != number) continue;
        session->window_bytes -= session->window[i].bytes;
        session->window_count--;
        memmove(&session->window[i], &session->window[i + 1],
                (session->window_count - i) * sizeof session->window[0]);
        return true;
    }
    return false;
}

/* Numbers ascend: the first in the window is the oldest. */
static void check_empty(struct mail_session *session)
{
    Hearth__V1__MailEmpty body = HEARTH__V1__MAIL_EMPTY__INIT;
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    bool waits = session->next != 0 && session->next <= session->until;
    bool unacknowledged = session->window_count > 0 && session->window[0].number <= session->until;
    if (!session->empty_due || waits || unacknowledged) return;
    session->empty_due = false;
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_EMPTY;
    message.empty = &body;
    mail_session_send(session, &message);
}

void mail_session_deliver(struct mail_session *session)
{
    struct mailbox *mailbox = mail_room_mailbox(session->matcher->mail);
    struct mailbox_item item;
    struct err err;
    bool found = true, withheld = false;
    if (session->phase != MAIL_FETCHING) return;
    while (found && !withheld && !atomic_load(&session->ended)) {
        if (!mailbox_next(mailbox, &session->party, session->sent, room_in_window(session), &item,
                          &found, &withheld, &err)) {
            mail_session_fail(session, &err);
            return;
        }
        session->next = found ? item.number : 0;
        if (!found || withheld) break;
        add_to_window(session, &item);
        send_item(session, &item);
        mailbox_item_free(&item);
    }
    check_empty(session);
}
