/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/figures_post.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/measure.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

struct figures_post {
    struct figures_post_parts parts;
    pthread_t thread;
    int stop_fd;
};

int64_t figures_post_pause_ms(unsigned failures, int64_t opens_in_ms, uint32_t chance)
{
    int64_t pause = FIGURES_POST_HOUR_MS;
    if (failures > 0) {
        int64_t grown = (int64_t)FIGURES_POST_PAUSE_MIN_MS << (failures < 8 ? failures - 1 : 7);
        if (grown < pause) pause = grown;
    }
    pause = pause / 2 + (int64_t)chance * (pause / 2) / UINT32_MAX;
    int64_t window = opens_in_ms + (int64_t)chance * FIGURES_POST_JITTER_MS / UINT32_MAX;
    return opens_in_ms >= 0 && window < pause ? window : pause;
}

/* Whether it is to stop, after at most `ms`. */
static bool stops_within(const struct figures_post *post, int64_t ms)
{
    struct pollfd fd = {.fd = post->stop_fd, .events = POLLIN};
    return poll(&fd, 1, (int)(ms > 0 ? ms : 0)) > 0;
}

/* Of the hubs that were joined; -1 where none is to open. */
static int64_t opens_in(const struct figures_post *post)
{
    struct contributor_hub *hubs = NULL;
    struct err err;
    size_t count = 0;
    int64_t now = clock_wall_ms(), first = -1;
    if (!contributor_hubs(post->parts.contributor, &hubs, &count, &err)) return -1;
    for (size_t i = 0; i < count; i++) {
        struct agreement agreement;
        if (!hubs[i].joined ||
            !contributor_last(post->parts.contributor, hubs[i].id, &agreement, &err)) {
            continue;
        }
        int64_t ahead = agreement.manifest.opens_at - now;
        if (ahead > 0 && (first < 0 || ahead < first)) first = ahead;
        agreement_free(&agreement);
    }
    free(hubs);
    return first;
}

static void count(struct metrics *metrics, const struct contribute_counts *counts)
{
    const size_t values[] = {[FIGURE_MADE] = counts->made,
                             [FIGURE_MATCHER] = counts->taken_by_matcher,
                             [FIGURE_HUBS] = counts->taken_by_hub,
                             [FIGURE_LATE] = counts->late,
                             [FIGURE_NO_BUDGET] = counts->refused_by_budget};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        metrics_add(metrics, MEASURE_FIGURES, i, 0, (int64_t)values[i]);
    }
}

static void tell(const struct contribute_counts *counts)
{
    if (counts->made + counts->taken_by_matcher + counts->taken_by_hub + counts->late > 0) {
        log_info("figures", "made=%zu matcher=%zu hubs=%zu late=%zu waiting=%zu", counts->made,
                 counts->taken_by_matcher, counts->taken_by_hub, counts->late, counts->waiting);
    }
    if (counts->refused_by_budget > 0) {
        log_warn("figures_budget", "tables=%zu", counts->refused_by_budget);
    }
}

static bool round_of(const struct figures_post *post)
{
    const struct figures_post_parts *parts = &post->parts;
    const struct contribute_parts contribution = {.contributor = parts->contributor,
                                                  .identity = parts->identity,
                                                  .trust = parts->trust,
                                                  .matcher_target = parts->target,
                                                  .matcher_id = parts->matcher_id,
                                                  .stop_fd = post->stop_fd};
    struct contribute_counts counts = {0};
    struct err err = {0};
    bool ok = contribute(&contribution, &counts, &err);
    tell(&counts);
    count(parts->metrics, &counts);
    if (!ok && !stops_within(post, 0)) log_err(LOG_LEVEL_WARN, "figures", &err);
    return ok;
}

static void *run(void *ctx)
{
    const struct figures_post *post = ctx;
    unsigned failures = 0;
    bool stopping = stops_within(post, 0);
    while (!stopping) {
        failures = round_of(post) ? 0 : failures + 1;
        int64_t pause = figures_post_pause_ms(failures, opens_in(post), randombytes_random());
        stopping = stops_within(post, pause);
    }
    return NULL;
}

bool figures_post_start(const struct figures_post_parts *parts, struct figures_post **out,
                        struct err *err)
{
    struct figures_post *post = mem_new(struct figures_post);
    post->parts = *parts;
    post->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (post->stop_fd < 0) {
        free(post);
        return err_set_errno(err, errno, "", "cannot make an eventfd");
    }
    REQUIRE(pthread_create(&post->thread, NULL, run, post) == 0);
    *out = post;
    return true;
}

void figures_post_stop(struct figures_post *post)
{
    const uint64_t one = 1;
    if (!post) return;
    REQUIRE(write(post->stop_fd, &one, sizeof one) == (ssize_t)sizeof one);
    REQUIRE(pthread_join(post->thread, NULL) == 0);
    (void)close(post->stop_fd);
    free(post);
}
