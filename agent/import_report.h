/* SPDX-License-Identifier: Apache-2.0
 * What is wrong with a carer file, and what a person should know of it: every problem with line,
 * column, value and what would be valid. Confidential: it quotes the file.
 */
#ifndef HEARTH_AGENT_IMPORT_REPORT_H
#define HEARTH_AGENT_IMPORT_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include "proto/base/buf.h"

enum {
    IMPORT_FINDINGS_MAX = 100000, /* kept; further ones are counted */
    FINDING_VALUE_MAX = 80        /* bytes; longer ones are cut */
};

enum finding_kind { FINDING_PROBLEM, FINDING_NOTE };
struct finding {
    uint32_t line;
    uint32_t order; /* of finding it */
    enum finding_kind kind;
    size_t size;         /* of the block, to wipe it */
    const char *column;  /* as in docs/domain.md; "" where the whole row is meant */
    const char *heading; /* as in the file, cut; "" where there is none */
    const char *value;   /* as in the file, cut */
    const char *text;    /* what would be valid */
};

/* Zero-initialise. */
struct import_report {
    struct finding **items; /* in the order of finding; by line after import_report_sort */
    size_t count, cap;
    size_t problems, notes; /* found, also past IMPORT_FINDINGS_MAX */
    size_t rows, bad_rows;
    bool bad_headings; /* no row was read at all */
};

/* Adds a copy of all texts; value is cut to FINDING_VALUE_MAX bytes, never inside a character. */
void import_report_add(struct import_report *report, enum finding_kind kind, uint32_t line,
                       const char *column, const char *heading, const char *value,
                       const char *text);
/* Ascending by line; findings of one line stay in their order. */
void import_report_sort(struct import_report *report);
/* Wipes and frees. */
void import_report_free(struct import_report *report);

/* A list of objects of all findings of that kind: line, column, heading, value, message. Caller's
 * reference. */
json_t *import_report_list(const struct import_report *report, enum finding_kind kind);
/* Prints up to `most` findings of that kind, one a line ("file:3: places "x": ..."), and how many
 * more there are. */
void import_report_print(const struct import_report *report, enum finding_kind kind,
                         const char *file, size_t most, FILE *out);
/* Writes everything to `path` with mode 0600, over what is there: as JSON where its name ends in
 * ".json", as CSV where in ".csv". ERR_INVALID for any other name (field "report"); ERR_IO. */
MUST_CHECK bool import_report_write(const struct import_report *report, const char *path,
                                    struct err *err);
/* Whether import_report_write takes that name. */
bool import_report_path_is_good(const char *path);

#endif
