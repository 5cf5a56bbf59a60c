/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/upkeep.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/pool.h"

static const int64_t DAY_MS = INT64_C(24) * 3600 * 1000;
enum { LOOK_MS = 1000 }; /* between looks whether a file is to be rewritten */

struct upkeep {
    struct replies *replies;
    struct correspondence *correspondence;
    int keep_days;
    struct pool *pool;                   /* of one thread */
    atomic_bool busy;                    /* the thread's */
    int64_t next_purge_ms, next_look_ms; /* steady; of whoever ticks */
    bool purge;                          /* for the job under way */
};

bool upkeep_purge(struct replies *replies, struct correspondence *correspondence, int keep_days,
                  size_t *removed, struct err *err)
{
    size_t entries = 0, kept = 0;
    int64_t before = clock_wall_ms() - keep_days * DAY_MS;
    *removed = 0;
    if (!correspondence_purge(correspondence, before, &entries, err) ||
        !replies_purge(replies, before, &kept, err)) {
        return false;
    }
    *removed = entries + kept;
    return true;
}

static void purge(const struct upkeep *upkeep)
{
    struct err err = {0};
    size_t removed = 0;
    if (!upkeep_purge(upkeep->replies, upkeep->correspondence, upkeep->keep_days, &removed, &err)) {
        log_err(LOG_LEVEL_WARN, "retention", &err);
    } else if (removed > 0) {
        log_info("retention", "removed=%zu", removed);
    }
}

static void job(void *ctx)
{
    struct upkeep *upkeep = ctx;
    struct err err = {0};
    bool done = false; /* false: another program has the file open; the next look tries again */
    if (upkeep->purge) purge(upkeep);
    if (!replies_rewrite(upkeep->replies, &done, &err)) log_err(LOG_LEVEL_WARN, "rewrite", &err);
    atomic_store(&upkeep->busy, false);
}

struct upkeep *upkeep_start(struct replies *replies, struct correspondence *correspondence,
                            int keep_days)
{
    struct upkeep *upkeep = mem_new(struct upkeep);
    upkeep->replies = replies;
    upkeep->correspondence = correspondence;
    upkeep->keep_days = keep_days;
    upkeep->pool = pool_start(1);
    upkeep->next_purge_ms = upkeep->next_look_ms = clock_steady_ms();
    return upkeep;
}

void upkeep_stop(struct upkeep *upkeep)
{
    if (!upkeep) return;
    pool_stop(upkeep->pool);
    free(upkeep);
}

void upkeep_tick(struct upkeep *upkeep)
{
    int64_t now = clock_steady_ms();
    if (now < upkeep->next_look_ms || atomic_load(&upkeep->busy)) return;
    upkeep->next_look_ms = now + LOOK_MS;
    upkeep->purge = now >= upkeep->next_purge_ms;
    if (upkeep->purge) upkeep->next_purge_ms = now + DAY_MS;
    atomic_store(&upkeep->busy, true);
    pool_run(upkeep->pool, job, upkeep);
}
