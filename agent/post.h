/* SPDX-License-Identifier: Apache-2.0
 * The mailbox of a running `serve`: a thread that stays connected, takes what comes and sends what
 * is written, also by other programs with the same home. After a failure it pauses as the link does
 * (link_pause_ms), but looks again as soon as something new is to be sent.
 */
#ifndef HEARTH_AGENT_POST_H
#define HEARTH_AGENT_POST_H

#include "proto/mail/exchange.h"
#include "proto/metrics/metrics.h"

struct post_parts { /* all outlive the thread */
    const struct identity *identity;
    struct trust *trust;
    struct correspondence *correspondence;
    const char *target, *matcher_id;
    struct metrics *metrics; /* NULL: nothing is counted */
};
struct post;
/* rpc_start must have been called. */
struct post *post_start(const struct post_parts *parts);
/* Ends the exchange, joins, frees; NULL is fine. */
void post_stop(struct post *post);
/* Trust has changed: connects anew, so that certificates are checked again. */
void post_recheck(struct post *post);

/* Around what other threads do with the correspondence: its file is not rewritten meanwhile. */
void post_enter(struct post *post);
void post_leave(struct post *post);
/* What was removed is to be erased from the file: between two streams the thread rewrites it, if no
 * other program has it open. It also does so when it starts, where that is still wanted. */
void post_rewrite(struct post *post);
/* Whether that is still to be done. */
bool post_wants_rewrite(struct post *post);

/* Has beat(ctx) run once by the thread, within seconds; while it waits for an answer of the
 * matcher, within the time that the matcher has for one. It must not block. One at a time. */
void post_ask(struct post *post, void (*beat)(void *ctx), void *ctx);

/* Logs what has happened to a message: ids only. For exchange_parts.changed; ctx is not used. */
void post_log(const struct entry *entry, void *ctx);
/* Incoming messages that nobody has looked at. */
MUST_CHECK bool post_unread(struct correspondence *correspondence, size_t *out, struct err *err);

#endif
