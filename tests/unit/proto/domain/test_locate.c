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

static void locates(const char *at, int east, int north, int metres)
{
    struct grid_point point;
    struct err err = {0};
    if (!grid_locate(at, &point, &err)) fail_msg("'%s': %s", at, err.text);
    near(point, east, north, metres);
}

static void places_are_read_in_every_form(void **state)
{
    (void)state;
    locates("SE 297 338", 429700, 433800, 0);
    locates(" se297338 ", 429700, 433800, 0);
    locates("SE23NW", 420000, 435000, 0);
    locates("SE 23", 420000, 430000, 0);
    locates("53.80021519630,-1.66379168242", 422242, 433818, 10);
    locates("53.80021519630, -1.66379168242", 422242, 433818, 10);
    locates(" 53.8 , -1.55 ", 429700, 433800, 300);
    locates("51,0", 540430, 124150, 300); /* whole degrees, the meridian of Greenwich */
}

static void refuses_place(const char *at, const char *says)
{
    struct grid_point point = {7, 7};
    struct err err = {0};
    if (grid_locate(at, &point, &err)) fail_msg("'%s' is accepted", at);
    assert_int_equal(err.code, ERR_INVALID);
    if (!strstr(err.text, says)) fail_msg("'%s' gave '%s'", at, err.text);
    assert_int_equal(point.east, 7);
}

static void postcodes_say_what_works(void **state)
{
    (void)state;
    static const char *const postcodes[] = {"LS6 3AA",  "LS63AA",  "LS6",     "LS6 3",
                                            "SW1A 1AA", "W1",      "ec1a1bb", "M1 1AE",
                                            "BD3 9TY",  "SE2 3NW", "SE2 3"};
    for (size_t i = 0; i < sizeof postcodes / sizeof *postcodes; i++) {
        refuses_place(postcodes[i], "looks like a postcode");
        refuses_place(postcodes[i], "SE 297 338");
    }
    refuses_place("SE23", "may be a postcode district");
    refuses_place("ne30", "'ne 30'");
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    refuses_place("", "not a place");
    refuses_place("   ", "not a place");
    refuses_place("Leeds", "'Leeds' is not a place");
    refuses_place("SE 297 33", "not a place");
    refuses_place("AA 297 338", "not a place");
    refuses_place("53.8;-1.55", "not a place");
    refuses_place("53.8,-1.55,3", "latitude,longitude");
    refuses_place("53.8,", "latitude,longitude");
    refuses_place(",", "latitude,longitude");
    refuses_place("53.8,-1.5e0", "latitude,longitude");
    refuses_place("nan,nan", "latitude,longitude");
    refuses_place("0x35,1", "latitude,longitude");
    refuses_place("-1.55,53.8", "latitude comes first");
    refuses_place("1234567890123456789012345678901234567890123456789012345678901234567", "long");
    refuses_place("a\x1b[31m", "'a?[31m'"); /* no control character reaches a terminal */
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
        cmocka_unit_test(places_are_read_in_every_form),
        cmocka_unit_test(postcodes_say_what_works),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(threads_do_not_disturb_one_another),
        cmocka_unit_test(published_districts_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
