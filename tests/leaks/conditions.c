/* SPDX-License-Identifier: Apache-2.0
 * What a modified client can ask, on the real arithmetic: any whole numbers as the query's values.
 * The plain model that tests/leaks/probing.py works with gives the same answers: a carer is found
 * where the hard values that it holds and GATE add up to 0, with the score that its soft values and
 * BASE add up to, if that is 0 to 1000. Among the conditions is "holds exactly these slots".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/mem.h"
#include "proto/crypto/blind.h"

enum {
    HARD = 40,
    SOFT = 30,
    CARERS = 12,
    ROUNDS = 60,
    SURPLUS = 1000, /* the value of a slot that may not be held: no sum makes up for it */
};

struct carer {
    uint16_t hard[HARD], soft[SOFT];
    struct blind_profile profile;
};

static const struct blind_layout layout = {.hard_slots = HARD, .soft_slots = SOFT};

static void draw_carer(struct carer *carer)
{
    *carer = (struct carer){.profile.dummy = false};
    for (uint16_t i = 0; i < HARD; i++) {
        if (randombytes_uniform(3) == 0) carer->hard[carer->profile.hard_count++] = i;
    }
    for (uint16_t i = 0; i < SOFT; i++) {
        if (randombytes_uniform(3) == 0) {
            carer->soft[carer->profile.soft_count++] = (uint16_t)blind_position_soft(&layout, i);
        }
    }
    carer->profile.hard = carer->hard;
    carer->profile.soft = carer->soft;
}

/* The same as another, and one slot more. */
static void draw_neighbour(struct carer *carer, const struct carer *like)
{
    do {
        draw_carer(carer);
    } while (carer->profile.soft_count == 0);
    memcpy(carer->hard, like->hard, sizeof carer->hard);
    carer->profile.hard_count = like->profile.hard_count;
    uint16_t last = carer->hard[carer->profile.hard_count - 1];
    if (last + 1 < HARD) carer->hard[carer->profile.hard_count++] = (uint16_t)(last + 1);
}

/* Exactly the target's slots, or at least them, or anything at all; weights of every size. */
static void draw_values(int16_t *values, const struct carer *target, uint32_t kind)
{
    const struct blind_profile *held = &target->profile;
    size_t gate = blind_position_gate(&layout), base = blind_position_base(&layout);
    for (size_t i = 0; i < HARD; i++) {
        values[i] = kind == 0 ? SURPLUS : kind == 1 ? 0 : (int16_t)(randombytes_uniform(5) - 2);
    }
    for (size_t i = 0; kind < 2 && i < held->hard_count; i++) values[held->hard[i]] = 1;
    values[gate] = kind < 2 ? (int16_t)-held->hard_count : (int16_t)(randombytes_uniform(5) - 2);
    for (size_t i = 0; i < SOFT; i++) {
        values[blind_position_soft(&layout, i)] = (int16_t)(randombytes_uniform(400) - 100);
    }
    values[base] = (int16_t)randombytes_uniform(300);
}

/* The plain model. */
static int expected(const struct carer *carer, const int16_t *values)
{
    const struct blind_profile *held = &carer->profile;
    int hard = values[blind_position_gate(&layout)], soft = values[blind_position_base(&layout)];
    for (size_t i = 0; i < held->hard_count; i++) hard += values[held->hard[i]];
    for (size_t i = 0; i < held->soft_count; i++) soft += values[held->soft[i]];
    return hard == 0 && soft >= 0 && soft <= SCORE_MAX ? soft : SCORE_NONE;
}

struct asking {
    struct scalar a, m;
    struct point joint;
    uint8_t seed[SEED_BYTES], hash[HASH_BYTES], id[QUERY_ID_BYTES];
    uint8_t *ciphertexts;
};

static void ask(struct asking *asking, const int16_t *values)
{
    struct point key, epoch;
    randombytes_buf(asking->seed, sizeof asking->seed);
    randombytes_buf(asking->hash, sizeof asking->hash);
    randombytes_buf(asking->id, sizeof asking->id);
    scalar_random(&asking->m);
    point_mul_base(&epoch, &asking->m);
    blind_query_key(&asking->a, &key, asking->seed, asking->id);
    REQUIRE(blind_joint_key(&asking->joint, &key, &epoch));
    asking->ciphertexts = mem_array(blind_layout_count(&layout), CIPHERTEXT_BYTES);
    blind_query_encrypt(asking->ciphertexts, &layout, values, &asking->joint, asking->seed,
                        asking->id, NULL);
}

/* How many items open to each score; [0]: to none. */
static void open(const struct asking *asking, const struct blind_scores *table,
                 const struct blind_profile *profiles, uint32_t tally[SCORE_MAX + 2])
{
    uint32_t items = blind_size_class(CARERS);
    uint8_t *c1 = mem_array(items, POINT_BYTES), *c2 = mem_array(items, POINT_BYTES);
    uint8_t *shares = mem_array(items, POINT_BYTES), seed[SEED_BYTES];
    struct err err = {0};
    struct blind_opened *opened = NULL;
    struct blind_sharer *sharer = blind_sharer_new(&asking->a, asking->seed, asking->hash);
    randombytes_buf(seed, sizeof seed);
    blind_evaluate(c1, c2, &layout, asking->ciphertexts, &asking->joint, profiles, CARERS, seed,
                   asking->hash, NULL);
    REQUIRE(blind_sharer_add(sharer, "ifa-1", c1, items, shares, &err));
    REQUIRE(blind_open(&opened, table, &asking->m, c1, NULL, c2, shares, items, NULL, &err));
    for (uint32_t i = 0; i < items; i++) tally[blind_opened_score(opened, i) + 1]++;
    blind_opened_free(opened);
    blind_sharer_free(sharer);
    free(c1);
    free(c2);
    free(shares);
}

/* True where model and arithmetic agree; counts who was found. */
static bool compare(const struct blind_scores *table, uint32_t kind, size_t *found)
{
    struct carer carers[CARERS];
    struct blind_profile profiles[CARERS];
    uint32_t model[SCORE_MAX + 2] = {0}, real[SCORE_MAX + 2] = {0};
    int16_t *values = mem_array(blind_layout_count(&layout), sizeof *values);
    struct asking asking;
    do {
        draw_carer(&carers[0]);
    } while (carers[0].profile.hard_count == 0);
    draw_neighbour(&carers[1], &carers[0]);
    for (size_t i = 2; i < CARERS; i++) draw_carer(&carers[i]);
    draw_values(values, &carers[0], kind);
    for (size_t i = 0; i < CARERS; i++) {
        profiles[i] = carers[i].profile;
        profiles[i].hard = carers[i].hard;
        profiles[i].soft = carers[i].soft;
        int score = expected(&carers[i], values);
        model[score + 1]++;
        *found += score >= 0;
    }
    model[0] += blind_size_class(CARERS) - CARERS;
    ask(&asking, values);
    open(&asking, table, profiles, real);
    free(asking.ciphertexts);
    free(values);
    return memcmp(model, real, sizeof model) == 0;
}

int main(void)
{
    REQUIRE(sodium_init() >= 0);
    struct blind_scores *table = blind_scores_new();
    size_t found = 0, agreed = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) agreed += compare(table, round % 3, &found);
    blind_scores_free(table);
    (void)printf("{\"rounds\": %d, \"agreed\": %zu, \"found\": %zu}\n", ROUNDS, agreed, found);
    return 0;
}
