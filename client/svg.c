/* SPDX-License-Identifier: Apache-2.0 */
#include "client/svg.h"

#include <string.h>

static const char *entity(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

/* U+FFFE and U+FFFF are valid UTF-8, but no characters of XML. */
static bool is_noncharacter(const char *p)
{
    return strncmp(p, "\xef\xbf\xbe", 3) == 0 || strncmp(p, "\xef\xbf\xbf", 3) == 0;
}

void svg_text(struct buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        const char *escaped = entity(*p);
        if (is_noncharacter(p)) {
            escaped = "?";
            p += 2;
        } else if ((unsigned char)*p < ' ' || *p == 0x7f) {
            escaped = "?";
        }
        if (escaped) {
            buf_text(out, escaped);
        } else {
            buf_append(out, p, 1);
        }
    }
}
