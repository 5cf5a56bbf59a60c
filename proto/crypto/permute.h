/* SPDX-License-Identifier: Apache-2.0
 * Moving items by a permutation that stays secret. */
#ifndef HEARTH_CRYPTO_PERMUTE_H
#define HEARTH_CRYPTO_PERMUTE_H

#include <stddef.h>
#include <stdint.h>

/* Moves item i to place place[i]. place: a permutation of 0..count-1, sorted afterwards. items:
 * count * words of 8 bytes. A sorting network (Batcher's merge exchange, Knuth vol. 3, algorithm
 * 5.2.2M): the same comparisons and the same memory whatever the permutation, about
 * count * log2(count)^2 / 4 of them. */
void permute(uint64_t *items, size_t words, uint32_t *place, size_t count);

#endif
