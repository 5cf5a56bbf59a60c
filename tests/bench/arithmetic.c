/* SPDX-License-Identifier: Apache-2.0
 * The arithmetic of one search, each party's part against the primitive operations it is made of
 * (docs/protocol.md "Evaluation by the agent", "Opening"). Exit status 1 where a part costs more
 * than its bar. One thread; CPU time.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "tests/bench/costs.h"
#include "tests/bench/households.h"

enum {
    AGENTS = 300, /* England */
    HOUSEHOLDS = 45,
    LARGEST = 2500,
    ROUNDS = 9,
    PASSES = 3,
    PART = 30, /* replies opened between two measurements of the primitives */
    TERMS = 20000
};
static const double BAR = 1.25;
static const uint16_t FOOTPRINT[] = {100, 101, 114, 115};
enum { QUADRANTS_ASKED = sizeof FOOTPRINT / sizeof *FOOTPRINT };

/* A query, and both keys behind it. */
struct search {
    struct blind_layout layout;
    struct scalar a, m;
    struct point query_key, joint_key;
    int16_t *values;
    uint8_t *ciphertexts;
    uint8_t seed[SEED_BYTES], query_id[QUERY_ID_BYTES], query_hash[HASH_BYTES];
};

static void search_make(struct search *search)
{
    struct point epoch_key;
    search->layout = catalogue_layout(catalogue_get(CATALOGUE_VERSION), QUADRANTS_ASKED);
    size_t count = blind_layout_count(&search->layout);
    randombytes_buf(search->seed, sizeof search->seed);
    randombytes_buf(search->query_id, sizeof search->query_id);
    randombytes_buf(search->query_hash, sizeof search->query_hash);
    blind_query_key(&search->a, &search->query_key, search->seed, search->query_id);
    scalar_random(&search->m);
    point_mul_base(&epoch_key, &search->m);
    REQUIRE(blind_joint_key(&search->joint_key, &search->query_key, &epoch_key));
    /* One soft slot in four counts and there are no musts: everybody has a score. */
    search->values = mem_array(count, sizeof *search->values);
    for (size_t i = 0; i < search->layout.soft_slots; i += 4)
        search->values[blind_position_soft(&search->layout, i)] = 15;
    search->ciphertexts = mem_array(count, CIPHERTEXT_BYTES);
}

static void search_free(struct search *search)
{
    free(search->values);
    free(search->ciphertexts);
}

static void encrypt(void *ctx)
{
    struct search *search = ctx;
    blind_query_encrypt(search->ciphertexts, &search->layout, search->values, &search->joint_key,
                        search->seed, search->query_id, NULL);
}

static void check_query(void *ctx)
{
    const struct search *search = ctx;
    struct err err;
    REQUIRE(
        blind_query_check(search->ciphertexts, blind_layout_count(&search->layout), NULL, &err));
}

/* ---- the agent ---- */
struct evaluation {
    const struct search *search;
    const struct households *households;
    uint8_t *c1, *c2;
    int repeats;
};

static void evaluate(void *ctx)
{
    const struct evaluation *e = ctx;
    for (int i = 0; i < e->repeats; i++) {
        uint8_t seed[SEED_BYTES];
        randombytes_buf(seed, sizeof seed);
        blind_evaluate(e->c1, e->c2, &e->search->layout, e->search->ciphertexts,
                       &e->search->joint_key, e->households->profiles, e->households->count, seed,
                       e->search->query_hash, NULL);
    }
}

static bool bench_agent(struct costs *costs, const struct search *search, size_t count, int repeats)
{
    struct households households;
    households_make(&households, count, FOOTPRINT, QUADRANTS_ASKED, count);
    size_t items = blind_size_class(count);
    struct evaluation evaluation = {.search = search, .households = &households};
    evaluation.c1 = mem_array(items, POINT_BYTES);
    evaluation.c2 = mem_array(items, POINT_BYTES);
    evaluation.repeats = repeats;
    char *name = mem_format("agent: evaluate, %zu households as %zu items", count, items);
    struct line line = {.name = name, .bar = BAR};
    line.item.of[MUL] = 2;
    line.item.of[MUL_TABLE] = line.item.of[MUL_BASE] = 1;
    line.item.of[ENCODE] = 2;
    line.once.of[DECODE] = (double)repeats * 2.0 * (double)households.held;
    for (int i = 0; i < ROUNDS; i++)
        costs_sample(costs, &line, items * (size_t)repeats, evaluate, &evaluation);
    bool passed = line_print(&line);
    printf("  %.1f slots a household; %zu points decoded a query\n",
           (double)households.slots / (double)count, 2 * households.held);
    free(name);
    free(evaluation.c1);
    free(evaluation.c2);
    households_free(&households);
    return passed;
}

