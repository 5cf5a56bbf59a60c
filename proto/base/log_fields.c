/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/log_fields.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"

struct field {
    char key[LOG_KEY_MAX + 1];
    char value[LOG_VALUE_MAX + 1];
    size_t len;
    bool number; /* the value is one whole number and nothing else */
};

/* The arguments, so that functions can take one after the other. */
struct arguments {
    va_list list;
};

/* ---- reading the format ---- */

static void add(struct field *field, const char *text, size_t len)
{
    size_t room = LOG_VALUE_MAX - field->len;
    if (len > room) len = room;
    memcpy(field->value + field->len, text, len);
    field->len += len;
}

static long long take_signed(const char *length, struct arguments *arguments)
{
    if (strcmp(length, "ll") == 0) return va_arg(arguments->list, long long);
    if (length[0] == '\0') return va_arg(arguments->list, int);
    return va_arg(arguments->list, long);
}

static void add_signed(struct field *field, const char *length, struct arguments *arguments)
{
    char text[32];
    long long value = take_signed(length, arguments);
    add(field, text, (size_t)snprintf(text, sizeof text, "%lld", value));
}

static unsigned long long take_unsigned(const char *length, struct arguments *arguments)
{
    if (strcmp(length, "ll") == 0) return va_arg(arguments->list, unsigned long long);
    if (length[0] == 'z') return va_arg(arguments->list, size_t);
    if (length[0] == '\0') return va_arg(arguments->list, unsigned);
    return va_arg(arguments->list, unsigned long);
}

static void add_unsigned(struct field *field, const char *length, bool hex,
                         struct arguments *arguments)
{
    char text[32];
    unsigned long long value = take_unsigned(length, arguments);
    add(field, text, (size_t)snprintf(text, sizeof text, hex ? "%llx" : "%llu", value));
}

static void add_text(struct field *field, bool bounded, struct arguments *arguments)
{
    int most = bounded ? va_arg(arguments->list, int) : LOG_VALUE_MAX;
    const char *text = va_arg(arguments->list, const char *);
    if (!text) text = "";
    add(field, text, strnlen(text, most > 0 ? (size_t)most : 0));
}

/* From behind the % to behind the conversion; true for a whole number. */
static bool convert(const char **at, struct field *field, struct arguments *arguments)
{
    char length[3] = "";
    bool bounded = strncmp(*at, ".*", 2) == 0;
    if (bounded) *at += 2;
    size_t modifiers = strspn(*at, "lz");
    REQUIRE(modifiers < sizeof length);
    memcpy(length, *at, modifiers);
    *at += modifiers;
    char conversion = *(*at)++;
    REQUIRE(!bounded || conversion == 's');
    switch (conversion) {
    case 'd':
    case 'i': add_signed(field, length, arguments); return true;
    case 'u': add_unsigned(field, length, false, arguments); return true;
    case 'x': add_unsigned(field, length, true, arguments); return false;
    case 's': add_text(field, bounded, arguments); return false;
    case 'c': add(field, &(char){(char)va_arg(arguments->list, int)}, 1); return false;
    case '%': add(field, "%", 1); return false;
    default: REQUIRE(strchr("diuxsc%", conversion) != NULL); return false;
    }
}

static void read_key(const char **at, struct field *field)
{
    size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyz0123456789_");
    REQUIRE(len > 0 && len <= LOG_KEY_MAX && (*at)[len] == '=');
    memcpy(field->key, *at, len);
    field->key[len] = '\0';
    *at += len + 1;
}

static void read_value(const char **at, struct field *field, struct arguments *arguments)
{
    size_t pieces = 0, numbers = 0;
    bool quoted = false;
    for (; **at && (quoted || **at != ' '); pieces++) {
        char c = *(*at)++;
        if (c == '"') {
            quoted = !quoted;
        } else if (c == '%') {
            if (convert(at, field, arguments)) numbers++;
        } else {
            add(field, &c, 1);
        }
    }
    REQUIRE(!quoted);
    field->value[field->len] = '\0';
    field->number = pieces == 1 && numbers == 1;
    text_make_printable(field->value);
}

/* ---- writing ---- */

static bool put(const char *piece, size_t len, char *text, size_t cap, size_t *used)
{
    if (len > cap - *used) return false;
    memcpy(text + *used, piece, len);
    *used += len;
    return true;
}

/* What is printable needs no other escapes. */
bool log_string_put(const char *value, char *text, size_t cap, size_t *used)
{
    size_t start = *used;
    bool ok = put("\"", 1, text, cap, used);
    for (; ok && *value; value++) {
        if (*value == '"' || *value == '\\') ok = put("\\", 1, text, cap, used);
        ok = ok && put(value, 1, text, cap, used);
    }
    ok = ok && put("\"", 1, text, cap, used);
    if (!ok) *used = start;
    return ok;
}

static bool is_bare(const char *value)
{
    const char *p = value;
    while (*p > ' ' && *p < 0x7f && *p != '"' && *p != '\\' && *p != '=') p++;
    return p > value && *p == '\0';
}

static bool put_value(enum log_format format, const struct field *field, char *text, size_t cap,
                      size_t *used)
{
    if (format == LOG_FORMAT_TEXT ? is_bare(field->value) : field->number) {
        return put(field->value, field->len, text, cap, used);
    }
    return log_string_put(field->value, text, cap, used);
}

static bool put_field(enum log_format format, const struct field *field, char *text, size_t cap,
                      size_t *used)
{
    bool json = format == LOG_FORMAT_JSON;
    return put(json ? ",\"" : " ", json ? 2 : 1, text, cap, used) &&
           put(field->key, strlen(field->key), text, cap, used) &&
           put(json ? "\":" : "=", json ? 2 : 1, text, cap, used) &&
           put_value(format, field, text, cap, used);
}

void log_fields_put(enum log_format format, const char *fmt, va_list args, char *text, size_t cap,
                    size_t *used)
{
    struct arguments arguments;
    va_copy(arguments.list, args);
    for (const char *at = fmt; *at;) {
        struct field field = {.len = 0};
        size_t start = *used;
        read_key(&at, &field);
        read_value(&at, &field, &arguments);
        if (!put_field(format, &field, text, cap, used)) *used = start;
        if (*at == ' ') at++;
    }
    va_end(arguments.list);
}
