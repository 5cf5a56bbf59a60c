/* SPDX-License-Identifier: Apache-2.0
 * Logging: one line an event on stderr, for programs to read (docs/operations.md "Logs"). As text
 * `time level event key=value ...`, where a value that is more than printable ASCII without spaces,
 * quotation marks, backslashes and = stands as a JSON string; or one JSON object a line. Under
 * journald (JOURNAL_STREAM set) the priority goes before the line in sd-daemon form, and of text
 * lines the time is left to the journal.
 * Never log a secret, a carer's data, or anything that a query holds in the clear beyond its hash.
 */
#ifndef HEARTH_BASE_LOG_H
#define HEARTH_BASE_LOG_H

#include <stdint.h>

#include "proto/base/err.h"

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* ---- in main, before threads start ---- */
/* Lines less urgent than `level` are dropped; INFO until set. */
void log_set_level(enum log_level level);
void log_set_format(enum log_format format); /* text until set */
/* By name: "error", "warn", "info", "debug"; "text", "json". ERR_INVALID, field "log_level" or
 * "log_format". */
MUST_CHECK bool log_level_find(const char *name, enum log_level *out, struct err *err);
MUST_CHECK bool log_format_find(const char *name, enum log_format *out, struct err *err);

/* ---- from any thread ---- */
/* One line; `event` is a short constant name. fmt is "key=%s key=%d ...": constant keys [a-z0-9_],
 * a value each of conversions and plain characters without spaces, or with spaces between
 * quotation marks (which are not logged as such). Conversions: %s %.*s %c, and d i u x with l, ll,
 * z or no modifier, without flags or width. What is put in for %s may be anything: it never begins
 * another key or line; bytes that are no printable UTF-8 become `?`, and a value is cut at
 * LOG_VALUE_MAX bytes. A key without a value in fmt, or another conversion, aborts. */
enum { LOG_VALUE_MAX = 512, LOG_KEY_MAX = 32, LOG_LINE_MAX = 4096, LOG_EVENT_MAX = 48 };
void log_line(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* log_line with code=, field= and reason= taken from an err. */
void log_err(enum log_level level, const char *event, const struct err *err);

#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* ---- what was logged by this process ---- */
/* Events of that level, also those that were dropped. */
uint64_t log_count(enum log_level level);
/* The newest event of level error; at_ms 0: there was none. fields: as they stood in a text line.
 */
struct log_last {
    int64_t at_ms;
    char event[LOG_EVENT_MAX + 1];
    char fields[LOG_VALUE_MAX + 1];
};
struct log_last log_last_error(void);

#endif
