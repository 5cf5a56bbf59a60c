/* SPDX-License-Identifier: Apache-2.0
 * Retention while `serve` runs: once a day what is older than keep_days is removed from
 * correspondence and kept replies, on a thread of its own; and files are rewritten where that, or
 * an erasure, has asked for it.
 */
#ifndef HEARTH_AGENT_UPKEEP_H
#define HEARTH_AGENT_UPKEEP_H

#include "agent/replies.h"
#include "proto/mail/correspondence.h"

struct upkeep;
/* All outlive it. */
struct upkeep *upkeep_start(struct replies *replies, struct correspondence *correspondence,
                            int keep_days);
/* Finishes what is under way, frees; NULL is fine. */
void upkeep_stop(struct upkeep *upkeep);
/* To be called every second or so, by one thread; never blocks. */
void upkeep_tick(struct upkeep *upkeep);

/* Removes what is older than keep_days now. *removed: entries, replies and receipts. */
MUST_CHECK bool upkeep_purge(struct replies *replies, struct correspondence *correspondence,
                             int keep_days, size_t *removed, struct err *err);

#endif
