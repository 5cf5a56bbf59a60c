/* SPDX-License-Identifier: Apache-2.0
 * From boundaries to areas.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "client/hub/areas.h"
#include "proto/base/mem.h"
#include "proto/domain/area.h"
#include "proto/domain/shown.h"

struct feature { /* of one authority; borrows from the document */
    json_t *json;
    size_t index; /* in the file */
    const char *code, *name;
    const struct geography_region *region;
};

/* ---- properties ---- */

static bool in_feature(struct err *err, size_t index)
{
    char path[32];
    (void)snprintf(path, sizeof path, "features[%zu]", index);
    return err_in(err, path);
}

static bool read_text(json_t *feature, const char *name, size_t max, const char **out,
                      struct err *err)
{
    char path[ERR_FIELD_MAX], seen[SHOWN_MAX];
    const char *text =
        json_string_value(json_object_get(json_object_get(feature, "properties"), name));
    (void)snprintf(path, sizeof path, "properties.%s", name);
    if (!text || !text[0]) {
        return err_set(err, ERR_INVALID, path, "is missing: a text of 1 to %zu bytes is wanted",
                       max);
    }
    if (strlen(text) > max) {
        return err_set(err, ERR_INVALID, path, "\"%s\": a text of 1 to %zu bytes is wanted",
                       shown(text, seen), max);
    }
    *out = text;
    return true;
}

static bool find_region(const char *text, const char *field, const struct areas_regions *regions,
                        const struct geography_region **out, struct err *err)
{
    char path[ERR_FIELD_MAX], seen[SHOWN_MAX];
    for (size_t i = 0; i < regions->count; i++) {
        const struct geography_region *region = &regions->regions[i];
        if (strcmp(region->code, text) == 0 || strcasecmp(region->name, text) == 0) {
            *out = region;
            return true;
        }
    }
    (void)snprintf(path, sizeof path, "properties.%s", field);
    return err_set(err, ERR_INVALID, path,
                   "\"%s\": code or name of a region is wanted (\"%s\", \"%s\", ...)",
                   shown(text, seen), regions->regions[0].code, regions->regions[0].name);
}

static bool read_feature(json_t *json, const struct areas_fields *fields,
                         const struct areas_regions *regions, struct feature *out, struct err *err)
{
    const char *region = "";
    if (!json_is_object(json)) {
        return err_set(err, ERR_INVALID, "", "is no Feature of GeoJSON");
    }
    out->json = json;
    return read_text(json, fields->code, GEOGRAPHY_CODE - 1, &out->code, err) &&
           read_text(json, fields->name, GEOGRAPHY_NAME_MAX, &out->name, err) &&
           read_text(json, fields->region, GEOGRAPHY_NAME_MAX, &region, err) &&
           find_region(region, fields->region, regions, &out->region, err);
}

static int by_code(const void *a, const void *b)
{
    const struct feature *one = a, *other = b;
    return strcmp(one->code, other->code);
}

static bool check_repeats(const struct feature *features, size_t count, const char *field,
                          struct err *err)
{
    char path[ERR_FIELD_MAX];
    for (size_t i = 1; i < count; i++) {
        if (strcmp(features[i - 1].code, features[i].code) != 0) continue;
        size_t index =
            features[i - 1].index > features[i].index ? features[i - 1].index : features[i].index;
        (void)snprintf(path, sizeof path, "features[%zu].properties.%s", index, field);
        return err_set(err, ERR_INVALID, path,
                       "\"%s\" stands twice: one feature an authority is wanted", features[i].code);
    }
    return true;
}

static bool read_features(json_t *root, const struct areas_fields *fields,
                          const struct areas_regions *regions, struct feature *out, size_t *count,
                          struct err *err)
{
    json_t *list = json_object_get(root, "features"), *json = NULL;
    json_t *crs = json_object_get(root, "crs");
    size_t index = 0;
    if (!json_is_array(list) || json_array_size(list) == 0 ||
        json_array_size(list) > GEOGRAPHY_AUTHORITIES_MAX) {
        return err_set(err, ERR_INVALID, "features",
                       "a GeoJSON FeatureCollection with 1 to %d features is wanted, one an "
                       "authority",
                       GEOGRAPHY_AUTHORITIES_MAX);
    }
    json_array_foreach(list, index, json)
    {
        out[index].index = index;
        if (!read_feature(json, fields, regions, &out[index], err)) return in_feature(err, index);
        /* Each is read by itself later. */
        if (crs) (void)json_object_set(json, "crs", crs);
    }
    *count = index;
    qsort(out, index, sizeof *out, by_code);
    return check_repeats(out, index, fields->code, err);
}

/* ---- regions and authorities ---- */

static int by_region_code(const void *a, const void *b)
{
    return strcmp(((const struct geography_region *)a)->code,
                  ((const struct geography_region *)b)->code);
}

/* Only regions in which there is an authority: others would be rows of nothing but noise. */
static void fill_regions(const struct feature *features, size_t count,
                         const struct areas_regions *regions, struct geography *out)
{
    for (size_t r = 0; r < regions->count; r++) {
        size_t i = 0;
        while (i < count && features[i].region != &regions->regions[r]) i++;
        if (i < count) out->regions[out->region_count++] = regions->regions[r];
    }
    qsort(out->regions, out->region_count, sizeof *out->regions, by_region_code);
}

