/* SPDX-License-Identifier: Apache-2.0
 * Streams to the mailboxes over real connections: who may do what in which order, what is delivered
 * when, and what becomes of those who do not play by the rules.
 */
#include "matcher/mail_session.h"
#include "matcher/mailbox_internal.h"
#include "proto/base/file.h"
#include "tests/unit/matcher/callers.h"

static const struct certificate *own(const struct party *party)
{
    return identity_certificate(party->identity);
}

static struct party *agency(struct scene *scene, size_t index)
{
    return &scene->agents[index].party;
}

/* Empties every mailbox: a test begins with nothing that waits. */
static void begin(struct scene *scene)
{
    for (int i = 0; i < PLAYED_AGENTS; i++) agent_detach(&scene->agents[i]);
    matcher_stop(scene->matcher);
    support_temp_dir_remove(file_join(scene->matcher_party.home, HOME_MAIL));
    scene_start(scene);
}

/* So that they can be written to. */
static void introduce(struct scene *scene, const struct party *party)
{
    struct caller caller;
    caller_begin(&caller, scene, party);
    caller_close(&caller);
}

/* ---- hellos and order ---- */

static void refused_hellos(void **state)
{
    struct scene *scene = *state;
    struct caller caller;
    begin(scene);
    caller_open(&caller, scene, &scene->la);
    caller_hello(&caller, own(&scene->other_la), PROTOCOL_VERSION);
    caller_expect_end(&caller, RPC_UNAUTHENTICATED, "la-2");
    caller_open(&caller, scene, &scene->la);
    caller_hello(&caller, own(agency(scene, 0)), PROTOCOL_VERSION);
    caller_expect_end(&caller, RPC_PERMISSION_DENIED, "certificate");
    caller_open(&caller, scene, &scene->la);
    caller_hello(&caller, own(&scene->la), PROTOCOL_VERSION + 1);
    caller_expect_end(&caller, RPC_FAILED_PRECONDITION, "2");
    caller_open(&caller, scene, &scene->matcher_party);
    caller_expect_end(&caller, RPC_PERMISSION_DENIED, "LAs and agencies");

    struct party stranger = parties_add(scene->parties, ROLE_AGENT, "agent-9");
    caller_open(&caller, scene, &stranger);
    caller_hello(&caller, own(&stranger), PROTOCOL_VERSION);
    caller_expect_end(&caller, RPC_PERMISSION_DENIED, "directory");
    party_close(&stranger);
}

static void send_empty(struct caller *caller)
{
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    send_message(caller->stream, &message.base);
    (void)rpc_stream_send_bytes(caller->stream, "", 0);
}

static void send_put_of_nothing(struct caller *caller)
{
    Hearth__V1__MailPut put = HEARTH__V1__MAIL_PUT__INIT;
    Hearth__V1__FromParty message = HEARTH__V1__FROM_PARTY__INIT;
    message.kind_case = HEARTH__V1__FROM_PARTY__KIND_PUT;
    message.put = &put;
    send_message(caller->stream, &message.base);
}

static void send_put_of_nonsense(struct caller *caller)
{
    struct signed_bytes nonsense = {0};
    buf_text(&nonsense.body, "no message at all");
    caller_put(caller, &nonsense);
    signed_bytes_free(&nonsense);
}

static void illegal_order_ends_the_stream(void **state)
{
    struct scene *scene = *state;
    struct caller caller;
    struct mail mail;
    begin(scene);
    struct signed_bytes bytes = write_mail(&scene->la, agency(scene, 0), NULL, 10, &mail);
    for (int i = 0; i < 5; i++) { /* before the hello */
        caller_open(&caller, scene, &scene->la);
        if (i == 0) caller_put(&caller, &bytes);
        if (i == 1) caller_fetch(&caller);
        if (i == 2) caller_ack(&caller, 1, false);
        if (i == 3) caller_lookup(&caller, ROLE_AGENT, "agent-1");
        if (i == 4) send_empty(&caller);
        caller_expect_end(&caller, RPC_FAILED_PRECONDITION, "before the hello");
    }
    for (int i = 0; i < 3; i++) { /* after it */
        caller_begin(&caller, scene, &scene->la);
        if (i == 0) caller_hello(&caller, own(&scene->la), PROTOCOL_VERSION);
        if (i == 1) caller_ack(&caller, 1, false);
        if (i == 2) send_empty(&caller);
        caller_expect_end(&caller, RPC_FAILED_PRECONDITION, "before the fetch");
    }
    caller_begin(&caller, scene, &scene->la);
    caller_fetch(&caller);
    caller_fetch(&caller);
    caller_expect_end(&caller, RPC_FAILED_PRECONDITION, "after the fetch");
    signed_bytes_free(&bytes);
}

