/* SPDX-License-Identifier: Apache-2.0
 * A party at its mailbox: an input is a script of what the matcher sends, in any order, honest but
 * for the script's edits; contents are any bytes, sealed to the party and signed. Whatever comes,
 * the correspondence can be read afterwards.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/signed.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/mail.pb-c.h"
#include "proto/mail/exchange.h"
#include "tests/fuzz/played/played.h"
#include "tests/fuzz/script.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Made once. */
struct home {
    struct parties *parties;
    struct party matcher, agency, la;
    struct secret key;
};

/* Made for each input. */
struct play {
    struct home *home;
    struct script script;
    struct correspondence *correspondence;
    uint8_t last_put[MAIL_ID_BYTES]; /* by the LA, whose exchange it is */
};

static void remove_home(void);

static struct home *home_make(void)
{
    static struct home home;
    if (home.parties) return &home;
    char *dir = support_temp_dir();
    log_set_level(getenv("HEARTH_TEST_LOG") ? LOG_LEVEL_DEBUG : (enum log_level)0);
    home.parties = parties_new(dir);
    home.matcher = parties_add(home.parties, ROLE_MATCHER, "matcher");
    home.agency = parties_add(home.parties, ROLE_AGENT, "agent-1");
    home.la = parties_add(home.parties, ROLE_LA, "la-1");
    home.key = secret_new(HASH_KEY_BYTES);
    REQUIRE(atexit(remove_home) == 0);
    free(dir);
    return &home;
}

static void remove_home(void)
{
    support_temp_dir_remove(mem_string(home_make()->parties->dir));
}

/* ---- the matcher ---- */

/* What the LA has put since: its answers name the last. */
static void look_at_puts(struct play *play, struct rpc_stream *stream)
{
    struct buf bytes = {0};
    while (played_take(stream, &bytes)) {
        Hearth__V1__FromParty *message =
            hearth__v1__from_party__unpack(NULL, bytes.len, bytes.data);
        const uint8_t *sealed = NULL;
        size_t sealed_len = 0;
        struct mail mail;
        struct err err = {0};
        REQUIRE(message);
        if (message->kind_case == HEARTH__V1__FROM_PARTY__KIND_PUT) {
            const ProtobufCBinaryData *body = &message->put->mail->body;
            parties_must(mail_decode(body->data, body->len, &mail, &sealed, &sealed_len, &err),
                         &err);
            memcpy(play->last_put, mail.mail_id, MAIL_ID_BYTES);
        }
        hearth__v1__from_party__free_unpacked(message, NULL);
        buf_free(&bytes);
    }
}

static void say(const struct play *play, const Hearth__V1__ToParty *message, struct buf *out)
{
    wire_pack(&message->base, out);
    script_apply(&play->script, true, out);
}

static void say_welcome(const struct play *play, uint8_t variant, struct buf *out)
{
    const struct home *home = play->home;
    const struct party *as = variant & 1 ? &home->agency : &home->matcher;
    Hearth__V1__Signed own = signed_message_of(&identity_certificate(as->identity)->raw);
    Hearth__V1__MailWelcome body = HEARTH__V1__MAIL_WELCOME__INIT;
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    body.protocol = PROTOCOL_VERSION + (variant >> 7);
    body.certificate = variant & 2 ? NULL : &own;
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_WELCOME;
    message.welcome = &body;
    say(play, &message, out);
}

static void say_answer(struct play *play, uint8_t variant, struct buf *out)
{
    char code[] = "denied", text[] = "\x1b[31mno\xff";
    Hearth__V1__MailAccepted accepted = HEARTH__V1__MAIL_ACCEPTED__INIT;
    Hearth__V1__MailRefused refused = HEARTH__V1__MAIL_REFUSED__INIT;
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    accepted.mail_id = refused.mail_id = wire_data(play->last_put, MAIL_ID_BYTES);
    accepted.at = variant & 2 ? INT64_MIN : clock_wall_ms();
    refused.code = code;
    refused.text = text;
    message.kind_case =
        variant & 1 ? HEARTH__V1__TO_PARTY__KIND_REFUSED : HEARTH__V1__TO_PARTY__KIND_ACCEPTED;
    if (variant & 1) {
        message.refused = &refused;
    } else {
        message.accepted = &accepted;
    }
    say(play, &message, out);
}

static void say_notice(struct play *play, uint8_t variant, struct buf *out)
{
    Hearth__V1__MailNotice notice = HEARTH__V1__MAIL_NOTICE__INIT;
    Hearth__V1__MailItem item = HEARTH__V1__MAIL_ITEM__INIT;
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    notice.mail_id = wire_data(play->last_put, MAIL_ID_BYTES);
    notice.state = (Hearth__V1__MailState)(variant & 7);
    item.item = variant;
    item.kind_case = HEARTH__V1__MAIL_ITEM__KIND_NOTICE;
    item.notice = &notice;
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_ITEM;
    message.item = &item;
    say(play, &message, out);
}

/* A message of the agency in the LA's thread, or in one of its own; its content follows in the
 * script. */
