/* SPDX-License-Identifier: Apache-2.0
 * Fairness of the ranking (docs/domain.md "Ranking"): ties go to everybody alike, ids and places in
 * the directory do not matter, and agencies of each size come first as often as their carers earn
 * it by a computation of its own. Every seed is fixed, so that a run is like any other; bounds are
 * the 99.99% points of chi-square.
 */
#include "matcher/rank.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/mem.h"

static const struct search_options no_filter = {0};

/* splitmix64: fixed numbers for the simulation, nothing secret. */
static double next_number(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

/* The query hash of one search, and the tie seed of its day of 250 searches. */
static void make_day(uint32_t search, uint8_t seed[TIE_SEED_BYTES], uint8_t query[HASH_BYTES])
{
    uint32_t day = search / 250;
    hash_once(seed, "test day", &day, sizeof day);
    hash_once(query, "test query", &search, sizeof search);
}

static double chi_square(const unsigned *counts, const double *expected, size_t cells)
{
    double sum = 0;
    for (size_t i = 0; i < cells; i++) {
        double off = counts[i] - expected[i];
        sum += off * off / expected[i];
    }
    return sum;
}

/* ---- ties ---- */

enum { EQUALS = 20, TIE_SEARCHES = 20000 };

/* Ids as alike and as different as ids can be. */
static void make_equals(struct agency agencies[EQUALS], struct rank_input inputs[EQUALS])
{
    for (size_t i = 0; i < EQUALS; i++) {
        agencies[i] = (struct agency){.judgement = JUDGEMENT_GOOD};
        switch (i % 4) {
        case 0: (void)snprintf(agencies[i].id, ID_MAX + 1, "ifa-%zu", i); break;
        case 1: (void)snprintf(agencies[i].id, ID_MAX + 1, "%zu", i); break;
        case 2: (void)snprintf(agencies[i].id, ID_MAX + 1, "zzzzzzzzzzzzzzzz-%zu", i); break;
        default: (void)snprintf(agencies[i].id, ID_MAX + 1, "a-%zu-fostering", i); break;
        }
        inputs[i] = (struct rank_input){&agencies[i], {0, 0, 3, 0}, 0};
    }
}

static size_t index_of(const struct agency agencies[EQUALS], const char *id)
{
    size_t i = 0;
    while (strcmp(agencies[i].id, id) != 0) i++;
    REQUIRE(i < EQUALS);
    return i;
}

/* First places, last places, and pairs of winners one after the other are all even. */
static void ties_go_to_everybody_alike(void **state)
{
    (void)state;
    struct agency *agencies = mem_array(EQUALS, sizeof *agencies);
    struct rank_input inputs[EQUALS];
    struct result *result = mem_new(struct result);
    unsigned first[EQUALS] = {0}, last[EQUALS] = {0}, pairs[EQUALS * EQUALS] = {0};
    double one_in_20[EQUALS], one_in_400[EQUALS * EQUALS];
    size_t before = 0;
    make_equals(agencies, inputs);
    for (uint32_t search = 0; search < TIE_SEARCHES; search++) {
        uint8_t seed[TIE_SEED_BYTES], query[HASH_BYTES];
        make_day(search, seed, query);
        rank_agencies(inputs, EQUALS, &no_filter, seed, query, result);
        size_t winner = index_of(agencies, result->agencies[0].id);
        first[winner]++;
        last[index_of(agencies, result->agencies[EQUALS - 1].id)]++;
        if (search > 0) pairs[before * EQUALS + winner]++;
        before = winner;
    }
    for (size_t i = 0; i < EQUALS; i++) one_in_20[i] = (double)TIE_SEARCHES / EQUALS;
    for (size_t i = 0; i < EQUALS * EQUALS; i++) {
        one_in_400[i] = (double)(TIE_SEARCHES - 1) / (EQUALS * EQUALS);
    }
    assert_true(chi_square(first, one_in_20, EQUALS) < 51.1); /* 19 degrees of freedom */
    assert_true(chi_square(last, one_in_20, EQUALS) < 51.1);
    assert_true(chi_square(pairs, one_in_400, EQUALS * EQUALS) < 513); /* 399 */
    free(result);
    free(agencies);
}

/* The same agencies in any order of the directory make the same list. */
static void place_in_the_directory_does_not_matter(void **state)
{
    (void)state;
    struct agency *agencies = mem_array(EQUALS, sizeof *agencies);
    struct rank_input inputs[EQUALS], turned[EQUALS];
    struct result *result = mem_new(struct result), *other = mem_new(struct result);
    make_equals(agencies, inputs);
    for (uint32_t search = 0; search < 200; search++) {
        uint8_t seed[TIE_SEED_BYTES], query[HASH_BYTES];
        make_day(search, seed, query);
        for (size_t i = 0; i < EQUALS; i++) turned[i] = inputs[(i * 7 + search) % EQUALS];
        rank_agencies(inputs, EQUALS, &no_filter, seed, query, result);
        rank_agencies(turned, EQUALS, &no_filter, seed, query, other);
        for (size_t i = 0; i < EQUALS; i++) {
            assert_string_equal(result->agencies[i].id, other->agencies[i].id);
        }
    }
    free(result);
    free(other);
    free(agencies);
}

/* ---- agencies of all sizes ---- */

enum {
    AGENCIES = 300,
    HOUSEHOLDS = 15000,
    SEARCHES = 2000,
    GROUPS = 5,
    CLASSES = 3,
    JUDGEMENTS = 5
};
enum { KEYS = 3 * CLASSES * JUDGEMENTS, STEPS = 400 };
static const double band_share[BAND_STRONG + 1] = {0, 0.3, 0.5, 0.2};
static const char *const group_names[GROUPS] = {"1-9", "10-24", "25-49", "50-249", "250+"};

struct population {
    struct agency *agencies;
    unsigned sizes[AGENCIES];
};

static size_t group_of(unsigned size)
{
    return size < 10 ? 0 : size < 25 ? 1 : size < 50 ? 2 : size < 250 ? 3 : 4;
}

/* Zipf's law, as England's agencies about are: the largest of 300 has 2,390 of 15,000 households,
 * the smallest 8. Judgements go round, as published, whatever the size. */
static struct population *make_population(void)
{
    static const enum judgement round[] = {
        JUDGEMENT_GOOD,          JUDGEMENT_OUTSTANDING, JUDGEMENT_GOOD,
        JUDGEMENT_GOOD,          JUDGEMENT_GOOD,        JUDGEMENT_OUTSTANDING,
        JUDGEMENT_GOOD,          JUDGEMENT_GOOD,        JUDGEMENT_OUTSTANDING,
        JUDGEMENT_NOT_INSPECTED, JUDGEMENT_GOOD,        JUDGEMENT_REQUIRES_IMPROVEMENT,
        JUDGEMENT_GOOD};
    struct population *population = mem_new(struct population);
    double sum = 0;
    for (size_t i = 0; i < AGENCIES; i++) sum += 1.0 / (double)(i + 1);
    population->agencies = mem_array(AGENCIES, sizeof *population->agencies);
    for (size_t i = 0; i < AGENCIES; i++) {
        struct agency *agency = &population->agencies[i];
        agency->judgement = round[i % (sizeof round / sizeof round[0])];
        (void)snprintf(agency->id, sizeof agency->id, "agency-%zu", i);
        population->sizes[i] = (unsigned)(HOUSEHOLDS / sum / (double)(i + 1) + 0.5);
    }
    return population;
}

static void free_population(struct population *population)
{
    free(population->agencies);
    free(population);
}

/* What one search finds, each household by itself. */
static void draw_search(const struct population *population, double eligible, uint64_t *random,
                        struct rank_input inputs[AGENCIES])
{
    for (size_t i = 0; i < AGENCIES; i++) {
        inputs[i] = (struct rank_input){.agency = &population->agencies[i]};
        for (unsigned h = 0; h < population->sizes[i]; h++) {
            double number = next_number(random) / eligible;
            if (number >= 1) continue;
            size_t band = number < band_share[3]                   ? 3
                          : number < band_share[3] + band_share[2] ? 2
                                                                   : 1;
            inputs[i].counts[band]++;
        }
    }
}

struct shares {
    unsigned first[GROUPS], listed[GROUPS], some[GROUPS]; /* some: has somebody eligible */
    unsigned searches;                                    /* that found anybody */
};

static void simulate(const struct population *population, double eligible, struct shares *shares)
{
    struct rank_input *inputs = mem_array(AGENCIES, sizeof *inputs);
    struct result *result = mem_new(struct result);
    uint64_t random = (uint64_t)(1 / eligible);
    *shares = (struct shares){0};
    for (uint32_t search = 0; search < SEARCHES; search++) {
        uint8_t seed[TIE_SEED_BYTES], query[HASH_BYTES];
        make_day(search, seed, query);
        draw_search(population, eligible, &random, inputs);
        rank_agencies(inputs, AGENCIES, &no_filter, seed, query, result);
        for (size_t i = 0; i < AGENCIES; i++) {
            const uint32_t *counts = inputs[i].counts;
            bool some = counts[1] + counts[2] + counts[3] > 0;
            shares->some[group_of(population->sizes[i])] += some;
        }
        for (size_t i = 0; i < result->agency_count; i++) {
            size_t number = (size_t)strtoul(result->agencies[i].id + strlen("agency-"), NULL, 10);
            size_t group = group_of(population->sizes[number]);
            shares->listed[group]++;
            if (i == 0) shares->first[group]++;
        }
        shares->searches += result->agency_count > 0;
    }
    free(inputs);
    free(result);
}

/* ---- the same from carers alone, without simulation and without the ranking ---- */

/* P(exactly n) of a binomial, by its recurrence. */
static double binomial(unsigned size, double p, unsigned n)
{
    double probability = 1;
    for (unsigned i = 0; i < size; i++) probability *= 1 - p;
    for (unsigned k = 0; k < n; k++) {
        probability *= (double)(size - k) / (double)(k + 1) * p / (1 - p);
    }
    return n <= size ? probability : 0;
}

/* How likely each key is for an agency, keys best first: nobody in a better band, and so many in
 * this one. Households of a better band are absent with (1 - p)^size; given that, those of this
 * band are binomial over the rest. */
static void key_chances(unsigned size, double eligible, enum judgement judgement,
                        double chances[KEYS])
{
    double better = 0;
    memset(chances, 0, KEYS * sizeof *chances);
    for (int band = BAND_STRONG; band > BAND_NONE; band--) {
        double none_better = binomial(size, better, 0);
        double p = eligible * band_share[band] / (1 - better);
        double one = binomial(size, p, 1);
        double few = binomial(size, p, 2) + binomial(size, p, 3) + binomial(size, p, 4);
        double many = 1 - binomial(size, p, 0) - one - few;
        const double classes[CLASSES] = {many > 0 ? many : 0, few, one};
        for (int c = 0; c < CLASSES; c++) {
            int key = ((BAND_STRONG - band) * CLASSES + c) * JUDGEMENTS + (int)judgement;
            chances[key] = none_better * classes[c];
        }
        better += eligible * band_share[band];
    }
}

/* Chance to be first with `key`: all others are worse, or as good and lose the tie. With t uniform
 * in 0..1 as the own lot, another one that is as good loses with chance t. */
static void add_first_chances(double (*chances)[KEYS], const double *worse, int key,
                              double first[AGENCIES])
{
    for (int step = 0; step < STEPS; step++) {
        double t = (step + 0.5) / STEPS, others[AGENCIES + 1];
        others[AGENCIES] = 1;
        for (size_t i = AGENCIES; i > 0; i--) {
            others[i - 1] = others[i] * (worse[i - 1] + t * chances[i - 1][key]);
        }
        double before = 1;
        for (size_t i = 0; i < AGENCIES; i++) {
            first[i] += chances[i][key] * before * others[i + 1] / STEPS;
            before *= worse[i] + t * chances[i][key];
        }
    }
}

static void expect_first(const struct population *population, double eligible,
                         double expected[GROUPS])
{
    double(*chances)[KEYS] = mem_array(AGENCIES, sizeof *chances);
    double worse[AGENCIES], first[AGENCIES] = {0};
    for (size_t i = 0; i < AGENCIES; i++) {
        key_chances(population->sizes[i], eligible, population->agencies[i].judgement, chances[i]);
        worse[i] = 1;
    }
    for (int key = 0; key < KEYS; key++) {
        for (size_t i = 0; i < AGENCIES; i++) worse[i] -= chances[i][key];
        add_first_chances(chances, worse, key, first);
    }
    memset(expected, 0, GROUPS * sizeof *expected);
    for (size_t i = 0; i < AGENCIES; i++) expected[group_of(population->sizes[i])] += first[i];
    free(chances);
}

/* ---- the comparison ---- */

/* A group that is expected first less than five times is counted with the next larger one. */
static void compare_groups(const struct shares *shares, const double expected[GROUPS])
{
    unsigned counts[GROUPS] = {0};
    double wanted[GROUPS] = {0};
    size_t cells = 0;
    for (size_t g = 0; g < GROUPS; g++) {
        counts[cells] += shares->first[g];
        wanted[cells] += expected[g] * SEARCHES;
        if (wanted[cells] >= 5) cells++;
    }
    assert_true(cells >= 2);
    assert_true(chi_square(counts, wanted, cells) < 24.2); /* 4 degrees of freedom, or less */
}

static void print_shares(double eligible, const struct population *population,
                         const struct shares *shares, const double expected[GROUPS])
{
    print_message("on average %.1f households eligible, %u of %d searches find somebody\n",
                  eligible * HOUSEHOLDS, shares->searches, SEARCHES);
    print_message("%-8s %9s %9s %9s %9s %9s\n", "size", "agencies", "carers", "first", "expected",
                  "listed");
    unsigned agencies[GROUPS] = {0}, carers[GROUPS] = {0}, all = 0;
    for (size_t i = 0; i < AGENCIES; i++) {
        agencies[group_of(population->sizes[i])]++;
        carers[group_of(population->sizes[i])] += population->sizes[i];
        all += population->sizes[i];
    }
    for (size_t g = 0; g < GROUPS; g++) {
        print_message("%-8s %9u %8.1f%% %8.1f%% %8.1f%% %8.1f%%\n", group_names[g], agencies[g],
                      100.0 * carers[g] / all, 100.0 * shares->first[g] / SEARCHES,
                      100 * expected[g],
                      shares->some[g] ? 100.0 * shares->listed[g] / shares->some[g] : 0.0);
    }
}

/* listed: of the times that an agency of this size has anybody eligible, how often it is listed. */
static void sizes_come_first_as_their_carers_earn_it(void **state)
{
    (void)state;
    static const double eligible[] = {2.0 / HOUSEHOLDS, 20.0 / HOUSEHOLDS, 200.0 / HOUSEHOLDS,
                                      1000.0 / HOUSEHOLDS};
    struct population *population = make_population();
    for (size_t i = 0; i < sizeof eligible / sizeof eligible[0]; i++) {
        struct shares shares;
        double expected[GROUPS];
        simulate(population, eligible[i], &shares);
        expect_first(population, eligible[i], expected);
        print_shares(eligible[i], population, &shares, expected);
        compare_groups(&shares, expected);
    }
    free_population(population);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_go_to_everybody_alike),
        cmocka_unit_test(place_in_the_directory_does_not_matter),
        cmocka_unit_test(sizes_come_first_as_their_carers_earn_it),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
