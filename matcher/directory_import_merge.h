/* SPDX-License-Identifier: Apache-2.0
 * What the files of directory_import share: the merge under way.
 */
#ifndef HEARTH_MATCHER_DIRECTORY_IMPORT_MERGE_H
#define HEARTH_MATCHER_DIRECTORY_IMPORT_MERGE_H

#include "matcher/directory_import.h"
#include "matcher/findings.h"

struct merge {
    const struct ofsted_list *list;
    const struct directory *previous;
    struct fill *fill;
    const struct agency **before; /* of each agency; NULL: it is new */
    struct directory_import out;
    struct findings findings;
};

/* Agencies of the agencies.csv before; 0 where there is none. */
size_t merge_previous_count(const struct merge *merge);
/* Whether both are there and the same; case does not matter. */
bool merge_same_urn(const char *a, const char *b);
/* Whether an agency of the agencies.csv before stands in the new one. */
bool merge_is_taken_over(const struct merge *merge, const struct agency *agency);

/* ---- directory_import_changes.c ---- */
/* Fills in out.changes: none without an agencies.csv before. */
void merge_compare(struct merge *merge);

#endif
