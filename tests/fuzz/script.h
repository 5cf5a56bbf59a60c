/* SPDX-License-Identifier: Apache-2.0
 * An input read as a script: what a target does, step by step, and changes to the messages that it
 * makes, before they are signed or after. So the fuzzer reaches what stands behind a signature.
 */
#ifndef TESTS_FUZZ_SCRIPT_H
#define TESTS_FUZZ_SCRIPT_H

#include <string.h>

#include "keys/identity.h"
#include "proto/base/buf.h"

enum { SCRIPT_STEPS_MAX = 64, SCRIPT_EDITS_MAX = 4 };

struct script_edit {
    bool packed; /* of the message as it travels; else of the body before it is signed */
    uint8_t kind, value;
    uint16_t at;
};

struct script {
    struct reader reader;
    size_t steps;
    struct script_edit edits[SCRIPT_EDITS_MAX];
    size_t edit_count;
};

static inline struct script script_of(const uint8_t *data, size_t len)
{
    return (struct script){.reader = reader_of(data, len)};
}

/* 0 at the end. */
static inline uint8_t script_u8(struct script *script)
{
    return script->reader.pos < script->reader.len ? script->reader.data[script->reader.pos++] : 0;
}

/* The next step, and the edits that follow it where its highest bit is set; false at the end. */
static inline bool script_step(struct script *script, uint8_t *step)
{
    script->edit_count = 0;
    if (script->reader.pos == script->reader.len || script->steps++ == SCRIPT_STEPS_MAX) {
        return false;
    }
    uint8_t first = script_u8(script);
    *step = first & 0x7f;
    if (first & 0x80) script->edit_count = script_u8(script) % SCRIPT_EDITS_MAX + 1;
    for (size_t i = 0; i < script->edit_count; i++) {
        uint8_t flags = script_u8(script);
        script->edits[i] = (struct script_edit){.packed = flags & 1, .kind = (flags >> 1) % 5};
        script->edits[i].at = (uint16_t)(script_u8(script) << 8);
        script->edits[i].at = (uint16_t)(script->edits[i].at | script_u8(script));
        script->edits[i].value = script_u8(script);
    }
    return true;
}

/* Raw bytes behind a length of one byte. */
static inline const uint8_t *script_bytes(struct script *script, size_t *len)
{
    size_t left = 0;
    *len = script_u8(script);
    left = script->reader.len - script->reader.pos;
    if (*len > left) *len = left;
    const uint8_t *data = script->reader.data + script->reader.pos;
    script->reader.pos += *len;
    return data;
}

static inline void script_insert(struct buf *bytes, size_t at, uint8_t value)
{
    buf_u8(bytes, 0);
    memmove(bytes->data + at + 1, bytes->data + at, bytes->len - 1 - at);
    bytes->data[at] = value;
}

/* One edit; `at` counts from the end where its highest bit is set. */
static inline void script_change(const struct script_edit *edit, struct buf *bytes)
{
    size_t at = edit->at & 0x7fff;
    if (bytes->len == 0) return;
    at %= bytes->len;
    if (edit->at & 0x8000) at = bytes->len - 1 - at;
    switch (edit->kind) {
    case 0: bytes->data[at] ^= edit->value; break;
    case 1: bytes->data[at] = edit->value; break;
    case 2: script_insert(bytes, at, edit->value); break;
    case 3:
        memmove(bytes->data + at, bytes->data + at + 1, bytes->len - at - 1);
        bytes->len--;
        break;
    default: bytes->len = at; break;
    }
}

/* Changes a body before it is signed (packed false) or a message before it travels. */
static inline void script_apply(const struct script *script, bool packed, struct buf *bytes)
{
    for (size_t i = 0; i < script->edit_count; i++) {
        if (script->edits[i].packed == packed) script_change(&script->edits[i], bytes);
    }
}

/* Applies the edits to the body of `out` and signs it. */
static inline void script_sign(const struct script *script, const struct identity *identity,
                               const char *tag, struct signed_bytes *out)
{
    script_apply(script, false, &out->body);
    identity_sign_body(identity, tag, out);
}

#endif
