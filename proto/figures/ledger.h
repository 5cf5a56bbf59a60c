/* SPDX-License-Identifier: Apache-2.0
 * The ledger of epsilon spent (docs/figures.md "Budgets"): hash-chained entries in a table of a
 * store. A contributor keeps one of what it has contributed, a matcher and a hub of what they have
 * released. It refuses a table of a hub's period that is there already, and what would take a
 * household or child past EPSILON_PERIOD in a period or EPSILON_YEAR in twelve, over all hubs.
 *
 *   entry = u64 number (from 1), 32 bytes hash of the entry before (zeros for the first), u64 at
 * (ms since 1970), hub, u32 period, table, u32 epsilon (millionths), 32 bytes what hash  =
 * H("hearth v1 figures ledger", entry) Kept as entry and hash, by number; texts carry a 32-bit
 * length.
 */
#ifndef HEARTH_FIGURES_LEDGER_H
#define HEARTH_FIGURES_LEDGER_H

#include "proto/figures/manifest.h"
#include "proto/store/store.h"

enum { LEDGER_ENTRY_MAX = 512, LEDGER_ENTRIES_MAX = 1 << 20 };

struct ledger_entry {
    uint64_t number; /* set by ledger_spend */
    int64_t at_ms;
    char hub[ID_MAX + 1];
    uint32_t period;
    const struct figures_table *table;
    uint32_t epsilon;
    uint8_t what[HASH_BYTES]; /* contribution or set that it was spent on */
    uint8_t hash[HASH_BYTES]; /* head of the chain after it; set by ledger_spend */
};

/* All inside the caller's transaction; `table`: of the store. ERR_EXISTS: that table of that hub's
 * period was spent on already (field "table"); ERR_BUDGET: how much is left (field "epsilon").
 * per_hub: of a matcher, whose releases for different hubs are of other contributors' choosing and
 * budgets are counted hub by hub. */
MUST_CHECK bool ledger_spend(struct store_txn *txn, size_t table, bool per_hub,
                             struct ledger_entry *entry, struct err *err);
/* Whether there is such an entry. */
MUST_CHECK bool ledger_find(struct store_txn *txn, size_t table, const char *hub, uint32_t period,
                            const struct figures_table *what, struct ledger_entry *out, bool *found,
                            struct err *err);
struct ledger_sum {
    uint64_t period[FIGURES_SIDES], year[FIGURES_SIDES]; /* millionths spent */
};
/* What was spent in a period and in the twelve that end with it; hub NULL: over all. */
MUST_CHECK bool ledger_spent(struct store_txn *txn, size_t table, const char *hub, uint32_t period,
                             struct ledger_sum *out, struct err *err);
/* Walks the whole chain: ERR_CORRUPT with the number of the first entry that does not fit. each may
 * be NULL. *head gets the last hash, *count how many there are. */
typedef bool (*ledger_each_fn)(const struct ledger_entry *entry, void *ctx, struct err *err);
MUST_CHECK bool ledger_walk(struct store_txn *txn, size_t table, ledger_each_fn each, void *ctx,
                            uint8_t head[HASH_BYTES], uint64_t *count, struct err *err);

#endif
