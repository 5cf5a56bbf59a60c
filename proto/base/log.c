/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/clock.h"
#include "proto/base/log_fields.h"
#include "proto/base/text.h"

/* What is the process's own: what main has set before it started threads, and what was counted. */
struct log {
    atomic_int threshold, format;
    atomic_uint_least64_t counts[LOG_LEVEL_DEBUG + 1];
    pthread_mutex_t lock; /* guards the last error */
    struct log_last last;
};
static struct log own = {.threshold = LOG_LEVEL_INFO, .lock = PTHREAD_MUTEX_INITIALIZER};

static const struct {
    enum log_level level;
    const char *name;
} levels[] = {{LOG_LEVEL_ERROR, "error"},
              {LOG_LEVEL_WARN, "warn"},
              {LOG_LEVEL_INFO, "info"},
              {LOG_LEVEL_DEBUG, "debug"}};

void log_set_level(enum log_level level)
{
    atomic_store(&own.threshold, (int)level);
}

void log_set_format(enum log_format format)
{
    atomic_store(&own.format, (int)format);
}

bool log_level_find(const char *name, enum log_level *out, struct err *err)
{
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(levels[i].name, name) != 0) continue;
        *out = levels[i].level;
        return true;
    }
    return err_set(err, ERR_INVALID, "log_level", "\"%.40s\": error, warn, info or debug is wanted",
                   name);
}

bool log_format_find(const char *name, enum log_format *out, struct err *err)
{
    if (strcmp(name, "text") == 0) {
        *out = LOG_FORMAT_TEXT;
    } else if (strcmp(name, "json") == 0) {
        *out = LOG_FORMAT_JSON;
    } else {
        return err_set(err, ERR_INVALID, "log_format", "\"%.40s\": text or json is wanted", name);
    }
    return true;
}

/* ---- one line ---- */

static const char *level_name(enum log_level level)
{
    size_t i = 0;
    while (levels[i].level != level) i++;
    return levels[i].name;
}

static size_t line_start(enum log_format format, enum log_level level, const char *event,
                         char *line, size_t cap)
{
    char when[CLOCK_TEXT], priority[8] = "";
    bool journal = getenv("JOURNAL_STREAM") != NULL;
    int used = 0;
    if (journal) (void)snprintf(priority, sizeof priority, "<%d>", (int)level);
    clock_format(clock_wall_ms(), when);
    if (format == LOG_FORMAT_JSON) {
        used = snprintf(line, cap, "%s{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%.*s\"",
                        priority, when, level_name(level), LOG_EVENT_MAX, event);
    } else if (journal) {
        used = snprintf(line, cap, "%s%.*s", priority, LOG_EVENT_MAX, event);
    } else {
        used = snprintf(line, cap, "%s %s %.*s", when, level_name(level), LOG_EVENT_MAX, event);
    }
    REQUIRE(used > 0 && (size_t)used < cap);
    return (size_t)used;
}

static void write_line(enum log_level level, const char *event, const char *fmt, va_list args)
{
    enum { END = 2 }; /* a brace and a line feed */
    char line[LOG_LINE_MAX];
    enum log_format format = (enum log_format)atomic_load(&own.format);
    size_t used = line_start(format, level, event, line, sizeof line - END);
    log_fields_put(format, fmt, args, line, sizeof line - END, &used);
    if (format == LOG_FORMAT_JSON) line[used++] = '}';
    line[used++] = '\n';
    /* One write a line keeps lines of different threads apart; a failed log line stops nothing. */
    if (write(STDERR_FILENO, line, used) < 0) return;
}

static void keep_error(const char *event, const char *fmt, va_list args)
{
    struct log_last last = {.at_ms = clock_wall_ms()};
    char fields[sizeof last.fields + 1];
    size_t used = 0;
    text_copy_cut(last.event, sizeof last.event, event);
    log_fields_put(LOG_FORMAT_TEXT, fmt, args, fields, sizeof fields - 1, &used);
    fields[used] = '\0';
    text_copy_cut(last.fields, sizeof last.fields, used > 0 ? fields + 1 : fields);
    (void)pthread_mutex_lock(&own.lock);
    own.last = last;
    (void)pthread_mutex_unlock(&own.lock);
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    va_list args;
    (void)atomic_fetch_add_explicit(&own.counts[level], 1, memory_order_relaxed);
    if (level == LOG_LEVEL_ERROR) {
        va_start(args, fmt);
        keep_error(event, fmt, args);
        va_end(args);
    }
    if ((int)level > atomic_load(&own.threshold)) return;
    va_start(args, fmt);
    write_line(level, event, fmt, args);
    va_end(args);
}

void log_err(enum log_level level, const char *event, const struct err *err)
{
    log_line(level, event, "code=%s field=%s reason=\"%s\"", err_code_name(err->code), err->field,
             err->text);
}

/* ---- what was logged ---- */

uint64_t log_count(enum log_level level)
{
    return atomic_load_explicit(&own.counts[level], memory_order_relaxed);
}

struct log_last log_last_error(void)
{
    (void)pthread_mutex_lock(&own.lock);
    struct log_last last = own.last;
    (void)pthread_mutex_unlock(&own.lock);
    return last;
}
