/* SPDX-License-Identifier: Apache-2.0
 * What else HOME/records keeps of searches: which there are, by which name a person means one, what
 * was decided, and how each ended.
 */
#ifndef HEARTH_CLIENT_RECORDS_KEPT_H
#define HEARTH_CLIENT_RECORDS_KEPT_H

#include "client/decision.h"
#include "client/outcome.h"
#include "client/records_runs.h"

enum { SEARCH_PREFIX_MIN = 4 /* hex digits */ };

/* A search and the name under which it is kept. Confidential: record_wipe its record. */
struct kept_search {
    uint8_t name[HASH_BYTES];
    struct record record;
};
/* The search that a person means: its search_ref, or the start of the query hash of any of its
 * runs. ERR_NOT_FOUND; ERR_INVALID where several begin so. Both have the field "search". */
MUST_CHECK bool records_find(struct records *records, const char *text, struct kept_search *out,
                             struct err *err);
/* All searches, the one that was asked first at the front; records_list_free. */
MUST_CHECK bool records_list(struct records *records, struct kept_search **out, size_t *count,
                             struct err *err);

/* Each is durable when it returns. */
MUST_CHECK bool records_add_decision(struct records *records, const uint8_t name[HASH_BYTES],
                                     const struct decision *decision, struct err *err);
MUST_CHECK bool records_add_outcome(struct records *records, const uint8_t name[HASH_BYTES],
                                    const struct outcome *outcome, struct err *err);
/* In the order of writing: the last outcome is the one that holds. records_list_free. */
MUST_CHECK bool records_list_decisions(struct records *records, const uint8_t name[HASH_BYTES],
                                       struct decision **out, size_t *count, struct err *err);
MUST_CHECK bool records_list_outcomes(struct records *records, const uint8_t name[HASH_BYTES],
                                      struct outcome **out, size_t *count, struct err *err);
/* The outcome that holds; *found false where the search has none. */
MUST_CHECK bool records_last_outcome(struct records *records, const uint8_t name[HASH_BYTES],
                                     struct outcome *out, bool *found, struct err *err);

/* ---- retention ---- */
struct purged {
    size_t searches, runs, decisions, outcomes;
};
/* Whether something else is kept that belongs to the query with this hash. */
typedef bool (*records_in_use_fn)(const uint8_t query_hash[HASH_BYTES], void *ctx);
/* Removes every search that was neither asked, decided on nor concluded since `before_ms` and of
 * which nothing is in use (in_use may be NULL); with dry_run it only counts. The file still holds
 * their sealed bytes until records_rewrite. */
MUST_CHECK bool records_purge(struct records *records, int64_t before_ms, bool dry_run,
                              records_in_use_fn in_use, void *ctx, struct purged *out,
                              struct err *err);
/* Whether this is the first call on that day or a later one; then it says false until the next. */
MUST_CHECK bool records_purge_is_due(struct records *records, int32_t day, bool *due,
                                     struct err *err);
/* Erases what was deleted, where it is wanted. *done false: another program has the records open;
 * the next purge tries again. */
MUST_CHECK bool records_rewrite(struct records *records, bool *done, struct err *err);

#endif
