/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/domain/domain_check.h"

static void means(const char *group, const char *text, const char *code)
{
    const struct criterion *found = NULL;
    struct err err = {0};
    if (!catalogue_match(catalogue_one(), group, text, &found, &err)) {
        fail_msg("%s: %s", text, err.text);
    }
    if (strcmp(found->code, code) != 0) fail_msg("%s: %s, not %s", text, found->code, code);
}

static void means_nothing(const char *group, const char *text, const char *says)
{
    const struct criterion *found = NULL;
    struct err err = {0};
    if (catalogue_match(catalogue_one(), group, text, &found, &err)) {
        fail_msg("%s: %s", text, found->code);
    }
    assert_null(found);
    assert_int_equal(err.code, ERR_INVALID);
    if (!strstr(err.text, says)) fail_msg("%s: \"%s\", not \"%s\"", text, err.text, says);
}

static void every_code_and_label_finds_its_criterion(void **state)
{
    (void)state;
    const struct catalogue *catalogue = catalogue_one();
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct criterion *c = &catalogue->criteria[i];
        means(NULL, c->code, c->code);
        means(c->group, c->code, c->code);
        means(c->group, c->label, c->code);
        bool answer = strcmp(c->standard_code, "true") == 0;
        if (c->standard_code[0] && !answer) means(c->group, c->standard_code, c->code);
    }
}

static void an_export_is_understood(void **state)
{
    (void)state;
    static const struct {
        const char *group, *text, *code;
    } cases[] = {
        {NULL, "Autism", "DS_AUT"},
        {NULL, "AUTISM ", "DS_AUT"},
        {"disability", "autistic spectrum", "DS_AUT"},
        {NULL, "Autistic Spectrum Disorder", "DS_AUT"},
        {NULL, "ASD", "DS_AUT"},
        {NULL, "ds-aut", "DS_AUT"},
        {NULL, "DS AUT", "DS_AUT"},
        {NULL, "WBRI", "ET_WBRI"},
        {NULL, "White British", "ET_WBRI"},
        {NULL, "White - British", "ET_WBRI"},
        {NULL, "White: English, Welsh, Scottish, Northern Irish or British", "ET_WBRI"},
        {NULL, "White & Asian", "ET_MWAS"},
        {"ethnicity", "Gypsy/Roma", "ET_WROM"},
        {NULL, "U4", "PT_LONG"},
        {NULL, "u4", "PT_LONG"},
        {NULL, "long-term", "PT_LONG"},
        {NULL, "Long-term fostering", "PT_LONG"},
        {NULL, "Parent & Child", "PT_PC"},
        {NULL, "pl", "LN_PL"},
        {NULL, "Polish", "LN_PL"},
        {"language", "pol", "LN_PL"},
        {NULL, "Panjabi", "LN_PA"},
        {NULL, "Social emotional and mental health", "SN_SEMH"},
        {NULL, "SEMH", "SN_SEMH"},
        {NULL, "Mental health", "ND_MH"},
        {NULL, "19B", "ND_SA"},
        {NULL, "M", "SEX_M"},
        {NULL, "girls", "SEX_F"},
        {"sex_gender", "1", "SEX_M"},
        {"ethnicity", "1", "ET_ABAN"},
        {"pets", "No", "PE_NO"},
        {"placement_type", "J1", "PT_REMAND"},
        {"legal", "J1", "LS_J1"},
        {"availability", "< 5 days", "AVL_5D"},
        {"availability", "> 5 days", "AVL_LATER"},
        {"support", "therapeutic", "SU_THER"},
        {NULL, "Outstanding", "PQ_OUT"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        means(cases[i].group, cases[i].text, cases[i].code);
    }
}

static void several_meanings_are_named(void **state)
{
    (void)state;
    means_nothing(NULL, "J1", "PT_REMAND (Remand fostering (903 LS J1)) or LS_J1 (Remand");
    means_nothing(NULL, "therapeutic", "PT_THER");
    means_nothing("risk_to_child", "Risk Present", "RC_SH (Self-harm), RC_CSE");
}

static void values_without_their_list_say_nothing(void **state)
{
    (void)state;
    static const char *const plain[] = {"No",   "no",    "Yes",          "1", "13",
                                        "None", "other", "Risk Present", "UK"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        means_nothing(NULL, plain[i], "is not a criterion");
    }
    means_nothing("carer_skill", "Yes", "is not a criterion");
    means_nothing("home_access", "true", "is not a criterion");
    means_nothing("home_access", "Y", "is not a criterion");
}

static void what_is_near_is_suggested(void **state)
{
    (void)state;
    means_nothing(NULL, "DS_AUTT", "did you mean DS_AUT (Autism)?");
    means_nothing(NULL, "Autisim", "did you mean DS_AUT");
    means_nothing(NULL, "severe autism", "did you mean DS_AUT");
    means_nothing("language", "Polsh", "did you mean LN_PL");
    means_nothing("pets", "Autism", "PE_MUST PE_CAN PE_NO");
    means_nothing("pet", "No", "there is no such group");
    means_nothing(NULL, "xyzzy", "'xyzzy' is not a criterion");
    means_nothing(NULL, "", "'' is not a criterion");
    means_nothing(NULL, " - ", "is not a criterion");
    means_nothing(NULL, "Polsk\xc3\xa9", "is not a criterion");
    means_nothing("sex_gender", "\xff\xfe", "SEX_M SEX_F");
    char *longest = mem_array(100001, 1);
    memset(longest, 'A', 100000);
    means_nothing(NULL, longest, "is not a criterion");
    free(longest);
}

static void misspelt_codes_get_a_suggestion(void **state)
{
    (void)state;
    const struct catalogue *catalogue = catalogue_one();
    assert_string_equal(catalogue_suggest(catalogue, "ds_aut"), "DS_AUT");
    assert_string_equal(catalogue_suggest(catalogue, "DS-AUT"), "DS_AUT");
    assert_string_equal(catalogue_suggest(catalogue, "DS_AUTT"), "DS_AUT");
    assert_string_equal(catalogue_suggest(catalogue, "RC_MSIS"), "RC_MISS");
    assert_string_equal(catalogue_suggest(catalogue, "PT_SHRT"), "PT_SHORT");
    assert_null(catalogue_suggest(catalogue, "AUTISM"));
    assert_null(catalogue_suggest(catalogue, "XX"));
    assert_null(catalogue_suggest(catalogue, ""));
    char *longest = mem_array(100001, 1);
    memset(longest, 'A', 100000);
    assert_null(catalogue_suggest(catalogue, longest));
    free(longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_and_label_finds_its_criterion),
        cmocka_unit_test(an_export_is_understood),
        cmocka_unit_test(several_meanings_are_named),
        cmocka_unit_test(values_without_their_list_say_nothing),
        cmocka_unit_test(what_is_near_is_suggested),
        cmocka_unit_test(misspelt_codes_get_a_suggestion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
