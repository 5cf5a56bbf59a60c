/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/mail_room.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "matcher/mail_session.h"
#include "matcher/matcher.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/pool.h"

static const int64_t REWRITE_PERIOD_MS = 86400000; /* and once after the start */

struct mail_room {
    struct matcher *matcher;
    struct mailbox *mailbox;
    struct pool *thread; /* of one worker: jobs run in the order in which they come */
    atomic_uint_fast64_t waiting;
    atomic_uint notes;
    atomic_bool tick_queued;
    int64_t rewrite_due_ms; /* steady; on the mail's thread */
    pthread_mutex_t mutex;  /* guards the list of streams */
    struct mail_session **sessions;
    size_t count, capacity;
};

bool mail_room_start(struct matcher *matcher, struct mail_room **out, struct err *err)
{
    const struct config *config = &matcher->config;
    const struct mailbox_limits limits = {.items = config->mailbox_items,
                                          .mib = config->mailbox_mib,
                                          .per_day = config->mail_per_day,
                                          .days = config->mail_days,
                                          .max_mib = config->mail_max_mib};
    struct mailbox *mailbox = NULL;
    uint64_t waiting = 0;
    if (!mailbox_open(matcher->home, &limits, &mailbox, err)) return false;
    if (!mailbox_waiting(mailbox, &waiting, err)) {
        mailbox_close(mailbox);
        return false;
    }
    struct mail_room *room = mem_new(struct mail_room);
    room->matcher = matcher;
    room->mailbox = mailbox;
    atomic_init(&room->waiting, waiting);
    REQUIRE(pthread_mutex_init(&room->mutex, NULL) == 0);
    room->thread = pool_start(1);
    *out = room;
    return true;
}

void mail_room_stop(struct mail_room *room)
{
    if (!room) return;
    pool_stop(room->thread);
    REQUIRE(room->count == 0);
    mailbox_close(room->mailbox);
    (void)pthread_mutex_destroy(&room->mutex);
    free(room->sessions);
    free(room);
}

void mail_room_run(struct mail_room *room, void (*job)(void *ctx), void *ctx)
{
    pool_run(room->thread, job, ctx);
}

struct pool *mail_room_thread(struct mail_room *room)
{
    return room->thread;
}

struct mailbox *mail_room_mailbox(struct mail_room *room)
{
    return room->mailbox;
}

uint64_t mail_room_waiting(const struct mail_room *room)
{
    return atomic_load(&room->waiting);
}

void mail_room_count(struct mail_room *room, int change)
{
    if (change > 0) {
        (void)atomic_fetch_add(&room->waiting, 1);
    } else {
        (void)atomic_fetch_sub(&room->waiting, 1);
    }
    matcher_changed(room->matcher);
}

/* ---- streams ---- */

bool mail_room_enter(struct mail_room *room, struct mail_session *session, struct err *err)
{
    size_t own = 0;
    (void)pthread_mutex_lock(&room->mutex);
    for (size_t i = 0; i < room->count; i++) {
        if (mail_party_is(&room->sessions[i]->party, &session->party)) own++;
    }
    bool ok = own < MAIL_SESSIONS_PER_PARTY;
    if (ok) {
        if (room->count == room->capacity) {
            room->capacity = room->capacity ? room->capacity * 2 : 64;
            room->sessions =
                mem_resize(room->sessions, room->capacity, sizeof(struct mail_session *));
        }
        room->sessions[room->count++] = mail_session_ref(session);
    }
    (void)pthread_mutex_unlock(&room->mutex);
    return ok ||
           err_set(err, ERR_BUDGET, "streams", "%d streams of %s to its mailbox are open already",
                   MAIL_SESSIONS_PER_PARTY, session->party.id) ||
           err_retry(err, RPC_BUSY_RETRY_MS);
}

void mail_room_leave(struct mail_room *room, struct mail_session *session)
{
    struct mail_session *left = NULL;
    (void)pthread_mutex_lock(&room->mutex);
    for (size_t i = 0; i < room->count && !left; i++) {
        if (room->sessions[i] != session) continue;
        left = session;
        room->sessions[i] = room->sessions[--room->count];
    }
    (void)pthread_mutex_unlock(&room->mutex);
    mail_session_unref(left);
}

