/* SPDX-License-Identifier: Apache-2.0
 * How an explanation is shown: a line for each question, or members of the search's JSON object.
 */
#ifndef HEARTH_CLIENT_REPORT_EXPLAIN_H
#define HEARTH_CLIENT_REPORT_EXPLAIN_H

#include <stdio.h>

#include <jansson.h>

#include "client/explain.h"

/* "Without Autism: 3-5 agencies instead of 1-2". catalogue: the one that was asked in. */
void report_explain_table(FILE *out, const struct explanation *explanation,
                          const struct catalogue *catalogue);
/* Adds to an object "choice", the band of the search's own list, and "explain", a list. */
void report_explain_json(json_t *object, const struct explanation *explanation,
                         const struct catalogue *catalogue);
/* Adds what says that there is no explanation, and why. */
void report_explain_error_json(json_t *object, const struct err *err);

#endif
