/* SPDX-License-Identifier: Apache-2.0
 * An LA's search: an input is a script of what the matcher sends, in any order, honest but for the
 * script's edits before and after they are signed by matcher and agencies. Whatever comes, the
 * search ends with a result that the matcher signed, or with an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/conversation.h"
#include "keys/signed.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"
#include "tests/fuzz/played/played.h"
#include "tests/fuzz/script.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { AGENTS = 2, ITEMS = 16 };

/* Made once. */
struct home {
    struct parties *parties;
    struct party matcher, agents[AGENTS], la;
    struct la opened;
    struct epoch_record epoch;
    struct signed_bytes epoch_signed;
    struct composed composed;
    uint8_t c1[AGENTS][ITEMS * POINT_BYTES];
};

/* Made for each input. */
struct play {
    struct home *home;
    struct script script;
};

static void remove_home(void);

static void make_points(struct home *home)
{
    struct point point, base;
    point_base(&base);
    point = base;
    for (size_t i = 0; i < (size_t)AGENTS * ITEMS; i++) {
        point_add(&point, &point, &base);
        point_encode(&home->c1[i / ITEMS][i % ITEMS * POINT_BYTES], &point);
    }
}

static void compose(struct home *home)
{
    static const char json[] =
        "{\"search_ref\":\"T\",\"children\":[{\"age\":5,\"sex\":\"U\"}],\"placement\":{\"type\":"
        "\"PT_LONG\",\"needed_by\":\"later\"}}";
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    struct request *request = mem_new(struct request);
    struct err err = {0};
    parties_must(request_parse(json, sizeof json - 1,
                               &(struct request_rules){.catalogue = catalogue}, request, &err) &&
                     compose_query(&home->opened, request, catalogue, &home->epoch, NULL,
                                   &home->composed, &err),
                 &err);
    free(request);
}

static struct home *home_make(void)
{
    static struct home home;
    static const uint8_t tie[HASH_BYTES] = {0};
    struct scalar m;
    if (home.parties) return &home;
    char *dir = support_temp_dir();
    log_set_level(getenv("HEARTH_TEST_LOG") ? LOG_LEVEL_DEBUG : (enum log_level)0);
    home.parties = parties_new(dir);
    home.matcher = parties_add(home.parties, ROLE_MATCHER, "matcher");
    home.agents[0] = parties_add(home.parties, ROLE_AGENT, "agent-1");
    home.agents[1] = parties_add(home.parties, ROLE_AGENT, "agent-2");
    home.la = parties_add(home.parties, ROLE_LA, "la-1");
    home.opened = (struct la){.trust = home.la.trust,
                              .identity = home.la.identity,
                              .matcher_address = "played:1",
                              .matcher_id = "matcher",
                              .catalogue = catalogue_get(CATALOGUE_VERSION)};
    int64_t now = clock_wall_ms();
    epoch_make("matcher", now - 1000, now + 86400000, tie, &m, &home.epoch,
               &home.epoch_signed.body);
    compose(&home);
    make_points(&home);
    REQUIRE(atexit(remove_home) == 0);
    free(dir);
    return &home;
}

static void remove_home(void)
{
    support_temp_dir_remove(mem_string(home_make()->parties->dir));
}

/* ---- the matcher ---- */

static void say(const struct play *play, const Hearth__V1__ToLa *message, struct buf *out)
{
    wire_pack(&message->base, out);
    script_apply(&play->script, true, out);
}

static void say_welcome(const struct play *play, uint8_t variant, struct buf *out)
{
    struct home *home = play->home;
    const struct party *as = variant & 3 ? &home->agents[0] : &home->matcher;
    struct signed_bytes record = {0};
    Hearth__V1__SearchWelcome body = HEARTH__V1__SEARCH_WELCOME__INIT;
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    Hearth__V1__Signed own = signed_message_of(&identity_certificate(as->identity)->raw);
    buf_append(&record.body, home->epoch_signed.body.data, home->epoch_signed.body.len);
    script_sign(&play->script, home->matcher.identity, TAG_EPOCH, &record);
    Hearth__V1__Signed epoch = signed_message_of(&record);
    body.protocol = PROTOCOL_VERSION + (variant >> 7);
    body.catalogue = CATALOGUE_VERSION + (variant >> 5 & 3);
    body.certificate = variant & 4 ? NULL : &own;
    body.epoch = variant & 8 ? NULL : &epoch;
    body.deadline_ms = variant & 16 ? UINT32_MAX : 1000;
    message.kind_case = HEARTH__V1__TO_LA__KIND_WELCOME;
    message.welcome = &body;
    say(play, &message, out);
    signed_bytes_free(&record);
}

static void say_accepted(const struct play *play, uint8_t variant, struct buf *out)
{
    Hearth__V1__SearchAccepted body = HEARTH__V1__SEARCH_ACCEPTED__INIT;
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    body.query_hash = wire_data(play->home->composed.query_hash, HASH_BYTES);
    body.asked = variant;
    message.kind_case = HEARTH__V1__TO_LA__KIND_ACCEPTED;
    message.accepted = &body;
    say(play, &message, out);
}

