/* SPDX-License-Identifier: Apache-2.0
 * Ranking against a second, differently written computation, the filters, and fairness of ties.
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

enum { AGENCIES = 60 };

static const struct search_options no_filter = {0};
static const uint8_t seed[TIE_SEED_BYTES] = {7};
static const uint8_t hash[HASH_BYTES] = {9};

static void make_agency(struct agency *agency, size_t number)
{
    *agency = (struct agency){.judgement = (enum judgement)randombytes_uniform(5),
                              .sector = (enum sector)randombytes_uniform(3),
                              .framework_count = randombytes_uniform(3)};
    (void)snprintf(agency->id, sizeof agency->id, "agency-%zu", number);
    (void)snprintf(agency->name, sizeof agency->name, "Agency %zu", number);
    for (size_t i = 0; i < agency->framework_count; i++) {
        (void)snprintf(agency->frameworks[i], FRAMEWORK_CHARS + 1, "FW%u",
                       (unsigned)i + randombytes_uniform(2));
    }
}

/* ---- a plain second computation: repeated search for the best, text by text ---- */

static int plain_judgement(const char *name)
{
    static const char *const order[] = {"outstanding", "good", "not_inspected",
                                        "requires_improvement", "inadequate"};
    for (int i = 0; i < 5; i++) {
        if (strcmp(order[i], name) == 0) return i;
    }
    return -1;
}

static bool plain_passes(const struct agency *agency, const struct search_options *options)
{
    const char *name = judgement_name(agency->judgement);
    bool outstanding = strcmp(name, "outstanding") == 0, good = strcmp(name, "good") == 0;
    bool improve = strcmp(name, "requires_improvement") == 0;
    if (options->min_judgement == 1 && !outstanding) return false;
    if (options->min_judgement == 2 && !outstanding && !good) return false;
    if (options->min_judgement == 3 && !outstanding && !good && !improve) return false;
    bool any = options->framework_count == 0;
    for (size_t i = 0; i < options->framework_count; i++) {
        for (size_t j = 0; j < agency->framework_count; j++) {
            any = any || strcmp(options->frameworks[i], agency->frameworks[j]) == 0;
        }
    }
    return any;
}

static int plain_band(const struct rank_input *input)
{
    return input->counts[3] ? 3 : input->counts[2] ? 2 : input->counts[1] ? 1 : 0;
}

/* Whether a stands before b. */
static bool plain_before(const struct rank_input *a, const struct rank_input *b)
{
    int band_a = plain_band(a), band_b = plain_band(b);
    if (band_a != band_b) return band_a > band_b;
    uint32_t n = a->counts[band_a], m = b->counts[band_b];
    int class_a = n == 1 ? 1 : n <= 4 ? 2 : 3, class_b = m == 1 ? 1 : m <= 4 ? 2 : 3;
    if (class_a != class_b) return class_a > class_b;
    if (a->reliability != b->reliability) return a->reliability < b->reliability;
    int judgement_a = plain_judgement(judgement_name(a->agency->judgement));
    int judgement_b = plain_judgement(judgement_name(b->agency->judgement));
    if (judgement_a != judgement_b) return judgement_a < judgement_b;
    uint8_t tie_a[HASH_BYTES], tie_b[HASH_BYTES];
    rank_tie(tie_a, seed, hash, a->agency->id);
    rank_tie(tie_b, seed, hash, b->agency->id);
    return memcmp(tie_a, tie_b, HASH_BYTES) < 0;
}

static size_t plain_rank(const struct rank_input *inputs, size_t count,
                         const struct search_options *options, const struct rank_input **out)
{
    bool used[AGENCIES] = {false};
    size_t ranked = 0;
    for (;;) {
        size_t best = count;
        for (size_t i = 0; i < count; i++) {
            if (used[i] || plain_band(&inputs[i]) == 0) continue;
            if (!plain_passes(inputs[i].agency, options)) continue;
            if (best == count || plain_before(&inputs[i], &inputs[best])) best = i;
        }
        if (best == count) return ranked;
        used[best] = true;
        out[ranked++] = &inputs[best];
    }
}

static void random_options(struct search_options *options)
{
    *options = (struct search_options){.min_judgement = randombytes_uniform(4),
                                       .framework_count = randombytes_uniform(3)};
    for (size_t i = 0; i < options->framework_count; i++) {
        (void)snprintf(options->frameworks[i], FRAMEWORK_CHARS + 1, "FW%zu", i * 2);
    }
}

