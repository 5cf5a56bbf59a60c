/* SPDX-License-Identifier: Apache-2.0
 * LAs and agencies at their mailboxes, step by step, over the connections of players.h.
 */
#ifndef HEARTH_TESTS_MATCHER_CALLERS_H
#define HEARTH_TESTS_MATCHER_CALLERS_H

#include "proto/mail/exchange.h"
#include "tests/unit/matcher/players.h"

struct post {
    Hearth__V1__ToParty *message;
    struct post *next;
};

struct caller {
    struct scene *scene;
    const struct party *party;
    struct rpc_channel *channel;
    struct rpc_stream *stream;
    struct post *first, **last;
    bool closed;
    enum rpc_status status;
    char detail[ERR_TEXT_MAX];
};

static inline void caller_message(struct rpc_stream *stream, const uint8_t *data, size_t len,
                                  void *ctx)
{
    struct caller *caller = ctx;
    struct post *post = mem_new(struct post);
    (void)stream;
    post->message = hearth__v1__to_party__unpack(NULL, len, data);
    REQUIRE(post->message != NULL);
    (void)pthread_mutex_lock(&caller->scene->mutex);
    *caller->last = post;
    caller->last = &post->next;
    (void)pthread_cond_broadcast(&caller->scene->changed);
    (void)pthread_mutex_unlock(&caller->scene->mutex);
}

static inline void caller_closed(struct rpc_stream *stream, enum rpc_status status,
                                 const char *detail, void *ctx)
{
    struct caller *caller = ctx;
    (void)stream;
    (void)pthread_mutex_lock(&caller->scene->mutex);
    caller->closed = true;
    caller->status = status;
    (void)snprintf(caller->detail, sizeof caller->detail, "%s", detail);
    (void)pthread_cond_broadcast(&caller->scene->changed);
    (void)pthread_mutex_unlock(&caller->scene->mutex);
}

/* A stream without a hello yet. */
static inline void caller_open(struct caller *caller, struct scene *scene,
                               const struct party *party)
{
    static const struct rpc_events events = {.message = caller_message, .closed = caller_closed};
    *caller = (struct caller){.scene = scene, .party = party};
    caller->last = &caller->first;
    open_channel(scene, party, &caller->channel);
    caller->stream = rpc_channel_call(caller->channel, METHOD_MAIL, 0, &events, caller);
}

static inline void caller_close(struct caller *caller)
{
    rpc_channel_close(caller->channel);
    rpc_stream_unref(caller->stream);
    while (caller->first) {
        struct post *post = caller->first;
        caller->first = post->next;
        hearth__v1__to_party__free_unpacked(post->message, NULL);
        free(post);
    }
}

static inline bool caller_has_news(void *ctx)
{
    const struct caller *caller = ctx;
    return caller->first || caller->closed;
}

static inline bool caller_is_closed(void *ctx)
{
    return ((struct caller *)ctx)->closed;
}

/* The next message; NULL where the stream has ended. */
static inline Hearth__V1__ToParty *caller_receive(struct caller *caller)
{
    scene_wait(caller->scene, caller_has_news, caller);
    (void)pthread_mutex_lock(&caller->scene->mutex);
    struct post *post = caller->first;
    if (post) {
        caller->first = post->next;
        if (!caller->first) caller->last = &caller->first;
    }
    (void)pthread_mutex_unlock(&caller->scene->mutex);
    Hearth__V1__ToParty *message = post ? post->message : NULL;
    free(post);
    return message;
}

static inline Hearth__V1__ToParty *caller_expect(struct caller *caller,
                                                 Hearth__V1__ToParty__KindCase kind)
{
    Hearth__V1__ToParty *message = caller_receive(caller);
    if (!message) {
        fail_msg("the stream has ended: %s: %s", rpc_status_name(caller->status), caller->detail);
    } else if (message->kind_case != kind) {
        fail_msg("kind %d is wanted: %d: %s", (int)kind, (int)message->kind_case,
                 message->kind_case == HEARTH__V1__TO_PARTY__KIND_REFUSED ? message->refused->text
                                                                          : "");
    }
    return message;
}

