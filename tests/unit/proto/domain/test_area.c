/* SPDX-License-Identifier: Apache-2.0
 * Areas against a plain point-in-polygon test over the same vertices, and every way to be wrong.
 */
#include <math.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/domain/grid_project.h"
#include "tests/unit/proto/domain/domain_check.h"
#include "tests/unit/support/temp_dir.h"

/* ---- one polygon, written and computed by hand ---- */

enum { CORNERS_MAX = 2000, RINGS_MAX = 100 };

struct shape {
    struct grid_point corners[CORNERS_MAX];
    size_t ends[RINGS_MAX];
    size_t count, rings;
};

static int64_t cross(struct grid_point a, struct grid_point b, struct grid_point p)
{
    return ((int64_t)b.east - a.east) * ((int64_t)p.north - a.north) -
           ((int64_t)b.north - a.north) * ((int64_t)p.east - a.east);
}

static bool between(int32_t a, int32_t b, int32_t p)
{
    return (a <= p && p <= b) || (b <= p && p <= a);
}

/* 1 inside, 0 on the ring, -1 outside. */
static int side(const struct shape *shape, size_t ring, struct grid_point p)
{
    bool inside = false;
    for (size_t i = ring ? shape->ends[ring - 1] : 0; i + 1 < shape->ends[ring]; i++) {
        struct grid_point a = shape->corners[i], b = shape->corners[i + 1];
        if (cross(a, b, p) == 0 && between(a.east, b.east, p.east) &&
            between(a.north, b.north, p.north)) {
            return 0;
        }
        if ((a.north > p.north) == (b.north > p.north)) continue;
        if ((cross(a, b, p) > 0) == (b.north > a.north)) inside = !inside;
    }
    return inside ? 1 : -1;
}

static bool plainly_holds(const struct shape *shape, struct grid_point p)
{
    if (side(shape, 0, p) < 0) return false;
    for (size_t ring = 1; ring < shape->rings; ring++) {
        if (side(shape, ring, p) > 0) return false;
    }
    return true;
}

/* Degrees whose projection is within a millimetre of the metres wanted. */
static void degrees_of(struct grid_point wanted, double *lat, double *lon)
{
    struct grid_projector *projector = grid_projector_new();
    struct grid_exact at;
    struct grid_point rounded;
    *lat = 49.77 + wanted.north / 111200.0;
    *lon = -2 + (wanted.east - 400000) / (111300.0 * cos(*lat * 0.0174533));
    for (int i = 0; i < 30; i++) {
        assert_true(grid_project(projector, *lat, *lon, &at, &rounded));
        *lat += (wanted.north - at.north) / 111300;
        *lon += (wanted.east - at.east) / (111300 * cos(*lat * 0.0174533));
    }
    assert_true(fabs(at.east - wanted.east) < 1e-3 && fabs(at.north - wanted.north) < 1e-3);
    assert_true(rounded.east == wanted.east && rounded.north == wanted.north);
    grid_projector_free(projector);
}

static void write_rings(const struct shape *shape, struct buf *out)
{
    buf_text(out, "[");
    for (size_t ring = 0; ring < shape->rings; ring++) {
        buf_text(out, ring ? ",[" : "[");
        for (size_t i = ring ? shape->ends[ring - 1] : 0; i < shape->ends[ring]; i++) {
            double lat = 0, lon = 0;
            degrees_of(shape->corners[i], &lat, &lon);
            bool first = i == (ring ? shape->ends[ring - 1] : 0);
            buf_format(out, "%s[%.11f,%.11f]", first ? "" : ",", lon, lat);
        }
        buf_text(out, "]");
    }
    buf_text(out, "]");
}

static struct area *area_of(const void *json, size_t len)
{
    struct area *area = mem_new(struct area);
    struct err err = {0};
    if (!area_parse(json, len, area, &err)) fail_msg("%s: %s", err.field, err.text);
    return area;
}

static void same_cells(const struct shape *shape, const struct area *area)
{
    for (uint16_t cell = 0; cell < CELLS; cell++) {
        if (area_holds(area, cell) == plainly_holds(shape, grid_cell_centre(cell))) continue;
        char name[GRID_NAME];
        grid_cell_name(cell, name);
        fail_msg("%s", name);
    }
}

