/* SPDX-License-Identifier: Apache-2.0
 * Counting and clipping: whatever a caller offers, one household or child moves a table by no more
 * than the sensitivity that its noise is made for.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/figures/tally.h"
#include "tests/unit/proto/figures/periods.h"

static struct stream a_stream(const char *tag)
{
    static const uint8_t seed[SEED_BYTES] = {42};
    struct stream stream;
    stream_start(&stream, tag, seed, NULL, 0);
    return stream;
}

/* ---- random subjects, and counting them plainly ---- */
enum { OFFERED = 6, SUBJECTS = 40 };
struct subject {
    uint16_t area;
    size_t categories[OFFERED];
    uint32_t amounts[OFFERED];
    size_t count;
};

static struct subject draw_subject(struct stream *stream, const struct figures_table *table,
                                   size_t areas)
{
    struct subject subject = {.area = (uint16_t)stream_below(stream, areas + 1),
                              .count = stream_below(stream, OFFERED + 1)};
    if (subject.area == areas) subject.area = AREA_NONE;
    for (size_t i = 0; i < subject.count; i++) {
        subject.categories[i] = stream_below(stream, table->category_count);
        subject.amounts[i] = (uint32_t)stream_below(stream, 12);
        if (stream_below(stream, 10) == 0) subject.amounts[i] = UINT32_MAX;
    }
    return subject;
}

static struct tally *count(const struct manifest *manifest, const struct figures_table *table,
                           const struct subject *subjects, size_t subject_count)
{
    struct tally *tally = tally_new(manifest, table->side);
    for (size_t i = 0; i < subject_count; i++) {
        tally_count(tally, table->name, subjects[i].area, subjects[i].categories,
                    subjects[i].amounts, subjects[i].count);
    }
    return tally;
}

/* One subject the slow way: which categories it has, first ones first, each up to the clip. */
static void count_plainly(const struct figures_table *table, const struct subject *subject,
                          int64_t *cells)
{
    uint32_t used = 0;
    for (size_t category = 0; category < table->category_count; category++) {
        uint32_t most = 0;
        for (size_t i = 0; i < subject->count; i++) {
            if (subject->categories[i] == category && subject->amounts[i] > most)
                most = subject->amounts[i];
        }
        if (most == 0 || used++ >= table->cells_each || subject->area == AREA_NONE) continue;
        cells[subject->area * table->category_count + category] +=
            most > table->clip ? table->clip : most;
    }
}

static uint64_t distance(const int32_t *a, const int32_t *b, size_t cells)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < cells; i++) sum += (uint64_t)llabs((long long)a[i] - b[i]);
    return sum;
}

/* ---- properties ---- */
static void check_plainly(const struct tally *tally, const struct figures_table *table,
                          const struct subject *subjects)
{
    int64_t *plain = mem_array(FIGURES_CELLS_MAX, sizeof *plain);
    size_t cells = 0, outside = 0;
    const int32_t *got = tally_cells(tally, table->name, &cells);
    for (size_t i = 0; i < SUBJECTS; i++) {
        count_plainly(table, &subjects[i], plain);
        outside += subjects[i].area == AREA_NONE;
    }
    for (size_t i = 0; i < cells; i++) assert_int_equal(got[i], plain[i]);
    assert_int_equal(tally_outside(tally, table->name), outside);
    free(plain);
}

/* Without one subject the table is nearer than D; with another in its place, nearer than 2 D, and
 * its sum by at most D. */
static void check_sensitivity(const struct manifest *manifest, const struct figures_table *table,
                              struct subject *subjects, struct stream *stream)
{
    size_t cells = 0, areas = geography_areas(manifest->geography, table->by_authority);
    uint64_t most = (uint64_t)table->cells_each * table->clip;
    struct tally *all = count(manifest, table, subjects, SUBJECTS);
    struct tally *without = count(manifest, table, subjects, SUBJECTS - 1);
    const int32_t *a = tally_cells(all, table->name, &cells);
    assert_true(distance(a, tally_cells(without, table->name, &cells), cells) <= most);
    subjects[SUBJECTS - 1] = draw_subject(stream, table, areas);
    struct tally *other = count(manifest, table, subjects, SUBJECTS);
    const int32_t *b = tally_cells(other, table->name, &cells);
    int64_t norm = 0;
    for (size_t i = 0; i < cells; i++) norm += (int64_t)a[i] - b[i];
    assert_true((uint64_t)llabs(norm) <= most && distance(a, b, cells) <= 2 * most);
    tally_free(all);
    tally_free(without);
    tally_free(other);
}

