/* SPDX-License-Identifier: Apache-2.0
 * Inside proto/domain: which cells a request accepts, and how much each adds to the score.
 */
#ifndef HEARTH_DOMAIN_PLAN_CELLS_H
#define HEARTH_DOMAIN_PLAN_CELLS_H

#include "proto/domain/request.h"

/* Millionths: the unit of loc(cell) and best. */
enum { PLAN_UNIT = 1000000 };

/* Fills quadrants and hard_cell of `plan`, and loc[place of the quadrant * 100 + index] (0 for
 * cells that are not acceptable, which nobody eligible holds). *most is the highest loc. Errors as
 * plan_make. */
MUST_CHECK bool plan_cells(const struct request *request, struct plan *plan,
                           int64_t loc[FOOTPRINT_MAX * QUADRANT_CELLS], int64_t *most,
                           struct err *err);

/* Whether the cell's centre lies within within_km of the anchor. */
bool plan_within(const struct anchor *anchor, uint16_t cell);

/* Why anchors leave no cell (accepted by all, or by any where combine_any): ERR_INVALID with the
 * anchor or the pair that rules everything out, and what to do. Returns false. */
bool plan_explain_anchors(const struct request *request, struct err *err);

#endif