static void check_shape(const struct shape *shape)
{
    struct buf json = {0};
    buf_text(&json, "{\"type\":\"Polygon\",\"coordinates\":");
    write_rings(shape, &json);
    buf_text(&json, "}");
    struct area *area = area_of(json.data, json.len);
    same_cells(shape, area);
    free(area);
    buf_free(&json);
}

static void add_ring(struct shape *shape, const int32_t (*corners)[2], size_t count)
{
    for (size_t i = 0; i <= count; i++) {
        const int32_t *corner = corners[i % count];
        shape->corners[shape->count++] = (struct grid_point){corner[0], corner[1]};
    }
    shape->ends[shape->rings++] = shape->count;
}

static void the_boundary_counts(void **state)
{
    (void)state;
    /* Edges and corners through centres of cells, upright, level and slanted; a hole likewise. */
    static const int32_t outer[][2] = {{402500, 402500}, {447500, 402500}, {452500, 412500},
                                       {447500, 447500}, {402500, 442500}, {400000, 420000}};
    static const int32_t hole[][2] = {{412500, 412500}, {432500, 412500}, {422500, 432500}};
    struct shape shape = {.count = 0};
    add_ring(&shape, outer, 6);
    add_ring(&shape, hole, 3);
    check_shape(&shape);
    struct buf json = {0};
    buf_text(&json, "{\"type\":\"Polygon\",\"coordinates\":");
    write_rings(&shape, &json);
    buf_text(&json, "}");
    struct area *area = area_of(json.data, json.len);
    static const struct {
        int32_t east, north;
        bool held;
    } known[] = {{402500, 402500, true},                          /* the outer corner */
                 {422500, 402500, true},                          /* on the level edge */
                 {452500, 412500, true},                          /* a corner that sticks out */
                 {397500, 402500, false}, {412500, 412500, true}, /* the hole's corner */
                 {422500, 412500, true},                          /* the hole's edge */
                 {427500, 422500, true},                          /* its slanted one */
                 {422500, 422500, false}, {422500, 437500, true}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint16_t cell = grid_cell_of((struct grid_point){known[i].east, known[i].north});
        assert_int_equal(area_holds(area, cell), known[i].held);
    }
    free(area);
    buf_free(&json);
}

/* A star around a middle: it cannot cross itself. Corners are often centres of cells. */
static void roll_star(struct dice *dice, struct shape *shape, struct grid_point middle,
                      double least, double most)
{
    size_t corners = 3 + roll(dice, 30), first = shape->count;
    for (size_t i = 0; i < corners; i++) {
        double angle =
            6.283185 * ((double)i + 0.1 + 0.5 * roll(dice, 1000) / 1000) / (double)corners;
        double reach = least + (most - least) * roll(dice, 1000) / 1000;
        struct grid_point at = {middle.east + (int32_t)(reach * cos(angle)),
                                middle.north + (int32_t)(reach * sin(angle))};
        shape->corners[shape->count++] = at;
    }
    shape->corners[shape->count++] = shape->corners[first];
    shape->ends[shape->rings++] = shape->count;
}

static void random_stars_with_holes(void **state)
{
    (void)state;
    struct dice dice = {20261122};
    for (int i = 0; i < 60; i++) {
        struct shape shape = {.count = 0};
        struct grid_point middle = {200000 + (int32_t)roll(&dice, 300000),
                                    200000 + (int32_t)roll(&dice, 800000)};
        double size = 5000 + roll(&dice, 150000);
        roll_star(&dice, &shape, middle, size * 0.6, size);
        if (roll(&dice, 2)) roll_star(&dice, &shape, middle, size * 0.1, size * 0.25);
        check_shape(&shape);
    }
}

