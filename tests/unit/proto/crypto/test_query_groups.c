/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/crypto/query_groups.h"

static const int64_t NOW = 1800000000000;
static const uint8_t HASH[HASH_BYTES] = {1}, OTHER[HASH_BYTES] = {2};

/* Each payment takes one; none are left at 0. */
struct purse {
    int left, asked;
};

static bool pay(void *ctx, struct err *err)
{
    struct purse *purse = ctx;
    purse->asked++;
    if (purse->left == 0) return err_set(err, ERR_BUDGET, "budget", "used up");
    purse->left--;
    return true;
}

static struct query_group group_of(const char *la, uint8_t id)
{
    struct query_group group = {
        .group_id = {id}, .issued_at = NOW, .expires_at = NOW + QUERY_LIFETIME_MS};
    strcpy(group.la, la);
    return group;
}

static enum err_code admit(struct query_groups *groups, const struct query_group *group,
                           const uint8_t *hash, int64_t now_ms, struct purse *purse)
{
    struct err err = {0};
    return query_groups_admit(groups, group, hash, now_ms, pay, purse, &err) ? ERR_NONE : err.code;
}

static void a_group_is_paid_for_once(void **state)
{
    (void)state;
    struct query_groups *groups = query_groups_new();
    struct purse purse = {.left = 3};
    struct query_group group = group_of("la-1", 1), same_id = group_of("la-2", 1);
    for (int i = 0; i < GROUP_QUERIES; i++) {
        assert_int_equal(admit(groups, &group, HASH, NOW, &purse), ERR_NONE);
    }
    assert_int_equal(purse.asked, 1);
    assert_int_equal(admit(groups, &same_id, OTHER, NOW, &purse), ERR_NONE); /* another LA's */
    assert_int_equal(purse.asked, 2);
    assert_int_equal(admit(groups, &group, OTHER, NOW, &purse), ERR_EXISTS);
    assert_int_equal(purse.asked, 2);
    query_groups_free(groups);
}

static void a_refused_member_gives_no_free_ride(void **state)
{
    (void)state;
    struct query_groups *groups = query_groups_new();
    struct purse purse = {.left = 0};
    struct query_group group = group_of("la-1", 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(admit(groups, &group, HASH, NOW, &purse), ERR_BUDGET);
    }
    assert_int_equal(query_groups_count(groups), 0);
    purse.left = 1;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(admit(groups, &group, HASH, NOW, &purse), ERR_NONE);
    }
    assert_int_equal(purse.asked, 4);
    query_groups_free(groups);
}

static void memory_is_bounded_and_ends(void **state)
{
    (void)state;
    struct query_groups *groups = query_groups_new();
    struct purse purse = {.left = 1000};
    for (int i = 0; i < QUERY_GROUPS_PER_LA; i++) {
        struct query_group group = group_of("la-1", (uint8_t)i);
        assert_int_equal(admit(groups, &group, HASH, NOW, &purse), ERR_NONE);
    }
    struct query_group more = group_of("la-1", 200), elsewhere = group_of("la-2", 200);
    struct query_group first = group_of("la-1", 0);
    assert_int_equal(admit(groups, &more, HASH, NOW, &purse), ERR_BUDGET);
    assert_int_equal(admit(groups, &first, HASH, NOW, &purse), ERR_NONE);
    assert_int_equal(admit(groups, &elsewhere, HASH, NOW, &purse), ERR_NONE);
    assert_int_equal(query_groups_count(groups), QUERY_GROUPS_PER_LA + 1);
    assert_int_equal(purse.asked, QUERY_GROUPS_PER_LA + 1);
    int64_t last = more.expires_at + CLOCK_SKEW_MS;
    assert_int_equal(admit(groups, &more, HASH, last, &purse), ERR_BUDGET);
    assert_int_equal(admit(groups, &more, HASH, last + 1, &purse), ERR_NONE);
    assert_int_equal(query_groups_count(groups), 1);
    query_groups_free(groups);
}

struct rush {
    struct query_groups *groups;
    struct purse *purse;
};

static void *come(void *ctx)
{
    struct rush *rush = ctx;
    for (int i = 0; i < 200; i++) {
        struct query_group group = group_of("la-1", (uint8_t)(i / 10));
        if (admit(rush->groups, &group, HASH, NOW, rush->purse) != ERR_NONE) return "refused";
    }
    return NULL;
}

/* Members come in on several threads at once. */
static void one_of_many_at_once_pays(void **state)
{
    (void)state;
    struct query_groups *groups = query_groups_new();
    struct purse purse = {.left = 20};
    struct rush rush = {groups, &purse};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, come, &rush), 0);
    for (int i = 0; i < 4; i++) {
        void *refused = NULL;
        assert_int_equal(pthread_join(threads[i], &refused), 0);
        assert_null(refused);
    }
    assert_int_equal(purse.asked, 20);
    assert_int_equal(purse.left, 0);
    query_groups_free(groups);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_paid_for_once),
        cmocka_unit_test(a_refused_member_gives_no_free_ride),
        cmocka_unit_test(memory_is_bounded_and_ends),
        cmocka_unit_test(one_of_many_at_once_pays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
