/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/rpc_internal.h"

#include <stdlib.h>

#include <grpc/byte_buffer_reader.h>

#include "proto/base/mem.h"

struct rpc_message {
    atomic_size_t refs;
    grpc_slice slice;
};

struct rpc_message *rpc_message_new(const void *data, size_t len)
{
    struct rpc_message *message = mem_new(struct rpc_message);
    atomic_init(&message->refs, 1);
    message->slice = grpc_slice_from_copied_buffer(len ? data : "", len);
    return message;
}

struct rpc_message *rpc_message_ref(struct rpc_message *message)
{
    atomic_fetch_add(&message->refs, 1);
    return message;
}

void rpc_message_unref(struct rpc_message *message)
{
    if (!message || atomic_fetch_sub(&message->refs, 1) != 1) return;
    grpc_slice_unref(message->slice);
    free(message);
}

grpc_byte_buffer *rpc_message_buffer(const struct rpc_message *message)
{
    /* gRPC takes an array of slices that it may not change, but wants it writable. */
    grpc_slice slice = message->slice;
    return grpc_raw_byte_buffer_create(&slice, 1);
}

bool rpc_message_read(grpc_byte_buffer *buffer, grpc_slice *out)
{
    grpc_byte_buffer_reader reader;
    if (buffer->type != GRPC_BB_RAW || buffer->data.raw.compression != GRPC_COMPRESS_NONE ||
        !grpc_byte_buffer_reader_init(&reader, buffer)) {
        return false;
    }
    *out = grpc_byte_buffer_reader_readall(&reader);
    grpc_byte_buffer_reader_destroy(&reader);
    return true;
}
