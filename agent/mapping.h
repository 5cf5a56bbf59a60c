/* SPDX-License-Identifier: Apache-2.0
 * A mapping file: what the headings and values of one case system's exports stand for, where the
 * importer does not know them by itself (docs/domain.md "Mapping files").
 *
 *   { "headings": { "Vac": "places", "Mobile": null, "Takes dogs": "PE_CAN" },
 *     "values":   { "status": { "Live": "available" }, "yes_no": { "Tick": "Y" } } }
 */
#ifndef HEARTH_AGENT_MAPPING_H
#define HEARTH_AGENT_MAPPING_H

#include "agent/import_headings.h"
#include "proto/base/buf.h"

#define MAPPING_YES_NO_NAME "yes_no"
#define HOME_MAPPING "mapping.json" /* used by every import where it is there */

enum {
    MAPPING_FILE_MAX = 256 * 1024, /* bytes */
    MAPPING_ENTRIES_MAX = 4096,    /* headings, and values, each */
    MAPPING_TEXT_MAX = 256,        /* bytes of a value, either side */
    MAPPING_YES_NO = COLUMNS       /* the cells of all Y/N columns, beside the columns */
};

struct mapped_heading {
    char text[HEADING_MAX + 1]; /* as the mapping writes it */
    char key[HEADING_MAX + 1];  /* heading_fold of it */
    struct heading_meaning meaning;
};
struct mapped_value {
    int column; /* enum column, or MAPPING_YES_NO */
    char text[MAPPING_TEXT_MAX + 1];
    char to[MAPPING_TEXT_MAX + 1]; /* "": as a blank cell */
};
/* Zero-initialise. */
struct mapping {
    struct mapped_heading *headings;
    struct mapped_value *values;
    size_t heading_count, value_count;
};
void mapping_free(struct mapping *mapping);

/* Reads a mapping file into `out`, in place of what was there; the bounded decoder of one.
 * ERR_INVALID names the field: not JSON, an unknown field, a heading or value that is there twice,
 * a target that is neither column nor code. After an error `out` is as before. */
MUST_CHECK bool mapping_parse(const void *json, size_t len, const struct catalogue *catalogue,
                              struct mapping *out, struct err *err);
/* Adds one heading from "Heading=column" or "Heading=" (not wanted); takes the place of one that is
 * there. ERR_INVALID. */
MUST_CHECK bool mapping_add(const char *text, const struct catalogue *catalogue,
                            struct mapping *out, struct err *err);

/* Adds one heading (target NULL: not wanted) or value (to "": blank) that is not there yet.
 * ERR_INVALID without a field. */
MUST_CHECK bool mapping_add_heading(struct mapping *mapping, const char *text, const char *target,
                                    const struct catalogue *catalogue, struct err *err);
MUST_CHECK bool mapping_add_value(struct mapping *mapping, int column, const char *text,
                                  const char *to, struct err *err);

/* NULL where the mapping says nothing of that heading. `mapping` may be NULL. */
struct mapped_heading *mapping_heading(const struct mapping *mapping, const char *text);
/* What stands for that cell of the column (case does not matter), or NULL. */
const char *mapping_value(const struct mapping *mapping, int column, const char *text);

/* Appends a mapping file that says what each of these headings stands for ("?" for those that
 * nobody knows: a mapping file with one is refused), with the values of `mapping`. */
void mapping_write(const struct headings *headings, const struct mapping *mapping, struct buf *out);

#endif
