/* SPDX-License-Identifier: Apache-2.0
 * An agent attached to a matcher: an input is a script of the matcher's messages, in any order,
 * honest but for the script's edits before and after they are signed by matcher and LA. What the
 * agent sends is well-formed, and no query gets more than one word from it.
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/link.h"
#include "agent/replies_internal.h"
#include "agent/vault.h"
#include "keys/signed.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/crypto/wire.h"
#include "tests/fuzz/played/played.h"
#include "tests/fuzz/ready_query.h"
#include "tests/fuzz/script.h"
#include "tests/unit/support/temp_dir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Made once. */
struct home {
    struct parties *parties;
    struct party matcher, agent, la, other_la;
    struct secret key;
    struct vault *vault;
    struct scalar m;
    struct epoch_record epoch;
    struct buf epoch_body;
};

/* Made for each input. */
struct play {
    struct home *home;
    struct script script;
    char *dir; /* of the replies */
    int wake_fd;
    struct checker *checker;
    struct policy *policy;
    struct replies *replies;
    struct keeper *keeper;
    struct sender *sender;
    struct answerer *answerer;
    struct link *link;
};

static void remove_home(void);

static void hold_carers(struct vault *vault)
{
    static struct profile profiles[3];
    struct vault_changes changes;
    struct err err = {0};
    for (unsigned i = 0; i < 3; i++) {
        profiles[i] = (struct profile){.ages = 0xff,
                                       .takes_m = true,
                                       .takes_f = true,
                                       .places = 2,
                                       .approved_places = 2,
                                       .cell = (uint16_t)(1000 + i),
                                       .status = STATUS_AVAILABLE,
                                       .status_date = clock_london_day(clock_wall_ms()),
                                       .available_from = NO_DAY};
        (void)snprintf(profiles[i].ref, sizeof profiles[i].ref, "C-%u", i);
    }
    parties_must(vault_import(vault, profiles, 3, false, false, &changes, &err), &err);
}

static struct home *home_make(void)
{
    static struct home home;
    static const uint8_t tie[HASH_BYTES] = {0};
    struct err err = {0};
    if (home.parties) return &home;
    char *dir = support_temp_dir();
    log_set_level(getenv("HEARTH_TEST_LOG") ? LOG_LEVEL_DEBUG : (enum log_level)0);
    home.parties = parties_new(dir);
    home.matcher = parties_add(home.parties, ROLE_MATCHER, "matcher");
    home.agent = parties_add(home.parties, ROLE_AGENT, "agent-1");
    home.la = parties_add(home.parties, ROLE_LA, "la-1");
    home.other_la = parties_add(home.parties, ROLE_LA, "la-2");
    home.key = secret_new(HASH_KEY_BYTES);
    parties_must(
        vault_create(dir, &home.key, &err) && vault_open(dir, &home.key, &home.vault, &err), &err);
    hold_carers(home.vault);
    int64_t now = clock_wall_ms();
    epoch_make("matcher", now - 1000, now + 86400000, tie, &home.m, &home.epoch, &home.epoch_body);
    played_jobs_wait(true);
    REQUIRE(atexit(remove_home) == 0);
    free(dir);
    return &home;
}

static void remove_home(void)
{
    support_temp_dir_remove(mem_string(home_make()->parties->dir));
}

/* ---- the agent ---- */

static void start(struct play *play)
{
    struct home *home = play->home;
    struct config config = config_default();
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    struct err err = {0};
    play->dir = support_temp_dir();
    play->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    play->checker = checker_new(home->agent.trust, catalogue);
    parties_must(policy_open(&config, home->vault, &play->policy, &err) &&
                     replies_open(play->dir, &home->key, &play->replies, &err),
                 &err);
    play->sender = sender_start();
    play->keeper = keeper_start(play->replies);
    const struct answerer_parts parts = {.identity = home->agent.identity,
                                         .vault = home->vault,
                                         .checker = play->checker,
                                         .policy = play->policy,
                                         .keeper = play->keeper,
                                         .sender = play->sender,
                                         .fresh_days = STATUS_FRESH_DAYS,
                                         .threads = 1};
    play->answerer = answerer_start(&parts);
    const struct link_parts link = {.target = "played:1",
                                    .matcher_id = "matcher",
                                    .identity = home->agent.identity,
                                    .trust = home->agent.trust,
                                    .catalogue = catalogue,
                                    .checker = play->checker,
                                    .answerer = play->answerer,
                                    .keeper = play->keeper,
                                    .wake_fd = play->wake_fd};
    play->link = link_new(&link);
    config_free(&config);
}

static void settle(const struct play *play)
{
    do {
        while (played_run_jobs(SIZE_MAX) > 0) {
        }
        keeper_flush(play->keeper);
    } while (played_run_jobs(SIZE_MAX) > 0);
}

static void stop(struct play *play)
{
    settle(play);
    link_free(play->link);
    answerer_stop(play->answerer);
    keeper_stop(play->keeper);
    replies_close(play->replies);
    sender_stop(play->sender);
    checker_free(play->checker);
    policy_close(play->policy);
    (void)close(play->wake_fd);
    support_temp_dir_remove(play->dir);
}

static void take(void)
{
    struct rpc_stream *stream = played_last_call();
    struct buf bytes = {0};
    while (stream && played_take(stream, &bytes)) {
        Hearth__V1__FromAgent *message =
            hearth__v1__from_agent__unpack(NULL, bytes.len, bytes.data);
        REQUIRE(message && message->kind_case != HEARTH__V1__FROM_AGENT__KIND__NOT_SET);
        hearth__v1__from_agent__free_unpacked(message, NULL);
        buf_free(&bytes);
    }
}

