/* SPDX-License-Identifier: Apache-2.0 */
#include "client/convert_rules.h"

#include <stddef.h>
#include <string.h>

static const char IDENTIFIES[] = "identifies the child or the record: never part of a request";
static const char STAFF[] = "names of staff and dates of records are never part of a request";
static const char MADE[] = "is about the placement that was made, not about what is sought";
static const char FREE_TEXT[] = "free text: say it with criteria (hearth criteria --search WORD)";
static const char PLACE[] =
    "a request says where by location: add anchors, an area or places to avoid";
static const char SUITABILITY[] =
    "a judgement on kinds of care; a request asks for foster care only";

static const struct convert_rule rules[] = {
    {"@context", HOW_SILENT, NULL},
    {"@type", HOW_SILENT, NULL},
    {"@id", HOW_SILENT, NULL},
    {"childId", HOW_LEFT, IDENTIFIES},
    {"placementId", HOW_LEFT, IDENTIFIES},
    {"placementAvailability", HOW_SECTION, NULL},
    {"neededBy", HOW_NEEDED_BY, NULL},
    {"siblingCount", HOW_SIBLINGS, NULL},
    {"uascStatus", HOW_PREFER, NULL},
    {"isPreferredLocationLocal", HOW_LEFT_SAID, PLACE},
    {"outOfLAReason", HOW_LEFT_SAID, PLACE},
    {"outOfLAReasonOther", HOW_LEFT, PLACE},
    {"placementRequirements", HOW_SECTION, NULL},
    {"communicationNeeds", HOW_PREFER, NULL},
    {"specificCommunicationRequirement", HOW_MUST, NULL},
    {"specificCommunicationRequirementOther", HOW_LEFT, FREE_TEXT},
    {"homeAdaptationRequired", HOW_MUST, NULL},
    {"culturalNeeds", HOW_PREFER, NULL},
    {"culturalNeedsOther", HOW_LEFT, FREE_TEXT},
    {"livingCompanions", HOW_MUST, NULL},
    {"pets", HOW_MUST, NULL},
    {"additionalSupport", HOW_PREFER, NULL},
    {"additionalSupportOther", HOW_LEFT, FREE_TEXT},
    {"deprivationOfLiberty", HOW_MUST, NULL},
    {"needsAssessmentMethod", HOW_LEFT, "says how needs were assessed, not what they are"},
    {"placementRecommendation", HOW_SECTION, NULL},
    {"fosterCareSuitability", HOW_LEFT_SAID, SUITABILITY},
    {"residentialCareSuitability", HOW_LEFT_SAID, SUITABILITY},
    {"supportedAccommodationSuitability", HOW_LEFT_SAID, SUITABILITY},
    {"riskAssessment", HOW_SECTION, NULL},
    {"riskSelfHarm", HOW_MUST, NULL},
    {"riskSexualExploitation", HOW_MUST, NULL},
    {"riskCriminalExploitation", HOW_MUST, NULL},
    {"riskDrugAlcohol", HOW_MUST, NULL},
    {"riskEatingDisorder", HOW_MUST, NULL},
    {"riskMissing", HOW_MUST, NULL},
    {"riskOther", HOW_LEFT, FREE_TEXT},
    {"riskToOthersPhysical", HOW_MUST, NULL},
    {"riskToOthersSexual", HOW_MUST, NULL},
    {"riskToOthersFire", HOW_MUST, NULL},
    {"riskToOthersAnimals", HOW_MUST, NULL},
    {"riskToOthersCriminal", HOW_MUST, NULL},
    {"riskToOthersOther", HOW_LEFT, FREE_TEXT},
    {"actualPlacement", HOW_SECTION, MADE},
    {"qualityAssurance", HOW_SECTION, STAFF},
};

const struct convert_rule *convert_rule_of(const char *name)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (strcmp(rules[i].name, name) == 0) return &rules[i];
    }
    return NULL;
}

bool convert_identifies(const struct convert_rule *rule)
{
    return rule->reason == IDENTIFIES;
}
