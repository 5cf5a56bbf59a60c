/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/watch.h"

#include <stdlib.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/metrics/daemon_status.h"

struct watch {
    struct home *home;
    struct policy *policy; /* NULL until watch_parts */
    struct post *post;
    struct metrics *metrics;
    struct metrics_server *server; /* NULL: not configured */
    struct process_figures *process;
    bool attached;
    int64_t attached_ms; /* wall clock */
    uint64_t carers, unread;
    int64_t next_status_ms, next_measure_ms; /* steady */
};

/* ---- status.json ---- */

static json_t *usage_json(const struct store_usage *usage)
{
    return daemon_store_json((int64_t)usage->used, (int64_t)usage->file, (int64_t)usage->limit);
}

/* What a store does not tell is left out here. */
static json_t *stores(struct watch *watch)
{
    struct store_usage usage;
    struct err err;
    json_t *all = json_object();
    if (vault_usage(watch->home->vault, &usage, &err)) {
        (void)json_object_set_new(all, "vault", usage_json(&usage));
    }
    if (watch->home->replies && replies_usage(watch->home->replies, &usage, &err)) {
        (void)json_object_set_new(all, "replies", usage_json(&usage));
    }
    if (!watch->post) return all;
    post_enter(watch->post);
    bool ok = correspondence_usage(watch->home->correspondence, &usage, &err);
    post_leave(watch->post);
    if (ok) (void)json_object_set_new(all, "correspondence", usage_json(&usage));
    return all;
}

static json_t *budget(struct watch *watch)
{
    struct policy_totals totals = {0};
    if (watch->policy) policy_total(watch->policy, clock_wall_ms(), &totals);
    return json_pack("{s:I,s:I,s:I,s:I}", "limit", (json_int_t)watch->home->config.budget, "used",
                     (json_int_t)totals.used, "las", (json_int_t)totals.las, "las_at_limit",
                     (json_int_t)totals.at_limit);
}

static json_t *make_status(struct watch *watch)
{
    const struct certificate *certificate = identity_certificate(watch->home->identity);
    const struct config *config = &watch->home->config;
    const struct daemon_facts facts = {.program = "hearth-agent",
                                       .id = certificate->organisation,
                                       .started_ms = process_figures_started(watch->process),
                                       .certificate_until_ms = certificate->not_after,
                                       .metrics = metrics_server_address(watch->server)};
    json_t *status = daemon_status_new(&facts);
    json_t *more = json_pack(
        "{s:b,s:o,s:s,s:s,s:I,s:I,s:I,s:o,s:o}", "attached", watch->attached, "attached_since",
        instant_json(watch->attached ? watch->attached_ms : 0), "matcher", config->matcher,
        "matcher_id", config->matcher_id, "carers", (json_int_t)watch->carers, "unread",
        (json_int_t)watch->unread, "catalogue", (json_int_t)config->catalogue->version, "budget",
        budget(watch), "stores", stores(watch));
    REQUIRE(more != NULL && json_object_update(status, more) == 0);
    json_decref(more);
    return status;
}

static void write_status(struct watch *watch)
{
    struct err err = {0};
    watch->next_status_ms = clock_steady_ms() + STATUS_PERIOD_MS;
    if (!daemon_status_write(watch->home->path, make_status(watch), 0600, &err)) {
        log_err(LOG_LEVEL_WARN, "status", &err);
    }
}

/* ---- metrics ---- */

static void measure(struct watch *watch)
{
    struct metrics *metrics = watch->metrics;
    const struct config *config = &watch->home->config;
    struct policy_totals totals = {0};
    watch->next_measure_ms = clock_steady_ms() + METRICS_PERIOD_MS;
    if (!watch->server) return;
    if (watch->policy) policy_total(watch->policy, clock_wall_ms(), &totals);
    process_figures_set(watch->process, metrics,
                        identity_certificate(watch->home->identity)->not_after);
    metrics_set(metrics, MEASURE_ATTACHED, 0, 0, watch->attached);
    if (watch->attached) {
        metrics_set(metrics, MEASURE_ATTACHED_SINCE, 0, 0, watch->attached_ms);
    } else {
        metrics_unset(metrics, MEASURE_ATTACHED_SINCE, 0, 0);
    }
    metrics_set(metrics, MEASURE_BUDGET_USED, 0, 0, (int64_t)totals.used);
    metrics_set(metrics, MEASURE_BUDGET_LIMIT, 0, 0, config->budget);
    metrics_set(metrics, MEASURE_BUDGET_LAS, 0, 0, totals.las);
    metrics_set(metrics, MEASURE_BUDGET_AT_LIMIT, 0, 0, totals.at_limit);
    metrics_set(metrics, MEASURE_UNREAD, 0, 0, (int64_t)watch->unread);
    metrics_set(metrics, MEASURE_CATALOGUE, 0, 0, config->catalogue->version);
    metrics_server_publish(watch->server, true);
}

/* ---- life ---- */

bool watch_start(struct home *home, struct watch **out, struct err *err)
{
    struct watch *watch = mem_new(struct watch);
    watch->home = home;
    watch->metrics = metrics_new(measure_table, MEASURES);
    watch->process = process_figures_open();
    if (!metrics_server_start(home->config.watch.metrics_listen, watch->metrics, &watch->server,
                              err)) {
        watch_stop(watch, false);
        return false;
    }
    measure(watch);
    write_status(watch);
    *out = watch;
    return true;
}

struct metrics *watch_metrics(struct watch *watch)
{
    return watch ? watch->metrics : NULL;
}

void watch_parts(struct watch *watch, struct policy *policy, struct post *post)
{
    watch->policy = policy;
    watch->post = post;
}

void watch_set_attached(struct watch *watch, bool attached)
{
    if (attached == watch->attached) return;
    watch->attached = attached;
    watch->attached_ms = clock_wall_ms();
    write_status(watch);
}

void watch_set_carers(struct watch *watch, uint64_t carers)
{
    if (carers == watch->carers) return;
    watch->carers = carers;
    write_status(watch);
}

void watch_set_unread(struct watch *watch, uint64_t unread)
{
    if (unread == watch->unread) return;
    watch->unread = unread;
    write_status(watch);
}

bool watch_is_attached(const struct watch *watch)
{
    return watch->attached;
}

uint64_t watch_carers(const struct watch *watch)
{
    return watch->carers;
}

uint64_t watch_unread(const struct watch *watch)
{
    return watch->unread;
}

void watch_tick(struct watch *watch)
{
    int64_t now_ms = clock_steady_ms();
    if (now_ms >= watch->next_measure_ms) measure(watch);
    if (now_ms >= watch->next_status_ms) write_status(watch);
}

void watch_stop(struct watch *watch, bool tell)
{
    if (!watch) return;
    watch->post = NULL;
    watch->policy = NULL;
    watch->attached = false;
    if (tell) write_status(watch);
    metrics_server_stop(watch->server);
    process_figures_close(watch->process);
    metrics_free(watch->metrics);
    free(watch);
}
