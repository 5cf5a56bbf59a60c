/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/post.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "agent/link.h"
#include "agent/measure.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { LOOK_MS = 1000 }; /* between looks at the correspondence during a pause */

struct post {
    struct post_parts parts;
    pthread_t thread;
    unsigned failures; /* since an exchange has settled; the thread's own */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct exchange *exchange; /* while there is one */
    void (*beat)(void *ctx);   /* of post_ask, until it has run */
    void *beat_ctx;
    bool stopping;
    bool rewrite;         /* is wanted still */
    bool woken;           /* a pause, or a stream that was begun before, is to end */
    pthread_rwlock_t use; /* of the correspondence, by other threads; for writing: a rewrite */
};

static void lock(struct post *post)
{
    REQUIRE(pthread_mutex_lock(&post->lock) == 0);
}

static void unlock(struct post *post)
{
    REQUIRE(pthread_mutex_unlock(&post->lock) == 0);
}

void post_log(const struct entry *entry, void *ctx)
{
    (void)ctx;
    char query[2 * HASH_BYTES + 1], thread[2 * MAIL_ID_BYTES + 1];
    log_info("referral", "thread=%s kind=%s way=%s peer=%s query=%s state=%s",
             text_hex(entry->mail.thread_id, MAIL_ID_BYTES, thread),
             entry->kind ? content_kind_name(entry->kind) : "unknown",
             entry->incoming ? "in" : "out", entry_peer(entry),
             text_hex(entry->query_hash, HASH_BYTES, query), mail_state_name(entry->state));
}

static void on_changed(const struct entry *entry, void *ctx)
{
    const struct post *post = ctx;
    post_log(entry, NULL);
    metrics_add(post->parts.metrics, MEASURE_MAIL, entry->incoming ? MAIL_CAME : MAIL_CHANGED, 0,
                1);
}

static bool count_unread(const struct entry *entry, void *ctx, struct err *err)
{
    (void)err;
    size_t *count = ctx;
    if (entry->incoming && !entry->read) (*count)++;
    return true;
}

bool post_unread(struct correspondence *correspondence, size_t *out, struct err *err)
{
    *out = 0;
    return correspondence_each(correspondence, count_unread, out, err);
}

/* ---- the thread ---- */

static bool is_stopping(struct post *post)
{
    lock(post);
    bool stopping = post->stopping;
    unlock(post);
    return stopping;
}

/* Between two things that the thread does. */
static void answer_beat(void *ctx)
{
    struct post *post = ctx;
    lock(post);
    void (*beat)(void *ctx) = post->beat;
    void *beat_ctx = post->beat_ctx;
    post->beat = NULL;
    unlock(post);
    if (beat) beat(beat_ctx);
}

/* What others may stop: NULL takes it away from them. */
static void show_exchange(struct post *post, struct exchange *exchange)
{
    lock(post);
    post->exchange = exchange;
    if (exchange && (post->stopping || post->woken)) exchange_stop(exchange);
    unlock(post);
}

/* One stream, from its beginning to its end; true where it was stopped. */
static bool run_exchange(struct post *post, struct err *err)
{
    const struct exchange_parts parts = {.identity = post->parts.identity,
                                         .trust = post->parts.trust,
                                         .correspondence = post->parts.correspondence,
                                         .target = post->parts.target,
                                         .matcher_id = post->parts.matcher_id,
                                         .changed = on_changed,
                                         .changed_ctx = post,
                                         .looks = answer_beat,
                                         .looks_ctx = post};
    struct exchange *exchange = NULL;
    struct exchange_counts counts = {0};
    if (!exchange_start(&parts, &exchange, err)) return false;
    show_exchange(post, exchange);
    bool ok = exchange_greet(exchange, err);
    if (ok) {
        log_info("mailbox_open", "matcher=%s", post->parts.matcher_id);
        metrics_set(post->parts.metrics, MEASURE_MAILBOX_CONNECTED, 0, 0, 1);
        ok = exchange_settle(exchange, &counts, err);
        /* Not before: a disk that is full fails what the matcher delivers each time anew. */
        if (ok) post->failures = 0;
        ok = ok && exchange_attend(exchange, &counts, err);
    }
    show_exchange(post, NULL);
    exchange_close(exchange);
    metrics_set(post->parts.metrics, MEASURE_MAILBOX_CONNECTED, 0, 0, 0);
    metrics_add(post->parts.metrics, MEASURE_MAIL, MAIL_NOT_READ, 0, (int64_t)counts.unreadable);
    if (counts.unreadable > 0) log_warn("mail_left", "unreadable=%zu", counts.unreadable);
    return ok;
}

