/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/measure.h"

#include <stdlib.h>

#include "matcher/budget.h"
#include "matcher/matcher.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"

/* ---- where something happens ---- */

void measure_refusal(struct matcher *matcher, const char *call, const struct err *err)
{
    struct metrics *metrics = matcher->metrics;
    metrics_add(metrics, MEASURE_REFUSALS, metrics_find(metrics, MEASURE_REFUSALS, 0, call),
                metrics_find(metrics, MEASURE_REFUSALS, 1, err_code_name(err->code)), 1);
}

void measure_stream_ended(struct matcher *matcher, const char *call, enum rpc_status status)
{
    struct metrics *metrics = matcher->metrics;
    metrics_add(metrics, MEASURE_STREAMS_ENDED,
                metrics_find(metrics, MEASURE_STREAMS_ENDED, 0, call), status == RPC_OK ? 0 : 1, 1);
}

/* ---- gauges ---- */

static void set(struct matcher *matcher, enum measure measure, int64_t value)
{
    metrics_set(matcher->metrics, measure, 0, 0, value);
}

static void set_store(struct matcher *matcher, enum measure_store which,
                      const struct store_usage *usage)
{
    metrics_set(matcher->metrics, MEASURE_STORE_BYTES, which, 0, (int64_t)usage->used);
    metrics_set(matcher->metrics, MEASURE_STORE_FILE, which, 0, (int64_t)usage->file);
    metrics_set(matcher->metrics, MEASURE_STORE_LIMIT, which, 0, (int64_t)usage->limit);
}

static void measure_parties(struct matcher *matcher)
{
    struct directory *directory = matcher_directory(matcher);
    set(matcher, MEASURE_AGENTS_LISTED, (int64_t)directory_count(directory));
    directory_unref(directory);
    set(matcher, MEASURE_AGENTS_ATTACHED, (int64_t)fleet_count(matcher->fleet));
    (void)pthread_mutex_lock(&matcher->streams_mutex);
    int streams = matcher->streams;
    (void)pthread_mutex_unlock(&matcher->streams_mutex);
    set(matcher, MEASURE_STREAMS, streams);
}

static void measure_limits(struct matcher *matcher)
{
    struct rpc_refused refused = {0};
    if (matcher->server) rpc_server_refused(matcher->server, &refused);
    const uint64_t counts[] = {[LIMITED_CONNECTIONS] = refused.connections,
                               [LIMITED_HANDSHAKES] = refused.handshakes,
                               [LIMITED_STREAMS] = refused.streams,
                               [LIMITED_MESSAGES] = refused.messages,
                               [LIMITED_BYTES] = refused.bytes,
                               [LIMITED_CUT] = refused.cut};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        metrics_set(matcher->metrics, MEASURE_LIMITED, i, 0, (int64_t)counts[i]);
}

static void measure_work(struct matcher *matcher)
{
    size_t now = 0, later = 0;
    pool_waiting(matcher->pool, &now, &later);
    metrics_set(matcher->metrics, MEASURE_QUEUE, 0, 0, (int64_t)now);
    metrics_set(matcher->metrics, MEASURE_QUEUE, 1, 0, (int64_t)later);
    set(matcher, MEASURE_SEARCHES_OPEN, (int64_t)searches_count(matcher->searches));
    set(matcher, MEASURE_SEARCHES_LIMIT, matcher->config.searches_max);
    size_t waiting = 0, in_work = 0;
    searches_turns(matcher->searches, &waiting, &in_work);
    set(matcher, MEASURE_SEARCHES_WAITING, (int64_t)waiting);
    set(matcher, MEASURE_CATALOGUE, matcher->catalogue->version);
}

static void measure_epoch(struct matcher *matcher)
{
    struct epoch_key *epoch = epochs_current(matcher->epochs);
    set(matcher, MEASURE_EPOCH_BEGAN, epoch->record.not_before);
    set(matcher, MEASURE_EPOCH_ENDS, epoch->record.not_after);
    epoch_unref(epoch);
}

static bool measure_budget(struct matcher *matcher, struct err *err)
{
    struct budget_totals totals;
    set(matcher, MEASURE_BUDGET_LIMIT, matcher->config.budget);
    if (!budget_total(matcher->store, matcher->config.budget, clock_wall_ms(), &totals, err)) {
        return false;
    }
    set(matcher, MEASURE_BUDGET_USED, (int64_t)totals.used);
    set(matcher, MEASURE_BUDGET_LAS, totals.las);
    set(matcher, MEASURE_BUDGET_AT_LIMIT, totals.at_limit);
    return true;
}

static bool measure_audit(struct matcher *matcher, struct err *err)
{
    struct store_usage usage;
    set(matcher, MEASURE_AUDIT_WORKS, audit_works(matcher->audit));
    set(matcher, MEASURE_AUDIT_ENTRIES, (int64_t)audit_head_now(matcher->audit).length);
    if (!store_usage(matcher->store, &usage, err)) return false;
    set_store(matcher, STORE_AUDIT, &usage);
    return true;
}

static bool measure_figures(struct matcher *matcher, struct err *err)
{
    struct store_usage usage;
    struct collection_period *periods = NULL;
    size_t count = 0, open = 0;
    if (!collection_periods(matcher->collection, &periods, &count, err)) return false;
    for (size_t i = 0; i < count; i++) open += periods[i].released ? 0 : 1;
    free(periods);
    set(matcher, MEASURE_FIGURES_OPEN, (int64_t)open);
    if (!collection_usage(matcher->collection, &usage, err)) return false;
    set_store(matcher, STORE_FIGURES, &usage);
    return true;
}

void measure_mail_load(struct matcher *matcher)
{
    struct mailbox_load load;
    struct err err;
    if (!mailbox_load(mail_room_mailbox(matcher->mail), &load, &err)) {
        log_err(LOG_LEVEL_ERROR, "mail_not_measured", &err);
        return;
    }
    int64_t waited_ms = load.oldest_at > 0 ? clock_wall_ms() - load.oldest_at : 0;
    set(matcher, MEASURE_MAIL_WAITING, (int64_t)load.mails);
    set(matcher, MEASURE_MAIL_BYTES, (int64_t)load.bytes);
    set(matcher, MEASURE_MAIL_OLDEST, waited_ms > 0 ? waited_ms / 1000 : 0);
    set_store(matcher, STORE_MAIL, &load.store);
}

static void measure_all(struct matcher *matcher)
{
    struct err err = {0};
    process_figures_set(matcher->process, matcher->metrics,
                        identity_certificate(matcher->identity)->not_after);
    measure_parties(matcher);
    measure_work(matcher);
    measure_limits(matcher);
    measure_epoch(matcher);
    if (!measure_budget(matcher, &err) || !measure_audit(matcher, &err) ||
        !measure_figures(matcher, &err)) {
        log_err(LOG_LEVEL_ERROR, "not_measured", &err);
    }
}

/* ---- life ---- */

bool measure_start(struct matcher *matcher, struct err *err)
{
    measure_all(matcher);
    return metrics_server_start(matcher->config.watch.metrics_listen, matcher->metrics,
                                &matcher->metrics_server, err);
}

void measure_tick(struct matcher *matcher, int64_t now_ms)
{
    if (now_ms < matcher->next_measure_ms) return;
    matcher->next_measure_ms = now_ms + METRICS_PERIOD_MS;
    measure_all(matcher);
    metrics_server_publish(matcher->metrics_server, audit_works(matcher->audit));
}

void measure_stop(struct matcher *matcher)
{
    metrics_server_stop(matcher->metrics_server);
    matcher->metrics_server = NULL;
}