static void nonsense_ends_the_stream(void **state)
{
    struct scene *scene = *state;
    struct caller caller;
    begin(scene);
    for (int i = 0; i < 7; i++) {
        caller_begin(&caller, scene, &scene->la);
        if (i == 0) (void)rpc_stream_send_bytes(caller.stream, "\xff\xff\xff", 3);
        if (i == 1) send_put_of_nothing(&caller);
        if (i == 2) send_put_of_nonsense(&caller);
        if (i == 3) caller_lookup(&caller, ROLE_LA, "la-2"); /* who may not be written to */
        if (i == 4) caller_lookup(&caller, ROLE_AGENT, "");
        if (i == 5) caller_lookup(&caller, ROLE_AGENT, "Agent 1; no id, and a good deal too long");
        if (i == 6) {
            caller_fetch(&caller);
            expect_empty(&caller);
            caller_ack(&caller, 1, false); /* what was never sent */
        }
        caller_expect_end(&caller, RPC_INVALID_ARGUMENT, "");
    }
}

/* ---- what is put ---- */

static void refuse_forged(struct scene *scene)
{
    struct caller caller;
    struct mail mail;
    caller_begin(&caller, scene, &scene->la);
    struct signed_bytes bytes = write_mail(&scene->other_la, agency(scene, 0), NULL, 10, &mail);
    caller_put(&caller, &bytes);
    expect_refused(&caller, &mail, "denied", "la-2");
    signed_bytes_free(&bytes);

    bytes = write_mail(&scene->la, agency(scene, 0), NULL, 10, &mail);
    bytes.signature[5] ^= 1;
    caller_put(&caller, &bytes);
    expect_refused(&caller, &mail, "unauthenticated", "");
    bytes.signature[5] ^= 1;
    bytes.body.data[bytes.body.len - 1] ^= 1; /* the sealed part */
    caller_put(&caller, &bytes);
    expect_refused(&caller, &mail, "unauthenticated", "");
    bytes.body.data[bytes.body.len - 1] ^= 1;
    caller_put(&caller, &bytes); /* the stream goes on */
    expect_accepted(&caller, &mail);
    signed_bytes_free(&bytes);
    caller_close(&caller);
}

static void forged_messages_are_refused(void **state)
{
    struct scene *scene = *state;
    begin(scene);
    introduce(scene, agency(scene, 0));
    refuse_forged(scene);
}

/* Signed as it should be, but of an address that nobody may use. */
static void put_addressed(struct caller *caller, struct mail *mail)
{
    const struct certificate *sender = own(caller->party);
    struct signed_bytes bytes = {0};
    uint8_t sealed[4096 + ENVELOPE_OVERHEAD] = {0};
    mail->from_role = sender->role;
    copy_id(mail->from, sender->organisation);
    mail->sent_at = clock_wall_ms();
    mail_encode(mail, sealed, sizeof sealed, &bytes.body);
    identity_sign_body(caller->party->identity, TAG_MAIL, &bytes);
    caller_put(caller, &bytes);
    signed_bytes_free(&bytes);
}

static void nobody_writes_to_its_own_kind(void **state)
{
    struct scene *scene = *state;
    struct caller caller;
    begin(scene);
    introduce(scene, &scene->other_la);
    struct mail mail = {.mail_id = {1}, .thread_id = {1}, .to_role = ROLE_LA, .to = "la-2"};
    caller_begin(&caller, scene, &scene->la);
    put_addressed(&caller, &mail);
    caller_expect_end(&caller, RPC_INVALID_ARGUMENT, "to_role");
    caller_begin(&caller, scene, &scene->la);
    mail.to_role = ROLE_MATCHER;
    put_addressed(&caller, &mail);
    caller_expect_end(&caller, RPC_INVALID_ARGUMENT, "to_role");
    mail = (struct mail){.mail_id = {1}, .thread_id = {1}, .to_role = ROLE_LA, .to = "la-1"};
    caller_begin(&caller, scene, agency(scene, 0)); /* an agency begins a thread */
    put_addressed(&caller, &mail);
    caller_expect_end(&caller, RPC_INVALID_ARGUMENT, "thread_id");
    mail.thread_id[0] = 2;
    mail.closes = true;
    caller_begin(&caller, scene, agency(scene, 0)); /* or closes one */
    put_addressed(&caller, &mail);
    caller_expect_end(&caller, RPC_INVALID_ARGUMENT, "closes");
}

