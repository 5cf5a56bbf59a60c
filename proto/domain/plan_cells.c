/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/plan_cells.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

static int64_t squared_distance(struct grid_point a, struct grid_point b)
{
    int64_t east = (int64_t)a.east - b.east, north = (int64_t)a.north - b.north;
    return east * east + north * north;
}

/* W of docs/domain.md. */
static int64_t reach(const struct anchor *anchor)
{
    return (int64_t)anchor->within_km * 1000;
}

static int clamp(int64_t value, int max)
{
    return value < 0 ? 0 : value > max ? max : (int)value;
}

bool plan_within(const struct anchor *anchor, uint16_t cell)
{
    int64_t w = reach(anchor);
    return squared_distance(grid_cell_centre(cell), anchor->place.at) <= w * w;
}

/* Adds 1 to marks[cell] for each cell whose centre is within the anchor's distance; looks only at
 * the cells of the square around the circle. */
static void mark_within(const struct anchor *anchor, uint8_t *marks)
{
    int64_t w = reach(anchor);
    int west = clamp((anchor->place.at.east - w) / CELL_METRES, CELL_COLUMNS - 1);
    int east = clamp((anchor->place.at.east + w) / CELL_METRES, CELL_COLUMNS - 1);
    int south = clamp((anchor->place.at.north - w) / CELL_METRES, CELL_ROWS - 1);
    int north = clamp((anchor->place.at.north + w) / CELL_METRES, CELL_ROWS - 1);
    for (int row = south; row <= north; row++) {
        for (int column = west; column <= east; column++) {
            uint16_t cell = (uint16_t)(row * CELL_COLUMNS + column);
            if (plan_within(anchor, cell)) marks[cell]++;
        }
    }
}

static void accept_squares(const struct request *request, uint8_t *accepted)
{
    for (size_t i = 0; i < request->square_quadrants; i++) {
        for (unsigned index = 0; index < QUADRANT_CELLS; index++) {
            accepted[grid_quadrant_cell(request->squares[i], index)] = 1;
        }
    }
}

static size_t count_accepted(const uint8_t *accepted)
{
    size_t count = 0;
    for (size_t cell = 0; cell < CELLS; cell++) count += accepted[cell];
    return count;
}

static bool accept_anchors(const struct request *request, uint8_t *accepted, struct err *err)
{
    for (size_t i = 0; i < request->anchor_count; i++) mark_within(&request->anchors[i], accepted);
    size_t needed = request->combine_any ? 1 : request->anchor_count;
    for (size_t cell = 0; cell < CELLS; cell++) accepted[cell] = accepted[cell] >= needed;
    return count_accepted(accepted) > 0 || plan_explain_anchors(request, err);
}

/* Keeps what lies in the area; without anchors that is all of it. */
static bool accept_area(const struct request *request, uint8_t *accepted, struct err *err)
{
    size_t held = area_count(&request->area);
    if (held == 0) {
        return err_set(err, ERR_INVALID, "location.area",
                       "holds no cell's centre, so that no cell is acceptable: cells are 5 km "
                       "wide; draw the area larger, or use an anchor with within_km 4 or more");
    }
    for (uint16_t cell = 0; cell < CELLS; cell++) {
        bool near = request->anchor_count == 0 || accepted[cell];
        accepted[cell] = near && area_holds(&request->area, cell);
    }
    return count_accepted(accepted) > 0 ||
           err_set(err, ERR_INVALID, "location",
                   "leaves no acceptable cell: none of the area's %zu cells is within the distance "
                   "of %s; widen within_km, or draw the area larger",
                   held, request->combine_any ? "any anchor" : "the anchors");
}

static bool leave_out_avoided(const struct request *request, uint8_t *accepted, struct err *err)
{
    size_t before = count_accepted(accepted);
    uint8_t *avoided = mem_array(CELLS, 1);
    for (size_t i = 0; i < request->avoid_count; i++) mark_within(&request->avoid[i], avoided);
    for (size_t cell = 0; cell < CELLS; cell++) {
        if (avoided[cell]) accepted[cell] = 0;
    }
    sodium_memzero(avoided, CELLS);
    free(avoided);
    return count_accepted(accepted) > 0 ||
           err_set(err, ERR_INVALID, "location.avoid",
                   "rules out every one of the %zu cells that the rest of the location accepts: "
                   "avoid less, or look in a larger area",
                   before);
}

/* accepted[cell] is 1 where a household may live. */
static bool accept_cells(const struct request *request, uint8_t *accepted, struct err *err)
{
    accept_squares(request, accepted);
    if (request->anchor_count > 0 && !accept_anchors(request, accepted, err)) return false;
    if (request->has_area && !accept_area(request, accepted, err)) return false;
    return leave_out_avoided(request, accepted, err);
}

static bool find_quadrants(const uint8_t *accepted, struct plan *plan, struct err *err)
{
    uint8_t holds[QUADRANTS] = {0};
    size_t count = 0;
    for (size_t cell = 0; cell < CELLS; cell++) {
        if (accepted[cell]) holds[grid_quadrant_of_cell((uint16_t)cell)] = 1;
    }
    for (size_t quadrant = 0; quadrant < QUADRANTS; quadrant++) {
        if (!holds[quadrant]) continue;
        if (count < FOOTPRINT_MAX) plan->quadrants[count] = (uint16_t)quadrant;
        count++;
    }
    sodium_memzero(holds, sizeof holds);
    REQUIRE(count > 0);
    if (count > FOOTPRINT_MAX) {
        return err_set(
            err, ERR_INVALID, "location",
            "covers %zu quadrants of 50 km and at most %d are possible: use squares, or a "
            "smaller area (a smaller within_km)",
            count, FOOTPRINT_MAX);
    }
    plan->quadrant_count = count;
    return true;
}

/* loc(cell) of docs/domain.md. At most 16 anchors * 5 * 1,000,000; each product below 2^50. */
static int64_t closeness(const struct request *request, uint16_t cell)
{
    struct grid_point centre = grid_cell_centre(cell);
    int64_t sum = 0;
    for (size_t i = 0; i < request->anchor_count; i++) {
        const struct anchor *anchor = &request->anchors[i];
        int64_t w = reach(anchor);
        int64_t d = (int64_t)grid_isqrt((uint64_t)squared_distance(centre, anchor->place.at));
        if (d < w) sum += (int64_t)PLAN_UNIT * anchor->weight * (w - d) / w;
    }
    return sum;
}

bool plan_cells(const struct request *request, struct plan *plan,
                int64_t loc[FOOTPRINT_MAX * QUADRANT_CELLS], int64_t *most, struct err *err)
{
    uint8_t *accepted = mem_array(CELLS, 1);
    bool good = accept_cells(request, accepted, err) && find_quadrants(accepted, plan, err);
    *most = 0;
    for (size_t i = 0; good && i < plan->quadrant_count * QUADRANT_CELLS; i++) {
        uint16_t quadrant = plan->quadrants[i / QUADRANT_CELLS];
        uint16_t cell = grid_quadrant_cell(quadrant, (unsigned)(i % QUADRANT_CELLS));
        plan->hard_cell[i] = accepted[cell];
        loc[i] = accepted[cell] ? closeness(request, cell) : 0;
        if (loc[i] > *most) *most = loc[i];
    }
    sodium_memzero(accepted, CELLS);
    free(accepted);
    return good;
}