static void many_parts_lie_together(void **state)
{
    (void)state;
    /* Parts that overlap count once, in a MultiPolygon, a collection and features. */
    static const int32_t one[][2] = {
        {400000, 400000}, {440000, 400000}, {440000, 440000}, {400000, 440000}};
    static const int32_t two[][2] = {
        {420000, 420000}, {460000, 420000}, {460000, 460000}, {420000, 460000}};
    static const char *const frames[] = {
        "{'type':'MultiPolygon','coordinates':[%s,%s]}",
        "{'type':'GeometryCollection','geometries':[{'type':'Polygon','coordinates':%s},"
        "{'type':'GeometryCollection','geometries':[{'type':'Polygon','coordinates':%s}]}]}",
        "{'type':'FeatureCollection','name':'x','crs':{'type':'name','properties':{'name':"
        "'urn:ogc:def:crs:OGC:1.3:CRS84'}},'bbox':[1,2],'features':[{'type':'Feature','id':7,"
        "'properties':null,'geometry':{'type':'Polygon','coordinates':%s,'title':[]}},{'type':"
        "'Feature','geometry':null},{'type':'Feature','geometry':{'type':'MultiPolygon',"
        "'coordinates':[[],%s]},'properties':{'n':99999999999999999999}}]}"};
    struct shape a = {.count = 0}, b = {.count = 0};
    struct buf ra = {0}, rb = {0};
    add_ring(&a, one, 4);
    add_ring(&b, two, 4);
    write_rings(&a, &ra);
    write_rings(&b, &rb);
    buf_u8(&ra, 0);
    buf_u8(&rb, 0);
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        struct buf json = {0};
        char *frame = mem_string(frames[i]);
        for (char *p = frame; *p; p++) *p = *p == '\'' ? '"' : *p;
        char *first = strstr(frame, "%s"), *second = strstr(first + 2, "%s");
        *first = *second = '\0';
        buf_format(&json, "\xef\xbb\xbf%s%s%s%s%s", frame, (char *)ra.data, first + 2,
                   (char *)rb.data, second + 2);
        struct area *area = area_of(json.data, json.len);
        assert_int_equal(area_count(area), 64 + 64 - 16);
        for (uint16_t cell = 0; cell < CELLS; cell++) {
            struct grid_point centre = grid_cell_centre(cell);
            assert_int_equal(area_holds(area, cell),
                             plainly_holds(&a, centre) || plainly_holds(&b, centre));
        }
        free(area);
        free(frame);
        buf_free(&json);
    }
    buf_free(&ra);
    buf_free(&rb);
}

/* ---- rings as real files have them ---- */

static void touching_is_fine(void **state)
{
    (void)state;
    /* Two lobes that meet in a corner; a hole that the outer ring draws by touching itself; a hole
     * that touches the outer ring; a spot without any width. */
    static const int32_t lobes[][2] = {{400000, 400000}, {420000, 400000}, {420000, 420000},
                                       {440000, 420000}, {440000, 440000}, {420000, 440000},
                                       {420000, 420000}, {400000, 420000}};
    static const int32_t notch[][2] = {{400000, 400000}, {440000, 400000}, {440000, 440000},
                                       {420000, 440000}, {430000, 420000}, {410000, 420000},
                                       {420000, 440000}, {400000, 440000}};
    static const int32_t box[][2] = {
        {400000, 400000}, {440000, 400000}, {440000, 440000}, {400000, 440000}};
    static const int32_t wedge[][2] = {{410000, 410000}, {430000, 410000}, {420000, 440000}};
    static const int32_t spot[][2] = {{400000, 400000}, {400001, 400000}, {400000, 400001}};
    struct shape shapes[4] = {{.count = 0}};
    add_ring(&shapes[0], lobes, 8);
    add_ring(&shapes[1], notch, 8);
    add_ring(&shapes[2], box, 4);
    add_ring(&shapes[2], wedge, 3);
    add_ring(&shapes[3], spot, 3);
    for (size_t i = 0; i < 4; i++) check_shape(&shapes[i]);
}

static void plain_rings(json_t *rings, struct shape *out)
{
    out->count = out->rings = 0;
    for (size_t i = 0; i < json_array_size(rings); i++) {
        json_t *ring = json_array_get(rings, i);
        for (size_t j = 0; j < json_array_size(ring); j++) {
            json_t *at = json_array_get(ring, j);
            struct err err;
            assert_true(out->count < CORNERS_MAX && out->rings < RINGS_MAX);
            assert_true(grid_from_lat_lon(json_number_value(json_array_get(at, 1)),
                                          json_number_value(json_array_get(at, 0)),
                                          &out->corners[out->count++], &err));
        }
        out->ends[out->rings++] = out->count;
    }
}

