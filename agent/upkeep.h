/* SPDX-License-Identifier: Apache-2.0
 * Retention while `serve` runs: once a day what is older than keep_days is removed from
 * correspondence and kept replies, on a thread of its own; and files are rewritten where that, or
 * an erasure, has asked for it.
 */
#ifndef HEARTH_AGENT_UPKEEP_H
#define HEARTH_AGENT_UPKEEP_H

#include "agent/post.h"
#include "agent/replies.h"

struct upkeep_parts { /* all outlive it */
    struct replies *replies;
    struct correspondence *correspondence;
    struct post *post;
    int keep_days;
};
struct upkeep;
struct upkeep *upkeep_start(const struct upkeep_parts *parts);
/* Finishes what is under way, frees; NULL is fine. */
void upkeep_stop(struct upkeep *upkeep);
/* To be called every second or so, by one thread; never blocks. */
void upkeep_tick(struct upkeep *upkeep);

#endif
