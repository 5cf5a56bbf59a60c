/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/armour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"

enum { LINE_CHARS = 64 };
#define BASE64 sodium_base64_VARIANT_ORIGINAL
#define BEGIN "-----BEGIN HEARTH "
#define END "-----END HEARTH "
#define DASHES "-----\n"

static const char *const kind_names[ARMOUR_KINDS] = {
    [ARMOUR_KEY] = "KEY",
    [ARMOUR_REQUEST] = "REQUEST",
    [ARMOUR_CERTIFICATE] = "CERTIFICATE",
    [ARMOUR_ROOT] = "ROOT",
    [ARMOUR_REVOCATIONS] = "REVOCATIONS",
};

const char *armour_kind_name(enum armour_kind kind)
{
    REQUIRE(kind < ARMOUR_KINDS);
    return kind_names[kind];
}

size_t armour_file_max(enum armour_kind kind)
{
    return kind == ARMOUR_REVOCATIONS ? ARMOUR_REVOCATIONS_MAX : ARMOUR_FILE_MAX;
}

void armour_write(enum armour_kind kind, const void *data, size_t len, struct buf *out)
{
    size_t cap = sodium_base64_encoded_len(len, BASE64);
    char *base64 = mem_array(cap, 1);
    (void)sodium_bin2base64(base64, cap, data, len, BASE64);
    buf_format(out, BEGIN "%s" DASHES, armour_kind_name(kind));
    size_t chars = strlen(base64);
    for (size_t at = 0; at < chars; at += LINE_CHARS) {
        size_t line = chars - at < LINE_CHARS ? chars - at : LINE_CHARS;
        buf_append(out, base64 + at, line);
        buf_text(out, "\n");
    }
    buf_format(out, END "%s" DASHES, armour_kind_name(kind));
    free(base64);
}

/* The text with CRLF made LF and white space at the end made one LF. */
static void normalise(const uint8_t *text, size_t len, struct buf *out)
{
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) && text[len - 1] != '\0') len--;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\r' && i + 1 < len && text[i + 1] == '\n') continue;
        buf_u8(out, text[i]);
    }
    buf_u8(out, '\n');
}

bool armour_kind_of(const uint8_t *text, size_t len, enum armour_kind *kind)
{
    size_t begin = sizeof BEGIN - 1;
    if (len < begin || sodium_memcmp(text, BEGIN, begin) != 0) return false;
    for (int k = 0; k < ARMOUR_KINDS; k++) {
        size_t name = strlen(kind_names[k]);
        if (len - begin < name + 5 || sodium_memcmp(text + begin, kind_names[k], name) != 0)
            continue;
        if (sodium_memcmp(text + begin + name, "-----", 5) != 0) continue;
        *kind = (enum armour_kind)k;
        return true;
    }
    return false;
}

/* Decodes leniently; the caller compares with the one encoding that is allowed. */
static bool decode(enum armour_kind kind, const struct buf *text, struct buf *out)
{
    size_t begin = sizeof BEGIN - 1 + strlen(kind_names[kind]) + sizeof DASHES - 1;
    size_t end = sizeof END - 1 + strlen(kind_names[kind]) + sizeof DASHES - 1;
    if (text->len < begin + end) return false;
    size_t chars = text->len - begin - end;
    size_t start = out->len;
    size_t got = 0;
    uint8_t *bytes = buf_reserve(out, chars + 1);
    bool ok = sodium_base642bin(bytes, chars + 1, (const char *)text->data + begin, chars, "\n",
                                &got, NULL, BASE64) == 0;
    out->len = ok ? start + got : start;
    return ok;
}

bool armour_read(enum armour_kind kind, const uint8_t *text, size_t len, struct buf *out,
                 struct err *err)
{
    enum armour_kind found = kind;
    if (len > armour_file_max(kind)) {
        return err_set(err, ERR_INVALID, "", "longer than %zu bytes", armour_file_max(kind));
    }
    if (!armour_kind_of(text, len, &found) || found != kind) {
        return err_set(err, ERR_INVALID, "", "a HEARTH %s file is wanted, this is %s%s",
                       armour_kind_name(kind), found == kind ? "something else" : "a HEARTH ",
                       found == kind ? "" : armour_kind_name(found));
    }
    struct buf normal = {0}, again = {0}, bytes = {0};
    normalise(text, len, &normal);
    bool ok = decode(kind, &normal, &bytes);
    if (ok) armour_write(kind, bytes.data, bytes.len, &again);
    ok = ok && again.len == normal.len && sodium_memcmp(again.data, normal.data, normal.len) == 0;
    if (ok) buf_append(out, bytes.data, bytes.len);
    buf_free(&normal);
    buf_free(&again);
    buf_free(&bytes);
    return ok || err_set(err, ERR_CORRUPT, "", "the HEARTH %s text is damaged or cut short",
                         armour_kind_name(kind));
}

/* Paths may be longer than an err's field. */
static const char *file_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool armour_read_file(enum armour_kind kind, const char *path, struct buf *out, struct err *err)
{
    struct buf text = {0};
    bool ok = file_read(path, armour_file_max(kind), &text, err);
    if (ok) ok = armour_read(kind, text.data, text.len, out, err) || err_in(err, file_base(path));
    buf_free(&text);
    return ok;
}
