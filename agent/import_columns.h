/* SPDX-License-Identifier: Apache-2.0
 * The columns of a carer file: their headings, and how each cell becomes part of a profile.
 */
#ifndef HEARTH_AGENT_IMPORT_COLUMNS_H
#define HEARTH_AGENT_IMPORT_COLUMNS_H

#include "proto/domain/profile.h"

enum column {
    COLUMN_REF,
    COLUMN_NAME,
    COLUMN_POSTCODE,
    COLUMN_GRID_REF,
    COLUMN_LAT,
    COLUMN_LON,
    COLUMN_AGES,
    COLUMN_SEXES,
    COLUMN_PLACES,
    COLUMN_APPROVED_PLACES,
    COLUMN_PLACEMENT_TYPES,
    COLUMN_STATUS,
    COLUMN_STATUS_DATE,
    COLUMN_AVAILABLE_FROM,
    COLUMN_OFFERS,
    COLUMNS
};

struct column_rules {
    const struct catalogue *catalogue;
    int32_t today;
};

/* Changes `text` in place (it is trimmed already and not empty). ERR_INVALID: what would be valid.
 */
typedef bool (*column_fn)(char *text, const struct column_rules *rules, struct profile *profile,
                          struct err *err);
struct column_kind {
    const char *name;
    bool required;   /* heading and cell */
    column_fn parse; /* NULL: several columns are read together */
};
extern const struct column_kind column_kinds[COLUMNS];

/* A heading, compared without case, spaces, underscores and hyphens: a column (returns it), a Y/N
 * column for a criterion (returns COLUMNS, *slot set). ERR_INVALID (returns -1): unknown, with a
 * suggestion. */
int column_of_heading(const struct catalogue *catalogue, const char *heading, uint16_t *slot,
                      struct err *err);

/* Y, yes, N, no in any case. */
MUST_CHECK bool column_yes_no(const char *text, bool *yes, struct err *err);

/* ---- columns that are judged together; values[c] is "" where the cell is blank ---- */
MUST_CHECK bool columns_location(char *const values[COLUMNS], struct profile *profile,
                                 enum column *at, struct err *err);
/* `places` blank means approved_places, and the other way round. */
MUST_CHECK bool columns_places(char *const values[COLUMNS], struct profile *profile,
                               enum column *at, struct err *err);
MUST_CHECK bool columns_status(char *const values[COLUMNS], struct profile *profile,
                               enum column *at, struct err *err);

#endif
