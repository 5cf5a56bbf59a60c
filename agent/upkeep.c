/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/upkeep.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/pool.h"

static const int64_t DAY_MS = INT64_C(24) * 3600 * 1000;
enum {
    LOOK_MS = 1000,        /* between looks whether a file is to be rewritten */
    ASK_MS = 5 * 60 * 1000 /* between attempts at the correspondence, each of which ends a stream */
};

struct upkeep {
    struct upkeep_parts parts;
    struct pool *pool;                                /* of one thread */
    atomic_bool busy;                                 /* the thread's */
    int64_t next_purge_ms, next_look_ms, next_ask_ms; /* steady; of whoever ticks */
    bool purge;                                       /* for the job under way */
};

static bool purge_mail(const struct upkeep_parts *parts, int64_t before_ms, size_t *removed,
                       struct err *err)
{
    post_enter(parts->post);
    bool ok = correspondence_purge(parts->correspondence, before_ms, removed, err);
    post_leave(parts->post);
    if (ok && *removed > 0) post_rewrite(parts->post);
    return ok;
}

static void purge(const struct upkeep_parts *parts)
{
    struct err err = {0};
    size_t entries = 0, replies = 0;
    int64_t before = clock_wall_ms() - parts->keep_days * DAY_MS;
    if (!purge_mail(parts, before, &entries, &err) ||
        !replies_purge(parts->replies, before, &replies, &err)) {
        log_err(LOG_LEVEL_WARN, "retention", &err);
    }
    if (entries + replies > 0) {
        log_info("retention", "messages=%zu replies=%zu", entries, replies);
    }
}

static void job(void *ctx)
{
    struct upkeep *upkeep = ctx;
    struct err err = {0};
    bool done = false; /* false: another program has the file open; the next look tries again */
    if (upkeep->purge) purge(&upkeep->parts);
    if (!replies_rewrite(upkeep->parts.replies, &done, &err))
        log_err(LOG_LEVEL_WARN, "rewrite", &err);
    atomic_store(&upkeep->busy, false);
}

struct upkeep *upkeep_start(const struct upkeep_parts *parts)
{
    struct upkeep *upkeep = mem_new(struct upkeep);
    upkeep->parts = *parts;
    upkeep->pool = pool_start(1);
    upkeep->next_purge_ms = upkeep->next_look_ms = clock_steady_ms();
    upkeep->next_ask_ms = upkeep->next_look_ms + ASK_MS;
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
    if (now >= upkeep->next_ask_ms) {
        upkeep->next_ask_ms = now + ASK_MS;
        if (post_wants_rewrite(upkeep->parts.post)) post_rewrite(upkeep->parts.post);
    }
    atomic_store(&upkeep->busy, true);
    pool_run(upkeep->pool, job, upkeep);
}
