/* SPDX-License-Identifier: Apache-2.0
 * The line of headings of a carer file: which column each stands for, by its name, a usual other
 * name (import_aliases.c), a criterion's code or label, or the user's mapping.
 */
#ifndef HEARTH_AGENT_IMPORT_HEADINGS_H
#define HEARTH_AGENT_IMPORT_HEADINGS_H

#include "agent/import_columns.h"

enum { HEADING_MAX = 256 /* bytes */ };

/* What a heading stands for: an enum column, or one of these. */
enum {
    MEANS_CODE = COLUMNS, /* Y and N for the criterion */
    MEANS_IGNORED,        /* the user or the command does not want it */
    MEANS_BLANK,          /* no heading: cells must be blank too */
    MEANS_UNKNOWN
};
struct heading_meaning {
    int means;
    const struct criterion *criterion; /* of MEANS_CODE, else NULL */
};
struct heading {
    struct heading_meaning meaning;
    char text[HEADING_MAX + 1]; /* as in the file, trimmed */
};
struct headings {
    struct heading *items;
    size_t count;
};
void headings_free(struct headings *headings);

/* Headings are compared by this: letters in lower case and digits; spaces and punctuation go. A
 * text without any of these stays as it is. text: at most HEADING_MAX bytes. */
void heading_fold(const char *text, char out[HEADING_MAX + 1]);
bool heading_same(const char *a, const char *b);

/* What a heading stands for without a mapping. ERR_INVALID: unknown (with a suggestion), or a
 * criterion for which there is a column. */
MUST_CHECK bool heading_find(const struct catalogue *catalogue, const char *text,
                             struct heading_meaning *out, struct err *err);
/* What the user should make sure of where that heading is taken for what it usually means, or NULL.
 */
const char *heading_doubt(const char *text);
/* What the right side of a mapping stands for: also criteria by what standards call them, which is
 * too vague for a heading ("No"). */
MUST_CHECK bool heading_find_target(const struct catalogue *catalogue, const char *text,
                                    struct heading_meaning *out, struct err *err);
/* What a mapping file would say for it: a column's name or a code; NULL for MEANS_IGNORED. */
const char *heading_meaning_name(const struct heading_meaning *meaning);
/* The heading of that column, as in the file; "" where there is none. */
const char *headings_text(const struct headings *headings, enum column column);

/* Whether the file has a column for it. */
bool headings_have(const struct headings *headings, enum column column);
/* Whether it has a Y/N column of that group of criteria. */
bool headings_have_group(const struct headings *headings, const char *group);

/* ---- import_aliases.c: data ---- */
struct heading_alias {
    const char *heading, *target; /* a column's name or a criterion's code */
    const char *doubt;            /* what the user should make sure of, or NULL */
};
extern const struct heading_alias heading_aliases[];
extern const size_t heading_alias_count;

#endif
