/* SPDX-License-Identifier: Apache-2.0
 * Ofsted's published list of providers ("Children's social care data in England, provider level"):
 * its independent fostering agencies. Untrusted bytes: this is their one decoder.
 */
#ifndef HEARTH_MATCHER_DIRECTORY_IMPORT_OFSTED_H
#define HEARTH_MATCHER_DIRECTORY_IMPORT_OFSTED_H

#include "matcher/directory.h"

enum { OFSTED_FILE_MAX = 16 << 20, /* bytes */ OFSTED_STATUS_MAX = 40, OFSTED_TOWN_MAX = 80 };

struct ofsted_provider {
    char urn[33]; /* "" where the list has none */
    char name[AGENCY_TEXT_MAX + 1];
    char town[OFSTED_TOWN_MAX + 1];     /* "" where the list has none; tells namesakes apart */
    char status[OFSTED_STATUS_MAX + 1]; /* of the registration: "Active", "Suspended" */
    enum judgement judgement;
    enum sector sector;
    size_t line;
};

struct ofsted_list {
    struct ofsted_provider *active; /* in the order of the file; no URN twice */
    size_t active_count;
    struct ofsted_provider *inactive; /* registered, but not active: left out of a directory */
    size_t inactive_count;
    size_t others; /* rows of other kinds of provision */
};

/* Headings are compared without case, spaces and punctuation; lines of title before them and
 * further columns are skipped. Every finding goes to `finding` (may be NULL); with one, or without
 * a single agency, it fails with the first (ERR_INVALID). */
MUST_CHECK bool ofsted_parse(const uint8_t *csv, size_t len, directory_finding_fn finding,
                             void *ctx, struct ofsted_list *out, struct err *err);
void ofsted_free(struct ofsted_list *list);

#endif
