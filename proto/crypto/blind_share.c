/* SPDX-License-Identifier: Apache-2.0
 * The LA's shares S[j] = a * C1[j], each point once, and the proof of all of them. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/crypto/blind.h"
#include "proto/crypto/seen.h"

/* One reply that was taken. */
struct taken {
    char *agent;
    size_t count;
    struct point *decoded;
    uint8_t *c1, *shares;
    bool proved;
    struct taken *next;
};

struct sharer_secrets {
    struct scalar a;
    uint8_t seed[SEED_BYTES];
};

struct blind_sharer {
    /* Held shared while shares are made, exclusively for the proof: a is not wiped under a
     * multiplication. */
    pthread_rwlock_t use;
    pthread_mutex_t lock; /* replies, items, seen */
    struct secret secret; /* struct sharer_secrets */
    uint8_t query_hash[HASH_BYTES];
    struct taken *replies;
    size_t items, items_max;
    struct seen *seen;
    struct pool *pool; /* NULL: the calling thread alone */
    bool closed;
};

struct blind_sharer *blind_sharer_new(const struct scalar *a, const uint8_t seed[SEED_BYTES],
                                      const uint8_t query_hash[HASH_BYTES])
{
    struct blind_sharer *sharer = mem_new(struct blind_sharer);
    REQUIRE(pthread_rwlock_init(&sharer->use, NULL) == 0);
    REQUIRE(pthread_mutex_init(&sharer->lock, NULL) == 0);
    sharer->secret = secret_new(sizeof(struct sharer_secrets));
    struct sharer_secrets *secrets = (void *)sharer->secret.data;
    secrets->a = *a;
    memcpy(secrets->seed, seed, SEED_BYTES);
    memcpy(sharer->query_hash, query_hash, HASH_BYTES);
    sharer->seen = seen_new();
    sharer->items_max = BLIND_QUERY_ITEMS_MAX;
    return sharer;
}

void blind_sharer_limit(struct blind_sharer *sharer, size_t items)
{
    REQUIRE(items > 0 && items <= BLIND_QUERY_ITEMS_MAX && sharer->items == 0);
    sharer->items_max = items;
}

void blind_sharer_workers(struct blind_sharer *sharer, struct pool *pool)
{
    sharer->pool = pool;
}

static struct taken *taken_new(const char *agent, const uint8_t *c1, size_t count)
{
    struct taken *taken = mem_new(struct taken);
    taken->agent = mem_string(agent);
    taken->count = count;
    taken->decoded = mem_array(count, sizeof(struct point));
    taken->c1 = mem_copy(c1, count * POINT_BYTES);
    taken->shares = mem_array(count, POINT_BYTES);
    return taken;
}

static void taken_free(struct taken *taken)
{
    if (!taken) return;
    free(taken->decoded);
    sodium_memzero(taken->shares, taken->count * POINT_BYTES);
    free(taken->shares);
    free(taken->c1);
    free(taken->agent);
    free(taken);
}

void blind_sharer_free(struct blind_sharer *sharer)
{
    if (!sharer) return;
    for (struct taken *taken = sharer->replies, *next; taken; taken = next) {
        next = taken->next;
        taken_free(taken);
    }
    seen_free(sharer->seen);
    secret_free(&sharer->secret);
    (void)pthread_mutex_destroy(&sharer->lock);
    (void)pthread_rwlock_destroy(&sharer->use);
    free(sharer);
}

static struct taken *find(const struct blind_sharer *sharer, const char *agent)
{
    struct taken *taken = sharer->replies;
    while (taken && strcmp(taken->agent, agent) != 0) taken = taken->next;
    return taken;
}

MUST_CHECK static bool refuse_point(struct err *err, size_t index, const char *why)
{
    char field[ERR_FIELD_MAX];
    (void)snprintf(field, sizeof field, "c1[%zu]", index);
    return err_set(err, ERR_INVALID, field, "%s", why);
}

