/* SPDX-License-Identifier: Apache-2.0
 * The fields of a log line, from its format and arguments to text or JSON.
 */
#ifndef HEARTH_BASE_LOG_FIELDS_H
#define HEARTH_BASE_LOG_FIELDS_H

#include <stdarg.h>
#include <stddef.h>

#include "proto/base/log.h"

/* Appends " key=value ..." or `,"key":value...` to text[*used..cap). A field that does not fit is
 * left out whole. */
void log_fields_put(enum log_format format, const char *fmt, va_list args, char *text, size_t cap,
                    size_t *used);
/* Appends a value as a JSON string, or nothing and false where it does not fit. */
bool log_string_put(const char *value, char *text, size_t cap, size_t *used);

#endif
