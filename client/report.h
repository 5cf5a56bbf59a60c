/* SPDX-License-Identifier: Apache-2.0
 * How a search's outcome is shown: a table for a person, one JSON object for a script.
 */
#ifndef HEARTH_CLIENT_REPORT_H
#define HEARTH_CLIENT_REPORT_H

#include <stdio.h>

#include "client/search.h"

/* Exit codes of `hearth search` (docs/man/hearth.1). */
enum exit_code {
    EXIT_FOUND = 0,
    EXIT_OTHER = 1,
    EXIT_BAD_REQUEST = 2,
    EXIT_NONE_FOUND = 3,
    EXIT_UNREACHABLE = 4,
    EXIT_REFUSED = 5
};

/* The exit code that an error of search_run or la_open stands for. */
enum exit_code exit_code_of(const struct err *err);

/* One object on one line, as docs/man/hearth.1 promises it. */
void report_json(FILE *out, const struct search_outcome *outcome, const char *search_ref);
/* A heading, and a line for each agency. */
void report_table(FILE *out, const struct search_outcome *outcome, const char *search_ref);

#endif
