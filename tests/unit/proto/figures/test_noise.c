/* SPDX-License-Identifier: Apache-2.0
 * The sampler against tests/vectors/make_noise.py, and its draws against the exact distributions.
 * Seeds are fixed: every run draws the same. */
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/figures/noise.h"
#include "tests/unit/proto/crypto/check_hex.h"
#include "tests/unit/support/sanitized.h"
#include "tests/vectors/noise.h"

static struct noise_table *build(uint32_t shares, uint32_t epsilon, uint32_t sensitivity)
{
    const struct noise_spec spec = {shares, epsilon, sensitivity};
    struct noise_table *table = NULL;
    struct err err;
    assert_true(noise_table_build(&spec, &table, &err));
    return table;
}

static void tables_are_those_of_the_independent_program(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof VECTOR_NOISE / sizeof *VECTOR_NOISE; i++) {
        struct noise_table *table =
            build(VECTOR_NOISE[i].shares, VECTOR_NOISE[i].epsilon, VECTOR_NOISE[i].sensitivity);
        uint8_t hash[HASH_BYTES];
        assert_int_equal(noise_table_entries(table), VECTOR_NOISE[i].entries);
        noise_table_hash(table, hash);
        assert_hex(hash, sizeof hash, VECTOR_NOISE[i].hash);
        noise_table_free(table);
    }
}

static void whole_tables_are_those_of_the_independent_program(void **state)
{
    (void)state;
    static const struct {
        const unsigned *spec;
        const char *hex;
    } cases[] = {{VECTOR_NOISE_SPEC_0, VECTOR_NOISE_TABLE_0},
                 {VECTOR_NOISE_SPEC_1, VECTOR_NOISE_TABLE_1},
                 {VECTOR_NOISE_SPEC_2, VECTOR_NOISE_TABLE_2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct noise_table *table = build(cases[i].spec[0], cases[i].spec[1], cases[i].spec[2]);
        size_t count = noise_table_entries(table);
        uint8_t *bytes = mem_array(count, 16);
        for (size_t k = 0; k < count; k++) noise_table_entry(table, k, bytes + 16 * k);
        assert_hex(bytes, 16 * count, cases[i].hex);
        free(bytes);
        noise_table_free(table);
    }
}

static void what_is_out_of_range_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        struct noise_spec spec;
        const char *field;
    } cases[] = {{{1, 100000, 1}, "shares"},      {{NOISE_SHARES_MAX + 1, 100000, 1}, "shares"},
                 {{7, 0, 1}, "epsilon"},          {{7, 10 * EPSILON_ONE + 1, 1}, "epsilon"},
                 {{7, 100000, 0}, "sensitivity"}, {{7, 100000, 256}, "sensitivity"},
                 {{2, 2000, 1}, "epsilon"}, /* the table would be too long, */
                 {{2, 2600, 1}, "epsilon"}, /* by a little, */
                 {{7, 1, 255}, "epsilon"}}; /* and by far */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct noise_table *table = NULL;
        struct err err;
        assert_false(noise_table_build(&cases[i].spec, &table, &err));
        assert_null(table);
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.field, cases[i].field);
    }
    noise_table_free(NULL);
}

static void the_hash_tells_parameters_apart(void **state)
{
    (void)state;
    /* epsilon/sensitivity, and so the entries, are the same: the hash is not. */
    struct noise_table *a = build(7, 100000, 1), *b = build(7, 200000, 2);
    uint8_t hash_a[HASH_BYTES], hash_b[HASH_BYTES];
    assert_int_equal(noise_table_entries(a), noise_table_entries(b));
    noise_table_hash(a, hash_a);
    noise_table_hash(b, hash_b);
    assert_memory_not_equal(hash_a, hash_b, HASH_BYTES);
    noise_table_free(a);
    noise_table_free(b);
}

/* ---- draws, one by one, against the entries ---- */
static size_t count_not_above(const struct noise_table *table, const uint8_t uniform[16])
{
    size_t count = 0;
    for (size_t i = 0; i < noise_table_entries(table); i++) {
        uint8_t entry[16];
        noise_table_entry(table, i, entry);
        count += memcmp(entry, uniform, sizeof entry) <= 0;
    }
    return count;
}

/* A stream that gives these bytes first. */
static struct stream stream_of(const uint8_t x[16], const uint8_t y[16])
{
    struct stream stream = {.used = sizeof stream.block - 32};
    memcpy(stream.block + stream.used, x, 16);
    memcpy(stream.block + stream.used + 16, y, 16);
    return stream;
}

