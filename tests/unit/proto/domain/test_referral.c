/* SPDX-License-Identifier: Apache-2.0
 * What the stages of a referral tell and leave out, and that nothing malformed is read. That scores
 * by them agree with the match is shown in test_plain_score.c.
 */
#include "proto/domain/referral.h"

#include <sodium.h>

#include "proto/crypto/wire.h"
#include "proto/referral.pb-c.h"
#include "tests/unit/proto/domain/domain_check.h"

static const char REQUEST[] =
    "{'search_ref':'MRK-REF-1','children':[{'age':11,'sex':'F'},{'age':'unborn','sex':'U'}],"
    "'placement':{'type':'PT_LONG','needed_by':'within_5_days'},'must':['DS_AUT'],"
    "'prefer':{'CS_SIM':5,'LN_PL':3},'location':{'anchors':[{'name':'mrk-school','at':"
    "'SE 277 360','within_km':12,'weight':4},{'name':'mrk-gran','at':'SE 180 330','within_km':25}],"
    "'avoid':[{'name':'mrk-risk','at':'SE 33 21','within_km':5}]},"
    "'provider':{'min_judgement':'good'}}";

static struct referral *made(enum referral_stage stage)
{
    struct request *request = parsed(REQUEST);
    struct plan *plan = mem_new(struct plan);
    struct referral *out = mem_new(struct referral);
    struct err err = {0};
    assert_true(plan_make(request, catalogue_one(), plan, &err));
    referral_make(request, plan, stage, out);
    free(plan);
    free(request);
    return out;
}

static bool holds_text(const struct buf *bytes, const char *text)
{
    return memmem(bytes->data, bytes->len, text, strlen(text)) != NULL;
}

static void the_profile_stage_leaves_out_what_identifies(void **state)
{
    (void)state;
    struct referral *profile = made(STAGE_PROFILE), *full = made(STAGE_FULL);
    struct buf short_form = {0}, long_form = {0};
    referral_encode(profile, &short_form);
    referral_encode(full, &long_form);
    static const char *const marks[] = {"mrk-school", "mrk-gran", "mrk-risk"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(holds_text(&long_form, marks[i]));
        assert_false(holds_text(&short_form, marks[i]));
    }
    assert_false(holds_text(&short_form, "MRK-REF-1"));
    assert_false(holds_text(&long_form, "MRK-REF-1"));
    assert_true(holds_text(&short_form, "DS_AUT"));
    assert_int_equal(profile->anchor_count + profile->avoid_count, 0);
    assert_int_equal(profile->location_best % 1000000, 0);
    assert_true(profile->location_best >= full->location_best);
    assert_true(sodium_is_zero((uint8_t *)profile->hard_cell, sizeof profile->hard_cell));
    assert_true(sodium_is_zero((uint8_t *)profile->soft_cell, sizeof profile->soft_cell));
    assert_int_equal(full->anchors[0].at.east, 427700);
    assert_int_equal(full->avoid[0].within_km, 5);
    buf_free(&short_form);
    buf_free(&long_form);
    free(profile);
    free(full);
}

/* Two requests that differ in where the child belongs, inside the same quadrants and with the same
 * weights, look the same at the profile stage. */
static void the_profile_stage_tells_no_place_below_fifty_kilometres(void **state)
{
    (void)state;
    static const char form[] =
        "{'search_ref':'x','children':[{'age':9,'sex':'M'}],'placement':{'type':'PT_SHORT',"
        "'needed_by':'later'},'location':{'anchors':[{'at':'SE %d %d','within_km':%d,"
        "'weight':2}]}}";
    static const int places[][3] = {{220, 220, 8}, {260, 270, 12}, {312, 205, 5}, {240, 300, 17}};
    struct buf first = {0};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char json[512];
        (void)snprintf(json, sizeof json, form, places[i][0], places[i][1], places[i][2]);
        struct request *request = parsed(json);
        struct plan *plan = mem_new(struct plan);
        struct referral *told = mem_new(struct referral);
        struct err err = {0};
        struct buf bytes = {0};
        assert_true(plan_make(request, catalogue_one(), plan, &err));
        assert_int_equal(plan->quadrant_count, 1);
        referral_make(request, plan, STAGE_PROFILE, told);
        referral_encode(told, i == 0 ? &first : &bytes);
        if (i > 0) assert_int_equal(bytes.len, first.len);
        if (i > 0) assert_memory_equal(bytes.data, first.data, first.len);
        buf_free(&bytes);
        free(told);
        free(plan);
        free(request);
    }
    buf_free(&first);
}

/* ---- malformed ---- */

