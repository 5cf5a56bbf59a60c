/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/search.h"

#include <stdlib.h>

#include "matcher/search_internal.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/rpc/peer.h"

/* ---- life ---- */

static struct search *search_new(struct matcher *matcher, struct rpc_stream *stream)
{
    struct search *search = mem_new(struct search);
    atomic_init(&search->refs, 1);
    REQUIRE(pthread_mutex_init(&search->mutex, NULL) == 0);
    search->matcher = matcher;
    search->stream = stream;
    search->started_ms = clock_steady_ms();
    rpc_stream_ref(stream);
    return search;
}

struct search *search_ref(struct search *search)
{
    (void)atomic_fetch_add(&search->refs, 1);
    return search;
}

/* Lets go of agents and of all that was received of replies. */
static void clear(struct search *search)
{
    if (search->query) hearth__v1__from_la__free_unpacked(search->query, NULL);
    search->query = NULL;
    for (size_t i = 0; i < search->asked_count; i++) {
        struct asked *asked = &search->asked[i];
        buf_wipe(&asked->c1);
        buf_wipe(&asked->c2);
        free(asked->points);
        blind_opened_free(asked->opened);
        agent_unref(asked->agent);
    }
    free(search->asked);
    free(search->order);
    search->asked = NULL;
    search->order = NULL;
    search->asked_count = search->order_count = 0;
}

void search_unref(struct search *search)
{
    if (!search || atomic_fetch_sub(&search->refs, 1) != 1) return;
    clear(search);
    if (search->greeted) certificate_free(&search->la);
    epoch_unref(search->epoch);
    directory_unref(search->directory);
    rpc_stream_unref(search->stream);
    (void)pthread_mutex_destroy(&search->mutex);
    free(search);
}

uint32_t search_count_state(const struct search *search, enum asked_state state)
{
    uint32_t count = 0;
    for (size_t i = 0; i < search->asked_count; i++) {
        if (search->asked[i].state == state) count++;
    }
    return count;
}

static void note_abandoned(struct search *search, const struct err *err)
{
    struct buf fields = {0};
    audit_bytes(&fields, "query", search->hash, HASH_BYTES);
    audit_text(&fields, "la", search->la.organisation);
    audit_text(&fields, "status", rpc_status_name(rpc_status_of(err->code)));
    audit_text(&fields, "reason", err->text);
    audit_add(search->matcher->audit, AUDIT_ABANDONED, &fields);
}

static void cut(void *ctx)
{
    struct rpc_stream *stream = ctx;
    rpc_stream_cancel(stream, RPC_UNAVAILABLE, "did not end its stream");
    rpc_stream_unref(stream);
}

void search_end(struct search *search, const struct err *err, bool refused)
{
    if (search->phase == PHASE_DONE) return;
    const uint8_t *hash = search->hashed ? search->hash : NULL;
    char hex[2 * HASH_BYTES + 1] = "-";
    search_measure_end(search, err, refused);
    search->phase = PHASE_DONE;
    search->due_ms = 0;
    if (!err) {
        rpc_stream_finish(search->stream, RPC_OK, "");
    } else if (refused) {
        matcher_refuse(search->matcher, search->stream, "Search", hash, err);
    } else {
        log_info("search_ended", "query=%s la=%s code=%s field=%s reason=\"%s\"",
                 hash ? text_hex(hash, HASH_BYTES, hex) : hex, rpc_stream_peer_id(search->stream),
                 err_code_name(err->code), err->field, err->text);
        rpc_stream_fail(search->stream, err);
    }
    if (err && search->accepted) note_abandoned(search, err);
    /* The status goes out behind what is queued: an LA that does not take it is cut off. */
    rpc_stream_ref(search->stream);
    timers_at(search->matcher->timers, clock_steady_ms() + GOODBYE_MS, cut, search->stream);
    clear(search);
    search_give_turn(search, searches_leave(search->matcher->searches, search, clock_steady_ms()));
}

