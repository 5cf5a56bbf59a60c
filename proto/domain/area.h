/* SPDX-License-Identifier: Apache-2.0
 * An area on the map: GeoJSON (RFC 7946) in, the 5 km cells that it holds out. docs/domain.md
 * "Areas" has the rules.
 */
#ifndef HEARTH_DOMAIN_AREA_H
#define HEARTH_DOMAIN_AREA_H

#include <jansson.h>

#include "proto/domain/grid.h"

enum {
    AREA_FILE_MAX = 4 * 1024 * 1024, /* bytes of GeoJSON */
    AREA_VERTICES_MAX = 100000,
    AREA_BYTES = (CELLS + 7) / 8
};

/* The cells whose centre lies inside the area or on its boundary: bit cell % 8 of byte cell / 8. */
struct area {
    uint8_t cells[AREA_BYTES];
};

bool area_holds(const struct area *area, uint16_t cell); /* cell < CELLS */
size_t area_count(const struct area *area);              /* how many cells it holds */

/* The text of a GeoJSON file, UTF-8 with or without BOM: Polygon, MultiPolygon, GeometryCollection
 * of those, Feature, FeatureCollection (all its polygons together). ERR_INVALID with the path of
 * what is wrong ("features[2].geometry.coordinates[0][3]"). An area that holds no cell's centre is
 * not an error here. Memory is bounded for any bytes, and so is time: an area drawn to be slow
 * takes half a minute. */
MUST_CHECK bool area_parse(const void *json, size_t len, struct area *out, struct err *err);

/* The value of `location.area`: GeoJSON, or the path of a file with it. A relative path starts from
 * `directory`; NULL: there are no files to be read, a path is ERR_INVALID. Errors as area_parse;
 * also ERR_INVALID for a file that is missing, unreadable or longer than AREA_FILE_MAX. */
MUST_CHECK bool area_read(json_t *value, const char *directory, struct area *out, struct err *err);

#endif
