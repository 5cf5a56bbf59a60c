/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/wire.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

static bool refuse_unknown(const ProtobufCMessage *message, struct err *err);

/* In the messages that a field holds. None of the strict bodies has a oneof. */
static bool refuse_unknown_in(const ProtobufCMessage *message,
                              const ProtobufCFieldDescriptor *field, struct err *err)
{
    const uint8_t *base = (const uint8_t *)message;
    const void *at = base + field->offset;
    if (field->type != PROTOBUF_C_TYPE_MESSAGE) return true;
    REQUIRE((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0);
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        const ProtobufCMessage *inner = *(ProtobufCMessage *const *)at;
        return !inner || refuse_unknown(inner, err) || err_in(err, field->name);
    }
    size_t count = *(const size_t *)(const void *)(base + field->quantifier_offset);
    ProtobufCMessage *const *list = *(ProtobufCMessage * *const *)at;
    for (size_t i = 0; i < count; i++) {
        if (refuse_unknown(list[i], err)) continue;
        char place[ERR_FIELD_MAX];
        (void)snprintf(place, sizeof place, "%s[%zu]", field->name, i);
        return err_in(err, place);
    }
    return true;
}

/* protobuf-c packs again what it does not know, so that comparing the bytes would not tell. As deep
 * as the descriptors nest. */
static bool refuse_unknown(const ProtobufCMessage *message, struct err *err)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    if (message->n_unknown_fields > 0) {
        return err_set(err, ERR_INVALID, "", "a field that %s does not have",
                       descriptor->short_name);
    }
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        if (!refuse_unknown_in(message, &descriptor->fields[i], err)) return false;
    }
    return true;
}

MUST_CHECK static bool check_strict(const ProtobufCMessage *message, const uint8_t *body,
                                    size_t len, struct err *err)
{
    const char *name = message->descriptor->short_name;
    if (!refuse_unknown(message, err)) return false;
    bool same = protobuf_c_message_get_packed_size(message) == len;
    if (same) {
        uint8_t *packed = mem_array(len, 1);
        (void)protobuf_c_message_pack(message, packed);
        same = len == 0 || sodium_memcmp(packed, body, len) == 0;
        sodium_memzero(packed, len);
        free(packed);
    }
    return same || err_set(err, ERR_INVALID, "", "not the one encoding that a %s has", name);
}

/* The field numbered 1, a uint32 by the rule of wire_kind.protocol. */
MUST_CHECK static bool check_protocol(const struct wire_kind *kind, const ProtobufCMessage *message,
                                      struct err *err)
{
    if (kind->protocol == 0) return true;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(kind->descriptor, 1);
    REQUIRE(field && field->type == PROTOBUF_C_TYPE_UINT32);
    uint32_t theirs;
    memcpy(&theirs, (const uint8_t *)message + field->offset, sizeof theirs);
    if (theirs == kind->protocol) return true;
    return err_set(err, ERR_VERSION, field->name, "%s of version %u; this side speaks version %u",
                   kind->descriptor->short_name, theirs, kind->protocol);
}

/* protobuf-c frees without a length: each block carries its own, for it to be wiped. */
enum { BLOCK_HEAD = 16 };

static void *block_new(void *ctx, size_t size)
{
    (void)ctx;
    uint8_t *block = size <= SIZE_MAX - BLOCK_HEAD ? mem_array(1, BLOCK_HEAD + size) : NULL;
    if (!block) return NULL;
    memcpy(block, &size, sizeof size);
    return block + BLOCK_HEAD;
}

static void block_free(void *ctx, void *data)
{
    (void)ctx;
    if (!data) return;
    uint8_t *block = (uint8_t *)data - BLOCK_HEAD;
    size_t size = 0;
    memcpy(&size, block, sizeof size);
    sodium_memzero(block, BLOCK_HEAD + size);
    free(block);
}

bool wire_decode(const struct wire_kind *kind, const uint8_t *body, size_t len, void *out,
                 struct err *err)
{
    const char *name = kind->descriptor->short_name;
    if (len > kind->max)
        return err_set(err, ERR_INVALID, "", "%zu bytes of %s; at most %zu", len, name, kind->max);
    ProtobufCAllocator wiping = {.alloc = block_new, .free = block_free};
    ProtobufCAllocator *allocator = kind->confidential ? &wiping : NULL;
    ProtobufCMessage *message = protobuf_c_message_unpack(kind->descriptor, allocator, len, body);
    if (!message) return err_set(err, ERR_INVALID, "", "%zu bytes that are no %s", len, name);

