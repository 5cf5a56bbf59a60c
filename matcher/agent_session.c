/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/agent_session.h"

#include "matcher/envelope.h"
#include "matcher/matcher.h"
#include "matcher/search.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/rpc/peer.h"

enum { HELLO_MS = 10000, GOODBYE_MS = 5000 };

/* ---- leaving ---- */

/* Takes the agent out of the fleet and out of the searches; the second time it does nothing. */
static void detach(struct agent *agent, const char *reason)
{
    struct matcher *matcher = agent->matcher;
    if (!fleet_detach(matcher->fleet, agent)) return;
    search_agent_left(agent);
    struct buf fields = {0};
    audit_text(&fields, "agent", agent->id);
    audit_text(&fields, "reason", reason);
    matcher_audit_noise(matcher, agent->stream, AUDIT_DETACHED, &fields);
    log_info("detached", "agent=%s reason=\"%s\"", agent->id, reason);
    metrics_add(matcher->metrics, MEASURE_ATTACHMENTS, ATTACHMENT_ENDED, 0, 1);
    matcher_changed(matcher);
}

static void cut(void *ctx)
{
    struct agent *agent = ctx;
    rpc_stream_cancel(agent->stream, RPC_UNAVAILABLE, "did not end its stream");
    agent_unref(agent);
}

/* The status goes out behind what is queued; an agent that does not read is cut off later. */
static void say_goodbye(struct agent *agent, const struct err *err)
{
    rpc_stream_fail(agent->stream, err);
    timers_at(agent->matcher->timers, clock_steady_ms() + GOODBYE_MS, cut, agent_ref(agent));
}

void agent_nonsense(struct agent *agent, const uint8_t *hash, const struct err *err)
{
    matcher_note_refusal(agent->matcher, agent->stream, "Attach", hash, err);
    if (atomic_fetch_add(&agent->nonsense, 1) + 1 != AGENT_NONSENSE_MAX) return;
    struct err last;
    (void)err_set(&last, ERR_INVALID, "message", "%d messages were refused; the last: %s",
                  AGENT_NONSENSE_MAX, err->text);
    say_goodbye(agent, &last); /* the closed callback detaches, without a search locked */
}

static bool may_stay(struct matcher *matcher, const struct agent *agent, struct err *err)
{
    if (trust_is_revoked(matcher->trust, agent->certificate.serial)) {
        return err_set(err, ERR_DENIED, "certificate", "revoked");
    }
    if (clock_wall_ms() > agent->certificate.not_after) {
        return err_set(err, ERR_EXPIRED, "certificate", "expired");
    }
    return matcher_lists(matcher, agent->id, err);
}

/* One that does not read would keep all that is sent to it in our memory. */
static bool cut_if_stalled(struct agent *agent)
{
    if (rpc_stream_stalled_ms(agent->stream) < AGENT_STALLED_MS) return false;
    detach(agent, "took nothing for a minute");
    rpc_stream_cancel(agent->stream, RPC_UNAVAILABLE, "took nothing for a minute");
    return true;
}

void agent_check_all(struct matcher *matcher)
{
    size_t count = 0;
    struct err err;
    struct agent **agents = fleet_list(matcher->fleet, &count);
    for (size_t i = 0; i < count; i++) {
        if (cut_if_stalled(agents[i])) continue;
        if (may_stay(matcher, agents[i], &err)) continue;
        matcher_note_refusal(matcher, agents[i]->stream, "Attach", NULL, &err);
        detach(agents[i], err.text);
        say_goodbye(agents[i], &err);
    }
    fleet_list_free(agents, count);
}

void agent_end_all(struct matcher *matcher, const struct err *err)
{
    size_t count = 0;
    struct agent **agents = fleet_list(matcher->fleet, &count);
    for (size_t i = 0; i < count; i++) {
        detach(agents[i], err->text);
        rpc_stream_fail(agents[i]->stream, err);
    }
    fleet_list_free(agents, count);
}

/* ---- hello ---- */

static void send_welcome(struct agent *agent)
{
    const struct certificate *certificate = identity_certificate(agent->matcher->identity);
    Hearth__V1__Signed own = signed_message_of(&certificate->raw);
    Hearth__V1__AttachWelcome body = HEARTH__V1__ATTACH_WELCOME__INIT;
    body.protocol = PROTOCOL_VERSION;
    body.catalogue = agent->matcher->catalogue->version;
    body.certificate = &own;
    Hearth__V1__ToAgent message = HEARTH__V1__TO_AGENT__INIT;
    message.kind_case = HEARTH__V1__TO_AGENT__KIND_WELCOME;
    message.welcome = &body;
    (void)envelope_send_agent(agent->stream, &message);
}

static void replace(struct agent *older)
{
    struct err err;
    (void)err_set(&err, ERR_UNAVAILABLE, NULL, "replaced by a newer connection of the same agency");
    log_warn("replaced", "agent=%s", older->id);
    metrics_add(older->matcher->metrics, MEASURE_ATTACHMENTS, ATTACHMENT_REPLACED, 0, 1);
    search_agent_left(older);
    say_goodbye(older, &err);
    agent_unref(older);
}

