/* SPDX-License-Identifier: Apache-2.0
 * The LA's shares: each point once, each agent once, one proof, from many threads. */
#include <pthread.h>

#include "tests/unit/proto/crypto/match.h"

enum { ITEMS = 16 };

struct desk {
    struct scalar a;
    struct point key;
    uint8_t seed[SEED_BYTES], hash[HASH_BYTES];
    struct blind_sharer *sharer;
    struct err err;
};

static void open_desk(struct desk *desk)
{
    *desk = (struct desk){0};
    scalar_random(&desk->a);
    point_mul_base(&desk->key, &desk->a);
    randombytes_buf(desk->seed, SEED_BYTES);
    randombytes_buf(desk->hash, HASH_BYTES);
    desk->sharer = blind_sharer_new(&desk->a, desk->seed, desk->hash);
}

static void random_points(uint8_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct scalar x;
        struct point point;
        scalar_random(&x);
        point_mul_base(&point, &x);
        point_encode(out + i * POINT_BYTES, &point);
    }
}

/* The proof that the matcher would accept for these encoded points and shares. */
static bool verifies(const struct desk *desk, const uint8_t *c1, const uint8_t *shares,
                     size_t count, const uint8_t proof[PROOF_BYTES])
{
    struct point *points = mem_array(2 * count, sizeof *points);
    for (size_t i = 0; i < count; i++) {
        assert_true(point_decode(&points[i], c1 + i * POINT_BYTES));
        assert_true(point_decode(&points[count + i], shares + i * POINT_BYTES));
    }
    bool ok = proof_shares_check(proof, desk->hash, HASH_BYTES, &desk->key, c1, shares, points,
                                 points + count, count, NULL);
    free(points);
    return ok;
}

static void refused(struct desk *desk, const char *agent, const uint8_t *c1, uint32_t count,
                    enum err_code code)
{
    uint8_t *shares = mem_array(count, POINT_BYTES);
    assert_false(blind_sharer_add(desk->sharer, agent, c1, count, shares, &desk->err));
    assert_int_equal(desk->err.code, code);
    if (count > 0) assert_true(sodium_is_zero(shares, count * (size_t)POINT_BYTES));
    free(shares);
}

static void shares_are_multiples_and_are_proved_in_order(void **state)
{
    (void)state;
    struct desk desk;
    uint8_t c1[3 * ITEMS * POINT_BYTES], shares[sizeof c1], proof[PROOF_BYTES];
    const size_t half = ITEMS * POINT_BYTES;
    open_desk(&desk);
    random_points(c1, 3 * ITEMS);
    /* Arrival: 1, 2, 0. Proof over 0 and 1, in that order; agent 2 is left out. */
    assert_true(blind_sharer_add(desk.sharer, "b", c1 + half, ITEMS, shares + half, &desk.err));
    assert_true(
        blind_sharer_add(desk.sharer, "c", c1 + 2 * half, ITEMS, shares + 2 * half, &desk.err));
    assert_true(blind_sharer_add(desk.sharer, "a", c1, ITEMS, shares, &desk.err));
    for (size_t i = 0; i < 3 * ITEMS; i++) {
        struct point point, share, expected;
        assert_true(point_decode(&point, c1 + i * POINT_BYTES));
        assert_true(point_decode(&share, shares + i * POINT_BYTES));
        point_mul(&expected, &point, &desk.a);
        assert_true(point_equal(&share, &expected));
    }
    const char *const agents[] = {"a", "b"};
    assert_true(blind_sharer_prove(desk.sharer, agents, 2, proof, &desk.err));
    assert_true(verifies(&desk, c1, shares, 2 * ITEMS, proof));
    assert_false(verifies(&desk, c1, shares, 3 * ITEMS, proof));
    assert_false(verifies(&desk, c1, shares, ITEMS, proof));
    blind_sharer_free(desk.sharer);
}