static void one_subject_moves_a_table_by_its_sensitivity(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest();
    struct stream stream = a_stream("test tally");
    for (size_t t = 0; t < figures_table_count; t++) {
        const struct figures_table *table = &figures_tables[t];
        if (table->measure == FIGURES_PRICES) continue;
        size_t areas = geography_areas(manifest.geography, table->by_authority);
        for (unsigned round = 0; round < 50; round++) {
            struct subject subjects[SUBJECTS];
            for (size_t i = 0; i < SUBJECTS; i++) {
                subjects[i] = draw_subject(&stream, table, areas);
            }
            struct tally *tally = count(&manifest, table, subjects, SUBJECTS);
            check_plainly(tally, table, subjects);
            tally_free(tally);
            check_sensitivity(&manifest, table, subjects, &stream);
        }
    }
    manifest_free(&manifest);
}

/* ---- cases ---- */
static void scarce_categories_count_first(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest();
    struct tally *tally = tally_new(&manifest, FIGURES_CAPACITY);
    const struct figures_table *table = figures_table_find("capacity_type");
    static const char *const codes[] = {"short", "long", "emergency", "remand", "parent_child"};
    size_t categories[5], cells = 0;
    static const uint32_t amounts[] = {1, 1, 1, 1, 1};
    for (size_t i = 0; i < 5; i++) categories[i] = figures_category_find(table, codes[i]);
    tally_count(tally, "capacity_type", 1, categories, amounts, 5);
    const int32_t *got = tally_cells(tally, "capacity_type", &cells);
    int32_t sum = 0;
    for (size_t i = 0; i < cells; i++) sum += got[i];
    assert_int_equal(sum, 3);
    for (size_t i = 2; i < 5; i++)
        assert_int_equal(got[figures_cell(table, 1, categories[i], 0)], 1);
    /* Nothing is counted elsewhere, and not in tables of the other side. */
    (void)tally_cells(tally, "capacity_age", &cells);
    assert_int_equal(cells, 2 * 4);
    assert_null(tally_cells(tally, "demand_age", &cells));
    tally_count(tally, "demand_age", 1, categories, amounts, 1);
    tally_free(tally);
    manifest_free(&manifest);
}

static void tables_without_a_term_are_passed_over(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest();
    manifest.term_count = 1; /* capacity_status */
    struct tally *tally = tally_new(&manifest, FIGURES_CAPACITY);
    size_t cells = 1, first = 0;
    static const uint32_t one = 1;
    tally_count(tally, "capacity_age", 0, &first, &one, 1);
    assert_null(tally_cells(tally, "capacity_age", &cells));
    assert_int_equal(cells, 0);
    assert_int_equal(tally_outside(tally, "capacity_age"), 0);
    tally_free(tally);
    manifest_free(&manifest);
}

/* ---- prices ---- */
enum { FEES = 3000 };

/* One fee counted many times, by itself: mean and where it may fall. */
static void check_mean(const struct manifest *manifest, uint32_t pounds, double expected,
                       struct stream *stream)
{
    const struct figures_table *table = figures_table_find("price_age");
    double sum = 0;
    for (size_t i = 0; i < FEES; i++) {
        struct tally *tally = tally_new(manifest, FIGURES_DEMAND);
        size_t cells = 0;
        tally_price(tally, "price_age", 1, 2, pounds, stream);
        const int32_t *got = tally_cells(tally, "price_age", &cells);
        int32_t total = 0;
        for (size_t c = 0; c < cells; c++) total += got[c];
        assert_int_equal(total, 1);
        for (size_t point = 0; point < FIGURES_POINTS; point++) {
            double at = FIGURES_POINT_LOWEST + (double)point * FIGURES_POINT_STEP;
            if (got[figures_cell(table, 1, 2, point)] == 0) continue;
            assert_true(fabs(at - expected) < FIGURES_POINT_STEP);
            sum += at;
        }
        tally_free(tally);
    }
    /* A draw between two points deviates by at most half a step: five deviations of the mean. */
    double allowed = 5 * FIGURES_POINT_STEP / 2.0 / sqrt(FEES);
    bool exact = fmod(expected - FIGURES_POINT_LOWEST, FIGURES_POINT_STEP) == 0;
    assert_true(fabs(sum / FEES - expected) <= (exact ? 0 : allowed));
}

