/* SPDX-License-Identifier: Apache-2.0
 * What is inside a polygon: GEOS holds it and answers. What GEOS keeps in memory cannot be wiped.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/domain/area_polygon.h"
#include "proto/domain/request_fields.h"

/* All polygons of an area together may ask about this many cells: a hundred times the whole grid.
 */
enum { TESTS_MAX = 100 * CELLS };

/* ---- as GEOS has it ---- */

static GEOSGeometry *make_ring(GEOSContextHandle_t geos, const struct vertex *vertices,
                               size_t count, bool rounded)
{
    GEOSCoordSequence *sequence = GEOSCoordSeq_create_r(geos, (unsigned)count, 2);
    REQUIRE(sequence != NULL);
    for (size_t i = 0; i < count; i++) {
        const struct vertex *v = &vertices[i];
        double east = rounded ? v->point.east : v->exact.east;
        double north = rounded ? v->point.north : v->exact.north;
        REQUIRE(GEOSCoordSeq_setXY_r(geos, sequence, (unsigned)i, east, north) == 1);
    }
    GEOSGeometry *ring = GEOSGeom_createLinearRing_r(geos, sequence); /* owns the sequence */
    REQUIRE(ring != NULL);
    return ring;
}

/* rounded: by the vertices in whole metres. The caller destroys it. */
static GEOSGeometry *make_polygon(GEOSContextHandle_t geos, const struct polygon *polygon,
                                  bool rounded)
{
    GEOSGeometry **rings = mem_array(polygon->ring_count, sizeof(GEOSGeometry *));
    for (size_t i = 0; i < polygon->ring_count; i++) {
        size_t start = i > 0 ? polygon->ring_ends[i - 1] : 0;
        rings[i] =
            make_ring(geos, polygon->vertices + start, polygon->ring_ends[i] - start, rounded);
    }
    GEOSGeometry *made =
        GEOSGeom_createPolygon_r(geos, rings[0], rings + 1, (unsigned)(polygon->ring_count - 1));
    REQUIRE(made != NULL); /* it owns the rings */
    free(rings);
    return made;
}

/* ---- is it a polygon? ---- */

static size_t nearest_vertex(const struct polygon *polygon, double east, double north)
{
    size_t best = 0;
    double least = HUGE_VAL;
    for (size_t i = 0; i < polygon->vertex_count; i++) {
        double distance =
            hypot(polygon->vertices[i].exact.east - east, polygon->vertices[i].exact.north - north);
        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    return best;
}

/* GEOS' reasons in the words of somebody who draws an area. */
static const char *reason_words(const char *reason)
{
    if (strstr(reason, "Hole lies outside")) return "this hole lies outside its polygon";
    if (strstr(reason, "Holes are nested")) return "this hole lies inside another hole";
    return "the boundary crosses itself near this position";
}

/* The path is that of the corner nearest to the place that GEOS names. */
static bool bad_shape(const struct area_builder *builder, const struct polygon *polygon,
                      const char *reason, const GEOSGeometry *where, uint16_t cell, struct err *err)
{
    double east = 0, north = 0;
    char name[GRID_NAME] = "a cell";
    if (where) {
        (void)GEOSGeomGetX_r(builder->geos, where, &east);
        (void)GEOSGeomGetY_r(builder->geos, where, &north);
    }
    if (cell < CELLS) grid_cell_name(cell, name);
    size_t at = nearest_vertex(polygon, east, north), ring = 0;
    while (polygon->ring_ends[ring] <= at) ring++;
    size_t start = ring > 0 ? polygon->ring_ends[ring - 1] : 0;
    (void)err_set(err, ERR_INVALID, NULL,
                  "%s, [%.12g, %.12g], so that it is not clear whether %s lies inside: correct the "
                  "drawing (map programs call it \"fix geometries\" or \"make valid\")",
                  reason_words(reason), polygon->vertices[at].lon, polygon->vertices[at].lat, name);
    (void)fields_in(err, "", at - start);
    return fields_in(err, "", ring);
}

bool polygon_check(const struct area_builder *builder, const struct polygon *polygon,
                   struct err *err)
{
    GEOSContextHandle_t geos = builder->geos;
    GEOSGeometry *made = make_polygon(geos, polygon, false), *where = NULL;
    char *reason = NULL;
    uint16_t cell = CELLS;
    bool good = GEOSisValidDetail_r(geos, made, 0, &reason, &where) == 1 ||
                !polygon_in_doubt(polygon, &cell);
    if (!good) (void)bad_shape(builder, polygon, reason ? reason : "", where, cell, err);
    if (reason) GEOSFree_r(geos, reason);
    if (where) GEOSGeom_destroy_r(geos, where);
    GEOSGeom_destroy_r(geos, made);
    return good;
}

/* ---- its cells ---- */

struct span polygon_span(const struct polygon *polygon, bool all_rings)
{
    enum { HALF = CELL_METRES / 2 };
    size_t count = all_rings ? polygon->vertex_count : polygon->ring_ends[0];
    struct grid_point low = polygon->vertices[0].point, high = low;
    for (size_t i = 1; i < count; i++) {
        struct grid_point at = polygon->vertices[i].point;
        if (at.east < low.east) low.east = at.east;
        if (at.east > high.east) high.east = at.east;
        if (at.north < low.north) low.north = at.north;
        if (at.north > high.north) high.north = at.north;
    }
    struct span span = {(low.east + HALF - 1) / CELL_METRES, (high.east + HALF) / CELL_METRES - 1,
                        (low.north + HALF - 1) / CELL_METRES,
                        (high.north + HALF) / CELL_METRES - 1};
    return span;
}

static bool holds_centre(GEOSContextHandle_t geos, const GEOSPreparedGeometry *prepared,
                         uint16_t cell)
{
    struct grid_point centre = grid_cell_centre(cell);
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(geos, centre.east, centre.north);
    REQUIRE(point != NULL);
    char touches = GEOSPreparedIntersects_r(geos, prepared, point);
    REQUIRE(touches == 0 || touches == 1);
    GEOSGeom_destroy_r(geos, point);
    return touches == 1;
}

bool polygon_mark(struct area_builder *builder, const struct polygon *polygon, struct err *err)
{
    struct span span = polygon_span(polygon, false);
    if (span.west > span.east || span.south > span.north) return true;
    builder->tests += (size_t)(span.east - span.west + 1) * (size_t)(span.north - span.south + 1);
    if (builder->tests > TESTS_MAX) {
        return err_set(err, ERR_INVALID, NULL,
                       "there are too many large polygons that lie over one another: unite them");
    }
    GEOSGeometry *made = make_polygon(builder->geos, polygon, true);
    const GEOSPreparedGeometry *prepared = GEOSPrepare_r(builder->geos, made);
    REQUIRE(prepared != NULL);
    for (int row = span.south; row <= span.north; row++) {
        for (int column = span.west; column <= span.east; column++) {
            uint16_t cell = (uint16_t)(row * CELL_COLUMNS + column);
            if (area_holds(builder->out, cell)) continue;
            if (!holds_centre(builder->geos, prepared, cell)) continue;
            builder->out->cells[cell / 8] |= (uint8_t)(1u << cell % 8);
        }
    }
    GEOSPreparedGeom_destroy_r(builder->geos, prepared);
    GEOSGeom_destroy_r(builder->geos, made);
    return true;
}
