/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/watch.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/metrics/daemon_status.h"

static const char *const contributions[] = {"taken", "late"};
static const char *const reasons[] = {"invalid",     "not_found", "exists", "unauthenticated",
                                      "denied",      "expired",   "budget", "version",
                                      "unavailable", "corrupt",   "io",     "internal"};
static const char *const table_states[] = {"released", "given_up", "refused", "wrong"};
static const char *const period_states[] = {"proposed", "taking", "closed", "released"};

const struct metric hub_measure_table[HUB_MEASURES] = {
    PROCESS_METRICS_ROWS,
    [HUB_MEASURE_STREAMS] = {METRIC_GAUGE_OF("hearth_hub_streams", "Streams that are open.")},
    [HUB_MEASURE_CONTRIBUTIONS] = {METRIC_COUNTER_OF("hearth_hub_contributions_total",
                                                     "Contributions that were taken, or came too"
                                                     " late."),
                                   .labels = {METRIC_LABEL("event", contributions)}},
    [HUB_MEASURE_REFUSALS] = {METRIC_COUNTER_OF("hearth_hub_refusals_total",
                                                "Streams and messages that were refused, and why."),
                              .labels = {METRIC_LABEL("reason", reasons)}},
    [HUB_MEASURE_TABLES] = {METRIC_COUNTER_OF("hearth_hub_tables_total",
                                              "Attempts to open a table that has closed, by what"
                                              " came of them."),
                            .labels = {METRIC_LABEL("state", table_states)}},
    [HUB_MEASURE_PERIODS] = {METRIC_GAUGE_OF("hearth_hub_periods",
                                             "Manifests that are kept, by how far they are."),
                             .labels = {METRIC_LABEL("state", period_states)}},
    [HUB_MEASURE_NEXT_CLOSE] = {METRIC_GAUGE_OF("hearth_hub_next_close_time_seconds",
                                                "When the next window closes, in seconds since"
                                                " 1970."),
                                .per_unit = 1000},
    [HUB_MEASURE_STORE_BYTES] = {METRIC_GAUGE_OF("hearth_hub_store_bytes", "Pages in use.")},
    [HUB_MEASURE_STORE_FILE] = {METRIC_GAUGE_OF("hearth_hub_store_file_bytes",
                                                "Pages that the file holds.")},
    [HUB_MEASURE_STORE_LIMIT] = {METRIC_GAUGE_OF("hearth_hub_store_limit_bytes",
                                                 "Size past which the store takes no more.")},
};

struct hub_watch {
    struct hub *hub;
    struct metrics *metrics;
    struct metrics_server *server; /* NULL: not configured */
    struct process_figures *process;
    char *address; /* NULL until it serves */
    atomic_int streams;
    int written_streams;
    int64_t written_taken;
    int64_t next_status_ms, next_measure_ms; /* steady */
};

/* ---- metrics ---- */

static void measure_periods(struct hub_watch *watch, const struct collection_period *periods,
                            size_t count)
{
    enum { PROPOSED, TAKING, CLOSED, RELEASED, STATES };
    int64_t counts[STATES] = {0}, now_ms = clock_wall_ms(), next_ms = 0;
    for (size_t i = 0; i < count; i++) {
        const struct collection_period *period = &periods[i];
        bool closed = now_ms >= period->closes_at;
        counts[period->released  ? RELEASED
               : !period->agreed ? PROPOSED
               : closed          ? CLOSED
                                 : TAKING]++;
        if (period->agreed && !closed && (next_ms == 0 || period->closes_at < next_ms)) {
            next_ms = period->closes_at;
        }
    }
    for (size_t i = 0; i < STATES; i++) {
        metrics_set(watch->metrics, HUB_MEASURE_PERIODS, i, 0, counts[i]);
    }
    if (next_ms > 0) {
        metrics_set(watch->metrics, HUB_MEASURE_NEXT_CLOSE, 0, 0, next_ms);
    } else {
        metrics_unset(watch->metrics, HUB_MEASURE_NEXT_CLOSE, 0, 0);
    }
}

static bool measure_store(struct hub_watch *watch, struct err *err)
{
    struct collection_period *periods = NULL;
    struct store_usage usage;
    size_t count = 0;
    if (!collection_periods(watch->hub->collection, &periods, &count, err)) return false;
    measure_periods(watch, periods, count);
    free(periods);
    if (!collection_usage(watch->hub->collection, &usage, err)) return false;
    metrics_set(watch->metrics, HUB_MEASURE_STORE_BYTES, 0, 0, (int64_t)usage.used);
    metrics_set(watch->metrics, HUB_MEASURE_STORE_FILE, 0, 0, (int64_t)usage.file);
    metrics_set(watch->metrics, HUB_MEASURE_STORE_LIMIT, 0, 0, (int64_t)usage.limit);
    return true;
}