/* ---- opening ---- */
struct opening {
    const struct search *search;
    const struct blind_scores *scores;
    uint32_t count; /* items a reply */
    uint8_t *c1, *c2, *shares;
    struct blind_sharer *sharer;
    struct blind_opened *opened[AGENTS];
    char agents[AGENTS][16];
    const char *names[AGENTS];
    uint8_t proof[PROOF_BYTES];
    size_t first; /* reply of the part at work */
};

static void opening_make(struct opening *opening, const struct search *search)
{
    struct households households;
    households_make(&households, HOUSEHOLDS, FOOTPRINT, QUADRANTS_ASKED, HOUSEHOLDS);
    opening->search = search;
    opening->scores = blind_scores_new();
    opening->count = blind_size_class(HOUSEHOLDS);
    size_t reply = (size_t)opening->count * POINT_BYTES;
    opening->c1 = mem_array(AGENTS, reply);
    opening->c2 = mem_array(AGENTS, reply);
    opening->shares = mem_array(AGENTS, reply);
    for (size_t i = 0; i < AGENTS; i++) {
        struct evaluation evaluation = {.search = search, .households = &households, .repeats = 1};
        evaluation.c1 = opening->c1 + i * reply;
        evaluation.c2 = opening->c2 + i * reply;
        evaluate(&evaluation);
        (void)snprintf(opening->agents[i], sizeof opening->agents[i], "agent-%zu", i);
        opening->names[i] = opening->agents[i];
    }
    households_free(&households);
}

static void opening_free(struct opening *opening)
{
    free(opening->c1);
    free(opening->c2);
    free(opening->shares);
    blind_scores_free((struct blind_scores *)(uintptr_t)opening->scores);
}

static void share_part(void *ctx)
{
    struct opening *opening = ctx;
    struct err err;
    for (size_t i = opening->first; i < opening->first + PART; i++) {
        size_t at = i * opening->count * POINT_BYTES;
        REQUIRE(blind_sharer_add(opening->sharer, opening->agents[i], opening->c1 + at,
                                 opening->count, opening->shares + at, &err));
    }
}

static void open_part(void *ctx)
{
    struct opening *opening = ctx;
    struct err err;
    for (size_t i = opening->first; i < opening->first + PART; i++) {
        size_t at = i * opening->count * POINT_BYTES;
        REQUIRE(blind_open(&opening->opened[i], opening->scores, &opening->search->m,
                           opening->c1 + at, NULL, opening->c2 + at, opening->shares + at,
                           opening->count, NULL, &err));
    }
}

static void make_proof(void *ctx)
{
    struct opening *opening = ctx;
    struct err err;
    REQUIRE(blind_sharer_prove(opening->sharer, opening->names, AGENTS, opening->proof, &err));
}

static void check_proof(void *ctx)
{
    struct opening *opening = ctx;
    const struct search *search = opening->search;
    struct err err;
    REQUIRE(blind_opened_check(opening->opened, AGENTS, &search->query_key, search->query_hash,
                               opening->proof, NULL, &err));
}

/* What was measured was the real thing: every household has opened to a score. */
static void require_scores(const struct opening *opening)
{
    for (size_t i = 0; i < AGENTS; i++) {
        int found = 0;
        for (uint32_t j = 0; j < opening->count; j++)
            found += blind_opened_score(opening->opened[i], j) != SCORE_NONE;
        REQUIRE(found == HOUSEHOLDS);
    }
}

