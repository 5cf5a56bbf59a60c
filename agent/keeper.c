/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/keeper.h"

#include <pthread.h>
#include <stdlib.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { TOGETHER_MAX = 64 }; /* replies in one transaction */

struct waiting {
    struct waiting *next;
    struct kept_reply kept;
    keeper_done_fn done;
    void *ctx;
};
struct waiting_receipt {
    struct waiting_receipt *next;
    struct signed_bytes receipt;
    int64_t at_ms;
};

struct keeper {
    struct replies *replies;
    pthread_t thread;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed, idle;
    struct waiting *first, **last;
    struct waiting_receipt *first_receipt, **last_receipt;
    size_t receipts;
    void (*beat)(void *ctx); /* of keeper_ask, until it has run */
    void *beat_ctx;
    bool busy, stopping;
};

static void lock(struct keeper *keeper)
{
    REQUIRE(pthread_mutex_lock(&keeper->lock) == 0);
}

static void unlock(struct keeper *keeper)
{
    REQUIRE(pthread_mutex_unlock(&keeper->lock) == 0);
}

/* ---- replies ---- */

/* Takes up to TOGETHER_MAX off the queue, with the lock held. */
static struct waiting *take_replies(struct keeper *keeper)
{
    struct waiting *first = keeper->first, **end = &keeper->first;
    for (size_t n = 0; *end && n < TOGETHER_MAX; n++) end = &(*end)->next;
    keeper->first = *end;
    if (!keeper->first) keeper->last = &keeper->first;
    *end = NULL;
    return first;
}

static void tell(struct waiting *waiting, bool ok, bool there, const struct err *why)
{
    struct err exists = {0};
    (void)err_set(&exists, ERR_EXISTS, "query", "was answered before");
    waiting->done(!ok ? why : there ? &exists : NULL, waiting->ctx);
    kept_reply_free(&waiting->kept);
    free(waiting);
}

static void keep_replies(const struct keeper *keeper, struct waiting *first)
{
    struct keeping list[TOGETHER_MAX];
    struct err err = {0};
    size_t count = 0;
    for (const struct waiting *w = first; w; w = w->next) {
        list[count++] = (struct keeping){.kept = &w->kept};
    }
    bool ok = replies_keep_all(keeper->replies, list, count, &err);
    for (size_t i = 0; i < count; i++) {
        struct waiting *next = first->next;
        tell(first, ok, list[i].there, &err);
        first = next;
    }
}

/* ---- receipts ---- */

static struct waiting_receipt *take_receipt(struct keeper *keeper)
{
    struct waiting_receipt *first = keeper->first_receipt;
    keeper->first_receipt = first->next;
    if (!keeper->first_receipt) keeper->last_receipt = &keeper->first_receipt;
    keeper->receipts--;
    return first;
}

/* A matcher cannot fill the store with receipts for queries that it makes up. */
static bool keep_known(const struct keeper *keeper, const struct waiting_receipt *waiting,
                       struct err *err)
{
    struct receipt receipt;
    bool known = false;
    int64_t at_ms = 0;
    char name[2 * HASH_BYTES + 1];
    if (!receipt_decode(waiting->receipt.body.data, waiting->receipt.body.len, &receipt, err) ||
        !replies_knows(keeper->replies, receipt.query_hash, &known, &at_ms, err)) {
        return false;
    }
    if (!known) {
        return err_set(err, ERR_NOT_FOUND, "receipt", "for query %s, which was not answered here",
                       text_hex(receipt.query_hash, HASH_BYTES, name));
    }
    return replies_keep_receipt(keeper->replies, &waiting->receipt, waiting->at_ms, err);
}

static void keep_receipt(const struct keeper *keeper, struct waiting_receipt *waiting)
{
    struct err err = {0};
    if (!keep_known(keeper, waiting, &err)) log_err(LOG_LEVEL_WARN, "receipt", &err);
    signed_bytes_free(&waiting->receipt);
    free(waiting);
}

/* ---- the thread ---- */

