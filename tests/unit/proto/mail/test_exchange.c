/* SPDX-License-Identifier: Apache-2.0
 * A party's side of the mailbox against a matcher that is played: one that behaves, and ones that
 * lie. That it works with the real one is for the end-to-end tests.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "keys/signed.h"
#include "proto/crypto/wire.h"
#include "proto/mail.pb-c.h"
#include "proto/mail/exchange.h"
#include "tests/unit/proto/mail/letters.h"

/* What the played matcher does, and has seen. */
struct played { /* told by the test, read by callbacks */
    struct party *matcher;
    _Atomic(const struct certificate *) shown; /* in its welcome */
    /* Sent when the fetch comes, one after the other as they are acknowledged. */
    Hearth__V1__MailItem items[8];
    atomic_size_t item_count, sent;
    atomic_bool refuse, silent_on_put, foreign_answer, close_on_fetch;
    _Atomic(const struct certificate *) party; /* the answer to a lookup */
    _Atomic int64_t accepted_at;
    atomic_uint puts, acks, unreadable;
};

struct world {
    struct parties *parties;
    struct party la, agent, matcher, stranger;
    struct rpc_server *server;
    struct played played;
    char target[64];
    struct correspondence *c;
};

static void send_to(struct rpc_stream *stream, const Hearth__V1__ToParty *message)
{
    struct buf bytes = {0};
    wire_pack(&message->base, &bytes);
    (void)rpc_stream_send_bytes(stream, bytes.data, bytes.len);
    buf_free(&bytes);
}

static void send_next(struct rpc_stream *stream, struct played *played)
{
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    Hearth__V1__MailEmpty empty = HEARTH__V1__MAIL_EMPTY__INIT;
    if (played->sent < played->item_count) {
        message.kind_case = HEARTH__V1__TO_PARTY__KIND_ITEM;
        message.item = &played->items[played->sent++];
        message.item->item = played->sent;
    } else {
        message.kind_case = HEARTH__V1__TO_PARTY__KIND_EMPTY;
        message.empty = &empty;
    }
    send_to(stream, &message);
}

static void answer_put(struct rpc_stream *stream, struct played *played,
                       const Hearth__V1__Signed *mail)
{
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    Hearth__V1__MailAccepted accepted = HEARTH__V1__MAIL_ACCEPTED__INIT;
    Hearth__V1__MailRefused refused = HEARTH__V1__MAIL_REFUSED__INIT;
    struct mail header;
    const uint8_t *sealed = NULL;
    size_t len = 0;
    struct err err;
    atomic_fetch_add(&played->puts, 1);
    if (played->silent_on_put) {
        rpc_stream_finish(stream, RPC_UNAVAILABLE, "going");
        return;
    }
    REQUIRE(mail_decode(mail->body.data, mail->body.len, &header, &sealed, &len, &err));
    if (played->refuse) {
        refused.mail_id = wire_data(header.mail_id, MAIL_ID_BYTES);
        refused.text = (char *)(uintptr_t) "to: the mailbox\x1b[2J is full";
        message.kind_case = HEARTH__V1__TO_PARTY__KIND_REFUSED;
        message.refused = &refused;
    } else {
        accepted.mail_id = wire_data(header.mail_id, MAIL_ID_BYTES);
        accepted.at = played->accepted_at;
        message.kind_case = HEARTH__V1__TO_PARTY__KIND_ACCEPTED;
        message.accepted = &accepted;
    }
    send_to(stream, &message);
    if (played->foreign_answer) send_to(stream, &message);
}

static void answer_lookup(struct rpc_stream *stream, const struct played *played)
{
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    Hearth__V1__MailParty party = HEARTH__V1__MAIL_PARTY__INIT;
    Hearth__V1__Signed raw;
    const struct certificate *known = played->party;
    if (known) {
        raw = signed_message_of(&known->raw);
        party.certificate = &raw;
    }
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_PARTY;
    message.party = &party;
    send_to(stream, &message);
}

