/* SPDX-License-Identifier: Apache-2.0
 * A growing array of profiles in guarded memory, wiped when it moves and when it is freed.
 */
#ifndef HEARTH_AGENT_PROFILE_LIST_H
#define HEARTH_AGENT_PROFILE_LIST_H

#include "agent/vault.h"

/* Zero-initialise. items may be NULL while count is 0. */
struct profile_list {
    struct profile *items;
    size_t count;
    struct secret memory;
};

/* Appends a copy; the caller still wipes the source. */
void profile_list_add(struct profile_list *list, const struct profile *profile);
/* Ascending by reference, byte order. */
void profile_list_sort(struct profile_list *list);
/* All carers of the vault, sorted. */
MUST_CHECK bool profile_list_read(struct vault *vault, struct profile_list *out, struct err *err);
void profile_list_free(struct profile_list *list);

#endif
