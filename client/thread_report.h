/* SPDX-License-Identifier: Apache-2.0
 * How threads are shown: a line for a person, an object for a script.
 */
#ifndef HEARTH_CLIENT_THREAD_REPORT_H
#define HEARTH_CLIENT_THREAD_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include "client/threads.h"

/* "3 days", "5 h", "12 min". */
enum { AGE_TEXT = 32 };
void age_text(int64_t ms, char out[AGE_TEXT]);

/* The words for a person: "taken", "declined: no vacancy", "refused: ...". */
enum { STATE_TEXT = 260 };
void thread_state_text(const struct thread *thread, char out[STATE_TEXT]);

/* A table with a heading: thread, search, agency, stage, state, age. search_ref of each is looked
 * up in `searches`, "-" where it is no longer kept. */
void threads_table(FILE *out, const struct thread *const *list, size_t count,
                   const struct kept_search *searches, size_t search_count);
/* {"thread","search_ref","query_hash","agency","name","stage","state","since","opened",
 * "reason"?,"why"?,"refusal"?,"messages","unread"}; new reference. */
json_t *thread_json(const struct thread *thread, const struct kept_search *searches,
                    size_t search_count);
/* search_ref of a thread's search, or NULL. */
const char *thread_search_ref(const struct thread *thread, const struct kept_search *searches,
                              size_t search_count);

#endif