static void pass(struct costs *costs, struct opening *opening, struct line lines[4])
{
    const struct search *search = opening->search;
    size_t part_items = PART * (size_t)opening->count, items = AGENTS * (size_t)opening->count;
    opening->sharer = blind_sharer_new(&search->a, search->seed, search->query_hash);
    for (opening->first = 0; opening->first < AGENTS; opening->first += PART)
        costs_sample(costs, &lines[0], part_items, share_part, opening);
    for (opening->first = 0; opening->first < AGENTS; opening->first += PART)
        costs_sample(costs, &lines[1], part_items, open_part, opening);
    costs_sample(costs, &lines[2], items, make_proof, opening);
    costs_sample(costs, &lines[3], items, check_proof, opening);
    require_scores(opening);
    for (size_t i = 0; i < AGENTS; i++) blind_opened_free(opening->opened[i]);
    blind_sharer_free(opening->sharer);
}

static bool bench_opening(struct costs *costs, const struct search *search)
{
    struct opening opening;
    struct line lines[4] = {{.name = "LA: shares", .bar = BAR},
                            {.name = "matcher: open", .bar = BAR},
                            {.name = "LA: proof of all shares"},
                            {.name = "matcher: check of that proof"}};
    lines[0].item.of[DECODE] = lines[0].item.of[MUL] = lines[0].item.of[ENCODE] = 1;
    lines[1].item.of[DECODE] = 3;
    lines[1].item.of[MUL] = lines[1].item.of[ENCODE] = 1;
    opening_make(&opening, search);
    for (int i = 0; i < PASSES; i++) pass(costs, &opening, lines);
    bool passed = true;
    for (int i = 0; i < 4; i++) passed &= line_print(&lines[i]);
    printf("  %d replies of %u items\n", AGENTS, opening.count);
    opening_free(&opening);
    return passed;
}

static void bench_query(struct costs *costs, struct search *search)
{
    size_t count = blind_layout_count(&search->layout);
    struct line lines[2] = {{.name = "LA: encrypt a query, a ciphertext"},
                            {.name = "matcher: check its points, a ciphertext"}};
    for (int i = 0; i < PASSES; i++) {
        costs_sample(costs, &lines[0], count, encrypt, search);
        costs_sample(costs, &lines[1], count, check_query, search);
    }
    for (int i = 0; i < 2; i++) (void)line_print(&lines[i]);
    printf("  %zu ciphertexts: %d quadrants\n", count, QUADRANTS_ASKED);
}

/* ---- the multi-scalar multiplication that the proof rests on ---- */
struct terms {
    struct point *points;
    uint8_t *coefficients;
};

static void sum_terms(void *ctx)
{
    const struct terms *terms = ctx;
    struct point sum;
    point_msm_var(&sum, terms->points, terms->coefficients, TERMS);
}

static void bench_sum(struct costs *costs)
{
    struct terms terms = {.points = mem_array(TERMS, sizeof *terms.points),
                          .coefficients = mem_array(TERMS, MSM_COEFFICIENT_BYTES)};
    struct line line = {.name = "multi-scalar multiplication, 20,000 terms"};
    randombytes_buf(terms.coefficients, TERMS * MSM_COEFFICIENT_BYTES);
    point_base(&terms.points[0]);
    for (size_t i = 1; i < TERMS; i++)
        point_add(&terms.points[i], &terms.points[i - 1], &terms.points[i / 2]);
    for (int i = 0; i < PASSES; i++) costs_sample(costs, &line, TERMS, sum_terms, &terms);
    (void)line_print(&line);
    free(terms.points);
    free(terms.coefficients);
}

/* `arithmetic --primitives`: their costs alone, as JSON, for the bench of whole searches. */
static int print_primitives(void)
{
    struct costs *costs = costs_new();
    for (int round = 0; round < 40; round++) costs_measure(costs);
    costs_print_json(costs);
    costs_free(costs);
    return 0;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0) return 1;
    if (argc == 2 && strcmp(argv[1], "--primitives") == 0) return print_primitives();
    struct search search;
    search_make(&search);
    struct costs *costs = costs_new();
    line_print_head();
    bench_query(costs, &search);
    bool passed = bench_agent(costs, &search, HOUSEHOLDS, 5);
    passed &= bench_agent(costs, &search, LARGEST, 1);
    passed &= bench_opening(costs, &search);
    bench_sum(costs);
    costs_print(costs);
    costs_free(costs);
    search_free(&search);
    return passed ? 0 : 1;
}
