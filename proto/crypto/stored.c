/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/stored.h"

#include <string.h>

#include "proto/base/text.h"
#include "proto/crypto/message.h"

bool stored_form(struct reader *reader, uint8_t form, struct err *err)
{
    uint8_t found = reader_u8(reader);
    if (!reader->failed && found > form) {
        return err_set(err, ERR_VERSION, NULL,
                       "a record has form %u; this program reads forms up to %u: it must be "
                       "updated",
                       found, form);
    }
    return (!reader->failed && found == form) ||
           err_set(err, ERR_CORRUPT, NULL, "a record is malformed");
}

bool stored_time(struct reader *reader, int64_t *out)
{
    uint64_t value = reader_u64(reader);
    if (reader->failed || value > INT64_MAX) return false;
    *out = (int64_t)value;
    return true;
}

bool stored_flag(struct reader *reader, bool *out)
{
    uint8_t value = reader_u8(reader);
    *out = value == 1;
    return !reader->failed && value <= 1;
}

bool stored_bytes(struct reader *reader, void *out, size_t len)
{
    const uint8_t *bytes = reader_take(reader, len);
    if (bytes) memcpy(out, bytes, len);
    return bytes != NULL;
}

bool stored_text(struct reader *reader, char *out, size_t cap, bool empty)
{
    return reader_text(reader, out, cap) && (empty || out[0]) &&
           text_is_printable_utf8(out, strlen(out));
}

bool stored_id(struct reader *reader, char *out)
{
    return reader_text(reader, out, ID_MAX + 1) && text_is_id(out);
}

bool stored_ends(struct reader *reader)
{
    while (!reader->failed && reader->pos < reader->len) {
        if (reader_u8(reader) != 0) return false;
    }
    return !reader->failed;
}

void stored_put_text(struct buf *out, const char *text)
{
    buf_bytes(out, text, strlen(text));
}
