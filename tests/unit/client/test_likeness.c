/* SPDX-License-Identifier: Apache-2.0
 * The measure of docs/protocol.md "One open search a child", by requests as an officer writes them
 * and against a plain recomputation with sets.
 */
#include "client/likeness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/mem.h"

#define LEEDS "'location':{'anchors':[{'name':'x','at':'SE 297 338','within_km':20}]}"

/* The features of a request; the rest of its JSON is given, with ' for ". */
static struct features *asked(const char *children, const char *more)
{
    struct request *request = mem_new(struct request);
    struct plan *plan = mem_new(struct plan);
    struct features *features = mem_new(struct features);
    struct err err = {0};
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    char *json = mem_format("{'search_ref':'X','children':%s,'placement':{'type':'%s','needed_by':"
                            "'later'}%s%s}",
                            children, strstr(more, "PT_SHORT") ? "PT_SHORT" : "PT_LONG",
                            *more ? "," : "", strstr(more, "PT_SHORT") ? more + 9 : more);
    for (char *c = json; *c; c++) {
        if (*c == '\'') *c = '"';
    }
    if (!request_parse(json, strlen(json), &(struct request_rules){.catalogue = catalogue}, request,
                       &err) ||
        !plan_make(request, catalogue, plan, &err)) {
        fail_msg("%s: %s: %s", json, err.field, err.text);
    }
    features_of(request, plan, features);
    free(json);
    free(plan);
    free(request);
    return features;
}

static void near_is(bool expected, struct features *a, struct features *b)
{
    struct likeness there = likeness_of(a, b), back = likeness_of(b, a);
    assert_true(there.near == expected && back.near == expected);
    assert_int_equal(there.percent, back.percent);
    assert_in_range(there.percent, 0, 100);
    free(a);
    free(b);
}

#define GIRL "[{'age':9,'sex':'F'}]"
#define MUSTS "'must':['DS_AUT','SU_DOL','CM_BSL','HE_FEED']"

static void the_same_is_wholly_alike(void **state)
{
    (void)state;
    struct features *a = asked(GIRL, MUSTS "," LEEDS);
    struct likeness likeness = likeness_of(a, a);
    assert_true(likeness.near);
    assert_int_equal(likeness.percent, 100);
    free(a);
}

/* One thing changed, as somebody would who wants to know about one household. */
static void probing_is_noticed(void **state)
{
    (void)state;
    static const char *const changed[] = {
        /* a must more, less, exchanged */
        "'must':['DS_AUT','SU_DOL','CM_BSL','HE_FEED','AC_HOIST']," LEEDS,
        "'must':['DS_AUT','SU_DOL','CM_BSL']," LEEDS,
        "'must':['DS_AUT','SU_DOL','CM_BSL','AC_HOIST']," LEEDS,
        /* a must becomes a preference */
        "'must':['SU_DOL','CM_BSL','HE_FEED'],'prefer':{'DS_AUT':3}," LEEDS,
        /* the circle shrinks, moves a little, moves away, is gone */
        MUSTS ",'location':{'anchors':[{'name':'x','at':'SE 297 338','within_km':15}]}",
        MUSTS ",'location':{'anchors':[{'name':'x','at':'SE 347 338','within_km':20}]}",
        MUSTS ",'location':{'anchors':[{'name':'x','at':'SJ 840 980','within_km':20}]}", MUSTS,
        /* another type */
        "PT_SHORT," MUSTS "," LEEDS};
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
        near_is(true, asked(GIRL, MUSTS "," LEEDS), asked(GIRL, changed[i]));
    }
    near_is(true, asked(GIRL, MUSTS "," LEEDS), asked("[{'age':10,'sex':'F'}]", MUSTS "," LEEDS));
    near_is(true, asked(GIRL, LEEDS), asked(GIRL, "'must':['DS_AUT']," LEEDS));
}

