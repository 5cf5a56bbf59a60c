/* SPDX-License-Identifier: Apache-2.0
 * Entries of the audit log on their way: queued, written, held while the store takes none. For
 * matcher/audit.c alone.
 */
#ifndef HEARTH_MATCHER_AUDIT_JOBS_H
#define HEARTH_MATCHER_AUDIT_JOBS_H

#include "matcher/audit.h"

struct audit_job {
    struct audit_request request; /* `done` NULL: nobody waits for it */
    int64_t time_ms;              /* wall clock, when it was queued */
    struct buf fields;
    struct log_head after; /* once it is written */
    struct audit_job *next;
};

/* Puts a list of them, in order, and the head after them. head: before and after. */
MUST_CHECK bool audit_jobs_write(struct store_txn *txn, struct audit_job *jobs,
                                 struct log_head *head, struct err *err);
/* Tells who waits, and frees a list. */
void audit_jobs_finish(struct audit_job *jobs, bool ok);

/* What could not be written, in order: it goes before all others, once it can be. None of it has a
 * `build`, whose work could not be done twice. Zero-initialise. */
struct audit_held {
    struct audit_job *first;
    size_t count;
};
/* Takes a list that could not be written. What somebody waits for has failed. What tells of things
 * that were done is held, because it has to be in the log: little of it comes while nothing new is
 * begun, and past AUDIT_HELD_MAX only how much is missing can be told. */
void audit_hold(struct audit_held *held, struct audit_job *jobs);

#endif
