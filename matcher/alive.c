/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/alive.h"

#include "proto/base/clock.h"

static void ask_timers(void *ctx, void (*job)(void *beat), void *beat)
{
    timers_at(ctx, clock_steady_ms(), job, beat);
}

static void ask_audit(void *ctx, void (*job)(void *beat), void *beat)
{
    audit_prove(ctx, job, beat);
}

void alive_watch(struct watchdog *watchdog, struct matcher *matcher)
{
    watchdog_watch_pool(watchdog, "pool", matcher->pool);
    watchdog_watch(watchdog, "timers", ask_timers, matcher->timers);
    watchdog_watch(watchdog, "audit", ask_audit, matcher->audit);
    watchdog_watch_pool(watchdog, "mail", mail_room_thread(matcher->mail));
    watchdog_watch_pool(watchdog, "figures", figures_server_thread(matcher->figures));
}

void alive_status(struct watchdog *watchdog, struct matcher *matcher)
{
    watchdog_status(watchdog, "%s%zu agents attached, %zu searches open, %llu messages wait",
                    audit_works(matcher->audit) ? "" : "the log cannot be written; ",
                    fleet_count(matcher->fleet), searches_count(matcher->searches),
                    (unsigned long long)mail_room_waiting(matcher->mail));
}
