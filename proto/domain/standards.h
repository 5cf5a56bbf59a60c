/* SPDX-License-Identifier: Apache-2.0
 * The code lists of the field's standards and the criteria that they correspond to
 * (docs/domain.md "Standards"), made from standards.csv at build time: SSDA903, CIN census, school
 * census, Census 2021, ISO 639, the national Placements Standard (NPS), Ofsted, the Placements
 * North West census, and the list "words" of what people usually write.
 */
#ifndef HEARTH_DOMAIN_STANDARDS_H
#define HEARTH_DOMAIN_STANDARDS_H

#include <stddef.h>

#include "proto/domain/catalogue.h"

/* One value of one list, and one criterion that says the same. A value may stand for several
 * criteria and a criterion may have several values: then there are several of these. */
struct standard_code {
    const char *list;  /* "SSDA903.ETHNIC"; "NPS.pets" is the field pets of NPS */
    const char *code;  /* the value as the standard spells it: "WBRI", "Yes-must" */
    const char *label; /* its words there; the code again where it has no others */
    const char *criterion;
};

/* In the order of standards.csv; count in standard_code_count. */
extern const struct standard_code standard_codes[];
extern const size_t standard_code_count;

/* The criterion of the catalogue that a value of a list stands for (code or label; case, spaces and
 * punctuation do not matter); the first in standards.csv where there are several. NULL: none. */
const struct criterion *standard_criterion(const struct catalogue *catalogue, const char *list,
                                           const char *value);
/* True where `list` is meant by `name`: the list itself, or what stands before its full stop
 * ("NPS", "SSDA903"); case, spaces and punctuation do not matter. */
bool standard_is(const char *list, const char *name);
/* The values that stand for a criterion, one after the other: the first after `after` (NULL: of
 * all) in the lists that `name` means (NULL: all lists). NULL: no more. The value in use comes
 * before withdrawn ones and other spellings. */
const struct standard_code *standard_next(const char *name, const struct criterion *criterion,
                                          const struct standard_code *after);

#endif