static void welcome(struct rpc_stream *stream, const struct played *played)
{
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    Hearth__V1__MailWelcome body = HEARTH__V1__MAIL_WELCOME__INIT;
    Hearth__V1__Signed raw = signed_message_of(&played->shown->raw);
    body.protocol = PROTOCOL_VERSION;
    body.certificate = &raw;
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_WELCOME;
    message.welcome = &body;
    send_to(stream, &message);
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    struct played *played = ctx;
    Hearth__V1__FromParty *message = hearth__v1__from_party__unpack(NULL, len, data);
    REQUIRE(message);
    switch ((int)message->kind_case) {
    case HEARTH__V1__FROM_PARTY__KIND_HELLO: welcome(stream, played); break;
    case HEARTH__V1__FROM_PARTY__KIND_PUT: answer_put(stream, played, message->put->mail); break;
    case HEARTH__V1__FROM_PARTY__KIND_LOOKUP: answer_lookup(stream, played); break;
    case HEARTH__V1__FROM_PARTY__KIND_FETCH:
        if (played->close_on_fetch) {
            rpc_stream_finish(stream, RPC_UNAVAILABLE, "stopping");
        } else {
            send_next(stream, played);
        }
        break;
    case HEARTH__V1__FROM_PARTY__KIND_ACK:
        atomic_fetch_add(&played->acks, 1);
        if (message->ack->unreadable) atomic_fetch_add(&played->unreadable, 1);
        send_next(stream, played);
        break;
    default: REQUIRE(false);
    }
    hearth__v1__from_party__free_unpacked(message, NULL);
}

/* ---- the world ---- */

static int set_up(void **state)
{
    static const struct rpc_events events = {.message = on_message};
    void *parties = NULL;
    struct world *w = mem_new(struct world);
    struct err err = {0};
    int port = 0;
    (void)parties_set_up(&parties);
    w->parties = parties;
    w->la = parties_add(parties, ROLE_LA, "la-1");
    w->agent = parties_add(parties, ROLE_AGENT, "ifa-003");
    w->stranger = parties_add(parties, ROLE_LA, "la-2");
    w->matcher = parties_add(parties, ROLE_MATCHER, "matcher");
    w->played.matcher = &w->matcher;
    w->played.shown = identity_certificate(w->matcher.identity);
    const struct rpc_method method = {.path = METHOD_MAIL, .events = &events, .ctx = &w->played};
    const struct rpc_server_config config = {
        .address = "127.0.0.1:0", .message_max = REPLY_MAX, .methods = &method, .method_count = 1};
    rpc_start();
    parties_must(
        rpc_server_start(&config, w->matcher.identity, w->matcher.trust, &w->server, &port, &err),
        &err);
    (void)snprintf(w->target, sizeof w->target, "127.0.0.1:%d", port);
    w->c = opened(&w->agent);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    void *parties = w->parties;
    correspondence_close(w->c);
    rpc_server_stop(w->server);
    rpc_stop();
    party_close(&w->la);
    party_close(&w->agent);
    party_close(&w->stranger);
    party_close(&w->matcher);
    free(w);
    return parties_tear_down(&parties);
}

static bool settle(struct world *w, struct exchange_counts *counts, struct err *err)
{
    const struct exchange_parts parts = {.identity = w->agent.identity,
                                         .trust = w->agent.trust,
                                         .correspondence = w->c,
                                         .target = w->target,
                                         .matcher_id = "matcher"};
    struct exchange *exchange = NULL;
    bool ok = exchange_open(&parts, &exchange, err) && exchange_settle(exchange, counts, err);
    exchange_close(exchange);
    return ok;
}

/* An item with a message from `from`, whose bytes the caller keeps. */
struct parcel {
    struct signed_bytes mail;
    struct mail header;
    Hearth__V1__Signed raw_mail, raw_certificate;
    Hearth__V1__MailDelivery delivery;
};
static Hearth__V1__MailItem item_of(struct parcel *parcel, const struct party *from,
                                    const struct party *certificate_of, const struct party *to)
{
    struct content content = a_referral(STAGE_PROFILE);
    Hearth__V1__MailItem item = HEARTH__V1__MAIL_ITEM__INIT;
    parcel->header = a_mail(NULL);
    parcel->mail = written(&parcel->header, from, to, &content);
    parcel->raw_mail = signed_message_of(&parcel->mail);
    parcel->raw_certificate =
        signed_message_of(&identity_certificate(certificate_of->identity)->raw);
    parcel->delivery = (Hearth__V1__MailDelivery)HEARTH__V1__MAIL_DELIVERY__INIT;
    parcel->delivery.mail = &parcel->raw_mail;
    parcel->delivery.certificate = &parcel->raw_certificate;
    item.kind_case = HEARTH__V1__MAIL_ITEM__KIND_DELIVERY;
    item.delivery = &parcel->delivery;
    content_wipe(&content);
    return item;
}

