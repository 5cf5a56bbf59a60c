/* SPDX-License-Identifier: Apache-2.0
 * Plays a reader who wants to know what a release does not show, with nothing but what is published
 * and the rules: by linear algebra over all sums, and by intervals with the rounding taken back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/proto/figures/release_sample.h"

enum { PRIME = 1000003, FURTHEST = 1000000 };

struct reader_of_tables {
    size_t rows, columns;
    bool has_total;
    const struct release *release;
};

static struct reader_of_tables reading(const struct release *release)
{
    return (struct reader_of_tables){release->row_count, release->column_count,
                                     release_has_total(release->table), release};
}

static bool hidden(const struct reader_of_tables *r, size_t i)
{
    return r->release->cells[i].count.shown != RELEASE_SHOWN;
}

/* Sum number `line`: the factor of each value in it; false where there is no such sum. */
static bool line_of(const struct reader_of_tables *r, size_t line, int *factors)
{
    memset(factors, 0, r->rows * r->columns * sizeof *factors);
    if (line < r->columns) {
        for (size_t i = 0; i < r->rows; i++) {
            factors[i * r->columns + line] = i + 1 == r->rows ? -1 : 1;
        }
        return true;
    }
    size_t row = line - r->columns;
    if (!r->has_total || row >= r->rows) return false;
    for (size_t j = 0; j < r->columns; j++) {
        factors[row * r->columns + j] = j + 1 == r->columns ? -1 : 1;
    }
    return true;
}

/* ---- linear algebra ---- */

static int64_t inverse(int64_t a)
{
    int64_t result = 1;
    for (int64_t e = PRIME - 2; e > 0; e >>= 1, a = a * a % PRIME) {
        if (e & 1) result = result * a % PRIME;
    }
    return result;
}

/* Row-reduces count rows of so many columns; returns the rank. */
static size_t reduce(int64_t *matrix, size_t count, size_t width)
{
    size_t rank = 0;
    for (size_t column = 0; column < width && rank < count; column++) {
        size_t pivot = rank;
        while (pivot < count && matrix[pivot * width + column] == 0) pivot++;
        if (pivot == count) continue;
        for (size_t k = 0; k < width; k++) {
            int64_t kept = matrix[rank * width + k];
            matrix[rank * width + k] = matrix[pivot * width + k];
            matrix[pivot * width + k] = kept;
        }
        int64_t scale = inverse(matrix[rank * width + column]);
        for (size_t k = 0; k < width; k++) {
            matrix[rank * width + k] = matrix[rank * width + k] * scale % PRIME;
        }
        for (size_t i = 0; i < count; i++) {
            int64_t factor = matrix[i * width + column];
            if (i == rank || factor == 0) continue;
            for (size_t k = 0; k < width; k++) {
                int64_t less = factor * matrix[rank * width + k] % PRIME;
                matrix[i * width + k] = (matrix[i * width + k] + PRIME - less) % PRIME;
            }
        }
        rank++;
    }
    return rank;
}

/* How many hidden values the sums determine: reduced, such a value stands alone in its row. */
static size_t solved(const struct release *release)
{
    struct reader_of_tables r = reading(release);
    size_t cells = r.rows * r.columns, lines = r.rows + r.columns, count = 0, found = 0;
    int *factors = mem_array(cells, sizeof *factors);
    int64_t *matrix = mem_array(lines * cells, sizeof *matrix);
    for (size_t line = 0; line < lines; line++) {
        if (!line_of(&r, line, factors)) continue;
        for (size_t i = 0; i < cells; i++) {
            if (hidden(&r, i)) matrix[count * cells + i] = (factors[i] + PRIME) % PRIME;
        }
        count++;
    }
    size_t rank = reduce(matrix, count, cells);
    for (size_t i = 0; i < rank; i++) {
        size_t others = 0;
        for (size_t k = 0; k < cells; k++) others += matrix[i * cells + k] != 0;
        if (others == 1) found++;
    }
    free(factors);
    free(matrix);
    return found;
}

/* ---- intervals ---- */

struct interval {
    int64_t low, high;
};

