/* SPDX-License-Identifier: Apache-2.0
 * Carers from a CSV file (docs/domain.md "Carer profiles"): every row is checked, every problem
 * reported with line, column, value and what would be valid. Nothing here touches the vault.
 */
#ifndef HEARTH_AGENT_IMPORT_H
#define HEARTH_AGENT_IMPORT_H

#include "agent/profile_list.h"

enum {
    IMPORT_FILE_MAX = 64 << 20, /* bytes */
    IMPORT_PROBLEMS_MAX = 1000, /* kept; further ones are counted */
    PROBLEM_COLUMN_MAX = 64,
    PROBLEM_VALUE_MAX = 80
};

struct import_problem {
    uint32_t line;
    char column[PROBLEM_COLUMN_MAX + 1]; /* as in domain.md; "" where the whole row is meant */
    char value[PROBLEM_VALUE_MAX + 1];   /* as in the file, cut; confidential */
    char text[ERR_TEXT_MAX];             /* what would be valid */
};

struct import_report {
    struct import_problem **problems; /* ascending by line */
    size_t problem_count;             /* in `problems` */
    size_t problem_total;             /* found */
    size_t rows, bad_rows;
    bool bad_headings; /* no row could be read at all */
};
/* Wipes and frees. */
void import_report_free(struct import_report *report);

/* Reads a whole file. out gets the good rows in the order of the file, without any of two rows with
 * the same reference but the first; the report gets the rest. False (ERR_INVALID) only where the
 * bytes are not CSV at all or hold no heading; rows with problems are for the caller to judge.
 * today: a status date after it is a problem. The caller frees both outputs. data is not changed;
 * its owner wipes it. */
MUST_CHECK bool import_parse(const void *data, size_t len, const struct catalogue *catalogue,
                             int32_t today, struct profile_list *out, struct import_report *report,
                             struct err *err);

#endif
