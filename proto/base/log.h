/* SPDX-License-Identifier: Apache-2.0
 * Logging: one line an event on stderr, `time level event key=value ...`; under journald
 * (JOURNAL_STREAM set) the priority goes before the line in sd-daemon form and the time is left to
 * the journal.
 * Never log a secret, a carer's data, or anything that a query holds in the clear beyond its hash.
 */
#ifndef HEARTH_BASE_LOG_H
#define HEARTH_BASE_LOG_H

#include "proto/base/err.h"

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* Lines less urgent than `level` are dropped; INFO until set. Call in main before threads start. */
void log_set_level(enum log_level level);
/* One line; `event` is a short constant name, the rest formats "key=value key=value". Thread-safe.
 * Control characters in the formatted text are replaced, so that a peer cannot forge lines. */
void log_line(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* log_line with code=, field= and reason= taken from an err. */
void log_err(enum log_level level, const char *event, const struct err *err);

#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
