/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/criteria.h"
#include "proto/domain/standards.h"
#include "tests/unit/proto/domain/domain_check.h"

static struct criteria_list chosen(const char *version, const char *group, const char *search)
{
    struct criteria_list list = {0};
    struct err err = {0};
    const struct criteria_choice choice = {.version = version, .group = group, .search = search};
    if (!criteria_choose(&choice, &list, &err)) fail_msg("%s: %s", err.field, err.text);
    return list;
}

static bool holds(const struct criteria_list *list, const char *code)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i]->code, code) == 0) return true;
    }
    return false;
}

static void wrong(const char *version, const char *group, const char *search, const char *field,
                  const char *says)
{
    struct criteria_list list = {0};
    struct err err = {0};
    const struct criteria_choice choice = {.version = version, .group = group, .search = search};
    assert_false(criteria_choose(&choice, &list, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
    if (!strstr(err.text, says)) fail_msg("\"%s\", not \"%s\"", err.text, says);
    assert_int_equal(list.count, 0);
}

static void everything_or_a_group(void **state)
{
    (void)state;
    struct criteria_list list = chosen(NULL, NULL, NULL);
    assert_int_equal(list.catalogue->version, CATALOGUE_VERSION);
    assert_int_equal(list.count, list.catalogue->count);
    assert_int_equal(chosen("1", NULL, NULL).count, 238);
    assert_int_equal(chosen("2", NULL, NULL).count, catalogue_get(2)->count);
    list = chosen("1", "disability", NULL);
    assert_int_equal(list.count, 11);
    for (size_t i = 0; i < list.count; i++) {
        assert_string_equal(list.items[i]->group, "disability");
    }
    assert_int_equal(chosen("1", "Risk to child", NULL).count, 6);
}

static void words_are_looked_for(void **state)
{
    (void)state;
    struct criteria_list list = chosen("1", NULL, "aut");
    assert_true(holds(&list, "DS_AUT"));
    assert_true(holds(&list, "SU_SUPER") == (strstr("Additional supervision", "aut") != NULL));
    list = chosen("1", NULL, "AUTISTIC spectrum");
    assert_int_equal(list.count, 1);
    assert_true(holds(&list, "DS_AUT"));
    list = chosen("1", NULL, "wbri");
    assert_true(list.count == 1 && holds(&list, "ET_WBRI"));
    list = chosen("1", NULL, "J1");
    assert_true(holds(&list, "PT_REMAND") && holds(&list, "LS_J1"));
    list = chosen("1", "legal", "J1");
    assert_true(list.count == 1 && holds(&list, "LS_J1"));
    assert_int_equal(chosen("1", NULL, "Ukrainian").count, 0);
    assert_int_equal(chosen("2", NULL, "Ukrainian").count, 1);
}

static char *printed(const struct criteria_list *list)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    criteria_print(list, out);
    (void)fclose(out);
    REQUIRE(text != NULL);
    return text;
}

static size_t times(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *p = text; (p = strstr(p, part)) != NULL; p++) count++;
    return count;
}

static void the_list_ends_with_its_number(void **state)
{
    (void)state;
    struct criteria_list one = chosen("1", NULL, "wbri"), two = chosen("1", NULL, "J1");
    char *of_one = printed(&one), *of_two = printed(&two);
    assert_non_null(strstr(of_one, "\n1 criterion of catalogue 1\n"));
    assert_non_null(strstr(of_two, "\n2 criteria of catalogue 1"));
    free(of_one);
    free(of_two);
}

static void a_standard_shows_its_values(void **state)
{
    (void)state;
    struct criteria_list list = {0};
    struct err err = {0};
    struct criteria_choice choice = {.version = "1", .standard = "ssda903.sex"};
    assert_true(criteria_choose(&choice, &list, &err));
    assert_int_equal(list.count, 2);
    char *text = printed(&list);
    assert_non_null(strstr(text, "Male  [SSDA903.SEX: M; SSDA903.SEX: 1]\n"));
    free(text);
    json_t *all = criteria_json(&list);
    json_t *male = json_array_get(json_object_get(all, "criteria"), 0);
    assert_int_equal(json_array_size(json_object_get(male, "values")), 2);
    json_decref(all);
    choice.standard = "Census2021";
    assert_true(criteria_choose(&choice, &list, &err));
    assert_true(holds(&list, "ET_WBRI") && holds(&list, "RE_MUS") && holds(&list, "LN_PL"));
    assert_false(holds(&list, "DS_AUT"));
    choice.standard = "Census 2031";
    assert_false(criteria_choose(&choice, &list, &err));
    assert_string_equal(err.field, "standard");
    assert_non_null(strstr(err.text, "NPS SSDA903.SEX SSDA903.ETHNIC"));
}

static void wrong_choices_say_what_there_is(void **state)
{
    (void)state;
    wrong(NULL, "disabilities", NULL, "group", "disability health");
    wrong(NULL, "", NULL, "group", "there are age sex_gender");
    wrong(NULL, NULL, " - ", "search", "letters and digits");
    wrong("0", NULL, NULL, "version", "1 to ");
    wrong("99", NULL, NULL, "version", "'99'");
    wrong("x", NULL, NULL, "version", "'x'");
}

static void every_criterion_is_printed_once(void **state)
{
    (void)state;
    struct criteria_list list = chosen("2", NULL, NULL);
    char *text = printed(&list);
    for (size_t i = 0; i < list.count; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "\n  %s ", list.items[i]->code);
        if (criterion_has_field(list.items[i])) {
            (void)snprintf(line, sizeof line, "\n  %-10s* ", list.items[i]->code);
        }
        if (times(text, line) != 1) fail_msg("%s: %zu times", line, times(text, line));
    }
    assert_int_equal(times(text, "\nlanguage\n"),
                     1); /* what version 2 adds stands with its group */
    assert_non_null(strstr(text, "\nprovider_quality (about the agency)\n"));
    free(text);
}

static void json_has_everything(void **state)
{
    (void)state;
    struct criteria_list list = chosen("1", "religion", NULL);
    json_t *all = criteria_json(&list);
    assert_int_equal(json_integer_value(json_object_get(all, "catalogue")), 1);
    json_t *criteria = json_object_get(all, "criteria");
    assert_int_equal(json_array_size(criteria), list.count);
    json_t *christian = json_array_get(criteria, 1);
    assert_string_equal(json_string_value(json_object_get(christian, "code")), "RE_CHR");
    assert_string_equal(json_string_value(json_object_get(christian, "kind")), "preference");
    assert_string_equal(json_string_value(json_object_get(christian, "special")), "article 9");
    assert_true(json_is_false(json_object_get(christian, "field")));
    json_t *value = json_array_get(json_object_get(christian, "values"), 0);
    assert_string_equal(json_string_value(json_object_get(value, "list")), "Census2021.religion");
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_or_a_group),
        cmocka_unit_test(words_are_looked_for),
        cmocka_unit_test(wrong_choices_say_what_there_is),
        cmocka_unit_test(the_list_ends_with_its_number),
        cmocka_unit_test(a_standard_shows_its_values),
        cmocka_unit_test(every_criterion_is_printed_once),
        cmocka_unit_test(json_has_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
