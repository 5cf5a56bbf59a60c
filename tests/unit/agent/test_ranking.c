/* SPDX-License-Identifier: Apache-2.0
 * The agency's own carers by a referral: the scores of the plain match, the musts that each misses,
 * near misses, order; at both stages.
 */
#include "agent/ranking.h"
#include "tests/unit/agent/asked.h"

struct expected {
    const struct plan *plan;
    const struct ranking *ranking;
    size_t eligible, seen;
};

static const struct ranked *find(const struct ranking *ranking, const char *ref)
{
    for (size_t i = 0; i < ranking->count; i++) {
        if (strcmp(ranking->items[i]->ref, ref) == 0) return ranking->items[i];
    }
    return NULL;
}

static bool compare_one(const struct profile *profile, void *ctx, struct err *err)
{
    (void)err;
    struct expected *expected = ctx;
    struct slot_set set;
    profile_slots(profile, expected->plan->catalogue, TODAY, STATUS_FRESH_DAYS, &set);
    int score = plan_score(expected->plan, &set);
    const struct ranked *ranked = find(expected->ranking, profile->ref);
    if (ranked) expected->seen++;
    if (score != SCORE_NONE) {
        expected->eligible++;
        assert_non_null(ranked);
        if (!ranked) return false; /* for analysers: the assertion has ended the test */
        assert_int_equal(ranked->score, score);
        assert_int_equal(ranked->missed, 0);
        assert_string_equal(ranked->name, profile->name);
    } else if (ranked) {
        assert_int_equal(ranked->score, SCORE_NONE);
        assert_int_equal(ranked->missed, 1);
    }
    return true;
}

static void expect_order(const struct ranking *ranking)
{
    for (size_t i = 1; i < ranking->count; i++) {
        const struct ranked *a = ranking->items[i - 1], *b = ranking->items[i];
        assert_true(a->score > b->score || (a->score == b->score && strcmp(a->ref, b->ref) < 0));
    }
}

/* Of the request as the LA has it: at the full stage the same scores; at the profile stage nobody
 * is missed who is eligible, and the place adds no more than it is said to. */
static void expect_like_the_match(struct vault *vault, const struct plan *match,
                                  const struct ranking *ranking, const struct referral *referral)
{
    struct ranking plain;
    struct err err = {0};
    must(ranking_make(vault, match, NULL, TODAY, STATUS_FRESH_DAYS, &plain, &err), &err);
    assert_int_equal(plain.count, plain.eligible);
    int most = referral_place_points(referral) + (int)referral->prefer_count + 1;
    for (size_t i = 0; i < plain.count; i++) {
        const struct ranked *told = find(ranking, plain.items[i]->ref);
        assert_non_null(told);
        int more = plain.items[i]->score - told->score;
        assert_true(referral->stage == STAGE_FULL ? more == 0 : more >= 0 && more <= most);
    }
    if (referral->stage == STAGE_FULL) assert_int_equal(plain.count, ranking->eligible);
    ranking_free(&plain);
}

static void rank_and_compare(struct vault *vault, const struct request *request,
                             enum referral_stage stage, size_t *eligible, size_t *near)
{
    struct err err = {0};
    struct plan *match = mem_new(struct plan), *plan = mem_new(struct plan);
    struct referral *referral = mem_new(struct referral);
    struct ranking ranking;
    must(plan_make(request, catalogue_get(CATALOGUE_VERSION), match, &err), &err);
    referral_make(request, match, stage, referral);
    referral_plan(referral, plan);
    must(ranking_make(vault, plan, referral, TODAY, STATUS_FRESH_DAYS, &ranking, &err), &err);
    struct expected expected = {.plan = plan, .ranking = &ranking};
    must(vault_each(vault, compare_one, &expected, NULL, &err), &err);
    assert_int_equal(expected.eligible, ranking.eligible);
    assert_int_equal(expected.seen, ranking.count);
    expect_order(&ranking);
    expect_like_the_match(vault, match, &ranking, referral);
    *eligible += ranking.eligible;
    *near += ranking.count - ranking.eligible;
    ranking_free(&ranking);
    free(match);
    free(plan);
    free(referral);
}

