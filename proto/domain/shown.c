/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/shown.h"

#include <stddef.h>
#include <string.h>

#include "proto/base/text.h"

/* Bytes of the printable character at p, or 0 where there is none. */
static size_t character(const char *p)
{
    size_t left = strlen(p);
    for (size_t n = 1; n <= 4 && n <= left; n++) {
        if (text_is_printable_utf8(p, n)) return n;
    }
    return 0;
}

const char *shown(const char *text, char out[SHOWN_MAX])
{
    size_t len = 0;
    while (*text && len + 4 + sizeof "..." <= SHOWN_MAX) {
        size_t n = character(text);
        if (n == 0) {
            out[len++] = '?';
            text++;
            continue;
        }
        memcpy(out + len, text, n);
        len += n;
        text += n;
    }
    out[len] = '\0';
    if (*text) memcpy(out + len, "...", sizeof "...");
    return out;
}
