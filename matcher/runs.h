/* SPDX-License-Identifier: Apache-2.0
 * How often each search was run, by LA and search tag, over the last 28 London days. Kept in the
 * audit store so that a restart does not reset it. The reference itself is not known here: only
 * the tag, a hash under a key of the LA's.
 */
#ifndef HEARTH_MATCHER_RUNS_H
#define HEARTH_MATCHER_RUNS_H

#include "proto/crypto/hash.h"
#include "proto/store/store.h"

enum { RUNS_WINDOW_DAYS = 28 };

/* Counts one run, inside the caller's transaction; *run gets how many there were within the window,
 * this one included. */
MUST_CHECK bool runs_add(struct store_txn *txn, const char *la, const uint8_t tag[HASH_BYTES],
                         int64_t now_ms, uint32_t *run, struct err *err);

#endif
