/* SPDX-License-Identifier: Apache-2.0
 * Searches per LA and London day, kept in the audit store so that a restart does not reset them.
 */
#ifndef HEARTH_MATCHER_BUDGET_H
#define HEARTH_MATCHER_BUDGET_H

#include "proto/store/store.h"

/* Uses up one search of `la` on the London day of now_ms, inside the caller's transaction. limit 0
 * = no limit (nothing is stored). ERR_BUDGET says when it renews, with the time until then. */
MUST_CHECK bool budget_take(struct store_txn *txn, const char *la, uint32_t limit, int64_t now_ms,
                            struct err *err);
/* How many were used up on that day. */
MUST_CHECK bool budget_used(struct store *store, const char *la, int64_t now_ms, uint32_t *used,
                            struct err *err);
/* All LAs together, on that day: searches, LAs that asked, and those that have used up `limit`. */
struct budget_totals {
    uint64_t used;
    uint32_t las, at_limit;
};
MUST_CHECK bool budget_total(struct store *store, uint32_t limit, int64_t now_ms,
                             struct budget_totals *out, struct err *err);
/* The instant (ms since 1970) at which the London day after that of now_ms begins. */
int64_t budget_renewal(int64_t now_ms);

#endif