/* With the lock held: may a reply of that agent with that many items be taken? */
MUST_CHECK static bool admit(const struct blind_sharer *sharer, const char *agent, size_t count,
                             struct err *err)
{
    if (find(sharer, agent))
        return err_set(err, ERR_EXISTS, "agent", "%s has answered this query already", agent);
    if (count > sharer->items_max - sharer->items) {
        return err_set(err, ERR_BUDGET, "c1", "%zu items after %zu; at most %zu a query", count,
                       sharer->items, sharer->items_max);
    }
    return true;
}

enum { ITEMS_A_TASK = 64 };

static bool decode_span(size_t first, size_t end, void *ctx, struct err *err)
{
    struct taken *taken = ctx;
    bool ok = true;
    for (size_t i = first; ok && i < end; i++) {
        if (!point_decode(&taken->decoded[i], taken->c1 + i * POINT_BYTES)) {
            ok = refuse_point(err, i, "not a canonical ristretto255 point");
        } else if (point_is_identity(&taken->decoded[i])) {
            ok = refuse_point(err, i, "the identity; must be a fresh random point");
        }
    }
    return ok;
}

MUST_CHECK static bool refuse_repeats(const struct taken *taken, struct err *err)
{
    struct seen *own = seen_new();
    bool ok = true;
    for (size_t i = 0; ok && i < taken->count; i++) {
        if (!seen_add(own, taken->c1 + i * POINT_BYTES))
            ok = refuse_point(err, i, "stands in this reply twice");
    }
    seen_free(own);
    return ok;
}

/* Decodes the points; refuses what is wrong with the reply on its own. */
MUST_CHECK static bool decode(struct taken *taken, struct pool *pool, struct err *err)
{
    return pool_each_span(pool, taken->count, ITEMS_A_TASK, decode_span, taken, err) &&
           refuse_repeats(taken, err);
}

/* With the lock held: all points are new to this query, or nothing is kept. */
MUST_CHECK static bool keep(struct blind_sharer *sharer, struct taken *taken, struct err *err)
{
    if (!admit(sharer, taken->agent, taken->count, err)) return false;
    for (size_t i = 0; i < taken->count; i++) {
        if (seen_has(sharer->seen, taken->c1 + i * POINT_BYTES))
            return refuse_point(err, i, "came in an earlier reply to this query");
    }
    for (size_t i = 0; i < taken->count; i++)
        REQUIRE(seen_add(sharer->seen, taken->c1 + i * POINT_BYTES));
    taken->next = sharer->replies;
    sharer->replies = taken;
    sharer->items += taken->count;
    return true;
}

struct multiplication {
    struct taken *taken;
    const struct sharer_secrets *secrets;
};

static bool multiply_span(size_t first, size_t end, void *ctx, struct err *err)
{
    const struct multiplication *work = ctx;
    struct point share;
    (void)err;
    for (size_t i = first; i < end; i++) {
        point_mul(&share, &work->taken->decoded[i], &work->secrets->a);
        point_encode(work->taken->shares + i * POINT_BYTES, &share);
    }
    sodium_memzero(&share, sizeof share);
    return true;
}

static void multiply(const struct blind_sharer *sharer, struct taken *taken)
{
    struct multiplication work = {taken, (const void *)sharer->secret.data};
    struct err err;
    REQUIRE(pool_each_span(sharer->pool, taken->count, ITEMS_A_TASK, multiply_span, &work, &err));
}

MUST_CHECK static bool refuse_closed(struct err *err)
{
    return err_set(err, ERR_EXPIRED, "", "the shares of this query have been proved; it is closed");
}

/* With `use` held shared. The lock is let go for the arithmetic, so that replies proceed in
 * parallel. */
