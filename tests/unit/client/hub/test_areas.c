/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/hub/areas.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"

static const struct areas_fields fields = {.code = "ons", .name = "name", .region = "region"};

/* A rectangle of metres on the grid as a ring in degrees: its sides are straight there, and close
 * enough to it on the grid for distances well above a metre. */
static void add_ring(struct buf *out, int west, int south, int east, int north)
{
    const struct grid_point corners[] = {
        {west, south}, {east, south}, {east, north}, {west, north}, {west, south}};
    buf_text(out, "[");
    for (size_t i = 0; i < 5; i++) {
        double lat = 0, lon = 0;
        grid_to_lat_lon(corners[i], &lat, &lon);
        buf_format(out, "%s[%.7f,%.7f]", i > 0 ? "," : "", lon, lat);
    }
    buf_text(out, "]");
}

static void add_feature(struct buf *out, const char *code, const char *region, int west, int south,
                        int east, int north)
{
    buf_text(out, out->len > 0 ? "," : "");
    buf_text(out, "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[");
    add_ring(out, west, south, east, north);
    buf_format(out, "]},\"properties\":{\"ons\":\"%s\",\"name\":\"Name of %s\",\"region\":\"%s\"}}",
               code, code, region);
}

static bool draw_text(const char *text, struct areas_drawn *out, struct err *err)
{
    struct areas_regions regions;
    areas_england(&regions);
    return areas_draw(text, strlen(text), &fields, &regions, out, err);
}

/* Takes the features. */
static bool draw(struct buf *features, struct areas_drawn *out, struct err *err)
{
    char *text = mem_format("{\"type\":\"FeatureCollection\",\"features\":[%.*s]}",
                            (int)features->len, (const char *)features->data);
    bool ok = draw_text(text, out, err);
    free(text);
    buf_free(features);
    return ok;
}

static uint16_t owner_at(const struct areas_drawn *drawn, int east, int north)
{
    return drawn->geography.cells[grid_cell_of((struct grid_point){east, north})];
}

static void test_cells_go_where_their_centres_lie(void **state)
{
    (void)state;
    struct areas_drawn *drawn = mem_new(struct areas_drawn);
    struct buf features = {0};
    struct err err = {0};
    /* Ten kilometres a side, side by side, and the second one first in the file. */
    add_feature(&features, "E99000002", "South West", 410000, 300000, 420000, 310000);
    add_feature(&features, "E99000001", "E12000002", 400000, 300000, 410000, 310000);
    assert_true(draw(&features, drawn, &err));
    const struct geography *geography = &drawn->geography;
    assert_int_equal(geography->region_count, 2);
    assert_string_equal(geography->regions[0].name, "North West");
    assert_string_equal(geography->regions[1].code, "E12000009");
    assert_int_equal(geography->authority_count, 2);
    assert_string_equal(geography->authorities[0].code, "E99000001");
    assert_string_equal(geography->authorities[1].name, "Name of E99000002");
    assert_int_equal(geography->authorities[0].region, 0);
    assert_int_equal(geography->authorities[1].region, 1);
    assert_int_equal(drawn->cells[0], 4);
    assert_int_equal(drawn->cells[1], 4);
    assert_int_equal(drawn->shared, 0);
    assert_int_equal(owner_at(drawn, 409999, 309999), 0);
    assert_int_equal(owner_at(drawn, 410001, 300001), 1);
    assert_int_equal(owner_at(drawn, 420001, 300001), AREA_NONE);
    free(drawn);
}

