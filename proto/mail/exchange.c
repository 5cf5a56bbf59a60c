/* SPDX-License-Identifier: Apache-2.0
 * One stream to the mailbox, driven by one thread: every step waits for the next message of the
 * matcher and acts on it.
 */
#include "proto/mail/exchange.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/mail/exchange_internal.h"

enum {
    STEP_TIMEOUT_MS = 30000, /* for each answer that the matcher owes at once */
    LOOK_MS = 1000,          /* between looks at what is newly queued */
    PUTS_MAX = 4,            /* unanswered ones: each may be 4 MiB */
    QUEUE_MAX = 64
};

/* ---- sending ---- */

static void send_hello(struct exchange *exchange)
{
    const struct certificate *own = identity_certificate(exchange->parts.identity);
    Hearth__V1__Signed raw = signed_message_of(&own->raw);
    Hearth__V1__MailHello hello = HEARTH__V1__MAIL_HELLO__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    hello.protocol = PROTOCOL_VERSION;
    hello.certificate = &raw;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_HELLO;
    message.hello = &hello;
    talk_send(exchange->talk, &message.base);
}

static void send_fetch(struct exchange *exchange)
{
    Hearth__V1__MailFetch fetch = HEARTH__V1__MAIL_FETCH__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_FETCH;
    message.fetch = &fetch;
    talk_send(exchange->talk, &message.base);
}

void exchange_ack(struct exchange *exchange, uint64_t item, bool unreadable)
{
    Hearth__V1__MailAck ack = HEARTH__V1__MAIL_ACK__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    ack.item = item;
    ack.unreadable = unreadable;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_ACK;
    message.ack = &ack;
    talk_send(exchange->talk, &message.base);
}

static void send_put(struct exchange *exchange, const struct signed_bytes *mail)
{
    Hearth__V1__Signed raw = signed_message_of(mail);
    Hearth__V1__MailPut put = HEARTH__V1__MAIL_PUT__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    put.mail = &raw;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_PUT;
    message.put = &put;
    talk_send(exchange->talk, &message.base);
}

/* Puts what is queued, in order, as far as few enough are unanswered. */
static bool send_queued(struct exchange *exchange, struct err *err)
{
    while (exchange->unanswered < PUTS_MAX) {
        struct entry entry;
        struct signed_bytes mail = {0};
        bool found = false;
        if (!correspondence_next(exchange->parts.correspondence, exchange->last_put, &entry, &mail,
                                 &found, err)) {
            return false;
        }
        exchange->all_put = !found;
        if (!found) return true;
        send_put(exchange, &mail);
        signed_bytes_free(&mail);
        exchange->last_put = entry.number;
        exchange->unanswered++;
    }
    return true;
}

/* ---- receiving ---- */

static bool is_complete(const Hearth__V1__ToParty *message)
{
    switch (message->kind_case) {
    case HEARTH__V1__TO_PARTY__KIND_ITEM:
        return message->item->kind_case == HEARTH__V1__MAIL_ITEM__KIND_NOTICE ||
               (message->item->kind_case == HEARTH__V1__MAIL_ITEM__KIND_DELIVERY &&
                message->item->delivery->mail && message->item->delivery->certificate);
    case HEARTH__V1__TO_PARTY__KIND_WELCOME:
    case HEARTH__V1__TO_PARTY__KIND_ACCEPTED:
    case HEARTH__V1__TO_PARTY__KIND_REFUSED:
    case HEARTH__V1__TO_PARTY__KIND_EMPTY:
    case HEARTH__V1__TO_PARTY__KIND_PARTY: return true;
    case HEARTH__V1__TO_PARTY__KIND__NOT_SET:
    case _HEARTH__V1__TO_PARTY__KIND__CASE_IS_INT_SIZE:
    default: return false;
    }
}

Hearth__V1__ToParty *exchange_unpack(const uint8_t *data, size_t len)
{
    if (len > REPLY_MAX) return NULL;
    Hearth__V1__ToParty *message = hearth__v1__to_party__unpack(NULL, len, data);
    if (message && !is_complete(message)) {
        hearth__v1__to_party__free_unpacked(message, NULL);
        message = NULL;
    }
    return message;
}

/* The next message; NULL with *timed_out, or NULL with err. */
static Hearth__V1__ToParty *receive(struct exchange *exchange, int64_t timeout_ms, bool *timed_out,
                                    struct err *err)
{
    struct buf bytes = {0};
    if (exchange->parts.looks) exchange->parts.looks(exchange->parts.looks_ctx);
    if (!talk_wait(exchange->talk, timeout_ms, &bytes, timed_out, err)) return NULL;
    Hearth__V1__ToParty *message = exchange_unpack(bytes.data, bytes.len);
    buf_free(&bytes);
    if (!message) {
        (void)err_set(err, ERR_UNAVAILABLE, "", "the matcher sent a message that is malformed");
    }
    return message;
}

