/* SPDX-License-Identifier: Apache-2.0
 * One writer at a time among processes, with the directory itself as the lock, so that no lock file
 * is left.
 */
#ifndef HEARTH_KEYS_LOCK_H
#define HEARTH_KEYS_LOCK_H

#include "proto/base/err.h"

/* Waits for and takes the exclusive lock; close(*fd) gives it back. ERR_NOT_FOUND, ERR_IO. */
MUST_CHECK bool lock_directory(const char *dir, int *fd, struct err *err);

#endif