static void agrees_with_plain_computation(void **state)
{
    (void)state;
    struct agency *agencies = mem_array(AGENCIES, sizeof *agencies);
    struct rank_input inputs[AGENCIES];
    struct result *result = mem_new(struct result);
    const struct rank_input *expected[AGENCIES] = {NULL};
    size_t over = 0;
    for (int round = 0; round < 400; round++) {
        size_t count = randombytes_uniform(AGENCIES + 1);
        struct search_options options;
        random_options(&options);
        for (size_t i = 0; i < count; i++) {
            make_agency(&agencies[i], i);
            inputs[i] = (struct rank_input){.agency = &agencies[i],
                                            .reliability = randombytes_uniform(4) / 3};
            for (int band = 0; band <= 3; band++) {
                inputs[i].counts[band] = randombytes_uniform(3) ? 0 : randombytes_uniform(7);
            }
        }
        size_t ranked = plain_rank(inputs, count, &options, expected);
        rank_agencies(inputs, count, &options, seed, hash, result);
        assert_int_equal(result->more, ranked > 30);
        assert_int_equal(result->agency_count, ranked > 30 ? 30 : ranked);
        over += ranked > 30;
        for (size_t i = 0; i < result->agency_count; i++) {
            REQUIRE(expected[i] != NULL);
            assert_string_equal(result->agencies[i].id, expected[i]->agency->id);
            assert_int_equal(result->agencies[i].band, plain_band(expected[i]));
        }
    }
    assert_true(over > 0); /* the cut at 30 was reached */
    free(result);
    free(agencies);
}

static struct result *rank_two(struct rank_input a, struct rank_input b)
{
    const struct rank_input inputs[] = {b, a};
    struct result *result = mem_new(struct result);
    rank_agencies(inputs, 2, &no_filter, seed, hash, result);
    assert_int_equal(result->agency_count, 2);
    return result;
}

/* Each key decides where all before it are equal: the first of each pair has to win. */
static void keys_count_in_their_order(void **state)
{
    (void)state;
    struct agency out = {.id = "out", .judgement = JUDGEMENT_OUTSTANDING};
    struct agency bad = {.id = "bad", .judgement = JUDGEMENT_INADEQUATE};
    struct agency none = {.id = "none", .judgement = JUDGEMENT_NOT_INSPECTED};
    struct agency good = {.id = "good", .judgement = JUDGEMENT_GOOD};
    struct agency improve = {.id = "improve", .judgement = JUDGEMENT_REQUIRES_IMPROVEMENT};
    const struct rank_input pairs[][2] = {
        {{&bad, {0, 0, 0, 1}, 3}, {&out, {0, 9, 9, 0}, 0}},  /* band before all else */
        {{&bad, {0, 0, 5, 0}, 3}, {&out, {0, 9, 4, 0}, 0}},  /* 5+ before 2-4 */
        {{&bad, {0, 0, 2, 0}, 3}, {&out, {0, 9, 1, 0}, 0}},  /* 2-4 before 1 */
        {{&bad, {0, 0, 2, 0}, 0}, {&out, {0, 9, 4, 0}, 1}},  /* 2 and 4 alike: reliability */
        {{&out, {0, 5, 0, 0}, 2}, {&bad, {0, 99, 0, 0}, 2}}, /* 5 and 99 alike: judgement */
        {{&good, {0, 1, 0, 0}, 0}, {&none, {0, 1, 0, 0}, 0}},
        {{&none, {0, 1, 0, 0}, 0}, {&improve, {0, 1, 0, 0}, 0}},
        {{&improve, {0, 1, 0, 0}, 0}, {&bad, {0, 1, 0, 0}, 0}},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct result *result = rank_two(pairs[i][0], pairs[i][1]);
        assert_string_equal(result->agencies[0].id, pairs[i][0].agency->id);
        free(result);
    }
}

static void agencies_without_eligible_households_are_left_out(void **state)
{
    (void)state;
    struct agency agency = {.id = "a"};
    struct rank_input input = {&agency, {50, 0, 0, 0}, 0};
    struct result *result = mem_new(struct result);
    rank_agencies(&input, 1, &no_filter, seed, hash, result);
    assert_int_equal(result->agency_count, 0);
    assert_false(result->more);
    rank_agencies(NULL, 0, &no_filter, seed, hash, result);
    assert_int_equal(result->agency_count, 0);
    free(result);
}

