/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/audit_jobs.h"

#include <pthread.h>
#include <stdlib.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

struct audit {
    struct store *store;
    pthread_mutex_t mutex;
    pthread_cond_t wake, idle;
    struct audit_job *first, *last;
    struct log_head shown; /* the head, for others to read */
    bool stopping, busy, broken, checkpoint_due, retry_due;
    void (*beat)(void *ctx); /* of audit_prove, until it has run */
    void *beat_ctx;
    int64_t next_checkpoint_ms;
    const struct identity *identity;
    /* Written by the thread alone: */
    struct log_head head;
    uint64_t signed_length; /* of the newest checkpoint */
    uint64_t kept_length;   /* of the newest that is kept for ever, 0: none since the start */
    struct audit_held held;
    pthread_t thread;
};

/* ---- writing ---- */

/* With the first entries since the start, and then every AUDIT_CHECKPOINT_EVERY. */
static bool wants_checkpoint(const struct audit *audit, const struct log_head *head)
{
    return audit->kept_length == 0 ||
           head->length / AUDIT_CHECKPOINT_EVERY > audit->kept_length / AUDIT_CHECKPOINT_EVERY;
}

static bool write_jobs(struct audit *audit, struct audit_job *jobs, struct err *err)
{
    struct log_head head = audit->head;
    struct store_txn *txn = NULL;
    if (!store_begin(audit->store, true, &txn, err)) return false;
    bool ok = audit_jobs_write(txn, jobs, &head, err);
    bool keep = ok && wants_checkpoint(audit, &head);
    if (keep) ok = audit_write_checkpoint(txn, audit->identity, &head, true, err);
    if (!ok) {
        store_abort(txn);
        return false;
    }
    if (!store_commit(txn, err)) return false;
    audit->head = head;
    if (keep) audit->kept_length = audit->signed_length = head.length;
    return true;
}

/* Only what is said of the log is missing where this fails. */
static void write_checkpoint(struct audit *audit, bool keep)
{
    struct store_txn *txn = NULL;
    struct err err = {0};
    uint64_t done = keep ? audit->kept_length : audit->signed_length;
    if (audit->head.length == 0 || audit->head.length == done || !audit_works(audit)) return;
    bool ok = store_begin(audit->store, true, &txn, &err);
    if (ok) {
        ok = audit_write_checkpoint(txn, audit->identity, &audit->head, keep, &err);
        if (ok) {
            ok = store_commit(txn, &err);
        } else {
            store_abort(txn);
        }
    }
    if (!ok) {
        log_err(LOG_LEVEL_ERROR, "checkpoint", &err);
        return;
    }
    audit->signed_length = audit->head.length;
    if (keep) audit->kept_length = audit->head.length;
}

/* ---- while the store takes nothing ---- */

static void set_broken(struct audit *audit, bool broken)
{
    (void)pthread_mutex_lock(&audit->mutex);
    audit->broken = broken;
    (void)pthread_mutex_unlock(&audit->mutex);
}

static void show_head(struct audit *audit)
{
    (void)pthread_mutex_lock(&audit->mutex);
    audit->shown = audit->head;
    (void)pthread_mutex_unlock(&audit->mutex);
}

static void handle_jobs(struct audit *audit, struct audit_job *jobs)
{
    struct err err = {0};
    if (!audit_works(audit)) {
        audit_hold(&audit->held, jobs);
    } else if (write_jobs(audit, jobs, &err)) {
        show_head(audit);
        audit_jobs_finish(jobs, true);
    } else {
        log_err(LOG_LEVEL_ERROR, "audit_failed", &err);
        set_broken(audit, true);
        audit_hold(&audit->held, jobs);
    }
}

/* Whether the store takes entries again. */
static void retry(struct audit *audit)
{
    struct err err = {0};
    struct audit_job *jobs = audit->held.first;
    if (audit_works(audit)) return;
    if (!write_jobs(audit, jobs, &err)) {
        log_err(LOG_LEVEL_DEBUG, "audit_failed", &err);
        return;
    }
    log_info("audit_recovered", "held=%zu", audit->held.count);
    audit->held = (struct audit_held){0};
    show_head(audit);
    audit_jobs_finish(jobs, true);
    set_broken(audit, false);
}

/* Gets at the store as for an entry: another process may sit on it. A disk that is full is no
 * standstill; that is seen to by retry. */
static void prove(struct audit *audit)
{
    struct store_txn *txn = NULL;
    struct err err = {0};
    (void)pthread_mutex_lock(&audit->mutex);
    void (*beat)(void *ctx) = audit->beat;
    void *ctx = audit->beat_ctx;
    audit->beat = NULL;
    (void)pthread_mutex_unlock(&audit->mutex);
    if (!beat) return;
    if (store_begin(audit->store, true, &txn, &err)) store_abort(txn);
    beat(ctx);
}