static void refused_as(const Hearth__V1__ReferralBody *body, enum err_code code, const char *field)
{
    struct buf bytes = {0};
    struct referral *out = mem_new(struct referral);
    struct err err = {0};
    wire_pack(&body->base, &bytes);
    assert_false(referral_decode(bytes.data, bytes.len, out, &err));
    if (err.code != code || strcmp(err.field, field) != 0) {
        fail_msg("%s %s: %s, not %s", err_code_name(err.code), err.field, err.text, field);
    }
    buf_free(&bytes);
    free(out);
}

static Hearth__V1__ReferralBody *unpacked(enum referral_stage stage)
{
    struct referral *referral = made(stage);
    struct buf bytes = {0};
    referral_encode(referral, &bytes);
    Hearth__V1__ReferralBody *body = hearth__v1__referral_body__unpack(NULL, bytes.len, bytes.data);
    assert_non_null(body);
    buf_free(&bytes);
    free(referral);
    return body;
}

static void malformed_fields_are_refused(void **state)
{
    (void)state;
    Hearth__V1__ReferralBody *full = unpacked(STAGE_FULL), body = *full;
    char unknown[] = "ZZ_TOP", age[] = "AGE_09", type[] = "PT_LONG", soft[] = "ET_WBRI";
    char *codes[] = {unknown, full->must[0], full->must[0]};
    body.stage = 3;
    refused_as(&body, ERR_INVALID, "stage");
    body = *full;
    body.catalogue = 999;
    refused_as(&body, ERR_VERSION, "catalogue");
    body = *full;
    body.needed_by = 3;
    refused_as(&body, ERR_INVALID, "needed_by");
    body = *full;
    body.n_children = 0;
    refused_as(&body, ERR_INVALID, "children");
    body = *full;
    body.must = codes;
    refused_as(&body, ERR_VERSION, "must");
    codes[0] = age;
    refused_as(&body, ERR_INVALID, "must");
    codes[0] = type;
    refused_as(&body, ERR_INVALID, "must");
    codes[0] = soft;
    refused_as(&body, ERR_INVALID, "must");
    body.must = codes + 1;
    body.n_must = 2;
    refused_as(&body, ERR_INVALID, "must");
    body = *full;
    body.placement_type = full->must[0];
    refused_as(&body, ERR_INVALID, "placement_type");
    body = *full;
    body.location_best = 81000000;
    refused_as(&body, ERR_INVALID, "location_best");
    body = *full;
    body.has_location = 0;
    refused_as(&body, ERR_INVALID, "location_best");
    body.location_best = 0;
    refused_as(&body, ERR_INVALID, "quadrants");
    body = *full;
    body.cells.len -= 2;
    refused_as(&body, ERR_INVALID, "cells");
    body = *full;
    body.quadrants.len -= 1;
    refused_as(&body, ERR_INVALID, "quadrants");
    hearth__v1__referral_body__free_unpacked(full, NULL);
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    Hearth__V1__ReferralBody *full = unpacked(STAGE_FULL);
    full->children[0]->age = 18;
    refused_as(full, ERR_INVALID, "children");
    full->children[0]->age = -2;
    refused_as(full, ERR_INVALID, "children");
    full->children[0]->age = 11;
    full->prefer[0]->weight = 6;
    refused_as(full, ERR_INVALID, "prefer");
    full->prefer[0]->weight = 5;
    full->cells.data[0] = 0x03;
    full->cells.data[1] = 0xe9; /* 1001 */
    refused_as(full, ERR_INVALID, "cells");
    full->cells.data[0] = full->cells.data[1] = 0xff;
    full->anchors[0]->east = 700000;
    refused_as(full, ERR_INVALID, "anchors");
    full->anchors[0]->east = 1;
    full->avoid[0]->weight = 1;
    refused_as(full, ERR_INVALID, "avoid");
    full->avoid[0]->weight = 0;
    full->avoid[0]->within_km = 201;
    refused_as(full, ERR_INVALID, "avoid");
    hearth__v1__referral_body__free_unpacked(full, NULL);
}

static void a_profile_with_places_is_refused(void **state)
{
    (void)state;
    Hearth__V1__ReferralBody *full = unpacked(STAGE_FULL), *profile = unpacked(STAGE_PROFILE);
    Hearth__V1__ReferralBody body = *profile;
    body.n_anchors = full->n_anchors;
    body.anchors = full->anchors;
    refused_as(&body, ERR_INVALID, "anchors");
    body = *profile;
    body.cells = full->cells;
    refused_as(&body, ERR_INVALID, "cells");
    body = *profile;
    body.location_best++;
    refused_as(&body, ERR_INVALID, "location_best");
    hearth__v1__referral_body__free_unpacked(full, NULL);
    hearth__v1__referral_body__free_unpacked(profile, NULL);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_profile_stage_leaves_out_what_identifies),
        cmocka_unit_test(the_profile_stage_tells_no_place_below_fifty_kilometres),
        cmocka_unit_test(malformed_fields_are_refused),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(a_profile_with_places_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
