/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/domain/domain_check.h"

#define AT(location)                                                                               \
    "{ 'search_ref': 'R-1', 'children': [ { 'age': 11, 'sex': 'F' } ], 'placement': { 'type': "    \
    "'PT_LONG', 'needed_by': 'today' }, 'location': " location " }"
#define ANCHOR "{ 'name': 'school', 'at': 'SE 297 338', 'within_km': 12, 'weight': 4 }"

static void everything_is_read(void **state)
{
    (void)state;
    struct request *r =
        parsed(AT("{ 'anchors': [ " ANCHOR ", { 'at': '53.8,-1.55', 'within_km': 200 "
                  "} ], 'combine': 'any', 'avoid': [ { 'name': 'known risk', 'at': "
                  "'SE23NW', 'within_km': 1 } ] }"));
    assert_true(r->has_location);
    assert_int_equal(r->anchor_count, 2);
    assert_string_equal(r->anchors[0].name, "school");
    assert_int_equal(r->anchors[0].place.at.east, 429700);
    assert_int_equal(r->anchors[0].within_km, 12);
    assert_int_equal(r->anchors[0].weight, 4);
    assert_string_equal(r->anchors[1].name, "");
    assert_int_equal(r->anchors[1].weight, 0);
    assert_int_equal(r->anchors[1].within_km, 200);
    assert_true(r->combine_any);
    assert_int_equal(r->avoid_count, 1);
    assert_int_equal(r->avoid[0].place.at.north, 435000);
    assert_int_equal(r->square_quadrants, 0);
    free(r);
    r = parsed(AT("{ 'anchors': [ " ANCHOR " ], 'combine': 'all' }"));
    assert_false(r->combine_any);
    free(r);
    r = parsed(AT("{ 'anchors': [ " ANCHOR " ] }"));
    assert_false(r->combine_any);
    free(r);
}

static void squares_become_quadrants_in_order(void **state)
{
    (void)state;
    struct request *r = parsed(AT("{ 'squares': [ 'SE', 'NZ', 'sd', 'TQ' ] }"));
    assert_int_equal(r->square_quadrants, 16);
    for (size_t i = 1; i < 16; i++) assert_true(r->squares[i] > r->squares[i - 1]);
    free(r);
    r = parsed(AT("{ 'squares': [ 'SE' ], 'avoid': [ { 'at': 'SE 297 338', 'within_km': 5 } ] }"));
    assert_int_equal(r->avoid_count, 1);
    free(r);
}

static void anchors_are_checked(void **state)
{
    (void)state;
#define ANCHORS(text) AT("{ 'anchors': [ " text " ] }")
    refused(AT("{ 'anchors': " ANCHOR " }"), "location.anchors", "list");
    refused(ANCHORS("'SE 297 338'"), "location.anchors[0]", "object");
    refused(ANCHORS(ANCHOR ", { 'within_km': 5 }"), "location.anchors[1].at", "missing");
    refused(ANCHORS("{ 'at': 'SE 1 1' }"), "location.anchors[0].at", "not a place");
    refused(ANCHORS("{ 'at': 'SE 11 11' }"), "location.anchors[0].within_km", "missing");
    refused(ANCHORS("{ 'at': 'SE 11 11', 'within_km': 0 }"), "location.anchors[0].within_km",
            "from 1 to 200");
    refused(ANCHORS("{ 'at': 'SE 11 11', 'within_km': 201 }"), "location.anchors[0].within_km",
            "from 1 to 200");
    refused(ANCHORS("{ 'at': 'SE 11 11', 'within_km': 12.5 }"), "location.anchors[0].within_km",
            "fraction");
    refused(ANCHORS("{ 'at': 'SE 11 11', 'within_km': '12' }"), "location.anchors[0].within_km",
            "whole number");
    refused(ANCHORS("{ 'at': 'SE 11 11', 'within_km': 5, 'weight': 6 }"),
            "location.anchors[0].weight", "from 0 to 5");
    refused(ANCHORS("{ 'at': 'SE 11 11', 'within_km': 5, 'weight': -1 }"),
            "location.anchors[0].weight", "from 0 to 5");
    refused(ANCHORS("{ 'at': 'SE 11 11', 'within_km': 5, 'radius': 6 }"),
            "location.anchors[0].radius", "known: name, at");
    refused(ANCHORS("{ 'at': 5, 'within_km': 5 }"), "location.anchors[0].at", "in quotes");
    refused(ANCHORS("{ 'name': '', 'at': 'SE 11 11', 'within_km': 5 }"), "location.anchors[0].name",
            "1 to 80");
    refused(ANCHORS("{ 'at': 'LS6 3AA', 'within_km': 5 }"), "location.anchors[0].at", "postcode");
    refused(ANCHORS("{ 'at': '-1.55,53.8', 'within_km': 5 }"), "location.anchors[0].at",
            "latitude comes first");
    refused(ANCHORS("{ 'at': 'SE23', 'within_km': 5 }"), "location.anchors[0].at",
            "postcode district");
}

static void sixteen_anchors_and_no_more(void **state)
{
    (void)state;
#define FOUR ANCHOR ", " ANCHOR ", " ANCHOR ", " ANCHOR
    struct request *r = parsed(AT("{ 'anchors': [ " FOUR ", " FOUR ", " FOUR ", " FOUR " ] }"));
    assert_int_equal(r->anchor_count, 16);
    free(r);
    refused(AT("{ 'anchors': [ " FOUR ", " FOUR ", " FOUR ", " FOUR ", " ANCHOR " ] }"),
            "location.anchors", "has 17");
}

