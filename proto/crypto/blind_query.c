/* SPDX-License-Identifier: Apache-2.0
 * The LA's half of a query: its key and its ciphertexts, both from one seed. */
#include "proto/crypto/blind.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/mem.h"

MUST_CHECK static bool refuse(struct err *err, size_t index, const char *why)
{
    char field[ERR_FIELD_MAX];
    (void)snprintf(field, sizeof field, "ciphertexts[%zu]", index);
    return err_set(err, ERR_INVALID, field, "%s", why);
}

void blind_query_key(struct scalar *a, struct point *key, const uint8_t seed[SEED_BYTES],
                     const uint8_t query_id[QUERY_ID_BYTES])
{
    struct stream stream;
    stream_start(&stream, "hearth query key", seed, query_id, QUERY_ID_BYTES);
    stream_scalar(&stream, a);
    stream_wipe(&stream);
    point_mul_base(key, a);
}

bool blind_joint_key(struct point *out, const struct point *query_key,
                     const struct point *epoch_key)
{
    if (point_is_identity(query_key) || point_is_identity(epoch_key)) return false;
    struct point sum;
    point_add(&sum, query_key, epoch_key);
    if (point_is_identity(&sum)) return false;
    *out = sum;
    return true;
}

enum { CIPHERTEXTS_A_TASK = 64 };

struct encrypt_tasks {
    uint8_t *out;
    const int16_t *values;
    const struct scalar *scalars;
    const struct point_table *key;
    size_t count;
};

static void encrypt_task(size_t task, void *ctx)
{
    const struct encrypt_tasks *tasks = ctx;
    struct ciphertext ciphertext;
    size_t end = (task + 1) * CIPHERTEXTS_A_TASK;
    if (end > tasks->count) end = tasks->count;
    for (size_t i = task * CIPHERTEXTS_A_TASK; i < end; i++) {
        elgamal_encrypt(&ciphertext, tasks->key, tasks->values[i], &tasks->scalars[i]);
        ciphertext_encode(tasks->out + i * CIPHERTEXT_BYTES, &ciphertext);
    }
    sodium_memzero(&ciphertext, sizeof ciphertext);
}

void blind_query_encrypt(uint8_t *out, const struct blind_layout *layout, const int16_t *values,
                         const struct point *joint_key, const uint8_t seed[SEED_BYTES],
                         const uint8_t query_id[QUERY_ID_BYTES], struct pool *pool)
{
    size_t count = blind_layout_count(layout);
    REQUIRE(count <= BLIND_POSITIONS_MAX);
    struct scalar *scalars = mem_array(count, sizeof *scalars);
    struct point_table *key = point_table_new(joint_key);
    struct stream stream;

    /* The stream is consumed in wire order, whoever encrypts. */
    stream_start(&stream, "hearth query", seed, query_id, QUERY_ID_BYTES);
    for (size_t i = 0; i < count; i++) stream_scalar(&stream, &scalars[i]);
    struct encrypt_tasks tasks = {out, values, scalars, key, count};
    pool_each(pool, (count + CIPHERTEXTS_A_TASK - 1) / CIPHERTEXTS_A_TASK, encrypt_task, &tasks);
    stream_wipe(&stream);
    point_table_free(key);
    sodium_memzero(scalars, count * sizeof *scalars);
    free(scalars);
}

struct check_tasks {
    const uint8_t *ciphertexts;
    size_t count;
    struct err *errors; /* one a task; code ERR_NONE where it went well */
};

static void check_task(size_t task, void *ctx)
{
    const struct check_tasks *tasks = ctx;
    struct ciphertext ciphertext;
    bool ok = true;
    size_t end = (task + 1) * CIPHERTEXTS_A_TASK;
    if (end > tasks->count) end = tasks->count;
    for (size_t i = task * CIPHERTEXTS_A_TASK; ok && i < end; i++) {
        if (!ciphertext_decode(&ciphertext, tasks->ciphertexts + i * CIPHERTEXT_BYTES)) {
            ok = refuse(&tasks->errors[task], i, "not two canonical ristretto255 points");
        } else if (point_is_identity(&ciphertext.c1)) {
            ok = refuse(&tasks->errors[task], i,
                        "its first half is the identity; must be rB for a random r");
        }
    }
}

bool blind_query_check(const uint8_t *ciphertexts, size_t count, struct pool *pool, struct err *err)
{
    size_t task_count = (count + CIPHERTEXTS_A_TASK - 1) / CIPHERTEXTS_A_TASK;
    struct check_tasks tasks = {ciphertexts, count, mem_array(task_count, sizeof(struct err))};
    pool_each(pool, task_count, check_task, &tasks);
    size_t failed = 0;
    while (failed < task_count && tasks.errors[failed].code == ERR_NONE) failed++;
    if (failed < task_count) *err = tasks.errors[failed];
    free(tasks.errors);
    return failed == task_count;
}
