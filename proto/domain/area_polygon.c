/* SPDX-License-Identifier: Apache-2.0
 * The coordinates of one polygon: every position is checked and projected.
 */
#include "proto/domain/area_polygon.h"

#include <sodium.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/domain/request_fields.h"

enum { RING_POSITIONS_MIN = 4 };

static bool is_lat_lon(double lon, double lat)
{
    return lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90;
}

/* Words for a position that is not one of the grid: what was probably meant. */
static bool outside(const struct area_builder *builder, double lon, double lat, struct err *err)
{
    struct grid_exact exact;
    struct grid_point point;
    if (!is_lat_lon(lon, lat) && lon >= 0 && lon < GRID_EAST_MAX && lat >= 0 &&
        lat < GRID_NORTH_MAX) {
        return err_set(
            err, ERR_INVALID, NULL,
            "[%.12g, %.12g] looks like easting and northing: GeoJSON holds longitude and "
            "latitude in degrees (export the area as WGS84, EPSG:4326)",
            lon, lat);
    }
    if (!is_lat_lon(lon, lat) && !is_lat_lon(lat, lon)) {
        return err_set(err, ERR_INVALID, NULL,
                       "[%.12g, %.12g] is not longitude (-180 to 180) and latitude (-90 to 90) in "
                       "degrees: export the area as WGS84 (EPSG:4326)",
                       lon, lat);
    }
    if (is_lat_lon(lat, lon) && grid_project(builder->projector, lon, lat, &exact, &point)) {
        return err_set(err, ERR_INVALID, NULL,
                       "[%.12g, %.12g] lies outside the National Grid: longitude comes first in "
                       "GeoJSON; is [%.12g, %.12g] meant?",
                       lon, lat, lat, lon);
    }
    return err_set(err, ERR_INVALID, NULL,
                   "[%.12g, %.12g] lies outside the National Grid, which holds Great Britain: draw "
                   "the area closer to the coast",
                   lon, lat);
}

static bool read_position(const struct area_builder *builder, json_t *position, struct vertex *out,
                          struct err *err)
{
    size_t index = 0, numbers = 0;
    json_t *number = NULL;
    json_array_foreach(position, index, number) numbers += json_is_number(number);
    if (numbers < 2 || numbers != json_array_size(position)) {
        return err_set(
            err, ERR_INVALID, NULL,
            "is not a position: [longitude, latitude] in degrees, such as [-1.55, 53.8]");
    }
    double lon = json_number_value(json_array_get(position, 0));
    double lat = json_number_value(json_array_get(position, 1));
    struct vertex vertex = {.lon = lon, .lat = lat};
    if (!is_lat_lon(lon, lat) ||
        !grid_project(builder->projector, lat, lon, &vertex.exact, &vertex.point)) {
        return outside(builder, lon, lat, err);
    }
    *out = vertex;
    return true;
}

static bool check_closed(const struct vertex *first, const struct vertex *last, struct err *err)
{
    if (first->lon >= last->lon && first->lon <= last->lon && first->lat >= last->lat &&
        first->lat <= last->lat) {
        return true;
    }
    return err_set(err, ERR_INVALID, NULL,
                   "is not closed: its last position [%.12g, %.12g] must be the same as its first "
                   "[%.12g, %.12g]",
                   last->lon, last->lat, first->lon, first->lat);
}

/* Appends a ring; there is room for its vertices. */
static bool read_ring(const struct area_builder *builder, json_t *ring, struct polygon *out,
                      struct err *err)
{
    size_t first = out->vertex_count, index = 0;
    json_t *position = NULL;
    if (json_array_size(ring) < RING_POSITIONS_MIN) {
        return err_set(err, ERR_INVALID, NULL,
                       "is not a ring: a list [ ] of at least %d positions, of which the last is "
                       "the same as the first",
                       RING_POSITIONS_MIN);
    }
    json_array_foreach(ring, index, position)
    {
        if (!read_position(builder, position, &out->vertices[out->vertex_count], err)) {
            return fields_in(err, "", index);
        }
        out->vertex_count++;
    }
    out->ring_ends[out->ring_count++] = out->vertex_count;
    return check_closed(&out->vertices[first], &out->vertices[out->vertex_count - 1], err);
}

static bool read_rings(const struct area_builder *builder, json_t *rings, struct polygon *out,
                       struct err *err)
{
    size_t index = 0;
    json_t *ring = NULL;
    json_array_foreach(rings, index, ring)
    {
        if (!read_ring(builder, ring, out, err)) return fields_in(err, "", index);
    }
    return true;
}

static bool count_vertices(struct area_builder *builder, json_t *rings, size_t *out,
                           struct err *err)
{
    size_t count = 0, index = 0;
    json_t *ring = NULL;
    json_array_foreach(rings, index, ring) count += json_array_size(ring);
    builder->vertices += count;
    *out = count;
    if (builder->vertices <= AREA_VERTICES_MAX) return true;
    return err_set(err, ERR_INVALID, NULL,
                   "has more than %d positions so far: simplify the area; cells are 5 km wide, "
                   "a position every 100 m is plenty",
                   AREA_VERTICES_MAX);
}

bool area_add_polygon(struct area_builder *builder, json_t *rings, struct err *err)
{
    size_t vertices = 0;
    if (!json_is_array(rings)) {
        return err_set(err, ERR_INVALID, NULL, "must be a list [ ] of rings");
    }
    if (json_array_size(rings) == 0) return true; /* RFC 7946: like no geometry at all */
    if (!count_vertices(builder, rings, &vertices, err)) return false;
    struct polygon polygon = {.vertices = mem_array(vertices, sizeof *polygon.vertices),
                              .ring_ends =
                                  mem_array(json_array_size(rings), sizeof *polygon.ring_ends)};
    bool good = read_rings(builder, rings, &polygon, err) &&
                polygon_check(builder, &polygon, err) && polygon_mark(builder, &polygon, err);
    if (good) builder->polygons++;
    sodium_memzero(polygon.vertices, vertices * sizeof *polygon.vertices);
    free(polygon.vertices);
    free(polygon.ring_ends);
    return good;
}
