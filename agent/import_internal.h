/* SPDX-License-Identifier: Apache-2.0
 * What the files of the importer share: the row at hand.
 */
#ifndef HEARTH_AGENT_IMPORT_INTERNAL_H
#define HEARTH_AGENT_IMPORT_INTERNAL_H

#include "agent/import.h"
#include "proto/base/csv.h"

struct cell {
    const char *text; /* trimmed; "" where it is blank or there is no such column */
    const char *heading;
    uint32_t line;
};

struct import {
    const struct import_rules *rules;
    struct import_result *out;
    size_t row_cap; /* of out->rows */
    struct code_cache *codes;

    /* The row at hand. */
    uint32_t line;
    struct profile *profile; /* in guarded memory */
    struct cell cells[COLUMNS];
    uint32_t given;    /* bit per column: not blank */
    uint32_t reported; /* bit per column: a problem of it was reported */
    bool bad;

    /* Rows whose postcode cannot be looked up, for want of a gazetteer. */
    size_t postcodes;
    uint32_t first_postcode;

    struct buf refs; /* of all rows, each with its NUL */
    struct seen *seen;
    size_t seen_count, seen_cap;
    bool too_many; /* rows */
};

/* A row that has a readable reference. */
struct seen {
    size_t ref; /* offset in refs */
    uint32_t line;
    uint32_t index; /* in out->list, or NOT_LISTED */
};
enum { NOT_LISTED = INT32_MAX };

/* Adds a problem of the row at hand and wipes err. */
void import_problem(struct import *import, enum column column, const char *value, struct err *err);
/* The same for what is no column's: `name` and `heading` may be "". */
void import_problem_at(struct import *import, uint32_t line, const char *name, const char *heading,
                       const char *value, struct err *err);
void import_note(struct import *import, enum column column, const char *text);
/* Line ends and tabs count as spaces, or as ";" where it is a list; trims; takes away what
 * csv_cell put in. ERR_INVALID where it is not text in UTF-8. */
MUST_CHECK bool import_clean(struct csv_field *field, bool list, struct err *err);

/* ---- import_heading_row.c ---- */
/* Fills out->headings. False where a heading is unknown or a column is missing: then no row can be
 * read. */
bool import_read_headings(struct import *import, const struct csv_row *row);

/* ---- import_cells.c ---- */
/* Reads the cells of the row at hand into its profile. */
void import_read_cells(struct import *import, const struct csv_row *row);

/* ---- import_together.c, import_place.c: columns that are judged together ---- */
void import_judge_ages(struct import *import);
void import_judge_required(struct import *import);
void import_judge_places(struct import *import);
void import_judge_status(struct import *import);
void import_judge_location(struct import *import);

/* ---- import_duplicates.c ---- */
void import_note_ref(struct import *import, uint32_t index);
/* Reports rows with the same reference and drops them from the list. */
void import_drop_duplicates(struct import *import);

#endif