static void check_feature(json_t *feature, struct shape *shape, struct area *together)
{
    struct err err = {0};
    json_t *geometry = json_object_get(feature, "geometry");
    json_t *coordinates = json_object_get(geometry, "coordinates");
    bool multi = strcmp(json_string_value(json_object_get(geometry, "type")), "Polygon") != 0;
    struct area *area = mem_new(struct area), *plain = mem_new(struct area);
    if (!area_read(feature, NULL, area, &err)) fail_msg("%s: %s", err.field, err.text);
    for (size_t i = 0; i < (multi ? json_array_size(coordinates) : 1); i++) {
        plain_rings(multi ? json_array_get(coordinates, i) : coordinates, shape);
        for (uint16_t cell = 0; cell < CELLS; cell++) {
            if (!plainly_holds(shape, grid_cell_centre(cell))) continue;
            plain->cells[cell / 8] |= (uint8_t)(1u << cell % 8);
            together->cells[cell / 8] |= (uint8_t)(1u << cell % 8);
        }
    }
    assert_memory_equal(area, plain, sizeof *area);
    free(area);
    free(plain);
}

static void every_authority_of_england(void **state)
{
    (void)state;
    static const char *const files[] = {"../shared/data/england_la_boundaries_small.geojson",
                                        "../shared/data/england_regions_small.geojson",
                                        "../shared/data/england_la_boundaries.geojson"};
    static const size_t features[] = {153, 9, 153};
    if (!file_exists(files[0])) {
        print_message("no %s here: nothing to compare\n", files[0]);
        skip();
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        json_error_t problem;
        json_t *root = json_load_file(files[i], 0, &problem);
        assert_non_null(root);
        json_t *list = json_object_get(root, "features");
        assert_int_equal(json_array_size(list), features[i]);
        struct area *together = mem_new(struct area), *whole = mem_new(struct area);
        struct shape *shape = mem_new(struct shape);
        struct err err = {0};
        for (size_t j = 0; j < features[i]; j++) {
            check_feature(json_array_get(list, j), shape, together);
        }
        if (!area_read(root, NULL, whole, &err)) fail_msg("%s: %s", err.field, err.text);
        assert_in_range(area_count(whole), 5000, 5500); /* England: 130,000 square km */
        assert_memory_equal(together, whole, sizeof *whole);
        free(together);
        free(whole);
        free(shape);
        json_decref(root);
    }
}

/* ---- what is refused ---- */

static void refused_text(const char *json, size_t len, const char *field, const char *says)
{
    struct area *area = mem_new(struct area);
    struct err err = {0};
    area->cells[7] = 7;
    if (area_parse(json, len, area, &err)) fail_msg("accepted: %s", json);
    assert_int_equal(err.code, ERR_INVALID);
    if (strcmp(err.field, field) != 0 || !strstr(err.text, says)) {
        fail_msg("%s\n  gave '%s': '%s'\n  not  '%s': '...%s...'", json, err.field, err.text, field,
                 says);
    }
    assert_int_equal(area->cells[7], 7);
    free(area);
}

static void wrong(const char *json, const char *field, const char *says)
{
    char *text = mem_string(json);
    for (char *p = text; *p; p++) *p = *p == '\'' ? '"' : *p;
    refused_text(text, strlen(text), field, says);
    free(text);
}

#define POLYGON(coordinates) "{'type':'Polygon','coordinates':" coordinates "}"
#define SOUND "[[[-1.8,53.7],[-1.4,53.7],[-1.4,53.9],[-1.8,53.7]]]"

static void objects_are_checked(void **state)
{
    (void)state;
    wrong("", "", "empty");
    wrong("{'type':'Polygon'", "", "is not GeoJSON: line 1");
    wrong("POLYGON((0 0))", "", "is not GeoJSON: line 1");
    wrong("[]", "", "an object { }, a Polygon");
    wrong("{}", "type", "is missing, so that this is not GeoJSON");
    wrong("{'type':3}", "type", "not GeoJSON");
    wrong("{'type':'Topology','objects':{}}", "type", "TopoJSON");
    wrong("{'type':'Square'}", "type", "'Square' is not possible here");
    wrong("{'type':'Polygon','type':'Polygon'}", "type", "twice (line 1)");
    wrong("{'type':'Point','coordinates':[-1.5,53.8]}", "type", "a Point has no area");
    wrong("{'type':'Feature','geometry':{'type':'LineString','coordinates':[]}}", "geometry.type",
          "a LineString has no area");
    wrong("{'type':'Feature'}", "geometry", "missing");
    wrong("{'type':'Feature','geometry':7}", "geometry", "not GeoJSON");
    wrong("{'type':'FeatureCollection'}", "features", "list");
    wrong("{'type':'FeatureCollection','features':[{'type':'Polygon'}]}", "features[0].type",
          "Feature");
    wrong("{'type':'FeatureCollection','features':[{'type':'Feature','geometry':" POLYGON(
              SOUND) "},{'type':'Feature','geometry':{'type':'GeometryCollection','geometries':[{"
                     "'type':'MultiPoint'}]}}]}",
          "features[1].geometry.geometries[0].type", "a MultiPoint has no area");
    wrong("{'type':'GeometryCollection'}", "geometries", "list");
    wrong("{'type':'Polygon','crs':{'type':'name','properties':{'name':'urn:ogc:def:crs:EPSG::"
          "27700'}},'coordinates':" SOUND "}",
          "crs", "'urn:ogc:def:crs:EPSG::27700' is not WGS84");
    wrong("{'type':'Polygon','crs':7,'coordinates':" SOUND "}", "crs", "not WGS84");
}

