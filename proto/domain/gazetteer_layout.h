/* SPDX-License-Identifier: Apache-2.0
 * Which kind of file it is and where its columns are, by the first row.
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_LAYOUT_H
#define HEARTH_DOMAIN_GAZETTEER_LAYOUT_H

#include "proto/domain/gazetteer_csv.h"
#include "proto/domain/gazetteer_record.h"

/* Columns of the kinds with postcodes, then of place names; -1 where a file has none. */
enum gazetteer_column {
    COLUMN_CODE,
    COLUMN_EAST,
    COLUMN_NORTH,
    COLUMN_QUALITY,
    COLUMN_ENDED,
    COLUMN_ID,
    COLUMN_NAME1,
    COLUMN_NAME2,
    COLUMN_TYPE,
    COLUMN_LOCAL_TYPE,
    COLUMN_OUTWARD,
    COLUMN_DISTRICT,
    COLUMN_COUNTY,
    COLUMN_REGION,
    COLUMNS
};

struct gazetteer_layout {
    enum gazetteer_file_kind kind;
    bool heading; /* the first row names the columns; else it is a row like the others */
    int columns[COLUMNS];
};

/* ERR_INVALID: of no known kind (out->kind is FILE_UNKNOWN then), or a column is missing. */
MUST_CHECK bool gazetteer_layout_find(const struct gazetteer_row *first,
                                      struct gazetteer_layout *out, struct err *err);
/* "428217", "0801314", "428217.5" to whole metres; false where it is not a number of at most nine
 * digits before the point. A negative number is one. */
MUST_CHECK bool gazetteer_metres(const char *text, int32_t *out);

#endif
