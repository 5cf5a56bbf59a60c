/* SPDX-License-Identifier: Apache-2.0
 * The stream to the matcher, dialled out: hello, welcome, then queries and receipts. Reconnects by
 * itself with jittered, growing pauses. One thread owns a link and calls all its functions.
 */
#ifndef HEARTH_AGENT_LINK_H
#define HEARTH_AGENT_LINK_H

#include "agent/answer.h"

enum {
    LINK_PAUSE_MIN_MS = 200,
    LINK_PAUSE_MAX_MS = 30000,
    LINK_WELCOME_MS = 30000 /* from dialling to the matcher's welcome */
};

/* The pause before the next attempt: doubles from the shortest to the longest with each failure
 * since the last welcome, and is the longest for a refusal that time alone does not mend; between
 * half of that and all of it, by `chance` (uniform). */
int64_t link_pause_ms(unsigned failures, bool refused, uint32_t chance);

struct link_parts { /* all outlive the link */
    const char *target, *matcher_id;
    const struct identity *identity;
    struct trust *trust;
    const struct catalogue *catalogue;
    struct checker *checker;
    struct answerer *answerer;
    struct keeper *keeper;   /* of receipts */
    int wake_fd;             /* an eventfd that is written to when link_step is wanted */
    struct metrics *metrics; /* NULL: nothing is counted */
};
struct link;
struct link *link_new(const struct link_parts *parts);
/* Ends the stream, waits for its callbacks, frees. */
void link_free(struct link *link);
/* Dials, or cleans up after a stream that has ended. Returns how many milliseconds may pass until
 * it is to be called again, if wake_fd does not ask for it earlier. */
int64_t link_step(struct link *link);
bool link_attached(struct link *link);
/* Ends the stream, to dial anew: the identity has another certificate. */
void link_renew(struct link *link);
/* Ends the stream where the matcher's certificate is not good any more. One that has expired may
 * have been renewed: then it is dialled anew soon. */
void link_recheck(struct link *link);

#endif