/* With the lock held; replies go first, because they wait to be sent. */
static void work(struct keeper *keeper)
{
    keeper->busy = true;
    if (keeper->first) {
        struct waiting *batch = take_replies(keeper);
        unlock(keeper);
        keep_replies(keeper, batch);
    } else {
        struct waiting_receipt *receipt = take_receipt(keeper);
        unlock(keeper);
        keep_receipt(keeper, receipt);
    }
    lock(keeper);
    keeper->busy = false;
}

/* With the lock held. */
static void answer_beat(struct keeper *keeper)
{
    void (*beat)(void *ctx) = keeper->beat;
    keeper->beat = NULL;
    if (beat) beat(keeper->beat_ctx);
}

static void *run(void *ctx)
{
    struct keeper *keeper = ctx;
    lock(keeper);
    for (;;) {
        answer_beat(keeper);
        if (keeper->first || keeper->first_receipt) {
            work(keeper);
            continue;
        }
        REQUIRE(pthread_cond_broadcast(&keeper->idle) == 0);
        if (keeper->stopping) break;
        REQUIRE(pthread_cond_wait(&keeper->changed, &keeper->lock) == 0);
    }
    unlock(keeper);
    return NULL;
}

struct keeper *keeper_start(struct replies *replies)
{
    struct keeper *keeper = mem_new(struct keeper);
    keeper->replies = replies;
    keeper->last = &keeper->first;
    keeper->last_receipt = &keeper->first_receipt;
    REQUIRE(pthread_mutex_init(&keeper->lock, NULL) == 0);
    REQUIRE(pthread_cond_init(&keeper->changed, NULL) == 0);
    REQUIRE(pthread_cond_init(&keeper->idle, NULL) == 0);
    REQUIRE(pthread_create(&keeper->thread, NULL, run, keeper) == 0);
    return keeper;
}

void keeper_stop(struct keeper *keeper)
{
    if (!keeper) return;
    lock(keeper);
    keeper->stopping = true;
    REQUIRE(pthread_cond_signal(&keeper->changed) == 0);
    unlock(keeper);
    REQUIRE(pthread_join(keeper->thread, NULL) == 0);
    (void)pthread_cond_destroy(&keeper->changed);
    (void)pthread_cond_destroy(&keeper->idle);
    (void)pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}

void keeper_flush(struct keeper *keeper)
{
    lock(keeper);
    while (keeper->busy || keeper->first || keeper->first_receipt) {
        REQUIRE(pthread_cond_wait(&keeper->idle, &keeper->lock) == 0);
    }
    unlock(keeper);
}

void keeper_ask(struct keeper *keeper, void (*beat)(void *ctx), void *ctx)
{
    lock(keeper);
    keeper->beat = beat;
    keeper->beat_ctx = ctx;
    REQUIRE(pthread_cond_signal(&keeper->changed) == 0);
    unlock(keeper);
}

void keeper_reply(struct keeper *keeper, struct kept_reply *kept, keeper_done_fn done, void *ctx)
{
    struct waiting *waiting = mem_new(struct waiting);
    *waiting = (struct waiting){.kept = *kept, .done = done, .ctx = ctx};
    *kept = (struct kept_reply){0};
    lock(keeper);
    REQUIRE(!keeper->stopping);
    *keeper->last = waiting;
    keeper->last = &waiting->next;
    REQUIRE(pthread_cond_signal(&keeper->changed) == 0);
    unlock(keeper);
}

void keeper_receipt(struct keeper *keeper, const struct signed_bytes *receipt)
{
    struct waiting_receipt *waiting = mem_new(struct waiting_receipt);
    signed_bytes_copy(receipt, &waiting->receipt);
    waiting->at_ms = clock_wall_ms();
    lock(keeper);
    bool room = keeper->receipts < KEEPER_RECEIPTS_MAX;
    if (room) {
        keeper->receipts++;
        *keeper->last_receipt = waiting;
        keeper->last_receipt = &waiting->next;
        REQUIRE(pthread_cond_signal(&keeper->changed) == 0);
    }
    unlock(keeper);
    if (room) return;
    log_warn("receipt", "reason=\"more come than can be kept\"");
    signed_bytes_free(&waiting->receipt);
    free(waiting);
}
