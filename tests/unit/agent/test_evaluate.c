/* SPDX-License-Identifier: Apache-2.0
 * The blinded match over a vault gives the scores of a plain computation, replies of one size, and
 * the same for everybody eligible and nobody.
 */
#include "tests/unit/agent/asked.h"

/* How many items open to each score; [0] counts those that open to none. */
struct tally {
    size_t of[SCORE_MAX + 2];
};

static struct tally open_blinded(const struct asked *asked, const struct evaluated *got)
{
    struct tally tally = {{0}};
    struct err err = {0};
    struct blind_scores *table = blind_scores_new();
    struct blind_opened *opened = NULL;
    struct blind_sharer *sharer = blind_sharer_new(&asked->a, asked->seed, asked->hash);
    uint32_t count = got->reply.count;
    uint8_t *shares = mem_array(count, POINT_BYTES);
    uint8_t proof[PROOF_BYTES];
    const char *agent = "ifa-1";
    must(blind_sharer_add(sharer, agent, got->c1.data, count, shares, &err), &err);
    must(blind_sharer_prove(sharer, &agent, 1, proof, &err), &err);
    must(blind_open(&opened, table, &asked->m, got->c1.data, NULL, got->c2.data, shares, count,
                    NULL, &err),
         &err);
    must(blind_opened_check(&opened, 1, &asked->query.key, asked->hash, proof, NULL, &err), &err);
    for (uint32_t i = 0; i < count; i++) tally.of[blind_opened_score(opened, i) + 1]++;
    blind_opened_free(opened);
    blind_sharer_free(sharer);
    blind_scores_free(table);
    free(shares);
    return tally;
}

struct plain {
    const struct asked *asked;
    struct tally tally;
    size_t count;
};

static bool score_plain(const struct profile *profile, void *ctx, struct err *err)
{
    (void)err;
    struct plain *plain = ctx;
    struct slot_set set;
    profile_slots(profile, plain->asked->plan.catalogue, TODAY, STATUS_FRESH_DAYS, &set);
    plain->tally.of[plan_score(&plain->asked->plan, &set) + 1]++;
    plain->count++;
    return true;
}

static void expect_equal_to_plain(struct vault *vault, const struct asked *asked, size_t *eligible)
{
    struct plain plain = {.asked = asked};
    struct err err = {0};
    must(vault_each(vault, score_plain, &plain, NULL, &err), &err);
    struct evaluated got = run(vault, asked);
    assert_int_equal(got.reply.count, blind_size_class(plain.count));
    assert_int_equal(got.c1.len, got.reply.count * POINT_BYTES);
    assert_int_equal(got.c2.len, got.reply.count * POINT_BYTES);
    plain.tally.of[0] += got.reply.count - plain.count; /* padding opens to nothing */
    struct tally blinded = open_blinded(asked, &got);
    assert_memory_equal(&blinded, &plain.tally, sizeof blinded);
    *eligible += got.reply.count - blinded.of[0];
    evaluated_free(&got);
}

static void test_scores_equal_the_plain_ones(void **state)
{
    struct held *held = *state;
    size_t eligible = 0;
    for (int round = 0; round < 40; round++) {
        if (round % 5 == 0) hold_near_leeds(held->vault, 1 + pick(70));
        char *json = random_request();
        struct asked *asked = ask(json);
        expect_equal_to_plain(held->vault, asked, &eligible);
        asked_free(asked);
        free(json);
    }
    assert_true(eligible > 20); /* the comparison is not one of nothing with nothing */
}

static void test_an_empty_vault_answers(void **state)
{
    struct held *held = *state;
    size_t eligible = 0;
    char *json = random_request();
    struct asked *asked = ask(json);
    expect_equal_to_plain(held->vault, asked, &eligible);
    assert_int_equal(eligible, 0);
    asked_free(asked);
    free(json);
}

static size_t reply_size(const struct evaluated *got)
{
    struct buf body = {0};
    reply_encode(&got->reply, &body);
    size_t size = body.len + got->c1.len + got->c2.len;
    buf_free(&body);
    return size;
}

#define EASY                                                                                       \
    "{\"search_ref\":\"T\",\"children\":[{\"age\":5,\"sex\":\"U\"}],\"placement\":{\"type\":"      \
    "\"PT_LONG\",\"needed_by\":\"later\"}}"
#define IMPOSSIBLE                                                                                 \
    "{\"search_ref\":\"T\",\"children\":[{\"age\":5,\"sex\":\"M\"},{\"age\":6,\"sex\":\"F\"},"     \
    "{\"age\":7,\"sex\":\"F\"},{\"age\":8,\"sex\":\"F\"},{\"age\":9,\"sex\":\"F\"}],"              \
    "\"placement\":{\"type\":\"PT_LONG\",\"needed_by\":\"today\",\"accept_unconfirmed\":false},"   \
    "\"must\":[\"ED_KEEP\"]}"

/* Everybody eligible and nobody: the same number of items, the same bytes on the wire, the same
 * time on the processor but for noise. */