static void rounding_keeps_the_mean(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest();
    struct stream stream = a_stream("test prices");
    static const struct {
        uint32_t pounds;
        double expected;
    } cases[] = {{0, 400},     {400, 400},   {401, 401},   {550, 550},         {699, 699},
                 {700, 700},   {905, 905},   {1599, 1599}, {1600, 1600},       {5000, 1600},
                 {1000, 1000}, {1234, 1234}, {399, 400},   {UINT32_MAX, 1600}, {1300, 1300}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_mean(&manifest, cases[i].pounds, cases[i].expected, &stream);
    }
    manifest_free(&manifest);
}

/* However many fees one LA has, ten count in a category: three LAs stand behind more than twenty.
 */
static void ten_fees_of_one_contributor_count(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest();
    struct stream stream = a_stream("test prices");
    struct tally *tally = tally_new(&manifest, FIGURES_DEMAND);
    const struct figures_table *table = figures_table_find("price_notice");
    size_t cells = 0;
    for (uint32_t i = 0; i < 500; i++) {
        tally_price(tally, "price_notice", (uint16_t)(i % 2), 1, 400 + 3 * i, &stream);
        if (i < 4) tally_price(tally, "price_notice", 0, 2, 900, &stream);
        tally_price(tally, "price_notice", AREA_NONE, 2, 900, &stream);
    }
    const int32_t *got = tally_cells(tally, "price_notice", &cells);
    int32_t sums[3] = {0};
    for (size_t area = 0; area < 2; area++) {
        for (size_t c = 0; c < 3; c++) {
            for (size_t p = 0; p < FIGURES_POINTS; p++) {
                sums[c] += got[figures_cell(table, area, c, p)];
            }
        }
    }
    assert_int_equal(sums[0], 0);
    assert_int_equal(sums[1], FIGURES_PRICES_EACH);
    assert_int_equal(sums[2], 4);
    assert_int_equal(tally_outside(tally, "price_notice"), 500);
    tally_free(tally);
    manifest_free(&manifest);
}

/* A fee moves one cell by one while there are no more than ten; where there are more, taking one
 * out lets another in (docs/figures.md "Prices"). */
static void one_fee_moves_one_cell_or_two(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest();
    for (size_t fees = 1; fees <= 14; fees++) {
        struct tally *tallies[2];
        size_t cells = 0;
        for (size_t without = 0; without < 2; without++) {
            struct stream stream = a_stream("test prices");
            tallies[without] = tally_new(&manifest, FIGURES_DEMAND);
            for (size_t i = without; i < fees; i++) { /* fees at the points: nothing is drawn */
                uint32_t fee = FIGURES_POINT_LOWEST + (uint32_t)(i % 5) * FIGURES_POINT_STEP;
                tally_price(tallies[without], "price_age", 0, 0, fee, &stream);
            }
        }
        const int32_t *a = tally_cells(tallies[0], "price_age", &cells);
        const int32_t *b = tally_cells(tallies[1], "price_age", &cells);
        assert_true(distance(a, b, cells) <= (fees <= FIGURES_PRICES_EACH ? 1 : 2));
        tally_free(tallies[0]);
        tally_free(tallies[1]);
    }
    manifest_free(&manifest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_subject_moves_a_table_by_its_sensitivity),
        cmocka_unit_test(scarce_categories_count_first),
        cmocka_unit_test(tables_without_a_term_are_passed_over),
        cmocka_unit_test(rounding_keeps_the_mean),
        cmocka_unit_test(ten_fees_of_one_contributor_count),
        cmocka_unit_test(one_fee_moves_one_cell_or_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