static void attach(struct agent *agent)
{
    struct matcher *matcher = agent->matcher;
    struct agent *older = fleet_attach(matcher->fleet, agent);
    struct buf fields = {0};
    audit_text(&fields, "agent", agent->id);
    audit_number(&fields, "serial", agent->certificate.serial);
    audit_text(&fields, "address", rpc_stream_peer_address(agent->stream));
    audit_number(&fields, "catalogue", agent->catalogue);
    audit_number(&fields, "replaces", older ? 1 : 0);
    matcher_audit_noise(matcher, agent->stream, AUDIT_ATTACHED, &fields);
    log_info("attached", "agent=%s address=%s", agent->id, rpc_stream_peer_address(agent->stream));
    metrics_add(matcher->metrics, MEASURE_ATTACHMENTS, ATTACHMENT_NEW, 0, 1);
    if (older) replace(older);
    matcher_changed(matcher);
}

static bool check_hello(struct agent *agent, const Hearth__V1__AttachHello *hello, struct err *err)
{
    struct matcher *matcher = agent->matcher;
    if (!envelope_check_hello(agent->stream, matcher, ROLE_AGENT, hello->protocol, hello->catalogue,
                              hello->certificate, &agent->certificate, err)) {
        return false;
    }
    agent->catalogue = hello->catalogue;
    atomic_store(&agent->greeted, true);
    return matcher_lists(matcher, agent->id, err);
}

static void on_hello(struct agent *agent, const Hearth__V1__AttachHello *hello)
{
    struct err err;
    if (!check_hello(agent, hello, &err)) {
        matcher_refuse(agent->matcher, agent->stream, "Attach", NULL, &err);
        return;
    }
    mail_room_note_party(agent->matcher->mail, &agent->certificate);
    send_welcome(agent); /* before it can be asked anything */
    attach(agent);
}

static void on_hello_due(void *ctx)
{
    struct agent *agent = ctx;
    if (!atomic_load(&agent->greeted)) {
        rpc_stream_cancel(agent->stream, RPC_DEADLINE_EXCEEDED, "no hello within 10 s");
    }
    agent_unref(agent);
}

/* ---- callbacks of the stream ---- */

static void on_opened(struct rpc_stream *stream, void *ctx)
{
    struct matcher *matcher = ctx;
    struct err err;
    matcher_count_stream(matcher, 1);
    if (!peer_check_role(stream, ROLE_AGENT, &err)) {
        matcher_refuse(matcher, stream, "Attach", NULL, &err);
        return;
    }
    if (atomic_load(&matcher->draining)) {
        (void)err_set(&err, ERR_UNAVAILABLE, NULL, "the matcher is stopping");
        rpc_stream_fail(stream, &err);
        return;
    }
    struct agent *agent = agent_new(matcher, stream);
    rpc_stream_set_user(stream, agent);
    timers_at(matcher->timers, clock_steady_ms() + HELLO_MS, on_hello_due, agent_ref(agent));
}

/* Each query may be answered once; the count only keeps an agent from letting its queue grow. */
static void count_answer(struct agent *agent)
{
    unsigned waiting = atomic_load(&agent->unanswered);
    while (waiting > 0 &&
           !atomic_compare_exchange_weak(&agent->unanswered, &waiting, waiting - 1)) {
    }
}

static void refuse_order(struct agent *agent, const char *text)
{
    struct err err;
    (void)err_set(&err, ERR_EXPIRED, "message", "%s", text);
    matcher_refuse(agent->matcher, agent->stream, "Attach", NULL, &err);
}

/* Legal order: one hello, then replies and declines. Takes the message over. */
static void dispatch(struct agent *agent, Hearth__V1__FromAgent *message)
{
    bool greeted = atomic_load(&agent->greeted);
    bool hello = message->kind_case == HEARTH__V1__FROM_AGENT__KIND_HELLO;
    if (greeted && message->kind_case == HEARTH__V1__FROM_AGENT__KIND_REPLY) {
        count_answer(agent);
        search_take_reply(agent, message);
        return;
    }
    if (greeted && message->kind_case == HEARTH__V1__FROM_AGENT__KIND_DECLINE) {
        count_answer(agent);
        search_take_decline(agent, message->decline);
    } else if (!greeted && hello) {
        on_hello(agent, message->hello);
    } else {
        refuse_order(agent, greeted ? "a reply or a decline is wanted" : "a hello is wanted first");
    }
    hearth__v1__from_agent__free_unpacked(message, NULL);
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    (void)ctx;
    struct agent *agent = rpc_stream_user(stream);
    struct err err;
    if (!agent) return; /* refused when it opened */
    Hearth__V1__FromAgent *message = hearth__v1__from_agent__unpack(NULL, len, data);
    if (message) {
        dispatch(agent, message);
    } else {
        (void)err_set(&err, ERR_INVALID, "message", "%zu bytes that are no message of an agent",
                      len);
        agent_nonsense(agent, NULL, &err);
    }
}

static void on_half_closed(struct rpc_stream *stream, void *ctx)
{
    (void)ctx;
    rpc_stream_finish(stream, RPC_OK, "");
}

static void on_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                      void *ctx)
{
    (void)detail;
    struct agent *agent = rpc_stream_user(stream);
    measure_stream_ended(ctx, "Attach", status);
    matcher_count_stream(ctx, -1);
    if (!agent) return;
    rpc_stream_set_user(stream, NULL);
    detach(agent, "connection ended");
    agent_unref(agent);
}

const struct rpc_events agent_events = {
    .opened = on_opened,
    .message = on_message,
    .half_closed = on_half_closed,
    .closed = on_closed,
};
