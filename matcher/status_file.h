/* SPDX-License-Identifier: Apache-2.0
 * HOME/status.json: what `hearth-matcher status` and others on this machine may know of a running
 * matcher, and HOME/serve.lock, held while it runs.
 */
#ifndef HEARTH_MATCHER_STATUS_FILE_H
#define HEARTH_MATCHER_STATUS_FILE_H

#include "matcher/matcher.h"

#define HOME_STATUS "status.json"
#define HOME_LOCK "serve.lock"

/* Takes the lock; *fd is to be closed at the end. ERR_EXISTS where another process holds it. */
MUST_CHECK bool status_lock(const char *home, int *fd, struct err *err);
/* Whether some process holds the lock. */
bool status_is_locked(const char *home);
/* {"id","pid","address":"HOST:PORT","epoch":n,"agents":[ids, sorted],"mail_waiting":n}, written
 * atomically. */
MUST_CHECK bool status_write(struct matcher *matcher, int port, struct err *err);

#endif
