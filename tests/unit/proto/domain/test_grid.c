/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/domain/domain_check.h"

static void names_of_known_places(void **state)
{
    (void)state;
    char name[GRID_NAME];
    /* Leeds town hall, 429700 433800 */
    uint16_t cell = grid_cell_of((struct grid_point){429700, 433800});
    grid_cell_name(cell, name);
    assert_string_equal(name, "SE23SE");
    grid_quadrant_name(grid_quadrant_of_cell(cell), name);
    assert_string_equal(name, "SE.SW");
    grid_cell_name(0, name);
    assert_string_equal(name, "SV00SW");
    grid_cell_name(CELLS - 1, name);
    assert_string_equal(name, "JM99NE");
    grid_quadrant_name(QUADRANTS - 1, name);
    assert_string_equal(name, "JM.NE");
}

static void every_cell_goes_there_and_back(void **state)
{
    (void)state;
    for (uint32_t cell = 0; cell < CELLS; cell++) {
        char name[GRID_NAME];
        struct grid_point corner, centre = grid_cell_centre((uint16_t)cell);
        assert_int_equal(grid_cell_of(centre), cell);
        grid_cell_name((uint16_t)cell, name);
        assert_true(grid_parse(name, &corner));
        assert_int_equal(corner.east + 2500, centre.east);
        assert_int_equal(corner.north + 2500, centre.north);
        uint16_t quadrant = grid_quadrant_of_cell((uint16_t)cell);
        unsigned index = grid_index_in_quadrant((uint16_t)cell);
        assert_int_equal(grid_quadrant_cell(quadrant, index), cell);
        assert_int_equal(quadrant, centre.north / 50000 * 14 + centre.east / 50000);
        assert_int_equal(index, centre.north % 50000 / 5000 * 10 + centre.east % 50000 / 5000);
    }
}

static void every_quadrant_name_reads_back(void **state)
{
    (void)state;
    for (uint16_t quadrant = 0; quadrant < QUADRANTS; quadrant++) {
        char name[GRID_NAME];
        uint16_t back = 0;
        grid_quadrant_name(quadrant, name);
        assert_true(grid_parse_quadrant(name, &back));
        assert_int_equal(back, quadrant);
    }
    uint16_t out = 0;
    static const char *const bad[] = {"",     "SE",    "SE.",   "SE.N",  "SE.NX", "SE.NWW",
                                      "SENW", "SI.NW", "AA.NW", "SE NW", "ZZ.NW"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(grid_parse_quadrant(bad[i], &out));
    }
}

static void edges_of_the_grid(void **state)
{
    (void)state;
    assert_true(grid_contains((struct grid_point){0, 0}));
    assert_true(grid_contains((struct grid_point){699999, 1299999}));
    assert_false(grid_contains((struct grid_point){700000, 0}));
    assert_false(grid_contains((struct grid_point){0, 1300000}));
    assert_false(grid_contains((struct grid_point){-1, 0}));
    assert_false(grid_contains((struct grid_point){0, -1}));
    assert_int_equal(grid_cell_of((struct grid_point){4999, 4999}), 0);
    assert_int_equal(grid_cell_of((struct grid_point){5000, 4999}), 1);
    assert_int_equal(grid_cell_of((struct grid_point){4999, 5000}), CELL_COLUMNS);
}

static void squares_give_their_quadrants(void **state)
{
    (void)state;
    uint16_t q[4];
    char name[GRID_NAME];
    static const char *const expected[] = {"SE.SW", "SE.SE", "SE.NW", "SE.NE"};
    assert_true(grid_square_quadrants("SE", q));
    for (size_t i = 0; i < 4; i++) {
        grid_quadrant_name(q[i], name);
        assert_string_equal(name, expected[i]);
        if (i > 0) assert_true(q[i] > q[i - 1]);
    }
    assert_true(grid_square_quadrants("se", q));
    static const char *const bad[] = {"", "S", "SEE", "SI", "IS", "AA", "WV", "S1", "1E", "S "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(grid_square_quadrants(bad[i], q));
    }
}

static void reads(const char *text, int east, int north)
{
    struct grid_point point;
    if (!grid_parse(text, &point)) fail_msg("'%s' is refused", text);
    assert_int_equal(point.east, east);
    assert_int_equal(point.north, north);
}

static void references_are_read(void **state)
{
    (void)state;
    reads("SE 297 338", 429700, 433800);
    reads("SE297338", 429700, 433800);
    reads("se 297338", 429700, 433800);
    reads("  SE  297  338 ", 429700, 433800);
    reads("SE23", 420000, 430000);
    reads("SE 23", 420000, 430000);
    reads("SE2933", 429000, 433000);
    reads("SE 29712 33854", 429712, 433854);
    reads("SE 2971 3385", 429710, 433850);
    reads("SE23NW", 420000, 435000);
    reads("se 23 ne", 425000, 435000);
    reads("SE23SW", 420000, 430000);
    reads("SV 00000 00000", 0, 0);
    reads("JM9999999999", 699999, 1299999);
    reads("TG 51409 13177", 651409, 313177); /* the Ordnance Survey's worked example, Caister */
    reads("HP 60", 460000, 1200000);         /* Shetland */
}

static void what_is_no_reference_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " ",
                                      "SE",
                                      "SE2",
                                      "SE297",
                                      "SE 29 733",
                                      "SE 2 97338",
                                      "SE2 3NW",
                                      "SE2 3",
                                      "SE 2 3",
                                      "S E23",
                                      "SEE23",
                                      "SI23",
                                      "AA23",
                                      "SE23N",
                                      "SE23NX",
                                      "SE23NWW",
                                      "SE2345NW",
                                      "SE 23 N W",
                                      "SE-23",
                                      "23SE",
                                      "SE 29 73 38",
                                      "SE 123456 123456",
                                      "SE1234567890 1",
                                      "53.8,-1.55",
                                      "LS6 3AA",
                                      "SE\t23"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct grid_point point = {7, 7};
        if (grid_parse(bad[i], &point)) fail_msg("'%s' is accepted", bad[i]);
        assert_int_equal(point.east, 7);
    }
}

static void isqrt_is_exact(void **state)
{
    (void)state;
    for (uint64_t v = 0; v < 100000; v++) {
        uint64_t r = grid_isqrt(v);
        assert_true(r * r <= v && (r + 1) * (r + 1) > v);
    }
    struct dice dice = {11};
    for (int i = 0; i < 200000; i++) {
        uint64_t root = ((uint64_t)roll(&dice, 1u << 31) << 1 | roll(&dice, 2)) >> roll(&dice, 32);
        assert_int_equal(grid_isqrt(root * root), root);
        if (root > 0) {
            assert_int_equal(grid_isqrt(root * root - 1), root - 1);
            assert_int_equal(grid_isqrt(root * root + 2 * root), root);
        }
    }
    assert_int_equal(grid_isqrt(UINT64_MAX), UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_known_places),
        cmocka_unit_test(every_cell_goes_there_and_back),
        cmocka_unit_test(every_quadrant_name_reads_back),
        cmocka_unit_test(edges_of_the_grid),
        cmocka_unit_test(squares_give_their_quadrants),
        cmocka_unit_test(references_are_read),
        cmocka_unit_test(what_is_no_reference_is_refused),
        cmocka_unit_test(isqrt_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
