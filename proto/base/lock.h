/* SPDX-License-Identifier: Apache-2.0
 * A lock file that says whether a program runs with a directory. The kernel lets go of it when the
 * process ends, however it ends.
 */
#ifndef HEARTH_BASE_LOCK_H
#define HEARTH_BASE_LOCK_H

#include "proto/base/err.h"

/* Makes the file where it is missing and locks it (flock); closing *fd unlocks. ERR_EXISTS where
 * another process holds it, ERR_IO where it cannot be opened. */
MUST_CHECK bool lock_take(const char *path, int *fd, struct err *err);
/* True where some process holds the lock; false also where there is no such file. */
bool lock_is_taken(const char *path);

#endif
