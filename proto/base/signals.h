/* SPDX-License-Identifier: Apache-2.0
 * SIGTERM, SIGINT and SIGHUP through a descriptor, for programs that run until they are told to
 * stop.
 */
#ifndef HEARTH_BASE_SIGNALS_H
#define HEARTH_BASE_SIGNALS_H

#include "proto/base/err.h"

/* Blocks the three for this thread and those that it starts: to be called before any is started.
 * SIGPIPE is ignored from here on. *fd becomes readable with a signal; non-blocking; the caller
 * closes it. ERR_IO. */
MUST_CHECK bool signals_open(int *fd, struct err *err);

enum signals_kind { SIGNALS_NONE, SIGNALS_RELOAD /* SIGHUP */, SIGNALS_STOP };
/* The next that has come; SIGNALS_NONE where there is no more. */
enum signals_kind signals_next(int fd);

#endif
