/* SPDX-License-Identifier: Apache-2.0
 * agencies.csv made from Ofsted's published list (docs/domain.md "Ranking"): who is on it, what is
 * known of them from the agencies.csv before and from a file that somebody has filled in, what is
 * still missing, and what has changed.
 */
#ifndef HEARTH_MATCHER_DIRECTORY_IMPORT_H
#define HEARTH_MATCHER_DIRECTORY_IMPORT_H

#include "matcher/directory.h"
#include "matcher/directory_import_fill.h"
#include "matcher/directory_import_ofsted.h"
#include "proto/base/buf.h"

struct import_agency {
    struct agency agency;
    char town[OFSTED_TOWN_MAX + 1];
    bool kept; /* a local authority's service of the agencies.csv before, not on Ofsted's list */
    bool lacks_urn, lacks_contact;
    bool lacks_frameworks; /* nobody has said yet on which it is; being on none is an answer */
};

enum import_change_kind {
    IMPORT_NEW,       /* not in the agencies.csv before */
    IMPORT_GONE,      /* no longer on the list */
    IMPORT_INACTIVE,  /* on the list, but its registration is not active; left out */
    IMPORT_JUDGEMENT, /* before and after */
    IMPORT_NAME       /* before and after */
};
const char *import_change_name(enum import_change_kind kind);

struct import_change {
    enum import_change_kind kind;
    char id[ID_MAX + 1];
    char name[AGENCY_TEXT_MAX + 1];
    char before[AGENCY_TEXT_MAX + 1], after[AGENCY_TEXT_MAX + 1];
};

struct directory_import {
    struct import_agency *agencies; /* ascending by id */
    size_t count, kept, missing;    /* missing: agencies that lack something */
    struct import_change *changes;  /* none without an agencies.csv before */
    size_t change_count;
};

/* Merges. previous and fill may be NULL; rows of fill that an agency takes are marked as used. An
 * agency that the agencies.csv before knows, by URN or, where one of the two has none, by name,
 * keeps id, contact, frameworks and tier; what fill says goes before that. Fails (ERR_INVALID, with
 * findings whose line is one of fill, or of the list) where fill gives an id that is taken or would
 * change one, or where two agencies have one name and neither a URN. */
MUST_CHECK bool directory_import(const struct ofsted_list *list, const struct directory *previous,
                                 struct fill *fill, directory_finding_fn finding, void *ctx,
                                 struct directory_import *out, struct err *err);
void directory_import_free(struct directory_import *import);

/* The text of agencies.csv, and of the file that asks for what is missing. */
void directory_import_write(const struct directory_import *import, struct buf *out);
void directory_import_write_missing(const struct directory_import *import, struct buf *out);

#endif
