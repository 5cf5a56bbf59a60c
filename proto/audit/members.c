/* SPDX-License-Identifier: Apache-2.0
 * Members of the JSON objects of exports and packages: hex, numbers, signed messages.
 */
#include <stdlib.h>
#include <string.h>

#include "keys/certificate.h"
#include "proto/audit/log_line.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { SIGNED_OVERHEAD = 256 };

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

bool member_hex(const json_t *object, const char *name, void *out, size_t len, struct err *err)
{
    const char *text = text_of(object, name);
    if (text && text_unhex(text, out, len)) return true;
    return err_set(err, ERR_INVALID, name, "must be %zu hex digits in quotes", 2 * len);
}

bool member_bytes(const json_t *object, const char *name, size_t max, struct buf *out,
                  struct err *err)
{
    const char *text = text_of(object, name);
    size_t digits = text ? strlen(text) : 0;
    size_t before = out->len;
    if (digits > 0 && digits % 2 == 0 && digits / 2 <= max) {
        if (text_unhex(text, buf_reserve(out, digits / 2), digits / 2)) return true;
        out->len = before;
    }
    return err_set(err, ERR_INVALID, name, "must be hex digits in quotes, of 1 to %zu bytes", max);
}

bool member_number(const json_t *object, const char *name, uint64_t *out, struct err *err)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return err_set(err, ERR_INVALID, name, "must be a whole number, not below 0");
    }
    *out = (uint64_t)json_integer_value(value);
    return true;
}

bool member_signed(const json_t *object, const char *name, size_t max, struct signed_bytes *out,
                   struct err *err)
{
    struct buf bytes = {0};
    bool ok = member_bytes(object, name, max + SIGNED_OVERHEAD, &bytes, err) &&
              (signed_bytes_unpack(bytes.data, bytes.len, max, out, err) || err_in(err, name));
    buf_free(&bytes);
    return ok;
}

bool member_certificate(const json_t *object, const char *name, struct certificate *out,
                        struct err *err)
{
    struct buf bytes = {0};
    bool ok = member_bytes(object, name, CERTIFICATE_BODY_MAX + SIGNED_OVERHEAD, &bytes, err) &&
              (certificate_unpack(bytes.data, bytes.len, out, err) || err_in(err, name));
    buf_free(&bytes);
    return ok;
}

bool members_known(const json_t *object, const char *const *names, struct err *err)
{
    const char *key = NULL;
    json_t *value = NULL;
    if (!json_is_object(object)) return err_set(err, ERR_INVALID, NULL, "must be an object { }");
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        size_t i = 0;
        while (names[i] && strcmp(names[i], key) != 0) i++;
        if (names[i]) continue;
        char shown[64];
        text_copy_cut(shown, sizeof shown, key);
        text_make_printable(shown);
        return err_set(err, ERR_INVALID, NULL, "has a member '%s' that does not belong there",
                       shown);
    }
    return true;
}

json_t *hex_json(const void *data, size_t len)
{
    char *hex = mem_array(2 * len + 1, 1);
    json_t *text = json_string(text_hex(data, len, hex));
    sodium_memzero(hex, 2 * len);
    free(hex);
    return text;
}

json_t *signed_json(const struct signed_bytes *s)
{
    struct buf bytes = {0};
    signed_bytes_pack(s, &bytes);
    json_t *text = hex_json(bytes.data, bytes.len);
    buf_free(&bytes);
    return text;
}
