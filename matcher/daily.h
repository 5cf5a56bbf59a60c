/* SPDX-License-Identifier: Apache-2.0
 * Counts of what happens on a London day, in a table of a store: of budgets, of runs, of messages.
 * Days that are past are forgotten, a bounded number at a time. All inside the caller's
 * transaction.
 */
#ifndef HEARTH_MATCHER_DAILY_H
#define HEARTH_MATCHER_DAILY_H

#include "proto/store/store.h"

enum {
    DAILY_NAME_MAX = STORE_KEY_MAX - 8, /* bytes of what is counted */
    /* Past days of what is counted by the day that stay: a clock that steps forward and back again
     * must not find today's count gone. */
    DAILY_PAST_DAYS = 7
};

/* What is counted: `len` bytes of name (1 to DAILY_NAME_MAX) in one table. */
struct daily {
    struct store_txn *txn;
    size_t table;
    const void *name;
    size_t len;
};
/* 0 where nothing was counted on that day. ERR_CORRUPT. */
MUST_CHECK bool daily_read(const struct daily *daily, int32_t day, uint32_t *count,
                           struct err *err);
MUST_CHECK bool daily_write(const struct daily *daily, int32_t day, uint32_t count,
                            struct err *err);
/* Calls each with the count of every name that has one on that day. */
MUST_CHECK bool daily_each(struct store_txn *txn, size_t table, int32_t day,
                           void (*each)(uint32_t count, void *ctx), void *ctx, struct err *err);
/* Whether there is an entry of a day before `first`. */
MUST_CHECK bool daily_any_before(struct store_txn *txn, size_t table, int32_t first, bool *any,
                                 struct err *err);
/* Deletes, of all names, entries of days before `first`: at most 64 a call. */
MUST_CHECK bool daily_forget(struct store_txn *txn, size_t table, int32_t first, struct err *err);

#endif
