/* SPDX-License-Identifier: Apache-2.0
 * Inside proto/domain: the objects of GeoJSON (RFC 7946) around the polygons.
 */
#ifndef HEARTH_DOMAIN_AREA_GEOJSON_H
#define HEARTH_DOMAIN_AREA_GEOJSON_H

#include "proto/domain/area_polygon.h"

/* Adds every polygon of a GeoJSON object. ERR_INVALID with the path of what is wrong; a geometry
 * without area (a point, a line) is wrong. */
MUST_CHECK bool area_add_geojson(struct area_builder *builder, json_t *object, struct err *err);

#endif
