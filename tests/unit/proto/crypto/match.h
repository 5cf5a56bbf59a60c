/* SPDX-License-Identifier: Apache-2.0
 * A random query with both its private keys, random carers, and the plain computation of their
 * scores, for the tests of the blinded match.
 */
#ifndef TESTS_MATCH_H
#define TESTS_MATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/mem.h"
#include "proto/crypto/blind.h"

struct match {
    struct blind_layout layout;
    size_t positions;
    int16_t *values;
    uint8_t *ciphertexts;
    uint8_t query_seed[SEED_BYTES], query_id[QUERY_ID_BYTES], hash[HASH_BYTES];
    struct scalar a, m;
    struct point query_key, epoch_key, joint_key;
    struct blind_profile *profiles;
    size_t profile_count;
    uint32_t items;
    uint8_t reply_seed[SEED_BYTES];
    uint8_t *c1, *c2, *shares;
};

static inline size_t match_random(size_t bound)
{
    return randombytes_uniform((uint32_t)bound);
}

static inline void match_keys(struct match *match)
{
    randombytes_buf(match->query_seed, SEED_BYTES);
    randombytes_buf(match->query_id, QUERY_ID_BYTES);
    randombytes_buf(match->hash, HASH_BYTES);
    randombytes_buf(match->reply_seed, SEED_BYTES);
    blind_query_key(&match->a, &match->query_key, match->query_seed, match->query_id);
    scalar_random(&match->m);
    point_mul_base(&match->epoch_key, &match->m);
    assert_true(blind_joint_key(&match->joint_key, &match->query_key, &match->epoch_key));
}

/* A match without values, ciphertexts or carers yet. */
static inline void match_start(struct match *match, uint16_t hard, uint16_t soft, uint16_t cells)
{
    *match = (struct match){.layout = {.hard_slots = hard, .soft_slots = soft, .cells = cells}};
    match->positions = blind_layout_count(&match->layout);
    match->values = mem_array(match->positions, sizeof *match->values);
    match->ciphertexts = mem_array(match->positions, CIPHERTEXT_BYTES);
    match_keys(match);
}

static inline void match_encrypt(struct match *match)
{
    blind_query_encrypt(match->ciphertexts, &match->layout, match->values, &match->joint_key,
                        match->query_seed, match->query_id, NULL);
}

static inline void match_profiles(struct match *match, size_t count)
{
    match->profiles = mem_array(count, sizeof *match->profiles);
    match->profile_count = count;
    match->items = blind_size_class(count);
    match->c1 = mem_array(match->items, POINT_BYTES);
    match->c2 = mem_array(match->items, POINT_BYTES);
    match->shares = mem_array(match->items, POINT_BYTES);
}

/* Gives profile i the positions that are set in `held` (one entry a position): those before the
 * soft slots and in the hard cells are hard, the others soft. */
static inline void match_hold(struct match *match, size_t i, const bool *held)
{
    const struct blind_layout *layout = &match->layout;
    uint16_t *hard = mem_array(match->positions, sizeof *hard);
    uint16_t *soft = mem_array(match->positions, sizeof *soft);
    size_t first_cell = (size_t)layout->hard_slots + layout->soft_slots;
    struct blind_profile *profile = &match->profiles[i];
    for (uint16_t p = 0; p < match->positions - 2; p++) {
        bool is_hard =
            p < layout->hard_slots || (p >= first_cell && p < first_cell + layout->cells);
        if (!held[p]) continue;
        if (is_hard)
            hard[profile->hard_count++] = p;
        else
            soft[profile->soft_count++] = p;
    }
    profile->hard = hard;
    profile->soft = soft;
}

static inline void match_evaluate(struct match *match)
{
    blind_evaluate(match->c1, match->c2, &match->layout, match->ciphertexts, &match->joint_key,
                   match->profiles, match->profile_count, match->reply_seed, match->hash, NULL);
}

/* The score in the clear: what the opened one must be. */
static inline int match_plain_score(const struct match *match, const struct blind_profile *profile)
{
    int hard = match->values[blind_position_gate(&match->layout)];
    int soft = match->values[blind_position_base(&match->layout)];
    if (profile->dummy) return SCORE_NONE;
    for (size_t i = 0; i < profile->hard_count; i++) hard += match->values[profile->hard[i]];
    for (size_t i = 0; i < profile->soft_count; i++) soft += match->values[profile->soft[i]];
    return hard == 0 ? soft : SCORE_NONE;
}

static inline void match_share(struct match *match, struct blind_sharer *sharer, const char *agent)
{
    struct err err;
    assert_true(blind_sharer_add(sharer, agent, match->c1, match->items, match->shares, &err));
}

static inline struct blind_opened *match_open(const struct match *match,
                                              const struct blind_scores *table)
{
    struct blind_opened *opened = NULL;
    struct err err;
    assert_true(blind_open(&opened, table, &match->m, match->c1, NULL, match->c2, match->shares,
                           match->items, NULL, &err));
    return opened;
}

static inline int match_compare(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;
    return (left > right) - (left < right);
}

/* The opened scores are the plain ones, in any order; padding opens to nothing. */
static inline void match_assert_scores(const struct match *match, const struct blind_opened *opened)
{
    int *want = mem_array(match->items, sizeof *want), *got = mem_array(match->items, sizeof *got);
    assert_int_equal(blind_opened_count(opened), match->items);
    for (uint32_t i = 0; i < match->items; i++) {
        got[i] = blind_opened_score(opened, i);
        want[i] =
            i < match->profile_count ? match_plain_score(match, &match->profiles[i]) : SCORE_NONE;
    }
    qsort(want, match->items, sizeof *want, match_compare);
    qsort(got, match->items, sizeof *got, match_compare);
    assert_memory_equal(want, got, match->items * sizeof *want);
    free(want);
    free(got);
}

static inline void match_end(struct match *match)
{
    for (size_t i = 0; i < match->profile_count; i++) {
        free((void *)(uintptr_t)match->profiles[i].hard);
        free((void *)(uintptr_t)match->profiles[i].soft);
    }
    free(match->profiles);
    free(match->values);
    free(match->ciphertexts);
    free(match->c1);
    free(match->c2);
    free(match->shares);
}

#endif
