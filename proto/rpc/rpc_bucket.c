/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/rpc_bucket.h"

bool rpc_bucket_take(struct rpc_bucket *bucket, uint32_t per_s, uint64_t amount, int64_t now_ms)
{
    int64_t whole = (int64_t)per_s * RPC_BURST_S * 1000;
    int64_t passed = now_ms - bucket->at_ms;
    if (bucket->at_ms > 0 && passed < RPC_BURST_S * 1000) {
        bucket->used -= passed * per_s; /* a thousandth a millisecond for each a second */
    } else {
        bucket->used = 0;
    }
    if (bucket->used < 0) bucket->used = 0;
    bucket->at_ms = now_ms;
    if (amount > (uint64_t)whole / 1000 || bucket->used + (int64_t)amount * 1000 > whole) {
        return false;
    }
    bucket->used += (int64_t)amount * 1000;
    return true;
}
