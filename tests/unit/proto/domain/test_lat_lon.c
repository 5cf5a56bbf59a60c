/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/domain/domain_check.h"

#include <pthread.h>

static void near(struct grid_point point, int east, int north, int metres)
{
    if (abs(point.east - east) > metres || abs(point.north - north) > metres) {
        fail_msg("%d %d is not near %d %d", point.east, point.north, east, north);
    }
}

/* WGS84 with National Grid, both as published: the first four are active stations of the Ordnance
 * Survey's test set for OSTN15 (input ETRS89, output OSGB36). */
static const struct {
    double lat, lon;
    int east, north;
} KNOWN[] = {
    {49.92226393730, -6.29977752014, 91492, 11318},   /* St Mary's, Scilly */
    {50.43885825610, -4.10864563561, 250359, 62016},  /* Plymouth */
    {51.42754743020, -2.54407618349, 362269, 169978}, /* Bristol */
    {53.80021519630, -1.66379168242, 422242, 433818}, /* Leeds */
    {52.65800783, 1.71605194, 651409, 313177},        /* the Survey's worked example, Caister */
};

static void known_points_lie_within_ten_metres(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        struct grid_point point;
        struct err err;
        assert_true(grid_from_lat_lon(KNOWN[i].lat, KNOWN[i].lon, &point, &err));
        near(point, KNOWN[i].east, KNOWN[i].north, 10);
    }
}

static void refuses_degrees(double lat, double lon, const char *says)
{
    struct grid_point point;
    struct err err;
    assert_false(grid_from_lat_lon(lat, lon, &point, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.text, says));
}

static void degrees_outside_are_refused(void **state)
{
    (void)state;
    refuses_degrees(90.1, 0, "latitude");
    refuses_degrees(-91, 0, "latitude");
    refuses_degrees(53, 180.5, "longitude");
    refuses_degrees(53, -181, "longitude");
    refuses_degrees(strtod("nan", NULL), 0, "latitude");
    refuses_degrees(-1.55, 53.8, "latitude comes first"); /* the two swapped */
    refuses_degrees(48.85, 2.35, "outside the National Grid");
    refuses_degrees(90, 180, "outside the National Grid");
    refuses_degrees(-90, -180, "outside the National Grid");
}

static void the_way_back_ends_where_it_began(void **state)
{
    (void)state;
    for (int32_t east = 250; east < GRID_EAST_MAX; east += 99731) {
        for (int32_t north = 1250; north < GRID_NORTH_MAX; north += 99877) {
            double lat = 0, lon = 0;
            struct grid_point point;
            struct err err;
            grid_to_lat_lon((struct grid_point){east, north}, &lat, &lon);
            assert_true(grid_from_lat_lon(lat, lon, &point, &err));
            near(point, east, north, 1);
        }
    }
    double lat = 0, lon = 0;
    grid_to_lat_lon((struct grid_point){KNOWN[3].east, KNOWN[3].north}, &lat, &lon);
    assert_true(lat > KNOWN[3].lat - 1e-4 && lat < KNOWN[3].lat + 1e-4);
    assert_true(lon > KNOWN[3].lon - 2e-4 && lon < KNOWN[3].lon + 2e-4);
}

static void *many_points(void *ctx)
{
    bool *good = ctx;
    for (int i = 0; i < 200; i++) {
        struct grid_point point;
        struct err err;
        *good = *good && grid_from_lat_lon(KNOWN[3].lat, KNOWN[3].lon, &point, &err) &&
                abs(point.east - KNOWN[3].east) <= 10;
    }
    return NULL;
}

static void threads_do_not_disturb_one_another(void **state)
{
    (void)state;
    pthread_t threads[4];
    bool good[4] = {true, true, true, true};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, many_points, &good[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(good[i]);
    }
}

static void published_districts_agree(void **state)
{
    (void)state;
    FILE *file = fopen("../shared/data/postcode_districts_england.csv", "r");
    if (!file) {
        print_message(
            "no ../shared/data/postcode_districts_england.csv here: nothing to compare\n");
        skip();
    }
    char line[2000];
    size_t rows = 0;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        char *p = strchr(line, ',');
        assert_non_null(p);
        int east = (int)strtol(p + 1, &p, 10), north = (int)strtol(p + 1, &p, 10);
        double lat = strtod(p + 1, &p), lon = strtod(p + 1, &p);
        assert_int_equal(*p, ',');
        struct grid_point point;
        struct err err;
        assert_true(grid_from_lat_lon(lat, lon, &point, &err));
        near(point, east, north, 10);
        rows++;
    }
    (void)fclose(file);
    assert_true(rows > 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_points_lie_within_ten_metres),
        cmocka_unit_test(degrees_outside_are_refused),
        cmocka_unit_test(the_way_back_ends_where_it_began),
        cmocka_unit_test(threads_do_not_disturb_one_another),
        cmocka_unit_test(published_districts_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