static void bad_points_are_refused_without_trace(void **state)
{
    (void)state;
    struct desk desk;
    uint8_t first[ITEMS * POINT_BYTES], good[sizeof first], bad[sizeof first], proof[PROOF_BYTES];
    uint8_t shares[2 * sizeof first];
    open_desk(&desk);
    random_points(first, ITEMS);
    random_points(good, ITEMS);
    assert_true(blind_sharer_add(desk.sharer, "a", first, ITEMS, shares, &desk.err));

    memcpy(bad, good, sizeof bad);
    bad[(ITEMS - 1) * POINT_BYTES] ^= 1; /* not canonical */
    refused(&desk, "b", bad, ITEMS, ERR_INVALID);
    assert_string_equal(desk.err.field, "c1[15]");
    memcpy(bad, good, sizeof bad);
    memset(bad + 3 * POINT_BYTES, 0, POINT_BYTES); /* the identity */
    refused(&desk, "b", bad, ITEMS, ERR_INVALID);
    memcpy(bad, good, sizeof bad);
    memcpy(bad + 7 * POINT_BYTES, bad, POINT_BYTES); /* twice in one reply */
    refused(&desk, "b", bad, ITEMS, ERR_INVALID);
    memcpy(bad, good, sizeof bad);
    memcpy(bad + 7 * POINT_BYTES, first + 9 * POINT_BYTES, POINT_BYTES); /* another agent's */
    refused(&desk, "b", bad, ITEMS, ERR_INVALID);
    refused(&desk, "b", good, 0, ERR_INVALID);

    /* Nothing of that is left: the same agent and the same points go through. */
    assert_true(blind_sharer_add(desk.sharer, "b", good, ITEMS, shares + sizeof first, &desk.err));
    uint8_t both[2 * sizeof first];
    memcpy(both, first, sizeof first);
    memcpy(both + sizeof first, good, sizeof good);
    const char *const agents[] = {"a", "b"};
    assert_true(blind_sharer_prove(desk.sharer, agents, 2, proof, &desk.err));
    assert_true(verifies(&desk, both, shares, 2 * ITEMS, proof));
    blind_sharer_free(desk.sharer);
}

static void an_agent_is_taken_once(void **state)
{
    (void)state;
    struct desk desk;
    uint8_t c1[ITEMS * POINT_BYTES], more[sizeof c1], shares[sizeof c1];
    open_desk(&desk);
    random_points(c1, ITEMS);
    random_points(more, ITEMS);
    assert_true(blind_sharer_add(desk.sharer, "a", c1, ITEMS, shares, &desk.err));
    refused(&desk, "a", c1, ITEMS, ERR_EXISTS);
    refused(&desk, "a", more, ITEMS, ERR_EXISTS);
    refused(&desk, "b", c1, ITEMS, ERR_INVALID);
    assert_true(blind_sharer_add(desk.sharer, "b", more, ITEMS, shares, &desk.err));
    blind_sharer_free(desk.sharer);
}

/* iB, (i + 1)B, ...: cheap to make in large numbers. */
static void counted_points(uint8_t *out, size_t count, int64_t from)
{
    struct scalar x;
    struct point point, base;
    scalar_from_int(&x, from);
    point_mul_base(&point, &x);
    point_base(&base);
    for (size_t i = 0; i < count; i++) {
        point_encode(out + i * POINT_BYTES, &point);
        point_add(&point, &point, &base);
    }
}

static void a_reply_has_a_limit(void **state)
{
    (void)state;
    struct desk desk;
    uint8_t *c1 = mem_array(BLIND_ITEMS_MAX + 1, POINT_BYTES);
    open_desk(&desk);
    refused(&desk, "a", c1, BLIND_ITEMS_MAX + 1, ERR_INVALID);
    blind_sharer_free(desk.sharer);
    free(c1);
}

static void a_query_has_a_limit(void **state)
{
    (void)state;
    struct desk desk;
    uint8_t c1[3 * ITEMS * POINT_BYTES], shares[2 * ITEMS * POINT_BYTES];
    const size_t half = ITEMS * POINT_BYTES;
    open_desk(&desk);
    random_points(c1, 3 * ITEMS);
    blind_sharer_limit(desk.sharer, 2 * ITEMS);
    assert_true(blind_sharer_add(desk.sharer, "a", c1, ITEMS, shares, &desk.err));
    refused(&desk, "b", c1 + half, ITEMS + 1, ERR_BUDGET);
    assert_true(blind_sharer_add(desk.sharer, "b", c1 + half, ITEMS, shares, &desk.err));
    refused(&desk, "c", c1 + 2 * half, 1, ERR_BUDGET);
    blind_sharer_free(desk.sharer);
}

/* Many points: the set of those seen grows, and still knows every one. */
static void thousands_of_points_are_remembered(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    struct desk desk;
    uint8_t *c1 = mem_array(MANY, POINT_BYTES), *shares = mem_array(MANY, POINT_BYTES);
    open_desk(&desk);
    counted_points(c1, MANY, 1);
    assert_true(blind_sharer_add(desk.sharer, "a", c1, MANY, shares, &desk.err));
    for (size_t i = 0; i < MANY; i++) refused(&desk, "b", c1 + i * POINT_BYTES, 1, ERR_INVALID);
    counted_points(c1, MANY, MANY + 1);
    assert_true(blind_sharer_add(desk.sharer, "b", c1, MANY, shares, &desk.err));
    blind_sharer_free(desk.sharer);
    free(c1);
    free(shares);
}

