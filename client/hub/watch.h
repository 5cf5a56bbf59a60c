/* SPDX-License-Identifier: Apache-2.0
 * What a running hub says of itself: status.json, and metrics where they are configured
 * (docs/operations.md "Metrics"): totals alone. One thread calls all but hub_watch_count.
 */
#ifndef HEARTH_CLIENT_HUB_WATCH_H
#define HEARTH_CLIENT_HUB_WATCH_H

#include "client/hub/home.h"
#include "proto/metrics/metrics_server.h"
#include "proto/metrics/process.h"

enum hub_measure {
    HUB_MEASURE_STREAMS = PROCESS_METRICS,
    HUB_MEASURE_CONTRIBUTIONS, /* event */
    HUB_MEASURE_REFUSALS,      /* reason */
    HUB_MEASURE_TABLES,        /* state */
    HUB_MEASURE_PERIODS,       /* state */
    HUB_MEASURE_NEXT_CLOSE,
    HUB_MEASURE_STORE_BYTES,
    HUB_MEASURE_STORE_FILE,
    HUB_MEASURE_STORE_LIMIT,
    HUB_MEASURES
};
enum hub_contribution { HUB_CONTRIBUTION_TAKEN, HUB_CONTRIBUTION_LATE };
extern const struct metric hub_measure_table[HUB_MEASURES];

struct hub_watch;
/* Starts telling where the configuration says so; hub outlives it. To be called with signals
 * blocked. ERR_INVALID, ERR_IO. */
MUST_CHECK bool hub_watch_start(struct hub *hub, struct hub_watch **out, struct err *err);
/* For all threads; NULL gives NULL. */
struct metrics *hub_watch_metrics(struct hub_watch *watch);
/* From any thread: a stream was opened (1) or closed (-1). */
void hub_watch_stream(struct hub_watch *watch, int change);
int hub_watch_streams(const struct hub_watch *watch);
/* Writes status.json, from now on also by itself where something has changed. address: where it
 * listens, with the port that was bound. */
MUST_CHECK bool hub_watch_serves(struct hub_watch *watch, const char *address, struct err *err);
/* Every second or so. */
void hub_watch_tick(struct hub_watch *watch);
/* Removes status.json, stops, frees; NULL is fine. */
void hub_watch_stop(struct hub_watch *watch);

#endif