static inline void caller_expect_end(struct caller *caller, enum rpc_status status,
                                     const char *word)
{
    scene_wait(caller->scene, caller_is_closed, caller);
    if (caller->status != status || !strstr(caller->detail, word)) {
        fail_msg("expected %s \"%s\": %s: %s", rpc_status_name(status), word,
                 rpc_status_name(caller->status), caller->detail);
    }
    caller_close(caller);
}

/* ---- what a party sends ---- */

static inline void caller_hello(struct caller *caller, const struct certificate *certificate,
                                uint32_t protocol)
{
    Hearth__V1__Signed raw = signed_message_of(&certificate->raw);
    Hearth__V1__MailHello hello = HEARTH__V1__MAIL_HELLO__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    hello.protocol = protocol;
    hello.certificate = &raw;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_HELLO;
    message.hello = &hello;
    send_message(caller->stream, &message.base);
}

static inline void caller_fetch(struct caller *caller)
{
    Hearth__V1__MailFetch fetch = HEARTH__V1__MAIL_FETCH__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_FETCH;
    message.fetch = &fetch;
    send_message(caller->stream, &message.base);
}

static inline void caller_ack(struct caller *caller, uint64_t item, bool unreadable)
{
    Hearth__V1__MailAck ack = HEARTH__V1__MAIL_ACK__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    ack.item = item;
    ack.unreadable = unreadable;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_ACK;
    message.ack = &ack;
    send_message(caller->stream, &message.base);
}

static inline void caller_lookup(struct caller *caller, enum role role, const char *id)
{
    char organisation[100];
    Hearth__V1__MailLookup lookup = HEARTH__V1__MAIL_LOOKUP__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    (void)snprintf(organisation, sizeof organisation, "%s", id);
    lookup.role = (Hearth__V1__Role)role;
    lookup.organisation = organisation;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_LOOKUP;
    message.lookup = &lookup;
    send_message(caller->stream, &message.base);
}

static inline void caller_put(struct caller *caller, const struct signed_bytes *mail)
{
    Hearth__V1__Signed raw = signed_message_of(mail);
    Hearth__V1__MailPut put = HEARTH__V1__MAIL_PUT__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    put.mail = &raw;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_PUT;
    message.put = &put;
    send_message(caller->stream, &message.base);
}

/* Opened, greeted and welcomed. */
static inline void caller_begin(struct caller *caller, struct scene *scene,
                                const struct party *party)
{
    caller_open(caller, scene, party);
    caller_hello(caller, identity_certificate(party->identity), PROTOCOL_VERSION);
    Hearth__V1__ToParty *welcome = caller_expect(caller, HEARTH__V1__TO_PARTY__KIND_WELCOME);
    assert_int_equal(welcome->welcome->protocol, PROTOCOL_VERSION);
    assert_int_equal(welcome->welcome->keep_days, scene->config.mail_days);
    hearth__v1__to_party__free_unpacked(welcome, NULL);
}

/* ---- messages ---- */

/* Sealed and signed; thread: of which message's it is, NULL: it begins one. signed_bytes_free. */
static inline struct signed_bytes write_mail(const struct party *from, const struct party *to,
                                             const struct mail *thread, size_t bytes,
                                             struct mail *mail)
{
    struct signed_bytes out = {0};
    struct buf content = {0};
    struct err err = {0};
    memset(buf_reserve(&content, bytes), 'x', bytes);
    *mail = (struct mail){.sent_at = clock_wall_ms()};
    randombytes_buf(mail->mail_id, MAIL_ID_BYTES);
    memcpy(mail->thread_id, thread ? thread->thread_id : mail->mail_id, MAIL_ID_BYTES);
    parties_must(
        mail_write(mail, from->identity, identity_certificate(to->identity), &content, &out, &err),
        &err);
    buf_free(&content);
    return out;
}

