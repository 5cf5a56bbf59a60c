/* SPDX-License-Identifier: Apache-2.0
 * The thread of serve that contributes figures: at the start, every hour, and when the window of a
 * joined hub opens. A matcher that cannot be reached is tried again after growing pauses.
 */
#ifndef HEARTH_AGENT_FIGURES_POST_H
#define HEARTH_AGENT_FIGURES_POST_H

#include "proto/figures/dial.h"
#include "proto/metrics/metrics.h"

enum {
    FIGURES_POST_HOUR_MS = 3600000,
    FIGURES_POST_PAUSE_MIN_MS = 30000, /* after a failure; doubles up to an hour */
    FIGURES_POST_JITTER_MS = 120000    /* at most, after a window opens: not all agencies at once */
};

struct figures_post_parts {          /* all outlive the thread */
    struct contributor *contributor; /* the thread's own */
    const struct identity *identity;
    struct trust *trust;
    const char *target, *matcher_id;
    struct metrics *metrics; /* NULL: nothing is counted */
};
struct figures_post;
/* rpc_start must have been called. ERR_IO where there is no eventfd to be had. */
MUST_CHECK bool figures_post_start(const struct figures_post_parts *parts,
                                   struct figures_post **out, struct err *err);
/* Ends what it does, joins, frees; NULL is fine. */
void figures_post_stop(struct figures_post *post);

/* The pause before the next round: after `failures` in a row (0: the last one went well), with
 * opens_in_ms to the next window (negative: none is to come), by `chance` (uniform). */
int64_t figures_post_pause_ms(unsigned failures, int64_t opens_in_ms, uint32_t chance);

#endif
