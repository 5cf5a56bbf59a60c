/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/words.h"

#include <string.h>

#include "proto/base/err.h"

/* The next letter that counts, or '\0' at the end; a letter of "and" comes out of "&". */
static char next_letter(const char **text, size_t *of_and)
{
    for (; **text; (*text)++) {
        char c = **text;
        if (c == '&') {
            char letter = "and"[(*of_and)++];
            if (*of_and < 3) return letter;
            *of_and = 0;
            (*text)++;
            return letter;
        }
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        bool counts = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '<' || c == '>' ||
                      (unsigned char)c >= 0x80;
        if (!counts) continue;
        (*text)++;
        return c;
    }
    return '\0';
}

size_t words_fold(const char *text, char out[WORDS_MAX])
{
    size_t len = 0, of_and = 0;
    char c;
    while ((c = next_letter(&text, &of_and)) != '\0') {
        if ((unsigned char)c >= 0x80 || len + 1 == WORDS_MAX) {
            len = 0;
            break;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return len;
}

bool words_are(const char *text, const char *folded)
{
    size_t of_and = 0;
    for (;; folded++) {
        char c = next_letter(&text, &of_and);
        if (c != *folded) return false;
        if (c == '\0') return true;
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t words_distance(const char *a, const char *b)
{
    size_t rows[3][WORDS_MAX];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    size_t m = strlen(a), n = strlen(b);
    REQUIRE(m < WORDS_MAX && n < WORDS_MAX);
    for (size_t j = 0; j <= n; j++) last[j] = j;
    for (size_t i = 1; i <= m; i++) {
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = least(last[j - 1] + change, least(last[j], row[j - 1]) + 1);
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[n];
}