void search_run_job(struct search *search, void (*job)(void *ctx), void *ctx)
{
    (search->is_member ? pool_run_later : pool_run)(search->matcher->pool, job, ctx);
}

/* ---- messages ---- */

static bool welcome(struct search *search)
{
    struct matcher *matcher = search->matcher;
    struct epoch_key *epoch = epochs_current(matcher->epochs);
    Hearth__V1__Signed own = signed_message_of(&identity_certificate(matcher->identity)->raw);
    Hearth__V1__Signed record = signed_message_of(&epoch->body);
    Hearth__V1__SearchWelcome body = HEARTH__V1__SEARCH_WELCOME__INIT;
    body.protocol = PROTOCOL_VERSION;
    body.catalogue = matcher->catalogue->version;
    body.certificate = &own;
    body.epoch = &record;
    body.deadline_ms = matcher->config.deadline_ms;
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    message.kind_case = HEARTH__V1__TO_LA__KIND_WELCOME;
    message.welcome = &body;
    bool sent = envelope_send_la(search->stream, &message);
    epoch_unref(epoch);
    return sent;
}

static void on_hello(struct search *search, Hearth__V1__FromLa *message)
{
    const Hearth__V1__SearchHello *hello = message->hello;
    struct err err;
    bool ok = envelope_check_hello(search->stream, search->matcher, ROLE_LA, hello->protocol,
                                   hello->catalogue, hello->certificate, &search->la, &err);
    hearth__v1__from_la__free_unpacked(message, NULL);
    if (!ok) {
        search_end(search, &err, true);
        return;
    }
    search->greeted = true;
    mail_room_note_party(search->matcher->mail, &search->la);
    search_set_phase(search, PHASE_QUERY);
    (void)welcome(search); /* a stream that takes nothing is closed: its last callback follows */
}

enum { KINDS = HEARTH__V1__FROM_LA__KIND_SHARES_PROOF + 1 };

/* The legal order of the LA's messages: what each kind does in each phase; NULL = refused. Shares
 * may cross with our closing on the way, so they are legal (and too late) while the proof is due.
 */
typedef void (*step_fn)(struct search *search, Hearth__V1__FromLa *message);
static const step_fn steps[PHASES][KINDS] = {
    [PHASE_HELLO] = {[HEARTH__V1__FROM_LA__KIND_HELLO] = on_hello},
    [PHASE_QUERY] = {[HEARTH__V1__FROM_LA__KIND_QUERY] = search_on_query},
    [PHASE_COLLECTING] = {[HEARTH__V1__FROM_LA__KIND_SHARES] = search_on_shares},
    [PHASE_CLOSING] = {[HEARTH__V1__FROM_LA__KIND_SHARES] = search_on_shares,
                       [HEARTH__V1__FROM_LA__KIND_SHARES_PROOF] = search_on_shares_proof},
};

static void dispatch(struct search *search, const uint8_t *data, size_t len)
{
    static const char *const phase_names[PHASES] = {
        "before the hello",      "before the query",
        "while the query waits", "while the query is checked",
        "while agents answer",   "after the close",
        "after the proof",       "after the end"};
    struct err err;
    if (search->phase == PHASE_DONE) return; /* crossed with the end */
    Hearth__V1__FromLa *message = hearth__v1__from_la__unpack(NULL, len, data);
    if (!message) {
        (void)err_set(&err, ERR_INVALID, "message", "%zu bytes that are no message of an LA", len);
        search_end(search, &err, true);
        return;
    }
    unsigned kind = (unsigned)message->kind_case;
    step_fn step = kind < KINDS ? steps[search->phase][kind] : NULL;
    if (step) {
        step(search, message);
        return;
    }
    hearth__v1__from_la__free_unpacked(message, NULL);
    (void)err_set(&err, ERR_EXPIRED, "message", "kind %u is out of order %s", kind,
                  phase_names[search->phase]);
    search_end(search, &err, true);
}

