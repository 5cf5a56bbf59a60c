/* SPDX-License-Identifier: Apache-2.0
 * Profiles as text: the cells of a CSV file, and JSON.
 */
#ifndef HEARTH_AGENT_CARER_TEXT_H
#define HEARTH_AGENT_CARER_TEXT_H

#include <jansson.h>

#include "agent/profile_list.h"

/* Each appends what an import would read back as the same value. */
void carer_ages(const struct profile *profile, struct buf *out);  /* "0-4;8-12;unborn" */
void carer_sexes(const struct profile *profile, struct buf *out); /* "M;F" */
void carer_day(int32_t day, struct buf *out);                     /* "2026-11-22", "" for NO_DAY */
/* Codes held: placement types, or the others. */
void carer_codes(const struct profile *profile, const struct catalogue *catalogue,
                 bool placement_types, struct buf *out);

/* Whether a profile's location is a postcode, as an import spells it ("LS6 3AA", "LS6 3", "SE15"):
 * a grid reference has a space after its letters where it could be one. */
bool carer_location_is_postcode(const char *location);

/* One object with the columns of a carer file as fields; lists as arrays. Caller's reference. */
json_t *carer_json(const struct profile *profile, const struct catalogue *catalogue);
/* Appends a whole CSV file with headings, CRLF line ends, that an import reads back as the same
 * carers. No cell is a formula (csv_cell). */
void carer_csv(const struct profile_list *list, const struct catalogue *catalogue, struct buf *out);

#endif