    void *read = mem_array(1, kind->out_size);
    bool ok = check_protocol(kind, message, err) && check_strict(message, body, len, err) &&
              kind->read(message, read, err);
    if (ok) memcpy(out, read, kind->out_size);
    if (kind->confidential) sodium_memzero(read, kind->out_size);
    free(read);
    protobuf_c_message_free_unpacked(message, allocator);
    return ok;
}

void wire_pack(const ProtobufCMessage *message, struct buf *out)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    REQUIRE(protobuf_c_message_pack(message, buf_reserve(out, len)) == len);
}

void wire_pad(struct buf *packed, size_t size)
{
    /* Tag and length take three bytes for every number of zeros from 128 to 2^14 - 1. */
    size_t zeros = size - packed->len - 3;
    REQUIRE(size >= packed->len + WIRE_PADDING_LEAST && zeros < 1 << 14);
    buf_u8(packed, WIRE_PADDING << 3 | PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
    buf_u8(packed, (uint8_t)(0x80 | (zeros & 0x7f)));
    buf_u8(packed, (uint8_t)(zeros >> 7));
    memset(buf_reserve(packed, zeros), 0, zeros);
}

ProtobufCBinaryData wire_data(const void *data, size_t len)
{
    /* protobuf-c has no const; packing only reads. */
    return (ProtobufCBinaryData){.len = len, .data = (uint8_t *)(uintptr_t)data};
}

bool wire_bytes(const ProtobufCBinaryData *in, const char *field, void *out, size_t len,
                struct err *err)
{
    if (in->len != len)
        return err_set(err, ERR_INVALID, field, "%zu bytes; must be %zu", in->len, len);
    memcpy(out, in->data, len);
    return true;
}

bool wire_key(const ProtobufCBinaryData *in, const char *field, uint8_t bytes[POINT_BYTES],
              struct point *point, struct err *err)
{
    if (!wire_bytes(in, field, bytes, POINT_BYTES, err)) return false;
    if (!point_decode(point, bytes))
        return err_set(err, ERR_INVALID, field, "not a canonical ristretto255 point");
    if (point_is_identity(point))
        return err_set(err, ERR_INVALID, field, "the identity; must be another point");
    return true;
}

bool wire_id(const char *in, const char *field, char *out, struct err *err)
{
    if (!text_is_id(in)) {
        return err_set(err, ERR_INVALID, field,
                       "not an organisation id: 1 to %d of a-z, 0-9 and \"-\"", ID_MAX);
    }
    memcpy(out, in, strlen(in) + 1);
    return true;
}

bool wire_text(const char *in, const char *field, char *out, size_t max, struct err *err)
{
    size_t len = strlen(in);
    if (len > max) return err_set(err, ERR_INVALID, field, "%zu bytes; at most %zu", len, max);
    if (!text_is_printable_utf8(in, len)) {
        return err_set(err, ERR_INVALID, field, "must be UTF-8 without control characters");
    }
    memcpy(out, in, len + 1);
    return true;
}

bool wire_frameworks(char **in, size_t in_count, char (*out)[FRAMEWORK_CHARS + 1],
                     size_t *out_count, struct err *err)
{
    if (in_count > FRAMEWORKS_MAX) {
        return err_set(err, ERR_INVALID, "frameworks", "%zu of them; at most %d", in_count,
                       FRAMEWORKS_MAX);
    }
    for (size_t i = 0; i < in_count; i++) {
        if (in[i][0] == '\0')
            return err_set(err, ERR_INVALID, "frameworks", "an empty name; must be 1 to %d bytes",
                           FRAMEWORK_CHARS);
        if (!wire_text(in[i], "frameworks", out[i], FRAMEWORK_CHARS, err)) return false;
    }
    *out_count = in_count;
    return true;
}

bool wire_times(int64_t issued_at, int64_t expires_at, struct err *err)
{
    /* Ordered so that no subtraction overflows whatever the two numbers are. */
    if (issued_at > 0 && expires_at > issued_at && expires_at - issued_at <= QUERY_LIFETIME_MS) {
        return true;
    }
    return err_set(err, ERR_INVALID, "expires_at",
                   "%lld for %lld as issued_at; must be 1 to %d ms later", (long long)expires_at,
                   (long long)issued_at, QUERY_LIFETIME_MS);
}

bool wire_expired(const char *field, const char *what, int64_t from, int64_t to, int64_t now_ms,
                  struct err *err)
{
    char first[CLOCK_TEXT], last[CLOCK_TEXT], now[CLOCK_TEXT];
    clock_format(from, first);
    clock_format(to, last);
    clock_format(now_ms, now);
    return err_set(err, ERR_EXPIRED, field,
                   "%s is valid from %s to %s and the time here is %s: compare the clocks", what,
                   first, last, now);
}
