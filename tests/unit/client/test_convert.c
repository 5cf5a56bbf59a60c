/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/convert.h"
#include "proto/base/mem.h"

/* The text with ' in place of ". */
static char *quoted(const char *json)
{
    char *text = mem_string(json);
    for (char *p = text; *p; p++) {
        if (*p == '\'') *p = '"';
    }
    return text;
}

static struct conversion read_with(const char *json, uint32_t version)
{
    char *text = quoted(json);
    struct conversion said = {0};
    struct err err = {0};
    if (!convert_read(text, strlen(text), catalogue_get(version), &said, &err)) {
        fail_msg("%s: %s (%s)", err.field, err.text, text);
    }
    free(text);
    return said;
}

static const char *left_reason(const struct conversion *said, const char *field)
{
    size_t index;
    json_t *entry;
    json_array_foreach(said->left, index, entry)
    {
        if (strcmp(json_string_value(json_object_get(entry, "field")), field) == 0) {
            return json_string_value(json_object_get(entry, "reason"));
        }
    }
    return NULL;
}

/* The document asks for exactly this code, as a must or as a preference, and leaves nothing out. */
static void asks_for(const char *json, const char *must, const char *prefer)
{
    struct conversion said = read_with(json, 2);
    if (said.must_count != (must ? 1 : 0) || said.prefer_count != (prefer ? 1 : 0) ||
        json_array_size(said.left) != 0) {
        fail_msg("%s: %zu musts, %zu preferences, %zu left", json, said.must_count,
                 said.prefer_count, json_array_size(said.left));
    }
    if (must) assert_string_equal(said.must[0]->code, must);
    if (prefer) assert_string_equal(said.prefer[0]->code, prefer);
    conversion_free(&said);
}

static void every_value_has_its_criterion(void **state)
{
    (void)state;
    asks_for("{'riskAssessment':{'riskSelfHarm':'Risk Present'}}", "RC_SH", NULL);
    asks_for("{'riskAssessment':{'riskSexualExploitation':'Risk present'}}", "RC_CSE", NULL);
    asks_for("{'riskAssessment':{'riskCriminalExploitation':'RiskPresent'}}", "RC_CCE", NULL);
    asks_for("{'riskAssessment':{'riskDrugAlcohol':'rl:RiskPresent'}}", "RC_SUB", NULL);
    asks_for("{'riskAssessment':{'riskEatingDisorder':'Risk Present'}}", "RC_EAT", NULL);
    asks_for("{'riskAssessment':{'riskMissing':{'@id':'rl:RiskPresent'}}}", "RC_MISS", NULL);
    asks_for("{'riskAssessment':{'riskToOthersPhysical':'Risk Present'}}", "RO_PHYS", NULL);
    asks_for("{'riskAssessment':{'riskToOthersSexual':'Risk Present'}}", "RO_SEX", NULL);
    asks_for("{'riskAssessment':{'riskToOthersFire':'Risk Present'}}", "RO_FIRE", NULL);
    asks_for("{'riskAssessment':{'riskToOthersAnimals':'Risk Present'}}", "RO_ANIM", NULL);
    asks_for("{'riskAssessment':{'riskToOthersCriminal':'Risk Present'}}", "RO_CRIM", NULL);
    asks_for("{'placementRequirements':{'pets':'No'}}", "PE_NO", NULL);
    asks_for("{'placementRequirements':{'pets':'Yes - must'}}", "PE_MUST", NULL);
    asks_for("{'livingCompanions':'Only With Other younger children'}", "HH_YOUNG", NULL);
    asks_for("{'livingCompanions':'OnlyWithOlderChildren'}", "HH_OLDER", NULL);
    asks_for("{'livingCompanions':'SoloPlacement'}", "HH_SOLO", NULL);
    asks_for("{'livingCompanions':'With other children recommended'}", NULL, "HH_WITH");
    asks_for("{'specificCommunicationRequirement':['BSL']}", "CM_BSL", NULL);
    asks_for("{'specificCommunicationRequirement':'Makaton'}", "CM_MAK", NULL);
    asks_for("{'culturalNeeds':'Required'}", NULL, "CU_NEEDS");
    asks_for("{'additionalSupport':['TherapeuticSupport','Therapeutic support']}", NULL, "SU_THER");
    asks_for("{'additionalSupport':'WorkerForRespite'}", NULL, "SU_RESPW");
    asks_for("{'additionalSupport':'Taxis to school'}", NULL, "ED_TAXI");
    asks_for("{'homeAdaptationRequired':true}", "AC_ADAPT", NULL);
    asks_for("{'deprivationOfLiberty':true}", "SU_DOL", NULL);
    asks_for("{'pl:deprivationOfLiberty':{'@value':true}}", "SU_DOL", NULL);
    asks_for("{'uascStatus':'Yes'}", NULL, "CS_UASC");
}

