/* SPDX-License-Identifier: Apache-2.0
 * What a request asks for that an older catalogue does not have.
 */
#include "client/added.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "proto/domain/versions.h"

static struct request request_of(void)
{
    return (struct request){.placement_type = 30,
                            .must = {9, 100},
                            .must_count = 2,
                            .prefer = {4, 90, 100},
                            .prefer_count = 3};
}

static void lists_each_slot_once(void **state)
{
    (void)state;
    struct request request = request_of();
    struct added added;
    added_from(&request, 0, &added);
    const uint16_t all[] = {4, 9, 30, 90, 100};
    assert_int_equal(added.count, 5);
    assert_memory_equal(added.slots, all, sizeof all);
    added_from(&request, 90, &added);
    assert_int_equal(added.count, 2);
    assert_memory_equal(added.slots, all + 3, 2 * sizeof *all);
    added_from(&request, 101, &added);
    assert_int_equal(added.count, 0);
}

static void a_criterion_that_is_too_new_is_named(void **state)
{
    (void)state;
    const struct catalogue *newest = catalogue_chosen(0), *one = catalogue_get(1);
    struct request request = request_of();
    struct err err = {0};
    assert_true(added_none(&request, one, "the matcher", &err));
    if (newest->slots == one->slots) skip();
    request.prefer[2] = one->slots; /* the first that version 2 added */
    assert_true(added_none(&request, newest, "the matcher", &err));
    assert_false(added_none(&request, one, "the matcher", &err));
    assert_int_equal(err.code, ERR_VERSION);
    assert_string_equal(err.field, "catalogue");
    assert_non_null(strstr(err.text, catalogue_slot(newest, one->slots)->code));
    assert_non_null(strstr(err.text, "is new in catalogue 2; the matcher still has catalogue 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_each_slot_once),
        cmocka_unit_test(a_criterion_that_is_too_new_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
