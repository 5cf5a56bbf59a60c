/* SPDX-License-Identifier: Apache-2.0
 * The forms of a place, one function each, behind place_locate. `value` is what was written, fit
 * for an error message; all fail as place_locate does.
 */
#ifndef HEARTH_DOMAIN_PLACE_PARTS_H
#define HEARTH_DOMAIN_PLACE_PARTS_H

#include "proto/domain/gazetteer.h"
#include "proto/domain/place.h"

/* What to do without a gazetteer, or without the part of it that is needed. */
#define PLACE_IMPORT_POSTCODES                                                                     \
    "'hearth gazetteer import FILE' (or hearth-agent) takes the ONS Postcode Directory or OS "     \
    "Code-Point Open, both free"
#define PLACE_IMPORT_NAMES "'hearth gazetteer import FILE' takes OS Open Names, which is free"
#define PLACE_HOW "a grid reference (SE 297 338) or latitude,longitude (53.8,-1.55)"

/* A postcode of any kind; gazetteer may be NULL. */
MUST_CHECK bool place_postcode(const struct postcode *code, const char *value,
                               struct gazetteer *gazetteer, struct place *out, struct err *err);
/* "Headingley" or "Headingley, Leeds": a name, then what tells it apart. gazetteer may be NULL. */
MUST_CHECK bool place_name(const char *text, const char *value, struct gazetteer *gazetteer,
                           struct place *out, struct err *err);

/* All places of the name in "Headingley" or "Headingley, Leeds": *count of them, the first *kept of
 * them fitting what stands behind the name. The caller frees *out. */
MUST_CHECK bool place_candidates(const char *text, struct gazetteer *gazetteer,
                                 struct gazetteer_place **out, size_t *count, size_t *kept,
                                 struct err *err);
/* "Headingley, Leeds": how to write this one of `count` places of its name so that it is the only
 * one. False where nothing tells it apart. Used for `hearth gazetteer show` too. */
enum { PLACE_SPELLING_MAX = 400 };
MUST_CHECK bool place_spelling(const struct gazetteer_place *places, size_t count, size_t index,
                               char out[PLACE_SPELLING_MAX]);
/* Whether "Leeds" or the like after a name fits this place: its district, county, region or
 * postcode district. */
bool place_fits(const struct gazetteer_place *place, const char *part);

#endif