static void test_scores_and_misses(void **state)
{
    struct held *held = *state;
    size_t eligible = 0, near = 0;
    for (int round = 0; round < 60; round++) {
        if (round % 6 == 0) hold_near_leeds(held->vault, 1 + pick(90));
        char *json = random_request();
        struct request *request = parse_request(json);
        rank_and_compare(held->vault, request, round % 2 ? STAGE_FULL : STAGE_PROFILE, &eligible,
                         &near);
        free(request);
        free(json);
    }
    assert_true(eligible > 20 && near > 20);
}

/* One household that fits, and copies of it that each miss another must. */
static void test_which_must_is_missed(void **state)
{
    static const char json[] =
        "{\"search_ref\":\"T\",\"children\":[{\"age\":5,\"sex\":\"F\"}],\"placement\":{\"type\":"
        "\"PT_LONG\",\"needed_by\":\"today\",\"accept_unconfirmed\":false},\"must\":[\"DS_AUT\"],"
        "\"prefer\":{\"AV_OOH\":3}}";
    struct held *held = *state;
    struct err err = {0};
    struct vault_changes changes;
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    struct profile profiles[6] = {{.ages = 1u << 5,
                                   .takes_f = true,
                                   .places = 1,
                                   .approved_places = 1,
                                   .status = STATUS_AVAILABLE,
                                   .status_date = TODAY,
                                   .available_from = NO_DAY}};
    profile_hold(&profiles[0], catalogue_find(catalogue, "PT_LONG")->slot);
    struct profile bare = profiles[0];
    profile_hold(&profiles[0], catalogue_find(catalogue, "DS_AUT")->slot);
    for (int i = 1; i < 6; i++) profiles[i] = profiles[0];
    profile_hold(&profiles[0], catalogue_find(catalogue, "AV_OOH")->slot);
    profiles[1].ages = 1u << 6;
    profiles[2].status = STATUS_FULL;
    profiles[3] = bare;
    profiles[4].takes_f = false;
    profiles[4].takes_m = true;
    profiles[5].ages = 1u << 6; /* two at once: not a near miss */
    profiles[5].places = 0;
    for (int i = 0; i < 6; i++) (void)snprintf(profiles[i].ref, 8, "H-%d", i);
    must(vault_import(held->vault, profiles, 6, true, false, &changes, &err), &err);
    struct request *request = parse_request(json);
    struct plan *plan = mem_new(struct plan);
    struct referral *referral = mem_new(struct referral);
    struct ranking ranking;
    must(plan_make(request, catalogue, plan, &err), &err);
    referral_make(request, plan, STAGE_PROFILE, referral);
    must(ranking_make(held->vault, plan, referral, TODAY, STATUS_FRESH_DAYS, &ranking, &err), &err);
    assert_int_equal(ranking.count, 5);
    assert_int_equal(ranking.eligible, 1);
    assert_string_equal(ranking.items[0]->ref, "H-0");
    assert_true(ranked_likes(ranking.items[0], 0) && !ranked_likes(ranking.items[1], 0));
    static const enum need_kind missed[] = {NEED_SLOT, NEED_AVAILABLE, NEED_SLOT, NEED_SLOT};
    static const char *const codes[] = {"AGE_5", "", "DS_AUT", "SEX_F"};
    for (size_t i = 1; i < ranking.count; i++) {
        for (size_t n = 0; n < ranking.need_count; n++) {
            if (ranked_meets(ranking.items[i], n)) continue;
            assert_int_equal(ranking.needs[n].kind, missed[i - 1]);
            if (missed[i - 1] != NEED_SLOT) continue;
            uint16_t slot = i == 1 ? catalogue_age_slot(catalogue, 5)
                                   : catalogue_find(catalogue, codes[i - 1])->slot;
            assert_int_equal(ranking.needs[n].slot, slot);
        }
    }
    ranking_free(&ranking);
    free(request);
    free(plan);
    free(referral);
}

int main(void)
{
#define WITH_VAULT(test) cmocka_unit_test_setup_teardown(test, held_set_up, held_tear_down)
    const struct CMUnitTest tests[] = {
        WITH_VAULT(test_scores_and_misses),
        WITH_VAULT(test_which_must_is_missed),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
