/* SPDX-License-Identifier: Apache-2.0
 * The noise that each contributor adds (docs/figures.md "Noise"): X - Y in each cell, X and Y
 * negative binomial with r = 1/shares and p = exp(-epsilon/sensitivity), so that `shares` honest
 * contributions together carry discrete Laplace noise.
 *
 * The sampler has integers only. A table holds cumulative probabilities at 128 bits, rounded so
 * that every machine gets the same ones: see noise_table.c for the arithmetic. A draw is the number
 * of entries that are not above a 128-bit uniform, found by looking at all of them without a
 * branch.
 */
#ifndef HEARTH_FIGURES_NOISE_H
#define HEARTH_FIGURES_NOISE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/crypto/hash.h"
#include "proto/crypto/stream.h"

enum {
    NOISE_SHARES_MAX = 4096,
    NOISE_ENTRIES_MAX = 1 << 15, /* of a table; also the largest draw */
    EPSILON_ONE = 1000000        /* epsilon is told in millionths */
};

struct noise_spec {
    uint32_t shares;      /* q - t: 2..NOISE_SHARES_MAX */
    uint32_t epsilon;     /* of the table, millionths: 1..10 * EPSILON_ONE */
    uint32_t sensitivity; /* D = c * k: 1..255 */
};

struct noise_table;
/* ERR_INVALID (field shares, epsilon or sensitivity): out of range, or the table would have more
 * than NOISE_ENTRIES_MAX entries. Milliseconds. noise_table_free frees. */
MUST_CHECK bool noise_table_build(const struct noise_spec *spec, struct noise_table **out,
                                  struct err *err);
void noise_table_free(struct noise_table *table); /* NULL is fine */
/* H("hearth v1 noise table", shares, epsilon, sensitivity, entries): what a manifest commits to. */
void noise_table_hash(const struct noise_table *table, uint8_t out[HASH_BYTES]);
size_t noise_table_entries(const struct noise_table *table);
/* Entry i as 16 big-endian bytes, for tests and for printing. */
void noise_table_entry(const struct noise_table *table, size_t i, uint8_t out[16]);

/* One X - Y: takes 16 bytes of the stream for X, then 16 for Y. Constant time. */
int32_t noise_draw(const struct noise_table *table, struct stream *stream);

/* Standard deviation of the noise in a sum over so many contributions: sqrt(n r 2p / (1-p)^2). */
double noise_deviation(const struct noise_spec *spec, size_t contributions);

#endif
