/* SPDX-License-Identifier: Apache-2.0
 * Names of places as keys: how people type them must find how they are printed.
 */
#include <string.h>

#include "proto/domain/gazetteer_record.h"

/* The letters under the accents: U+00C0 to U+00FF, then U+0100 to U+017F. */
static const char LATIN_1[] = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty";
static const char LATIN_A[] =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrr"
    "ssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
enum { NOTHING = '\0', GAP = ' ' };

/* What stands for a character of more than one byte. */
static char base_letter(uint32_t c)
{
    if (c >= 0xc0 && c <= 0xff) return LATIN_1[c - 0xc0];
    if (c >= 0x100 && c <= 0x17f) return LATIN_A[c - 0x100];
    if (c >= 0x1e80 && c <= 0x1e85) return 'w';
    if (c == 0x1ef2 || c == 0x1ef3) return 'y';
    if (c == 0x2018 || c == 0x2019) return NOTHING;
    return GAP;
}

static char ascii_letter(char c)
{
    if (c >= 'A' && c <= 'Z') return (char)(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return c;
    return c == '\'' || c == '.' || c == '`' ? NOTHING : GAP;
}

/* The next character's letter; what is not UTF-8 is a gap. */
static char next_letter(const unsigned char **p)
{
    const unsigned char *at = *p;
    *p = at + 1;
    if (at[0] < 0x80) return ascii_letter((char)at[0]);
    if ((at[0] & 0xe0) == 0xc0 && (at[1] & 0xc0) == 0x80) {
        *p = at + 2;
        return base_letter((at[0] & 0x1fU) << 6 | (at[1] & 0x3fU));
    }
    if ((at[0] & 0xf0) == 0xe0 && (at[1] & 0xc0) == 0x80 && (at[2] & 0xc0) == 0x80) {
        *p = at + 3;
        return base_letter((at[0] & 0xfU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU));
    }
    return GAP;
}

const char *gazetteer_name_key(const char *name, char out[GAZETTEER_KEY_MAX + 1])
{
    static const char and_word[] = " and ";
    size_t len = 0;
    const unsigned char *p = (const unsigned char *)name;
    while (*p && len < GAZETTEER_KEY_MAX) {
        bool ampersand = *p == '&';
        char c = ampersand ? GAP : next_letter(&p);
        for (const char *word = and_word; ampersand && *word && len < GAZETTEER_KEY_MAX; word++) {
            if (*word != GAP || (len > 0 && out[len - 1] != GAP)) out[len++] = *word;
        }
        if (ampersand) p++;
        if (c == NOTHING || (c == GAP && (len == 0 || out[len - 1] == GAP))) continue;
        out[len++] = c;
    }
    while (len > 0 && out[len - 1] == GAP) len--;
    out[len] = '\0';
    return out;
}
