/* SPDX-License-Identifier: Apache-2.0
 * HOME/status.json and HOME/serve.lock: what a running `serve` says of itself.
 */
#ifndef HEARTH_AGENT_STATUS_FILE_H
#define HEARTH_AGENT_STATUS_FILE_H

#include "proto/crypto/message.h"

#define HOME_STATUS "status.json"
#define HOME_LOCK "serve.lock"

struct status_file {
    char id[ID_MAX + 1];
    int64_t pid;
    bool attached;
    uint64_t carers;
    uint64_t unread; /* messages in the inbox that nobody has looked at */
};
/* Atomic. */
MUST_CHECK bool status_file_write(const char *home, const struct status_file *status,
                                  struct err *err);
MUST_CHECK bool status_file_read(const char *home, struct status_file *out, struct err *err);

/* One `serve` a home directory: *fd holds the lock until it is closed. ERR_EXISTS where another
 * holds it. */
MUST_CHECK bool status_file_lock(const char *home, int *fd, struct err *err);
/* True where some process holds the lock. */
bool status_file_locked(const char *home);

#endif