static void add_one(uint8_t bytes[16], int by)
{
    for (int i = 15, carry = by; i >= 0 && carry; i--) {
        int sum = bytes[i] + carry;
        bytes[i] = (uint8_t)sum;
        carry = sum < 0 ? -1 : sum > 255;
    }
}

/* At each entry, one unit below and one above; and at both ends of the range. */
static void a_draw_counts_the_entries_that_are_not_above(void **state)
{
    (void)state;
    static const uint8_t zero[16] = {0};
    struct noise_table *table = build(7, 1000000, 1);
    uint8_t top[16];
    memset(top, 0xff, sizeof top);
    struct stream stream = stream_of(top, zero);
    assert_int_equal(noise_draw(table, &stream), noise_table_entries(table));
    stream = stream_of(zero, top);
    assert_int_equal(noise_draw(table, &stream), -(int)noise_table_entries(table));
    for (size_t i = 0; i < noise_table_entries(table); i++) {
        for (int by = -1; by <= 1; by++) {
            uint8_t uniform[16];
            noise_table_entry(table, i, uniform);
            add_one(uniform, by);
            stream = stream_of(uniform, zero);
            int32_t expected = (int32_t)count_not_above(table, uniform);
            assert_int_equal(expected, (int)i + (by >= 0));
            assert_int_equal(noise_draw(table, &stream), expected);
            stream = stream_of(zero, uniform);
            assert_int_equal(noise_draw(table, &stream), -expected);
        }
    }
    noise_table_free(table);
}

/* ---- distributions ---- */
enum {
    SPAN = 400, /* exact probabilities of -SPAN..SPAN */
    DRAWS = SANITIZED ? 20000 : 400000,
    SUMS = SANITIZED ? 3000 : 60000
};

struct histogram {
    double seen[2 * SPAN + 1];
    double draws, sum, squares, fourths;
};

static void count_value(struct histogram *histogram, int value)
{
    double v = value;
    assert_in_range(value + SPAN, 0, 2 * SPAN);
    histogram->seen[value + SPAN]++;
    histogram->draws++;
    histogram->sum += v;
    histogram->squares += v * v;
    histogram->fourths += v * v * v * v;
}

/* How far chi-square is above its mean, in its standard deviations: cells of fewer than ten
 * expected are taken together. */
static double excess(const struct histogram *histogram, const double *probability)
{
    double statistic = 0, rest_seen = 0, rest_expected = 0;
    int cells = 0;
    for (int i = 0; i <= 2 * SPAN; i++) {
        double expected = probability[i] * histogram->draws;
        if (expected < 10) {
            rest_seen += histogram->seen[i];
            rest_expected += expected;
            continue;
        }
        statistic += (histogram->seen[i] - expected) * (histogram->seen[i] - expected) / expected;
        cells++;
    }
    statistic += (rest_seen - rest_expected) * (rest_seen - rest_expected) / rest_expected;
    /* Wilson and Hilferty: the cube root of chi-square over its freedoms is near normal. */
    double freedoms = cells, spread = 2 / (9 * freedoms);
    return (cbrt(statistic / freedoms) - (1 - spread)) / sqrt(spread);
}

/* One in a million of right samplers would be further out. */
static const double FAR_OUT = 4.75;

/* The negative binomial's probabilities, from logarithms of the gamma function. */
static void negative_binomial(double r, double p, double *out, int count)
{
    for (int k = 0; k < count; k++)
        out[k] = exp(lgamma(k + r) - lgamma(r) - lgamma(k + 1.0) + r * log1p(-p) + k * log(p));
}

static void exact_difference(double shares, double p, double *out)
{
    static double each[2 * SPAN];
    negative_binomial(1 / shares, p, each, 2 * SPAN);
    for (int z = 0; z <= SPAN; z++) {
        double sum = 0;
        for (int y = 0; y + z < 2 * SPAN; y++) sum += each[y + z] * each[y];
        out[SPAN + z] = out[SPAN - z] = sum;
    }
}

static void exact_laplace(double p, double *out)
{
    for (int z = -SPAN; z <= SPAN; z++) out[z + SPAN] = (1 - p) / (1 + p) * pow(p, abs(z));
}

static struct histogram *draw_sums(uint32_t shares, uint32_t epsilon, uint32_t sensitivity,
                                   uint32_t parties, size_t count)
{
    struct histogram *histogram = mem_new(struct histogram);
    struct noise_table *table = build(shares, epsilon, sensitivity);
    struct stream stream;
    uint8_t seed[SEED_BYTES] = {5};
    stream_start(&stream, "test noise", seed, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        int sum = 0;
        for (uint32_t party = 0; party < parties; party++) sum += noise_draw(table, &stream);
        count_value(histogram, sum);
    }
    noise_table_free(table);
    return histogram;
}

