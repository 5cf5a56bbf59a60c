/* SPDX-License-Identifier: Apache-2.0
 * An LA's correspondence as threads (docs/mail.md "Contents"): with which agency, about which
 * search, and how it stands.
 */
#ifndef HEARTH_CLIENT_THREADS_H
#define HEARTH_CLIENT_THREADS_H

#include "client/records_kept.h"
#include "proto/mail/correspondence.h"

enum thread_state {
    THREAD_QUEUED = 1, /* the referral is written down here; the matcher does not have it yet */
    THREAD_ACCEPTED,   /* the matcher has it */
    THREAD_TAKEN,      /* the agency has it */
    THREAD_REFUSED,    /* the matcher would not take it, or the agency could not open it */
    THREAD_EXPIRED,    /* the agency did not take it in time */
    THREAD_OFFER,      /* the agency's last answer */
    THREAD_DECLINE,
    THREAD_QUESTION,
    THREAD_WITHDRAWN, /* the LA has withdrawn it */
    THREAD_PLACED     /* the child is placed with this agency */
};
const char *thread_state_name(enum thread_state state); /* "offer" */
/* No answer is expected any more, and nothing more is said in it: a further referral begins
 * another. */
bool thread_is_closed(enum thread_state state);

enum { THREAD_PREFIX_MIN = 4 /* hex digits */ };

struct thread {
    uint8_t id[MAIL_ID_BYTES];
    char agency[ID_MAX + 1], name[NAME_MAX_BYTES + 1];
    uint8_t query_hash[HASH_BYTES]; /* that the referral named */
    bool known;                     /* its search is in the records */
    uint8_t search[HASH_BYTES];     /* name of it */
    enum referral_stage stage;      /* the fullest that was sent */
    enum thread_state state;
    int64_t since_ms;            /* when the state came about */
    int64_t opened_ms;           /* when the first referral was written */
    char why[200];               /* of THREAD_REFUSED */
    char refusal[200];           /* why the LA's last message did not go; empty where it did */
    char reason[REASON_MAX + 1]; /* of THREAD_DECLINE */
    size_t messages, unread;     /* entries; incoming ones that were not shown */
    uint64_t last_number;        /* of the entry written last */
};

/* All threads, the one that was opened first at the front, and what they consist of. */
struct threads {
    struct thread *list;
    size_t count;
    struct entry *entries; /* ascending */
    size_t entry_count;
};
/* Reads both stores. threads_free frees and wipes. */
MUST_CHECK bool threads_load(struct correspondence *correspondence, struct records *records,
                             struct threads *out, struct err *err);
void threads_free(struct threads *threads);

/* The thread that a person means: the start of its id in hex. ERR_NOT_FOUND; ERR_INVALID where
 * several begin so, or it is too short. Field "thread". */
MUST_CHECK bool threads_find(const struct threads *threads, const char *text,
                             const struct thread **out, struct err *err);
/* The last thread of that search with that agency, or NULL. */
const struct thread *threads_with(const struct threads *threads, const uint8_t search[HASH_BYTES],
                                  const char *agency);
/* Whether the entry belongs to the thread. A message of another agency under its id does not: it
 * gets a thread of its own. */
bool thread_has(const struct thread *thread, const struct entry *entry);
/* The first 8 digits of its id: what is shown. */
enum { THREAD_SHORT = 9 };
void thread_short_id(const struct thread *thread, char out[THREAD_SHORT]);

#endif
