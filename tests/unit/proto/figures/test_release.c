/* SPDX-License-Identifier: Apache-2.0
 * What a release shows, and in which form it is kept.
 */
#include "proto/figures/release.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/proto/figures/release_sample.h"

static const struct release_value *count_at(const struct release *release, size_t row,
                                            size_t column)
{
    return &release_at(release, row, column)->count;
}

static void shown_as(const struct release *release, size_t row, size_t column, int64_t value)
{
    assert_int_equal(count_at(release, row, column)->shown, RELEASE_SHOWN);
    assert_int_equal(count_at(release, row, column)->value, value);
}

static void counts_are_rounded_and_totals_come_from_what_is_not(void **state)
{
    (void)state;
    struct sample sample = sample_of("capacity_together", 2, 2);
    const int64_t sums[] = {7, 8, 12, 13, 17, 22}; /* two regions of three categories */
    struct release release = sample_release(&sample, sums);
    assert_int_equal(release.row_count, 3);
    assert_int_equal(release.column_count, 4);
    const int64_t expected[3][4] = {{5, 10, 10, 30}, {15, 15, 20, 50}, {20, 30, 30, 80}};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) shown_as(&release, i, j, expected[i][j]);
    }
    assert_string_equal(release_column_code(&release, 0), "1");
    assert_string_equal(release_column_code(&release, 3), RELEASE_TOTAL);
    assert_string_equal(release.codes[2], RELEASE_ENGLAND);
    assert_int_equal(release.contributions, 9);
    assert_int_equal(release.enrolled, 12);
    /* Noise adds up in quadrature. */
    double one = release.deviation;
    assert_true(one > 0);
    assert_true(fabs(count_at(&release, 0, 0)->deviation - one) < 1e-9);
    assert_true(fabs(count_at(&release, 0, 3)->deviation - one * sqrt(3)) < 1e-9);
    assert_true(fabs(count_at(&release, 2, 0)->deviation - one * sqrt(2)) < 1e-9);
    assert_true(fabs(count_at(&release, 2, 3)->deviation - one * sqrt(6)) < 1e-9);
    release_free(&release);
    sample_free(&sample);
}

static void five_is_not_shown_and_six_is(void **state)
{
    (void)state;
    struct sample sample = sample_of("capacity_la", 2, 4);
    const int64_t sums[] = {5, 6, -40, 100};
    struct release release = sample_release(&sample, sums);
    assert_int_equal(release.column_count, 1); /* no total of one category */
    assert_int_equal(count_at(&release, 0, 0)->shown, RELEASE_SMALL);
    assert_int_equal(count_at(&release, 0, 0)->value, 0);
    shown_as(&release, 1, 0, 5);
    assert_int_equal(count_at(&release, 2, 0)->shown, RELEASE_SMALL);
    shown_as(&release, 4, 0, 70); /* 71: negative sums count in the total */
    assert_string_equal(release.region_codes[3], "E12000002");
    release_free(&release);
    sample_free(&sample);
}

static void the_next_smallest_hides_a_single_one(void **state)
{
    (void)state;
    struct sample sample = sample_of("capacity_la", 2, 4);
    const int64_t sums[] = {50, 31, 3, 30};
    struct release release = sample_release(&sample, sums);
    assert_int_equal(count_at(&release, 2, 0)->shown, RELEASE_SMALL);
    assert_int_equal(count_at(&release, 3, 0)->shown, RELEASE_COMPLEMENTARY);
    assert_int_equal(count_at(&release, 3, 0)->value, 0);
    shown_as(&release, 0, 0, 50);
    shown_as(&release, 1, 0, 30);
    shown_as(&release, 4, 0, 110);
    release_free(&release);
    sample_free(&sample);
}

