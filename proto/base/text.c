/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/text.h"

#include <math.h>
#include <string.h>

#include <sodium.h>

bool text_integer(const char *text, int64_t min, int64_t max, int64_t *out)
{
    bool negative = *text == '-';
    const char *p = negative ? text + 1 : text;
    if (*p == '\0') return false;
    int64_t value = 0;
    for (; *p; p++) {
        if (*p < '0' || *p > '9') return false;
        int64_t digit = negative ? '0' - *p : *p - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return false;
        }
    }
    if (value < min || value > max) return false;
    *out = value;
    return true;
}

bool text_decimal(const char *text, double *out)
{
    bool negative = *text == '-';
    const char *p = negative ? text + 1 : text;
    double value = 0, scale = 1;
    size_t count = 0;
    bool fraction = false;
    for (; *p; p++) {
        if (*p == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (*p < '0' || *p > '9') return false;
        if (++count > 15 && fraction) continue;
        if (count > 15) return false;
        value = value * 10 + (*p - '0');
        if (fraction) scale *= 10;
    }
    if (count == 0) return false;
    *out = (negative ? -value : value) / scale;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

char *text_trim(char *text)
{
    while (is_space(*text)) text++;
    size_t len = strlen(text);
    while (len > 0 && is_space(text[len - 1])) text[--len] = '\0';
    return text;
}

char *text_hex(const void *data, size_t len, char *out)
{
    return sodium_bin2hex(out, 2 * len + 1, data, len);
}

bool text_unhex(const char *text, void *out, size_t len)
{
    size_t got = 0;
    const char *end = NULL;
    size_t chars = strlen(text);
    return chars == 2 * len && sodium_hex2bin(out, len, text, chars, NULL, &got, &end) == 0 &&
           got == len;
}

bool text_is_id(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len >= 1 && len <= 32 && text[len] == '\0';
}

/* Length of the UTF-8 sequence at p (1 to 4), or 0 where it is not valid (RFC 3629). */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80) return 1;
    size_t need = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < need) return 0;
    for (size_t i = 1; i < need; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0;
    }
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool beyond = (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f);
    return overlong || beyond ? 0 : need;
}

/* U+2028 to U+202E and U+2066 to U+2069: they end a line, or have the rest of it shown in another
 * order than it has ("report" U+202E "fdp.exe" is shown as reportexe.pdf). */
static bool turns_text(const unsigned char *p)
{
    return p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
                            (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

/* The same, 0 for control characters too. */
static size_t printable_sequence(const unsigned char *p, size_t left)
{
    size_t n = utf8_sequence(p, left);
    bool c1 = n == 2 && p[0] == 0xc2 && p[1] < 0xa0;
    return p[0] < 0x20 || p[0] == 0x7f || c1 || (n == 3 && turns_text(p)) ? 0 : n;
}

bool text_is_printable_utf8(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    while (len > 0) {
        size_t n = printable_sequence(p, len);
        if (n == 0) return false;
        p += n;
        len -= n;
    }
    return true;
}

void text_make_printable(char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t n = printable_sequence((unsigned char *)text, left);
        if (n == 0) {
            *text = '?';
            n = 1;
        }
        text += n;
        left -= n;
    }
}

void text_copy_cut(char *out, size_t cap, const char *text)
{
    size_t len = strlen(text);
    if (len >= cap) {
        len = cap - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) len--;
    }
    memcpy(out, text, len);
    out[len] = '\0';
}

bool text_is_address(const char *text, int64_t lowest_port)
{
    const char *colon = strrchr(text, ':');
    int64_t port = 0;
    return colon && colon != text && text_integer(colon + 1, lowest_port, 65535, &port);
}

bool text_split(char *text, char separator, bool (*each)(char *part, void *ctx), void *ctx)
{
    while (text) {
        char *next = strchr(text, separator);
        if (next) *next++ = '\0';
        char *part = text_trim(text);
        if (*part && !each(part, ctx)) return false;
        text = next;
    }
    return true;
}