/* One message within the time that the matcher has for it. */
static Hearth__V1__ToParty *receive_due(struct exchange *exchange, struct err *err)
{
    bool timed_out = false;
    Hearth__V1__ToParty *message = receive(exchange, STEP_TIMEOUT_MS, &timed_out, err);
    if (timed_out) {
        (void)err_set(err, ERR_UNAVAILABLE, "", "no answer from the matcher within %d s",
                      STEP_TIMEOUT_MS / 1000);
    }
    return message;
}

/* ---- life ---- */

bool exchange_greet(struct exchange *exchange, struct err *err)
{
    Hearth__V1__ToParty *message = receive_due(exchange, err);
    if (!message) return false;
    const Hearth__V1__MailWelcome *welcome = message->welcome;
    bool ok =
        message->kind_case == HEARTH__V1__TO_PARTY__KIND_WELCOME
            ? talk_welcome(exchange->talk, welcome->protocol, welcome->certificate,
                           &exchange->matcher, err)
            : err_set(err, ERR_UNAVAILABLE, "", "the matcher sent something else than its welcome");
    hearth__v1__to_party__free_unpacked(message, NULL);
    return ok;
}

bool exchange_start(const struct exchange_parts *parts, struct exchange **out, struct err *err)
{
    const struct talk_parts talk = {.identity = parts->identity,
                                    .trust = parts->trust,
                                    .target = parts->target,
                                    .server_role = ROLE_MATCHER,
                                    .server_id = parts->matcher_id,
                                    .path = METHOD_MAIL,
                                    .message_max = REPLY_MAX,
                                    .queue_max = QUEUE_MAX};
    struct exchange *exchange = mem_new(struct exchange);
    exchange->parts = *parts;
    if (!talk_open(&talk, &exchange->talk, err)) {
        free(exchange);
        return false;
    }
    send_hello(exchange);
    *out = exchange;
    return true;
}

bool exchange_open(const struct exchange_parts *parts, struct exchange **out, struct err *err)
{
    if (!exchange_start(parts, out, err)) return false;
    if (exchange_greet(*out, err)) return true;
    exchange_close(*out);
    *out = NULL;
    return false;
}

void exchange_close(struct exchange *exchange)
{
    if (!exchange) return;
    talk_close(exchange->talk);
    certificate_free(&exchange->matcher);
    free(exchange);
}

void exchange_stop(struct exchange *exchange)
{
    atomic_store(&exchange->stopping, true);
    talk_stop(exchange->talk);
}

/* ---- what is done with it ---- */

static bool take(struct exchange *exchange, Hearth__V1__ToParty *message,
                 struct exchange_counts *counts, struct err *err)
{
    bool ok = exchange_take(exchange, message, counts, err);
    hearth__v1__to_party__free_unpacked(message, NULL);
    return ok;
}

bool exchange_party(struct exchange *exchange, enum role role, const char *organisation,
                    struct certificate *out, struct err *err)
{
    Hearth__V1__MailLookup lookup = HEARTH__V1__MAIL_LOOKUP__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    struct exchange_counts ignored = {0};
    lookup.role = (Hearth__V1__Role)role;
    lookup.organisation = (char *)(uintptr_t)organisation; /* packing only reads */
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_LOOKUP;
    message.lookup = &lookup;
    talk_send(exchange->talk, &message.base);
    for (;;) {
        Hearth__V1__ToParty *answer = receive_due(exchange, err);
        if (!answer) return false;
        if (answer->kind_case != HEARTH__V1__TO_PARTY__KIND_PARTY) {
            if (!take(exchange, answer, &ignored, err)) return false;
            continue;
        }
        bool ok = exchange_read_party(exchange, answer->party, role, organisation, out, err);
        hearth__v1__to_party__free_unpacked(answer, NULL);
        return ok;
    }
}

static void start_fetching(struct exchange *exchange)
{
    if (exchange->fetching) return;
    exchange->fetching = true;
    send_fetch(exchange);
}

bool exchange_settle(struct exchange *exchange, struct exchange_counts *counts, struct err *err)
{
    start_fetching(exchange);
    for (;;) {
        if (!send_queued(exchange, err)) return false;
        if (exchange->all_put && exchange->unanswered == 0 && exchange->empty) return true;
        Hearth__V1__ToParty *message = receive_due(exchange, err);
        if (!message || !take(exchange, message, counts, err)) return false;
    }
}

bool exchange_attend(struct exchange *exchange, struct exchange_counts *counts, struct err *err)
{
    struct correspondence *correspondence = exchange->parts.correspondence;
    uint64_t version = 0; /* what was queued since the last look is sent first */
    while (!atomic_load(&exchange->stopping)) {
        bool timed_out = false;
        Hearth__V1__ToParty *message = receive(exchange, LOOK_MS, &timed_out, err);
        if (message) {
            if (!take(exchange, message, counts, err)) return false;
        } else if (!timed_out) {
            return atomic_load(&exchange->stopping);
        }
        uint64_t now = correspondence_version(correspondence);
        if (now != version && !send_queued(exchange, err)) return false;
        version = now;
    }
    return true;
}
