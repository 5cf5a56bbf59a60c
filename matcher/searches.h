/* SPDX-License-Identifier: Apache-2.0
 * The registry of open searches: how many there are, which one a query hash belongs to, and whose
 * turn it is. Only so many are worked on at once, so that each of them gets the processors while
 * its agents' and its LA's times run; the others wait, each LA's turn coming before that of an LA
 * which has more in work already, and the longer-waiting first.
 */
#ifndef HEARTH_MATCHER_SEARCHES_H
#define HEARTH_MATCHER_SEARCHES_H

#include "proto/crypto/message.h"

struct search;
struct searches;

enum {
    /* A query waits at most that long for its turn: it is valid for QUERY_LIFETIME_MS. */
    SEARCHES_WAIT_MAX_MS = 100000,
    SEARCHES_RETRY_MS = 10000 /* the least time after which a refused LA is told to try again */
};

struct searches_limits {
    uint32_t max, max_per_la; /* open ones */
    uint32_t at_once;         /* in work */
};
struct searches *searches_new(const struct searches_limits *limits);
void searches_free(struct searches *searches); /* must be empty */
/* Takes a reference of the search until searches_leave. ERR_BUDGET, with a time after which to try
 * again, where too many are open, or where so many wait that its turn would come too late. */
MUST_CHECK bool searches_enter(struct searches *searches, struct search *search, const char *la,
                               struct err *err);
/* The query's hash, from when on searches_find knows it. */
void searches_name(struct searches *searches, struct search *search,
                   const uint8_t hash[HASH_BYTES]);
/* True: the search is in work from now on, until it leaves. False: it waits until searches_leave of
 * another one gives it back. now_ms: of the steady clock. */
MUST_CHECK bool searches_begin(struct searches *searches, struct search *search, int64_t now_ms);
/* Forgets the search; twice is harmless. Gives the one whose turn it is, in work from now on, with
 * a reference, or NULL. */
MUST_CHECK struct search *searches_leave(struct searches *searches, struct search *search,
                                         int64_t now_ms);
/* How many wait, and how many are in work. */
void searches_turns(struct searches *searches, size_t *waiting, size_t *in_work);
/* After how long it is worth trying again where those that wait would keep one too long. */
int64_t searches_retry_ms(struct searches *searches);
/* A reference to the search with that query hash, or NULL. */
struct search *searches_find(struct searches *searches, const uint8_t hash[HASH_BYTES]);
size_t searches_count(struct searches *searches);
/* All of them with a reference each; the caller lets each go and frees the array. */
struct search **searches_list(struct searches *searches, size_t *count);

#endif
