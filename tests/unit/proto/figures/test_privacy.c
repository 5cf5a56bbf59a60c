/* SPDX-License-Identifier: Apache-2.0
 * The attacker with everything that the hub has, and with t insiders beside it: it knows every
 * other household and wants to know whether one more is there (docs/figures.md "Noise"). It decides
 * by the likelihood of what it sees, which is the best that can be done. Its advantage - how much
 * more often it says "there" where the household is there than where it is not - may not be above
 * tanh(epsilon / 2) but by chance. Seeds are fixed: every run draws the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/figures/noise.h"
#include "tests/unit/support/sanitized.h"

enum { QUORUM = 9, TRIALS = SANITIZED ? 2000 : 10000, CELLS_MAX = 4 };

/* One table that the attacker sees the sum of: by how much the household moves each cell. */
struct seen {
    uint32_t epsilon, sensitivity; /* as the manifest has them */
    uint32_t moves[CELLS_MAX];
    size_t cells;
};
struct game {
    unsigned insiders_planned, insiders; /* t, and how many really work with the hub */
    const struct seen *tables;           /* different tables, or one table in several periods */
    size_t count;
};

static struct noise_table *sampler(const struct game *game, const struct seen *seen)
{
    const struct noise_spec spec = {QUORUM - game->insiders_planned, seen->epsilon,
                                    seen->sensitivity};
    struct noise_table *table = NULL;
    struct err err;
    assert_true(noise_table_build(&spec, &table, &err));
    return table;
}

/* log Pr[z] of the noise that is left to the attacker up to a constant: what honest contributors
 * were to add up to. With more insiders than planned it is not that distribution any more, but the
 * order of likelihoods is close to it. */
static double log_likelihood(const struct seen *seen, int64_t z)
{
    return -(double)llabs(z) * seen->epsilon / EPSILON_ONE / seen->sensitivity;
}

/* What the attacker holds against "not there" after all tables; above 0 it says "there". */
static double evidence(const struct game *game, struct noise_table *const *samplers,
                       struct stream *stream, bool there)
{
    double sum = 0;
    for (size_t i = 0; i < game->count; i++) {
        const struct seen *seen = &game->tables[i];
        for (size_t c = 0; c < seen->cells; c++) {
            int64_t value = there ? seen->moves[c] : 0;
            for (unsigned n = 0; n < QUORUM - game->insiders; n++) {
                value += noise_draw(samplers[i], stream);
            }
            sum += log_likelihood(seen, value - seen->moves[c]) - log_likelihood(seen, value);
        }
    }
    return sum;
}

/* The best over all thresholds, as an attacker would tune them beforehand. */
static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double advantage(const struct game *game)
{
    static const uint8_t seed[SEED_BYTES] = "the attacker against the noise";
    struct noise_table *samplers[8];
    struct stream stream;
    double *without = calloc(TRIALS, sizeof *without), *with = calloc(TRIALS, sizeof *with);
    double best = 0;
    stream_start(&stream, "test", seed, "privacy", 7);
    for (size_t i = 0; i < game->count; i++) samplers[i] = sampler(game, &game->tables[i]);
    for (size_t i = 0; i < TRIALS; i++) {
        without[i] = evidence(game, samplers, &stream, false);
        with[i] = evidence(game, samplers, &stream, true);
    }
    qsort(without, TRIALS, sizeof *without, by_value);
    qsort(with, TRIALS, sizeof *with, by_value);
    for (size_t i = 0, j = 0; i < TRIALS; i++) { /* says "there" above without[i] */
        while (j < TRIALS && with[j] <= without[i] + 1e-9) j++;
        if (i + 1 < TRIALS && without[i + 1] <= without[i] + 1e-9) continue;
        double there = 1 - (double)j / TRIALS, not_there = 1 - (double)(i + 1) / TRIALS;
        if (there - not_there > best) best = there - not_there;
    }
    for (size_t i = 0; i < game->count; i++) noise_table_free(samplers[i]);
    free(without);
    free(with);
    return best;
}

static double bound(const struct game *game)
{
    double epsilon = 0;
    for (size_t i = 0; i < game->count; i++) {
        uint32_t moved = 0;
        for (size_t c = 0; c < game->tables[i].cells; c++) moved += game->tables[i].moves[c];
        assert_true(moved <= game->tables[i].sensitivity);
        if (moved) epsilon += (double)game->tables[i].epsilon / EPSILON_ONE;
    }
    return tanh(epsilon / 2);
}

/* Five deviations of the difference of two shares, and a little for the choice of threshold. */
static double chance(void)
{
    return 5 / sqrt(2.0 * TRIALS) + 0.002;
}

static void expect(const char *what, const struct game *game)
{
    double found = advantage(game), most = bound(game);
    print_message("%s: advantage %.3f, bound %.3f\n", what, found, most);
    assert_true(found <= most + chance());
    assert_true(found > 0); /* the game is played at all */
}

static const struct seen ONE[] = {{EPSILON_ONE, 1, {1}, 1}};

static void the_hub_alone(void **state)
{
    (void)state;
    expect("one table", &(struct game){.insiders_planned = 2, .tables = ONE, .count = 1});
}

static void the_hub_with_its_insiders(void **state)
{
    (void)state;
    const struct game game = {.insiders_planned = 2, .insiders = 2, .tables = ONE, .count = 1};
    expect("one table, t insiders", &game);
    /* What is left is discrete Laplace exactly, of which the bound is the true value: a bound that
     * were far off would prove little. */
    assert_true(advantage(&game) > bound(&game) - chance());
}

static void the_hub_with_more_insiders_gets_more(void **state)
{
    (void)state;
    const struct game game = {.insiders_planned = 2, .insiders = 7, .tables = ONE, .count = 1};
    double found = advantage(&game);
    print_message("more insiders than planned: advantage %.3f, bound %.3f\n", found, bound(&game));
    assert_true(found > bound(&game) + chance()); /* so the test can fail; figures.md says this */
}

static void two_tables_of_one_period(void **state)
{
    (void)state;
    static const struct seen tables[] = {{600000, 4, {1, 1, 1, 1}, 4}, {400000, 1, {1}, 1}};
    expect("two tables, t insiders",
           &(struct game){.insiders_planned = 2, .insiders = 2, .tables = tables, .count = 2});
}

/* The household left between the periods: the second sum is what the first would have been. */
static void two_periods_of_one_table(void **state)
{
    (void)state;
    static const struct seen periods[] = {{EPSILON_ONE, 1, {1}, 1}, {EPSILON_ONE, 1, {0}, 1}};
    expect("it was there in one of two periods, t insiders",
           &(struct game){.insiders_planned = 2, .insiders = 2, .tables = periods, .count = 2});
    static const struct seen both[] = {{500000, 1, {1}, 1}, {500000, 1, {1}, 1}};
    expect("it was there in both, t insiders",
           &(struct game){.insiders_planned = 2, .insiders = 2, .tables = both, .count = 2});
}

/* Places count up to three: one household moves a cell by three, and the noise is as much wider. */
static void a_household_with_three_places(void **state)
{
    (void)state;
    static const struct seen places[] = {{EPSILON_ONE, 3, {3}, 1}};
    expect("three places, t insiders",
           &(struct game){.insiders_planned = 2, .insiders = 2, .tables = places, .count = 1});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hub_alone),
        cmocka_unit_test(the_hub_with_its_insiders),
        cmocka_unit_test(the_hub_with_more_insiders_gets_more),
        cmocka_unit_test(two_tables_of_one_period),
        cmocka_unit_test(two_periods_of_one_table),
        cmocka_unit_test(a_household_with_three_places),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