static void squares_are_checked(void **state)
{
    (void)state;
#define SQUARES(text) AT("{ 'squares': " text " }")
    refused(SQUARES("'SE'"), "location.squares", "list");
    refused(SQUARES("[ 'SE', 'XX9' ]"), "location.squares[1]", "'XX9' is not a 100 km square");
    refused(SQUARES("[ 'AA' ]"), "location.squares[0]", "100 km square");
    refused(SQUARES("[ 5 ]"), "location.squares[0]", "100 km square");
    refused(SQUARES("[ 'SE', 'se' ]"), "location.squares[1]", "twice");
    refused(SQUARES("[ 'SE', 'SD', 'SJ', 'SK', 'NZ' ]"), "location.squares",
            "has 5 100 km squares; 0 to 4");
}

/* What a program writes that fills in every field; nothing in it contradicts anything. */
static void empty_lists_say_nothing(void **state)
{
    (void)state;
    static const char *const nowhere[] = {
        AT("{}"), AT("{ 'anchors': [] }"), AT("{ 'combine': 'all' }"),
        AT("{ 'anchors': [], 'combine': 'any', 'avoid': [], 'squares': [] }")};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        struct request *r = parsed(nowhere[i]);
        assert_false(r->has_location);
        free(r);
    }
    struct request *r =
        parsed(AT("{ 'squares': [ 'SE' ], 'anchors': [], 'avoid': [], 'combine': 'any' }"));
    assert_true(r->has_location);
    assert_int_equal(r->square_quadrants, 4);
    free(r);
    r = parsed(AT("{ 'anchors': [ " ANCHOR " ], 'squares': [], 'avoid': [] }"));
    assert_true(r->has_location);
    assert_int_equal(r->anchor_count, 1);
    free(r);
}

/* About 30 km by 22 km around Leeds. */
#define BOX                                                                                        \
    "{ 'type': 'Polygon', 'coordinates': [ [ [ -1.8, 53.7 ], [ -1.4, 53.7 ], [ -1.4, 53.9 ], [ "   \
    "-1.8, 53.9 ], [ -1.8, 53.7 ] ] ] }"

static void areas_stand_alone_and_with_the_others(void **state)
{
    (void)state;
    static const char *const with[] = {
        AT("{ 'area': " BOX " }"), AT("{ 'area': " BOX ", 'anchors': [], 'squares': [] }"),
        AT("{ 'area': " BOX ", 'anchors': [ " ANCHOR " ] }"),
        AT("{ 'area': " BOX ", 'avoid': [ { 'at': 'SE 11 11', 'within_km': 5 } ] }")};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        struct request *r = parsed(with[i]);
        assert_true(r->has_location && r->has_area);
        assert_in_range(area_count(&r->area), 20, 30); /* 26.4 km by 22.3 km hold about 24 */
        assert_true(area_holds(&r->area, grid_cell_of((struct grid_point){427500, 432500})));
        assert_false(area_holds(&r->area, grid_cell_of((struct grid_point){447500, 432500})));
        free(r);
    }
    struct request *r = parsed(AT("{ 'anchors': [ " ANCHOR " ] }"));
    assert_false(r->has_area);
    free(r);
}

static void areas_are_checked(void **state)
{
    (void)state;
    refused(AT("{ 'area': {} }"), "location.area.type", "missing");
    refused(AT("{ 'area': null }"), "location.area", "path of a GeoJSON file");
    refused(AT("{ 'area': [ -1.5, 53.8 ] }"), "location.area", "path of a GeoJSON file");
    /* These tests read requests without a directory. */
    refused(AT("{ 'area': 'area.geojson' }"), "location.area", "'area.geojson' is a path");
    refused(AT("{ 'area': ' { }' }"), "location.area", "leave the quotes out");
    refused(AT("{ 'area': { 'type': 'FeatureCollection', 'features': [ { 'type': 'Feature', "
               "'properties': {}, 'geometry': { 'type': 'Polygon', 'coordinates': [ [ [ -1.8, 53.7 "
               "], [ -1.4, 53.7 ], [ 53.9, -1.4 ], [ -1.8, 53.7 ] ] ] } } ] } }"),
            "location.area.features[0].geometry.coordinates[0][2]", "is [-1.4, 53.9] meant?");
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    refused(AT("[]"), "location", "object");
    refused(AT("null"), "location", "null");
    refused(AT("{ 'anchors': [ " ANCHOR " ], 'squares': [ 'SE' ] }"), "location.squares",
            "together with anchors");
    refused(AT("{ 'avoid': [ { 'at': 'SE 11 11', 'within_km': 5 } ] }"), "location.avoid",
            "squares");
    refused(
        AT("{ 'squares': [ 'SE' ], 'avoid': [ { 'at': 'SE 11 11', 'within_km': 5, 'weight': 1 } "
           "] }"),
        "location.avoid[0].weight", "not a field");
    refused(AT("{ 'anchors': [ " ANCHOR " ], 'combine': 'either' }"), "location.combine",
            "all, any");
    refused(AT("{ 'area': " BOX ", 'squares': [ 'SE' ] }"), "location.squares",
            "together with an area");
    refused(AT("{ 'town': 'Leeds' }"), "location.town", "known: anchors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(squares_become_quadrants_in_order),
        cmocka_unit_test(anchors_are_checked),
        cmocka_unit_test(sixteen_anchors_and_no_more),
        cmocka_unit_test(squares_are_checked),
        cmocka_unit_test(empty_lists_say_nothing),
        cmocka_unit_test(areas_stand_alone_and_with_the_others),
        cmocka_unit_test(areas_are_checked),
        cmocka_unit_test(contradictions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