static void answers_that_ask_for_nothing_are_silent(void **state)
{
    (void)state;
    asks_for("{'@context':'x','@id':'ex:1','@type':'Placement',"
             "'riskAssessment':{'@id':'ex:2','riskSelfHarm':'No known risk','riskOther':[]},"
             "'placementRequirements':{'pets':'Yes-can','livingCompanions':'No preference',"
             "'specificCommunicationRequirement':['None'],'culturalNeeds':'Not Known',"
             "'communicationNeeds':'Not Specified','additionalSupport':'NA',"
             "'homeAdaptationRequired':false,'deprivationOfLiberty':null},"
             "'placementAvailability':{'uascStatus':'NotApplicable'}}",
             NULL, NULL);
}

static void urgency_is_carried_over(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"Today", "today"},
                                           {"< 5 days", "within_5_days"},
                                           {"WithinFiveDays", "within_5_days"},
                                           {"> 5 days", "later"},
                                           {"pu:MoreThanFiveDays", "later"},
                                           {"in more than 5 days", "later"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *json = mem_format("{'placementAvailability':{'neededBy':'%s'}}", cases[i][0]);
        struct conversion said = read_with(json, 1);
        assert_non_null(said.needed_by);
        assert_string_equal(said.needed_by, cases[i][1]);
        conversion_free(&said);
        free(json);
    }
    struct conversion said = read_with("{'neededBy':'next week'}", 1);
    assert_null(said.needed_by);
    assert_non_null(strstr(left_reason(&said, "neededBy"), "--needed-by"));
    conversion_free(&said);
}

static void what_is_left_out_is_listed(void **state)
{
    (void)state;
    struct conversion said =
        read_with("{'childId':'C77','placementAvailability':{'outOfLAReason':'Bail "
                  "conditions','siblingCount':'2'},"
                  "'placementRequirements':{'culturalNeeds':'Required','communicationNeeds':'Yes',"
                  "'pets':'Sometimes','additionalSupport':['Other'],'additionalSupportOther':['"
                  "Named Person']},"
                  "'riskAssessment':{'riskToOthersOther':['Named Person'],'shoeSize':4},"
                  "'actualPlacement':{'totalWeeklyCost':1,'providerURN':'SC1'},"
                  "'qualityAssurance':{'referralOfficerName':'Named Person'}}",
                  1);
    assert_int_equal(said.must_count + said.prefer_count, 0);
    assert_int_equal(said.siblings, -1);
    static const char *const fields[][2] = {
        {"childId", "identifies"},
        {"placementAvailability.outOfLAReason", "location"},
        {"placementAvailability.siblingCount", "not a number"},
        {"placementRequirements.culturalNeeds", "catalogue in use"},
        {"placementRequirements.communicationNeeds", "name the criteria"},
        {"placementRequirements.pets", "not a value"},
        {"placementRequirements.additionalSupport", "name the criteria"},
        {"placementRequirements.additionalSupportOther", "free text"},
        {"riskAssessment.riskToOthersOther", "free text"},
        {"riskAssessment.shoeSize", "not known here"},
        {"actualPlacement.totalWeeklyCost", "placement that was made"},
        {"actualPlacement.providerURN", "placement that was made"},
        {"qualityAssurance.referralOfficerName", "names of staff"}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *reason = left_reason(&said, fields[i][0]);
        if (!reason || !strstr(reason, fields[i][1])) fail_msg("%s: %s", fields[i][0], reason);
    }
    assert_int_equal(json_array_size(said.left), sizeof fields / sizeof *fields);
    char *all = json_dumps(said.left, JSON_COMPACT);
    assert_null(strstr(all, "Named Person")); /* nor are names repeated */
    assert_null(strstr(all, "C77"));
    assert_null(strstr(all, "SC1"));
    free(all);
    conversion_free(&said);
}

