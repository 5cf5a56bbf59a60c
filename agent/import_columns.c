/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/import_columns.h"

#include <ctype.h>
#include <string.h>

/* ---- text ---- */

static bool copy_text(char *out, size_t cap, const char *text, struct err *err)
{
    size_t len = strlen(text);
    if (len >= cap) {
        return err_set(err, ERR_INVALID, NULL, "%zu bytes; at most %zu are wanted", len, cap - 1);
    }
    memcpy(out, text, len + 1);
    return true;
}

static bool parse_ref(char *text, const struct column_rules *rules, struct profile *profile,
                      struct err *err)
{
    (void)rules;
    return copy_text(profile->ref, sizeof profile->ref, text, err);
}

static bool parse_name(char *text, const struct column_rules *rules, struct profile *profile,
                       struct err *err)
{
    (void)rules;
    return copy_text(profile->name, sizeof profile->name, text, err);
}

/* ---- status and dates ---- */

/* "On hold", "on-hold" and "ON_HOLD" alike. */
static bool parse_status(char *text, const struct column_rules *rules, struct profile *profile,
                         struct err *err)
{
    (void)rules;
    for (char *p = text; *p; p++) {
        *p = *p == ' ' || *p == '-' ? '_' : (char)tolower((unsigned char)*p);
    }
    if (strcmp(text, "unavailable") == 0) {
        profile->status = STATUS_NOT_AVAILABLE;
        return true;
    }
    return status_from_name(text, &profile->status) ||
           err_set(err, ERR_INVALID, NULL,
                   "available, available_from, full, on_hold, not_available or unknown is wanted");
}

static bool parse_status_date(char *text, const struct column_rules *rules, struct profile *profile,
                              struct err *err)
{
    int32_t day = NO_DAY;
    if (!column_date(text, &day, err)) return false;
    if (day > rules->today) {
        return err_set(err, ERR_INVALID, NULL,
                       "in the future; the day on which the status was true is wanted");
    }
    profile->status_date = day;
    return true;
}

static bool parse_available_from(char *text, const struct column_rules *rules,
                                 struct profile *profile, struct err *err)
{
    (void)rules;
    return column_date(text, &profile->available_from, err);
}

/* ---- the table ---- */

const struct column_kind column_kinds[COLUMNS] = {
    [COLUMN_REF] = {"ref", FORM_SINGLE, parse_ref,
                    "your own reference for the household, up to 64 characters, once in the file; "
                    "required",
                    "A-001"},
    [COLUMN_NAME] = {"name", FORM_SINGLE, parse_name, "optional; it never leaves this machine",
                     "Example household"},
    [COLUMN_POSTCODE] = {"postcode", FORM_TOGETHER, NULL,
                         "where the household is: this, or grid_ref, or lat and lon; one of the "
                         "three",
                         ""},
    [COLUMN_GRID_REF] = {"grid_ref", FORM_TOGETHER, NULL,
                         "a National Grid reference such as SE 297 338", "SE 297 338"},
    [COLUMN_LAT] = {"lat", FORM_TOGETHER, NULL, "latitude in decimal degrees such as 53.8008", ""},
    [COLUMN_LON] = {"lon", FORM_TOGETHER, NULL, "longitude in decimal degrees such as -1.5491", ""},
    [COLUMN_AGES] = {"ages", FORM_LIST, column_ages_item,
                     "children's ages in whole years 0 to 17: 0-4;8-12 and unborn; required (or "
                     "two columns age_from and age_to)",
                     "0-4;8-12"},
    [COLUMN_AGE_FROM] = {"age_from", FORM_TOGETHER, NULL, NULL, NULL},
    [COLUMN_AGE_TO] = {"age_to", FORM_TOGETHER, NULL, NULL, NULL},
    [COLUMN_SEXES] = {"sexes", FORM_LIST, column_sexes_item, "M or F or M;F; required", "M;F"},
    [COLUMN_PLACES] = {"places", FORM_TOGETHER, NULL,
                       "vacancies now, 0 to 9; blank: as approved_places", "0"},
    [COLUMN_APPROVED_PLACES] = {"approved_places", FORM_TOGETHER, NULL,
                                "places approved for, 0 to 9", "2"},
    [COLUMN_PLACEMENT_TYPES] = {"placement_types", FORM_LIST, column_placement_type_item,
                                "codes or labels from the list below, separated by ; - required",
                                "PT_LONG;PT_SHORT"},
    [COLUMN_STATUS] = {"status", FORM_SINGLE, parse_status,
                       "available, available_from, full, on_hold, not_available or unknown",
                       "full"},
    [COLUMN_STATUS_DATE] = {"status_date", FORM_SINGLE, parse_status_date,
                            "the day on which the status was true: 2026-11-30 or 30/11/2026; "
                            "without it the status counts as unknown",
                            NULL},
    [COLUMN_AVAILABLE_FROM] = {"available_from", FORM_SINGLE, parse_available_from,
                               "a date, only with status available_from", NULL},
    [COLUMN_OFFERS] = {"offers", FORM_LIST, column_offer_item,
                       "what else the household offers: codes or labels from the list below, "
                       "separated by ; (or one column for each code, with Y or N)",
                       "CS_DRIVE;DS_AUT"},
};

bool column_may_repeat(enum column column)
{
    return column == COLUMN_OFFERS || column == COLUMN_PLACEMENT_TYPES;
}