static inline void expect_accepted(struct caller *caller, const struct mail *mail)
{
    Hearth__V1__ToParty *answer = caller_expect(caller, HEARTH__V1__TO_PARTY__KIND_ACCEPTED);
    assert_int_equal(answer->accepted->mail_id.len, MAIL_ID_BYTES);
    assert_memory_equal(answer->accepted->mail_id.data, mail->mail_id, MAIL_ID_BYTES);
    assert_true(answer->accepted->at > 0);
    hearth__v1__to_party__free_unpacked(answer, NULL);
}

static inline void expect_refused(struct caller *caller, const struct mail *mail, const char *code,
                                  const char *word)
{
    Hearth__V1__ToParty *answer = caller_expect(caller, HEARTH__V1__TO_PARTY__KIND_REFUSED);
    assert_memory_equal(answer->refused->mail_id.data, mail->mail_id, MAIL_ID_BYTES);
    assert_string_equal(answer->refused->code, code);
    assert_non_null(answer->refused->text);
    assert_non_null(strstr(answer->refused->text, word));
    hearth__v1__to_party__free_unpacked(answer, NULL);
}

/* Puts a small message and waits until it is accepted. */
static inline struct mail must_put(struct caller *caller, const struct party *to,
                                   const struct mail *thread)
{
    struct mail mail;
    struct signed_bytes bytes = write_mail(caller->party, to, thread, 100, &mail);
    caller_put(caller, &bytes);
    expect_accepted(caller, &mail);
    signed_bytes_free(&bytes);
    return mail;
}

/* The next item, which is a delivery of that message; gives its number. */
static inline uint64_t expect_delivery(struct caller *caller, const struct mail *mail)
{
    Hearth__V1__ToParty *message = caller_expect(caller, HEARTH__V1__TO_PARTY__KIND_ITEM);
    const Hearth__V1__MailItem *item = message->item;
    assert_int_equal(item->kind_case, HEARTH__V1__MAIL_ITEM__KIND_DELIVERY);
    struct certificate sender = {0};
    struct mail read;
    struct buf content = {0};
    struct err err = {0};
    const Hearth__V1__Signed *raw = item->delivery->certificate, *body = item->delivery->mail;
    parties_must(certificate_decode(raw->body.data, raw->body.len, raw->signature.data,
                                    raw->signature.len, &sender, &err) &&
                     mail_read(body->body.data, body->body.len, body->signature.data,
                               body->signature.len, &sender, caller->party->identity, &read,
                               &content, &err),
                 &err);
    assert_memory_equal(read.mail_id, mail->mail_id, MAIL_ID_BYTES);
    uint64_t number = item->item;
    buf_free(&content);
    certificate_free(&sender);
    hearth__v1__to_party__free_unpacked(message, NULL);
    return number;
}

static inline uint64_t expect_notice(struct caller *caller, const struct mail *mail,
                                     Hearth__V1__MailState state)
{
    Hearth__V1__ToParty *message = caller_expect(caller, HEARTH__V1__TO_PARTY__KIND_ITEM);
    assert_int_equal(message->item->kind_case, HEARTH__V1__MAIL_ITEM__KIND_NOTICE);
    assert_int_equal(message->item->notice->state, state);
    assert_memory_equal(message->item->notice->mail_id.data, mail->mail_id, MAIL_ID_BYTES);
    uint64_t number = message->item->item;
    hearth__v1__to_party__free_unpacked(message, NULL);
    return number;
}

static inline void expect_empty(struct caller *caller)
{
    hearth__v1__to_party__free_unpacked(caller_expect(caller, HEARTH__V1__TO_PARTY__KIND_EMPTY),
                                        NULL);
}

/* That nothing else comes: what is asked last is answered next. */
static inline void expect_nothing(struct caller *caller)
{
    enum role other =
        identity_certificate(caller->party->identity)->role == ROLE_LA ? ROLE_AGENT : ROLE_LA;
    caller_lookup(caller, other, "nobody");
    Hearth__V1__ToParty *answer = caller_expect(caller, HEARTH__V1__TO_PARTY__KIND_PARTY);
    assert_null(answer->party->certificate);
    hearth__v1__to_party__free_unpacked(answer, NULL);
}

#endif
