/* SPDX-License-Identifier: Apache-2.0
 * What a look at a home directory finds, all of it and not the first fault alone.
 */
#ifndef HEARTH_BASE_CHECKS_H
#define HEARTH_BASE_CHECKS_H

#include <stddef.h>

#include "proto/base/err.h"

enum check_level {
    CHECK_FAULT,   /* it would not start, or not work */
    CHECK_WARNING, /* it works, and probably not as it is meant to, or not for long */
    CHECK_NOTE     /* worth knowing; also what could not be checked */
};
struct check {
    enum check_level level;
    struct err what;
};
/* Zero-initialise; checks_free. */
struct checks {
    struct check *list;
    size_t count, faults, warnings;
};
void checks_free(struct checks *checks);

/* field: of the file or key, with dots; may be NULL. */
void checks_add(struct checks *checks, enum check_level level, const char *field, const char *fmt,
                ...) PRINTF_LIKE(4, 5);
/* Where not `ok`, adds err as a fault, with `prefix` before its field (NULL: as it is). Returns ok.
 */
bool checks_take(struct checks *checks, bool ok, const char *prefix, const struct err *err);
/* Prints them, faults first, as lines or one JSON object. Returns the exit code: 0 where there are
 * no faults, else 1. */
int checks_print(const struct checks *checks, bool json);

#endif
