/* SPDX-License-Identifier: Apache-2.0
 * A party's side of its mailbox at the matcher (docs/mail.md "The stream"): sends what waits in its
 * correspondence, stores what comes, and only then acknowledges it. For one thread; blocking.
 */
#ifndef HEARTH_MAIL_EXCHANGE_H
#define HEARTH_MAIL_EXCHANGE_H

#include "proto/mail/correspondence.h"
#include "proto/rpc/rpc.h"

#define METHOD_MAIL "/hearth.v1.Matcher/Mail"

struct exchange_parts { /* all outlive the exchange */
    const struct identity *identity;
    struct trust *trust;
    struct correspondence *correspondence;
    const char *target;     /* "host:port" */
    const char *matcher_id; /* organisation id */
    /* Told of each message that was stored for the first time, and of each outgoing one whose state
     * has changed; may be NULL. */
    void (*changed)(const struct entry *entry, void *ctx);
    void *changed_ctx;
    /* Called before each wait for the matcher, which in exchange_attend is twice a second: the
     * thread is alive. May be NULL. */
    void (*looks)(void *ctx);
    void *looks_ctx;
};

struct exchange_counts {
    size_t accepted, refused; /* outgoing */
    size_t received;          /* incoming, for the first time */
    size_t noticed;           /* outgoing of which something was learnt */
    size_t unreadable; /* incoming that could not be opened or verified: left with the matcher */
};

struct exchange;
/* Connects, without waiting for an answer: exchange_greet has to come first then. For who wants to
 * be able to stop it all the while (exchange_stop). ERR_INVALID as talk_open. */
MUST_CHECK bool exchange_start(const struct exchange_parts *parts, struct exchange **out,
                               struct err *err);
/* Waits for the matcher's welcome, 30 s at most. Errors as exchange_open. */
MUST_CHECK bool exchange_greet(struct exchange *exchange, struct err *err);
/* Connects and greets. Errors: ERR_UNAVAILABLE (matcher unreachable, or its answer does not
 * verify), ERR_UNAUTHENTICATED / ERR_DENIED / ERR_EXPIRED (refused), ERR_VERSION. exchange_close
 * frees; NULL is fine. rpc_start must have been called. */
MUST_CHECK bool exchange_open(const struct exchange_parts *parts, struct exchange **out,
                              struct err *err);
void exchange_close(struct exchange *exchange);

/* The certificate of another party as the matcher last saw it, checked against the Authority.
 * ERR_NOT_FOUND where the matcher knows none. certificate_free frees. */
MUST_CHECK bool exchange_party(struct exchange *exchange, enum role role, const char *organisation,
                               struct certificate *out, struct err *err);

/* Sends everything that is queued and takes everything that waits; returns when the matcher has
 * confirmed the one and nothing is left of the other. *counts are added to. */
MUST_CHECK bool exchange_settle(struct exchange *exchange, struct exchange_counts *counts,
                                struct err *err);

/* After exchange_settle: takes what comes and sends what is newly queued, until exchange_stop was
 * called (true) or the stream ends (false: err says why). */
MUST_CHECK bool exchange_attend(struct exchange *exchange, struct exchange_counts *counts,
                                struct err *err);
/* From any thread: exchange_attend, or whatever the exchange waits for, returns soon. */
void exchange_stop(struct exchange *exchange);

#endif