/* Mean zero, and the variance that is printed beside each table. */
static void check_moments(const struct histogram *histogram, const struct noise_spec *spec,
                          size_t parties)
{
    double n = histogram->draws, deviation = noise_deviation(spec, parties);
    double variance = histogram->squares / n;
    double error = sqrt((histogram->fourths / n - variance * variance) / n);
    assert_true(fabs(histogram->sum / n) < FAR_OUT * deviation / sqrt(n));
    assert_true(fabs(variance - deviation * deviation) < FAR_OUT * error);
}

static void many_draws_follow_the_exact_probabilities(void **state)
{
    (void)state;
    static double right[2 * SPAN + 1], wrong[2 * SPAN + 1];
    const struct noise_spec spec = {3, 200000, 1};
    struct histogram *histogram = draw_sums(3, 200000, 1, 1, DRAWS);
    exact_difference(3, exp(-0.2), right);
    assert_true(fabs(excess(histogram, right)) < FAR_OUT);
    /* The test itself: epsilon off by 5 %, or one share more, is seen (not in few draws). */
    exact_difference(3, exp(-0.21), wrong);
    assert_true(SANITIZED || excess(histogram, wrong) > 2 * FAR_OUT);
    exact_difference(4, exp(-0.2), wrong);
    assert_true(SANITIZED || excess(histogram, wrong) > 2 * FAR_OUT);
    check_moments(histogram, &spec, 1);
    free(histogram);
}

static void a_sampler_with_another_epsilon_fails(void **state)
{
    (void)state;
    static double right[2 * SPAN + 1];
    struct histogram *histogram = draw_sums(3, 210000, 1, 1, DRAWS);
    exact_difference(3, exp(-0.2), right);
    assert_true(SANITIZED || excess(histogram, right) > 2 * FAR_OUT);
    free(histogram);
}

static void shares_together_are_discrete_laplace(void **state)
{
    (void)state;
    static double right[2 * SPAN + 1], wrong[2 * SPAN + 1];
    const struct noise_spec spec = {7, 200000, 1};
    struct histogram *histogram = draw_sums(7, 200000, 1, 7, SUMS);
    exact_laplace(exp(-0.2), right);
    assert_true(fabs(excess(histogram, right)) < FAR_OUT);
    exact_laplace(exp(-0.21), wrong);
    assert_true(SANITIZED || excess(histogram, wrong) > FAR_OUT);
    check_moments(histogram, &spec, 7);
    free(histogram);
    histogram = draw_sums(7, 200000, 1, 6, SUMS); /* one share too few */
    assert_true(SANITIZED || excess(histogram, right) > FAR_OUT);
    free(histogram);
}

/* A sensitivity of 3 with three times the epsilon is the same noise. */
static void sensitivity_divides_epsilon(void **state)
{
    (void)state;
    struct histogram *a = draw_sums(7, 200000, 1, 7, 500);
    struct histogram *b = draw_sums(7, 600000, 3, 7, 500);
    assert_memory_equal(a, b, sizeof *a);
    free(a);
    free(b);
}

static void deviations_follow_the_formula(void **state)
{
    (void)state;
    /* Discrete Laplace with p = e^-0.1: sqrt(2p)/(1-p), here by hand. */
    const struct noise_spec spec = {10, 100000, 1};
    assert_true(fabs(noise_deviation(&spec, 10) - 14.1362) < 1e-3);
    assert_true(fabs(noise_deviation(&spec, 40) - 2 * noise_deviation(&spec, 10)) < 1e-9);
    assert_true(noise_deviation(&spec, 0) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_those_of_the_independent_program),
        cmocka_unit_test(whole_tables_are_those_of_the_independent_program),
        cmocka_unit_test(what_is_out_of_range_is_refused_by_name),
        cmocka_unit_test(the_hash_tells_parameters_apart),
        cmocka_unit_test(a_draw_counts_the_entries_that_are_not_above),
        cmocka_unit_test(many_draws_follow_the_exact_probabilities),
        cmocka_unit_test(a_sampler_with_another_epsilon_fails),
        cmocka_unit_test(shares_together_are_discrete_laplace),
        cmocka_unit_test(sensitivity_divides_epsilon),
        cmocka_unit_test(deviations_follow_the_formula),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
