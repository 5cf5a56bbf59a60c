/* SPDX-License-Identifier: Apache-2.0
 * What was released, as text, CSV and JSON, and which rows and months of it.
 */
#include "client/hub/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/client/hub/shelf_sample.h"

static const struct wanted october = {.from = 202610, .to = 202610};

static void csv_is(const struct shelf *shelf, const char *table, const struct wanted *wanted,
                   const char *expected)
{
    struct buf out = {0};
    struct err err = {0};
    assert_true(show_csv(shelf, table, wanted, &out, &err));
    assert_string_equal(sample_text(&out), expected);
    buf_free(&out);
}

static void csv_is_one_value_a_line(void **state)
{
    (void)state;
    struct shelf shelf = {0};
    const int64_t sums[] = {7, 8, 13, 3, 40, 2};
    sample_put(&shelf, "capacity_together", 202610, 2, sums);
    /* 8 and 13 stand before 3 and 2, whose rows and columns have totals. */
    csv_is(&shelf, "capacity_together", &october,
           "table,period,area,category,value\n"
           "capacity_together,2026-10,E12000001,1,c\n"
           "capacity_together,2026-10,E12000001,2,10\n"
           "capacity_together,2026-10,E12000001,3+,c\n"
           "capacity_together,2026-10,E12000001,total,30\n"
           "capacity_together,2026-10,E12000002,1,c\n"
           "capacity_together,2026-10,E12000002,2,40\n"
           "capacity_together,2026-10,E12000002,3+,c\n"
           "capacity_together,2026-10,E12000002,total,50\n"
           "capacity_together,2026-10,E92000001,1,10\n"
           "capacity_together,2026-10,E92000001,2,50\n"
           "capacity_together,2026-10,E92000001,3+,20\n"
           "capacity_together,2026-10,E92000001,total,70\n");
    shelf_free(&shelf);
}

static void prices_have_two_lines(void **state)
{
    (void)state;
    struct shelf shelf = {0};
    int64_t sums[3 * FIGURES_POINTS] = {0};
    sums[1] = sums[3] = 4000; /* half of them 700, half 1300 */
    sample_put(&shelf, "price_notice", 202610, 1, sums);
    const struct wanted wanted = {202610, 202610, {"Region 1"}, 1};
    csv_is(&shelf, "price_notice", &wanted,
           "table,period,area,category,value\n"
           "price_notice,2026-10,E12000001,today:mean,1000\n"
           "price_notice,2026-10,E12000001,today:spread,275\n"
           "price_notice,2026-10,E12000001,within_5_days:mean,c\n"
           "price_notice,2026-10,E12000001,within_5_days:spread,c\n"
           "price_notice,2026-10,E12000001,later:mean,c\n"
           "price_notice,2026-10,E12000001,later:spread,c\n"
           "price_notice,2026-10,E12000001,total:mean,1000\n"
           "price_notice,2026-10,E12000001,total:spread,275\n");
    shelf_free(&shelf);
}

/* ---- areas and months ---- */

static size_t rows_of(const struct shelf *shelf, const char *table, const char *area)
{
    const struct wanted wanted = {202610, 202610, {area}, 1};
    struct buf out = {0};
    struct err err = {0};
    size_t lines = 0;
    if (!show_csv(shelf, table, &wanted, &out, &err)) {
        assert_int_equal(err.code, ERR_NOT_FOUND);
        assert_string_equal(err.field, "area");
        assert_int_equal(out.len, 0);
        return 0;
    }
    for (size_t i = 0; i < out.len; i++) lines += out.data[i] == '\n';
    buf_free(&out);
    return lines - 1;
}

static double some_counts(const struct figures_table *table, size_t area, size_t category,
                          size_t point, uint32_t period)
{
    (void)point;
    double most = table->measure == FIGURES_PRICES ? 900 : 300;
    return most / (1 + (double)category) + 20 * (double)area + (double)(period % 7);
}

static void areas_go_by_code_name_or_region(void **state)
{
    (void)state;
    struct shelf shelf = sample_shelf(202610, 202610, 3, some_counts, 1);
    assert_int_equal(rows_of(&shelf, "demand_la", "E10000002"), 1);
    assert_int_equal(rows_of(&shelf, "demand_la", "authority 2"), 1);
    assert_int_equal(rows_of(&shelf, "demand_la", "REGION 2"), 2); /* two authorities each */
    assert_int_equal(rows_of(&shelf, "demand_la", "England"), 1);
    assert_int_equal(rows_of(&shelf, "capacity_age", "E12000003"), 4);
    assert_int_equal(rows_of(&shelf, "capacity_age", "Authority 2"), 0);
    assert_int_equal(rows_of(&shelf, "capacity_age", "Atlantis"), 0);
    assert_int_equal(rows_of(&shelf, "demand_la", ""), 0);
    /* Over all tables those that have it are shown: two by authority. */
    assert_int_equal(rows_of(&shelf, NULL, "Authority 2"), 2);
    assert_int_equal(rows_of(&shelf, NULL, "Atlantis"), 0);
    shelf_free(&shelf);
}