/* ---- callbacks of the stream ---- */

static void on_opened(struct rpc_stream *stream, void *ctx)
{
    struct matcher *matcher = ctx;
    struct err err;
    matcher_count_stream(matcher, 1);
    if (!peer_check_role(stream, ROLE_LA, &err)) {
        matcher_refuse(matcher, stream, "Search", NULL, &err);
        return;
    }
    if (atomic_load(&matcher->draining)) {
        (void)err_set(&err, ERR_UNAVAILABLE, NULL, "the matcher is stopping");
        rpc_stream_fail(stream, &err);
        return;
    }
    struct search *search = search_new(matcher, stream);
    if (!searches_enter(matcher->searches, search, rpc_stream_peer_id(stream), &err)) {
        matcher_refuse(matcher, stream, "Search", NULL, &err);
        search_unref(search);
        return;
    }
    rpc_stream_set_user(stream, search);
    (void)pthread_mutex_lock(&search->mutex);
    search_set_phase(search, PHASE_HELLO);
    (void)pthread_mutex_unlock(&search->mutex);
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    (void)ctx;
    struct search *search = rpc_stream_user(stream);
    if (!search) return; /* refused when it opened */
    (void)pthread_mutex_lock(&search->mutex);
    dispatch(search, data, len);
    (void)pthread_mutex_unlock(&search->mutex);
}

static void on_half_closed(struct rpc_stream *stream, void *ctx)
{
    (void)ctx;
    struct search *search = rpc_stream_user(stream);
    struct err err;
    if (!search) return;
    (void)pthread_mutex_lock(&search->mutex);
    if (search->phase != PHASE_VERIFYING && search->phase != PHASE_DONE) {
        (void)err_set(&err, ERR_INVALID, "message", "the LA ended its stream before the proof");
        search_end(search, &err, true);
    }
    (void)pthread_mutex_unlock(&search->mutex);
}

static void on_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                      void *ctx)
{
    (void)detail;
    struct search *search = rpc_stream_user(stream);
    struct err err;
    measure_stream_ended(ctx, "Search", status);
    matcher_count_stream(ctx, -1);
    if (!search) return;
    rpc_stream_set_user(stream, NULL);
    (void)err_set(&err, ERR_UNAVAILABLE, NULL, "the LA is gone");
    (void)pthread_mutex_lock(&search->mutex);
    search_end(search, &err, false);
    (void)pthread_mutex_unlock(&search->mutex);
    search_unref(search);
}

const struct rpc_events search_events = {
    .opened = on_opened,
    .message = on_message,
    .half_closed = on_half_closed,
    .closed = on_closed,
};

/* ---- from outside ---- */

static bool is_waiting(const struct search *search)
{
    return search->phase == PHASE_HELLO || search->phase == PHASE_QUERY ||
           search->phase == PHASE_WAITING;
}

void search_end_all(struct matcher *matcher, bool only_waiting, const struct err *err)
{
    size_t count = 0;
    struct search **list = searches_list(matcher->searches, &count);
    for (size_t i = 0; i < count; i++) {
        (void)pthread_mutex_lock(&list[i]->mutex);
        if (!only_waiting || is_waiting(list[i])) search_end(list[i], err, false);
        (void)pthread_mutex_unlock(&list[i]->mutex);
        search_unref(list[i]);
    }
    free(list);
}

void search_end_revoked(struct matcher *matcher)
{
    size_t count = 0;
    struct err err;
    struct search **list = searches_list(matcher->searches, &count);
    (void)err_set(&err, ERR_DENIED, "certificate", "revoked");
    for (size_t i = 0; i < count; i++) {
        (void)pthread_mutex_lock(&list[i]->mutex);
        if (list[i]->greeted && trust_is_revoked(matcher->trust, list[i]->la.serial)) {
            search_end(list[i], &err, true);
        }
        (void)pthread_mutex_unlock(&list[i]->mutex);
        search_unref(list[i]);
    }
    free(list);
}