static void emptiness_is_refused(void **state)
{
    (void)state;
    wrong("{'type':'FeatureCollection','features':[]}", "", "is empty: it holds no polygon");
    wrong("{'type':'Feature','geometry':null}", "", "is empty");
    wrong("{'type':'MultiPolygon','coordinates':[]}", "", "is empty");
    wrong("{'type':'MultiPolygon','coordinates':[[],[]]}", "", "is empty");
    wrong(POLYGON("[]"), "", "is empty");
}

static void positions_are_checked(void **state)
{
    (void)state;
    wrong("{'type':'Polygon'}", "coordinates", "list");
    wrong("{'type':'MultiPolygon','coordinates':{}}", "coordinates", "list");
    wrong("{'type':'MultiPolygon','coordinates':[" SOUND ",5]}", "coordinates[1]", "list");
    wrong("{'type':'MultiPolygon','coordinates':[" SOUND ",[[]]]}", "coordinates[1][0]",
          "at least 4 positions");
    wrong(POLYGON("[7]"), "coordinates[0]", "not a ring");
    wrong(POLYGON("[[-1.8,53.7],[-1.4,53.7],[-1.4,53.9],[-1.8,53.7]]"), "coordinates[0]",
          "not a ring");
    wrong(POLYGON("[[[-1.8,53.7],[-1.4,53.7],[-1.8,53.7]]]"), "coordinates[0]", "at least 4");
    wrong(POLYGON("[[[-1.8,53.7],[-1.4,53.7],[-1.4,53.9],[-1.8,53.9]]]"), "coordinates[0]",
          "is not closed: its last position [-1.8, 53.9]");
    wrong(POLYGON("[[[-1.8,53.7],[-1.4],[-1.4,53.9],[-1.8,53.7]]]"), "coordinates[0][1]",
          "not a position");
    wrong(POLYGON("[[[-1.8,53.7],['-1.4',53.7],[-1.4,53.9],[-1.8,53.7]]]"), "coordinates[0][1]",
          "not a position");
    wrong(POLYGON("[[[-1.8,53.7],[-1.4,53.7,null],[-1.4,53.9],[-1.8,53.7]]]"), "coordinates[0][1]",
          "not a position");
    wrong(POLYGON("[[[53.7,-1.8],[53.7,-1.4],[53.9,-1.4],[53.7,-1.8]]]"), "coordinates[0][0]",
          "is [-1.8, 53.7] meant?");
    wrong(POLYGON("[[[420000,430000],[440000,430000],[440000,450000],[420000,430000]]]"),
          "coordinates[0][0]", "looks like easting and northing");
    wrong(POLYGON("[[[-172000,7140000],[-1.4,53.7],[-1.4,53.9],[-172000,7140000]]]"),
          "coordinates[0][0]", "is not longitude (-180 to 180)");
    wrong(POLYGON("[[[-1.8,53.7],[2.35,48.85],[-1.4,53.9],[-1.8,53.7]]]"), "coordinates[0][1]",
          "outside the National Grid, which holds Great Britain");
    wrong(POLYGON("[[[-1.8,53.7],[1e308,1e308],[-1.4,53.9],[-1.8,53.7]]]"), "coordinates[0][1]",
          "is not longitude");
    wrong(POLYGON("[[[-1.8,53.7],[1e999,53.7],[-1.4,53.9],[-1.8,53.7]]]"), "", "not GeoJSON");
    /* Heights are fine. */
    struct area *area = mem_new(struct area);
    struct err err;
    static const char high[] =
        "{\"type\":\"Polygon\",\"coordinates\":[[[-1.8,53.7,80],[-1.4,53.7,0]"
        ",[-1.4,53.9,9],[-1.8,53.7,80]]]}";
    assert_true(area_parse(high, sizeof high - 1, area, &err));
    free(area);
}