static void fill_authorities(const struct feature *features, size_t count, struct geography *out)
{
    for (size_t i = 0; i < count; i++) {
        struct geography_authority *authority = &out->authorities[i];
        const struct geography_region *region =
            bsearch(features[i].region, out->regions, out->region_count, sizeof *out->regions,
                    by_region_code);
        REQUIRE(region != NULL);
        (void)snprintf(authority->code, sizeof authority->code, "%s", features[i].code);
        (void)snprintf(authority->name, sizeof authority->name, "%s", features[i].name);
        authority->region = (uint16_t)(region - out->regions);
    }
    out->authority_count = count;
}

/* ---- cells ---- */

static bool claim_cells(const struct feature *features, size_t count, struct areas_drawn *out,
                        struct err *err)
{
    bool shared[CELLS] = {false};
    for (size_t i = 0; i < count; i++) {
        struct area area;
        if (!area_read(features[i].json, NULL, &area, err)) {
            return in_feature(err, features[i].index);
        }
        for (uint16_t cell = 0; cell < CELLS; cell++) {
            uint16_t *owner = &out->geography.cells[cell];
            if (!area_holds(&area, cell)) continue;
            if (*owner == AREA_NONE) {
                *owner = (uint16_t)i;
            } else if (!shared[cell]) {
                shared[cell] = true;
                out->shared++;
            }
        }
    }
    return true;
}

struct centroid {
    double size, lon, lat; /* size: in square degrees, good enough to compare with */
};

/* Of the outer ring, whose positions area_read has checked. */
static struct centroid ring_centroid(const json_t *ring)
{
    struct centroid sum = {0};
    const json_t *origin = json_array_get(ring, 0);
    double lon0 = json_number_value(json_array_get(origin, 0));
    double lat0 = json_number_value(json_array_get(origin, 1));
    for (size_t i = 1; i < json_array_size(ring); i++) {
        const json_t *a = json_array_get(ring, i - 1), *b = json_array_get(ring, i);
        double ax = json_number_value(json_array_get(a, 0)) - lon0;
        double ay = json_number_value(json_array_get(a, 1)) - lat0;
        double bx = json_number_value(json_array_get(b, 0)) - lon0;
        double by = json_number_value(json_array_get(b, 1)) - lat0;
        double cross = ax * by - bx * ay;
        sum.size += cross / 2;
        sum.lon += (ax + bx) * cross / 6;
        sum.lat += (ay + by) * cross / 6;
    }
    if (sum.size != 0) {
        sum.lon = lon0 + sum.lon / sum.size;
        sum.lat = lat0 + sum.lat / sum.size;
    }
    sum.size = fabs(sum.size);
    return sum;
}

/* Of the largest polygon; size 0 where there is none. */
static struct centroid feature_centroid(const json_t *feature)
{
    const json_t *geometry = json_object_get(feature, "geometry");
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    const char *type = json_string_value(json_object_get(geometry, "type"));
    struct centroid best = {0};
    if (type && strcmp(type, "Polygon") == 0) return ring_centroid(json_array_get(coordinates, 0));
    for (size_t i = 0; i < json_array_size(coordinates); i++) {
        struct centroid one = ring_centroid(json_array_get(json_array_get(coordinates, i), 0));
        if (one.size > best.size) best = one;
    }
    return best;
}

/* An authority that is so small or so thin that no cell has its centre in it. */
static void give_cell(const struct feature *feature, uint16_t authority, struct areas_drawn *out)
{
    struct centroid centroid = feature_centroid(feature->json);
    struct grid_point point;
    struct err err;
    if (centroid.size <= 0 || !grid_from_lat_lon(centroid.lat, centroid.lon, &point, &err)) return;
    uint16_t cell = grid_cell_of(point), owner = out->geography.cells[cell];
    if (owner != AREA_NONE && out->cells[owner] < 2) return;
    if (owner != AREA_NONE) out->cells[owner]--;
    out->geography.cells[cell] = authority;
    out->cells[authority] = 1;
    out->by_point[authority] = true;
}

static bool draw(json_t *root, const struct areas_fields *fields,
                 const struct areas_regions *regions, struct areas_drawn *out, struct err *err)
{
    struct feature *features = mem_array(GEOGRAPHY_AUTHORITIES_MAX, sizeof *features);
    size_t count = 0;
    memset(out, 0, sizeof *out);
    for (size_t cell = 0; cell < CELLS; cell++) out->geography.cells[cell] = AREA_NONE;
    bool ok = read_features(root, fields, regions, features, &count, err) &&
              claim_cells(features, count, out, err);
    if (ok) {
        fill_regions(features, count, regions, &out->geography);
        fill_authorities(features, count, &out->geography);
        areas_count(out);
        for (size_t i = 0; i < count; i++) {
            if (out->cells[i] == 0) give_cell(&features[i], (uint16_t)i, out);
        }
    }
    free(features);
    return ok;
}

/* What others would refuse is not drawn up. */
static bool check_encoding(const struct geography *geography, struct err *err)
{
    struct geography *again = mem_new(struct geography);
    struct buf bytes = {0};
    geography_encode(geography, &bytes);
    bool ok = geography_decode(bytes.data, bytes.len, again, err);
    buf_free(&bytes);
    free(again);
    return ok;
}

bool areas_draw(const void *json, size_t len, const struct areas_fields *fields,
                const struct areas_regions *regions, struct areas_drawn *out, struct err *err)
{
    const char *text = json;
    json_error_t why;
    REQUIRE(regions->count > 0);
    if (len >= 3 && strncmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &why);
    if (!root) {
        char seen[SHOWN_MAX];
        return err_set(err, ERR_INVALID, NULL, "is not GeoJSON: line %d, column %d: %s", why.line,
                       why.column, shown(why.text, seen));
    }
    bool ok = draw(root, fields, regions, out, err) && check_encoding(&out->geography, err);
    json_decref(root);
    return ok;
}