static void *write_entries(void *arg)
{
    struct audit *audit = arg;
    (void)pthread_mutex_lock(&audit->mutex);
    for (;;) {
        struct audit_job *jobs = audit->first;
        bool due = audit->checkpoint_due;
        bool again = audit->retry_due;
        audit->first = audit->last = NULL;
        audit->busy = jobs || due || again || audit->beat;
        audit->checkpoint_due = audit->retry_due = false;
        if (audit->busy) {
            (void)pthread_mutex_unlock(&audit->mutex);
            if (again) retry(audit);
            if (jobs) handle_jobs(audit, jobs);
            if (due) write_checkpoint(audit, false);
            prove(audit);
            (void)pthread_mutex_lock(&audit->mutex);
        } else if (audit->stopping) {
            break;
        } else {
            (void)pthread_cond_broadcast(&audit->idle);
            (void)pthread_cond_wait(&audit->wake, &audit->mutex);
        }
    }
    (void)pthread_mutex_unlock(&audit->mutex);
    retry(audit);
    if (audit->held.count > 0) log_error("audit_lost", "entries=%zu", audit->held.count);
    audit_jobs_finish(audit->held.first, false);
    write_checkpoint(audit, true);
    return NULL;
}

/* ---- life ---- */

bool audit_start(struct store *store, const struct identity *identity, struct audit **out,
                 struct err *err)
{
    struct store_txn *txn = NULL;
    struct log_head head;
    if (!store_begin(store, false, &txn, err)) return false;
    bool ok = audit_read_end(txn, &head, err);
    store_abort(txn);
    if (!ok) return false;
    struct audit *audit = mem_new(struct audit);
    audit->store = store;
    audit->identity = identity;
    audit->head = audit->shown = head;
    audit->next_checkpoint_ms = clock_steady_ms() + AUDIT_CHECKPOINT_AFTER_MS;
    REQUIRE(pthread_mutex_init(&audit->mutex, NULL) == 0 &&
            pthread_cond_init(&audit->wake, NULL) == 0 &&
            pthread_cond_init(&audit->idle, NULL) == 0 &&
            pthread_create(&audit->thread, NULL, write_entries, audit) == 0);
    *out = audit;
    return true;
}

void audit_stop(struct audit *audit)
{
    if (!audit) return;
    (void)pthread_mutex_lock(&audit->mutex);
    audit->stopping = true;
    (void)pthread_cond_signal(&audit->wake);
    (void)pthread_mutex_unlock(&audit->mutex);
    (void)pthread_join(audit->thread, NULL);
    (void)pthread_cond_destroy(&audit->wake);
    (void)pthread_cond_destroy(&audit->idle);
    (void)pthread_mutex_destroy(&audit->mutex);
    free(audit);
}

static void queue(struct audit *audit, struct audit_job *job)
{
    job->time_ms = clock_wall_ms();
    (void)pthread_mutex_lock(&audit->mutex);
    if (audit->last) {
        audit->last->next = job;
    } else {
        audit->first = job;
    }
    audit->last = job;
    (void)pthread_cond_signal(&audit->wake);
    (void)pthread_mutex_unlock(&audit->mutex);
}

void audit_add(struct audit *audit, enum audit_kind kind, struct buf *fields)
{
    struct audit_job *job = mem_new(struct audit_job);
    job->request.kind = kind;
    job->fields = *fields;
    *fields = (struct buf){0};
    queue(audit, job);
}

void audit_ask(struct audit *audit, const struct audit_request *request)
{
    struct audit_job *job = mem_new(struct audit_job);
    REQUIRE(request->done);
    job->request = *request;
    queue(audit, job);
}

void audit_tick(struct audit *audit, int64_t now_ms)
{
    (void)pthread_mutex_lock(&audit->mutex);
    if (now_ms >= audit->next_checkpoint_ms) {
        audit->next_checkpoint_ms = now_ms + AUDIT_CHECKPOINT_AFTER_MS;
        audit->checkpoint_due = true;
        (void)pthread_cond_signal(&audit->wake);
    }
    if (audit->broken) {
        audit->retry_due = true;
        (void)pthread_cond_signal(&audit->wake);
    }
    (void)pthread_mutex_unlock(&audit->mutex);
}

void audit_prove(struct audit *audit, void (*beat)(void *ctx), void *ctx)
{
    (void)pthread_mutex_lock(&audit->mutex);
    audit->beat = beat;
    audit->beat_ctx = ctx;
    (void)pthread_cond_signal(&audit->wake);
    (void)pthread_mutex_unlock(&audit->mutex);
}

bool audit_works(struct audit *audit)
{
    (void)pthread_mutex_lock(&audit->mutex);
    bool works = !audit->broken;
    (void)pthread_mutex_unlock(&audit->mutex);
    return works;
}

struct log_head audit_head_now(struct audit *audit)
{
    (void)pthread_mutex_lock(&audit->mutex);
    struct log_head head = audit->shown;
    (void)pthread_mutex_unlock(&audit->mutex);
    return head;
}

struct log_head audit_flush(struct audit *audit)
{
    (void)pthread_mutex_lock(&audit->mutex);
    while (audit->first || audit->busy || audit->checkpoint_due || audit->retry_due) {
        (void)pthread_cond_wait(&audit->idle, &audit->mutex);
    }
    struct log_head head = audit->head;
    (void)pthread_mutex_unlock(&audit->mutex);
    return head;
}
