/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/clock.h"

/* The one process-wide setting: written by main before it starts threads. */
static atomic_int threshold = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&threshold, (int)level);
}

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR: return "error";
    case LOG_LEVEL_WARN: return "warn";
    case LOG_LEVEL_INFO: return "info";
    case LOG_LEVEL_DEBUG: return "debug";
    }
    return "error";
}

static size_t line_start(char *line, size_t cap, enum log_level level, const char *event)
{
    int used = 0;
    if (getenv("JOURNAL_STREAM")) {
        used = snprintf(line, cap, "<%d>%s ", (int)level, event);
    } else {
        char when[CLOCK_TEXT];
        clock_format(clock_wall_ms(), when);
        used = snprintf(line, cap, "%s %s %s ", when, level_name(level), event);
    }
    return used < 0 ? 0 : (size_t)used < cap ? (size_t)used : cap - 1;
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    if ((int)level > atomic_load(&threshold)) return;
    char line[1024];
    size_t used = line_start(line, sizeof line - 1, level, event);
    va_list args;
    va_start(args, fmt);
    int more = vsnprintf(line + used, sizeof line - 1 - used, fmt, args);
    va_end(args);
    size_t end = more < 0 ? used : used + (size_t)more;
    if (end > sizeof line - 2) end = sizeof line - 2;
    for (size_t i = 0; i < end; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) line[i] = '?';
    }
    line[end++] = '\n';
    /* One write a line keeps lines of different threads apart; a failed log line stops nothing. */
    if (write(STDERR_FILENO, line, end) < 0) return;
}

void log_err(enum log_level level, const char *event, const struct err *err)
{
    log_line(level, event, "code=%s field=%s reason=\"%s\"", err_code_name(err->code), err->field,
             err->text);
}
