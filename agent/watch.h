/* SPDX-License-Identifier: Apache-2.0
 * What a running `serve` says of itself: status.json, and metrics where they are configured. One
 * thread calls all of it; the metrics are for all threads.
 */
#ifndef HEARTH_AGENT_WATCH_H
#define HEARTH_AGENT_WATCH_H

#include "agent/home.h"
#include "agent/measure.h"
#include "agent/policy.h"
#include "agent/post.h"

struct watch;
/* Starts telling, where the configuration says so; home outlives it. To be called with signals
 * blocked. ERR_INVALID, ERR_IO. */
MUST_CHECK bool watch_start(struct home *home, struct watch **out, struct err *err);
struct metrics *watch_metrics(struct watch *watch); /* NULL gives NULL */
/* From when on queries and mail are counted too. */
void watch_parts(struct watch *watch, struct policy *policy, struct post *post);

/* What has changed is written at once. */
void watch_set_attached(struct watch *watch, bool attached);
void watch_set_carers(struct watch *watch, uint64_t carers);
void watch_set_unread(struct watch *watch, uint64_t unread);
bool watch_is_attached(const struct watch *watch);
uint64_t watch_carers(const struct watch *watch);
uint64_t watch_unread(const struct watch *watch);
/* Every second or so. */
void watch_tick(struct watch *watch);
/* Writes that it is not attached (where `tell`), stops, frees; NULL is fine. */
void watch_stop(struct watch *watch, bool tell);

#endif
