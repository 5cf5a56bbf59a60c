/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/fetcher.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "client/hub/watch.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

enum {
    LOOK_MS = 60 * 1000,      /* between looks whether something has closed */
    AGAIN_MS = 10 * 60 * 1000 /* after the matcher was not reached, or said no */
};

struct fetcher {
    struct hub *hub;
    struct metrics *metrics;
    struct pool *pool;     /* of one thread */
    atomic_bool busy;      /* the thread's */
    atomic_llong next_ms;  /* steady: of the next look */
    pthread_mutex_t mutex; /* for what follows */
    struct dial *dial;     /* while there is one */
    bool stopping;
};

static void on_dialled(struct dial *dial, void *ctx)
{
    struct fetcher *fetcher = ctx;
    (void)pthread_mutex_lock(&fetcher->mutex);
    fetcher->dial = dial;
    if (dial && fetcher->stopping) dial_stop(dial);
    (void)pthread_mutex_unlock(&fetcher->mutex);
}

static void on_table(const struct fetched *fetched, void *ctx)
{
    static const enum log_level levels[] = {[FETCH_RELEASED] = LOG_LEVEL_INFO,
                                            [FETCH_GIVEN_UP] = LOG_LEVEL_WARN,
                                            [FETCH_REFUSED] = LOG_LEVEL_WARN,
                                            [FETCH_WRONG] = LOG_LEVEL_ERROR};
    const struct fetcher *fetcher = ctx;
    char period[PERIOD_TEXT];
    metrics_add(
        fetcher->metrics, HUB_MEASURE_TABLES,
        metrics_find(fetcher->metrics, HUB_MEASURE_TABLES, 0, fetch_state_name(fetched->state)), 0,
        1);
    log_line(levels[fetched->state], "table",
             "state=%s period=%s table=%s contributions=%zu field=%s reason=\"%s\"",
             fetch_state_name(fetched->state), period_text(fetched->period, period),
             fetched->table->name, fetched->contributions, fetched->why.field, fetched->why.text);
}

static bool has_a_no(const struct fetch_outcome *outcome)
{
    for (size_t i = 0; i < outcome->count; i++) {
        enum fetch_state state = outcome->tables[i].state;
        if (state == FETCH_REFUSED || state == FETCH_WRONG) return true;
    }
    return false;
}

/* How long until the next look. */
static int64_t fetch(struct fetcher *fetcher)
{
    const struct fetch_parts parts = {.progress = on_table, .dialled = on_dialled, .ctx = fetcher};
    struct fetch_outcome outcome = {0};
    struct err err = {0};
    int64_t now = clock_wall_ms();
    bool ok = fetch_run(fetcher->hub, &parts, now, &outcome, &err);
    if (!ok) log_err(LOG_LEVEL_WARN, "fetch", &err);
    int64_t wait = ok && !has_a_no(&outcome) ? LOOK_MS : AGAIN_MS;
    if (outcome.next_close > now && outcome.next_close - now < wait) {
        wait = outcome.next_close - now;
    }
    fetch_outcome_free(&outcome);
    return wait;
}

static void job(void *ctx)
{
    struct fetcher *fetcher = ctx;
    atomic_store(&fetcher->next_ms, clock_steady_ms() + fetch(fetcher));
    atomic_store(&fetcher->busy, false);
}

struct fetcher *fetcher_start(struct hub *hub, struct metrics *metrics)
{
    struct fetcher *fetcher = mem_new(struct fetcher);
    fetcher->hub = hub;
    fetcher->metrics = metrics;
    REQUIRE(pthread_mutex_init(&fetcher->mutex, NULL) == 0);
    fetcher->pool = pool_start(1);
    return fetcher;
}

void fetcher_stop(struct fetcher *fetcher)
{
    if (!fetcher) return;
    (void)pthread_mutex_lock(&fetcher->mutex);
    fetcher->stopping = true;
    if (fetcher->dial) dial_stop(fetcher->dial);
    (void)pthread_mutex_unlock(&fetcher->mutex);
    pool_stop(fetcher->pool);
    (void)pthread_mutex_destroy(&fetcher->mutex);
    free(fetcher);
}

void fetcher_tick(struct fetcher *fetcher)
{
    if (clock_steady_ms() < atomic_load(&fetcher->next_ms) || atomic_load(&fetcher->busy)) return;
    atomic_store(&fetcher->busy, true);
    pool_run(fetcher->pool, job, fetcher);
}