static void receivers_have_to_be_there(void **state)
{
    struct scene *scene = *state;
    struct caller la, agent;
    struct mail mail = {.mail_id = {1}, .thread_id = {1}, .to_role = ROLE_AGENT};
    begin(scene);
    caller_begin(&la, scene, &scene->la);
    copy_id(mail.to, "agent-1"); /* listed, but never seen */
    put_addressed(&la, &mail);
    expect_refused(&la, &mail, "not_found", "never been seen");
    copy_id(mail.to, "agent-9");
    put_addressed(&la, &mail);
    expect_refused(&la, &mail, "not_found", "directory");
    caller_begin(&agent, scene, agency(scene, 0));
    copy_id(mail.to, "agent-1");
    put_addressed(&la, &mail); /* what was refused may come again */
    expect_accepted(&la, &mail);
    /* In a thread that it does not belong to, an agency cannot write. */
    struct mail answer = {.mail_id = {2}, .thread_id = {9}, .to_role = ROLE_LA, .to = "la-1"};
    put_addressed(&agent, &answer);
    expect_refused(&agent, &answer, "not_found", "thread");
    caller_close(&agent);
    caller_close(&la);
}

static void replays_change_nothing(void **state)
{
    struct scene *scene = *state;
    struct caller la, thief, agent;
    struct mail mail;
    begin(scene);
    introduce(scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    struct signed_bytes bytes = write_mail(&scene->la, agency(scene, 0), NULL, 10, &mail);
    for (int i = 0; i < 3; i++) {
        caller_put(&la, &bytes);
        expect_accepted(&la, &mail);
    }
    caller_begin(&thief, scene, &scene->other_la); /* who has seen it somewhere */
    caller_put(&thief, &bytes);
    expect_refused(&thief, &mail, "denied", "la-1");
    caller_begin(&agent, scene, agency(scene, 0));
    caller_fetch(&agent);
    caller_ack(&agent, expect_delivery(&agent, &mail), false);
    expect_empty(&agent);
    caller_put(&la, &bytes);
    expect_accepted(&la, &mail);
    expect_nothing(&agent);
    assert_int_equal(mail_room_waiting(scene->matcher->mail), 0);
    signed_bytes_free(&bytes);
    caller_close(&agent);
    caller_close(&thief);
    caller_close(&la);
}

/* ---- delivery ---- */

static void a_conversation(void **state)
{
    struct scene *scene = *state;
    struct caller la, agent;
    begin(scene);
    introduce(scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    caller_fetch(&la);
    expect_empty(&la);
    struct mail referral = must_put(&la, agency(scene, 0), NULL);
    assert_int_equal(mail_room_waiting(scene->matcher->mail), 1);

    caller_begin(&agent, scene, agency(scene, 0));
    caller_fetch(&agent);
    uint64_t item = expect_delivery(&agent, &referral);
    expect_nothing(&agent);
    caller_ack(&agent, item, false);
    expect_empty(&agent);
    item = expect_notice(&la, &referral, HEARTH__V1__MAIL_STATE__MAIL_STATE_TAKEN);
    caller_ack(&la, item, false);
    struct mail answer = must_put(&agent, &scene->la, &referral);
    caller_ack(&la, expect_delivery(&la, &answer), false);
    item = expect_notice(&agent, &answer, HEARTH__V1__MAIL_STATE__MAIL_STATE_TAKEN);
    caller_ack(&agent, item, false);
    struct mail more = must_put(&la, agency(scene, 0), &referral);
    caller_ack(&agent, expect_delivery(&agent, &more), true);
    item = expect_notice(&la, &more, HEARTH__V1__MAIL_STATE__MAIL_STATE_UNREADABLE);
    caller_ack(&la, item, false);
    expect_nothing(&la);
    expect_nothing(&agent);
    caller_ack(&la, item, false); /* a second time */
    caller_expect_end(&la, RPC_INVALID_ARGUMENT, "item");
    caller_close(&agent);
}

static void the_window_is_kept(void **state)
{
    enum { MAILS = 20 };
    struct scene *scene = *state;
    struct caller la, agent;
    struct mail mails[MAILS];
    uint64_t items[MAILS];
    begin(scene);
    introduce(scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    for (int i = 0; i < MAILS - 1; i++) mails[i] = must_put(&la, agency(scene, 0), NULL);
    caller_begin(&agent, scene, agency(scene, 0));
    caller_fetch(&agent);
    for (int i = 0; i < MAIL_WINDOW; i++) items[i] = expect_delivery(&agent, &mails[i]);
    expect_nothing(&agent);
    mails[MAILS - 1] = must_put(&la, agency(scene, 0), NULL); /* after the fetch */
    for (int i = 0; i < MAILS; i++) {
        int acked = i < MAILS - 4 ? (i * 3 + 1) % 4 + i / 4 * 4 : i; /* not in their order */
        caller_ack(&agent, items[acked], false);
        if (i == MAILS - 1) break;
        if (i + MAIL_WINDOW < MAILS) {
            items[i + MAIL_WINDOW] = expect_delivery(&agent, &mails[i + MAIL_WINDOW]);
            assert_true(items[i + MAIL_WINDOW] > items[i + MAIL_WINDOW - 1]);
        }
        if (i == MAILS - 2) expect_empty(&agent);
        expect_nothing(&agent);
    }
    caller_close(&agent);
    caller_close(&la);
}

static void large_messages_go_one_by_one(void **state)
{
    struct scene *scene = *state;
    struct caller la, agent;
    struct mail mails[3];
    begin(scene);
    introduce(scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    for (int i = 0; i < 3; i++) {
        struct signed_bytes bytes =
            write_mail(&scene->la, agency(scene, 0), NULL, envelope_content_max(), &mails[i]);
        caller_put(&la, &bytes);
        expect_accepted(&la, &mails[i]);
        signed_bytes_free(&bytes);
    }
    caller_begin(&agent, scene, agency(scene, 0));
    caller_fetch(&agent);
    for (int i = 0; i < 3; i++) {
        uint64_t item = expect_delivery(&agent, &mails[i]);
        expect_nothing(&agent);
        caller_ack(&agent, item, false);
    }
    expect_empty(&agent);
    caller_close(&agent);
    caller_close(&la);
}

static void several_streams_of_one_party(void **state)
{
    struct scene *scene = *state;
    struct caller la, one, two;
    begin(scene);
    introduce(scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    struct mail first = must_put(&la, agency(scene, 0), NULL);
    caller_begin(&one, scene, agency(scene, 0));
    caller_begin(&two, scene, agency(scene, 0));
    caller_fetch(&one);
    caller_fetch(&two);
    uint64_t item = expect_delivery(&one, &first);
    assert_int_equal(expect_delivery(&two, &first), item);
    caller_ack(&one, item, false);
    expect_empty(&one);
    expect_nothing(&two);
    caller_ack(&two, item, false); /* it had it too */
    expect_empty(&two);
    caller_fetch(&la);
    item = expect_notice(&la, &first, HEARTH__V1__MAIL_STATE__MAIL_STATE_TAKEN); /* once */
    caller_ack(&la, item, false);
    expect_empty(&la);
    struct mail second = must_put(&la, agency(scene, 0), NULL);
    (void)expect_delivery(&one, &second);
    (void)expect_delivery(&two, &second);
    /* Not acknowledged: it comes again, on any stream. */
    caller_close(&one);
    caller_begin(&one, scene, agency(scene, 0));
    caller_fetch(&one);
    caller_ack(&one, expect_delivery(&one, &second), false);
    expect_empty(&one);
    caller_close(&one);
    caller_close(&two);
    caller_close(&la);
}

/* A window that another stream has emptied behind its back still ends. */
static void empty_comes_though_another_stream_took_all(void **state)
{
    struct scene *scene = *state;
    struct caller la, one, two;
    struct mail mails[MAIL_WINDOW + 2];
    begin(scene);
    introduce(scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    for (int i = 0; i < MAIL_WINDOW + 2; i++) mails[i] = must_put(&la, agency(scene, 0), NULL);
    caller_begin(&one, scene, agency(scene, 0));
    caller_begin(&two, scene, agency(scene, 0));
    caller_fetch(&one);
    caller_fetch(&two);
    uint64_t items[MAIL_WINDOW];
    for (int i = 0; i < MAIL_WINDOW; i++) items[i] = expect_delivery(&one, &mails[i]);
    for (int i = 0; i < MAIL_WINDOW + 2; i++) {
        caller_ack(&two, expect_delivery(&two, &mails[i]), false);
    }
    expect_empty(&two);
    for (int i = 0; i < MAIL_WINDOW; i++) caller_ack(&one, items[i], false);
    expect_empty(&one);
    expect_nothing(&one);
    caller_close(&one);
    caller_close(&two);
    caller_close(&la);
}

static void what_was_accepted_outlives_the_matcher(void **state)
{
    struct scene *scene = *state;
    struct caller la, agent;
    begin(scene);
    introduce(scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    struct mail referral = must_put(&la, agency(scene, 0), NULL);
    matcher_stop(scene->matcher);
    caller_expect_end(&la, RPC_UNAVAILABLE, "stopping");
    scene_start(scene);
    assert_int_equal(mail_room_waiting(scene->matcher->mail), 1);
    caller_begin(&agent, scene, agency(scene, 0));
    caller_fetch(&agent);
    caller_ack(&agent, expect_delivery(&agent, &referral), false);
    expect_empty(&agent);
    caller_close(&agent);
}

static void a_party_that_ends_its_stream(void **state)
{
    struct scene *scene = *state;
    struct caller la;
    struct mail mail;
    begin(scene);
    introduce(scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    struct signed_bytes bytes = write_mail(&scene->la, agency(scene, 0), NULL, 10, &mail);
    caller_put(&la, &bytes);
    rpc_stream_finish(la.stream, RPC_OK, "");
    expect_accepted(&la, &mail); /* what came before the end is done */
    assert_null(caller_receive(&la));
    assert_int_equal(la.status, RPC_OK);
    signed_bytes_free(&bytes);
    caller_close(&la);
}

/* ---- lookup ---- */

static bool is_found(struct caller *caller, enum role role, const char *id, uint64_t *serial)
{
    caller_lookup(caller, role, id);
    Hearth__V1__ToParty *answer = caller_expect(caller, HEARTH__V1__TO_PARTY__KIND_PARTY);
    const Hearth__V1__Signed *raw = answer->party->certificate;
    assert_int_equal((int)answer->party->role, (int)role);
    assert_string_equal(answer->party->organisation, id);
    bool found = raw != NULL;
    if (found) {
        struct certificate certificate = {0};
        struct err err = {0};
        parties_must(certificate_decode(raw->body.data, raw->body.len, raw->signature.data,
                                        raw->signature.len, &certificate, &err),
                     &err);
        assert_string_equal(certificate.organisation, id);
        *serial = certificate.serial;
        certificate_free(&certificate);
    }
    hearth__v1__to_party__free_unpacked(answer, NULL);
    return found;
}

/* A search, or being there for searches, is enough to be found. */
static void parties_are_found(void **state)
{
    struct scene *scene = *state;
    struct caller la, agent;
    struct played_la searching;
    uint64_t serial = 0;
    begin(scene);
    caller_begin(&la, scene, &scene->la);
    assert_false(is_found(&la, ROLE_AGENT, "agent-1", &serial));
    scene_attach_all(scene);
    assert_true(is_found(&la, ROLE_AGENT, "agent-1", &serial));
    assert_int_equal(serial, own(agency(scene, 0))->serial);
    caller_begin(&agent, scene, agency(scene, 1));
    assert_false(is_found(&agent, ROLE_LA, "la-2", &serial));
    la_open(&searching, scene, &scene->other_la);
    la_hello(&searching);
    hearth__v1__to_la__free_unpacked(la_receive(&searching), NULL); /* its welcome */
    assert_true(is_found(&agent, ROLE_LA, "la-2", &serial));
    assert_true(is_found(&agent, ROLE_LA, "la-1", &serial));
    la_close(&searching);
    scene_sign_directory(scene, "agent-2 agent-3");
    matcher_tick(scene->matcher);
    assert_false(is_found(&la, ROLE_AGENT, "agent-1", &serial)); /* not listed any more */
    scene_sign_directory(scene, "agent-1 agent-2 agent-3");
    matcher_tick(scene->matcher);
    caller_close(&agent);
    caller_close(&la);
}

/* ---- limits ---- */

static void a_full_mailbox_refuses(void **state)
{
    struct scene *scene = *state;
    struct caller la, agent;
    struct mail mail;
    scene->config.mailbox_items = 3;
    begin(scene);
    introduce(scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    struct mail first = must_put(&la, agency(scene, 0), NULL);
    struct mail second = must_put(&la, agency(scene, 0), NULL);
    struct mail third = must_put(&la, agency(scene, 0), NULL);
    struct signed_bytes bytes = write_mail(&scene->la, agency(scene, 0), NULL, 10, &mail);
    caller_put(&la, &bytes);
    expect_refused(&la, &mail, "budget", "mailbox_items");
    caller_begin(&agent, scene, agency(scene, 0));
    caller_fetch(&agent);
    uint64_t item = expect_delivery(&agent, &first);
    (void)expect_delivery(&agent, &second);
    (void)expect_delivery(&agent, &third);
    caller_ack(&agent, item, false);
    expect_nothing(&agent); /* answered after the acknowledgement */
    caller_close(&agent);
    caller_put(&la, &bytes);
    expect_accepted(&la, &mail);
    signed_bytes_free(&bytes);
    caller_close(&la);
    scene->config.mailbox_items = 1000;
}

static void streams_are_counted(void **state)
{
    struct scene *scene = *state;
    struct caller callers[MAIL_SESSIONS_PER_PARTY + 1], other;
    begin(scene);
    for (int i = 0; i < MAIL_SESSIONS_PER_PARTY; i++) {
        caller_begin(&callers[i], scene, &scene->la);
    }
    caller_open(&callers[MAIL_SESSIONS_PER_PARTY], scene, &scene->la);
    caller_expect_end(&callers[MAIL_SESSIONS_PER_PARTY], RPC_RESOURCE_EXHAUSTED, "16");
    caller_begin(&other, scene, &scene->other_la);
    caller_close(&other);
    for (int i = 0; i < MAIL_SESSIONS_PER_PARTY; i++) caller_close(&callers[i]);
}

struct gate {
    struct scene *scene;
    bool open, reached;
};

static void wait_at_gate(void *ctx)
{
    struct gate *gate = ctx;
    (void)pthread_mutex_lock(&gate->scene->mutex);
    gate->reached = true;
    (void)pthread_cond_broadcast(&gate->scene->changed);
    while (!gate->open) (void)pthread_cond_wait(&gate->scene->changed, &gate->scene->mutex);
    (void)pthread_mutex_unlock(&gate->scene->mutex);
}

/* While the mail's thread is held up, as by a slow disk, a stream may queue so much and no more. */
static void a_flood_ends_its_stream(void **state)
{
    struct scene *scene = *state;
    struct caller flood, other;
    begin(scene);
    caller_begin(&flood, scene, &scene->la);
    caller_begin(&other, scene, &scene->other_la);
    struct gate gate = {.scene = scene};
    mail_room_run(scene->matcher->mail, wait_at_gate, &gate);
    for (int i = 0; i <= MAIL_QUEUE; i++) caller_lookup(&flood, ROLE_AGENT, "agent-1");
    scene_wait(scene, caller_is_closed, &flood);
    (void)pthread_mutex_lock(&scene->mutex);
    gate.open = true;
    (void)pthread_cond_broadcast(&scene->changed);
    (void)pthread_mutex_unlock(&scene->mutex);
    caller_expect_end(&flood, RPC_RESOURCE_EXHAUSTED, "unanswered");
    expect_nothing(&other);
    caller_close(&other);
}

/* Each is refused, the log does not grow with it, and at last the stream ends. */
static void refusals_are_bounded(void **state)
{
    struct scene *scene = *state;
    struct caller la;
    struct mail mail;
    begin(scene);
    uint64_t before = audit_flush(scene->matcher->audit).length;
    for (int streams = 0; streams < 2; streams++) {
        caller_begin(&la, scene, &scene->la);
        struct signed_bytes bytes = write_mail(&scene->la, agency(scene, 0), NULL, 10, &mail);
        bytes.signature[0] ^= 1;
        for (int i = 0; i < MAIL_REFUSALS; i++) {
            caller_put(&la, &bytes);
            if (i < MAIL_REFUSALS - 1) expect_refused(&la, &mail, "unauthenticated", "");
        }
        caller_expect_end(&la, RPC_RESOURCE_EXHAUSTED, "refused");
        signed_bytes_free(&bytes);
    }
    uint64_t grown = audit_flush(scene->matcher->audit).length - before;
    assert_in_range(grown, 1, NOISE_MAX);
}

/* ---- those who may not stay ---- */

static void silent_callers_are_cut_off(void **state)
{
    struct scene *scene = *state;
    struct caller caller;
    begin(scene);
    caller_open(&caller, scene, &scene->la);
    caller_expect_end(&caller, RPC_DEADLINE_EXCEEDED, "hello");
}

static void agencies_that_leave_the_directory(void **state)
{
    struct scene *scene = *state;
    struct caller agent, la;
    begin(scene);
    caller_begin(&agent, scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    scene_sign_directory(scene, "agent-2 agent-3");
    matcher_tick(scene->matcher);
    caller_expect_end(&agent, RPC_PERMISSION_DENIED, "directory");
    struct mail mail;
    struct signed_bytes bytes = write_mail(&scene->la, agency(scene, 0), NULL, 10, &mail);
    caller_put(&la, &bytes);
    expect_refused(&la, &mail, "not_found", "directory");
    signed_bytes_free(&bytes);
    caller_close(&la);
    scene_sign_directory(scene, "agent-1 agent-2 agent-3");
    matcher_tick(scene->matcher);
}

/* The store fails in the midst of it: no refusal, nothing lost, and the matcher goes on. */
static void a_failing_store_ends_the_stream(void **state)
{
    struct scene *scene = *state;
    struct caller la, agent;
    begin(scene);
    introduce(scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    (void)must_put(&la, agency(scene, 0), NULL);
    const struct mail_party party = {.role = ROLE_AGENT, .id = "agent-1"};
    uint8_t key[ITEM_KEY];
    struct store_txn *txn = NULL;
    struct err err = {0};
    item_key(&party, 1, key);
    struct store *store = mail_room_mailbox(scene->matcher->mail)->store;
    parties_must(store_begin(store, true, &txn, &err) &&
                     store_put(txn, MAILBOX_ITEMS, key, sizeof key, "x", 1, &err) &&
                     store_commit(txn, &err),
                 &err);
    caller_begin(&agent, scene, agency(scene, 0));
    caller_fetch(&agent);
    caller_expect_end(&agent, RPC_UNAVAILABLE, "store");
    mail_party_key(&party, key);
    expect_nothing(&la);
    caller_close(&la);
}

/* ---- the log, and answering ---- */

struct logged {
    size_t accepted, taken;
    bool begins;
};

static bool count_entry(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                        void *ctx, struct err *err)
{
    struct logged *logged = ctx;
    struct audit_entry entry;
    (void)key;
    (void)key_len;
    if (!audit_entry_decode(value, len, &entry, err)) return false;
    if (entry.kind == AUDIT_MAIL) {
        logged->accepted++;
        for (size_t i = 0; i < entry.field_count; i++) {
            if (strcmp(entry.fields[i].name, "begins") == 0) logged->begins = true;
        }
    }
    if (entry.kind == AUDIT_MAIL_TAKEN) logged->taken++;
    return true;
}

static struct logged read_log(struct scene *scene)
{
    struct logged logged = {0};
    struct store_txn *txn = NULL;
    struct err err = {0};
    (void)audit_flush(scene->matcher->audit);
    parties_must(store_begin(scene->matcher->store, false, &txn, &err) &&
                     store_each(txn, AUDIT_TABLE_LOG, NULL, 0, count_entry, &logged, &err),
                 &err);
    store_abort(txn);
    return logged;
}

static void messages_are_logged(void **state)
{
    struct scene *scene = *state;
    struct caller la, agent;
    begin(scene);
    struct logged before = read_log(scene);
    introduce(scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    struct mail referral = must_put(&la, agency(scene, 0), NULL);
    caller_begin(&agent, scene, agency(scene, 0));
    caller_fetch(&agent);
    struct logged between = read_log(scene);
    assert_int_equal(between.accepted, before.accepted + 1);
    assert_int_equal(between.taken, before.taken);
    assert_true(between.begins);
    caller_ack(&agent, expect_delivery(&agent, &referral), false);
    expect_empty(&agent);
    assert_int_equal(read_log(scene).taken, before.taken + 1);
    caller_close(&agent);
    caller_close(&la);
}

/* Three referrals that nobody answered in time, as if put long ago. */
static void put_long_ago(struct scene *scene)
{
    const int64_t then_ms = clock_wall_ms() - 100 * 3600000LL;
    struct err err = {0};
    for (uint8_t i = 0; i < 3; i++) {
        struct mail mail;
        struct signed_bytes bytes = write_mail(&scene->la, agency(scene, 0), NULL, 10, &mail);
        struct mailbox_answer answer;
        mail.sent_at = then_ms;
        const struct mailbox_put put = {.mail = &mail,
                                        .body = bytes.body.data,
                                        .len = bytes.body.len,
                                        .signature = bytes.signature,
                                        .sender = own(&scene->la),
                                        .now_ms = then_ms};
        parties_must(mailbox_put(mail_room_mailbox(scene->matcher->mail), &put, &answer, &err),
                     &err);
        assert_false(answer.refused);
        signed_bytes_free(&bytes);
    }
}

static unsigned class_in_force(struct scene *scene, const char *id)
{
    struct reliability *reliability = answering_now(scene->matcher->answering);
    unsigned class = reliability_of(reliability, id);
    reliability_unref(reliability);
    return class;
}

static void answering_is_followed(void **state)
{
    struct scene *scene = *state;
    begin(scene);
    introduce(scene, agency(scene, 0));
    put_long_ago(scene);
    matcher_tick(scene->matcher); /* the minute is not over */
    assert_int_equal(class_in_force(scene, "agent-1"), RELIABILITY_TOP);
    answering_tick(scene->matcher->answering, clock_steady_ms() + ANSWERING_PERIOD_MS);
    assert_int_equal(class_in_force(scene, "agent-1"), RELIABILITY_CLASSES - 1);
    assert_int_equal(class_in_force(scene, "agent-2"), RELIABILITY_TOP);
}

/* The last of all, for what is revoked stays revoked. */
static void revoked_parties_are_let_go(void **state)
{
    struct scene *scene = *state;
    struct caller la, agent, other;
    begin(scene);
    caller_begin(&agent, scene, agency(scene, 0));
    caller_begin(&la, scene, &scene->la);
    caller_begin(&other, scene, &scene->other_la);
    parties_revoke(scene->parties, agency(scene, 0), &scene->matcher_party);
    parties_revoke(scene->parties, &scene->other_la, &scene->matcher_party);
    matcher_tick(scene->matcher);
    caller_expect_end(&agent, RPC_PERMISSION_DENIED, "revoked");
    caller_expect_end(&other, RPC_PERMISSION_DENIED, "revoked");
    struct mail mail;
    struct signed_bytes bytes = write_mail(&scene->la, agency(scene, 0), NULL, 10, &mail);
    caller_put(&la, &bytes);
    expect_refused(&la, &mail, "denied", "revoked");
    signed_bytes_free(&bytes);
    caller_close(&la);
    caller_open(&agent, scene, agency(scene, 0));
    caller_hello(&agent, own(agency(scene, 0)), PROTOCOL_VERSION);
    caller_expect_end(&agent, RPC_PERMISSION_DENIED, "revoked");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_hellos),
        cmocka_unit_test(illegal_order_ends_the_stream),
        cmocka_unit_test(nonsense_ends_the_stream),
        cmocka_unit_test(forged_messages_are_refused),
        cmocka_unit_test(nobody_writes_to_its_own_kind),
        cmocka_unit_test(receivers_have_to_be_there),
        cmocka_unit_test(replays_change_nothing),
        cmocka_unit_test(a_conversation),
        cmocka_unit_test(the_window_is_kept),
        cmocka_unit_test(large_messages_go_one_by_one),
        cmocka_unit_test(several_streams_of_one_party),
        cmocka_unit_test(empty_comes_though_another_stream_took_all),
        cmocka_unit_test(what_was_accepted_outlives_the_matcher),
        cmocka_unit_test(a_party_that_ends_its_stream),
        cmocka_unit_test(parties_are_found),
        cmocka_unit_test(a_full_mailbox_refuses),
        cmocka_unit_test(streams_are_counted),
        cmocka_unit_test(a_flood_ends_its_stream),
        cmocka_unit_test(refusals_are_bounded),
        cmocka_unit_test(silent_callers_are_cut_off),
        cmocka_unit_test(agencies_that_leave_the_directory),
        cmocka_unit_test(a_failing_store_ends_the_stream),
        cmocka_unit_test(messages_are_logged),
        cmocka_unit_test(answering_is_followed),
        cmocka_unit_test(revoked_parties_are_let_go),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