#define BOX "[[-1.8,53.7],[-1.4,53.7],[-1.4,53.9],[-1.8,53.9],[-1.8,53.7]]"

static void crossing_is_refused(void **state)
{
    (void)state;
    /* Crossing at about -1.6,53.8: the nearest corner is told. */
    wrong(POLYGON("[[[-1.8,53.7],[-1.4,53.9],[-1.4,53.7],[-1.79,53.9],[-1.8,53.7]]]"),
          "coordinates[0][3]",
          "crosses itself near this position, [-1.79, 53.9], so that it is not");
    /* Twice around. */
    wrong(POLYGON("[[[-1.8,53.7],[-1.4,53.7],[-1.4,53.9],[-1.8,53.9],[-1.81,53.69],[-1.39,53.69],"
                  "[-1.39,53.91],[-1.8,53.91],[-1.8,53.7]]]"),
          "coordinates[0][3]", "SE12NE lies inside");
    wrong(POLYGON("[" BOX ",[[-1.2,53.7],[-1,53.7],[-1,53.8],[-1.2,53.7]]]"), "coordinates[1][0]",
          "this hole lies outside its polygon, [-1.2, 53.7], so that");
    wrong(POLYGON("[" BOX ",[[-1.5,53.75],[-1.1,53.75],[-1.1,53.8],[-1.5,53.8],[-1.5,53.75]]]"),
          "coordinates[0][1]", "crosses itself near");
    wrong(POLYGON("[" BOX ",[[-1.7,53.72],[-1.5,53.72],[-1.5,53.88],[-1.7,53.88],[-1.7,53.72]],"
                  "[[-1.65,53.75],[-1.55,53.75],[-1.55,53.85],[-1.65,53.75]]]"),
          "coordinates[2][0]", "inside another hole");
}

static void right(const char *json, size_t cells)
{
    char *text = mem_string(json);
    for (char *p = text; *p; p++) *p = *p == '\'' ? '"' : *p;
    struct area *area = area_of(text, strlen(text));
    assert_int_equal(area_count(area), cells);
    free(area);
    free(text);
}

static void kinks_without_a_centre_are_fine(void **state)
{
    (void)state;
    static const char box[] = POLYGON("[" BOX "]");
    char *text = mem_string(box);
    for (char *p = text; *p; p++) *p = *p == '\'' ? '"' : *p;
    struct area *area = area_of(text, strlen(text));
    size_t cells = area_count(area);
    free(area);
    free(text);
    /* A loop of some metres at a corner, a spike, a hole of a hundred metres outside. */
    right(POLYGON("[[[-1.8,53.7],[-1.4,53.7],[-1.4001,53.6999],[-1.4001,53.9],[-1.8,53.9],"
                  "[-1.8,53.7]]]"),
          cells);
    right(POLYGON("[[[-1.8,53.7],[-1.4,53.7],[-1.2,53.8],[-1.4,53.7],[-1.4,53.9],[-1.8,53.9],"
                  "[-1.8,53.7]]]"),
          cells);
    right(POLYGON("[" BOX ",[[-1.2,53.7],[-1.201,53.7],[-1.2,53.701],[-1.2,53.7]]]"), cells);
    right(POLYGON("[[[-1.8,53.7],[-1.8,53.7],[-1.8,53.7],[-1.8,53.7]]]"), 0);
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    char *large = mem_array(AREA_FILE_MAX + 1, 1);
    memset(large, ' ', AREA_FILE_MAX + 1);
    refused_text(large, AREA_FILE_MAX + 1, "", "at most 4194304 bytes");
    memset(large, '[', AREA_FILE_MAX);
    refused_text(large, AREA_FILE_MAX, "", "not GeoJSON");
    free(large);
    /* A hundred thousand positions and one. */
    struct buf json = {0};
    buf_text(&json, "{\"type\":\"Polygon\",\"coordinates\":[[");
    for (int i = 0; i < AREA_VERTICES_MAX; i++) {
        double angle = 6.283185307179586 * i / AREA_VERTICES_MAX;
        buf_format(&json, "[%.6f,%.6f],", -1.5 + 0.5 * cos(angle), 53 + 0.3 * sin(angle));
    }
    size_t before = json.len;
    buf_text(&json, "[-1,53]]]}");
    refused_text((char *)json.data, json.len, "coordinates", "more than 100000 positions");
    json.len = before - strlen("[-1.000000,53.000019],");
    buf_text(&json, "[-1,53]]]}");
    free(area_of(json.data, json.len));
    /* A hundred and one triangles as large as Great Britain. */
    json.len = 0;
    buf_text(&json, "{\"type\":\"MultiPolygon\",\"coordinates\":[");
    for (int i = 0; i < 220; i++) {
        buf_format(&json, "%s[[[-6,50],[1.5,50],[-6,58.%03d],[-6,50]]]", i ? "," : "", i);
    }
    buf_text(&json, "]}");
    struct area *area = mem_new(struct area);
    struct err err = {0};
    assert_false(area_parse(json.data, json.len, area, &err));
    assert_non_null(strstr(err.text, "unite them"));
    free(area);
    buf_free(&json);
    json_t *deep = json_pack("{s:s,s:[]}", "type", "GeometryCollection", "geometries");
    for (int i = 0; i < 9; i++) {
        deep = json_pack("{s:s,s:[o]}", "type", "GeometryCollection", "geometries", deep);
    }
    char *text = json_dumps(deep, JSON_COMPACT);
    area = mem_new(struct area);
    assert_false(area_parse(text, strlen(text), area, &err));
    assert_non_null(strstr(err.text, "more than 8 deep"));
    free(area);
    free(text);
    json_decref(deep);
}

