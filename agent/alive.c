/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/alive.h"

static void ask_keeper(void *ctx, void (*job)(void *beat), void *beat)
{
    keeper_ask(ctx, job, beat);
}

static void ask_sender(void *ctx, void (*job)(void *beat), void *beat)
{
    sender_ask(ctx, job, beat);
}

static void ask_post(void *ctx, void (*job)(void *beat), void *beat)
{
    post_ask(ctx, job, beat);
}

struct watchdog *alive_start(const struct alive_parts *parts)
{
    struct watchdog *watchdog = watchdog_new();
    watchdog_watch_pool(watchdog, "pool", answerer_pool(parts->answerer));
    watchdog_watch(watchdog, "keeper", ask_keeper, parts->keeper);
    watchdog_watch(watchdog, "sender", ask_sender, parts->sender);
    watchdog_watch(watchdog, "mail", ask_post, parts->post);
    return watchdog;
}