static void measure(struct hub_watch *watch)
{
    struct err err;
    watch->next_measure_ms = clock_steady_ms() + METRICS_PERIOD_MS;
    process_figures_set(watch->process, watch->metrics,
                        identity_certificate(watch->hub->identity)->not_after);
    metrics_set(watch->metrics, HUB_MEASURE_STREAMS, 0, 0, atomic_load(&watch->streams));
    bool ok = measure_store(watch, &err);
    if (!ok) log_err(LOG_LEVEL_ERROR, "not_measured", &err);
    metrics_server_publish(watch->server, ok);
}

/* ---- status.json ---- */

static int64_t gauge(const struct hub_watch *watch, enum hub_measure what, size_t place)
{
    return metrics_value(watch->metrics, what, place, 0);
}

static json_t *make_status(struct hub_watch *watch)
{
    const struct certificate *certificate = identity_certificate(watch->hub->identity);
    const struct daemon_facts facts = {.program = "hearth hub",
                                       .id = certificate->organisation,
                                       .started_ms = process_figures_started(watch->process),
                                       .certificate_until_ms = certificate->not_after,
                                       .metrics = metrics_server_address(watch->server)};
    json_t *periods = json_object();
    for (size_t i = 0; i < METRIC_COUNT(period_states); i++) {
        (void)json_object_set_new(periods, period_states[i],
                                  json_integer(gauge(watch, HUB_MEASURE_PERIODS, i)));
    }
    json_t *status = daemon_status_new(&facts);
    json_t *more =
        json_pack("{s:s,s:s,s:s,s:I,s:I,s:o,s:o,s:{s:o}}", "address", watch->address, "matcher",
                  watch->hub->config.matcher, "matcher_id", watch->hub->config.matcher_id,
                  "streams", (json_int_t)watch->written_streams, "taken",
                  (json_int_t)watch->written_taken, "periods", periods, "next_close",
                  instant_json(gauge(watch, HUB_MEASURE_NEXT_CLOSE, 0)), "stores", "figures",
                  daemon_store_json(gauge(watch, HUB_MEASURE_STORE_BYTES, 0),
                                    gauge(watch, HUB_MEASURE_STORE_FILE, 0),
                                    gauge(watch, HUB_MEASURE_STORE_LIMIT, 0)));
    REQUIRE(more != NULL && json_object_update(status, more) == 0);
    json_decref(more);
    return status;
}

static bool write_status(struct hub_watch *watch, struct err *err)
{
    watch->next_status_ms = clock_steady_ms() + STATUS_PERIOD_MS;
    watch->written_streams = atomic_load(&watch->streams);
    watch->written_taken =
        metrics_value(watch->metrics, HUB_MEASURE_CONTRIBUTIONS, HUB_CONTRIBUTION_TAKEN, 0);
    return daemon_status_write(watch->hub->path, make_status(watch), 0644, err);
}

static bool has_changed(const struct hub_watch *watch)
{
    return watch->written_streams != atomic_load(&watch->streams) ||
           watch->written_taken !=
               metrics_value(watch->metrics, HUB_MEASURE_CONTRIBUTIONS, HUB_CONTRIBUTION_TAKEN, 0);
}

/* ---- life ---- */

bool hub_watch_start(struct hub *hub, struct hub_watch **out, struct err *err)
{
    struct hub_watch *watch = mem_new(struct hub_watch);
    watch->hub = hub;
    watch->metrics = metrics_new(hub_measure_table, HUB_MEASURES);
    watch->process = process_figures_open();
    if (!metrics_server_start(hub->config.watch.metrics_listen, watch->metrics, &watch->server,
                              err)) {
        hub_watch_stop(watch);
        return false;
    }
    measure(watch);
    *out = watch;
    return true;
}

struct metrics *hub_watch_metrics(struct hub_watch *watch)
{
    return watch ? watch->metrics : NULL;
}

void hub_watch_stream(struct hub_watch *watch, int change)
{
    (void)atomic_fetch_add(&watch->streams, change);
}

int hub_watch_streams(const struct hub_watch *watch)
{
    return atomic_load(&watch->streams);
}

bool hub_watch_serves(struct hub_watch *watch, const char *address, struct err *err)
{
    watch->address = mem_string(address);
    return write_status(watch, err);
}

void hub_watch_tick(struct hub_watch *watch)
{
    struct err err;
    int64_t now_ms = clock_steady_ms();
    if (now_ms >= watch->next_measure_ms) measure(watch);
    if ((now_ms >= watch->next_status_ms || has_changed(watch)) && !write_status(watch, &err)) {
        log_err(LOG_LEVEL_ERROR, "status", &err);
    }
}

void hub_watch_stop(struct hub_watch *watch)
{
    if (!watch) return;
    if (watch->address) daemon_status_remove(watch->hub->path);
    metrics_server_stop(watch->server);
    process_figures_close(watch->process);
    metrics_free(watch->metrics);
    free(watch->address);
    free(watch);
}
