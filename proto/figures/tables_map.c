/* SPDX-License-Identifier: Apache-2.0
 * What counts as which category: criteria of the catalogue, ages, days.
 */
#include <string.h>

#include "proto/domain/catalogue.h"
#include "proto/figures/tables.h"

/* A code, or the beginning of several where it ends in '_'; the first that fits counts. */
struct rule {
    const char *code, *category;
};

static const struct rule type_rules[] = {
    {"PT_PC", "parent_child"},  {"PT_PCASS", "parent_child"}, {"PT_REMAND", "remand"},
    {"PT_THER", "therapeutic"}, {"PT_INTENS", "therapeutic"}, {"PT_MTFC", "therapeutic"},
    {"PT_STEP", "therapeutic"}, {"PT_SOLO", "therapeutic"},   {"PT_UASC", "uasc"},
    {"PT_FFA", "adoption"},     {"PT_BRIDGE", "adoption"},    {"PT_LODGE", "lodgings"},
    {"PT_STAY", "lodgings"},    {"PT_BREAK", "breaks"},       {"PT_RESP", "breaks"},
    {"PT_SHARED", "breaks"},    {"PT_WKEND", "breaks"},       {"PT_EMERG", "emergency"},
    {"PT_LONG", "long"},        {"PT_SHORT", "short"},        {"PT_ASSESS", "short"},
};

/* Asthma and regular medicine are common, and no complex health need by themselves. */
static const struct rule need_rules[] = {
    {"RC_CSE", "exploitation"},
    {"RC_CCE", "exploitation"},
    {"ND_GANG", "exploitation"},
    {"ND_TRAF", "exploitation"},
    {"RO_", "harm_to_others"},
    {"ND_SXB", "harm_to_others"},
    {"RC_SH", "self_harm"},
    {"RC_EAT", "self_harm"},
    {"ND_SUIC", "self_harm"},
    {"ND_MH", "self_harm"},
    {"HE_MEDS", NULL},
    {"HE_ASTH", NULL},
    {"HE_", "complex_health"},
    {"AC_HOIST", "complex_health"},
    {"SN_PMLD", "complex_health"},
    {"DS_AUT", "autism"},
    {"DS_", "disability"},
    {"AC_", "disability"},
    {"RC_MISS", "missing"},
    {"RC_SUB", "substance"},
    {"PT_UASC", "uasc"},
    {"CS_UASC", "uasc"},
};

static bool fits(const char *rule, const char *code)
{
    size_t len = strlen(rule);
    return rule[len - 1] == '_' ? strncmp(rule, code, len) == 0 : strcmp(rule, code) == 0;
}

/* The name of the category, or NULL. */
static const char *category_of(const struct rule *rules, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++) {
        if (fits(rules[i].code, code)) return rules[i].category;
    }
    return NULL;
}

static size_t place_of(const char *table, const char *category)
{
    const struct figures_table *found = figures_table_find(table);
    size_t place = figures_category_find(found, category);
    REQUIRE(place < found->category_count);
    return place;
}

size_t figures_age_band(int age)
{
    REQUIRE(age >= AGE_UNBORN && age <= AGE_MAX);
    return age < 5 ? 0 : age < 11 ? 1 : age < 16 ? 2 : 3;
}

size_t figures_days(int32_t days)
{
    static const int32_t last[] = {0, 2, 5, 10, 28};
    size_t i = 0;
    REQUIRE(days >= 0);
    while (i < sizeof last / sizeof *last && days > last[i]) i++;
    return i;
}

uint32_t figures_needs(const struct catalogue *catalogue, const uint16_t *slots, size_t count)
{
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const char *category = category_of(need_rules, sizeof need_rules / sizeof *need_rules,
                                           catalogue_slot(catalogue, slots[i])->code);
        if (category) found |= UINT32_C(1) << place_of("demand_need", category);
    }
    return found;
}

size_t figures_type(const struct catalogue *catalogue, uint16_t slot)
{
    const char *category = category_of(type_rules, sizeof type_rules / sizeof *type_rules,
                                       catalogue_slot(catalogue, slot)->code);
    REQUIRE(category); /* test_tables goes over all placement types */
    return place_of("capacity_type", category);
}
