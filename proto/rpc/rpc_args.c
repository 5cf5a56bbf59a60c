/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/rpc_internal.h"

#include <limits.h>

enum { RPC_WINDOW_BYTES = 256 * 1024 };

void rpc_args_integer(struct rpc_args *args, const char *key, int value)
{
    REQUIRE(args->args.num_args < sizeof args->list / sizeof args->list[0]);
    args->list[args->args.num_args++] =
        (grpc_arg){.type = GRPC_ARG_INTEGER, .key = (char *)(uintptr_t)key, .value.integer = value};
    args->args.args = args->list;
}

void rpc_args_text(struct rpc_args *args, const char *key, const char *value)
{
    REQUIRE(args->args.num_args < sizeof args->list / sizeof args->list[0]);
    args->list[args->args.num_args++] = (grpc_arg){.type = GRPC_ARG_STRING,
                                                   .key = (char *)(uintptr_t)key,
                                                   .value.string = (char *)(uintptr_t)value};
    args->args.args = args->list;
}

void rpc_args_common(struct rpc_args *args, size_t message_max)
{
    REQUIRE(message_max > 0 && message_max <= INT_MAX);
    *args = (struct rpc_args){0};
    rpc_args_integer(args, GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, (int)message_max);
    rpc_args_integer(args, GRPC_ARG_ENABLE_CHANNELZ, 0);
    /* A dead connection is found within half a minute, on an idle stream too. */
    rpc_args_integer(args, GRPC_ARG_KEEPALIVE_TIME_MS, 20000);
    rpc_args_integer(args, GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
    rpc_args_integer(args, GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    /* The window of a stream stands: measuring the line (BDP) costs a ping and a timer for each
     * message, at both ends. Wide enough for the longest query in one round trip. */
    rpc_args_integer(args, GRPC_ARG_HTTP2_BDP_PROBE, 0);
    rpc_args_integer(args, GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, RPC_WINDOW_BYTES);
    /* No compression: ciphertexts do not shrink, and a bomb would pass the message limit. */
    rpc_args_integer(args, GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET,
                     1 << GRPC_COMPRESS_NONE);
    rpc_args_integer(args, GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
}
