/* SPDX-License-Identifier: Apache-2.0
 * The fields of a Placements Standard document (draft PUB00), and how each is carried over into a
 * request.
 */
#ifndef HEARTH_CLIENT_CONVERT_RULES_H
#define HEARTH_CLIENT_CONVERT_RULES_H

#include <stdbool.h>

/* How a field is carried over. */
enum convert_how {
    HOW_SECTION,   /* its fields count like those outside */
    HOW_SILENT,    /* says nothing about the search */
    HOW_LEFT,      /* not carried over, for a reason */
    HOW_LEFT_SAID, /* the same; its value, of a list, may be repeated */
    HOW_NEEDED_BY, /* urgency */
    HOW_SIBLINGS,
    HOW_MUST,  /* a restriction, a requirement or a risk: a must where the criterion may be one */
    HOW_PREFER /* support beside the placement, or what matching only may weigh */
};

struct convert_rule {
    const char *name;
    enum convert_how how;
    const char *reason; /* HOW_LEFT; HOW_SECTION: of all fields inside, or NULL */
};

/* The rule of a field by its name in the standard, without namespace; NULL where there is none. */
const struct convert_rule *convert_rule_of(const char *name);
/* Whether the field tells who the child or the record is. */
bool convert_identifies(const struct convert_rule *rule);

#endif