static void other_children_are_other_searches(void **state)
{
    (void)state;
    near_is(false, asked(GIRL, LEEDS), asked("[{'age':10,'sex':'F'}]", LEEDS));
    near_is(false, asked(GIRL, LEEDS), asked("[{'age':9,'sex':'F'},{'age':4,'sex':'M'}]", LEEDS));
    near_is(false, asked(GIRL, LEEDS),
            asked(GIRL, "'location':{'anchors':[{'name':'x','at':'SJ 840 980','within_km':20}]}"));
    near_is(false, asked(GIRL, LEEDS), asked(GIRL, "PT_SHORT," LEEDS));
    near_is(false, asked(GIRL, "'must':['DS_AUT']," LEEDS),
            asked(GIRL, "'must':['CM_BSL']," LEEDS));
    /* two things at once */
    near_is(false, asked(GIRL, MUSTS "," LEEDS),
            asked("[{'age':10,'sex':'F'}]",
                  MUSTS ",'location':{'anchors':[{'name':'x','at':'SJ 840 980','within_km':20}]}"));
    near_is(false, asked(GIRL, MUSTS "," LEEDS),
            asked(GIRL, "'must':['AC_HOIST','LS_J1','LS_J2']," LEEDS));
}

/* ---- against sets ---- */

enum { UNIVERSE = 64 };

struct sets {
    bool criteria[UNIVERSE], cells[UNIVERSE];
    int children[4]; /* how many of each kind */
    int type;
};

static void invent(struct sets *sets, const struct sets *other)
{
    *sets = (struct sets){.type = (int)randombytes_uniform(2)};
    if (other) *sets = *other;
    size_t changes = other ? randombytes_uniform(4) : 20;
    for (size_t i = 0; i < changes; i++) {
        bool *flag = randombytes_uniform(2) ? &sets->criteria[randombytes_uniform(UNIVERSE)]
                                            : &sets->cells[randombytes_uniform(UNIVERSE)];
        *flag = !*flag;
    }
    if (!other || randombytes_uniform(4) == 0) sets->children[randombytes_uniform(4)] = 1;
    if (!other) sets->children[randombytes_uniform(4)]++;
}

static void list(const struct sets *sets, struct features *out)
{
    memset(out, 0, sizeof *out);
    out->placement_type = (uint16_t)sets->type;
    for (int kind = 0; kind < 4; kind++) {
        for (int i = 0; i < sets->children[kind] && out->child_count < CHILDREN_MAX; i++) {
            out->children[out->child_count++] = (uint16_t)kind;
        }
    }
    for (uint16_t i = 0; i < UNIVERSE; i++) {
        if (sets->criteria[i]) out->criteria[out->criteria_count++] = i;
        if (sets->cells[i]) out->cells[out->cell_count++] = i;
    }
}

static struct likeness plainly(const struct sets *a, const struct sets *b)
{
    int common = 0, all = 0, both = 0, either = 0, children = 0, children_all = 0;
    for (int i = 0; i < UNIVERSE; i++) {
        common += a->criteria[i] && b->criteria[i];
        all += a->criteria[i] || b->criteria[i];
        both += a->cells[i] && b->cells[i];
        either += a->cells[i] || b->cells[i];
    }
    for (int i = 0; i < 4; i++) {
        int x = a->children[i], y = b->children[i];
        children += x < y ? x : y;
        children_all += x < y ? y : x;
    }
    bool criteria_near =
        all - common <= 1 || (all - common == 2 && common >= 2) || common * 100 >= all * 75;
    int other = (children < children_all) + (a->type != b->type) + (both * 2 < either);
    int same_type = a->type == b->type, place = either ? both * 100 / either : 100;
    return (struct likeness){.near = criteria_near && (other == 0 || (other == 1 && common >= 3)),
                             .percent = (unsigned)((100 * (children + common + same_type) + place) /
                                                   (children_all + all + 2 - same_type + 1))};
}

static void the_measure_is_that_of_sets(void **state)
{
    (void)state;
    struct features *a = mem_new(struct features), *b = mem_new(struct features);
    int near = 0;
    for (int i = 0; i < 3000; i++) {
        struct sets first, second;
        invent(&first, NULL);
        invent(&second, i % 3 ? &first : NULL);
        list(&first, a);
        list(&second, b);
        struct likeness got = likeness_of(a, b), expected = plainly(&first, &second);
        assert_true(got.near == expected.near);
        assert_int_equal(got.percent, expected.percent);
        near += got.near;
    }
    assert_in_range(near, 100, 2900);
    free(a);
    free(b);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_is_wholly_alike),
        cmocka_unit_test(probing_is_noticed),
        cmocka_unit_test(other_children_are_other_searches),
        cmocka_unit_test(the_measure_is_that_of_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