/* By this thread, which uses the correspondence only in exchanges and pauses. */
static void rewrite(struct post *post)
{
    struct err err = {0};
    bool done = false;
    lock(post);
    bool wanted = post->rewrite;
    post->woken = false;
    unlock(post);
    if (!wanted) return;
    REQUIRE(pthread_rwlock_wrlock(&post->use) == 0);
    if (!correspondence_rewrite(post->parts.correspondence, &done, &err)) {
        log_err(LOG_LEVEL_WARN, "correspondence_rewrite", &err);
    }
    REQUIRE(pthread_rwlock_unlock(&post->use) == 0);
    lock(post);
    post->rewrite = !done;
    unlock(post);
}

static void pause_until(struct post *post, int64_t until_ms)
{
    uint64_t version = correspondence_version(post->parts.correspondence);
    lock(post);
    while (!post->stopping && !post->woken) {
        int64_t now = clock_steady_ms();
        if (now >= until_ms || correspondence_version(post->parts.correspondence) != version) break;
        int64_t next = until_ms - now < LOOK_MS ? until_ms : now + LOOK_MS;
        const struct timespec at = {.tv_sec = (time_t)(next / 1000),
                                    .tv_nsec = (long)(next % 1000) * 1000000};
        int code = pthread_cond_timedwait(&post->changed, &post->lock, &at);
        REQUIRE(code == 0 || code == ETIMEDOUT);
        unlock(post);
        answer_beat(post);
        lock(post);
    }
    unlock(post);
}

static bool is_refusal(const struct err *err)
{
    return err->code == ERR_DENIED || err->code == ERR_UNAUTHENTICATED;
}

static void *run(void *ctx)
{
    struct post *post = ctx;
    while (!is_stopping(post)) {
        struct err err = {0};
        answer_beat(post);
        rewrite(post);
        if (run_exchange(post, &err) || is_stopping(post)) continue;
        log_err(is_refusal(&err) ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "mailbox", &err);
        int64_t pause = link_pause_ms(post->failures, is_refusal(&err), randombytes_random());
        post->failures++;
        pause_until(post, clock_steady_ms() + pause);
    }
    return NULL;
}

struct post *post_start(const struct post_parts *parts)
{
    struct post *post = mem_new(struct post);
    pthread_condattr_t attributes;
    post->parts = *parts;
    post->rewrite = true;
    REQUIRE(pthread_rwlock_init(&post->use, NULL) == 0);
    REQUIRE(pthread_mutex_init(&post->lock, NULL) == 0);
    REQUIRE(pthread_condattr_init(&attributes) == 0);
    REQUIRE(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    REQUIRE(pthread_cond_init(&post->changed, &attributes) == 0);
    (void)pthread_condattr_destroy(&attributes);
    REQUIRE(pthread_create(&post->thread, NULL, run, post) == 0);
    return post;
}

void post_stop(struct post *post)
{
    if (!post) return;
    lock(post);
    post->stopping = true;
    if (post->exchange) exchange_stop(post->exchange);
    REQUIRE(pthread_cond_signal(&post->changed) == 0);
    unlock(post);
    REQUIRE(pthread_join(post->thread, NULL) == 0);
    (void)pthread_cond_destroy(&post->changed);
    (void)pthread_mutex_destroy(&post->lock);
    (void)pthread_rwlock_destroy(&post->use);
    free(post);
}

void post_recheck(struct post *post)
{
    lock(post);
    post->woken = true;
    if (post->exchange) exchange_stop(post->exchange);
    REQUIRE(pthread_cond_signal(&post->changed) == 0);
    unlock(post);
}

void post_ask(struct post *post, void (*beat)(void *ctx), void *ctx)
{
    lock(post);
    post->beat = beat;
    post->beat_ctx = ctx;
    unlock(post);
}

void post_enter(struct post *post)
{
    REQUIRE(pthread_rwlock_rdlock(&post->use) == 0);
}

void post_leave(struct post *post)
{
    REQUIRE(pthread_rwlock_unlock(&post->use) == 0);
}

void post_rewrite(struct post *post)
{
    lock(post);
    post->rewrite = post->woken = true;
    if (post->exchange) exchange_stop(post->exchange);
    REQUIRE(pthread_cond_signal(&post->changed) == 0);
    unlock(post);
}

bool post_wants_rewrite(struct post *post)
{
    lock(post);
    bool wanted = post->rewrite;
    unlock(post);
    return wanted;
}
