/* SPDX-License-Identifier: Apache-2.0
 * Parties at their mailboxes, at a whole matcher: an input is a script of calls and messages, in
 * any order, honest but for the script's edits before and after they are signed. The matcher
 * outlives it, and delivers nothing but what was signed.
 */
#include "proto/base/clock.h"
#include "proto/mail.pb-c.h"
#include "tests/fuzz/matcher_stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { THREADS = 4 };

struct play {
    struct stage *stage;
    struct script script;
    uint8_t threads[THREADS][MAIL_ID_BYTES]; /* of what was put */
    size_t puts;
    uint64_t last_item;
};

/* ---- what the matcher sends ---- */

static void check_delivery(const struct play *play, size_t place,
                           const Hearth__V1__MailDelivery *delivery)
{
    const struct certificate *receiver =
        stage_certificate(play->stage, play->stage->callers[place]);
    struct certificate sender = {0};
    const uint8_t *sealed = NULL;
    size_t sealed_len = 0;
    struct mail mail;
    struct err err = {0};
    const Hearth__V1__Signed *body = delivery->mail;
    parties_must(
        certificate_of_message(delivery->certificate, &sender, &err) &&
            certificate_verify(&sender, TAG_MAIL, body->body.data, body->body.len,
                               body->signature.data, body->signature.len, &err) &&
            mail_decode(body->body.data, body->body.len, &mail, &sealed, &sealed_len, &err),
        &err);
    REQUIRE(mail.to_role == receiver->role && strcmp(mail.to, receiver->organisation) == 0);
    REQUIRE(mail.from_role == sender.role && strcmp(mail.from, sender.organisation) == 0);
    certificate_free(&sender);
}

static void take(struct play *play, size_t place)
{
    struct buf bytes = {0};
    while (play->stage->streams[place] && played_take(play->stage->streams[place], &bytes)) {
        Hearth__V1__ToParty *message = hearth__v1__to_party__unpack(NULL, bytes.len, bytes.data);
        REQUIRE(message && message->kind_case != HEARTH__V1__TO_PARTY__KIND__NOT_SET);
        if (message->kind_case == HEARTH__V1__TO_PARTY__KIND_ITEM) {
            const Hearth__V1__MailItem *item = message->item;
            play->last_item = item->item;
            if (item->kind_case == HEARTH__V1__MAIL_ITEM__KIND_DELIVERY) {
                check_delivery(play, place, item->delivery);
            }
        }
        hearth__v1__to_party__free_unpacked(message, NULL);
        buf_free(&bytes);
    }
}

/* ---- what parties send ---- */

static void send(const struct play *play, size_t place, Hearth__V1__FromParty *message)
{
    stage_send(play->stage, &play->script, place, &message->base);
}

static void say_hello(const struct play *play, size_t place, uint8_t variant)
{
    size_t who = (play->stage->callers[place] + (variant & 7)) % CAST;
    Hearth__V1__Signed part = signed_message_of(&stage_certificate(play->stage, who)->raw);
    Hearth__V1__MailHello hello = HEARTH__V1__MAIL_HELLO__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    hello.protocol = PROTOCOL_VERSION + (variant >> 7);
    hello.certificate = variant & 8 ? NULL : &part;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_HELLO;
    message.hello = &hello;
    send(play, place, &message);
}

static void send_mail(const struct play *play, size_t place, struct signed_bytes *mail)
{
    Hearth__V1__Signed part = signed_message_of(mail);
    Hearth__V1__MailPut put = HEARTH__V1__MAIL_PUT__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    put.mail = &part;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_PUT;
    message.put = &put;
    send(play, place, &message);
}

/* variant: to whom, whether it begins a thread or goes on with which, whether it closes it. */
static void put(struct play *play, size_t place, uint8_t variant)
{
    struct stage *stage = play->stage;
    const struct identity *sender = stage->cast[stage->callers[place]].identity;
    struct mail mail = {.sent_at = clock_wall_ms(), .closes = variant & 128};
    struct signed_bytes out = {0};
    struct buf content = {0};
    struct err err;
    size_t number = play->puts++ % THREADS;
    randombytes_buf(mail.mail_id, sizeof mail.mail_id);
    if (variant & 8) {
        memcpy(mail.thread_id, play->threads[variant >> 4 & 3], MAIL_ID_BYTES);
    } else {
        memcpy(mail.thread_id, mail.mail_id, MAIL_ID_BYTES);
    }
    memcpy(play->threads[number], mail.thread_id, MAIL_ID_BYTES);
    buf_text(&content, "x");
    if (mail_write(&mail, sender, stage_certificate(stage, (variant & 7) % CAST), &content, &out,
                   &err)) {
        script_sign(&play->script, sender, TAG_MAIL, &out);
        send_mail(play, place, &out);
        if (variant & 64) send_mail(play, place, &out);
    }
    signed_bytes_free(&out);
    buf_free(&content);
}

static void fetch(const struct play *play, size_t place)
{
    Hearth__V1__MailFetch body = HEARTH__V1__MAIL_FETCH__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_FETCH;
    message.fetch = &body;
    send(play, place, &message);
}

static void acknowledge(const struct play *play, size_t place, uint8_t variant)
{
    Hearth__V1__MailAck ack = HEARTH__V1__MAIL_ACK__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    ack.item = play->last_item - (variant & 3);
    ack.unreadable = variant & 128;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_ACK;
    message.ack = &ack;
    send(play, place, &message);
}

static void look_up(const struct play *play, size_t place, uint8_t variant)
{
    const struct certificate *whom = stage_certificate(play->stage, (variant & 7) % CAST);
    Hearth__V1__MailLookup lookup = HEARTH__V1__MAIL_LOOKUP__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    lookup.role = (Hearth__V1__Role)whom->role;
    lookup.organisation = (char *)(uintptr_t)whom->organisation;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_LOOKUP;
    message.lookup = &lookup;
    send(play, place, &message);
}

/* ---- the script ---- */

static void act(struct play *play, uint8_t step)
{
    struct stage *stage = play->stage;
    size_t place = script_u8(&play->script) % STAGE_STREAMS;
    if (stage_step(stage, &play->script, step % 13, place)) return;
    uint8_t variant = script_u8(&play->script);
    switch (step % 13) {
    case 6: stage_call(stage, place, METHOD_MAIL, variant % CAST); return;
    case 7: say_hello(play, place, variant); return;
    case 8: put(play, place, variant); return;
    case 9: fetch(play, place); return;
    case 10: acknowledge(play, place, variant); return;
    case 11: take(play, place); return;
    default: look_up(play, place, variant); return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct play play = {.stage = stage_make(), .script = script_of(data, len)};
    uint8_t step = 0;
    while (script_step(&play.script, &step)) act(&play, step);
    stage_end(play.stage);
    return 0;
}
