/* SPDX-License-Identifier: Apache-2.0
 * Which parts of a running matcher the service manager's watchdog watches.
 */
#ifndef HEARTH_MATCHER_ALIVE_H
#define HEARTH_MATCHER_ALIVE_H

#include "matcher/matcher.h"
#include "proto/base/watchdog.h"

/* The pool, the timers, and the threads of the log, the mail and the figures. The watchdog is freed
 * after the matcher has stopped. */
void alive_watch(struct watchdog *watchdog, struct matcher *matcher);
/* What `systemctl status` shows: counts. */
void alive_status(struct watchdog *watchdog, struct matcher *matcher);

#endif
