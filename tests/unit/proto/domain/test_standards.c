/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/standards.h"
#include "proto/domain/words.h"
#include "tests/unit/proto/domain/domain_check.h"

static const struct catalogue *newest(void)
{
    const struct catalogue *catalogue = catalogue_one();
    for (uint32_t v = 1; catalogue_get(v); v++) catalogue = catalogue_get(v);
    return catalogue;
}

static void stands_for(const char *list, const char *value, const char *code)
{
    const struct criterion *c = standard_criterion(newest(), list, value);
    if (!c || strcmp(c->code, code) != 0) fail_msg("%s %s: %s", list, value, c ? c->code : "none");
}

static void values_and_words_find_criteria(void **state)
{
    (void)state;
    stands_for("SSDA903.ETHNIC", "WBRI", "ET_WBRI");
    stands_for("SSDA903.SEX", "1", "SEX_M");
    stands_for("SSDA903.PLACE", "U6", "PT_SHORT");
    stands_for("SSDA903.LS", "J1", "LS_J1"); /* the first of two */
    stands_for("Census2021.ethnic_group", "13", "ET_WBRI");
    stands_for("Census2021.ethnic_group", "white: irish", "ET_WIRI");
    stands_for("Census2021.religion", "Muslim", "RE_MUS");
    stands_for("Census2021.main_language", "Persian or Farsi", "LN_FA");
    stands_for("NPS.livingCompanions", "Only With Other younger children", "HH_YOUNG");
    stands_for("NPS.additionalSupport", "TaxisToSchool", "ED_TAXI");
    stands_for("NPS.additionalSupport", "WorkerForRespite", "SU_RESPW");
    stands_for("NPS.neededBy", "WithinFiveDays", "AVL_5D");
    stands_for("NPS.neededBy", "in more than 5 days", "AVL_LATER");
    stands_for("NPS.pets", "No", "PE_NO");
    stands_for("NPS.riskMissing", "Risk present", "RC_MISS");
    assert_null(standard_criterion(newest(), "NPS.riskMissing", "No known risk"));
    assert_null(standard_criterion(newest(), "NPS.pets", "Not known"));
    assert_null(standard_criterion(newest(), "SSDA903.ETHNIC", "REFU"));
    assert_null(standard_criterion(newest(), "SSDA903.NONE", "WBRI"));
    assert_null(standard_criterion(newest(), "SSDA903.SEX", ""));
    assert_null(standard_criterion(catalogue_one(), "NPS.culturalNeeds", "Required"));
    stands_for("NPS.culturalNeeds", "Required", "CU_NEEDS"); /* which version 1 has not */
}

static void criteria_find_their_values(void **state)
{
    (void)state;
    const struct catalogue *catalogue = newest();
    const struct standard_code *line =
        standard_next("Census2021.ethnic_group", catalogue_find(catalogue, "ET_WBRI"), NULL);
    assert_non_null(line);
    assert_string_equal(line->code, "13");
    line = standard_next("SSDA903.SEX", catalogue_find(catalogue, "SEX_F"), NULL);
    assert_non_null(line);
    assert_string_equal(line->code, "F"); /* the code in use comes before the withdrawn one */
    assert_null(standard_next("SSDA903.SEX", catalogue_find(catalogue, "GEN_NB"), NULL));
}

static void all_values_of_a_criterion_are_found(void **state)
{
    (void)state;
    const struct criterion *male = catalogue_find(newest(), "SEX_M");
    const struct standard_code *line = standard_next("SSDA903", male, NULL);
    assert_string_equal(line->code, "M");
    line = standard_next("ssda903", male, line);
    assert_string_equal(line->code, "1");
    assert_null(standard_next("SSDA903", male, line));
    line = standard_next(NULL, male, line);
    assert_string_equal(line->list, "words");
    assert_true(standard_is("SSDA903.SEX", "ssda903 sex"));
    assert_true(standard_is("NPS.pets", "nps"));
    assert_false(standard_is("NPS.pets", "pets"));
    assert_false(standard_is("NPS.pets", "NP"));
    assert_false(standard_is("NPS.pets", ""));
}

/* There and back: the criterion of a list's value has that value, or one with the same meaning. */
static void conversions_go_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < standard_code_count; i++) {
        const struct standard_code *line = &standard_codes[i];
        const struct criterion *named = catalogue_find(newest(), line->criterion);
        assert_non_null(named);
        assert_non_null(standard_criterion(newest(), line->list, line->code));
        const struct standard_code *back = standard_next(line->list, named, NULL);
        assert_non_null(back);
        const struct criterion *again = standard_criterion(newest(), back->list, back->code);
        bool shared = again != named; /* a value of two criteria leads to the first */
        if (shared) assert_string_equal(standard_next(line->list, again, NULL)->code, back->code);
    }
}