static void the_proof_is_made_once(void **state)
{
    (void)state;
    static const char *const agents[] = {"a", "a"}, *const unknown[] = {"a", "z"};
    struct {
        const char *const *agents;
        size_t count;
        enum err_code code;
    } cases[] = {{agents, 1, ERR_NONE}, {agents, 2, ERR_EXISTS}, {unknown, 2, ERR_NOT_FOUND}};
    for (size_t i = 0; i < 3; i++) {
        struct desk desk;
        uint8_t c1[ITEMS * POINT_BYTES], shares[sizeof c1], proof[PROOF_BYTES] = {0};
        open_desk(&desk);
        random_points(c1, ITEMS);
        assert_true(blind_sharer_add(desk.sharer, "a", c1, ITEMS, shares, &desk.err));
        bool ok =
            blind_sharer_prove(desk.sharer, cases[i].agents, cases[i].count, proof, &desk.err);
        assert_int_equal(ok, cases[i].code == ERR_NONE);
        if (!ok) assert_int_equal(desk.err.code, cases[i].code);
        if (!ok) assert_true(sodium_is_zero(proof, sizeof proof));
        /* Closed for good, whether it worked or not. */
        assert_false(blind_sharer_prove(desk.sharer, agents, 1, proof, &desk.err));
        assert_int_equal(desk.err.code, ERR_EXPIRED);
        random_points(c1, ITEMS);
        refused(&desk, "b", c1, ITEMS, ERR_EXPIRED);
        blind_sharer_free(desk.sharer);
    }
}

enum { WORKERS = 8, MANY_ITEMS = 1000 };
struct worker {
    pthread_t thread;
    pthread_barrier_t *together;
    struct desk *desk;
    char agent[8];
    uint8_t c1[ITEMS * POINT_BYTES], shares[ITEMS * POINT_BYTES];
    bool mine_taken, points_taken, name_taken;
};

/* Its own reply; one with points that every worker tries to bring in; one under a name that every
 * worker uses. */
static void *work(void *arg)
{
    struct worker *worker = arg;
    struct err err;
    uint8_t shared[ITEMS * POINT_BYTES], fresh[MANY_ITEMS * POINT_BYTES],
        shares[MANY_ITEMS * POINT_BYTES];
    char name[16];
    counted_points(shared, ITEMS, 5);
    counted_points(fresh, MANY_ITEMS, 1000000 * (1 + worker->agent[2]));
    (void)snprintf(name, sizeof name, "x-%s", worker->agent);
    worker->mine_taken = blind_sharer_add(worker->desk->sharer, worker->agent, worker->c1, ITEMS,
                                          worker->shares, &err);
    (void)pthread_barrier_wait(worker->together); /* so that they meet between check and entry */
    worker->name_taken =
        blind_sharer_add(worker->desk->sharer, "same", fresh, MANY_ITEMS, shares, &err);
    worker->points_taken =
        blind_sharer_add(worker->desk->sharer, name, shared, ITEMS, shares, &err);
    return NULL;
}

static void threads_share_one_sharer(void **state)
{
    (void)state;
    struct desk desk;
    struct worker *workers = mem_array(WORKERS, sizeof *workers);
    const char *agents[WORKERS];
    uint8_t c1[WORKERS * ITEMS * POINT_BYTES], shares[sizeof c1], proof[PROOF_BYTES];
    int points_taken = 0, names_taken = 0;
    pthread_barrier_t together;
    assert_int_equal(pthread_barrier_init(&together, NULL, WORKERS), 0);
    open_desk(&desk);
    for (size_t i = 0; i < WORKERS; i++) {
        workers[i].desk = &desk;
        workers[i].together = &together;
        (void)snprintf(workers[i].agent, sizeof workers[i].agent, "w-%zu", i);
        random_points(workers[i].c1, ITEMS);
        agents[i] = workers[i].agent;
    }
    for (size_t i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (size_t i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_true(workers[i].mine_taken);
        points_taken += workers[i].points_taken;
        names_taken += workers[i].name_taken;
        memcpy(c1 + i * sizeof workers[i].c1, workers[i].c1, sizeof workers[i].c1);
        memcpy(shares + i * sizeof workers[i].c1, workers[i].shares, sizeof workers[i].c1);
    }
    assert_int_equal(points_taken, 1);
    assert_int_equal(names_taken, 1);
    assert_true(blind_sharer_prove(desk.sharer, agents, WORKERS, proof, &desk.err));
    assert_true(verifies(&desk, c1, shares, (size_t)WORKERS * ITEMS, proof));
    blind_sharer_free(desk.sharer);
    (void)pthread_barrier_destroy(&together);
    free(workers);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_multiples_and_are_proved_in_order),
        cmocka_unit_test(bad_points_are_refused_without_trace),
        cmocka_unit_test(an_agent_is_taken_once),
        cmocka_unit_test(a_reply_has_a_limit),
        cmocka_unit_test(a_query_has_a_limit),
        cmocka_unit_test(thousands_of_points_are_remembered),
        cmocka_unit_test(the_proof_is_made_once),
        cmocka_unit_test(threads_share_one_sharer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
