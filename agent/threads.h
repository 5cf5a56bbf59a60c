/* SPDX-License-Identifier: Apache-2.0
 * The correspondence as threads: a referral and what followed it.
 */
#ifndef HEARTH_AGENT_THREADS_H
#define HEARTH_AGENT_THREADS_H

#include "proto/mail/correspondence.h"

struct thread {
    const struct entry *first, *last;
    const struct entry *referral; /* the latest, or NULL where there is none */
    const struct entry *answer;   /* this agency's latest, or NULL */
    size_t unread;
    bool closed; /* the LA has withdrawn */
};
struct threads {
    struct entry *entries; /* in the order of numbers */
    size_t entry_count;
    struct thread *items; /* in the order of their first entries */
    size_t count;
};
/* All threads; threads_free wipes and frees. */
MUST_CHECK bool threads_read(struct correspondence *correspondence, struct threads *out,
                             struct err *err);
void threads_free(struct threads *threads);
/* By the number of its first entry, or the start of its id in hex, at least 4 digits.
 * ERR_NOT_FOUND; ERR_INVALID (field "id") where several fit. */
MUST_CHECK bool threads_find(const struct threads *threads, const char *id,
                             const struct thread **out, struct err *err);
/* Whether the entry belongs to the thread. A message of another LA under its id does not, whatever
 * the matcher let through: it gets a thread of its own. */
bool thread_has(const struct thread *thread, const struct entry *entry);
/* "3 d", "5 h", "12 min": how long ago. */
enum { AGE_TEXT = 24 };
const char *thread_age(int64_t since_ms, int64_t now_ms, char out[AGE_TEXT]);

#endif