/* The catalogue's own columns `standard` and `standard_code` say nothing else than standards.csv.
 */
static bool in_standards(const struct criterion *c, const char *code)
{
    for (size_t i = 0; i < standard_code_count; i++) {
        const struct standard_code *line = &standard_codes[i];
        if (strcmp(line->criterion, c->code) != 0) continue;
        bool field = strncmp(line->list, "NPS.", 4) == 0 && strcmp(line->list + 4, code) == 0;
        if (field || strcmp(line->code, code) == 0 || strcmp(line->label, code) == 0) return true;
    }
    return false;
}

static void the_catalogue_agrees(void **state)
{
    (void)state;
    for (size_t i = 0; i < newest()->count; i++) {
        const struct criterion *c = &newest()->criteria[i];
        char codes[WORDS_MAX], *rest = codes, *code;
        (void)snprintf(codes, sizeof codes, "%s", c->standard_code);
        while ((code = strsep(&rest, ";")) != NULL) {
            if (*code && !in_standards(c, code)) fail_msg("%s: no line for %s", c->code, code);
        }
    }
}

static bool is_older_spelling(const struct standard_code *line)
{
    bool list = strcmp(line->list, "SSDA903.SEX") == 0 || strcmp(line->list, "NPS.neededBy") == 0;
    return list &&
           standard_next(line->list, catalogue_find(newest(), line->criterion), NULL) != line;
}

/* Each list that ../shared/data/code_lists.csv has too holds only codes that stand there. */
static void published_lists_have_our_codes(void **state)
{
    (void)state;
    FILE *file = fopen("../shared/data/code_lists.csv", "r");
    if (!file) {
        print_message("no ../shared/data/code_lists.csv here: nothing to compare with\n");
        skip();
    }
    struct buf all = {0};
    char line[1000];
    while (fgets(line, sizeof line, file)) {
        buf_text(&all, "\n");
        buf_text(&all, line);
    }
    buf_u8(&all, 0);
    (void)fclose(file);
    size_t compared = 0;
    for (size_t i = 0; i < standard_code_count; i++) {
        const struct standard_code *ours = &standard_codes[i];
        char wanted[300];
        (void)snprintf(wanted, sizeof wanted, "\n%s,", ours->list);
        if (!strstr((const char *)all.data, wanted)) continue;
        (void)snprintf(wanted, sizeof wanted, "\n%s,%s,", ours->list, ours->code);
        bool older = is_older_spelling(ours);
        if (!older && !strstr((const char *)all.data, wanted)) fail_msg("not there: %s", wanted);
        compared++;
    }
    buf_free(&all);
    assert_true(compared > 80);
}

static void words_fold_alike(void **state)
{
    (void)state;
    char out[WORDS_MAX];
    assert_int_equal(words_fold(" White - British_1 ", out), 13);
    assert_string_equal(out, "whitebritish1");
    assert_int_equal(words_fold("A & B&C", out), 9);
    assert_string_equal(out, "aandbandc");
    assert_int_equal(words_fold("< 5 days", out), 6);
    assert_string_equal(out, "<5days");
    assert_int_equal(words_fold("caf\xc3\xa9", out), 0);
    assert_int_equal(words_fold("-", out), 0);
    assert_true(words_are("White & Black", "whiteandblack"));
    assert_false(words_are("White & Blac", "whiteandblack"));
    assert_false(words_are("White & Blackk", "whiteandblack"));
    assert_false(words_are("", "a"));
    assert_true(words_are("-", ""));
    char fits[WORDS_MAX + 1];
    memset(fits, 'a', sizeof fits);
    fits[WORDS_MAX - 1] = '\0';
    assert_int_equal(words_fold(fits, out), WORDS_MAX - 1);
    fits[WORDS_MAX - 1] = 'a';
    fits[WORDS_MAX] = '\0';
    assert_int_equal(words_fold(fits, out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_words_find_criteria),
        cmocka_unit_test(criteria_find_their_values),
        cmocka_unit_test(all_values_of_a_criterion_are_found),
        cmocka_unit_test(conversions_go_both_ways),
        cmocka_unit_test(the_catalogue_agrees),
        cmocka_unit_test(published_lists_have_our_codes),
        cmocka_unit_test(words_fold_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