static void test_everybody_and_nobody_look_alike(void **state)
{
    enum { CARERS = 90, ROUNDS = 7 };
    struct held *held = *state;
    struct err err = {0};
    struct vault_changes changes;
    struct profile *profiles = mem_array(CARERS, sizeof *profiles);
    for (unsigned i = 0; i < CARERS; i++) {
        profiles[i] = random_profile(i);
        profiles[i].ages = (1U << 18) - 1;
        profiles[i].places = 1;
        profiles[i].status = STATUS_AVAILABLE;
        profiles[i].status_date = TODAY;
        profiles[i].available_from = NO_DAY;
        profile_hold(&profiles[i],
                     catalogue_find(catalogue_get(CATALOGUE_VERSION), "PT_LONG")->slot);
    }
    must(vault_import(held->vault, profiles, CARERS, true, false, &changes, &err), &err);
    free(profiles);
    struct asked *easy = ask(EASY);
    struct asked *impossible = ask(IMPOSSIBLE);
    int64_t best[2] = {INT64_MAX, INT64_MAX};
    for (int round = 0; round < ROUNDS; round++) {
        for (int which = 0; which < 2; which++) {
            const struct asked *asked = which ? impossible : easy;
            int64_t start = clock_cpu_us();
            struct evaluated got = run(held->vault, asked);
            int64_t used = clock_cpu_us() - start;
            if (used < best[which]) best[which] = used;
            struct tally tally = open_blinded(asked, &got);
            assert_int_equal(got.reply.count - tally.of[0], which ? 0 : CARERS);
            assert_int_equal(got.reply.count, blind_size_class(CARERS));
            struct evaluated other = run(held->vault, which ? easy : impossible);
            assert_int_equal(reply_size(&got), reply_size(&other));
            evaluated_free(&got);
            evaluated_free(&other);
        }
    }
    print_message("everybody %lld us, nobody %lld us\n", (long long)best[0], (long long)best[1]);
    assert_true(best[0] < best[1] * 5 / 4 && best[1] < best[0] * 5 / 4);
    asked_free(easy);
    asked_free(impossible);
}

/* Points that do not decode turn the carers that hold them into dummies; nothing is refused. */
static void test_bad_points_become_dummies(void **state)
{
    struct held *held = *state;
    hold_near_leeds(held->vault, 30);
    struct asked *asked = ask(EASY);
    for (size_t i = 0; i + 2 * CIPHERTEXT_BYTES < asked->query.ciphertexts.len; i++) {
        asked->query.ciphertexts.data[i] = 0xff;
    }
    struct evaluated got = run(held->vault, asked);
    struct tally tally = open_blinded(asked, &got);
    assert_int_equal(got.reply.count, 32);
    assert_int_equal(tally.of[0], 32);
    evaluated_free(&got);
    asked_free(asked);
}

/* Two replies to one query share no item: each evaluation has a seed of its own. */
static void test_replies_are_fresh(void **state)
{
    struct held *held = *state;
    hold_near_leeds(held->vault, 10);
    struct asked *asked = ask(EASY);
    struct evaluated a = run(held->vault, asked);
    struct evaluated b = run(held->vault, asked);
    for (uint32_t i = 0; i < a.reply.count; i++) {
        for (uint32_t j = 0; j < b.reply.count; j++) {
            assert_memory_not_equal(a.c1.data + i * POINT_BYTES, b.c1.data + j * POINT_BYTES,
                                    POINT_BYTES);
        }
    }
    assert_memory_not_equal(a.reply.seed_commitment, b.reply.seed_commitment, HASH_BYTES);
    assert_memory_equal(a.reply.query_hash, asked->hash, HASH_BYTES);
    uint8_t half[HASH_BYTES];
    reply_half_hash(half, 1, a.c1.data, a.c1.len);
    assert_memory_equal(half, a.reply.c1_hash, HASH_BYTES);
    reply_half_hash(half, 2, a.c2.data, a.c2.len);
    assert_memory_equal(half, a.reply.c2_hash, HASH_BYTES);
    evaluated_free(&a);
    evaluated_free(&b);
    asked_free(asked);
}

static void test_a_corrupt_vault_gives_no_reply(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct store_txn *txn = NULL;
    struct evaluated got = {0};
    uint8_t key[RECORD_KEY_BYTES];
    hold_near_leeds(held->vault, 5);
    vault_record_key(&held->vault->keys, "C-00002", key);
    must(store_begin(held->vault->store, true, &txn, &err), &err);
    must(store_delete(txn, TABLE_RECORDS, key, sizeof key, NULL, &err), &err);
    must(store_commit(txn, &err), &err);
    struct asked *asked = ask(EASY);
    assert_false(try_evaluate(held->vault, asked, &got, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_null(got.c1.data);
    asked_free(asked);
}

int main(void)
{
#define WITH_VAULT(test) cmocka_unit_test_setup_teardown(test, held_set_up, held_tear_down)
    const struct CMUnitTest tests[] = {
        WITH_VAULT(test_scores_equal_the_plain_ones),
        WITH_VAULT(test_an_empty_vault_answers),
        WITH_VAULT(test_everybody_and_nobody_look_alike),
        WITH_VAULT(test_bad_points_become_dummies),
        WITH_VAULT(test_replies_are_fresh),
        WITH_VAULT(test_a_corrupt_vault_gives_no_reply),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