static size_t entries_of(struct world *w)
{
    struct entry *list = NULL;
    size_t count = 0;
    struct err err = {0};
    must(correspondence_list(w->c, &list, &count, &err), &err);
    entries_free(list, count);
    return count;
}

/* ---- tests ---- */

static void it_sends_and_takes_and_takes_nothing_twice(void **state)
{
    struct world *w = *state;
    struct exchange_counts counts = {0};
    struct err err = {0};
    struct parcel parcel;
    w->played.items[0] = item_of(&parcel, &w->la, &w->la, &w->agent);
    w->played.items[1] = w->played.items[0]; /* a copy: it was not acknowledged in time */
    w->played.item_count = 2;
    for (int i = 0; i < 6; i++) {
        (void)queued(w->c, &w->agent, &w->la, parcel.header.thread_id,
                     a_text(CONTENT_ANSWER, "a question"));
    }
    must(settle(w, &counts, &err), &err);
    assert_int_equal(counts.accepted, 6);
    assert_int_equal(counts.received, 1);
    assert_int_equal(atomic_load(&w->played.puts), 6);
    assert_int_equal(atomic_load(&w->played.acks), 2);
    assert_int_equal(entries_of(w), 7);
    w->played.sent = 0;
    must(settle(w, &counts, &err), &err);
    assert_int_equal(counts.received, 1);
    assert_int_equal(atomic_load(&w->played.puts), 6);
    signed_bytes_free(&parcel.mail);
}

