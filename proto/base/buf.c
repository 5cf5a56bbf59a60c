/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/mem.h"

uint8_t *buf_reserve(struct buf *buf, size_t len)
{
    REQUIRE(len <= SIZE_MAX / 4 && buf->len <= SIZE_MAX / 4);
    if (buf->len + len > buf->cap) {
        size_t cap = buf->cap ? buf->cap * 2 : 64;
        while (cap < buf->len + len) cap *= 2;
        uint8_t *moved = mem_array(cap, 1);
        if (buf->len > 0) {
            memcpy(moved, buf->data, buf->len);
            sodium_memzero(buf->data, buf->len);
        }
        free(buf->data);
        buf->data = moved;
        buf->cap = cap;
    }
    uint8_t *start = buf->data ? buf->data + buf->len : NULL;
    buf->len += len;
    return start;
}

void buf_append(struct buf *buf, const void *data, size_t len)
{
    if (len == 0) return;
    memcpy(buf_reserve(buf, len), data, len);
}

void buf_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_format(struct buf *buf, const char *fmt, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, fmt);
    int len = vasprintf(&text, fmt, args);
    va_end(args);
    REQUIRE(len >= 0);
    buf_append(buf, text, (size_t)len);
    sodium_memzero(text, (size_t)len);
    free(text);
}

static void append_integer(struct buf *buf, uint64_t value, size_t width)
{
    uint8_t *out = buf_reserve(buf, width);
    for (size_t i = 0; i < width; i++) out[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

void buf_u8(struct buf *buf, uint8_t value)
{
    append_integer(buf, value, 1);
}

void buf_u16(struct buf *buf, uint16_t value)
{
    append_integer(buf, value, 2);
}

void buf_u32(struct buf *buf, uint32_t value)
{
    append_integer(buf, value, 4);
}

void buf_u64(struct buf *buf, uint64_t value)
{
    append_integer(buf, value, 8);
}

void buf_bytes(struct buf *buf, const void *data, size_t len)
{
    REQUIRE(len <= UINT32_MAX);
    buf_u32(buf, (uint32_t)len);
    buf_append(buf, data, len);
}

void buf_free(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

void buf_wipe(struct buf *buf)
{
    if (buf->data) sodium_memzero(buf->data, buf->cap);
    buf_free(buf);
}

struct reader reader_of(const void *data, size_t len)
{
    return (struct reader){.data = data, .len = len};
}

const uint8_t *reader_take(struct reader *reader, size_t len)
{
    if (reader->failed || len > reader->len - reader->pos) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *start = reader->data + reader->pos;
    reader->pos += len;
    return start;
}

static uint64_t read_integer(struct reader *reader, size_t width)
{
    const uint8_t *in = reader_take(reader, width);
    uint64_t value = 0;
    for (size_t i = 0; in && i < width; i++) value = value << 8 | in[i];
    return value;
}

uint8_t reader_u8(struct reader *reader)
{
    return (uint8_t)read_integer(reader, 1);
}

uint16_t reader_u16(struct reader *reader)
{
    return (uint16_t)read_integer(reader, 2);
}

uint32_t reader_u32(struct reader *reader)
{
    return (uint32_t)read_integer(reader, 4);
}

uint64_t reader_u64(struct reader *reader)
{
    return read_integer(reader, 8);
}

const uint8_t *reader_bytes(struct reader *reader, size_t max, size_t *len)
{
    size_t size = reader_u32(reader);
    *len = 0;
    if (size > max) reader->failed = true;
    const uint8_t *bytes = reader_take(reader, size);
    if (bytes) *len = size;
    return bytes;
}

bool reader_text(struct reader *reader, char *out, size_t cap)
{
    size_t len = 0;
    out[0] = '\0';
    const uint8_t *bytes = reader_bytes(reader, cap - 1, &len);
    if (!bytes) return false;
    if (memchr(bytes, 0, len)) {
        reader->failed = true;
        return false;
    }
    memcpy(out, bytes, len);
    out[len] = '\0';
    return true;
}

bool reader_done(const struct reader *reader)
{
    return !reader->failed && reader->pos == reader->len;
}
