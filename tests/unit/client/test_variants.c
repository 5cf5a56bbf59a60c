/* SPDX-License-Identifier: Apache-2.0
 * What an explanation asks, against plans of requests that are changed by hand.
 */
#include "client/variants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

struct scene {
    char *dir;
    struct parties *parties;
    struct party party;
    struct la la;
    const struct catalogue *catalogue;
};

static int set_up(void **state)
{
    struct scene *scene = mem_new(struct scene);
    scene->dir = support_temp_dir();
    scene->parties = parties_new(scene->dir);
    scene->party = parties_add(scene->parties, ROLE_LA, "la-1");
    scene->catalogue = catalogue_get(CATALOGUE_VERSION);
    scene->la = (struct la){.trust = scene->party.trust, .identity = scene->party.identity};
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    party_close(&scene->party);
    parties_free(scene->parties);
    support_temp_dir_remove(scene->dir);
    free(scene);
    return 0;
}

/* must: a JSON list; location: an object, or NULL. */
static struct request *request_of(const struct scene *scene, const char *must, const char *location)
{
    struct request *request = mem_new(struct request);
    struct buf text = {0};
    struct err err = {0};
    buf_format(&text,
               "{\"search_ref\":\"T-1\",\"children\":[{\"age\":9,\"sex\":\"U\"}],\"placement\":"
               "{\"type\":\"PT_LONG\",\"needed_by\":\"today\"},\"must\":%s%s%s}",
               must, location ? ",\"location\":" : "", location ? location : "");
    bool ok = request_parse(text.data, text.len,
                            &(struct request_rules){.catalogue = scene->catalogue}, request, &err);
    if (!ok) fail_msg("%s: %s", err.field, err.text);
    buf_free(&text);
    return request;
}

static struct plan *plan_of(const struct scene *scene, const struct request *request)
{
    struct plan *plan = mem_new(struct plan);
    struct err err = {0};
    assert_true(plan_make(request, scene->catalogue, plan, &err));
    return plan;
}

static void expect_plan(const struct plan *got, const struct plan *wanted)
{
    assert_int_equal(got->musts, wanted->musts);
    assert_int_equal(got->base, wanted->base);
    assert_int_equal(got->quadrant_count, wanted->quadrant_count);
    assert_memory_equal(got->quadrants, wanted->quadrants, sizeof got->quadrants);
    assert_memory_equal(got->hard, wanted->hard, sizeof got->hard);
    assert_memory_equal(got->soft, wanted->soft, sizeof got->soft);
    assert_memory_equal(got->hard_cell, wanted->hard_cell, sizeof got->hard_cell);
    assert_memory_equal(got->soft_cell, wanted->soft_cell, sizeof got->soft_cell);
}

/* The place asks what that request asks. */
static void expect_request(const struct scene *scene, const struct variants *variants, size_t place,
                           struct request *request)
{
    struct plan *plan = plan_of(scene, request);
    expect_plan(&variants->plans[place], plan);
    free(plan);
    free(request);
}

static struct variants *variants_of(const struct scene *scene, const struct request *request)
{
    struct variants *variants = mem_new(struct variants);
    struct err err = {0};
    assert_true(variants_check(request, &err));
    bool ok = variants_make(&scene->la, request, scene->catalogue, variants, &err);
    if (!ok) fail_msg("%s: %s", err.field, err.text);
    return variants;
}

/* Every plan can be written in the one footprint, whose sizes are those of searches. */
static void expect_one_footprint(const struct variants *variants)
{
    size_t count = variants->quadrants;
    assert_true(count == 0 || count == 4 || count == 8 || count == 16);
    for (size_t i = 1; i < count; i++) {
        assert_true(variants->footprint[i] > variants->footprint[i - 1]);
    }
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        free(
            plan_values(&variants->plans[i], variants->footprint, count)); /* aborts if it cannot */
    }
}

static bool holds(const struct variants *variants, uint16_t quadrant)
{
    for (size_t i = 0; i < variants->quadrants; i++) {
        if (variants->footprint[i] == quadrant) return true;
    }
    return false;
}

static void each_must_is_left_out_once(void **state)
{
    struct scene *scene = *state;
    static const char *const less[] = {"[\"RC_MISS\",\"DS_LD\"]", "[\"DS_AUT\",\"DS_LD\"]",
                                       "[\"DS_AUT\",\"RC_MISS\"]"};
    static const char *const codes[] = {"DS_AUT", "RC_MISS", "DS_LD"};
    const char all[] = "[\"DS_AUT\",\"RC_MISS\",\"DS_LD\"]";
    struct request *request = request_of(scene, all, NULL);
    struct variants *variants = variants_of(scene, request);
    assert_int_equal(variants->count, 3);
    assert_int_equal(variants->quadrants, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(variants->list[i].kind, VARIANT_WITHOUT);
        assert_string_equal(catalogue_slot(scene->catalogue, variants->list[i].slot)->code,
                            codes[i]);
        expect_request(scene, variants, i, request_of(scene, less[i], NULL));
    }
    for (size_t i = 3; i < GROUP_QUERIES; i++) {
        expect_request(scene, variants, i, request_of(scene, all, NULL));
    }
    expect_one_footprint(variants);
    free(variants);
    free(request);
}

