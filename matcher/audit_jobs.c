/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/audit_jobs.h"

#include <stdlib.h>

#include "proto/base/log.h"

static bool write_job(struct store_txn *txn, struct audit_job *job, struct log_head *head,
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

bool audit_jobs_write(struct store_txn *txn, struct audit_job *jobs, struct log_head *head,
                      struct err *err)
{
    for (struct audit_job *job = jobs; job; job = job->next) {
        if (!write_job(txn, job, head, err)) return false;
    }
    return audit_write_head(txn, head, err);
}

void audit_jobs_finish(struct audit_job *jobs, bool ok)
{
    while (jobs) {
        struct audit_job *next = jobs->next;
        if (jobs->request.done) jobs->request.done(ok, &jobs->after, jobs->request.ctx);
        buf_free(&jobs->fields);
        free(jobs);
        jobs = next;
    }
}

void audit_hold(struct audit_held *held, struct audit_job *jobs)
{
    struct audit_job **end = &held->first;
    while (*end) end = &(*end)->next;
    while (jobs) {
        struct audit_job *next = jobs->next;
        jobs->next = NULL;
        if (jobs->request.done || held->count >= AUDIT_HELD_MAX) {
            if (!jobs->request.done) log_error("audit_lost", "kind=%d", (int)jobs->request.kind);
            audit_jobs_finish(jobs, false);
        } else {
            *end = jobs;
            end = &jobs->next;
            held->count++;
        }
        jobs = next;
    }
}
