/* SPDX-License-Identifier: Apache-2.0
 * What is wrong with a CSV file: every finding goes to a callback, the first becomes the error.
 */
#ifndef HEARTH_MATCHER_FINDINGS_H
#define HEARTH_MATCHER_FINDINGS_H

#include "matcher/directory.h"

/* Zero-initialise but for each (may be NULL) and ctx. */
struct findings {
    directory_finding_fn each;
    void *ctx;
    size_t count;
    struct err first; /* ERR_INVALID; field "line 3, urn" */
};

/* column "" means the whole row; the text says what would be valid; what it
 * quotes is made printable. */
void findings_add(struct findings *findings, size_t line, const char *column, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Takes over an error of csv_read_rows, whose field is "line N". */
void findings_add_csv(struct findings *findings, const struct err *err);

#endif
