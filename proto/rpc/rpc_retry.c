/* SPDX-License-Identifier: Apache-2.0
 * When to try again, as gRPC itself says it: "grpc-retry-pushback-ms" among the trailing metadata.
 */
#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/rpc/rpc_internal.h"

static const char key[] = "grpc-retry-pushback-ms";

void rpc_retry_set(grpc_metadata *out, int64_t retry_ms)
{
    char value[24];
    (void)snprintf(value, sizeof value, "%lld",
                   (long long)(retry_ms < RPC_RETRY_MAX_MS ? retry_ms : RPC_RETRY_MAX_MS));
    *out = (grpc_metadata){.key = grpc_slice_from_static_string(key),
                           .value = grpc_slice_from_copied_string(value)};
}

void rpc_retry_clear(grpc_metadata *metadata)
{
    grpc_slice_unref(metadata->value);
}

static int64_t read_value(grpc_slice value)
{
    char text[24] = "";
    int64_t ms = 0;
    size_t len = GRPC_SLICE_LENGTH(value);
    if (len == 0 || len >= sizeof text) return 0;
    memcpy(text, GRPC_SLICE_START_PTR(value), len);
    return text_integer(text, 1, RPC_RETRY_MAX_MS, &ms) ? ms : 0;
}

int64_t rpc_retry_read(const grpc_metadata_array *trailers)
{
    for (size_t i = 0; i < trailers->count; i++) {
        const grpc_metadata *metadata = &trailers->metadata[i];
        if (grpc_slice_str_cmp(metadata->key, key) == 0) return read_value(metadata->value);
    }
    return 0;
}