static void unreadable(const char *json, size_t len, const char *says)
{
    struct conversion said = {0};
    struct err err = {0};
    assert_false(convert_read(json, len, catalogue_get(1), &said, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, "document");
    if (!strstr(err.text, says)) fail_msg("%s: \"%s\"", json, err.text);
    assert_null(said.left);
}

static void broken_documents_are_refused(void **state)
{
    (void)state;
    unreadable("", 0, "is not JSON");
    unreadable(NULL, 0, "is not JSON");
    unreadable("{", 1, "is not JSON: line 1");
    unreadable("[]", 2, "a Placement is a JSON object");
    unreadable("{\"a\":1,\"a\":2}", 13, "is not JSON");
    unreadable("{}\xff", 3, "is not JSON");
    char *large = mem_array(REQUEST_MAX + 1, 1);
    memset(large, ' ', REQUEST_MAX + 1);
    unreadable(large, REQUEST_MAX + 1, "more than");
    free(large);
}

static void much_that_is_unknown_is_bounded(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_text(&text, "{");
    for (int i = 0; i < 1000; i++) buf_format(&text, "\"%s%d\":1,", i ? "x" : "\\u001b", i);
    buf_text(&text, "\"pets\":\"No\"}");
    struct conversion said = {0};
    struct err err = {0};
    assert_true(convert_read(text.data, text.len, catalogue_get(1), &said, &err));
    assert_int_equal(json_array_size(said.left), CONVERT_LEFT_MAX);
    assert_int_equal(said.must_count, 1);
    conversion_free(&said);
    buf_free(&text);
}

static void children_are_read(void **state)
{
    (void)state;
    struct convert_options options = {0};
    struct err err = {0};
    assert_true(convert_child("11:F", &options, &err));
    assert_true(convert_child("unborn:u", &options, &err));
    assert_true(convert_child("0:m", &options, &err));
    assert_int_equal(options.children[0].age, 11);
    assert_int_equal(options.children[0].sex, 'F');
    assert_int_equal(options.children[1].age, AGE_UNBORN);
    assert_int_equal(options.children[1].sex, 'U');
    assert_int_equal(options.children[2].age, 0);
    static const char *const bad[] = {"",     ":",  "11",    "11:",      "11:X",           "18:F",
                                      "-1:F", ":F", "11:FF", "eleven:F", "1111111111111:F"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(convert_child(bad[i], &options, &err));
        assert_non_null(strstr(err.text, "AGE:SEX"));
    }
    assert_int_equal(options.child_count, 3);
    assert_true(convert_child("1:M", &options, &err));
    assert_true(convert_child("2:M", &options, &err));
    assert_false(convert_child("3:M", &options, &err));
    assert_non_null(strstr(err.text, "at most 5"));
}

static void a_request_comes_out(void **state)
{
    (void)state;
    struct conversion said =
        read_with("{'neededBy':'Today','siblingCount':1,'pets':'No','riskMissing':'Risk Present',"
                  "'additionalSupport':['Additional supervision'],'childId':'C77'}",
                  1);
    struct convert_options options = {.search_ref = "R-1", .type = "U6"};
    struct err err = {0};
    json_t *made = NULL;
    assert_true(convert_child("11:F", &options, &err) && convert_child("6:M", &options, &err));
    if (!convert_request(&said, &options, &made, &err)) fail_msg("%s: %s", err.field, err.text);
    char *expected =
        quoted("{'search_ref':'R-1','children':[{'age':11,'sex':'F'},{'age':6,'sex':'M'}],"
               "'placement':{'type':'PT_SHORT','needed_by':'today'},'must':['PE_NO','RC_MISS'],"
               "'prefer':{'SU_SUPER':3}}");
    json_t *wanted = json_loads(expected, 0, NULL);
    assert_true(json_equal(made, wanted));
    json_decref(made);
    options.needed_by = "later"; /* an option is stronger than the document */
    assert_true(convert_request(&said, &options, &made, &err));
    const char *needed_by =
        json_string_value(json_object_get(json_object_get(made, "placement"), "needed_by"));
    assert_string_equal(needed_by, "later");
    json_decref(made);
    json_decref(wanted);
    free(expected);
    conversion_free(&said);
}

static void refused(const char *json, struct convert_options options, const char *field,
                    const char *const *says)
{
    struct conversion said = read_with(json, 1);
    json_t *made = NULL;
    struct err err = {0};
    assert_false(convert_request(&said, &options, &made, &err));
    assert_null(made);
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
    for (; *says; says++) {
        if (!strstr(err.text, *says)) fail_msg("\"%s\", not \"%s\"", err.text, *says);
    }
    conversion_free(&said);
}

static void everything_missing_is_said_at_once(void **state)
{
    (void)state;
    const struct convert_options none = {0};
    refused("{}", none, "options",
            (const char *const[]){"--search-ref", "--child", "--type", "--needed-by", NULL});
    refused("{'neededBy':'Today','siblingCount':2}", none, "options",
            (const char *const[]){"--search-ref", "3 times", "--type", NULL});
    const struct convert_options one = {
        .search_ref = "R", .type = "PT_LONG", .children = {{4, 'M'}}, .child_count = 1};
    refused("{'neededBy':'Today','siblingCount':1}", one, "options",
            (const char *const[]){"2 times", "not 1", NULL});
    refused("{'neededBy':'Today','siblingCount':5}", one, "siblingCount",
            (const char *const[]){"at most 5", NULL});
    struct convert_options wrong = one;
    wrong.type = "PT_LONGG";
    refused("{'neededBy':'Today'}", wrong, "type", (const char *const[]){"PT_LONG", NULL});
    wrong = one;
    wrong.needed_by = "soon";
    refused("{}", wrong, "placement.needed_by", (const char *const[]){"within_5_days", NULL});
    wrong.needed_by = "\xff";
    refused("{}", wrong, "placement.needed_by", (const char *const[]){"printable", NULL});
    wrong = one;
    wrong.search_ref = "";
    refused("{'neededBy':'Today'}", wrong, "search_ref", (const char *const[]){NULL});
    wrong.search_ref = "\xff";
    refused("{'neededBy':'Today'}", wrong, "search_ref", (const char *const[]){"printable", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_has_its_criterion),
        cmocka_unit_test(answers_that_ask_for_nothing_are_silent),
        cmocka_unit_test(urgency_is_carried_over),
        cmocka_unit_test(what_is_left_out_is_listed),
        cmocka_unit_test(broken_documents_are_refused),
        cmocka_unit_test(much_that_is_unknown_is_bounded),
        cmocka_unit_test(children_are_read),
        cmocka_unit_test(a_request_comes_out),
        cmocka_unit_test(everything_missing_is_said_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
