/* SPDX-License-Identifier: Apache-2.0
 * How a search's outcome is shown: a table for a person, one JSON object for a script.
 */
#ifndef HEARTH_CLIENT_REPORT_H
#define HEARTH_CLIENT_REPORT_H

#include <stdio.h>

#include "client/explain.h"

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

/* What an explanation came to: exactly one of the two is set. */
struct report_explained {
    const struct explanation *explanation;
    const struct err *err;
    const struct catalogue *catalogue; /* that it was asked in */
};
/* One object on one line, as docs/man/hearth.1 promises it. explained: NULL where none was wanted.
 */
void report_json(FILE *out, const struct search_outcome *outcome, const struct request *request,
                 const struct report_explained *explained);
/* A heading, and a line for each agency. */
void report_table(FILE *out, const struct search_outcome *outcome, const struct request *request);

#endif
