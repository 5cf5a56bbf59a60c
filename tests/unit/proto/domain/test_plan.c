/* SPDX-License-Identifier: Apache-2.0
 * Plans worked out by hand.
 */
#include "tests/unit/proto/domain/domain_check.h"

#define REQUEST(children, placement, more)                                                         \
    "{ 'search_ref': 'R-1', 'children': " children ", 'placement': " placement more " }"
#define GIRL "[ { 'age': 11, 'sex': 'F' } ]"
#define TODAY_SURE "{ 'type': 'PT_LONG', 'needed_by': 'today', 'accept_unconfirmed': false }"

static struct plan *planned(const char *json)
{
    struct request *request = parsed(json);
    struct plan *plan = mem_new(struct plan);
    struct err err = {0};
    if (!plan_make(request, catalogue_one(), plan, &err)) fail_msg("%s: %s", err.field, err.text);
    free(request);
    return plan;
}

static void not_planned(const char *json, const char *field, const char *says)
{
    struct request *request = parsed(json);
    struct plan *plan = mem_new(struct plan);
    struct err err = {0};
    plan->musts = 77;
    assert_false(plan_make(request, catalogue_one(), plan, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
    if (!strstr(err.text, says)) fail_msg("%s", err.text);
    assert_int_equal(plan->musts, 77);
    free(request);
    free(plan);
}

static size_t hards(const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < SLOTS_MAX; i++) count += plan->hard[i];
    return count;
}

static void musts_are_counted(void **state)
{
    (void)state;
    struct plan *p = planned(REQUEST(GIRL, TODAY_SURE, ""));
    assert_int_equal(p->musts, 5); /* age, sex, NUM_1, PT_LONG, availability */
    assert_int_equal(hards(p), 5);
    assert_int_equal(p->hard[slot_named("AGE_11")], 1);
    assert_int_equal(p->hard[slot_named("SEX_F")], 1);
    assert_int_equal(p->hard[slot_named("NUM_1")], 1);
    assert_int_equal(p->hard[slot_named("AVL_TODAY")], 1);
    assert_int_equal(p->base, 1000);
    assert_int_equal(p->quadrant_count, 0);
    free(p);
    /* Twins and a sibling of unknown sex: ages 3 and 8, sex M, NUM_3; two must codes */
    p = planned(REQUEST("[ { 'age': 3, 'sex': 'M' }, { 'age': 3, 'sex': 'M' }, { 'age': 8, 'sex': "
                        "'U' } ]",
                        TODAY_SURE, ", 'must': [ 'SIB_TOG', 'DS_AUT' ]"));
    assert_int_equal(p->musts, 8);
    assert_int_equal(p->hard[slot_named("NUM_3")], 1);
    assert_int_equal(p->hard[slot_named("NUM_1")], 0);
    assert_int_equal(p->hard[slot_named("SEX_F")], 0);
    free(p);
    /* A location adds one. */
    p = planned(REQUEST(GIRL, TODAY_SURE, ", 'location': { 'squares': [ 'SE' ] }"));
    assert_int_equal(p->musts, 6);
    assert_int_equal(hards(p), 5);
    free(p);
}

static void availability_slots_by_need(void **state)
{
    (void)state;
    static const char *const needs[] = {"today", "within_5_days", "later"};
    static const char *const slots[] = {"AVL_TODAY", "AVL_5D", "AVL_LATER"};
    for (int need = 0; need < 3; need++) {
        for (int accept = 0; accept < 2; accept++) {
            char placement[200], json[600];
            (void)snprintf(placement, sizeof placement,
                           "{ 'type': 'PT_LONG', 'needed_by': '%s', 'accept_unconfirmed': %s }",
                           needs[need], accept ? "true" : "false");
            (void)snprintf(json, sizeof json, REQUEST(GIRL, "%s", ""), placement);
            struct plan *p = planned(json);
            assert_int_equal(p->musts, 5); /* one of a group: one must however many are accepted */
            for (int i = 0; i < 3; i++) {
                assert_int_equal(p->hard[slot_named(slots[i])], i <= need);
                /* the only preference: worth all of the score */
                assert_int_equal(p->soft[slot_named(slots[i])], accept && i <= need ? 1000 : 0);
            }
            assert_int_equal(p->hard[slot_named("AVL_UNCONF")], accept);
            assert_int_equal(p->soft[slot_named("AVL_UNCONF")], 0);
            assert_int_equal(p->base, accept ? 0 : 1000);
            free(p);
        }
    }
}

static void weights_are_shares_of_the_best(void **state)
{
    (void)state;
    struct plan *p = planned(
        REQUEST(GIRL, TODAY_SURE, ", 'prefer': { 'CS_SIM': 5, 'LN_PL': 1, 'CS_DRIVE': 1 }"));
    assert_int_equal(p->soft[slot_named("CS_SIM")], 714); /* 5000 / 7 */
    assert_int_equal(p->soft[slot_named("LN_PL")], 142);
    assert_int_equal(p->soft[slot_named("AVL_TODAY")], 0);
    assert_int_equal(p->base, 0);
    free(p);
    p = planned(REQUEST(GIRL, "{ 'type': 'PT_LONG', 'needed_by': 'within_5_days' }",
                        ", 'prefer': { 'CS_SIM': 5, 'LN_PL': 1, 'CS_DRIVE': 1 }"));
    assert_int_equal(p->soft[slot_named("CS_SIM")], 625); /* 5000 / 8: confirmed counts once */
    assert_int_equal(p->soft[slot_named("AVL_TODAY")], 125);
    assert_int_equal(p->soft[slot_named("AVL_5D")], 125);
    free(p);
}

static unsigned at(const struct plan *plan, const char *name, bool hard)
{
    struct grid_point corner;
    assert_true(grid_parse(name, &corner));
    uint16_t cell = grid_cell_of(corner);
    for (size_t i = 0; i < plan->quadrant_count; i++) {
        if (plan->quadrants[i] != grid_quadrant_of_cell(cell)) continue;
        size_t place = i * 100 + grid_index_in_quadrant(cell);
        return hard ? plan->hard_cell[place] : plan->soft_cell[place];
    }
    return 9999;
}

static void a_circle_includes_its_rim(void **state)
{
    (void)state;
    /* The anchor is the centre of SE23SW; the next centres lie 5 km away, diagonals 7071 m. */
#define RIM(km)                                                                                    \
    REQUEST(GIRL, TODAY_SURE,                                                                      \
            ", 'location': { 'anchors': [ { 'at': 'SE 225 325', 'within_km': " km                  \
            ", 'weight': 1 } ] }")
    struct plan *p = planned(RIM("5"));
    assert_int_equal(at(p, "SE23SW", true), 1);
    assert_int_equal(at(p, "SE23SE", true), 1);
    assert_int_equal(at(p, "SE23NW", true), 1);
    assert_int_equal(at(p, "SE22NW", true), 1);
    assert_int_equal(at(p, "SE13SE", true), 1);
    assert_int_equal(at(p, "SE23NE", true), 0);
    assert_int_equal(at(p, "SE23SW", false), 1000); /* the nearest is the best there is */
    assert_int_equal(at(p, "SE23SE", false), 0);    /* on the rim: nothing left */
    assert_int_equal(p->quadrant_count, 1);
    free(p);
    p = planned(RIM("4"));
    size_t cells = 0;
    for (size_t i = 0; i < 100; i++) cells += p->hard_cell[i];
    assert_int_equal(cells, 1);
    free(p);
    p = planned(RIM("8"));
    assert_int_equal(at(p, "SE23NE", true), 1);
    /* d = isqrt(2 * 5000^2) = 7071: floor(10^6 * 929 / 8000) = 116125 of best 10^6 */
    assert_int_equal(at(p, "SE23NE", false), 116);
    assert_int_equal(at(p, "SE23SE", false), 375);
    free(p);
}

static void combining_and_avoiding(void **state)
{
    (void)state;
#define TWO(combine, more)                                                                         \
    REQUEST(GIRL, TODAY_SURE,                                                                      \
            ", 'location': { 'anchors': [ { 'at': 'SE 225 325', 'within_km': 10 }, { 'at': "       \
            "'SE 325 325', 'within_km': 5 } ], 'combine': '" combine "'" more " }")
    struct plan *p = planned(TWO("all", ""));
    assert_int_equal(at(p, "SE23SE", true), 1); /* between the two: 5 km from both */
    assert_int_equal(at(p, "SE33SW", true), 1); /* 10 km from the first */
    assert_int_equal(at(p, "SE23SW", true), 0);
    assert_int_equal(at(p, "SE33SE", true), 0);
    assert_int_equal(p->base, 1000); /* anchors without weight only limit */
    assert_int_equal(at(p, "SE23SE", false), 0);
    free(p);
    p = planned(TWO("any", ""));
    assert_int_equal(at(p, "SE23SW", true), 1);
    assert_int_equal(at(p, "SE33SE", true), 1);
    assert_int_equal(at(p, "SE43SW", true), 0);
    free(p);
    p = planned(TWO("any", ", 'avoid': [ { 'at': 'SE 325 325', 'within_km': 5 } ]"));
    assert_int_equal(at(p, "SE23SW", true), 1);
    assert_int_equal(at(p, "SE23SE", true), 0);
    assert_int_equal(at(p, "SE33SW", true), 0);
    free(p);
    not_planned(TWO("all", ", 'avoid': [ { 'at': 'SE 325 325', 'within_km': 5 } ]"),
                "location.avoid", "rules out every one of the 2 cells");
    not_planned(REQUEST(GIRL, TODAY_SURE,
                        ", 'location': { 'anchors': [ { 'at': 'SE 225 325', 'within_km': 10 }, { "
                        "'at': 'TQ 325 325', 'within_km': 10, 'name': 'aunt' } ] }"),
                "location.anchors", "both anchors[0] and anchors[1] (aunt)");
    /* Off the centre by more than the distance: the circle holds no cell's centre. */
    not_planned(REQUEST(GIRL, TODAY_SURE,
                        ", 'location': { 'anchors': [ { 'at': 'SE 20 30', 'within_km': 3 } ] }"),
                "location.anchors", "no cell's centre lies within 3 km of anchors[0]");
    /* Each two of them have a cell in common (11.2 km from both), but not all three. */
    not_planned(REQUEST(GIRL, TODAY_SURE,
                        ", 'location': { 'anchors': [ { 'at': 'SE 225 325', 'within_km': 12 }, { "
                        "'at': 'SE 425 325', 'within_km': 12 }, { 'at': 'SE 325 525', 'within_km': "
                        "12 } ] }"),
                "location.anchors", "though each two of them");
}

static void squares_hold_all_their_cells(void **state)
{
    (void)state;
    struct plan *p =
        planned(REQUEST(GIRL, TODAY_SURE, ", 'location': { 'squares': [ 'SE', 'TA' ] }"));
    assert_int_equal(p->quadrant_count, 8);
    for (size_t i = 0; i < 800; i++) assert_int_equal(p->hard_cell[i], 1);
    for (size_t i = 0; i < 800; i++) assert_int_equal(p->soft_cell[i], 0);
    free(p);
    /* A quadrant that is ruled out whole is not sent. */
    p = planned(REQUEST(GIRL, TODAY_SURE,
                        ", 'location': { 'squares': [ 'SE' ], 'avoid': [ { 'at': 'SE 25 25', "
                        "'within_km': 36 } ] }"));
    assert_int_equal(p->quadrant_count, 3);
    free(p);
}

/* 424500..428000 east, 431000..434000 north: holds the centre 427500, 432500 of SE23SE only. */
#define SMALL                                                                                      \
    "{ 'type': 'Polygon', 'coordinates': [ [ [ -1.630, 53.775 ], [ -1.575, 53.775 ], [ -1.575, "   \
    "53.802 ], [ -1.630, 53.802 ], [ -1.630, 53.775 ] ] ] }"
#define IN_AREA(area, more) REQUEST(GIRL, TODAY_SURE, ", 'location': { 'area': " area more " }")

static void areas_and_anchors_must_both_hold(void **state)
{
    (void)state;
    struct plan *p = planned(IN_AREA(SMALL, ""));
    assert_int_equal(p->musts, 6);
    assert_int_equal(p->quadrant_count, 1);
    size_t cells = 0;
    for (size_t i = 0; i < 100; i++) cells += p->hard_cell[i];
    assert_int_equal(cells, 1);
    assert_int_equal(at(p, "SE23SE", true), 1);
    assert_int_equal(at(p, "SE23SE", false), 0); /* an area gives no points */
    free(p);
    p = planned(IN_AREA(SMALL, ", 'anchors': [ { 'at': 'SE 325 325', 'within_km': 10, 'weight': 2 "
                               "} ]"));
    assert_int_equal(at(p, "SE23SE", true), 1);
    assert_int_equal(at(p, "SE33SW", true), 0); /* nearer, but not in the area */
    /* The best is that of the acceptable cells, so half of two points is all there is to have. */
    assert_int_equal(at(p, "SE23SE", false), 1000);
    free(p);
    not_planned(IN_AREA(SMALL, ", 'anchors': [ { 'at': 'SE 325 325', 'within_km': 4 } ]"),
                "location", "none of the area's 1 cells is within the distance of the anchors");
    not_planned(IN_AREA(SMALL, ", 'combine': 'any', 'anchors': [ { 'at': 'SE 325 325', "
                               "'within_km': 4 } ]"),
                "location", "of any anchor");
    not_planned(IN_AREA(SMALL, ", 'avoid': [ { 'at': 'SE 275 325', 'within_km': 1 } ]"),
                "location.avoid", "the 1 cells");
    /* Between four centres. */
    not_planned(IN_AREA("{ 'type': 'Polygon', 'coordinates': [ [ [ -1.630, 53.775 ], [ -1.600, "
                        "53.775 ], [ -1.600, 53.802 ], [ -1.630, 53.775 ] ] ] }",
                        ""),
                "location.area", "holds no cell's centre");
}

static void footprints_end_at_sixteen_quadrants(void **state)
{
    (void)state;
#define WIDE(km)                                                                                   \
    REQUEST(GIRL, TODAY_SURE,                                                                      \
            ", 'location': { 'anchors': [ { 'at': 'SP 00 00', 'within_km': " km " } ] }")
    struct plan *p = planned(WIDE("97"));
    assert_int_equal(p->quadrant_count, 16);
    free(p);
    not_planned(WIDE("150"), "location", "at most 16 are possible: use squares, or a smaller area");
    /* The grid's edge cuts the circle. */
    p = planned(REQUEST(GIRL, TODAY_SURE,
                        ", 'location': { 'anchors': [ { 'at': 'SV 00 00', 'within_km': 40 } ] }"));
    assert_int_equal(p->quadrant_count, 1);
    assert_int_equal(at(p, "SV00SW", true), 1);
    free(p);
}

static void values_lie_in_wire_order(void **state)
{
    (void)state;
    struct plan *p = planned(RIM("5"));
    uint16_t real = p->quadrants[0];
    uint16_t footprint[3] = {(uint16_t)(real - 1), real, (uint16_t)(real + 5)};
    int16_t *values = plan_values(p, footprint, 3);
    struct blind_layout layout = catalogue_layout(catalogue_one(), 3);
    long sum = 0;
    for (size_t i = 0; i < 165; i++) sum += values[i];
    assert_int_equal(sum, 5);
    for (size_t i = 0; i < 300; i++) {
        bool inside = i >= 100 && i < 200;
        assert_int_equal(values[323 + i], inside ? p->hard_cell[i - 100] : 0);
        assert_int_equal(values[623 + i], inside ? p->soft_cell[i - 100] : 0);
    }
    assert_int_equal(blind_layout_count(&layout), 925);
    assert_int_equal(values[923], -6);
    assert_int_equal(values[924], 0);
    free(values);
    free(p);
}

static void bands_have_their_borders(void **state)
{
    (void)state;
    assert_int_equal(score_band(SCORE_NONE), BAND_NONE);
    assert_int_equal(score_band(0), BAND_POSSIBLE);
    assert_int_equal(score_band(399), BAND_POSSIBLE);
    assert_int_equal(score_band(400), BAND_GOOD);
    assert_int_equal(score_band(699), BAND_GOOD);
    assert_int_equal(score_band(700), BAND_STRONG);
    assert_int_equal(score_band(1000), BAND_STRONG);
    assert_string_equal(band_name(BAND_STRONG), "strong");
    assert_string_equal(band_name(BAND_GOOD), "good");
    assert_string_equal(band_name(BAND_POSSIBLE), "possible");
}

static void wiping_leaves_nothing(void **state)
{
    (void)state;
    struct plan *p = planned(RIM("5")), *zero = mem_new(struct plan);
    plan_wipe(p);
    assert_memory_equal(p, zero, sizeof *p);
    free(p);
    free(zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(musts_are_counted),
        cmocka_unit_test(availability_slots_by_need),
        cmocka_unit_test(weights_are_shares_of_the_best),
        cmocka_unit_test(a_circle_includes_its_rim),
        cmocka_unit_test(combining_and_avoiding),
        cmocka_unit_test(squares_hold_all_their_cells),
        cmocka_unit_test(areas_and_anchors_must_both_hold),
        cmocka_unit_test(footprints_end_at_sixteen_quadrants),
        cmocka_unit_test(values_lie_in_wire_order),
        cmocka_unit_test(bands_have_their_borders),
        cmocka_unit_test(wiping_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