/* ---- the matcher ---- */

static void send(struct play *play, const Hearth__V1__ToAgent *message)
{
    struct rpc_stream *stream = played_last_call();
    struct buf bytes = {0};
    if (!stream) return;
    wire_pack(&message->base, &bytes);
    script_apply(&play->script, true, &bytes);
    played_receive(stream, bytes.data, bytes.len);
    buf_free(&bytes);
}

static void send_welcome(struct play *play, uint8_t variant)
{
    const struct home *home = play->home;
    const struct party *parties[] = {&home->matcher, &home->la, &home->agent, &home->other_la};
    const struct identity *as = parties[variant & 3]->identity;
    Hearth__V1__Signed own = signed_message_of(&identity_certificate(as)->raw);
    Hearth__V1__AttachWelcome welcome = HEARTH__V1__ATTACH_WELCOME__INIT;
    Hearth__V1__ToAgent message = HEARTH__V1__TO_AGENT__INIT;
    welcome.protocol = PROTOCOL_VERSION + (variant >> 7);
    welcome.catalogue = CATALOGUE_VERSION + (variant >> 5 & 3);
    welcome.certificate = variant & 4 ? NULL : &own;
    message.kind_case = HEARTH__V1__TO_AGENT__KIND_WELCOME;
    message.welcome = &welcome;
    send(play, &message);
}

/* Which of the three bodies the edits change. */
enum { EDIT_QUERY, EDIT_EPOCH, EDIT_GROUP, BODIES };

static void send_query(struct play *play, uint8_t variant)
{
    const struct home *home = play->home;
    const struct ready_query *query = ready_query_of(&home->epoch, variant & 1);
    const struct party *la = variant & 2 ? &home->other_la : &home->la;
    struct signed_bytes bodies[BODIES] = {0};
    Hearth__V1__Signed parts[BODIES];
    Hearth__V1__Signed certificate = signed_message_of(&identity_certificate(la->identity)->raw);
    Hearth__V1__AgentQuery body = HEARTH__V1__AGENT_QUERY__INIT;
    Hearth__V1__ToAgent message = HEARTH__V1__TO_AGENT__INIT;
    buf_append(&bodies[EDIT_QUERY].body, query->body.data, query->body.len);
    buf_append(&bodies[EDIT_EPOCH].body, home->epoch_body.data, home->epoch_body.len);
    buf_append(&bodies[EDIT_GROUP].body, query->group.data, query->group.len);
    script_apply(&play->script, false, &bodies[(variant >> 2) % BODIES].body);
    identity_sign_body(la->identity, TAG_QUERY, &bodies[EDIT_QUERY]);
    identity_sign_body(home->matcher.identity, TAG_EPOCH, &bodies[EDIT_EPOCH]);
    identity_sign_body(home->la.identity, TAG_GROUP, &bodies[EDIT_GROUP]);
    for (size_t i = 0; i < BODIES; i++) parts[i] = signed_message_of(&bodies[i]);
    body.query = variant & 128 ? NULL : &parts[EDIT_QUERY];
    body.certificate = variant & 64 ? NULL : &certificate;
    body.epoch = variant & 32 ? NULL : &parts[EDIT_EPOCH];
    body.group = (variant & 1) != (variant >> 4 & 1) ? &parts[EDIT_GROUP] : NULL;
    message.kind_case = HEARTH__V1__TO_AGENT__KIND_QUERY;
    message.query = &body;
    send(play, &message);
    for (size_t i = 0; i < BODIES; i++) signed_bytes_free(&bodies[i]);
}

static void send_receipt(struct play *play, uint8_t variant)
{
    const struct home *home = play->home;
    const struct ready_query *query = ready_query_of(&home->epoch, variant & 1);
    struct receipt receipt = {.agent = "agent-1", .log_length = variant >> 1};
    struct signed_bytes out = {0};
    Hearth__V1__ToAgent message = HEARTH__V1__TO_AGENT__INIT;
    memcpy(receipt.query_hash, query->hash, HASH_BYTES);
    receipt_encode(&receipt, &out.body);
    script_sign(&play->script, home->matcher.identity, TAG_RECEIPT, &out);
    Hearth__V1__Signed part = signed_message_of(&out);
    message.kind_case = HEARTH__V1__TO_AGENT__KIND_RECEIPT;
    message.receipt = &part;
    send(play, &message);
    signed_bytes_free(&out);
}

static void send_raw(struct play *play)
{
    size_t len = 0;
    const uint8_t *data = script_bytes(&play->script, &len);
    if (played_last_call()) played_receive(played_last_call(), data, len);
}

/* ---- the script ---- */

static void act(struct play *play, uint8_t step)
{
    struct rpc_stream *stream = played_last_call();
    switch (step % 9) {
    case 0: (void)link_step(play->link); return;
    case 1: settle(play); return;
    case 2: send_raw(play); return;
    case 3:
        if (stream) played_close(stream, RPC_UNAVAILABLE, "gone");
        return;
    case 4: link_recheck(play->link); return;
    case 5: send_welcome(play, script_u8(&play->script)); return;
    case 6: send_query(play, script_u8(&play->script)); return;
    case 7: send_receipt(play, script_u8(&play->script)); return;
    default: take(); return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct played_server server = {
        .serial = identity_certificate(home_make()->matcher.identity)->serial};
    struct play play = {.home = home_make(), .script = script_of(data, len)};
    uint8_t step = 0;
    played_serve(&server);
    start(&play);
    (void)link_step(play.link); /* dials */
    while (script_step(&play.script, &step)) act(&play, step);
    stop(&play);
    return 0;
}
