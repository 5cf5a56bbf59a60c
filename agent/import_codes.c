/* SPDX-License-Identifier: Apache-2.0
 * Criteria of the catalogue in cells and headings: by code, label or standard code.
 */
#include <string.h>
#include <strings.h>

#include "agent/code_cache.h"
#include "agent/import_columns.h"

/* Compared by its address in the cache. */
static const char PLACEMENT_TYPE[] = "placement_type";

static bool is_placement_type(const struct criterion *criterion)
{
    return criterion->scope == SCOPE_CARER && strcmp(criterion->group, PLACEMENT_TYPE) == 0;
}

static bool is_sex(const struct criterion *criterion)
{
    return strcmp(criterion->code, "SEX_M") == 0 || strcmp(criterion->code, "SEX_F") == 0;
}

static bool check_offer(const struct criterion *criterion, struct err *err)
{
    if (criterion->scope != SCOPE_CARER) {
        return err_set(err, ERR_INVALID, NULL, "%s is a fact on the agency, not on a carer",
                       criterion->code);
    }
    if (criterion_has_field(criterion)) {
        return err_set(err, ERR_INVALID, NULL,
                       "%s has a column of its own (ages, sexes, places, placement_types, status)",
                       criterion->code);
    }
    return true;
}

bool column_code_is_good(const struct criterion *criterion, struct err *err)
{
    return is_sex(criterion) || is_placement_type(criterion) || check_offer(criterion, err);
}

void column_hold(struct profile *profile, const struct criterion *criterion)
{
    if (strcmp(criterion->code, "SEX_M") == 0) {
        profile->takes_m = true;
    } else if (strcmp(criterion->code, "SEX_F") == 0) {
        profile->takes_f = true;
    } else {
        profile_hold(profile, criterion->slot);
    }
}

bool column_holds(const struct profile *profile, const struct criterion *criterion)
{
    if (strcmp(criterion->code, "SEX_M") == 0) return profile->takes_m;
    if (strcmp(criterion->code, "SEX_F") == 0) return profile->takes_f;
    return profile_holds(profile, criterion->slot);
}

bool column_placement_type_item(char *text, const struct column_rules *rules,
                                struct profile *profile, struct err *err)
{
    const struct criterion *found = NULL;
    if (!code_cache_match(rules->codes, PLACEMENT_TYPE, text, &found, err)) return false;
    profile_hold(profile, found->slot);
    return true;
}

bool column_offer_item(char *text, const struct column_rules *rules, struct profile *profile,
                       struct err *err)
{
    const struct criterion *found = NULL;
    if (!code_cache_match(rules->codes, NULL, text, &found, err) || !check_offer(found, err)) {
        return false;
    }
    profile_hold(profile, found->slot);
    return true;
}

bool column_yes_no(const char *text, bool *yes, struct err *err)
{
    static const char *const words[2][4] = {{"n", "no", "false", "0"}, {"y", "yes", "true", "1"}};
    for (int y = 0; y < 2; y++) {
        for (int i = 0; i < 4; i++) {
            if (strcasecmp(text, words[y][i]) != 0) continue;
            *yes = y == 1;
            return true;
        }
    }
    return err_set(err, ERR_INVALID, NULL, "Y or N is wanted");
}
