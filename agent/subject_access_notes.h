/* SPDX-License-Identifier: Apache-2.0
 * The sentences of a subject-access copy: what fields are for, who can have learnt of a household,
 * what is kept how long. docs/protocol.md "Who can learn what" and docs/agent.md say the same.
 */
#ifndef HEARTH_AGENT_SUBJECT_ACCESS_NOTES_H
#define HEARTH_AGENT_SUBJECT_ACCESS_NOTES_H

#include <stddef.h>

struct subject_note {
    const char *name; /* a field, or who, or what is kept; NULL ends a list */
    const char *text;
};
/* By the field names of carer_json. */
extern const struct subject_note subject_purposes[];
extern const struct subject_note subject_recipients[];
extern const struct subject_note subject_retention[];
extern const struct subject_note subject_rights[];

/* What the field is for; the field is in the list. */
const char *subject_purpose(const char *field);

#endif
