/* SPDX-License-Identifier: Apache-2.0
 * How a search's outcome is shown: a table for a person, one JSON object for a script.
 */
#ifndef HEARTH_CLIENT_REPORT_H
#define HEARTH_CLIENT_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include "client/explain.h"
#include "client/records.h"

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
/* All that is shown of a search. */
struct report {
    const struct search_outcome *outcome;
    const struct request *request;
    const struct search_note *note;           /* what was known before it was sent */
    const struct record *record;              /* as it is kept now */
    const struct report_explained *explained; /* NULL where none was wanted */
};
/* One object on one line, as docs/man/hearth.1 promises it. */
void report_json(FILE *out, const struct report *report);
/* A heading, and a line for each agency; no explanation. */
void report_table(FILE *out, const struct report *report);

/* ---- report_facts.c ---- */
/* The lines below the heading: run and amendment, budget, agencies with an older catalogue. */
void report_facts(FILE *out, const struct report *report);
/* Adds what these lines say to the object of report_json. */
void report_facts_json(json_t *object, const struct report *report);
/* A warning for a person where the request is nearly the same as another search: printed before
 * anything is sent. search_ref: of the request. */
void report_similar(FILE *out, const char *search_ref, const struct search_note *note);

#endif