static void a_total_goes_where_nothing_else_is_left(void **state)
{
    (void)state;
    struct sample sample = sample_of("capacity_la", 1, 1);
    const int64_t sums[] = {3}, ample[] = {33};
    struct release release = sample_release(&sample, sums);
    assert_int_equal(count_at(&release, 0, 0)->shown, RELEASE_SMALL);
    assert_int_equal(count_at(&release, 1, 0)->shown, RELEASE_SMALL);
    release_free(&release);
    release = sample_release(&sample, ample);
    shown_as(&release, 0, 0, 35);
    shown_as(&release, 1, 0, 30);
    release_free(&release);
    sample_free(&sample);
    /* England is shown, its only region is not: it would be the same. */
    sample = sample_of("capacity_age", 1, 1);
    const int64_t ages[] = {30, 4, 30, 30};
    release = sample_release(&sample, ages);
    assert_int_equal(count_at(&release, 1, 1)->shown, RELEASE_SMALL);
    release_free(&release);
    sample_free(&sample);
}

/* ---- prices ---- */

static void sums_of_fees(int64_t *sums, const unsigned *pounds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t point = (pounds[i] - FIGURES_POINT_LOWEST) / FIGURES_POINT_STEP;
        sums[point]++;
    }
}

static void a_price_is_the_mean_with_its_spread(void **state)
{
    (void)state;
    struct sample sample = sample_of("price_notice", 1, 1);
    sample.term.noise.epsilon = 10 * EPSILON_ONE; /* hardly any noise to be thin for */
    int64_t sums[3 * FIGURES_POINTS] = {0};
    unsigned fees[40];
    for (size_t i = 0; i < 40; i++) fees[i] = i < 20 ? 700 : 1300;
    sums_of_fees(sums, fees, 40);
    for (size_t i = 0; i < 20; i++) sums[FIGURES_POINTS + 2]++; /* 20 are too few */
    struct release release = sample_release(&sample, sums);
    const struct release_cell *price = release_at(&release, 0, 0);
    assert_int_equal(price->count.shown, RELEASE_SHOWN);
    assert_int_equal(price->count.value, 1000);
    /* sqrt(300^2 - 300^2 / 6) = 273.9 */
    assert_int_equal(price->spread.value, 275);
    for (size_t column = 1; column < 3; column++) {
        assert_int_equal(count_at(&release, 0, column)->shown, RELEASE_THIN);
        assert_int_equal(count_at(&release, 0, column)->value, 0);
        assert_true(count_at(&release, 0, column)->deviation == 0);
    }
    /* Two authorities could have given all 60 of the region: twenty in each category. */
    assert_int_equal(count_at(&release, 0, 3)->shown, RELEASE_THIN);
    assert_int_equal(count_at(&release, 1, 0)->value, 1000); /* and England */
    release_free(&release);
    sums[FIGURES_POINTS + 2]++;
    release = sample_release(&sample, sums);
    assert_int_equal(count_at(&release, 0, 1)->value, 1000);
    assert_int_equal(count_at(&release, 0, 3)->value, 1000);
    release_free(&release);
    sample_free(&sample);
}

static void a_price_stands_on_placements_beyond_the_noise(void **state)
{
    (void)state;
    struct sample sample = sample_of("price_notice", 1, 1);
    double bound = 20 + 1.645 * noise_deviation(&sample.term.noise, 9) * sqrt(FIGURES_POINTS);
    for (int more = 0; more < 2; more++) {
        int64_t sums[3 * FIGURES_POINTS] = {0};
        sums[1] = (int64_t)floor(bound) + more;
        struct release release = sample_release(&sample, sums);
        const struct release_cell *price = release_at(&release, 0, 0);
        assert_int_equal(price->count.shown, more ? RELEASE_SHOWN : RELEASE_THIN);
        assert_int_equal(price->spread.shown, price->count.shown);
        assert_int_equal(price->count.value, more ? 700 : 0);
        assert_int_equal(price->spread.value, 0); /* variance below that of the rounding */
        release_free(&release);
    }
    sample_free(&sample);
}