MUST_CHECK static bool add_reply(struct blind_sharer *sharer, struct taken *taken, struct err *err)
{
    (void)pthread_mutex_lock(&sharer->lock);
    bool ok = admit(sharer, taken->agent, taken->count, err);
    (void)pthread_mutex_unlock(&sharer->lock);
    if (!ok || !decode(taken, sharer->pool, err)) return false;

    (void)pthread_mutex_lock(&sharer->lock);
    ok = keep(sharer, taken, err);
    (void)pthread_mutex_unlock(&sharer->lock);
    if (ok) multiply(sharer, taken);
    return ok;
}

bool blind_sharer_add(struct blind_sharer *sharer, const char *agent, const uint8_t *c1,
                      uint32_t count, uint8_t *shares, struct err *err)
{
    if (count == 0 || count > BLIND_ITEMS_MAX) {
        return err_set(err, ERR_INVALID, "c1", "%u items; must be 1 to %d", count, BLIND_ITEMS_MAX);
    }
    struct taken *taken = taken_new(agent, c1, count);
    (void)pthread_rwlock_rdlock(&sharer->use);
    bool ok = sharer->closed ? refuse_closed(err) : add_reply(sharer, taken, err);
    if (ok)
        memcpy(shares, taken->shares, count * (size_t)POINT_BYTES);
    else
        taken_free(taken);
    (void)pthread_rwlock_unlock(&sharer->use);
    return ok;
}

/* Everything that enters the proof, in the order of the named agents. */
struct batch {
    struct point *decoded;
    uint8_t *c1, *shares;
    size_t count, capacity;
};

static void batch_take(struct batch *batch, struct taken *taken)
{
    memcpy(&batch->decoded[batch->count], taken->decoded, taken->count * sizeof *batch->decoded);
    memcpy(batch->c1 + batch->count * POINT_BYTES, taken->c1, taken->count * POINT_BYTES);
    memcpy(batch->shares + batch->count * POINT_BYTES, taken->shares, taken->count * POINT_BYTES);
    batch->count += taken->count;
    taken->proved = true;
}

MUST_CHECK static bool gather(struct blind_sharer *sharer, const char *const *agents,
                              size_t agent_count, struct batch *batch, struct err *err)
{
    for (size_t i = 0; i < agent_count; i++) {
        struct taken *taken = find(sharer, agents[i]);
        if (!taken) {
            return err_set(err, ERR_NOT_FOUND, "agents", "no reply of %.32s was taken", agents[i]);
        }
        if (taken->proved)
            return err_set(err, ERR_EXISTS, "agents", "%s is named twice", taken->agent);
        batch_take(batch, taken);
    }
    return true;
}

/* With `use` held exclusively. */
MUST_CHECK static bool prove(struct blind_sharer *sharer, const char *const *agents,
                             size_t agent_count, uint8_t out[PROOF_BYTES], struct err *err)
{
    const struct sharer_secrets *secrets = (const void *)sharer->secret.data;
    struct batch batch = {.capacity = sharer->items};
    batch.decoded = mem_array(batch.capacity, sizeof(struct point));
    batch.c1 = mem_array(batch.capacity, POINT_BYTES);
    batch.shares = mem_array(batch.capacity, POINT_BYTES);

    bool ok = gather(sharer, agents, agent_count, &batch, err);
    if (ok) {
        proof_shares_make(out, sharer->query_hash, HASH_BYTES, &secrets->a, batch.c1, batch.shares,
                          batch.decoded, batch.count, secrets->seed, sharer->pool);
    }
    free(batch.decoded);
    sodium_memzero(batch.shares, batch.capacity * POINT_BYTES);
    free(batch.shares);
    free(batch.c1);
    return ok;
}

bool blind_sharer_prove(struct blind_sharer *sharer, const char *const *agents, size_t agent_count,
                        uint8_t out[PROOF_BYTES], struct err *err)
{
    (void)pthread_rwlock_wrlock(&sharer->use);
    bool ok = sharer->closed ? refuse_closed(err) : prove(sharer, agents, agent_count, out, err);
    sharer->closed = true;
    secret_free(&sharer->secret);
    (void)pthread_rwlock_unlock(&sharer->use);
    return ok;
}