static struct interval published(const struct reader_of_tables *r, size_t i)
{
    const struct release_value *value = &r->release->cells[i].count;
    bool total = i / r->columns + 1 == r->rows || (r->has_total && (i + 1) % r->columns == 0);
    if (value->shown != RELEASE_SHOWN) return (struct interval){-FURTHEST, FURTHEST};
    struct interval of = {value->value - (total ? 5 : 2), value->value + (total ? 4 : 2)};
    if (of.low < RELEASE_SHOWN_FROM) of.low = RELEASE_SHOWN_FROM;
    return of;
}

/* Narrows each value of one sum by all others; true where anything became narrower. */
static bool narrow(struct interval *known, const int *factors, size_t cells)
{
    int64_t low = 0, high = 0;
    bool narrower = false;
    for (size_t i = 0; i < cells; i++) {
        low += factors[i] > 0 ? known[i].low : factors[i] < 0 ? -known[i].high : 0;
        high += factors[i] > 0 ? known[i].high : factors[i] < 0 ? -known[i].low : 0;
    }
    for (size_t i = 0; i < cells; i++) {
        if (factors[i] == 0) continue;
        /* factor * value = -(sum of the others) */
        struct interval *k = &known[i];
        int64_t rest_low = low - (factors[i] > 0 ? k->low : -k->high);
        int64_t rest_high = high - (factors[i] > 0 ? k->high : -k->low);
        struct interval by = {factors[i] > 0 ? -rest_high : rest_low,
                              factors[i] > 0 ? -rest_low : rest_high};
        struct interval now = {by.low > k->low ? by.low : k->low,
                               by.high < k->high ? by.high : k->high};
        assert_true(now.low <= now.high); /* what is published does not contradict itself */
        if (now.low == k->low && now.high == k->high) continue;
        low += factors[i] > 0 ? now.low - k->low : k->high - now.high;
        high += factors[i] > 0 ? now.high - k->high : k->low - now.low;
        *k = now;
        narrower = true;
    }
    return narrower;
}

/* How many hidden values are known to be small, known not to be, or known exactly. */
static size_t enclosed(const struct release *release)
{
    struct reader_of_tables r = reading(release);
    size_t cells = r.rows * r.columns, found = 0;
    int *factors = mem_array(cells, sizeof *factors);
    struct interval *known = mem_array(cells, sizeof *known);
    for (size_t i = 0; i < cells; i++) known[i] = published(&r, i);
    bool narrower = true;
    for (int round = 0; narrower && round < 50; round++) {
        narrower = false;
        for (size_t line = 0; line < r.rows + r.columns; line++) {
            if (line_of(&r, line, factors) && narrow(known, factors, cells)) narrower = true;
        }
    }
    for (size_t i = 0; i < cells; i++) {
        found +=
            hidden(&r, i) && (known[i].high < RELEASE_SHOWN_FROM ||
                              known[i].low >= RELEASE_SHOWN_FROM || known[i].low == known[i].high);
    }
    free(factors);
    free(known);
    return found;
}

/* ---- what they are set upon ---- */

static int64_t below(struct stream *stream, uint64_t bound)
{
    return (int64_t)stream_below(stream, bound);
}

static int64_t *random_sums(struct stream *stream, size_t count, int kind)
{
    int64_t *sums = mem_array(count, sizeof *sums);
    for (size_t i = 0; i < count; i++) {
        switch (kind) {
        case 0: sums[i] = below(stream, 14); break;
        case 1: sums[i] = below(stream, 60) - 20; break;
        case 2:
            sums[i] = below(stream, 12) == 0 ? below(stream, 6) : 20 + below(stream, 400);
            break;
        default: sums[i] = 6 + below(stream, 3); break;
        }
    }
    return sums;
}

static int64_t true_sum(const struct release *release, const int64_t *sums, size_t row,
                        size_t column)
{
    size_t categories = release->table->category_count, areas = release->row_count - 1;
    int64_t sum = 0;
    for (size_t i = 0; i < areas; i++) {
        for (size_t j = 0; j < categories; j++) {
            if ((row == areas || row == i) && (column == categories || column == j)) {
                sum += sums[i * categories + j];
            }
        }
    }
    return sum;
}

