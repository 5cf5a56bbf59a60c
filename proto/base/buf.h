/* SPDX-License-Identifier: Apache-2.0
 * A growing byte buffer for writing, and a bounded cursor for reading untrusted bytes.
 * Integers are big-endian and of fixed width; variable bytes carry a 32-bit length before them.
 */
#ifndef HEARTH_BASE_BUF_H
#define HEARTH_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

/* Zero-initialise (`struct buf b = {0};`), append, then buf_free (or buf_wipe where the content was
 * confidential). data may be NULL while len is 0. */
struct buf {
    uint8_t *data;
    size_t len, cap;
};

void buf_append(struct buf *buf, const void *data, size_t len);
void buf_text(struct buf *buf, const char *text); /* the characters, without the NUL */
void buf_format(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_u8(struct buf *buf, uint8_t value);
void buf_u16(struct buf *buf, uint16_t value);
void buf_u32(struct buf *buf, uint32_t value);
void buf_u64(struct buf *buf, uint64_t value);
void buf_bytes(struct buf *buf, const void *data, size_t len); /* u32 length, then the bytes */
/* Extends the buffer by `len` bytes and returns where they start (valid until the next call). */
uint8_t *buf_reserve(struct buf *buf, size_t len);
/* Frees / overwrites with zeros and frees. Both leave an empty, usable buffer. Growing a buffer
 * wipes the block it moved out of, so buf_wipe leaves no copy behind. */
void buf_free(struct buf *buf);
void buf_wipe(struct buf *buf);

/* Reads only inside [data, data+len). After the first failed read every further read fails and
 * gives zeros, so a decoder may read everything and test reader_ok once. */
struct reader {
    const uint8_t *data;
    size_t len, pos;
    bool failed;
};

struct reader reader_of(const void *data, size_t len);
uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);
/* Pointer to `len` bytes inside the input, or NULL. */
const uint8_t *reader_take(struct reader *reader, size_t len);
/* Length-prefixed bytes of at most `max`; sets *len; NULL on failure. */
const uint8_t *reader_bytes(struct reader *reader, size_t max, size_t *len);
/* Length-prefixed text into out[cap], NUL-terminated; embedded NULs and over-long texts fail. */
bool reader_text(struct reader *reader, char *out, size_t cap);
/* True when nothing failed and every byte was read. */
bool reader_done(const struct reader *reader);

#endif
