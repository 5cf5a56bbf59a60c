/* SPDX-License-Identifier: Apache-2.0
 * Rings that cross leave in doubt what is inside. Simplified boundaries have tiny kinks of that
 * kind by the hundred, which matter to nobody: what counts is whether a cell's centre is in doubt.
 */
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/domain/area_polygon.h"

/* Edges looked at; an area of any sense stays far below. */
enum { WORK_MAX = 1000 * 1000 * 1000 };

static int64_t cross(struct grid_point a, struct grid_point b, struct grid_point p)
{
    return ((int64_t)b.east - a.east) * ((int64_t)p.north - a.north) -
           ((int64_t)b.north - a.north) * ((int64_t)p.east - a.east);
}

/* How often the ring goes around the point, counter-clockwise. */
static int winding(const struct vertex *vertices, size_t count, struct grid_point p)
{
    int turns = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        struct grid_point a = vertices[i].point, b = vertices[i + 1].point;
        if (a.north <= p.north && b.north > p.north && cross(a, b, p) > 0) turns++;
        if (a.north > p.north && b.north <= p.north && cross(a, b, p) < 0) turns--;
    }
    return turns;
}

/* 1 for a ring that runs counter-clockwise, -1 clockwise, 0 for one without area. */
static int direction(const struct vertex *vertices, size_t count)
{
    int64_t twice = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        twice += cross(vertices[0].point, vertices[i].point, vertices[i + 1].point);
    }
    return (twice > 0) - (twice < 0);
}

/* A clear point is outside all rings, inside the outer one, or inside it and one hole; and each
 * ring goes around it once, in the direction in which it runs as a whole, or not at all. */
static bool is_clear(const struct polygon *polygon, const int *directions, struct grid_point p)
{
    size_t inside = 0;
    for (size_t ring = 0; ring < polygon->ring_count; ring++) {
        size_t start = ring > 0 ? polygon->ring_ends[ring - 1] : 0;
        int turns = winding(polygon->vertices + start, polygon->ring_ends[ring] - start, p);
        if (turns == 0) continue;
        if (turns != directions[ring]) return false;
        if (ring > 0 && inside == 0) return false; /* in a hole, but not in the outer ring */
        inside++;
    }
    return inside <= 2;
}

static bool find_doubt(const struct polygon *polygon, const int *directions, struct span span,
                       uint16_t *out)
{
    for (int row = span.south; row <= span.north; row++) {
        for (int column = span.west; column <= span.east; column++) {
            uint16_t cell = (uint16_t)(row * CELL_COLUMNS + column);
            if (is_clear(polygon, directions, grid_cell_centre(cell))) continue;
            *out = cell;
            return true;
        }
    }
    return false;
}

bool polygon_in_doubt(const struct polygon *polygon, uint16_t *cell)
{
    struct span span = polygon_span(polygon, true);
    *cell = CELLS;
    if (span.west > span.east || span.south > span.north) return false;
    size_t cells = (size_t)(span.east - span.west + 1) * (size_t)(span.north - span.south + 1);
    if (cells * polygon->vertex_count > WORK_MAX) return true;
    int *directions = mem_array(polygon->ring_count, sizeof *directions);
    for (size_t ring = 0; ring < polygon->ring_count; ring++) {
        size_t start = ring > 0 ? polygon->ring_ends[ring - 1] : 0;
        directions[ring] = direction(polygon->vertices + start, polygon->ring_ends[ring] - start);
    }
    bool doubt = find_doubt(polygon, directions, span, cell);
    free(directions);
    return doubt;
}