static void say_delivery(struct play *play, uint8_t variant, struct buf *out)
{
    const struct home *home = play->home;
    struct mail mail = {.mail_id = {variant}, .sent_at = clock_wall_ms()};
    struct signed_bytes body = {0};
    struct buf content = {0};
    struct err err = {0};
    size_t len = 0;
    const uint8_t *raw = script_bytes(&play->script, &len);
    buf_append(&content, raw, len);
    memcpy(mail.thread_id, variant & 1 ? mail.mail_id : play->last_put, MAIL_ID_BYTES);
    parties_must(mail_write(&mail, home->agency.identity, identity_certificate(home->la.identity),
                            &content, &body, &err),
                 &err);
    script_sign(&play->script, home->agency.identity, TAG_MAIL, &body);
    Hearth__V1__Signed part = signed_message_of(&body);
    Hearth__V1__Signed own = signed_message_of(&identity_certificate(home->agency.identity)->raw);
    Hearth__V1__MailDelivery delivery = HEARTH__V1__MAIL_DELIVERY__INIT;
    Hearth__V1__MailItem item = HEARTH__V1__MAIL_ITEM__INIT;
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    delivery.mail = &part;
    delivery.certificate = &own;
    item.item = variant;
    item.kind_case = HEARTH__V1__MAIL_ITEM__KIND_DELIVERY;
    item.delivery = &delivery;
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_ITEM;
    message.item = &item;
    say(play, &message, out);
    signed_bytes_free(&body);
    buf_free(&content);
}

static void say_party(const struct play *play, uint8_t variant, struct buf *out)
{
    char id[] = "agent-1";
    const struct party *who = variant & 1 ? &play->home->la : &play->home->agency;
    Hearth__V1__Signed raw = signed_message_of(&identity_certificate(who->identity)->raw);
    Hearth__V1__MailParty party = HEARTH__V1__MAIL_PARTY__INIT;
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    party.role = HEARTH__V1__ROLE__ROLE_AGENT;
    party.organisation = id;
    party.certificate = variant & 2 ? NULL : &raw;
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_PARTY;
    message.party = &party;
    say(play, &message, out);
}

static void say_empty(const struct play *play, struct buf *out)
{
    Hearth__V1__MailEmpty empty = HEARTH__V1__MAIL_EMPTY__INIT;
    Hearth__V1__ToParty message = HEARTH__V1__TO_PARTY__INIT;
    message.kind_case = HEARTH__V1__TO_PARTY__KIND_EMPTY;
    message.empty = &empty;
    say(play, &message, out);
}

static enum inbox_event next(struct rpc_stream *stream, struct buf *message,
                             enum rpc_status *status, void *ctx)
{
    struct play *play = ctx;
    size_t len = 0;
    uint8_t step = 0;
    look_at_puts(play, stream);
    if (!script_step(&play->script, &step)) return INBOX_CLOSED;
    uint8_t variant = script_u8(&play->script);
    switch (step % 9) {
    case 0: say_welcome(play, variant, message); return INBOX_MESSAGE;
    case 1: say_answer(play, variant, message); return INBOX_MESSAGE;
    case 2: say_notice(play, variant, message); return INBOX_MESSAGE;
    case 3: say_delivery(play, variant, message); return INBOX_MESSAGE;
    case 4: say_party(play, variant, message); return INBOX_MESSAGE;
    case 5: say_empty(play, message); return INBOX_MESSAGE;
    case 6: {
        const uint8_t *raw = script_bytes(&play->script, &len);
        buf_append(message, raw, len);
        return INBOX_MESSAGE;
    }
    case 7: return INBOX_TIMEOUT;
    default: *status = (enum rpc_status)(variant % 20); return INBOX_CLOSED;
    }
}

/* ---- the party ---- */

static bool read_one(const struct entry *entry, void *ctx, struct err *err)
{
    struct content content = {0};
    REQUIRE(memchr(entry->why, '\0', sizeof entry->why));
    if (!correspondence_read_content(ctx, entry->number, &content, err)) return false;
    content_wipe(&content);
    return true;
}

/* Something waits to be sent. */
static void write_one(const struct play *play)
{
    const struct home *home = play->home;
    struct content content = {.kind = CONTENT_WITHDRAWAL};
    struct entry entry = {.mail = {.mail_id = {1}, .thread_id = {1}}};
    struct err err = {0};
    parties_must(correspondence_write(play->correspondence, home->la.identity,
                                      identity_certificate(home->agency.identity), &content, &entry,
                                      &err),
                 &err);
}

static void exchange(const struct play *play, struct err *err)
{
    const struct home *home = play->home;
    const struct exchange_parts parts = {.identity = home->la.identity,
                                         .trust = home->la.trust,
                                         .correspondence = play->correspondence,
                                         .target = "played:1",
                                         .matcher_id = "matcher"};
    struct exchange_counts counts = {0};
    struct exchange *open = NULL;
    struct certificate found = {0};
    if (!exchange_open(&parts, &open, err)) return;
    if (exchange_party(open, ROLE_AGENT, "agent-1", &found, err)) certificate_free(&found);
    if (exchange_settle(open, &counts, err)) (void)!exchange_attend(open, &counts, err);
    exchange_close(open);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct play play = {.home = home_make(), .script = script_of(data, len)};
    const struct played_server server = {
        .next = next,
        .ctx = &play,
        .serial = identity_certificate(play.home->matcher.identity)->serial};
    struct err err = {0};
    char *dir = support_temp_dir();
    played_serve(&server);
    parties_must(correspondence_open(dir, &play.home->key, &play.correspondence, &err), &err);
    write_one(&play);
    exchange(&play, &err);
    parties_must(correspondence_each(play.correspondence, read_one, play.correspondence, &err),
                 &err);
    correspondence_close(play.correspondence);
    support_temp_dir_remove(dir);
    return 0;
}