static void test_shared_cells_go_to_the_lower_code(void **state)
{
    (void)state;
    struct areas_drawn *drawn = mem_new(struct areas_drawn);
    struct buf features = {0};
    struct err err = {0};
    add_feature(&features, "E99000003", "London", 400000, 300000, 410000, 310000);
    add_feature(&features, "E99000001", "London", 405000, 300000, 415000, 310000);
    add_feature(&features, "E99000002", "London", 405000, 300000, 414000, 309000);
    assert_true(draw(&features, drawn, &err));
    assert_int_equal(drawn->shared, 4);
    assert_int_equal(owner_at(drawn, 407000, 307000), 0);
    assert_int_equal(owner_at(drawn, 401000, 301000), 2);
    assert_int_equal(drawn->cells[2], 2);
    /* All of the second is claimed by the first too: like a small one it gets the cell at its
     * middle, of one that keeps others. */
    assert_true(drawn->by_point[1]);
    assert_int_equal(owner_at(drawn, 407000, 301000), 1);
    assert_int_equal(drawn->cells[0], 3);
    assert_int_equal(drawn->cells[1], 1);
    free(drawn);
}

/* Between the centres of its cells. */
static void test_small_ones_get_the_cell_of_their_middle(void **state)
{
    (void)state;
    struct areas_drawn *drawn = mem_new(struct areas_drawn);
    struct buf features = {0};
    struct err err = {0};
    add_feature(&features, "E99000001", "London", 400000, 300000, 410000, 310000);
    add_feature(&features, "E99000002", "London", 408000, 308000, 409900, 309900); /* inside it */
    add_feature(&features, "E99000003", "London", 460000, 300000, 461000, 301000); /* alone */
    add_feature(&features, "E99000004", "London", 461100, 301100, 461900, 301900); /* same cell */
    assert_true(draw(&features, drawn, &err));
    assert_int_equal(drawn->cells[0], 3);
    assert_int_equal(drawn->cells[1], 1);
    assert_true(drawn->by_point[1] && drawn->by_point[2] && !drawn->by_point[3]);
    assert_int_equal(owner_at(drawn, 409000, 309000), 1);
    assert_int_equal(owner_at(drawn, 460500, 300500), 2);
    assert_int_equal(drawn->cells[3], 0);
    size_t counted[4];
    memcpy(counted, drawn->cells, sizeof counted);
    areas_count(drawn);
    assert_memory_equal(counted, drawn->cells, sizeof counted);
    free(drawn);
}