/* Those of a party, or (NULL) all, with a reference each; the caller frees the list. */
static struct mail_session **list_sessions(struct mail_room *room, const struct mail_party *party,
                                           size_t *count)
{
    (void)pthread_mutex_lock(&room->mutex);
    struct mail_session **list = mem_array(room->count, sizeof(struct mail_session *));
    *count = 0;
    for (size_t i = 0; i < room->count; i++) {
        if (party && !mail_party_is(&room->sessions[i]->party, party)) continue;
        list[(*count)++] = mail_session_ref(room->sessions[i]);
    }
    (void)pthread_mutex_unlock(&room->mutex);
    return list;
}

void mail_room_deliver(struct mail_room *room, const struct mail_party *party)
{
    size_t count = 0;
    struct mail_session **list = list_sessions(room, party, &count);
    for (size_t i = 0; i < count; i++) {
        mail_session_deliver(list[i]);
        mail_session_unref(list[i]);
    }
    free(list);
}

struct ending {
    struct mail_room *room;
    struct err err;
};

static void run_ending(void *ctx)
{
    struct ending *ending = ctx;
    size_t count = 0;
    struct mail_session **list = list_sessions(ending->room, NULL, &count);
    for (size_t i = 0; i < count; i++) {
        mail_session_end(list[i], &ending->err, false);
        mail_session_unref(list[i]);
    }
    free(list);
    free(ending);
}

void mail_room_end_all(struct mail_room *room, const struct err *err)
{
    struct ending *ending = mem_new(struct ending);
    *ending = (struct ending){.room = room, .err = *err};
    mail_room_run(room, run_ending, ending);
}

/* ---- parties ---- */

struct note {
    struct mail_room *room;
    struct certificate certificate;
};

static void run_note(void *ctx)
{
    struct note *note = ctx;
    struct err err;
    if (!mailbox_note_party(note->room->mailbox, &note->certificate, &err)) {
        log_err(LOG_LEVEL_ERROR, "party_not_noted", &err);
    }
    (void)atomic_fetch_sub(&note->room->notes, 1);
    certificate_free(&note->certificate);
    free(note);
}

void mail_room_note_party(struct mail_room *room, const struct certificate *certificate)
{
    if (atomic_fetch_add(&room->notes, 1) >= MAIL_NOTES_MAX) {
        (void)atomic_fetch_sub(&room->notes, 1);
        return;
    }
    struct note *note = mem_new(struct note);
    struct err err;
    note->room = room;
    REQUIRE(certificate_of_bytes(&certificate->raw, &note->certificate, &err));
    mail_room_run(room, run_note, note);
}

/* ---- every second ---- */

static void check_all(struct mail_room *room)
{
    size_t count = 0;
    struct err err;
    struct mail_session **list = list_sessions(room, NULL, &count);
    for (size_t i = 0; i < count; i++) {
        if (atomic_load(&list[i]->greeted) && !mail_session_may_stay(list[i], &err)) {
            mail_session_end(list[i], &err, true);
        }
        mail_session_unref(list[i]);
    }
    free(list);
}

static void expire(struct mail_room *room)
{
    struct mailbox_gone gone[MAILBOX_BATCH];
    size_t count = 0;
    struct err err;
    int64_t now_ms = clock_wall_ms();
    if (!mailbox_expire(room->mailbox, now_ms, gone, &count, &err) ||
        !mailbox_forget(room->mailbox, now_ms, &err)) {
        log_err(LOG_LEVEL_ERROR, "mail_not_expired", &err);
    }
    for (size_t i = 0; i < count; i++) {
        mail_log_gone(room->matcher, &gone[i], NOTICE_EXPIRED);
        mail_room_count(room, -1);
        mail_room_deliver(room, &gone[i].to);
        mail_room_deliver(room, &gone[i].from);
    }
}

/* What was taken goes from the file too: not at once, since that costs as much as all that waits.
 */
static void rewrite(struct mail_room *room)
{
    bool done = false;
    struct err err;
    int64_t now_ms = clock_steady_ms();
    if (now_ms < room->rewrite_due_ms) return;
    room->rewrite_due_ms = now_ms + REWRITE_PERIOD_MS;
    if (!mailbox_rewrite(room->mailbox, &done, &err)) {
        log_err(LOG_LEVEL_ERROR, "mail_not_rewritten", &err);
    } else if (!done) {
        log_err(LOG_LEVEL_WARN, "mail_not_rewritten", &err);
    }
}

static void run_tick(void *ctx)
{
    struct mail_room *room = ctx;
    atomic_store(&room->tick_queued, false);
    check_all(room);
    expire(room);
    rewrite(room);
    measure_mail_load(room->matcher);
}

void mail_room_tick(struct mail_room *room)
{
    if (!atomic_exchange(&room->tick_queued, true)) mail_room_run(room, run_tick, room);
}
