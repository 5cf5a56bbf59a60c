/* SPDX-License-Identifier: Apache-2.0
 * Answer reliability (docs/mail.md): how often an agency answers referrals in time, from what the
 * mailboxes remember of threads. The ranking's third key.
 */
#ifndef HEARTH_MATCHER_RELIABILITY_H
#define HEARTH_MATCHER_RELIABILITY_H

#include "matcher/mailbox.h"

enum { RELIABILITY_LEAST = 3 }; /* with fewer referrals that count an agency is a newcomer */

struct reliability_tally {
    uint32_t counted, in_time;
};
/* Adds a thread, if it counts at now_ms. */
void reliability_add(struct reliability_tally *tally, const struct mail_thread *thread,
                     uint32_t answer_hours, int64_t now_ms);
/* 0 (RELIABILITY_TOP, newcomers too) to RELIABILITY_CLASSES - 1. */
unsigned reliability_class(const struct reliability_tally *tally);

/* All agencies at one moment: immutable, reference counted. */
struct reliability;
MUST_CHECK bool reliability_read(struct mailbox *mailbox, uint32_t answer_hours, int64_t now_ms,
                                 struct reliability **out, struct err *err);
struct reliability *reliability_ref(struct reliability *reliability);
void reliability_unref(struct reliability *reliability); /* NULL is fine */
/* The class of an agency; of one without referrals RELIABILITY_TOP. */
unsigned reliability_of(const struct reliability *reliability, const char *agency);

/* ---- what is in force, worked out anew every minute. Thread-safe. ---- */
enum { ANSWERING_PERIOD_MS = 60000 };
struct answering;
/* mailbox outlives it. */
MUST_CHECK bool answering_start(struct mailbox *mailbox, uint32_t answer_hours,
                                struct answering **out, struct err *err);
void answering_stop(struct answering *answering); /* NULL is fine */
/* Works it out anew where a period is over at `steady_ms`; what was known stays where the store
 * cannot be read, which is logged. From one thread. */
void answering_tick(struct answering *answering, int64_t steady_ms);
/* A reference to what is in force. */
struct reliability *answering_now(struct answering *answering);

#endif
