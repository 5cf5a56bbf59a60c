/* SPDX-License-Identifier: Apache-2.0
 * The calling side of figures (proto/figures.proto): a contributor at matcher and hub, a hub at the
 * matcher. For one thread; blocking. rpc_start must have been called.
 */
#ifndef HEARTH_FIGURES_DIAL_H
#define HEARTH_FIGURES_DIAL_H

#include "proto/figures/collection.h"
#include "proto/figures/contributor.h"
#include "proto/rpc/rpc.h"

#define METHOD_FIGURES "/hearth.v1.Figures/Exchange"

struct dial_parts { /* all outlive it */
    const struct identity *identity;
    struct trust *trust;
    const char *target; /* "host:port" */
    enum role role;     /* of who answers: ROLE_MATCHER or ROLE_HUB */
    const char *id;     /* its organisation id */
};
struct dial;
/* Connects and greets. Errors as exchange_open (proto/mail/exchange.h); dial_close frees. */
MUST_CHECK bool dial_open(const struct dial_parts *parts, struct dial **out, struct err *err);
void dial_close(struct dial *dial);
/* From any thread: whatever the dial waits for returns soon with ERR_UNAVAILABLE. */
void dial_stop(struct dial *dial);
/* Of who answers; valid while it is open. */
const struct certificate *dial_peer(const struct dial *dial);

/* Contributor at the matcher: takes the list; every manifest is checked and noted, every release
 * looked at. *left_out counts contributions that a release leaves out. What does not check is
 * logged and passed over. */
MUST_CHECK bool dial_list(struct dial *dial, struct contributor *contributor, size_t *manifests,
                          size_t *left_out, struct err *err);
/* Puts one contribution and waits for its receipt, which is of the peer and of that contribution.
 * ERR_EXPIRED, ERR_DENIED, ERR_EXISTS, ERR_INVALID: refused for good; else worth another try:
 * ERR_UNAVAILABLE where the stream has ended or an answer makes no sense, the others where the peer
 * has refused it and goes on. signed_bytes_free frees `receipt`. */
MUST_CHECK bool dial_put(struct dial *dial, const struct signed_bytes *contribution,
                         struct signed_bytes *receipt, struct err *err);

/* Hub at the matcher. The matcher's answer is not checked here: see collection_agreed. Errors: the
 * reason of a refusal (collection_agree), or ERR_UNAVAILABLE. */
MUST_CHECK bool dial_propose(struct dial *dial, const struct signed_bytes *manifest,
                             struct signed_bytes *release_key, struct err *err);
/* Offers the hub's set, takes what it lacks into the collection, passes on what the matcher lacks,
 * then wants the sum half-opened. *taken and *passed count (added to). opened_free. What one side
 * does not take of the other is logged; then the sets differ, which is ERR_INVALID (field
 * "set_hash"). Errors: the reason of a refusal (collection_half_open), those of the collection, or
 * ERR_UNAVAILABLE. */
MUST_CHECK bool dial_release(struct dial *dial, struct collection *collection,
                             const uint8_t manifest_hash[HASH_BYTES],
                             const struct figures_table *table, struct opened *out, size_t *taken,
                             size_t *passed, struct err *err);

/* ---- everything that a contributor does, in one go ---- */
struct contribute_counts {
    size_t manifests, made, refused_by_budget, taken_by_matcher, taken_by_hub, late, late_by_clock,
        waiting, left_out;
};
/* List, prepare what is due for every joined hub, send to matcher and hubs what waits. A hub that
 * cannot be reached leaves its copies waiting and is no error. Where the matcher cannot be reached,
 * what waits for hubs is sent all the same, and then the matcher's error is returned; where it was
 * stopped, ERR_UNAVAILABLE. *counts are filled in either way; `late` and `waiting` count copies:
 * late_by_clock those of the late ones for which it is not too late by this clock. They are kept,
 * and are not among the waiting. */
struct contribute_parts {
    struct contributor *contributor;
    const struct identity *identity;
    struct trust *trust;
    const char *matcher_target, *matcher_id;
    int stop_fd; /* -1, or an eventfd: once readable (it is not read) it ends soon */
};
MUST_CHECK bool contribute(const struct contribute_parts *parts, struct contribute_counts *counts,
                           struct err *err);

#endif
