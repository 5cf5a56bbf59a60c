/* SPDX-License-Identifier: Apache-2.0
 * The LA's shares of one reply, and the opening of it on the pool.
 */
#include <stdlib.h>
#include <string.h>

#include "matcher/agent_session.h"
#include "matcher/search_internal.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

struct open_job {
    struct search *search;
    size_t index; /* in search->asked */
    uint32_t count;
    struct buf c1, c2, shares; /* wiped */
    struct point *points;      /* of c1 */
    struct blind_opened *opened;
};

static void take_opened(struct search *search, struct open_job *job, bool ok, struct err *err)
{
    if (search->phase != PHASE_COLLECTING) return;
    struct asked *asked = &search->asked[job->index];
    if (ok) {
        asked->opened = job->opened;
        job->opened = NULL;
        asked->state = ASKED_OPENED;
        search->order[search->order_count++] = job->index;
    } else if (strncmp(err->field, "shares", strlen("shares")) == 0) {
        search_end(search, err, true);
        return;
    } else { /* the points are the agent's */
        asked->state = ASKED_REFUSED;
        agent_nonsense(asked->agent, search->hash, err);
    }
    search_check_close(search);
}

static void run_open_job(void *ctx)
{
    struct open_job *job = ctx;
    struct search *search = job->search;
    struct matcher *matcher = search->matcher;
    struct err err = {0};
    int64_t began_us = clock_steady_us();
    bool ok =
        blind_open(&job->opened, matcher->scores, epoch_scalar(search->epoch), job->c1.data,
                   job->points, job->c2.data, job->shares.data, job->count, matcher->pool, &err);
    metrics_observe(matcher->metrics, MEASURE_OPENING_SECONDS, 0, 0, clock_steady_us() - began_us);
    buf_wipe(&job->c1);
    buf_wipe(&job->c2);
    buf_wipe(&job->shares);
    (void)pthread_mutex_lock(&search->mutex);
    take_opened(search, job, ok, &err);
    (void)pthread_mutex_unlock(&search->mutex);
    blind_opened_free(job->opened);
    free(job->points);
    free(job);
    search_unref(search);
}

static bool match_shares(const struct search *search, const Hearth__V1__SearchShares *shares,
                         size_t *index, struct err *err)
{
    size_t i = 0;
    while (i < search->asked_count && strcmp(search->asked[i].agent->id, shares->agent) != 0) i++;
    if (i == search->asked_count || search->asked[i].state != ASKED_RELAYED) {
        return err_set(err, ERR_INVALID, "shares.agent",
                       "no reply of that agent is waiting for its shares");
    }
    size_t wanted = (size_t)search->asked[i].count * POINT_BYTES;
    if (shares->shares.len != wanted && shares->shares.len > 0) {
        return err_set(err, ERR_INVALID, "shares.shares", "%zu bytes; %s's reply takes %zu",
                       shares->shares.len, search->asked[i].agent->id, wanted);
    }
    *index = i;
    return true;
}

/* The LA will not share this reply: nobody waits for it. Nothing is held against the agent, since
 * the LA's word alone shows no fault of it. */
static void drop_reply(struct search *search, struct asked *asked)
{
    char hash[2 * HASH_BYTES + 1];
    log_info("reply_unshared", "query=%s agent=%s la=%s", text_hex(search->hash, HASH_BYTES, hash),
             asked->agent->id, search->la.organisation);
    buf_wipe(&asked->c1);
    buf_wipe(&asked->c2);
    free(asked->points);
    asked->points = NULL;
    asked->state = ASKED_REFUSED;
    search_check_close(search);
}

static void open_reply(struct search *search, size_t index, Hearth__V1__SearchShares *shares)
{
    struct asked *asked = &search->asked[index];
    struct open_job *job = mem_new(struct open_job);
    *job = (struct open_job){.search = search_ref(search),
                             .index = index,
                             .count = asked->count,
                             .c1 = asked->c1,
                             .c2 = asked->c2,
                             .points = asked->points,
                             .shares = envelope_take(&shares->shares)};
    asked->c1 = asked->c2 = (struct buf){0};
    asked->points = NULL;
    asked->state = ASKED_OPENING;
    search_run_job(search, run_open_job, job);
}

void search_on_shares(struct search *search, Hearth__V1__FromLa *message)
{
    Hearth__V1__SearchShares *shares = message->shares;
    struct err err;
    size_t index = 0;
    if (search->phase == PHASE_COLLECTING && !match_shares(search, shares, &index, &err)) {
        search_end(search, &err, true);
    } else if (search->phase == PHASE_COLLECTING && shares->shares.len == 0) {
        drop_reply(search, &search->asked[index]);
    } else if (search->phase == PHASE_COLLECTING) {
        open_reply(search, index, shares);
    }
    envelope_wipe(&shares->shares);
    hearth__v1__from_la__free_unpacked(message, NULL);
}
