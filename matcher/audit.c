/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/audit.h"

#include <pthread.h>
#include <stdlib.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

struct job {
    struct audit_request request;
    int64_t time_ms;
    struct buf fields;
    struct log_head after;
    struct job *next;
};

struct audit {
    struct store *store;
    pthread_mutex_t mutex;
    pthread_cond_t wake, idle;
    struct job *first, *last;
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
    struct job *held;       /* what could not be written, in order; written first, once it can be */
    size_t held_count;
    pthread_t thread;
};

/* ---- writing ---- */

static bool write_job(struct store_txn *txn, struct job *job, struct log_head *head,
                      struct err *err)
{
    if (job->request.build) job->request.build(&job->fields, head, job->request.ctx);
    struct buf entry = {0};
    uint8_t key[8];
    audit_entry_make(&entry, head->length + 1, head->hash, job->time_ms, job->request.kind,
                     &job->fields, head->hash);
    head->length++;
    store_key_u64(key, head->length);
    bool ok = store_put(txn, AUDIT_TABLE_LOG, key, sizeof key, entry.data, entry.len, err);
    job->after = *head;
    buf_free(&entry);
    return ok;
}

/* With the first entries since the start, and then every AUDIT_CHECKPOINT_EVERY. */
static bool wants_checkpoint(const struct audit *audit, const struct log_head *head)
{
    return audit->kept_length == 0 ||
           head->length / AUDIT_CHECKPOINT_EVERY > audit->kept_length / AUDIT_CHECKPOINT_EVERY;
}

static bool write_all(struct store_txn *txn, struct job *jobs, struct log_head *head,
                      struct err *err)
{
    for (struct job *job = jobs; job; job = job->next) {
        if (!write_job(txn, job, head, err)) return false;
    }
    return audit_write_head(txn, head, err);
}

static bool write_jobs(struct audit *audit, struct job *jobs, struct err *err)
{
    struct log_head head = audit->head;
    struct store_txn *txn = NULL;
    if (!store_begin(audit->store, true, &txn, err)) return false;
    bool ok = write_all(txn, jobs, &head, err);
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

static void finish_jobs(struct job *jobs, bool ok)
{
    while (jobs) {
        struct job *next = jobs->next;
        if (jobs->request.done) jobs->request.done(ok, &jobs->after, jobs->request.ctx);
        buf_free(&jobs->fields);
        free(jobs);
        jobs = next;
    }
}

/* ---- while the store takes nothing ---- */

static void set_broken(struct audit *audit, bool broken)
{
    (void)pthread_mutex_lock(&audit->mutex);
    audit->broken = broken;
    (void)pthread_mutex_unlock(&audit->mutex);
}

/* What somebody waits for has failed. What tells of things that were done is held, because it has
 * to be in the log: little of it comes while nothing new is begun, and past AUDIT_HELD_MAX only how
 * much is missing can be told. */
static void hold(struct audit *audit, struct job *jobs)
{
    struct job **end = &audit->held;
    while (*end) end = &(*end)->next;
    while (jobs) {
        struct job *next = jobs->next;
        jobs->next = NULL;
        if (jobs->request.done || audit->held_count >= AUDIT_HELD_MAX) {
            if (!jobs->request.done) log_error("audit_lost", "kind=%d", (int)jobs->request.kind);
            finish_jobs(jobs, false);
        } else {
            *end = jobs;
            end = &jobs->next;
            audit->held_count++;
        }
        jobs = next;
    }
}

static void show_head(struct audit *audit)
{
    (void)pthread_mutex_lock(&audit->mutex);
    audit->shown = audit->head;
    (void)pthread_mutex_unlock(&audit->mutex);
}

/* The held ones go before; none of them has a `build`, whose work could not be done twice. */
static void handle_jobs(struct audit *audit, struct job *jobs)
{
    struct err err = {0};
    if (!audit_works(audit)) {
        hold(audit, jobs);
    } else if (write_jobs(audit, jobs, &err)) {
        show_head(audit);
        finish_jobs(jobs, true);
    } else {
        log_err(LOG_LEVEL_ERROR, "audit_failed", &err);
        set_broken(audit, true);
        hold(audit, jobs);
    }
}

/* Whether the store takes entries again. */
static void retry(struct audit *audit)
{
    struct err err = {0};
    struct job *jobs = audit->held;
    if (audit_works(audit)) return;
    if (!write_jobs(audit, jobs, &err)) {
        log_err(LOG_LEVEL_DEBUG, "audit_failed", &err);
        return;
    }
    log_info("audit_recovered", "held=%zu", audit->held_count);
    audit->held = NULL;
    audit->held_count = 0;
    show_head(audit);
    finish_jobs(jobs, true);
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
        struct job *jobs = audit->first;
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
    if (audit->held_count > 0) log_error("audit_lost", "entries=%zu", audit->held_count);
    finish_jobs(audit->held, false);
    write_checkpoint(audit, true);
    return NULL;
}

/* ---- life ---- */

/* The stored head has to be the last entry's, else the chain would be continued from a forged end.
 */
static bool read_end(struct store_txn *txn, struct log_head *head, struct err *err)
{
    const uint8_t *key = NULL, *value = NULL;
    size_t key_len = 0, len = 0;
    bool found = false;
    struct audit_entry entry;
    if (!audit_read_head(txn, head, err)) return false;
    if (!store_last(txn, AUDIT_TABLE_LOG, &key, &key_len, &value, &len, &found, err)) return false;
    bool intact = !found && head->length == 0;
    if (found) {
        intact = audit_entry_decode(value, len, &entry, err) && entry.number == head->length &&
                 sodium_memcmp(entry.hash, head->hash, HASH_BYTES) == 0;
    }
    return intact || err_set(err, ERR_CORRUPT, HOME_AUDIT,
                             "the end of the audit log is not intact; \"hearth-matcher audit "
                             "verify\" names the first bad entry");
}

bool audit_start(struct store *store, const struct identity *identity, struct audit **out,
                 struct err *err)
{
    struct store_txn *txn = NULL;
    struct log_head head;
    if (!store_begin(store, false, &txn, err)) return false;
    bool ok = read_end(txn, &head, err);
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

static void queue(struct audit *audit, struct job *job)
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
    struct job *job = mem_new(struct job);
    job->request.kind = kind;
    job->fields = *fields;
    *fields = (struct buf){0};
    queue(audit, job);
}

void audit_ask(struct audit *audit, const struct audit_request *request)
{
    struct job *job = mem_new(struct job);
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
