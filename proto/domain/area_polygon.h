/* SPDX-License-Identifier: Apache-2.0
 * Inside proto/domain: one polygon of an area after the other, from GeoJSON's numbers to cells.
 */
#ifndef HEARTH_DOMAIN_AREA_POLYGON_H
#define HEARTH_DOMAIN_AREA_POLYGON_H

#include <geos_c.h>

#include "proto/domain/area.h"
#include "proto/domain/grid_project.h"

/* What all polygons of an area are read with, and into. */
struct area_builder {
    struct grid_projector *projector;
    GEOSContextHandle_t geos;
    size_t polygons, vertices; /* read so far */
    size_t tests;              /* cells looked at so far */
    struct area *out;
};

struct vertex {
    double lon, lat;         /* as in the file */
    struct grid_exact exact; /* on the grid */
    struct grid_point point; /* in whole metres: what counts */
};

/* Rings one after the other; the first is the outer one, the others are holes. */
struct polygon {
    struct vertex *vertices;
    size_t vertex_count;
    size_t *ring_ends; /* index after the ring's last vertex, which equals its first */
    size_t ring_count;
};

/* `rings`: the coordinates of a Polygon. Adds its cells; paths of errors start at the ring
 * ("[0][3]"). */
MUST_CHECK bool area_add_polygon(struct area_builder *builder, json_t *rings, struct err *err);

/* The cells whose centres lie in the box around the outer ring, or around all rings; columns and
 * rows of cells, none where west > east or south > north. */
struct span {
    int west, east, south, north;
};
struct span polygon_span(const struct polygon *polygon, bool all_rings);

/* ERR_INVALID where a ring crosses itself or another one, or a hole lies outside, so that a cell's
 * centre is in doubt. Rings that only touch are fine. */
MUST_CHECK bool polygon_check(const struct area_builder *builder, const struct polygon *polygon,
                              struct err *err);
/* For a polygon that is not a valid one: whether that leaves open if some cell's centre is inside;
 * *cell is the first such (CELLS where there was too much to look at). */
MUST_CHECK bool polygon_in_doubt(const struct polygon *polygon, uint16_t *cell);
/* Adds the cells whose centre lies inside or on the boundary, by the vertices in whole metres.
 * ERR_INVALID where the polygons so far have too many cells to look at. */
MUST_CHECK bool polygon_mark(struct area_builder *builder, const struct polygon *polygon,
                             struct err *err);

#endif