static void noise_does_not_push_a_price_off_the_scale(void **state)
{
    (void)state;
    struct sample sample = sample_of("price_notice", 1, 1);
    const int64_t low[3 * FIGURES_POINTS] = {4000, 0, 0, 0, -900, 0, -900, 0, 0, 4000};
    struct release release = sample_release(&sample, low);
    assert_int_equal(count_at(&release, 0, 0)->value, 400);
    assert_int_equal(count_at(&release, 0, 1)->value, 1600);
    assert_int_equal(release_at(&release, 0, 0)->spread.value, 0);
    release_free(&release);
    sample_free(&sample);
}

/* A reader knows the noise of a cell: mean and deviation to the last digit would give the number of
 * placements, and with the total the number and the mean of a category that is not shown. */
static void a_price_does_not_tell_the_number_behind_it(void **state)
{
    (void)state;
    struct sample sample = sample_of("price_notice", 1, 1);
    sample.term.noise.epsilon = EPSILON_ONE;
    double scale = noise_deviation(&sample.term.noise, 9);
    double lowest = 1e9, highest = 0;
    for (int64_t n = 300; n <= 330; n += 10) {
        const int64_t sums[3 * FIGURES_POINTS] = {0, n, n, n};
        struct release release = sample_release(&sample, sums);
        const struct release_value *mean = count_at(&release, 0, 0);
        double squares = 0;
        for (int p = 0; p < FIGURES_POINTS; p++) {
            double off = 400 + 300 * p - (double)mean->value;
            squares += off * off;
        }
        double found = scale * sqrt(squares) / mean->deviation; /* n, without the rounding */
        lowest = fmin(lowest, found);
        highest = fmax(highest, found);
        release_free(&release);
    }
    assert_true(highest - lowest < 1e-6); /* 900 placements and 990 look the same */
    sample_free(&sample);
}

/* The standard deviation of means over many draws of noise is what the release says. */
static void a_price_says_how_far_noise_moves_it(void **state)
{
    (void)state;
    struct sample sample = sample_of("price_notice", 1, 1);
    sample.term.noise.epsilon = EPSILON_ONE;
    const int64_t fees[FIGURES_POINTS] = {40, 90, 150, 60, 20};
    double sum = 0, squares = 0, told = 0;
    enum { DRAWS = 4000 };
    double scale = noise_deviation(&sample.term.noise, 9);
    struct stream stream = sample_stream(1);
    for (int draw = 0; draw < DRAWS; draw++) {
        int64_t sums[3 * FIGURES_POINTS] = {0};
        for (size_t p = 0; p < FIGURES_POINTS; p++) {
            sums[p] = fees[p] + llround(scale * sample_normal(&stream));
        }
        struct release release = sample_release(&sample, sums);
        double mean = (double)count_at(&release, 0, 0)->value;
        sum += mean;
        squares += mean * mean;
        told += count_at(&release, 0, 0)->deviation;
        release_free(&release);
    }
    double mean = sum / DRAWS, seen = sqrt(squares / DRAWS - mean * mean);
    assert_true(told / DRAWS > 0.9 * seen);
    assert_true(told / DRAWS < 1.1 * seen + RELEASE_ROUND);
    sample_free(&sample);
}

/* ---- the stored form ---- */

static struct release some_release(const char *table)
{
    struct sample sample = sample_of(table, 3, 5);
    size_t count =
        figures_cells(sample.term.table, geography_areas(sample.agreement->manifest.geography,
                                                         sample.term.table->by_authority));
    int64_t *sums = mem_array(count, sizeof *sums);
    for (size_t i = 0; i < count; i++) sums[i] = (int64_t)(i * 37 % 91);
    struct release release = sample_release(&sample, sums);
    free(sums);
    sample_free(&sample);
    return release;
}

