/* SPDX-License-Identifier: Apache-2.0
 * A matcher that plays mailboxes: accepts or refuses what is put, knows the certificates that it is
 * told, has nothing for anybody. It keeps what was put.
 */
#ifndef HEARTH_TESTS_CLIENT_PLAYED_MAILBOX_H
#define HEARTH_TESTS_CLIENT_PLAYED_MAILBOX_H

#include <stdatomic.h>
#include <string.h>

#include "keys/signed.h"
#include "proto/crypto/wire.h"
#include "proto/mail.pb-c.h"
#include "proto/mail/exchange.h"
#include "tests/unit/support_keys/parties.h"

enum { PLAYED_PARTIES = 3, PLAYED_PUTS = 16 };

struct mailbox {
    const struct party *matcher;
    const struct party *known[PLAYED_PARTIES]; /* agents */
    atomic_bool refuse, silent;                /* silent: ends the stream at the first put */
    struct signed_bytes put[PLAYED_PUTS];
    atomic_uint puts; /* read before put: what is counted is written */
};

static inline void mailbox_send(struct rpc_stream *stream, const Hearth__V1__ToParty *message)
{
    struct buf bytes = {0};
    wire_pack(&message->base, &bytes);
    (void)rpc_stream_send_bytes(stream, bytes.data, bytes.len);
    buf_free(&bytes);
}

static inline void mailbox_welcome(struct rpc_stream *stream, const struct mailbox *mailbox)
{
    const struct certificate *own = identity_certificate(mailbox->matcher->identity);
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    Hearth__V1__MailWelcome body = HEARTH__V1__MAIL_WELCOME__INIT;
    Hearth__V1__Signed raw = signed_message_of(&own->raw);
    body.protocol = PROTOCOL_VERSION;
    body.certificate = &raw;
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_WELCOME;
    message.welcome = &body;
    mailbox_send(stream, &message);
}

static inline void mailbox_lookup(struct rpc_stream *stream, const struct mailbox *mailbox,
                                  const Hearth__V1__MailLookup *lookup)
{
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    Hearth__V1__MailParty party = HEARTH__V1__MAIL_PARTY__INIT;
    Hearth__V1__Signed raw;
    for (size_t i = 0; i < PLAYED_PARTIES; i++) {
        if (!mailbox->known[i]) continue;
        const struct certificate *known = identity_certificate(mailbox->known[i]->identity);
        if (strcmp(known->organisation, lookup->organisation) != 0) continue;
        raw = signed_message_of(&known->raw);
        party.certificate = &raw;
    }
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_PARTY;
    message.party = &party;
    mailbox_send(stream, &message);
}

static inline void mailbox_put(struct rpc_stream *stream, struct mailbox *mailbox,
                               const Hearth__V1__Signed *mail)
{
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    Hearth__V1__MailAccepted accepted = HEARTH__V1__MAIL_ACCEPTED__INIT;
    Hearth__V1__MailRefused refused = HEARTH__V1__MAIL_REFUSED__INIT;
    struct mail header;
    const uint8_t *sealed = NULL;
    size_t len = 0;
    struct err err;
    if (mailbox->silent) {
        rpc_stream_finish(stream, RPC_UNAVAILABLE, "going");
        return;
    }
    REQUIRE(mail_decode(mail->body.data, mail->body.len, &header, &sealed, &len, &err));
    REQUIRE(mailbox->puts < PLAYED_PUTS);
    struct signed_bytes *kept = &mailbox->put[mailbox->puts];
    buf_append(&kept->body, mail->body.data, mail->body.len);
    memcpy(kept->signature, mail->signature.data, SIGNATURE_BYTES);
    mailbox->puts++;
    if (mailbox->refuse) {
        refused.mail_id = wire_data(header.mail_id, MAIL_ID_BYTES);
        refused.text = (char *)(uintptr_t) "the mailbox is full";
        message.kind_case = HEARTH__V1__TO_PARTY__KIND_REFUSED;
        message.refused = &refused;
    } else {
        accepted.mail_id = wire_data(header.mail_id, MAIL_ID_BYTES);
        accepted.at = 77;
        message.kind_case = HEARTH__V1__TO_PARTY__KIND_ACCEPTED;
        message.accepted = &accepted;
    }
    mailbox_send(stream, &message);
}

static inline void mailbox_message(struct rpc_stream *stream, const uint8_t *data, size_t len,
                                   void *ctx)
{
    struct mailbox *mailbox = ctx;
    Hearth__V1__FromParty *message = hearth__v1__from_party__unpack(NULL, len, data);
    Hearth__V1__ToParty nothing = HEARTH__V1__TO_PARTY__INIT;
    Hearth__V1__MailEmpty empty = HEARTH__V1__MAIL_EMPTY__INIT;
    nothing.kind_case = HEARTH__V1__TO_PARTY__KIND_EMPTY;
    nothing.empty = &empty;
    REQUIRE(message);
    switch ((int)message->kind_case) {
    case HEARTH__V1__FROM_PARTY__KIND_HELLO: mailbox_welcome(stream, mailbox); break;
    case HEARTH__V1__FROM_PARTY__KIND_PUT: mailbox_put(stream, mailbox, message->put->mail); break;
    case HEARTH__V1__FROM_PARTY__KIND_LOOKUP:
        mailbox_lookup(stream, mailbox, message->lookup);
        break;
    case HEARTH__V1__FROM_PARTY__KIND_FETCH: mailbox_send(stream, &nothing); break;
    default: REQUIRE(false);
    }
    hearth__v1__from_party__free_unpacked(message, NULL);
}

/* A server on a free port; rpc_start was called. */
static inline struct rpc_server *mailbox_start(struct mailbox *mailbox, int *port)
{
    static const struct rpc_events events = {.message = mailbox_message};
    const struct rpc_method method = {.path = METHOD_MAIL, .events = &events, .ctx = mailbox};
    const struct rpc_server_config config = {.address = "127.0.0.1:0",
                                             .threads = 1,
                                             .message_max = REPLY_MAX,
                                             .methods = &method,
                                             .method_count = 1};
    struct rpc_server *server = NULL;
    struct err err = {0};
    parties_must(rpc_server_start(&config, mailbox->matcher->identity, mailbox->matcher->trust,
                                  &server, port, &err),
                 &err);
    return server;
}

#endif
