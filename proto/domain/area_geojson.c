/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/area_geojson.h"

#include <string.h>

#include "proto/domain/request_fields.h"
#include "proto/domain/shown.h"

enum { DEPTH_MAX = 8 }; /* of collections in collections, which RFC 7946 advises against at all */

static const char WANTED[] = "a Polygon, MultiPolygon, Feature or FeatureCollection of GeoJSON";

/* ---- coordinate systems ---- */

/* RFC 7946 knows WGS84 only; its forerunner had a member "crs", which many programs still write. */
static bool check_crs(json_t *object, struct err *err)
{
    static const char *const wgs84[] = {
        "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "urn:ogc:def:crs:EPSG::4326",
        "EPSG:4326", "http://www.opengis.net/def/crs/OGC/1.3/CRS84"};
    json_t *crs = json_object_get(object, "crs");
    if (!crs || json_is_null(crs)) return true;
    const char *name =
        json_string_value(json_object_get(json_object_get(crs, "properties"), "name"));
    for (size_t i = 0; name && i < sizeof wgs84 / sizeof *wgs84; i++) {
        if (strcmp(name, wgs84[i]) == 0) return true;
    }
    char seen[SHOWN_MAX];
    return err_set(err, ERR_INVALID, "crs",
                   "'%s' is not WGS84, which GeoJSON has to be in: export the area as WGS84 "
                   "(EPSG:4326)",
                   name ? shown(name, seen) : "");
}

/* ---- geometries ---- */

static bool read_multi_polygon(struct area_builder *builder, json_t *polygons, struct err *err)
{
    size_t index = 0;
    json_t *rings = NULL;
    if (!json_is_array(polygons)) {
        return err_set(err, ERR_INVALID, NULL, "must be a list [ ] of polygons");
    }
    json_array_foreach(polygons, index, rings)
    {
        if (!area_add_polygon(builder, rings, err)) return fields_in(err, "", index);
    }
    return true;
}

static bool is_without_area(const char *type)
{
    static const char *const types[] = {"Point", "MultiPoint", "LineString", "MultiLineString"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(type, types[i]) == 0) return true;
    }
    return false;
}

/* NULL where it is no GeoJSON object, or one of another coordinate system. */
static const char *read_type(json_t *object, struct err *err)
{
    if (!json_is_object(object)) {
        (void)err_set(err, ERR_INVALID, NULL, "is not GeoJSON: an object { }, %s, is wanted",
                      WANTED);
        return NULL;
    }
    const char *type = json_string_value(json_object_get(object, "type"));
    if (!type) {
        (void)err_set(err, ERR_INVALID, "type", "is missing, so that this is not GeoJSON: %s",
                      WANTED);
        return NULL;
    }
    return check_crs(object, err) ? type : NULL;
}

static bool read_geometry(struct area_builder *builder, json_t *object, int depth, struct err *err);

static bool read_geometries(struct area_builder *builder, json_t *object, int depth,
                            struct err *err)
{
    size_t index = 0;
    json_t *geometry = NULL, *geometries = json_object_get(object, "geometries");
    if (!json_is_array(geometries)) {
        return err_set(err, ERR_INVALID, "geometries", "must be a list [ ] of geometries");
    }
    if (depth == DEPTH_MAX) {
        return err_set(err, ERR_INVALID, "geometries", "collections lie more than %d deep",
                       DEPTH_MAX);
    }
    json_array_foreach(geometries, index, geometry)
    {
        if (!read_geometry(builder, geometry, depth + 1, err)) {
            return fields_in(err, "geometries", index);
        }
    }
    return true;
}

static bool read_coordinates(struct area_builder *builder, json_t *object, bool multi,
                             struct err *err)
{
    json_t *coordinates = json_object_get(object, "coordinates");
    bool good = multi ? read_multi_polygon(builder, coordinates, err)
                      : area_add_polygon(builder, coordinates, err);
    return good || err_in(err, "coordinates");
}

static bool read_geometry(struct area_builder *builder, json_t *object, int depth, struct err *err)
{
    const char *type = read_type(object, err);
    char seen[SHOWN_MAX];
    if (!type) return false;
    if (strcmp(type, "Polygon") == 0) return read_coordinates(builder, object, false, err);
    if (strcmp(type, "MultiPolygon") == 0) return read_coordinates(builder, object, true, err);
    if (strcmp(type, "GeometryCollection") == 0) {
        return read_geometries(builder, object, depth, err);
    }
    if (is_without_area(type)) {
        return err_set(err, ERR_INVALID, "type",
                       "a %s has no area: draw a polygon, or use anchors for a place to be near",
                       type);
    }
    return err_set(err, ERR_INVALID, "type",
                   "'%s' is not possible here: Polygon, MultiPolygon or GeometryCollection",
                   shown(type, seen));
}

/* ---- features ---- */

static bool read_feature(struct area_builder *builder, json_t *feature, struct err *err)
{
    json_t *geometry = json_object_get(feature, "geometry");
    if (!geometry) {
        return err_set(err, ERR_INVALID, "geometry", "is missing: a Polygon or MultiPolygon");
    }
    if (json_is_null(geometry)) return true; /* RFC 7946: a feature that lies nowhere */
    return read_geometry(builder, geometry, 0, err) || err_in(err, "geometry");
}

static bool read_member(struct area_builder *builder, json_t *feature, struct err *err)
{
    const char *type = read_type(feature, err);
    char seen[SHOWN_MAX];
    if (!type) return false;
    if (strcmp(type, "Feature") == 0) return read_feature(builder, feature, err);
    return err_set(err, ERR_INVALID, "type", "'%s' is not possible here: Feature",
                   shown(type, seen));
}

static bool read_features(struct area_builder *builder, json_t *object, struct err *err)
{
    size_t index = 0;
    json_t *feature = NULL, *features = json_object_get(object, "features");
    if (!json_is_array(features)) {
        return err_set(err, ERR_INVALID, "features", "must be a list [ ] of features");
    }
    json_array_foreach(features, index, feature)
    {
        if (!read_member(builder, feature, err)) return fields_in(err, "features", index);
    }
    return true;
}

bool area_add_geojson(struct area_builder *builder, json_t *object, struct err *err)
{
    const char *type = read_type(object, err);
    if (!type) return false;
    if (strcmp(type, "FeatureCollection") == 0) return read_features(builder, object, err);
    if (strcmp(type, "Feature") == 0) return read_feature(builder, object, err);
    if (strcmp(type, "Topology") == 0) {
        return err_set(err, ERR_INVALID, "type", "this is TopoJSON: export the area as GeoJSON");
    }
    return read_geometry(builder, object, 0, err);
}
