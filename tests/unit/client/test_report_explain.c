/* SPDX-License-Identifier: Apache-2.0 */
#include "client/report_explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/mem.h"

static struct explanation *example(void)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    struct explanation *explanation = mem_new(struct explanation);
    *explanation =
        (struct explanation){.base = CHOICE_1, .base_answered = 12, .count = 6, .elapsed_ms = 2345};
    struct explained *list = explanation->list;
    const uint16_t autism = catalogue_find(catalogue, "DS_AUT")->slot;
    for (size_t i = 0; i < 4; i++) {
        list[i].variant = (struct variant){.kind = VARIANT_WITHOUT, .slot = autism};
        list[i].answered = 12;
    }
    list[0].choice = CHOICE_3;
    list[1].choice = CHOICE_1;
    list[2].choice = CHOICE_NONE;
    list[2].answered = 11;
    list[3].choice = CHOICE_UNTOLD;
    list[4].variant = (struct variant){.kind = VARIANT_WITHIN, .quarters = 1};
    list[4].choice = CHOICE_11;
    list[4].answered = 12;
    list[5].variant = (struct variant){.kind = VARIANT_WITHIN, .quarters = 2, .too_wide = true};
    return explanation;
}

static char *table(const struct explanation *explanation)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    report_explain_table(out, explanation, catalogue_get(CATALOGUE_VERSION));
    assert_int_equal(fclose(out), 0);
    return text;
}

static void a_line_for_each_question(void **state)
{
    (void)state;
    struct explanation *explanation = example();
    char *text = table(explanation);
    assert_string_equal(
        text, "\nHow much wider the choice would be (2.3 s)\n"
              "Without Autism: 3-5 agencies instead of 1-2\n"
              "Without Autism: 1-2 agencies, as now\n"
              "Without Autism: none instead of 1-2 (11 agencies answered this, 12 the search)\n"
              "Without Autism: no answer\n"
              "With every distance a quarter longer: more than 10 agencies instead of 1-2\n"
              "With every distance a half longer: too wide to ask\n");
    free(text);
    explanation->count = 0;
    text = table(explanation);
    assert_non_null(strstr(text, "neither musts nor distances"));
    free(text);
    free(explanation);
}

static void json_says_the_same(void **state)
{
    (void)state;
    struct explanation *explanation = example();
    json_t *object = json_object();
    report_explain_json(object, explanation, catalogue_get(CATALOGUE_VERSION));
    const json_t *list = json_object_get(object, "explain");
    assert_string_equal(json_string_value(json_object_get(object, "choice")), "1-2");
    assert_int_equal(json_array_size(list), 6);
    const json_t *first = json_array_get(list, 0), *wider = json_array_get(list, 4);
    const json_t *untold = json_array_get(list, 3), *widest = json_array_get(list, 5);
    assert_string_equal(json_string_value(json_object_get(first, "without")), "DS_AUT");
    assert_string_equal(json_string_value(json_object_get(first, "label")), "Autism");
    assert_string_equal(json_string_value(json_object_get(first, "agencies")), "3-5");
    assert_int_equal(json_integer_value(json_object_get(first, "answered")), 12);
    assert_true(json_real_value(json_object_get(wider, "within")) == 1.25);
    assert_string_equal(json_string_value(json_object_get(wider, "agencies")), "more than 10");
    assert_true(json_is_null(json_object_get(untold, "agencies")));
    assert_string_equal(json_string_value(json_object_get(untold, "reason")), "no answer");
    assert_true(json_real_value(json_object_get(widest, "within")) == 1.5);
    assert_true(json_is_null(json_object_get(widest, "agencies")));
    assert_string_equal(json_string_value(json_object_get(widest, "reason")), "too wide to ask");
    json_decref(object);
    free(explanation);
}

static void a_failure_is_said(void **state)
{
    (void)state;
    struct err err = {0};
    json_t *object = json_object();
    (void)err_set(&err, ERR_BUDGET, "budget", "used up");
    report_explain_error_json(object, &err);
    const json_t *error = json_object_get(object, "explain_error");
    assert_true(json_is_null(json_object_get(object, "explain")));
    assert_string_equal(json_string_value(json_object_get(error, "code")), "budget");
    assert_string_equal(json_string_value(json_object_get(error, "message")), "used up");
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_for_each_question),
        cmocka_unit_test(json_says_the_same),
        cmocka_unit_test(a_failure_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
