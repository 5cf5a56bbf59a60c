/* SPDX-License-Identifier: Apache-2.0
 * Fetching by itself, beside a hub that serves: on a thread of its own, as soon as a period has
 * closed.
 */
#ifndef HEARTH_CLIENT_HUB_FETCHER_H
#define HEARTH_CLIENT_HUB_FETCHER_H

#include "client/hub/fetch.h"
#include "proto/metrics/metrics.h"

struct fetcher;
/* hub and metrics (of hub_measure_table; may be NULL) outlive it. rpc_start must have been called.
 */
struct fetcher *fetcher_start(struct hub *hub, struct metrics *metrics);
/* Ends what is under way, between two tables; NULL is fine. */
void fetcher_stop(struct fetcher *fetcher);
/* Every second or so: begins where something is due. Does not wait. */
void fetcher_tick(struct fetcher *fetcher);

#endif
