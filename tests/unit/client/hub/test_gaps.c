/* SPDX-License-Identifier: Apache-2.0
 * Where searches fail most: that noise does not pass for a finding.
 */
#include "client/hub/gaps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/client/hub/shelf_sample.h"

static bool is(const struct figures_table *table, const char *name)
{
    return strcmp(table->name, name) == 0;
}

static double nobody_fails(const struct figures_table *table, size_t area, size_t category,
                           size_t point, uint32_t period)
{
    (void)area, (void)category, (void)point, (void)period;
    return is(table, "unmet_need") || is(table, "unmet_age") ? 0 : 200;
}

static struct gaps found(const struct shelf *shelf, uint32_t from, uint32_t to)
{
    const struct wanted wanted = {.from = from, .to = to};
    struct err err = {0};
    struct gaps gaps;
    assert_true(gaps_find(shelf, &wanted, &gaps, &err));
    return gaps;
}

/* Over one month and over three years: numbers that noise has made negative are not seen, and would
 * pull a sum upwards if that were not reckoned with. */
static void noise_alone_is_no_gap(void **state)
{
    (void)state;
    for (uint32_t from = 202610; from >= 202310; from -= from == 202610 ? 300 : 1000) {
        size_t alarms = 0, all = 0;
        for (uint8_t seed = 1; seed <= 8; seed++) {
            struct shelf shelf = {0};
            struct stream stream = sample_stream(seed);
            for (uint32_t period = from; period <= 202610; period = period_next(period)) {
                const char *const tables[] = {"unmet_need", "demand_need"};
                for (size_t t = 0; t < 2; t++) {
                    struct sample sample = sample_of(tables[t], 9, 9);
                    sample_add(&shelf, &sample, period, nobody_fails, &stream);
                    sample_free(&sample);
                }
            }
            struct gaps gaps = found(&shelf, from, 202610);
            for (size_t i = 0; i < gaps.count; i++) {
                if (gaps.gaps[i].england) continue;
                alarms += gaps.gaps[i].verdict != GAP_UNCERTAIN;
                all++;
            }
            gaps_free(&gaps);
            shelf_free(&shelf);
        }
        assert_int_equal(all, 8 * 9 * 10);
        assert_true(alarms < all * 7 / 100);
    }
}

/* The region's number is what a middling place has: mostly shown, now and then not. */
static double some_fail(const struct figures_table *table, size_t area, size_t category,
                        size_t point, uint32_t period)
{
    (void)point, (void)period;
    double most = is(table, "unmet_need") ? 25 : 300;
    return most * (1 + (double)area) / (1 + (double)category);
}

static void the_true_number_lies_within(void **state)
{
    (void)state;
    size_t below = 0, above = 0, all = 0;
    const struct figures_table *table = figures_table_find("unmet_need");
    for (uint8_t seed = 1; seed <= 20; seed++) {
        struct shelf shelf = {0};
        struct stream stream = sample_stream(seed);
        for (uint32_t period = 202607; period <= 202610; period++) {
            const char *const tables[] = {"unmet_need", "demand_need"};
            for (size_t t = 0; t < 2; t++) {
                struct sample sample = sample_of(tables[t], 4, 4);
                sample_add(&shelf, &sample, period, some_fail, &stream);
                sample_free(&sample);
            }
        }
        struct gaps gaps = found(&shelf, 202607, 202610);
        assert_int_equal(gaps.periods, 4);
        for (size_t i = 0; i < gaps.count; i++) {
            const struct gap *gap = &gaps.gaps[i];
            if (gap->england) continue;
            size_t area = (size_t)(gap->area[8] - '1');
            double truth =
                4 * some_fail(table, area, figures_category_find(table, gap->category), 0, 0);
            below += truth < gap->unmet.low;
            above += truth > gap->unmet.high;
            all++;
        }
        gaps_free(&gaps);
        shelf_free(&shelf);
    }
    assert_true(below < all * 8 / 100);
    assert_true(above < all * 8 / 100);
}

/* ---- order and words ---- */

/* Where few were sought the middle of demand may lie below what is certain to have failed. */
static void few_are_not_more_than_all(void **state)
{
    (void)state;
    char words[GAP_WORDS];
    struct gap gap = {.unmet = {11.3, 16, 22},
                      .demand = {0, 2, 32.5},
                      .share = {0.337, 0.5, 1},
                      .verdict = GAP_AT_LEAST};
    assert_string_equal(gap_words(&gap, words), "at least 11 of at most 33 (33% or more)");
    gap.demand.high = 4;
    gap.share.low = 0;
    assert_string_equal(gap_words(&gap, words), "at least 11 of at most 11");
}

enum { NEEDS = 10 };

static void put_month(struct shelf *shelf, uint32_t period, const int64_t *unmet,
                      const int64_t *demand)
{
    sample_put(shelf, "unmet_need", period, 2, unmet);
    sample_put(shelf, "demand_need", period, 2, demand);
}

