/* SPDX-License-Identifier: Apache-2.0
 * For the tests of the message codecs: a body that was changed field by field must be refused with
 * the name of that field.
 */
#ifndef TESTS_BODIES_H
#define TESTS_BODIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/mem.h"
#include "proto/crypto/message.h"
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"

/* Calls a decoder and frees what it made. */
typedef bool decode_body(const uint8_t *body, size_t len, struct err *err);

static inline void body_accepted(decode_body *decode, const struct buf *body)
{
    struct err err = {0};
    bool ok = decode(body->data, body->len, &err);
    if (!ok) print_error("refused: %s: %s\n", err.field, err.text);
    assert_true(ok);
}

static inline void bytes_refused(decode_body *decode, const uint8_t *data, size_t len,
                                 enum err_code code, const char *field)
{
    struct err err = {0};
    /* In a block of its own size, so that a sanitizer sees a read past its end. */
    uint8_t *exact = len ? malloc(len) : NULL;
    if (len) memcpy(exact, data, len);
    bool ok = decode(exact, len, &err);
    free(exact);
    assert_false(ok);
    assert_int_equal(err.code, code);
    if (field) assert_string_equal(err.field, field);
}

/* Packs `message` and expects its refusal. */
static inline void message_refused(decode_body *decode, const ProtobufCMessage *message,
                                   enum err_code code, const char *field)
{
    struct buf body = {0};
    wire_pack(message, &body);
    bytes_refused(decode, body.data, body.len, code, field);
    buf_free(&body);
}

/* The `bytes` field at `data` one byte short, one byte long, empty. `message` is whole again after
 * it. */
static inline void lengths_refused(decode_body *decode, const ProtobufCMessage *message,
                                   ProtobufCBinaryData *data, const char *field)
{
    ProtobufCBinaryData kept = *data;
    uint8_t *longer = mem_array(kept.len + 1, 1);
    memcpy(longer, kept.data, kept.len);
    data->data = longer;
    const size_t lengths[] = {0, kept.len - 1, kept.len + 1};
    for (size_t i = 0; i < 3; i++) {
        data->len = lengths[i];
        message_refused(decode, message, ERR_INVALID, field);
    }
    *data = kept;
    free(longer);
}

/* Texts that are no organisation id. */
static inline void ids_refused(decode_body *decode, const ProtobufCMessage *message, char **text,
                               const char *field)
{
    static char bad[][40] = {
        "", "LA-1", "la 1", "la_1", "la\n1", "\xc3\xa9", "a23456789012345678901234567890123"};
    char *kept = *text;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        *text = bad[i];
        message_refused(decode, message, ERR_INVALID, field);
    }
    *text = kept;
}

/* Texts that may not be shown: control characters, broken UTF-8, and one of max + 1 bytes. */
static inline void texts_refused(decode_body *decode, const ProtobufCMessage *message, char **text,
                                 size_t max, const char *field)
{
    static char bad[][8] = {"a\nb", "\x1b[31m", "\x7f", "\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80"};
    char *kept = *text, *longer = mem_array(max + 2, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        *text = bad[i];
        message_refused(decode, message, ERR_INVALID, field);
    }
    memset(longer, 'x', max + 1);
    *text = longer;
    message_refused(decode, message, ERR_INVALID, field);
    longer[max] = '\0';
    struct buf body = {0};
    wire_pack(message, &body);
    body_accepted(decode, &body);
    buf_free(&body);
    *text = kept;
    free(longer);
}

/* Keys that no party may have. */
static inline void keys_refused(decode_body *decode, const ProtobufCMessage *message,
                                ProtobufCBinaryData *key, const char *field)
{
    uint8_t bad[POINT_BYTES];
    ProtobufCBinaryData kept = *key;
    lengths_refused(decode, message, key, field);
    key->data = bad;
    memset(bad, 0, sizeof bad); /* the identity */
    message_refused(decode, message, ERR_INVALID, field);
    memset(bad, 0xff, sizeof bad); /* not below the prime */
    message_refused(decode, message, ERR_INVALID, field);
    memcpy(bad, kept.data, sizeof bad);
    bad[0] ^= 1; /* negative */
    message_refused(decode, message, ERR_INVALID, field);
    *key = kept;
}

/* What goes for every body: no truncation, no surplus, no unknown field, one encoding only. `max`:
 * bytes beyond which nothing is even parsed. */
static inline void strictness_holds(decode_body *decode, const struct buf *body, size_t max,
                                    enum err_code truncated)
{
    static const uint8_t unknown[] = {0xf8, 0x06, 0x01}; /* field 111, varint 1 */
    uint8_t *longer = mem_array(max + 1, 1);
    struct err err;
    memcpy(longer, body->data, body->len);
    memcpy(longer + body->len, unknown, sizeof unknown);
    bytes_refused(decode, longer, body->len + sizeof unknown, ERR_INVALID, "");
    longer[body->len] = 0;
    bytes_refused(decode, longer, body->len + 1, ERR_INVALID, "");
    /* The first field once more: parsers take the last one, and both would be signed. */
    size_t first = 2;
    if ((body->data[0] & 7) == 2) /* length-delimited, shorter than 128 bytes */
        first += body->data[1];
    else
        while (body->data[first - 1] & 0x80) first++;
    memcpy(longer + body->len, body->data, first);
    bytes_refused(decode, longer, body->len + first, ERR_INVALID, "");
    memcpy(longer, body->data, body->len);
    assert_false(decode(longer, max + 1, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.text, "at most"));
    size_t step = body->len > 1000 ? 997 : 1;
    for (size_t len = 1; len < body->len; len += step) {
        assert_false(decode(body->data, len, &err));
        assert_true(err.code == ERR_INVALID || err.code == truncated);
    }
    assert_false(decode(NULL, 0, &err));
    free(longer);
}

#endif
