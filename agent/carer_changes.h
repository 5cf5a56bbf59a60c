/* SPDX-License-Identifier: Apache-2.0
 * What an import changes, household by household. Confidential: it holds old and new values.
 */
#ifndef HEARTH_AGENT_CARER_CHANGES_H
#define HEARTH_AGENT_CARER_CHANGES_H

#include <stdio.h>

#include <jansson.h>

#include "agent/vault.h"

struct changed_column {
    const char *column; /* as in docs/domain.md; "cell" where only the 5 km cell differs */
    char *was, *is;     /* as an export writes them */
};
enum carer_change { CARER_ADDED, CARER_CHANGED, CARER_REMOVED };
struct changed_carer {
    enum carer_change what;
    char ref[PROFILE_REF_MAX + 1];
    struct changed_column *columns; /* of CARER_CHANGED */
    size_t column_count;
};
/* Zero-initialise. */
struct carer_changes {
    const struct catalogue *catalogue;
    struct changed_carer *items;
    size_t count, cap;
};
/* Wipes and frees. */
void carer_changes_free(struct carer_changes *changes);

/* A vault_change_fn; ctx is a struct carer_changes. */
void carer_changes_note(const struct profile *before, const struct profile *after, void *ctx);
/* Ascending by reference. */
void carer_changes_sort(struct carer_changes *changes);
/* A list of {"ref", "change": "added" | "changed" | "removed", "columns": [{"column", "was",
 * "is"}]}. Caller's reference. */
json_t *carer_changes_json(const struct carer_changes *changes);
/* One line a household; of codes only those that come and go. */
void carer_changes_print(const struct carer_changes *changes, FILE *out);

#endif