static void a_stream_that_breaks_is_taken_up_again(void **state)
{
    struct world *w = *state;
    struct exchange_counts counts = {0};
    struct err err = {0};
    uint8_t thread[MAIL_ID_BYTES] = {1};
    (void)queued(w->c, &w->agent, &w->la, thread, a_text(CONTENT_ANSWER, "a question"));
    w->played.silent_on_put = true;
    assert_false(settle(w, &counts, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    w->played.silent_on_put = false;
    w->played.close_on_fetch = true;
    assert_false(settle(w, &counts, &err));
    w->played.close_on_fetch = false;
    must(settle(w, &counts, &err), &err);
    assert_int_equal(counts.accepted, 1);
}

static void a_refusal_is_kept_without_what_would_steer_a_terminal(void **state)
{
    struct world *w = *state;
    struct exchange_counts counts = {0};
    struct err err = {0};
    uint8_t thread[MAIL_ID_BYTES] = {1};
    w->played.refuse = true;
    (void)queued(w->c, &w->agent, &w->la, thread, a_text(CONTENT_ANSWER, "a question"));
    must(settle(w, &counts, &err), &err);
    assert_int_equal(counts.refused, 1);
    struct entry *list = NULL;
    size_t count = 0;
    must(correspondence_list(w->c, &list, &count, &err), &err);
    assert_int_equal(list[0].state, MAIL_REFUSED);
    assert_string_equal(list[0].why, "to: the mailbox?[2J is full");
    entries_free(list, count);
}

/* Forged by the matcher, sealed to somebody else, signed by somebody else: none stands in the way
 * of what comes after it, and none is shown. */
static void what_does_not_open_is_said_to_be_unreadable(void **state)
{
    struct world *w = *state;
    struct exchange_counts counts = {0};
    struct err err = {0};
    struct parcel parcels[4];
    w->played.items[0] = item_of(&parcels[0], &w->la, &w->stranger, &w->agent);
    w->played.items[1] = item_of(&parcels[1], &w->la, &w->la, &w->agent);
    parcels[1].mail.body.data[parcels[1].mail.body.len - 1] ^= 1;
    w->played.items[2] = item_of(&parcels[2], &w->matcher, &w->matcher, &w->agent);
    w->played.items[3] = item_of(&parcels[3], &w->la, &w->la, &w->agent);
    w->played.item_count = 4;
    must(settle(w, &counts, &err), &err);
    assert_int_equal(counts.received, 1);
    assert_int_equal(counts.unreadable, 3);
    assert_int_equal(atomic_load(&w->played.unreadable), 3);
    assert_int_equal(entries_of(w), 1);
    for (size_t i = 0; i < 4; i++) signed_bytes_free(&parcels[i].mail);
}

static void a_matcher_that_lies_is_not_talked_to(void **state)
{
    struct world *w = *state;
    struct exchange_counts counts = {0};
    struct err err = {0};
    uint8_t thread[MAIL_ID_BYTES] = {1};
    w->played.shown = identity_certificate(w->la.identity);
    assert_false(settle(w, &counts, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    w->played.shown = identity_certificate(w->matcher.identity);
    (void)queued(w->c, &w->agent, &w->la, thread, a_text(CONTENT_ANSWER, "a question"));
    w->played.foreign_answer = true; /* two answers to one put */
    (void)queued(w->c, &w->agent, &w->la, thread, a_text(CONTENT_ANSWER, "another"));
    (void)settle(w, &counts, &err);
    w->played.foreign_answer = false;
    Hearth__V1__MailNotice notice = HEARTH__V1__MAIL_NOTICE__INIT;
    uint8_t id[MAIL_ID_BYTES] = {3};
    notice.mail_id = wire_data(id, sizeof id);
    w->played.items[0] = (Hearth__V1__MailItem)HEARTH__V1__MAIL_ITEM__INIT;
    w->played.items[0].kind_case = HEARTH__V1__MAIL_ITEM__KIND_NOTICE;
    w->played.items[0].notice = &notice;
    w->played.item_count = 1;
    assert_false(settle(w, &counts, &err)); /* a notice of no kind */
    assert_int_equal(err.code, ERR_UNAVAILABLE);
}

/* One that the store would not read again would make the whole correspondence unreadable; one ahead
 * would keep a message from being purged. */
static void times_of_the_matcher_are_bounded(void **state)
{
    struct world *w = *state;
    static const int64_t times[] = {-1, INT64_MIN, INT64_MAX, 77};
    struct exchange_counts counts = {0};
    struct err err = {0};
    uint8_t thread[MAIL_ID_BYTES] = {1};
    struct entry *list = NULL;
    size_t count = 0;
    for (size_t i = 0; i < 4; i++) {
        w->played.accepted_at = times[i];
        (void)queued(w->c, &w->agent, &w->la, thread, a_text(CONTENT_ANSWER, "a question"));
        must(settle(w, &counts, &err), &err);
    }
    must(correspondence_list(w->c, &list, &count, &err), &err);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(list[i].state, MAIL_ACCEPTED);
        assert_in_range(list[i].state_ms, 0, clock_wall_ms());
    }
    assert_int_equal(list[3].state_ms, 77);
    entries_free(list, count);
}

static void lookups_believe_the_authority_alone(void **state)
{
    struct world *w = *state;
    const struct exchange_parts parts = {.identity = w->agent.identity,
                                         .trust = w->agent.trust,
                                         .correspondence = w->c,
                                         .target = w->target,
                                         .matcher_id = "matcher"};
    struct exchange *exchange = NULL;
    struct certificate found = {0};
    struct err err = {0};
    must(exchange_open(&parts, &exchange, &err), &err);
    assert_false(exchange_party(exchange, ROLE_LA, "la-1", &found, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    w->played.party = identity_certificate(w->la.identity);
    must(exchange_party(exchange, ROLE_LA, "la-1", &found, &err), &err);
    assert_string_equal(found.organisation, "la-1");
    certificate_free(&found);
    assert_false(exchange_party(exchange, ROLE_LA, "la-2", &found, &err));
    assert_false(exchange_party(exchange, ROLE_AGENT, "la-1", &found, &err));
    exchange_close(exchange);
}

static void *stop_soon(void *ctx)
{
    exchange_stop(ctx);
    return NULL;
}

static void attending_ends_when_it_is_told_to(void **state)
{
    struct world *w = *state;
    const struct exchange_parts parts = {.identity = w->agent.identity,
                                         .trust = w->agent.trust,
                                         .correspondence = w->c,
                                         .target = w->target,
                                         .matcher_id = "matcher"};
    struct exchange *exchange = NULL;
    struct exchange_counts counts = {0};
    struct err err = {0};
    pthread_t thread;
    must(exchange_open(&parts, &exchange, &err), &err);
    must(exchange_settle(exchange, &counts, &err), &err);
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, exchange), 0);
    must(exchange_attend(exchange, &counts, &err), &err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    exchange_close(exchange);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        TEST(it_sends_and_takes_and_takes_nothing_twice),
        TEST(a_stream_that_breaks_is_taken_up_again),
        TEST(a_refusal_is_kept_without_what_would_steer_a_terminal),
        TEST(what_does_not_open_is_said_to_be_unreadable),
        TEST(a_matcher_that_lies_is_not_talked_to),
        TEST(times_of_the_matcher_are_bounded),
        TEST(lookups_believe_the_authority_alone),
        TEST(attending_ends_when_it_is_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
