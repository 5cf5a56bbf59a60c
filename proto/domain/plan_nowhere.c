/* SPDX-License-Identifier: Apache-2.0
 * In words: which anchors leave no cell at all.
 */
#include <stdio.h>

#include "proto/domain/plan_cells.h"
#include "proto/domain/shown.h"

static bool reaches_a_cell(const struct anchor *anchor)
{
    for (uint16_t cell = 0; cell < CELLS; cell++) {
        if (plan_within(anchor, cell)) return true;
    }
    return false;
}

static bool both_reach_a_cell(const struct anchor *a, const struct anchor *b)
{
    for (uint16_t cell = 0; cell < CELLS; cell++) {
        if (plan_within(a, cell) && plan_within(b, cell)) return true;
    }
    return false;
}

/* "anchors[1] (grandmother)" */
static const char *anchor_words(const struct request *request, size_t index, char out[80])
{
    char name[SHOWN_MAX];
    const char *text = shown(request->anchors[index].name, name);
    (void)snprintf(out, 80, "anchors[%zu]%s%s%s", index, *text ? " (" : "", text, *text ? ")" : "");
    return out;
}

bool plan_explain_anchors(const struct request *request, struct err *err)
{
    static const char *const remedy = "widen within_km, or use \"combine\": \"any\"";
    char one[80], other[80];
    for (size_t i = 0; i < request->anchor_count; i++) {
        if (reaches_a_cell(&request->anchors[i])) continue;
        return err_set(err, ERR_INVALID, "location.anchors",
                       "no cell's centre lies within %d km of %s: cells are 5 km wide, and 4 km "
                       "always reach a centre",
                       (int)request->anchors[i].within_km, anchor_words(request, i, one));
    }
    for (size_t i = 0; i < request->anchor_count; i++) {
        for (size_t j = i + 1; j < request->anchor_count; j++) {
            if (both_reach_a_cell(&request->anchors[i], &request->anchors[j])) continue;
            return err_set(err, ERR_INVALID, "location.anchors",
                           "no cell is within all anchors: none is within the distances of both %s "
                           "and %s; %s",
                           anchor_words(request, i, one), anchor_words(request, j, other), remedy);
        }
    }
    return err_set(err, ERR_INVALID, "location.anchors",
                   "no cell is within all anchors, though each two of them have one in common: %s",
                   remedy);
}
