/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/watchdog.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-daemon.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

enum { STATUS_TEXT = 200, US_PER_MS = 1000, PINGS_PER_LIMIT = 2, ASKS_PER_LIMIT = 8 };

struct part {
    const char *name;
    watchdog_ask_fn ask;
    void *ctx;
    atomic_bool asked; /* and has not answered */
    int64_t asked_ms;
    bool stalled;
};

struct watchdog {
    struct part parts[WATCHDOG_PARTS_MAX];
    size_t count;
    bool enabled; /* the service manager waits for signs of life */
    int64_t limit_ms, next_ping_ms;
    bool reloading;
    char status[STATUS_TEXT];
};

struct watchdog *watchdog_new(void)
{
    struct watchdog *watchdog = mem_new(struct watchdog);
    uint64_t interval_us = 0;
    watchdog->limit_ms = WATCHDOG_LIMIT_MS;
    watchdog->enabled = sd_watchdog_enabled(0, &interval_us) > 0;
    if (watchdog->enabled) watchdog->limit_ms = (int64_t)(interval_us / US_PER_MS / 2);
    return watchdog;
}

void watchdog_free(struct watchdog *watchdog)
{
    free(watchdog);
}

void watchdog_watch(struct watchdog *watchdog, const char *name, watchdog_ask_fn ask, void *ctx)
{
    REQUIRE(watchdog->count < WATCHDOG_PARTS_MAX);
    struct part *part = &watchdog->parts[watchdog->count++];
    part->name = name;
    part->ask = ask;
    part->ctx = ctx;
    part->asked_ms = -watchdog->limit_ms; /* so that the first tick asks */
}

static void ask_pool(void *ctx, void (*job)(void *beat), void *beat)
{
    pool_run(ctx, job, beat);
}

void watchdog_watch_pool(struct watchdog *watchdog, const char *name, struct pool *pool)
{
    watchdog_watch(watchdog, name, ask_pool, pool);
}

/* ---- what is told ---- */

void watchdog_ready(struct watchdog *watchdog)
{
    (void)watchdog;
    (void)sd_notify(0, "READY=1");
}

void watchdog_reloading(struct watchdog *watchdog)
{
    watchdog->reloading = true;
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_steady_us());
}

void watchdog_stopping(struct watchdog *watchdog)
{
    (void)watchdog;
    (void)sd_notify(0, "STOPPING=1");
}

void watchdog_status(struct watchdog *watchdog, const char *fmt, ...)
{
    char text[STATUS_TEXT];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (strcmp(text, watchdog->status) == 0) return;
    memcpy(watchdog->status, text, sizeof text);
    (void)sd_notifyf(0, "STATUS=%s", text);
}

/* ---- signs of life ---- */

static void on_beat(void *ctx)
{
    struct part *part = ctx;
    atomic_store(&part->asked, false);
}

/* Whether the part has answered in time, as far as is known. */
static bool look_after(const struct watchdog *watchdog, struct part *part, int64_t now_ms)
{
    bool waits = atomic_load(&part->asked);
    int64_t waited_ms = waits ? now_ms - part->asked_ms : 0;
    bool stalled = waited_ms > watchdog->limit_ms;
    if (stalled && !part->stalled) {
        log_error("stalled", "part=%s seconds=%lld", part->name, (long long)(waited_ms / 1000));
    }
    if (part->stalled && !waits) log_info("goes_on", "part=%s", part->name);
    part->stalled = waits && (stalled || part->stalled);
    /* Not every second: most parts sleep, and waking them is what an idle program costs. */
    if (!waits && now_ms - part->asked_ms >= watchdog->limit_ms / ASKS_PER_LIMIT) {
        part->asked_ms = now_ms;
        atomic_store(&part->asked, true);
        part->ask(part->ctx, on_beat, part);
    }
    return !part->stalled;
}

void watchdog_tick(struct watchdog *watchdog)
{
    int64_t now_ms = clock_steady_ms();
    bool well = true;
    for (size_t i = 0; i < watchdog->count; i++) {
        well = look_after(watchdog, &watchdog->parts[i], now_ms) && well;
    }
    if (watchdog->reloading) {
        watchdog->reloading = false;
        (void)sd_notify(0, "READY=1");
    }
    if (!well || !watchdog->enabled || now_ms < watchdog->next_ping_ms) return;
    watchdog->next_ping_ms = now_ms + watchdog->limit_ms / PINGS_PER_LIMIT;
    (void)sd_notify(0, "WATCHDOG=1");
}
