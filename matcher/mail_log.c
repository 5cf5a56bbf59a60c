/* SPDX-License-Identifier: Apache-2.0
 * What the audit log says of a message: who, when, how large; nothing of what it says. The number
 * of messages of a day bounds the number of entries.
 */
#include "matcher/mail_session.h"
#include "matcher/matcher.h"
#include "proto/base/log.h"
#include "proto/base/text.h"

/* The two ids stand under the names of their roles, as in the other entries. */
static void add_parties(struct buf *fields, const struct mail_party *from,
                        const struct mail_party *to)
{
    const struct mail_party *la = from->role == ROLE_LA ? from : to;
    const struct mail_party *agency = from->role == ROLE_LA ? to : from;
    audit_text(fields, "la", la->id);
    audit_text(fields, "agent", agency->id);
    audit_text(fields, "from", role_name(from->role));
}

void mail_log_accepted(struct matcher *matcher, const struct mail *mail, size_t bytes)
{
    const struct mail_party from = mail_sender(mail), to = mail_receiver(mail);
    char hex[2 * MAIL_ID_BYTES + 1];
    struct buf fields = {0};
    audit_bytes(&fields, "mail", mail->mail_id, MAIL_ID_BYTES);
    audit_bytes(&fields, "thread", mail->thread_id, MAIL_ID_BYTES);
    add_parties(&fields, &from, &to);
    audit_number(&fields, "bytes", bytes);
    if (mail_begins(mail)) audit_number(&fields, "begins", 1);
    if (mail->closes) audit_number(&fields, "closes", 1);
    audit_add(matcher->audit, AUDIT_MAIL, &fields);
    metrics_add(matcher->metrics, MEASURE_MAIL, LETTER_ACCEPTED, 0, 1);
    log_info("mail", "mail=%s from=%s to=%s bytes=%zu", text_hex(mail->mail_id, MAIL_ID_BYTES, hex),
             from.id, to.id, bytes);
}

static enum measure_mail event_of(enum notice_state state)
{
    switch (state) {
    case NOTICE_EXPIRED: return LETTER_EXPIRED;
    case NOTICE_UNREADABLE: return LETTER_UNREADABLE;
    default: return LETTER_DELIVERED;
    }
}

void mail_log_gone(struct matcher *matcher, const struct mailbox_gone *gone,
                   enum notice_state state)
{
    bool expired = state == NOTICE_EXPIRED;
    char hex[2 * MAIL_ID_BYTES + 1];
    struct buf fields = {0};
    audit_bytes(&fields, "mail", gone->mail_id, MAIL_ID_BYTES);
    audit_bytes(&fields, "thread", gone->thread_id, MAIL_ID_BYTES);
    add_parties(&fields, &gone->from, &gone->to);
    if (state == NOTICE_UNREADABLE) audit_number(&fields, "unreadable", 1);
    audit_add(matcher->audit, expired ? AUDIT_MAIL_EXPIRED : AUDIT_MAIL_TAKEN, &fields);
    metrics_add(matcher->metrics, MEASURE_MAIL, event_of(state), 0, 1);
    log_info(expired ? "mail_expired" : "mail_taken", "mail=%s from=%s to=%s",
             text_hex(gone->mail_id, MAIL_ID_BYTES, hex), gone->from.id, gone->to.id);
}