static void say_reply(const struct play *play, uint8_t variant, struct buf *out)
{
    struct home *home = play->home;
    size_t who = variant % AGENTS;
    const struct identity *agent = home->agents[who].identity;
    struct reply reply = {.epoch = home->epoch.epoch, .count = ITEMS};
    struct signed_bytes body = {0};
    Hearth__V1__SearchReply answer = HEARTH__V1__SEARCH_REPLY__INIT;
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    Hearth__V1__Signed certificate = signed_message_of(&identity_certificate(agent)->raw);
    memcpy(reply.query_hash, home->composed.query_hash, HASH_BYTES);
    memcpy(reply.agent, identity_certificate(agent)->organisation, sizeof reply.agent);
    const uint8_t *c1 = home->c1[variant & 2 ? 0 : who];
    reply_half_hash(reply.c1_hash, 1, c1, ITEMS * POINT_BYTES);
    reply_encode(&reply, &body.body);
    script_sign(&play->script, agent, TAG_REPLY, &body);
    Hearth__V1__Signed part = signed_message_of(&body);
    answer.reply = variant & 4 ? NULL : &part;
    answer.certificate = variant & 8 ? NULL : &certificate;
    answer.c1 = wire_data(c1, ITEMS * POINT_BYTES);
    message.kind_case = HEARTH__V1__TO_LA__KIND_REPLY;
    message.reply = &answer;
    say(play, &message, out);
    signed_bytes_free(&body);
}

/* variant: how many agencies, and from which. */
static void say_close(const struct play *play, uint8_t variant, struct buf *out)
{
    char names[4][ID_MAX + 1] = {"agent-1", "agent-2", "agent-1", "x"};
    char *agents[4];
    Hearth__V1__SearchClose body = HEARTH__V1__SEARCH_CLOSE__INIT;
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    for (size_t i = 0; i < 4; i++) agents[i] = names[(i + (variant >> 3)) % 4];
    body.agents = agents;
    body.n_agents = variant % 5;
    message.kind_case = HEARTH__V1__TO_LA__KIND_CLOSE;
    message.close = &body;
    say(play, &message, out);
}

static void say_result(const struct play *play, uint8_t variant, struct buf *out)
{
    static struct result result; /* large */
    struct signed_bytes body = {0};
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    result = (struct result){.asked = 2, .answered = 2, .agency_count = variant % 3};
    memcpy(result.query_hash, play->home->composed.query_hash, HASH_BYTES);
    for (size_t i = 0; i < result.agency_count; i++) {
        struct ranked_agency *agency = &result.agencies[i];
        agency->band = BAND_GOOD;
        (void)snprintf(agency->id, sizeof agency->id, "agent-%zu", i + 1);
        (void)snprintf(agency->name, sizeof agency->name, "Agency");
    }
    result.choice = variant & 128 ? CHOICE_1 : CHOICE_UNTOLD;
    result_encode(&result, &body.body);
    script_sign(&play->script, play->home->matcher.identity, TAG_RESULT, &body);
    Hearth__V1__Signed part = signed_message_of(&body);
    message.kind_case = HEARTH__V1__TO_LA__KIND_RESULT;
    message.result = &part;
    say(play, &message, out);
    signed_bytes_free(&body);
}

static enum inbox_event next(struct rpc_stream *stream, struct buf *message,
                             enum rpc_status *status, void *ctx)
{
    struct play *play = ctx;
    size_t len = 0;
    uint8_t step = 0;
    (void)stream;
    if (!script_step(&play->script, &step)) return INBOX_CLOSED;
    uint8_t variant = script_u8(&play->script);
    switch (step % 8) {
    case 0: say_welcome(play, variant, message); return INBOX_MESSAGE;
    case 1: say_accepted(play, variant, message); return INBOX_MESSAGE;
    case 2: say_reply(play, variant, message); return INBOX_MESSAGE;
    case 3: say_close(play, variant, message); return INBOX_MESSAGE;
    case 4: say_result(play, variant, message); return INBOX_MESSAGE;
    case 5: {
        const uint8_t *raw = script_bytes(&play->script, &len);
        buf_append(message, raw, len);
        return INBOX_MESSAGE;
    }
    case 6: return INBOX_TIMEOUT;
    default: *status = (enum rpc_status)(variant % 20); return INBOX_CLOSED;
    }
}

/* ---- the LA ---- */

static void search(struct home *home)
{
    static struct result result; /* large */
    const struct rpc_channel_config config = {.target = "played:1", .server_id = "matcher"};
    struct conversation_parts parts = {.la = &home->opened};
    struct epoch_record epoch;
    struct err err = {0};
    REQUIRE(rpc_channel_open(&config, home->la.identity, home->la.trust, &parts.channel, &err));
    struct conversation *conversation = conversation_open(&parts);
    bool ok = conversation_greet(conversation, &epoch, &err) &&
              conversation_ask(conversation, &home->composed, &err) &&
              conversation_share(conversation, NULL, NULL, &err) &&
              conversation_conclude(conversation, &result, &err);
    if (ok) {
        const struct signed_bytes *raw = conversation_result(conversation);
        REQUIRE(certificate_verify(identity_certificate(home->matcher.identity), TAG_RESULT,
                                   raw->body.data, raw->body.len, raw->signature,
                                   sizeof raw->signature, &err));
    } else {
        REQUIRE(err.code != ERR_NONE && err.text[0] != '\0');
    }
    conversation_close(conversation);
    rpc_channel_close(parts.channel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct play play = {.home = home_make(), .script = script_of(data, len)};
    const struct played_server server = {
        .next = next,
        .ctx = &play,
        .serial = identity_certificate(play.home->matcher.identity)->serial};
    played_serve(&server);
    search(play.home);
    return 0;
}
