/* SPDX-License-Identifier: Apache-2.0
 * Counting for one contributor: whole tables that begin with zeros, filled subject by subject, with
 * the clipping done here so that no caller can count a household or child for more than the
 * manifest's sensitivity.
 */
#ifndef HEARTH_FIGURES_TALLY_H
#define HEARTH_FIGURES_TALLY_H

#include "proto/crypto/stream.h"
#include "proto/figures/manifest.h"

struct tally;
/* Tables of one side of the manifest, all zero. manifest outlives it. tally_free wipes and frees.
 */
struct tally *tally_new(const struct manifest *manifest, enum figures_side side);
void tally_free(struct tally *tally);

/* One household or child in one table, once: `count` categories with an amount each (1 for a
 * head). Only the first cells_each of them count, in the order of the table's categories, each
 * clipped to the table's clip; amounts below 1 do not count. area AREA_NONE: the subject lies
 * outside and counts nowhere (tally_outside counts it). A table that the manifest does not have is
 * passed over. */
void tally_count(struct tally *tally, const char *table, uint16_t area, const size_t *categories,
                 const uint32_t *amounts, size_t count);
/* An agreed weekly fee in pounds, for one child in one table of prices, in one category: counts at
 * one of the two points beside it, drawn from `stream` (stream_below(FIGURES_POINT_STEP)) so that
 * the mean stays true; fees beyond the scale count at its ends. No more than FIGURES_PRICES_EACH
 * of one contributor count in a category (docs/figures.md "Prices"): the caller offers them in
 * random order. */
enum { FIGURES_PRICES_EACH = 10 };
void tally_price(struct tally *tally, const char *table, uint16_t area, size_t category,
                 uint32_t pounds, struct stream *stream);
/* The cells of a table, figures_cells of them; NULL where the tally has it not. */
const int32_t *tally_cells(const struct tally *tally, const char *table, size_t *count);
/* Subjects that lay in no area, by table. */
size_t tally_outside(const struct tally *tally, const char *table);

#endif
