/* SPDX-License-Identifier: Apache-2.0
 * What a program that serves tells the service manager (sd_notify(3)): that it is ready, reloads,
 * stops, how it stands; and that it is alive, which it says only while every part of it that is
 * watched does something when asked. One thread owns a watchdog; beats come from any.
 */
#ifndef HEARTH_BASE_WATCHDOG_H
#define HEARTH_BASE_WATCHDOG_H

#include "proto/base/err.h"
#include "proto/base/pool.h"

/* How long a part may take to answer: half of WatchdogSec=, and this where none is set, which only
 * has it logged. */
enum { WATCHDOG_LIMIT_MS = 60000, WATCHDOG_PARTS_MAX = 12 };

struct watchdog;
struct watchdog *watchdog_new(void);
/* After all parts have been stopped. NULL is fine. */
void watchdog_free(struct watchdog *watchdog);

/* Has job(beat) run once by the part's own thread, behind what that has to do; must not wait. */
typedef void (*watchdog_ask_fn)(void *ctx, void (*job)(void *beat), void *beat);
/* name: for the log, one word; it and ctx outlive the watchdog. */
void watchdog_watch(struct watchdog *watchdog, const char *name, watchdog_ask_fn ask, void *ctx);
/* A pool works as long as one of its threads does. */
void watchdog_watch_pool(struct watchdog *watchdog, const char *name, struct pool *pool);

/* READY=1. */
void watchdog_ready(struct watchdog *watchdog);
/* Before what a SIGHUP asks for; the next watchdog_tick says that it is done. */
void watchdog_reloading(struct watchdog *watchdog);
void watchdog_stopping(struct watchdog *watchdog);
/* One line for `systemctl status`: counts, no names. Sent where it has changed. */
void watchdog_status(struct watchdog *watchdog, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Every second, by the loop that is to be seen alive, after its work. Asks each part eight times in
 * the time it may take, logs those that have come to a standstill or go on, and sends WATCHDOG=1
 * when due and all is well. */
void watchdog_tick(struct watchdog *watchdog);

#endif