/* What is shown is what was summed, rounded; what is small is not shown. */
static void honest(const struct release *release, const int64_t *sums)
{
    struct reader_of_tables r = reading(release);
    for (size_t i = 0; i < r.rows * r.columns; i++) {
        int64_t sum = true_sum(release, sums, i / r.columns, i % r.columns);
        const struct release_value *value = &release->cells[i].count;
        struct interval of = published(&r, i);
        assert_true(of.low <= sum && sum <= of.high);
        if (value->shown == RELEASE_SHOWN) {
            assert_true(sum >= RELEASE_SHOWN_FROM);
        } else {
            assert_int_equal(value->shown,
                             sum < RELEASE_SHOWN_FROM ? RELEASE_SMALL : RELEASE_COMPLEMENTARY);
            assert_int_equal(value->value, 0);
        }
    }
}

static void same_again(const struct sample *sample, const int64_t *sums,
                       const struct release *release)
{
    struct release again = sample_release(sample, sums);
    struct buf a = {0}, b = {0};
    release_encode(release, &a);
    release_encode(&again, &b);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    buf_free(&a);
    buf_free(&b);
    release_free(&again);
}

static void attacked(const char *table, size_t regions, int rounds)
{
    struct sample sample = sample_of(table, regions, 3 * regions);
    const struct figures_table *t = sample.term.table;
    size_t areas = t->by_authority ? 3 * regions : regions;
    struct stream stream = sample_stream((uint8_t)regions);
    for (int round = 0; round < rounds; round++) {
        int64_t *sums = random_sums(&stream, figures_cells(t, areas), round % 4);
        struct release release = sample_release(&sample, sums);
        honest(&release, sums);
        same_again(&sample, sums, &release);
        assert_int_equal(solved(&release), 0);
        assert_int_equal(enclosed(&release), 0);
        release_free(&release);
        free(sums);
    }
    sample_free(&sample);
}

static void nothing_hidden_follows_from_what_is_shown(void **state)
{
    (void)state;
    attacked("capacity_together", 9, 200);
    attacked("capacity_status", 9, 100);
    attacked("capacity_age", 9, 200);
    attacked("demand_age", 4, 200);
    attacked("demand_age", 1, 100);
    attacked("demand_need", 9, 40);
    attacked("capacity_la", 9, 100);
    attacked("capacity_la", 1, 100);
}

/* One small value in each of two blocks, and one that joins them: no row or column has a single
 * hidden value, but the one that joins them follows. */
static void a_bridge_between_two_blocks_is_hidden(void **state)
{
    (void)state;
    struct sample sample = sample_of("demand_age", 4, 4);
    const int64_t sums[] = {
        1,  2,  50, 60, //
        3,  1,  3,  70, // the third joins the blocks
        80, 90, 1,  2,  //
        95, 85, 2,  1,  //
    };
    struct release release = sample_release(&sample, sums);
    assert_int_equal(solved(&release), 0);
    size_t more = 0;
    for (size_t i = 0; i < release.row_count * release.column_count; i++) {
        more += release.cells[i].count.shown == RELEASE_COMPLEMENTARY;
    }
    assert_true(more > 0);
    /* The attacker finds it where that is left out. */
    for (size_t i = 0; i < release.row_count * release.column_count; i++) {
        struct release_value *value = &release.cells[i].count;
        if (value->shown == RELEASE_COMPLEMENTARY) value->shown = RELEASE_SHOWN;
    }
    assert_int_equal(solved(&release), 1);
    release_free(&release);
    sample_free(&sample);
}

/* The attackers find what a careless release would give away. */
static void the_attackers_are_no_fools(void **state)
{
    (void)state;
    struct sample sample = sample_of("capacity_la", 1, 2);
    const int64_t sums[] = {15, 15};
    struct release release = sample_release(&sample, sums);
    assert_int_equal(solved(&release), 0);
    release.cells[1].count = (struct release_value){RELEASE_SMALL, 0, 0};
    release.cells[2].count.value = 10; /* 6 to 14 less 13 to 17: below 2 */
    assert_int_equal(solved(&release), 1);
    assert_int_equal(enclosed(&release), 1);
    release_free(&release);
    sample_free(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_hidden_follows_from_what_is_shown),
        cmocka_unit_test(a_bridge_between_two_blocks_is_hidden),
        cmocka_unit_test(the_attackers_are_no_fools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
