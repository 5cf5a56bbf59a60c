/* SPDX-License-Identifier: Apache-2.0
 * A rate with a burst: a bucket that holds RPC_BURST_S seconds of it. All zero is a full one. Not
 * for use outside proto/rpc.
 */
#ifndef HEARTH_RPC_BUCKET_H
#define HEARTH_RPC_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

enum { RPC_BURST_S = 10 };

struct rpc_bucket {
    int64_t used;  /* thousandths */
    int64_t at_ms; /* when that was so */
};

/* Takes `amount`, or nothing where less is left. now_ms: of the steady clock. */
bool rpc_bucket_take(struct rpc_bucket *bucket, uint32_t per_s, uint64_t amount, int64_t now_ms);

#endif
