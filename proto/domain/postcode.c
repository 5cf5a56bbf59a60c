/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/postcode.h"

#include <string.h>

enum { LONGEST = 7, OUTWARD_LONGEST = 4, CODE_BITS = 6 };

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_outward(const char *p, size_t len)
{
    if (len == 3 && strncmp(p, "GIR", 3) == 0) return true;
    size_t n = 0;
    while (n < len && n < 2 && is_letter(p[n])) n++;
    if (n == 0 || n == len || !is_digit(p[n])) return false;
    n++;
    if (n < len && (is_digit(p[n]) || is_letter(p[n]))) n++;
    return n == len;
}

/* "", "3" or "3AA". */
static bool is_inward(const char *p, size_t len)
{
    if (len == 0) return true;
    return is_digit(p[0]) && (len == 1 || (len == 3 && is_letter(p[1]) && is_letter(p[2])));
}

/* Upper case without spaces into out[LONGEST]; *gap is what stood before the one gap, or the whole
 * length where there is none. */
static bool squeeze(const char *text, char out[LONGEST], size_t *len, size_t *gap)
{
    size_t n = 0, gaps = 0;
    while (*text == ' ') text++;
    while (*text) {
        if (*text == ' ') {
            while (*text == ' ') text++;
            if (!*text) break;
            gaps++;
            *gap = n;
            continue;
        }
        if (n == LONGEST) return false;
        char c = *text++;
        out[n++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    *len = n;
    if (gaps == 0) *gap = n;
    return gaps <= 1;
}

/* Where the first half ends when nobody wrote a gap; 0 where there is no way. */
static size_t find_gap(const char *p, size_t len)
{
    if (is_outward(p, len)) return len;
    if (len >= 2 && is_outward(p, len - 1) && is_inward(p + len - 1, 1)) return len - 1;
    if (len >= 4 && is_outward(p, len - 3) && is_inward(p + len - 3, 3)) return len - 3;
    return 0;
}

bool postcode_parse(const char *text, struct postcode *out)
{
    char squeezed[LONGEST] = {0};
    size_t len = 0, gap = 0;
    if (!squeeze(text, squeezed, &len, &gap)) return false;
    if (gap == len) gap = find_gap(squeezed, len);
    if (gap == 0 || gap > OUTWARD_LONGEST || !is_outward(squeezed, gap)) return false;
    if (!is_inward(squeezed + gap, len - gap)) return false;
    *out = (struct postcode){.sector = len > gap ? squeezed[gap] : '\0'};
    memcpy(out->outward, squeezed, gap);
    if (len - gap == 3) memcpy(out->letters, squeezed + gap + 1, 2);
    return true;
}

enum postcode_kind postcode_kind(const struct postcode *postcode)
{
    if (postcode->sector == '\0') return POSTCODE_DISTRICT;
    return postcode->letters[0] == '\0' ? POSTCODE_SECTOR : POSTCODE_UNIT;
}

const char *postcode_text(const struct postcode *postcode, char out[POSTCODE_TEXT])
{
    size_t len = 0;
    while (postcode->outward[len]) {
        out[len] = postcode->outward[len];
        len++;
    }
    if (postcode->sector) {
        out[len++] = ' ';
        out[len++] = postcode->sector;
    }
    if (postcode->sector && postcode->letters[0]) {
        out[len++] = postcode->letters[0];
        out[len++] = postcode->letters[1];
    }
    out[len] = '\0';
    return out;
}

struct postcode postcode_sector(const struct postcode *postcode)
{
    struct postcode sector = *postcode;
    memset(sector.letters, 0, sizeof sector.letters);
    return sector;
}

struct postcode postcode_district(const struct postcode *postcode)
{
    struct postcode district = postcode_sector(postcode);
    district.sector = '\0';
    return district;
}

uint32_t postcode_letters(const struct postcode *unit)
{
    REQUIRE(postcode_kind(unit) == POSTCODE_UNIT);
    return (uint32_t)(unit->letters[0] - 'A') * 26 + (uint32_t)(unit->letters[1] - 'A');
}

void postcode_set_letters(struct postcode *sector, uint32_t letters)
{
    REQUIRE(letters < POSTCODE_LETTERS);
    sector->letters[0] = (char)('A' + letters / 26);
    sector->letters[1] = (char)('A' + letters % 26);
    sector->letters[2] = '\0';
}

/* 0 stands for nothing, then the letters, then the digits. */
static uint32_t code_of(char c)
{
    if (c == '\0') return 0;
    return is_letter(c) ? (uint32_t)(c - 'A') + 1 : (uint32_t)(c - '0') + 27;
}

static char of_code(uint32_t code)
{
    if (code == 0) return '\0';
    return code < 27 ? (char)('A' + code - 1) : (char)('0' + code - 27);
}

uint32_t postcode_sector_number(const struct postcode *postcode)
{
    REQUIRE(postcode->sector != '\0');
    uint32_t number = 0;
    for (size_t i = 0; i < OUTWARD_LONGEST; i++) {
        number = number << CODE_BITS | code_of(postcode->outward[i]);
    }
    return number << 4 | (uint32_t)(postcode->sector - '0');
}

struct postcode postcode_of_sector(uint32_t number)
{
    struct postcode sector = {.sector = (char)('0' + number % 16)};
    for (size_t i = 0; i < OUTWARD_LONGEST; i++) {
        unsigned shift = 4 + CODE_BITS * (unsigned)(OUTWARD_LONGEST - 1 - i);
        sector.outward[i] = of_code(number >> shift & ((1U << CODE_BITS) - 1));
    }
    return sector;
}
