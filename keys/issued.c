/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/issued.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

#define BASE64 sodium_base64_VARIANT_ORIGINAL

struct loading {
    const struct certificate *root;
    struct issued *issued;
    size_t line;
    struct err *err;
};

void issued_add(struct issued *issued, struct certificate *certificate)
{
    if (issued->count == issued->cap) {
        issued->cap = issued->cap ? issued->cap * 2 : 16;
        issued->list = mem_resize(issued->list, issued->cap, sizeof *issued->list);
    }
    issued->list[issued->count++] = *certificate;
    *certificate = (struct certificate){0};
}

static bool take_certificate(const uint8_t *data, size_t len, struct loading *loading)
{
    struct certificate made = {0};
    struct issued *issued = loading->issued;
    if (!certificate_unpack(data, len, &made, loading->err)) return false;
    const struct signed_bytes *raw = &made.raw;
    bool ok = !loading->root ||
              certificate_verify(loading->root, TAG_CERTIFICATE, raw->body.data, raw->body.len,
                                 raw->signature, SIGNATURE_BYTES, loading->err);
    if (ok && issued->count > 0 && issued->list[issued->count - 1].serial >= made.serial) {
        ok = err_set(loading->err, ERR_CORRUPT, "serial", "does not rise");
    }
    if (ok) issued_add(issued, &made);
    certificate_free(&made);
    return ok;
}

static bool take_line(char *line, void *context)
{
    struct loading *loading = context;
    uint8_t data[CERTIFICATE_BODY_MAX + 256];
    size_t len = 0;
    bool ok =
        sodium_base642bin(data, sizeof data, line, strlen(line), NULL, &len, NULL, BASE64) == 0 ||
        err_set(loading->err, ERR_CORRUPT, "", "is no base64 line");
    ok = ok && take_certificate(data, len, loading);
    loading->line++;
    if (!ok) {
        char reason[ERR_TEXT_MAX];
        memcpy(reason, loading->err->text, sizeof reason);
        return err_set(loading->err, ERR_CORRUPT, AUTHORITY_ISSUED, "certificate %zu: %.300s",
                       loading->line, reason);
    }
    return true;
}

static bool parse(struct buf *text, struct loading *loading)
{
    size_t first = sizeof ISSUED_FIRST_LINE - 1;
    if (text->len < first || sodium_memcmp(text->data, ISSUED_FIRST_LINE, first) != 0 ||
        text->data[text->len - 1] != '\n' || memchr(text->data, '\0', text->len)) {
        return err_set(loading->err, ERR_CORRUPT, AUTHORITY_ISSUED,
                       "is no record of issued certificates, or cut short");
    }
    text->data[text->len - 1] = '\0';
    return text->len == first || text_split((char *)text->data + first, '\n', take_line, loading);
}

bool issued_load(const char *path, const struct certificate *root, struct issued *out,
                 struct err *err)
{
    struct issued made = {0};
    struct loading loading = {.root = root, .issued = &made, .err = err};
    struct buf text = {0};
    bool ok = !file_exists(path) ||
              (file_read(path, ISSUED_FILE_MAX, &text, err) && parse(&text, &loading));
    buf_free(&text);
    if (ok) {
        *out = made;
    } else {
        issued_free(&made);
    }
    return ok;
}

bool issued_save(const char *path, const struct issued *issued, struct err *err)
{
    struct buf text = {0};
    buf_text(&text, ISSUED_FIRST_LINE);
    for (size_t i = 0; i < issued->count; i++) {
        struct buf packed = {0};
        signed_bytes_pack(&issued->list[i].raw, &packed);
        size_t cap = sodium_base64_encoded_len(packed.len, BASE64);
        char *base64 = mem_array(cap, 1);
        (void)sodium_bin2base64(base64, cap, packed.data, packed.len, BASE64);
        buf_text(&text, base64);
        buf_text(&text, "\n");
        free(base64);
        buf_free(&packed);
    }
    bool ok = file_write(path, text.data, text.len, 0600, err);
    buf_free(&text);
    return ok;
}

void issued_free(struct issued *issued)
{
    for (size_t i = 0; i < issued->count; i++) certificate_free(&issued->list[i]);
    free(issued->list);
    *issued = (struct issued){0};
}

const struct certificate *issued_newest(const struct issued *issued, enum role role,
                                        const char *organisation)
{
    for (size_t i = issued->count; i-- > 0;) {
        const struct certificate *each = &issued->list[i];
        if (each->role == role && strcmp(each->organisation, organisation) == 0) return each;
    }
    return NULL;
}

const struct certificate *issued_by_serial(const struct issued *issued, uint64_t serial)
{
    for (size_t i = 0; i < issued->count; i++) {
        if (issued->list[i].serial == serial) return &issued->list[i];
    }
    return NULL;
}