static void what_is_certain_comes_first(void **state)
{
    (void)state;
    struct shelf shelf = {0};
    int64_t unmet[2 * NEEDS], demand[2 * NEEDS];
    for (size_t i = 0; i < 2 * NEEDS; i++) {
        unmet[i] = 10;
        demand[i] = 800;
    }
    unmet[NEEDS + 3] = 300;
    unmet[1] = 90;
    put_month(&shelf, 202610, unmet, demand);
    struct gaps gaps = found(&shelf, 202610, 202610);
    assert_int_equal(gaps.count, 3 * NEEDS);
    assert_string_equal(gaps.gaps[0].area, "E12000002");
    assert_string_equal(gaps.gaps[0].category, "complex_health");
    assert_string_equal(gaps.gaps[1].area, "E12000001");
    assert_string_equal(gaps.gaps[1].category, "harm_to_others");
    assert_int_equal(gaps.gaps[0].verdict, GAP_ABOUT);
    assert_int_equal(gaps.gaps[2].verdict, GAP_UNCERTAIN);
    assert_false(gaps.gaps[0].has_capacity);
    for (size_t i = 0; i < 2 * NEEDS; i++) assert_false(gaps.gaps[i].england);
    char words[GAP_WORDS];
    assert_non_null(strstr(gap_words(&gaps.gaps[0], words), "about 300 of 800 (38%"));
    assert_non_null(strstr(gap_words(&gaps.gaps[2], words), "too uncertain to say"));
    gaps_free(&gaps);
    /* Four such months tell more: what one leaves open is certain. */
    unmet[5] = 12;
    for (uint32_t period = 202606; period < 202610; period++) {
        put_month(&shelf, period, unmet, demand);
    }
    gaps = found(&shelf, 202606, 202610);
    assert_int_equal(gaps.periods, 5);
    assert_true(gaps.gaps[0].unmet.low / 5 > 300 - 1.645 * 12);
    gaps_free(&gaps);
    shelf_free(&shelf);
}

static void a_month_with_one_side_only_does_not_count(void **state)
{
    (void)state;
    struct shelf shelf = {0};
    int64_t unmet[2 * NEEDS], demand[2 * NEEDS];
    for (size_t i = 0; i < 2 * NEEDS; i++) {
        unmet[i] = 100;
        demand[i] = 200;
    }
    put_month(&shelf, 202609, unmet, demand);
    sample_put(&shelf, "unmet_need", 202610, 2, unmet);
    struct gaps gaps = found(&shelf, 202609, 202610);
    assert_int_equal(gaps.periods, 1);
    assert_true(gaps.gaps[0].unmet.middle == 100 && gaps.gaps[0].demand.middle == 200);
    gaps_free(&gaps);
    const struct wanted october = {.from = 202610, .to = 202610};
    const struct wanted nowhere = {202609, 202610, {"Atlantis"}, 1};
    struct err err = {0};
    assert_false(gaps_find(&shelf, &october, &gaps, &err));
    assert_string_equal(err.field, "period");
    assert_false(gaps_find(&shelf, &nowhere, &gaps, &err));
    assert_string_equal(err.field, "area");
    shelf_free(&shelf);
}

static void suppressed_numbers_count_as_none_to_five(void **state)
{
    (void)state;
    struct sum sum = {0};
    sum_add(&sum, &(struct release_value){RELEASE_SHOWN, 20, 0}, false);
    sum_add(&sum, &(struct release_value){RELEASE_SMALL, 0, 0}, false);
    sum_add(&sum, &(struct release_value){RELEASE_COMPLEMENTARY, 0, 0}, false);
    struct estimate estimate = sum_estimate(&sum);
    double rounding = 1.645 * sqrt(25.0 / 12);
    assert_true(fabs(estimate.low - (20 - rounding)) < 1e-9);
    assert_true(fabs(estimate.middle - 25) < 1e-9);
    assert_true(fabs(estimate.high - (30 + rounding)) < 1e-9);
}

static void scripts_get_all_of_it(void **state)
{
    (void)state;
    struct shelf shelf = sample_shelf(202609, 202610, 2, some_fail, 3);
    struct gaps gaps = found(&shelf, 202609, 202610);
    struct buf out = {0};
    size_t lines = 0, commas = 0;
    gaps_csv(&gaps, &out);
    for (size_t i = 0; i < out.len; i++) {
        lines += out.data[i] == '\n';
        commas += out.data[i] == ',';
    }
    assert_int_equal(lines, gaps.count + 1);
    assert_int_equal(commas, 13 * lines);
    buf_free(&out);
    json_t *object = gaps_json(&gaps);
    json_t *list = json_object_get(object, "gaps");
    assert_int_equal(json_array_size(list), gaps.count);
    for (size_t i = 0; i < gaps.count; i++) {
        json_t *share = json_object_get(json_array_get(list, i), "share");
        double low = json_real_value(json_object_get(share, "low"));
        double high = json_real_value(json_object_get(share, "high"));
        assert_true(low >= 0 && low <= high && high <= 1);
    }
    json_decref(object);
    gaps_text(&gaps, &out);
    assert_non_null(strstr(sample_text(&out), "September 2026 to October 2026, 2 months"));
    buf_free(&out);
    gaps_free(&gaps);
    shelf_free(&shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_alone_is_no_gap),
        cmocka_unit_test(the_true_number_lies_within),
        cmocka_unit_test(few_are_not_more_than_all),
        cmocka_unit_test(what_is_certain_comes_first),
        cmocka_unit_test(a_month_with_one_side_only_does_not_count),
        cmocka_unit_test(suppressed_numbers_count_as_none_to_five),
        cmocka_unit_test(scripts_get_all_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