static void months_are_filled_in(void **state)
{
    (void)state;
    struct shelf shelf = {0};
    struct err err = {0};
    const int64_t sums[] = {10, 20, 30};
    struct wanted none = {0};
    assert_false(wanted_periods(&none, &shelf, NULL, 1, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    sample_put(&shelf, "capacity_together", 202611, 1, sums);
    sample_put(&shelf, "capacity_together", 202609, 1, sums);
    sample_put(&shelf, "capacity_together", 202610, 1, sums);
    for (size_t i = 0; i < 3; i++) assert_int_equal(shelf.releases[i].period, 202609 + i);
    struct wanted last = {0}, year = {0}, from = {.from = 202610}, later = {.from = 202612},
                  before = {.to = 202608}, crossed = {.from = 202611, .to = 202610};
    assert_true(wanted_periods(&last, &shelf, "capacity_together", 1, &err));
    assert_true(last.from == 202611 && last.to == 202611);
    assert_true(wanted_periods(&year, &shelf, NULL, 12, &err));
    assert_true(year.from == 202512 && year.to == 202611);
    assert_true(wanted_periods(&from, &shelf, NULL, 12, &err));
    assert_true(from.from == 202610 && from.to == 202611);
    assert_false(wanted_periods(&later, &shelf, NULL, 1, &err));
    assert_string_equal(err.field, "period");
    assert_false(wanted_periods(&before, &shelf, NULL, 1, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_false(wanted_periods(&crossed, &shelf, NULL, 1, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_false(wanted_periods(&last, &shelf, "demand_age", 1, &err));
    assert_string_equal(err.field, "table");
    shelf_free(&shelf);
}

/* ---- JSON and text ---- */

static void json_has_all_of_it(void **state)
{
    (void)state;
    struct shelf shelf = sample_shelf(202609, 202610, 2, some_counts, 2);
    const struct wanted wanted = {.from = 202609, .to = 202610};
    struct err err = {0};
    json_t *object = NULL;
    assert_true(show_json(&shelf, "demand_age", &wanted, &object, &err));
    json_t *releases = json_object_get(object, "releases");
    assert_int_equal(json_array_size(releases), 2);
    json_t *release = json_array_get(releases, 1);
    assert_string_equal(json_string_value(json_object_get(release, "period")), "2026-10");
    assert_string_equal(json_string_value(json_object_get(release, "measure")), "counts");
    assert_int_equal(json_integer_value(json_object_get(release, "contributed")), 9);
    assert_int_equal(json_integer_value(json_object_get(release, "enrolled")), 12);
    json_t *rows = json_object_get(release, "rows");
    assert_int_equal(json_array_size(rows), 3);
    json_t *values = json_object_get(json_array_get(rows, 0), "values");
    assert_int_equal(json_array_size(values), 5);
    const struct release *kept = shelf_find(&shelf, "demand_age", 202610);
    const struct release_value *value = &release_at(kept, 0, 0)->count;
    json_t *first = json_object_get(json_array_get(values, 0), "value");
    assert_int_equal(value->shown, RELEASE_SHOWN);
    assert_int_equal(json_integer_value(first), value->value);
    json_decref(object);
    object = show_list_json(&shelf);
    assert_int_equal(json_array_size(json_object_get(object, "releases")), 2 * figures_table_count);
    json_decref(object);
    shelf_free(&shelf);
}

static void text_says_what_its_numbers_are(void **state)
{
    (void)state;
    struct shelf shelf = {0};
    struct buf out = {0};
    struct err err = {0};
    const int64_t sums[] = {700, 3, 2, 40, 900, 500, 4, 60};
    sample_put(&shelf, "demand_age", 202610, 2, sums);
    assert_true(show_text(&shelf, "demand_age", &october, &out, &err));
    const char *text = sample_text(&out);
    assert_non_null(strstr(text, "Children sought for, by age band, October 2026 (demand_age)"));
    assert_non_null(strstr(text, "Region 1                            700          c          c"));
    assert_non_null(strstr(text, "England"));
    assert_non_null(strstr(text, "its standard deviation is"));
    assert_non_null(strstr(text, "c: not shown"));
    assert_non_null(strstr(text, "9 of 12 enrolled authorities contributed"));
    buf_free(&out);
    show_list(&shelf, &out);
    assert_non_null(
        strstr(sample_text(&out), "demand_age            2026-10  2026-10        1  9 of 12"));
    buf_free(&out);
    shelf_free(&shelf);
}

/* That a value was small, or stands before one that is, is not to be seen in any output. */
static void no_output_tells_why_a_value_is_not_shown(void **state)
{
    (void)state;
    struct shelf shelf = {0};
    struct buf outputs[2][2] = {{{0}}};
    json_t *objects[2];
    struct err err = {0};
    const int64_t sums[] = {700, 3, 200, 40, 900, 500, 400, 60};
    sample_put(&shelf, "demand_age", 202610, 2, sums);
    for (size_t i = 0; i < 2; i++) {
        assert_true(show_csv(&shelf, NULL, &october, &outputs[i][0], &err));
        assert_true(show_text(&shelf, NULL, &october, &outputs[i][1], &err));
        assert_true(show_json(&shelf, NULL, &october, &objects[i], &err));
        sample_swap_reasons(&shelf);
    }
    for (size_t k = 0; k < 2; k++) {
        assert_string_equal(sample_text(&outputs[0][k]), sample_text(&outputs[1][k]));
        buf_free(&outputs[0][k]);
        buf_free(&outputs[1][k]);
    }
    assert_true(json_equal(objects[0], objects[1]));
    json_decref(objects[0]);
    json_decref(objects[1]);
    shelf_free(&shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_is_one_value_a_line),
        cmocka_unit_test(prices_have_two_lines),
        cmocka_unit_test(areas_go_by_code_name_or_region),
        cmocka_unit_test(months_are_filled_in),
        cmocka_unit_test(json_has_all_of_it),
        cmocka_unit_test(text_says_what_its_numbers_are),
        cmocka_unit_test(no_output_tells_why_a_value_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