static void refuse(const char *text, const char *field, const char *words)
{
    struct areas_drawn *drawn = mem_new(struct areas_drawn);
    struct err err = {0};
    assert_false(draw_text(text, drawn, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
    assert_non_null(strstr(err.text, words));
    free(drawn);
}

#define SQUARE "{\"type\":\"Polygon\",\"coordinates\":[[[-2,52],[-1,52],[-1,53],[-2,53],[-2,52]]]}"
#define FEATURE(properties)                                                                        \
    "{\"type\":\"Feature\",\"geometry\":" SQUARE ",\"properties\":{" properties "}}"
#define COLLECTION(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"
#define GOOD "\"ons\":\"E99000001\",\"name\":\"A\",\"region\":\"london\""

static void test_what_is_wrong_is_named(void **state)
{
    (void)state;
    refuse("{", "", "line 1");
    refuse("[]", "features", "FeatureCollection");
    refuse(COLLECTION(""), "features", "1 to 256");
    refuse(COLLECTION("7"), "features[0]", "no Feature");
    refuse(COLLECTION(FEATURE("\"name\":\"A\",\"region\":\"London\"")),
           "features[0].properties.ons", "missing");
    refuse(COLLECTION(FEATURE("\"ons\":\"E990000011\",\"name\":\"A\",\"region\":\"London\"")),
           "features[0].properties.ons", "1 to 9");
    refuse(COLLECTION(FEATURE("\"ons\":\"E99000001\",\"name\":\"A\",\"region\":\"Wales\"")),
           "features[0].properties.region", "Wales");
    refuse(COLLECTION(FEATURE(GOOD) "," FEATURE(GOOD)), "features[1].properties.ons", "twice");
    refuse(COLLECTION(FEATURE("\"ons\":\"1\",\"name\":\"A\",\"region\":\"London\"")),
           "authorities[0].code", "code");
    refuse(COLLECTION("{\"type\":\"Feature\",\"geometry\":null,\"properties\":{" GOOD "}}"),
           "features[0]", "no polygon");
    refuse("{\"type\":\"FeatureCollection\",\"crs\":{\"properties\":{\"name\":\"EPSG:27700\"}},"
           "\"features\":[" FEATURE(GOOD) "]}",
           "features[0].crs", "WGS84");
    refuse(COLLECTION("{\"type\":\"Feature\",\"geometry\":{\"type\":\"Polygon\",\"coordinates\":"
                      "[[[52,-2],[52,-1],[53,-1],[52,-2]]]},\"properties\":{" GOOD "}}"),
           "features[0].geometry.coordinates[0][0]", "");
}

static void test_regions_of_a_file(void **state)
{
    (void)state;
    struct areas_regions regions;
    struct err err = {0};
    static const char good[] = "name,code\nNorth,E12000001\n\"South, all of it\",E12000002\n";
    assert_true(areas_regions_parse(good, sizeof good - 1, &regions, &err));
    assert_int_equal(regions.count, 2);
    assert_string_equal(regions.regions[1].name, "South, all of it");
    static const char *const bad[] = {"",
                                      "code\nE12000001\n",
                                      "code,name\nE12000001,\n",
                                      "code,name\nE12000001,A\nE12000001,B\n",
                                      "code,name\nE12000001,A\nE12000002,a\n",
                                      "code,name\nE120000011,A\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(areas_regions_parse(bad[i], strlen(bad[i]), &regions, &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
}

static void test_kept_and_read_again(void **state)
{
    (void)state;
    char *home = support_temp_dir();
    struct areas_drawn *drawn = mem_new(struct areas_drawn);
    struct geography *again = mem_new(struct geography);
    struct buf features = {0};
    struct err err = {0};
    assert_false(areas_read(home, again, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.field, HOME_AREAS);
    add_feature(&features, "E99000001", "London", 400000, 300000, 410000, 310000);
    assert_true(draw(&features, drawn, &err));
    assert_true(areas_write(home, &drawn->geography, &err));
    assert_true(areas_read(home, again, &err));
    assert_memory_equal(again, &drawn->geography, sizeof *again);
    char *path = file_join(home, HOME_AREAS);
    assert_true(file_write(path, "nonsense", 8, 0600, &err));
    assert_false(areas_read(home, again, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(err.field, HOME_AREAS);
    free(path);
    free(again);
    free(drawn);
    support_temp_dir_remove(home);
}

/* Real boundaries, where they are: 153 authorities in nine regions, and hardly one without a cell.
 */
static void test_england(void **state)
{
    (void)state;
    static const char path[] = "../shared/data/england_la_boundaries.geojson";
    if (!file_exists(path)) {
        print_message("no %s here: nothing to draw up\n", path);
        skip();
    }
    struct areas_drawn *drawn = mem_new(struct areas_drawn);
    struct areas_regions regions;
    struct buf text = {0};
    struct err err = {0};
    size_t none = 0, cells = 0;
    areas_england(&regions);
    assert_true(file_read(path, AREAS_FILE_MAX, &text, &err));
    assert_true(areas_draw(text.data, text.len, &fields, &regions, drawn, &err));
    assert_int_equal(drawn->geography.region_count, 9);
    for (size_t i = 0; i < drawn->geography.authority_count; i++) {
        none += drawn->cells[i] == 0;
        cells += drawn->cells[i];
    }
    /* England has 130 000 square kilometres and more, a cell 25. */
    assert_in_range(cells, 5000, 5700);
    assert_true(none <= drawn->geography.authority_count / 10);
    buf_free(&text);
    free(drawn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_go_where_their_centres_lie),
        cmocka_unit_test(test_shared_cells_go_to_the_lower_code),
        cmocka_unit_test(test_small_ones_get_the_cell_of_their_middle),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_regions_of_a_file),
        cmocka_unit_test(test_kept_and_read_again),
        cmocka_unit_test(test_england),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