/* ---- files ---- */

static void reads(const char *path, const char *directory, const char *says)
{
    struct area *area = mem_new(struct area);
    struct err err = {0};
    json_t *value = json_string(path);
    bool good = area_read(value, directory, area, &err);
    if (good != !says) fail_msg("%s: '%s'", path, err.text);
    if (!says) {
        assert_true(area_count(area) > 5);
    } else {
        assert_int_equal(err.code, ERR_INVALID);
        if (!strstr(err.text, says)) fail_msg("%s: '%s'", path, err.text);
    }
    json_decref(value);
    free(area);
}

static void files_are_found_beside_the_request(void **state)
{
    (void)state;
    static const char sound[] = "{\"type\":\"Polygon\",\"coordinates\":" SOUND "}";
    static const char point[] = "{\"type\":\"Point\",\"coordinates\":[0,51]}";
    char *dir = support_temp_dir(), *good = file_join(dir, "good.geojson");
    char *bad = file_join(dir, "bad.geojson"), *large = file_join(dir, "large.geojson");
    struct err err;
    char *space = mem_array(AREA_FILE_MAX + 1, 1);
    assert_true(file_write(good, sound, sizeof sound - 1, 0600, &err));
    assert_true(file_write(bad, point, sizeof point - 1, 0600, &err));
    assert_true(file_write(large, space, AREA_FILE_MAX + 1, 0600, &err));
    reads("good.geojson", dir, NULL);
    reads(good, "/nowhere", NULL); /* an absolute path needs no directory */
    reads("bad.geojson", dir, "a Point has no area: draw a polygon");
    reads("bad.geojson", dir, "(in the file 'bad.geojson')");
    reads("large.geojson", dir, "longer than 4194304 bytes");
    reads("missing.geojson", dir, "cannot open");
    reads(".", dir, "is a directory");
    reads("-", dir, "cannot open"); /* never standard input */
    reads("", dir, "the path of a file");
    reads("good.geojson", NULL, "only GeoJSON itself");
    free(space);
    free(good);
    free(bad);
    free(large);
    support_temp_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_boundary_counts),
        cmocka_unit_test(random_stars_with_holes),
        cmocka_unit_test(many_parts_lie_together),
        cmocka_unit_test(touching_is_fine),
        cmocka_unit_test(every_authority_of_england),
        cmocka_unit_test(objects_are_checked),
        cmocka_unit_test(emptiness_is_refused),
        cmocka_unit_test(positions_are_checked),
        cmocka_unit_test(crossing_is_refused),
        cmocka_unit_test(kinks_without_a_centre_are_fine),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(files_are_found_beside_the_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
