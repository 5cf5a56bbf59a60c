/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/rpc_internal.h"

#include <stdlib.h>

#include <grpc/byte_buffer_reader.h>

#include <sodium.h>

#include "proto/base/mem.h"

struct rpc_message {
    atomic_size_t refs;
    grpc_slice slice;
};

static void wipe_and_free(void *data, size_t len)
{
    sodium_memzero(data, len);
    free(data);
}

/* gRPC lets go of the bytes last, when TLS has encrypted them. */
struct rpc_message *rpc_message_new(const void *data, size_t len)
{
    struct rpc_message *message = mem_new(struct rpc_message);
    atomic_init(&message->refs, 1);
    message->slice = grpc_empty_slice();
    if (len > 0) {
        message->slice = grpc_slice_new_with_len(mem_copy(data, len), len, wipe_and_free);
    }
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

void rpc_message_wipe(grpc_byte_buffer *buffer)
{
    grpc_slice_buffer *slices = &buffer->data.raw.slice_buffer;
    for (size_t i = 0; buffer->type == GRPC_BB_RAW && i < slices->count; i++) {
        sodium_memzero(GRPC_SLICE_START_PTR(slices->slices[i]),
                       GRPC_SLICE_LENGTH(slices->slices[i]));
    }
}
