/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/mail_session.h"

#include <stdio.h>
#include <stdlib.h>

#include "matcher/envelope.h"
#include "matcher/matcher.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/rpc/peer.h"

enum { HELLO_MS = 10000, GOODBYE_MS = 5000 };

/* ---- life ---- */

static struct mail_session *session_new(struct matcher *matcher, struct rpc_stream *stream)
{
    struct mail_session *session = mem_new(struct mail_session);
    atomic_init(&session->refs, 1);
    session->matcher = matcher;
    session->stream = stream;
    rpc_stream_ref(stream);
    session->party.role = rpc_stream_peer_role(stream);
    (void)snprintf(session->party.id, sizeof session->party.id, "%s", rpc_stream_peer_id(stream));
    return session;
}

struct mail_session *mail_session_ref(struct mail_session *session)
{
    (void)atomic_fetch_add(&session->refs, 1);
    return session;
}

void mail_session_unref(struct mail_session *session)
{
    if (!session || atomic_fetch_sub(&session->refs, 1) != 1) return;
    if (atomic_load(&session->greeted)) certificate_free(&session->certificate);
    rpc_stream_unref(session->stream);
    free(session);
}

static void cut(void *ctx)
{
    struct mail_session *session = ctx;
    rpc_stream_cancel(session->stream, RPC_UNAVAILABLE, "did not end its stream");
    mail_session_unref(session);
}

void mail_session_end(struct mail_session *session, const struct err *err, bool refused)
{
    if (atomic_exchange(&session->ended, true)) return;
    if (!err) {
        rpc_stream_finish(session->stream, RPC_OK, "");
    } else if (refused) {
        matcher_refuse(session->matcher, session->stream, "Mail", NULL, err);
    } else {
        log_err(LOG_LEVEL_INFO, "mail_ended", err);
        rpc_stream_fail(session->stream, err);
    }
    /* The status goes out behind what is queued: who does not take it is cut off. */
    timers_at(session->matcher->timers, clock_steady_ms() + GOODBYE_MS, cut,
              mail_session_ref(session));
}

static void on_hello_due(void *ctx)
{
    struct mail_session *session = ctx;
    if (!atomic_load(&session->greeted) && !atomic_load(&session->ended)) {
        rpc_stream_cancel(session->stream, RPC_DEADLINE_EXCEEDED, "no hello within 10 s");
    }
    mail_session_unref(session);
}

/* ---- the queue: what callbacks hand to the mail's thread ---- */

static void run_step(void *owner, const uint8_t *data, size_t len)
{
    struct mail_session *session = owner;
    if (atomic_load(&session->ended)) return;
    if (data) {
        mail_session_step(session, data, len);
    } else {
        mail_session_end(session, NULL, false);
    }
}

static void let_go(void *owner)
{
    mail_session_unref(owner);
}

static void queue(struct mail_session *session, const uint8_t *data, size_t len)
{
    static const struct work_kind kind = {run_step, let_go};
    work_add(&session->work, mail_room_thread(session->matcher->mail), &kind,
             mail_session_ref(session), data, len);
}

/* ---- callbacks of the stream ---- */

static bool check_open(const struct rpc_stream *stream, struct err *err)
{
    enum role role = rpc_stream_peer_role(stream);
    if (role != ROLE_LA && role != ROLE_NONE && role != ROLE_AGENT) {
        return err_set(err, ERR_DENIED, "certificate",
                       "this call is for LAs and agencies; the TLS certificate says %s",
                       role_name(role));
    }
    return peer_check_role(stream, role == ROLE_AGENT ? ROLE_AGENT : ROLE_LA, err);
}

static void on_opened(struct rpc_stream *stream, void *ctx)
{
    struct matcher *matcher = ctx;
    struct err err;
    matcher_count_stream(matcher, 1);
    if (!check_open(stream, &err)) {
        matcher_refuse(matcher, stream, "Mail", NULL, &err);
        return;
    }
    if (atomic_load(&matcher->draining)) {
        (void)err_set(&err, ERR_UNAVAILABLE, NULL, "the matcher is stopping");
        rpc_stream_fail(stream, &err);
        return;
    }
    struct mail_session *session = session_new(matcher, stream);
    if (!mail_room_enter(matcher->mail, session, &err)) {
        matcher_refuse(matcher, stream, "Mail", NULL, &err);
        mail_session_unref(session);
        return;
    }
    rpc_stream_set_user(stream, session);
    timers_at(matcher->timers, clock_steady_ms() + HELLO_MS, on_hello_due,
              mail_session_ref(session));
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    (void)ctx;
    struct mail_session *session = rpc_stream_user(stream);
    struct err err;
    if (!session || atomic_load(&session->ended)) return;
    if (work_has_room(&session->work, len, MAIL_QUEUE, MAIL_QUEUE_BYTES)) {
        queue(session, data, len);
        return;
    }
    (void)err_set(&err, ERR_BUDGET, "message",
                  "more than %d messages or %d MiB are unanswered on this stream", MAIL_QUEUE,
                  MAIL_QUEUE_BYTES >> 20);
    mail_session_end(session, &err, true);
}

static void on_half_closed(struct rpc_stream *stream, void *ctx)
{
    (void)ctx;
    struct mail_session *session = rpc_stream_user(stream);
    if (session) queue(session, NULL, 0);
}

static void on_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                      void *ctx)
{
    (void)detail;
    struct matcher *matcher = ctx;
    measure_stream_ended(matcher, "Mail", status);
    struct mail_session *session = rpc_stream_user(stream);
    if (session) {
        rpc_stream_set_user(stream, NULL);
        atomic_store(&session->ended, true);
        mail_room_leave(matcher->mail, session);
        mail_session_unref(session);
    }
    matcher_count_stream(matcher, -1);
}

const struct rpc_events mail_events = {
    .opened = on_opened,
    .message = on_message,
    .half_closed = on_half_closed,
    .closed = on_closed,
};
