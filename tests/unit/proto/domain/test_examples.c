/* SPDX-License-Identifier: Apache-2.0
 * The examples that the documents show must work. Run from the top of the repository.
 */
#include <jansson.h>

#include "proto/base/file.h"
#include "tests/unit/proto/domain/domain_check.h"

static struct plan *plan_of(const char *path, struct request *request)
{
    struct buf text = {0};
    struct err err = {0};
    struct plan *plan = mem_new(struct plan);
    if (!file_read(path, REQUEST_MAX, &text, &err)) fail_msg("%s: %s", path, err.text);
    if (!request_parse(text.data, text.len, &(struct request_rules){.catalogue = catalogue_one()},
                       request, &err) ||
        !plan_make(request, catalogue_one(), plan, &err)) {
        fail_msg("%s: %s: %s", path, err.field, err.text);
    }
    buf_free(&text);
    return plan;
}

static void one_child_near_a_school(void **state)
{
    (void)state;
    struct request request;
    struct plan *plan = plan_of("docs/examples/near-school.json", &request);
    assert_int_equal(plan->musts, 7); /* age, sex, NUM_1, PT_LONG, DS_AUT, availability, cell */
    assert_int_equal(request.min_judgement, 2);
    /* docs/domain.md works this one out: the cell of the school is the nearest. */
    uint16_t cell = grid_cell_of(request.anchors[0].place.at);
    size_t at = 0;
    while (plan->quadrants[at] != grid_quadrant_of_cell(cell)) at++;
    unsigned near = plan->soft_cell[at * 100 + grid_index_in_quadrant(cell)];
    for (size_t i = 0; i < plan->quadrant_count * 100; i++) {
        assert_true(plan->soft_cell[i] <= near);
    }
    /* d = isqrt(2200^2 + 1300^2) = 2555, loc = 3489000, best = 12000000 + 3489000 */
    assert_int_equal(near, 225);
    assert_int_equal(plan->soft[slot_named("CS_SIM")], 322);
    assert_int_equal(plan->soft[slot_named("AVL_5D")], 64);
    assert_int_equal(plan->soft[slot_named("CS_DRIVE")], 193);
    assert_int_equal(plan->soft[slot_named("LN_PL")], 129);
    assert_int_equal(plan->quadrant_count, 2);

    /* The household of docs/domain.md "A worked example". */
    struct profile home = {
        .ref = "H", .cell = cell, .ages = 1u << 11, .takes_f = true, .places = 1};
    static const char *const holds[] = {"PT_LONG", "DS_AUT", "CS_SIM", "CS_DRIVE"};
    for (size_t i = 0; i < 4; i++) profile_hold(&home, slot_named(holds[i]));
    home.status = STATUS_AVAILABLE;
    home.status_date = 20000;
    struct slot_set set;
    profile_slots(&home, catalogue_one(), 20001, STATUS_FRESH_DAYS, &set);
    assert_int_equal(plan_score(plan, &set), 804);
    assert_int_equal(score_band(804), BAND_STRONG);
    set.placeable = false;
    assert_int_equal(plan_score(plan, &set), SCORE_NONE);
    free(plan);
}

static void the_document_quotes_the_file(void **state)
{
    (void)state;
    struct buf document = {0};
    struct err err;
    json_error_t problem;
    assert_true(file_read("docs/domain.md", 1 << 20, &document, &err));
    buf_u8(&document, 0);
    const char *at = strstr((const char *)document.data, "    { \"search_ref\"");
    assert_non_null(at);
    json_t *quoted = json_loads(at, JSON_DISABLE_EOF_CHECK, &problem);
    json_t *file = json_load_file("docs/examples/near-school.json", 0, &problem);
    assert_non_null(quoted);
    assert_true(json_equal(quoted, file));
    json_decref(quoted);
    json_decref(file);
    buf_free(&document);
}

static void a_sibling_group(void **state)
{
    (void)state;
    struct request request;
    struct plan *plan = plan_of("docs/examples/siblings.json", &request);
    assert_int_equal(plan->hard[slot_named("NUM_3")], 1);
    assert_int_equal(plan->musts,
                     10); /* three ages, two sexes, NUM_3, type, SIB_TOG, avail., cell */
    assert_int_equal(plan->quadrant_count, 8);
    free(plan);
}

static void inside_an_area(void **state)
{
    (void)state;
    struct request request;
    struct plan *plan = plan_of("docs/examples/by-area.json", &request);
    assert_true(request.has_area);
    size_t cells = 0;
    for (size_t i = 0; i < plan->quadrant_count * 100; i++) {
        uint16_t cell = grid_quadrant_cell(plan->quadrants[i / 100], (unsigned)(i % 100));
        struct grid_point centre = grid_cell_centre(cell), school = request.anchors[0].place.at;
        int64_t east = centre.east - school.east, north = centre.north - school.north;
        bool near = east * east + north * north <= 18000LL * 18000;
        int64_t south = 425000 - centre.north, right = 433000 - centre.east;
        bool avoided = south * south + right * right <= 5000LL * 5000;
        assert_int_equal(plan->hard_cell[i], near && !avoided && area_holds(&request.area, cell));
        cells += plan->hard_cell[i];
    }
    assert_in_range(cells, 20, area_count(&request.area) - 1);
    free(plan);
}

static void an_emergency_tonight(void **state)
{
    (void)state;
    struct request request;
    struct plan *plan = plan_of("docs/examples/emergency-tonight.json", &request);
    assert_int_equal(plan->musts, 4); /* age, NUM_1, PT_EMERG, availability */
    assert_int_equal(plan->quadrant_count, 0);
    assert_int_equal(plan->soft[slot_named("AV_OOH")], 833);
    assert_int_equal(plan->soft[slot_named("AVL_TODAY")], 166);
    free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_child_near_a_school), cmocka_unit_test(the_document_quotes_the_file),
        cmocka_unit_test(a_sibling_group),         cmocka_unit_test(inside_an_area),
        cmocka_unit_test(an_emergency_tonight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