static void not_inspected_fails_every_minimum(void **state)
{
    (void)state;
    struct agency agency = {.judgement = JUDGEMENT_NOT_INSPECTED};
    for (uint32_t minimum = 0; minimum <= 3; minimum++) {
        struct search_options options = {.min_judgement = minimum};
        assert_int_equal(rank_passes(&agency, &options), minimum == 0);
    }
}

/* Over many query hashes each of four equal agencies comes first about as often; with a fixed hash
 * the order is always the same, and another seed gives another order. */
static void ties_are_fair_and_fixed(void **state)
{
    (void)state;
    enum { ROUNDS = 4000, EQUALS = 4 };
    struct agency agencies[EQUALS] = {{.id = "a"}, {.id = "b"}, {.id = "c"}, {.id = "d"}};
    struct rank_input inputs[EQUALS];
    struct result *result = mem_new(struct result);
    unsigned first[EQUALS] = {0}, changed = 0;
    for (int i = 0; i < EQUALS; i++) inputs[i] = (struct rank_input){&agencies[i], {0, 1, 0, 0}, 0};
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t query[HASH_BYTES], other_seed[TIE_SEED_BYTES];
        randombytes_buf(query, sizeof query);
        randombytes_buf(other_seed, sizeof other_seed);
        rank_agencies(inputs, EQUALS, &no_filter, seed, query, result);
        char winner = result->agencies[0].id[0];
        first[winner - 'a']++;
        rank_agencies(inputs, EQUALS, &no_filter, seed, query, result);
        assert_int_equal(result->agencies[0].id[0], winner);
        rank_agencies(inputs, EQUALS, &no_filter, other_seed, query, result);
        changed += result->agencies[0].id[0] != winner;
    }
    /* 1000 expected, standard deviation 27 */
    for (int i = 0; i < EQUALS; i++) assert_in_range(first[i], 840, 1160);
    assert_in_range(changed, 2840, 3160); /* three times in four */
    free(result);
}

/* An agency's size must not decide: 5 and 500 households of the best band are the same class. */
static void size_beyond_five_does_not_matter(void **state)
{
    (void)state;
    struct agency small = {.id = "small"}, large = {.id = "large"};
    struct rank_input inputs[2] = {{&small, {0, 0, 0, 5}, 0}, {&large, {0, 0, 0, 500}, 0}};
    struct result *result = mem_new(struct result);
    unsigned wins = 0;
    for (int round = 0; round < 1000; round++) {
        uint8_t query[HASH_BYTES];
        randombytes_buf(query, sizeof query);
        rank_agencies(inputs, 2, &no_filter, seed, query, result);
        wins += strcmp(result->agencies[0].id, "small") == 0;
    }
    assert_in_range(wins, 400, 600);
    free(result);
}

static void facts_come_from_the_directory(void **state)
{
    (void)state;
    struct agency agency = {.id = "a-1",
                            .name = "Name",
                            .urn = "SC1",
                            .contact = "c@example.org",
                            .judgement = JUDGEMENT_GOOD,
                            .sector = SECTOR_VOLUNTARY,
                            .frameworks = {"X", "Y"},
                            .framework_count = 2};
    struct rank_input input = {&agency, {0, 0, 2, 0}, 0};
    struct result *result = mem_new(struct result);
    rank_agencies(&input, 1, &no_filter, seed, hash, result);
    const struct ranked_agency *ranked = &result->agencies[0];
    assert_string_equal(ranked->name, "Name");
    assert_string_equal(ranked->urn, "SC1");
    assert_string_equal(ranked->contact, "c@example.org");
    assert_string_equal(ranked->judgement, "good");
    assert_string_equal(ranked->sector, "voluntary");
    assert_int_equal(ranked->framework_count, 2);
    assert_string_equal(ranked->frameworks[1], "Y");
    assert_int_equal(ranked->band, BAND_GOOD);
    free(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_plain_computation),
        cmocka_unit_test(keys_count_in_their_order),
        cmocka_unit_test(agencies_without_eligible_households_are_left_out),
        cmocka_unit_test(not_inspected_fails_every_minimum),
        cmocka_unit_test(ties_are_fair_and_fixed),
        cmocka_unit_test(size_beyond_five_does_not_matter),
        cmocka_unit_test(facts_come_from_the_directory),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
