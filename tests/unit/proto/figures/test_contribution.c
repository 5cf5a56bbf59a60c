/* SPDX-License-Identifier: Apache-2.0
 * Contributions against the vectors of an independent program, and their sums against plain ones.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/proto/figures/contribution_scene.h"
#include "tests/vectors/contribution.h"

static void read_hex_scalar(const char *hex, struct scalar *out)
{
    uint8_t bytes[SCALAR_BYTES];
    size_t len = 0;
    assert_int_equal(sodium_hex2bin(bytes, sizeof bytes, hex, strlen(hex), NULL, &len, NULL), 0);
    assert_true(scalar_decode(out, bytes));
}

static void contributions_follow_the_written_definition(void **state)
{
    (void)state;
    enum { VALUES = sizeof VECTOR_CONTRIBUTION_VALUES / sizeof *VECTOR_CONTRIBUTION_VALUES };
    static const int32_t zero[] = {0};
    struct scene scene;
    struct err err;
    struct ciphertext checked[VALUES];
    uint8_t seed[SEED_BYTES], ciphertexts[VALUES * CIPHERTEXT_BYTES], proof[PROOF_BYTES];
    struct pool *pool = pool_start(2);
    read_hex_scalar(VECTOR_CONTRIBUTION_U, &scene.u);
    read_hex_scalar(VECTOR_CONTRIBUTION_M, &scene.m);
    join_keys(&scene);
    for (unsigned i = 0; i < SEED_BYTES; i++) seed[i] = (uint8_t)i;
    contribution_encrypt(&scene.joint, VECTOR_CONTRIBUTION_VALUES, VALUES, STATEMENT,
                         strlen(STATEMENT), seed, pool, ciphertexts, proof);
    assert_hex(ciphertexts, sizeof ciphertexts, VECTOR_CONTRIBUTION);
    assert_hex(proof, sizeof proof, VECTOR_CONTRIBUTION_PROOF);
    assert_true(contribution_check(&scene.joint, ciphertexts, VALUES, STATEMENT, strlen(STATEMENT),
                                   proof, pool, checked, &err));
    for (unsigned i = 0; i < SEED_BYTES; i++) seed[i] = (uint8_t)(200 + i);
    contribution_encrypt(&scene.joint, zero, 1, STATEMENT, strlen(STATEMENT), seed, pool,
                         ciphertexts, proof);
    assert_hex(ciphertexts, CIPHERTEXT_BYTES, VECTOR_CONTRIBUTION_ZERO);
    assert_hex(proof, sizeof proof, VECTOR_CONTRIBUTION_ZERO_PROOF);
    pool_stop(pool);
}

static void sums_open_to_the_plain_sums(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 8; i++) {
        struct entry entry;
        random_entry(scene, &entry, STATEMENT);
        contribute(scene, &entry);
        assert_opens(scene);
    }
}

/* More cells than a task has, so that the workers share them: 200 cells of 5 parties. */
static void workers_change_nothing(void **state)
{
    const struct scene *scene = *state;
    enum { MANY = 200 };
    struct pool *pool = pool_start(3);
    int32_t *values = mem_array(MANY, sizeof *values);
    int64_t *plain = mem_array(MANY, sizeof *plain), *opened = mem_array(MANY, sizeof *opened);
    uint8_t *ciphertexts = mem_array(MANY, CIPHERTEXT_BYTES);
    uint8_t *shares = mem_array(MANY, POINT_BYTES);
    struct ciphertext *sum = mem_array(MANY, sizeof *sum), *more = mem_array(MANY, sizeof *more);
    uint8_t seed[SEED_BYTES] = {0}, proof[PROOF_BYTES];
    struct err err;
    ciphertexts_zero(sum, MANY);
    for (uint8_t party = 0; party < 5; party++) {
        seed[0] = party;
        for (size_t i = 0; i < MANY; i++) {
            values[i] = (int32_t)randombytes_uniform(1 << 22) - CONTRIBUTION_VALUE_MAX;
            plain[i] += values[i];
        }
        contribution_encrypt(&scene->joint, values, MANY, "s", 1, seed, pool, ciphertexts, proof);
        assert_true(
            contribution_check(&scene->joint, ciphertexts, MANY, "s", 1, proof, pool, more, &err));
        contribution_add(sum, more, MANY, pool);
    }
    assert_true(sum_half_open(&scene->m, sum, MANY, SUM, 3, seed, pool, shares, proof, &err));
    assert_true(sum_open(&scene->u, &scene->matcher_key, sum, MANY, shares, proof, SUM, 3,
                         scene->finder, pool, opened, &err));
    assert_memory_equal(opened, plain, MANY * sizeof *opened);
    free(values);
    free(plain);
    free(opened);
    free(ciphertexts);
    free(shares);
    free(sum);
    free(more);
    pool_stop(pool);
}

static void the_ends_of_the_range_are_values_like_others(void **state)
{
    struct scene *scene = *state;
    struct entry entry = {.values = {CONTRIBUTION_VALUE_MAX, -CONTRIBUTION_VALUE_MAX, 1, -1}};
    encrypt_for(scene, &entry, STATEMENT);
    for (int i = 0; i < 8; i++) contribute(scene, &entry);
    assert_int_equal(scene->plain[1], -8 * CONTRIBUTION_VALUE_MAX);
    assert_opens(scene);
    /* A ninth leaves the range of eight contributors, and nothing is opened. */
    struct half half;
    contribute(scene, &entry);
    half_open(scene, scene->sum, &half);
    assert_not_opened(scene, scene->sum, &half, ERR_INVALID, "cells[0]");
}

static void a_value_beyond_the_range_is_a_bug(void **state)
{
    const struct scene *scene = *state;
    static const int32_t beyond[] = {CONTRIBUTION_VALUE_MAX + 1, -CONTRIBUTION_VALUE_MAX - 1,
                                     INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        pid_t child = fork();
        if (child == 0) {
            struct entry entry = {.values = {0, beyond[i]}};
            (void)signal(SIGABRT, SIG_DFL);
            (void)close(STDERR_FILENO);
            encrypt_for(scene, &entry, STATEMENT);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGABRT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contributions_follow_the_written_definition),
        WITH_SCENE(sums_open_to_the_plain_sums),
        WITH_SCENE(workers_change_nothing),
        WITH_SCENE(the_ends_of_the_range_are_values_like_others),
        WITH_SCENE(a_value_beyond_the_range_is_a_bug),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
