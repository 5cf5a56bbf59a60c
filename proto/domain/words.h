/* SPDX-License-Identifier: Apache-2.0
 * Comparing what people write with what a catalogue or a standard says: only ASCII letters, digits,
 * '<' and '>' count, case ignored; "&" is "and". "White-British", "white british" and
 * "WHITE_BRITISH" are the same words.
 */
#ifndef HEARTH_DOMAIN_WORDS_H
#define HEARTH_DOMAIN_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { WORDS_MAX = 128 };

/* The letters that count of `text` into out; returns how many. 0: none, or the text is not ASCII or
 * has too many. */
size_t words_fold(const char *text, char out[WORDS_MAX]);
/* True where `text` folds to exactly `folded`. */
bool words_are(const char *text, const char *folded);
/* Edits (insert, delete, replace, swap neighbours) from a to b; both shorter than WORDS_MAX. */
size_t words_distance(const char *a, const char *b);

#endif
