/* SPDX-License-Identifier: Apache-2.0
 * Carers, or their availability alone, from a CSV file (docs/domain.md "Carer profiles"): every row
 * is checked, every problem reported with line, column, value and what would be valid. Nothing here
 * touches the vault.
 */
#ifndef HEARTH_AGENT_IMPORT_H
#define HEARTH_AGENT_IMPORT_H

#include "agent/import_report.h"
#include "agent/mapping.h"
#include "agent/profile_list.h"

struct gazetteer;

enum { IMPORT_FILE_MAX = 64 << 20 /* bytes */ };

enum import_kind {
    IMPORT_CARERS,      /* whole profiles */
    IMPORT_AVAILABILITY /* ref, and any of status, status_date, available_from, places */
};
struct import_rules {
    enum import_kind kind;
    const struct catalogue *catalogue;
    struct gazetteer *gazetteer;   /* NULL: rows with postcodes are bad */
    const struct mapping *mapping; /* may be NULL */
    int32_t today;                 /* a status date after it is a problem */
};

struct import_row {
    uint32_t line;
    uint32_t given; /* bit = enum column whose cell is not blank */
};
struct import_result {
    struct profile_list list; /* the good rows, in the order of the file */
    struct import_row *rows;  /* of each in `list` */
    struct headings headings;
    struct import_report report; /* sorted */
};
/* Wipes and frees. */
void import_result_free(struct import_result *result);

/* Reads a whole file. Rows with the same reference are all bad. False (ERR_INVALID) only where the
 * bytes are not CSV at all, hold no line of headings, or more rows than a vault holds carers; rows
 * with problems are for the caller to judge. The caller frees `out` with import_result_free. data
 * is not changed; its owner wipes it. */
MUST_CHECK bool import_parse(const void *data, size_t len, const struct import_rules *rules,
                             struct import_result *out, struct err *err);

#endif
