/* SPDX-License-Identifier: Apache-2.0
 * The stored form of ledger entries, and spending within limits that a test may choose.
 */
#ifndef HEARTH_FIGURES_LEDGER_INTERNAL_H
#define HEARTH_FIGURES_LEDGER_INTERNAL_H

#include "proto/figures/ledger.h"

/* Appends entry and hash; sets entry->hash. previous: the hash of the entry before. */
void ledger_entry_encode(struct ledger_entry *entry, const uint8_t previous[HASH_BYTES],
                         struct buf *out);
/* The bounded decoder, with the hash checked. ERR_CORRUPT. */
MUST_CHECK bool ledger_entry_decode(const uint8_t *data, size_t len, struct ledger_entry *out,
                                    uint8_t previous[HASH_BYTES], struct err *err);

enum { LEDGER_MONTHS = 12 };
struct ledger_limits {
    uint64_t period, year; /* millionths */
};
/* ledger_spend with other limits than EPSILON_PERIOD and EPSILON_YEAR. */
MUST_CHECK bool ledger_spend_within(struct store_txn *txn, size_t table, bool per_hub,
                                    const struct ledger_limits *limits, struct ledger_entry *entry,
                                    struct err *err);

#endif