static char *anchors(int first_km, int second_km)
{
    struct buf text = {0};
    buf_format(&text,
               "{\"combine\":\"any\",\"avoid\":[{\"name\":\"c\",\"at\":\"SE 100 100\","
               "\"within_km\":4}],\"anchors\":[{\"name\":\"a\",\"at\":\"SE 297 338\","
               "\"within_km\":%d,\"weight\":3},{\"name\":\"b\",\"at\":\"SE 320 320\","
               "\"within_km\":%d}]}",
               first_km, second_km);
    buf_u8(&text, 0);
    return (char *)text.data;
}

static struct request *anchored(const struct scene *scene, int first_km, int second_km)
{
    char *location = anchors(first_km, second_km);
    struct request *request = request_of(scene, "[\"DS_AUT\"]", location);
    free(location);
    return request;
}

/* A quarter and a half more of every anchor, in whole km upwards; what is avoided stays. */
static void distances_grow_upwards(void **state)
{
    struct scene *scene = *state;
    static const int km[][6] = {
        /* as asked, a quarter more, a half more */
        {10, 7, 13, 9, 15, 11},
        {1, 2, 2, 3, 2, 3},
        {3, 4, 4, 5, 5, 6},
        {5, 12, 7, 15, 8, 18},
    };
    for (size_t i = 0; i < sizeof km / sizeof *km; i++) {
        struct request *request = anchored(scene, km[i][0], km[i][1]);
        struct variants *variants = variants_of(scene, request);
        assert_int_equal(variants->count, 3);
        for (unsigned quarters = 1; quarters <= 2; quarters++) {
            const struct variant *variant = &variants->list[quarters];
            assert_int_equal(variant->kind, VARIANT_WITHIN);
            assert_int_equal(variant->quarters, quarters);
            assert_false(variant->too_wide);
            expect_request(scene, variants, quarters,
                           anchored(scene, km[i][2 * quarters], km[i][2 * quarters + 1]));
        }
        expect_one_footprint(variants);
        free(variants);
        free(request);
    }
}

/* combine all: the far anchor limits nothing, and 200 km is the most there is. */
static void distances_end_at_200_km(void **state)
{
    struct scene *scene = *state;
    static const int far[] = {200, 170, 200, 200};
    const char format[] = "{\"anchors\":[{\"name\":\"a\",\"at\":\"SE 297 338\",\"within_km\":%d},"
                          "{\"name\":\"b\",\"at\":\"SE 320 320\",\"within_km\":%d,\"weight\":5}]}";
    for (size_t i = 0; i < 2; i++) {
        char given[300], longer[300];
        (void)snprintf(given, sizeof given, format, 12, far[i]);
        (void)snprintf(longer, sizeof longer, format, 18, far[i + 2]);
        struct request *request = request_of(scene, "[]", given);
        struct variants *variants = variants_of(scene, request);
        expect_request(scene, variants, 1, request_of(scene, "[]", longer));
        free(variants);
        free(request);
    }
}

/* The footprint of the search stays, decoys and all, and the longest distance's quadrants come to
 * it. */
static void the_footprint_holds_search_and_longest(void **state)
{
    struct scene *scene = *state;
    for (int km = 5; km <= 40; km += 5) {
        struct request *request = anchored(scene, km, 5);
        struct variants *variants = variants_of(scene, request);
        struct plan *base = plan_of(scene, request);
        uint16_t footprint[FOOTPRINT_MAX];
        size_t count = compose_footprint(&scene->la, request, base, footprint);
        for (size_t i = 0; i < count; i++) assert_true(holds(variants, footprint[i]));
        expect_one_footprint(variants);
        struct variants *again = variants_of(scene, request);
        assert_memory_equal(again->footprint, variants->footprint, sizeof again->footprint);
        free(again);
        free(base);
        free(variants);
        free(request);
    }
}

/* Sixteen quadrants of 50 km around a corner of four; 94 km stay within them, 113 km do not. */
static void what_does_not_fit_repeats_the_base(void **state)
{
    struct scene *scene = *state;
    struct request *request = request_of(
        scene, "[]",
        "{\"anchors\":[{\"name\":\"a\",\"at\":\"SK 00 00\",\"within_km\":75,\"weight\":1}]}");
    struct variants *variants = variants_of(scene, request);
    assert_int_equal(variants->count, 2);
    assert_int_equal(variants->quadrants, 16);
    assert_false(variants->list[0].too_wide);
    assert_true(variants->list[1].too_wide);
    expect_request(scene, variants, 0,
                   request_of(scene, "[]",
                              "{\"anchors\":[{\"name\":\"a\",\"at\":\"SK 00 00\",\"within_km\":94,"
                              "\"weight\":1}]}"));
    expect_plan(&variants->plans[1], &variants->plans[5]);
    expect_one_footprint(variants);
    free(variants);
    free(request);
}

static void fourteen_musts_are_the_most(void **state)
{
    struct scene *scene = *state;
    struct request *request = request_of(scene, "[]", NULL);
    struct err err = {0};
    request->must_count = EXPLAIN_MUSTS_MAX;
    assert_true(variants_check(request, &err));
    request->must_count++;
    assert_false(variants_check(request, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, "must");
    assert_non_null(strstr(err.text, "14"));
    free(request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_must_is_left_out_once),
        cmocka_unit_test(distances_grow_upwards),
        cmocka_unit_test(distances_end_at_200_km),
        cmocka_unit_test(the_footprint_holds_search_and_longest),
        cmocka_unit_test(what_does_not_fit_repeats_the_base),
        cmocka_unit_test(fourteen_musts_are_the_most),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