static void what_is_kept_is_what_was_made(void **state)
{
    (void)state;
    for (size_t t = 0; t < figures_table_count; t++) {
        struct release release = some_release(figures_tables[t].name), copy, again;
        struct buf a = {0}, b = {0}, c = {0};
        struct err err = {0};
        release_encode(&release, &a);
        assert_true(release_decode(a.data, a.len, &again, &err));
        release_encode(&again, &b);
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.data, b.data, a.len);
        assert_ptr_equal(again.table, release.table);
        assert_int_equal(again.column_count, release.column_count);
        assert_memory_equal(again.names, release.names, release.row_count * sizeof *again.names);
        release_copy(&release, &copy);
        release_free(&release);
        release_encode(&copy, &c);
        assert_memory_equal(a.data, c.data, a.len);
        release_free(&copy);
        release_free(&again);
        buf_free(&a);
        buf_free(&b);
        buf_free(&c);
    }
}

static void refused(const uint8_t *data, size_t len, enum err_code code)
{
    struct release release;
    struct err err = {0};
    assert_false(release_decode(data, len, &release, &err));
    assert_int_equal(err.code, code);
    assert_true(err.text[0] != '\0');
}

static void bytes_that_are_no_release_are_refused(void **state)
{
    (void)state;
    struct release release = some_release("price_age");
    struct buf bytes = {0};
    release_encode(&release, &bytes);
    for (size_t len = 3; len < bytes.len; len++) refused(bytes.data, len, ERR_CORRUPT);
    refused(bytes.data, 2, ERR_VERSION);
    buf_u8(&bytes, 0);
    refused(bytes.data, bytes.len, ERR_CORRUPT);
    bytes.data[0]++;
    refused(bytes.data, bytes.len, ERR_VERSION);
    release_free(&release);
    buf_free(&bytes);
}

static void refused_release(struct release *release)
{
    struct buf bytes = {0};
    release_encode(release, &bytes);
    refused(bytes.data, bytes.len, ERR_CORRUPT);
    release_free(release);
    buf_free(&bytes);
}

static void values_that_no_rule_gives_are_refused(void **state)
{
    (void)state;
    struct release release = some_release("capacity_age");
    release.cells[0].count = (struct release_value){RELEASE_SHOWN, 3, 1};
    refused_release(&release);
    release = some_release("capacity_age");
    release.cells[0].count = (struct release_value){RELEASE_SMALL, 3, 1};
    refused_release(&release);
    release = some_release("capacity_age");
    release.cells[0].count = (struct release_value){RELEASE_SHOWN, 5, (double)NAN};
    refused_release(&release);
    release = some_release("capacity_age");
    release.period = 202613;
    refused_release(&release);
    release = some_release("capacity_age");
    strcpy(release.names[0], "a\nb");
    refused_release(&release);
    release = some_release("capacity_age");
    strcpy(release.codes[0], "../x");
    refused_release(&release);
    release = some_release("price_age");
    release.cells[0].spread = (struct release_value){RELEASE_NONE, 0, 0};
    refused_release(&release);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_rounded_and_totals_come_from_what_is_not),
        cmocka_unit_test(five_is_not_shown_and_six_is),
        cmocka_unit_test(the_next_smallest_hides_a_single_one),
        cmocka_unit_test(a_total_goes_where_nothing_else_is_left),
        cmocka_unit_test(a_price_is_the_mean_with_its_spread),
        cmocka_unit_test(a_price_stands_on_placements_beyond_the_noise),
        cmocka_unit_test(noise_does_not_push_a_price_off_the_scale),
        cmocka_unit_test(a_price_says_how_far_noise_moves_it),
        cmocka_unit_test(a_price_does_not_tell_the_number_behind_it),
        cmocka_unit_test(what_is_kept_is_what_was_made),
        cmocka_unit_test(bytes_that_are_no_release_are_refused),
        cmocka_unit_test(values_that_no_rule_gives_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
