/* SPDX-License-Identifier: Apache-2.0
 * Hub, matcher and contributors of one small table, for the tests of contributions.
 */
#ifndef HEARTH_TEST_CONTRIBUTION_SCENE_H
#define HEARTH_TEST_CONTRIBUTION_SCENE_H

#include <sodium.h>
#include <stdlib.h>

#include "proto/figures/contribution.h"
#include "tests/unit/proto/crypto/check_hex.h"

enum { CELLS = 12 };
#define STATEMENT "manifest, key, who, table"
#define SUM "manifest, table, set"

/* Keys of hub and matcher, and the sum of what was contributed. */
struct scene {
    struct scalar u, m;
    struct point hub_key, matcher_key, joint;
    struct ciphertext sum[CELLS];
    int64_t plain[CELLS];
    struct sum_finder *finder;
};

/* One party's table. */
struct entry {
    int32_t values[CELLS];
    uint8_t ciphertexts[CELLS * CIPHERTEXT_BYTES], proof[PROOF_BYTES];
};

static inline void join_keys(struct scene *scene)
{
    point_mul_base(&scene->hub_key, &scene->u);
    point_mul_base(&scene->matcher_key, &scene->m);
    point_add(&scene->joint, &scene->hub_key, &scene->matcher_key);
}

static inline int scene_new(void **state)
{
    struct scene *scene = mem_new(struct scene);
    scalar_random(&scene->u);
    scalar_random(&scene->m);
    join_keys(scene);
    ciphertexts_zero(scene->sum, CELLS);
    scene->finder = sum_finder_new(UINT64_C(8) * CONTRIBUTION_VALUE_MAX, CELLS, NULL);
    *state = scene;
    return 0;
}

static inline int scene_free(void **state)
{
    struct scene *scene = *state;
    sum_finder_free(scene->finder);
    free(scene);
    return 0;
}

static inline void encrypt_for(const struct scene *scene, struct entry *entry,
                               const char *statement)
{
    uint8_t seed[SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    contribution_encrypt(&scene->joint, entry->values, CELLS, statement, strlen(statement), seed,
                         NULL, entry->ciphertexts, entry->proof);
}

static inline void random_entry(const struct scene *scene, struct entry *entry,
                                const char *statement)
{
    for (size_t i = 0; i < CELLS; i++) entry->values[i] = (int32_t)randombytes_uniform(2001) - 1000;
    encrypt_for(scene, entry, statement);
}

static inline bool check_for(const struct scene *scene, const struct entry *entry,
                             const char *statement, struct ciphertext *out, struct err *err)
{
    return contribution_check(&scene->joint, entry->ciphertexts, CELLS, statement,
                              strlen(statement), entry->proof, NULL, out, err);
}

static inline void assert_refused(const struct scene *scene, const struct entry *entry,
                                  const char *statement, enum err_code code, const char *field)
{
    struct ciphertext out[CELLS];
    struct err err;
    assert_false(check_for(scene, entry, statement, out, &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.field, field);
}

/* Checks and adds up, beside the plain sum. */
static inline void contribute(struct scene *scene, const struct entry *entry)
{
    struct ciphertext checked[CELLS];
    struct err err;
    assert_true(check_for(scene, entry, STATEMENT, checked, &err));
    contribution_add(scene->sum, checked, CELLS, NULL);
    for (size_t i = 0; i < CELLS; i++) scene->plain[i] += entry->values[i];
}

/* The matcher's half of `sum`. */
struct half {
    uint8_t shares[CELLS * POINT_BYTES], proof[PROOF_BYTES];
};

static inline void half_open(const struct scene *scene, const struct ciphertext *sum,
                             struct half *half)
{
    uint8_t seed[SEED_BYTES];
    struct err err;
    randombytes_buf(seed, sizeof seed);
    assert_true(sum_half_open(&scene->m, sum, CELLS, SUM, strlen(SUM), seed, NULL, half->shares,
                              half->proof, &err));
}

static inline bool open_with(const struct scene *scene, const struct ciphertext *sum,
                             const struct half *half, int64_t *out, struct err *err)
{
    return sum_open(&scene->u, &scene->matcher_key, sum, CELLS, half->shares, half->proof, SUM,
                    strlen(SUM), scene->finder, NULL, out, err);
}

static inline void assert_opens(const struct scene *scene)
{
    struct half half;
    int64_t out[CELLS];
    struct err err;
    half_open(scene, scene->sum, &half);
    assert_true(open_with(scene, scene->sum, &half, out, &err));
    assert_memory_equal(out, scene->plain, sizeof out);
}

static inline void assert_not_opened(const struct scene *scene, const struct ciphertext *sum,
                                     const struct half *half, enum err_code code, const char *field)
{
    int64_t out[CELLS] = {77};
    struct err err;
    assert_false(open_with(scene, sum, half, out, &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.field, field);
    assert_int_equal(out[0], 77);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_new, scene_free)

#endif
