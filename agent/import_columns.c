/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/import_columns.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "proto/base/clock.h"
#include "proto/base/text.h"

enum { HEADING_MAX = 64, CODE_MAX = 32 };

/* ---- cells ---- */

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

struct items {
    const struct column_rules *rules;
    struct profile *profile;
    struct err *err;
};

static bool parse_items(char *text, const struct column_rules *rules, struct profile *profile,
                        bool (*each)(char *item, void *ctx), struct err *err)
{
    struct items items = {rules, profile, err};
    return text_split(text, ';', each, &items);
}

static bool add_ages(char *item, void *ctx)
{
    struct items *items = ctx;
    if (strcasecmp(item, "unborn") == 0) {
        items->profile->ages |= 1U << PROFILE_AGE_UNBORN_BIT;
        return true;
    }
    int64_t first = 0;
    int64_t last = 0;
    char *dash = strchr(item, '-');
    if (dash) *dash = '\0';
    bool ok = text_integer(text_trim(item), 0, AGE_MAX, &first) &&
              text_integer(dash ? text_trim(dash + 1) : item, first, AGE_MAX, &last);
    if (!ok) {
        return err_set(items->err, ERR_INVALID, NULL,
                       "whole years 0 to %d, ranges from low to high and \"unborn\" are wanted, "
                       "separated by \";\": \"0-4;8-12\"",
                       AGE_MAX);
    }
    for (int64_t age = first; age <= last; age++) items->profile->ages |= 1U << age;
    return true;
}

static bool parse_ages(char *text, const struct column_rules *rules, struct profile *profile,
                       struct err *err)
{
    if (!parse_items(text, rules, profile, add_ages, err)) return false;
    return profile->ages != 0 || err_set(err, ERR_INVALID, NULL, "at least one age is wanted");
}

static bool add_sex(char *item, void *ctx)
{
    struct items *items = ctx;
    if (strcasecmp(item, "M") == 0) {
        items->profile->takes_m = true;
    } else if (strcasecmp(item, "F") == 0) {
        items->profile->takes_f = true;
    } else {
        return err_set(items->err, ERR_INVALID, NULL, "M, F or M;F is wanted");
    }
    return true;
}

static bool parse_sexes(char *text, const struct column_rules *rules, struct profile *profile,
                        struct err *err)
{
    if (!parse_items(text, rules, profile, add_sex, err)) return false;
    return profile->takes_m || profile->takes_f ||
           err_set(err, ERR_INVALID, NULL, "M, F or M;F is wanted");
}

/* Codes are compared without case: case systems change it. */
static const struct criterion *find_code(const struct catalogue *catalogue, const char *text,
                                         char upper[CODE_MAX])
{
    size_t len = strnlen(text, CODE_MAX - 1);
    for (size_t i = 0; i < len; i++) upper[i] = (char)toupper((unsigned char)text[i]);
    upper[len] = '\0';
    return len == strlen(text) ? catalogue_find(catalogue, upper) : NULL;
}

static bool unknown_code(const struct catalogue *catalogue, const char *item, const char *upper,
                         const char *wanted, struct err *err)
{
    const char *near = catalogue_suggest(catalogue, upper);
    if (near && strcmp(near, upper) == 0) near = NULL; /* a code, but not one for here */
    return err_set(err, ERR_INVALID, NULL, "\"%.40s\" is not %s%s%s%s", item, wanted,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool is_placement_type(const struct criterion *criterion)
{
    return criterion->scope == SCOPE_CARER && strncmp(criterion->code, "PT_", 3) == 0;
}

static bool add_placement_type(char *item, void *ctx)
{
    struct items *items = ctx;
    char upper[CODE_MAX];
    const struct criterion *found = find_code(items->rules->catalogue, item, upper);
    if (!found || !is_placement_type(found)) {
        return unknown_code(items->rules->catalogue, item, upper,
                            "a placement type (PT_LONG, PT_SHORT, PT_EMERG, ...)", items->err);
    }
    profile_hold(items->profile, found->slot);
    return true;
}

static bool parse_placement_types(char *text, const struct column_rules *rules,
                                  struct profile *profile, struct err *err)
{
    if (strspn(text, "; ") == strlen(text)) {
        return err_set(err, ERR_INVALID, NULL, "at least one PT_ code is wanted");
    }
    return parse_items(text, rules, profile, add_placement_type, err);
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

static bool add_offer(char *item, void *ctx)
{
    struct items *items = ctx;
    char upper[CODE_MAX];
    const struct criterion *found = find_code(items->rules->catalogue, item, upper);
    if (!found) {
        return unknown_code(items->rules->catalogue, item, upper, "a code of the catalogue",
                            items->err);
    }
    if (!check_offer(found, items->err)) return false;
    profile_hold(items->profile, found->slot);
    return true;
}

static bool parse_offers(char *text, const struct column_rules *rules, struct profile *profile,
                         struct err *err)
{
    return parse_items(text, rules, profile, add_offer, err);
}

/* "On hold", "on-hold" and "on_hold" alike. */
static bool parse_status(char *text, const struct column_rules *rules, struct profile *profile,
                         struct err *err)
{
    (void)rules;
    for (char *p = text; *p; p++) {
        *p = *p == ' ' || *p == '-' ? '_' : (char)tolower((unsigned char)*p);
    }
    return status_from_name(text, &profile->status) ||
           err_set(err, ERR_INVALID, NULL,
                   "available, available_from, full, on_hold, not_available or unknown is wanted");
}

/* 30/11/2026, as spreadsheets here write dates. */
static bool parse_british_day(const char *text, int32_t *day)
{
    if (strlen(text) != 10 || text[2] != '/' || text[5] != '/') return false;
    char iso[11];
    (void)snprintf(iso, sizeof iso, "%.4s-%.2s-%.2s", text + 6, text + 3, text);
    return clock_parse_day(iso, day);
}

static bool parse_date(const char *text, int32_t *day, struct err *err)
{
    return clock_parse_day(text, day) || parse_british_day(text, day) ||
           err_set(
               err, ERR_INVALID, NULL,
               "a date as 2026-11-30 (year-month-day) or 30/11/2026 (day/month/year) is wanted");
}

static bool parse_status_date(char *text, const struct column_rules *rules, struct profile *profile,
                              struct err *err)
{
    if (!parse_date(text, &profile->status_date, err)) return false;
    return profile->status_date <= rules->today ||
           err_set(err, ERR_INVALID, NULL,
                   "in the future; the day on which the status was true "
                   "is wanted");
}

static bool parse_available_from(char *text, const struct column_rules *rules,
                                 struct profile *profile, struct err *err)
{
    (void)rules;
    return parse_date(text, &profile->available_from, err);
}

bool column_yes_no(const char *text, bool *yes, struct err *err)
{
    bool y = strcasecmp(text, "y") == 0 || strcasecmp(text, "yes") == 0;
    bool n = strcasecmp(text, "n") == 0 || strcasecmp(text, "no") == 0;
    *yes = y;
    return y || n || err_set(err, ERR_INVALID, NULL, "Y or N is wanted");
}

const struct column_kind column_kinds[COLUMNS] = {
    [COLUMN_REF] = {"ref", true, parse_ref},
    [COLUMN_NAME] = {"name", false, parse_name},
    [COLUMN_POSTCODE] = {"postcode", false, NULL},
    [COLUMN_GRID_REF] = {"grid_ref", false, NULL},
    [COLUMN_LAT] = {"lat", false, NULL},
    [COLUMN_LON] = {"lon", false, NULL},
    [COLUMN_AGES] = {"ages", true, parse_ages},
    [COLUMN_SEXES] = {"sexes", true, parse_sexes},
    [COLUMN_PLACES] = {"places", false, NULL},
    [COLUMN_APPROVED_PLACES] = {"approved_places", false, NULL},
    [COLUMN_PLACEMENT_TYPES] = {"placement_types", true, parse_placement_types},
    [COLUMN_STATUS] = {"status", false, parse_status},
    [COLUMN_STATUS_DATE] = {"status_date", false, parse_status_date},
    [COLUMN_AVAILABLE_FROM] = {"available_from", false, parse_available_from},
    [COLUMN_OFFERS] = {"offers", false, parse_offers},
};

/* ---- headings ---- */

static void normalise(const char *text, char out[HEADING_MAX])
{
    size_t used = 0;
    for (; *text && used < HEADING_MAX - 1; text++) {
        if (strchr(" _-", *text)) continue;
        out[used++] = (char)tolower((unsigned char)*text);
    }
    out[used] = '\0';
}

static bool same_heading(const char *normalised, const char *name)
{
    char other[HEADING_MAX];
    normalise(name, other);
    return strcmp(normalised, other) == 0;
}

static const struct criterion *criterion_of_heading(const struct catalogue *catalogue,
                                                    const char *normalised)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        if (same_heading(normalised, catalogue->criteria[i].code)) return &catalogue->criteria[i];
    }
    return NULL;
}

int column_of_heading(const struct catalogue *catalogue, const char *heading, uint16_t *slot,
                      struct err *err)
{
    char normalised[HEADING_MAX];
    normalise(heading, normalised);
    for (int c = 0; c < COLUMNS; c++) {
        if (same_heading(normalised, column_kinds[c].name)) return c;
    }
    const struct criterion *criterion = criterion_of_heading(catalogue, normalised);
    if (criterion) {
        if (!check_offer(criterion, err)) return -1;
        *slot = criterion->slot;
        return COLUMNS;
    }
    char upper[CODE_MAX];
    (void)find_code(catalogue, heading, upper);
    (void)unknown_code(catalogue, heading, upper,
                       "a known column; known are ref, name, grid_ref, lat, lon, ages, sexes, "
                       "places, approved_places, placement_types, status, status_date, "
                       "available_from, offers and the codes of the catalogue",
                       err);
    return -1;
}

/* ---- columns judged together ---- */

static bool given(char *const values[COLUMNS], enum column c)
{
    return values[c][0] != '\0';
}

static bool set_lat_lon(const char *lat, const char *lon, struct profile *profile, enum column *at,
                        struct err *err)
{
    double north = 0;
    double east = 0;
    struct grid_point point;
    *at = COLUMN_LAT;
    if (!text_decimal(lat, &north)) {
        return err_set(err, ERR_INVALID, NULL, "decimal degrees are wanted, such as 53.8008");
    }
    *at = COLUMN_LON;
    if (!text_decimal(lon, &east)) {
        return err_set(err, ERR_INVALID, NULL, "decimal degrees are wanted, such as -1.5491");
    }
    *at = COLUMN_LAT;
    if (strlen(lat) + strlen(lon) + 1 > PROFILE_LOCATION_MAX) {
        return err_set(err, ERR_INVALID, NULL, "more digits than %d", PROFILE_LOCATION_MAX / 2 - 1);
    }
    if (!grid_from_lat_lon(north, east, &point, err)) return false;
    (void)snprintf(profile->location, sizeof profile->location, "%s,%s", lat, lon);
    profile->cell = grid_cell_of(point);
    return true;
}

static bool set_grid_ref(const char *text, struct profile *profile, struct err *err)
{
    struct grid_point point;
    if (!grid_parse(text, &point) || !grid_contains(point)) {
        return err_set(err, ERR_INVALID, NULL,
                       "a National Grid reference is wanted: two letters and an even number of "
                       "digits, such as SE 297 338, or a cell, such as SE23NW");
    }
    profile->cell = grid_cell_of(point);
    return copy_text(profile->location, sizeof profile->location, text, err);
}

bool columns_location(char *const values[COLUMNS], struct profile *profile, enum column *at,
                      struct err *err)
{
    bool grid = given(values, COLUMN_GRID_REF);
    bool lat = given(values, COLUMN_LAT);
    bool lon = given(values, COLUMN_LON);
    if (given(values, COLUMN_POSTCODE)) {
        *at = COLUMN_POSTCODE;
        return err_set(err, ERR_INVALID, NULL,
                       "postcodes need a gazetteer, which comes with a later version; give "
                       "grid_ref, or lat and lon, and leave this blank");
    }
    *at = COLUMN_GRID_REF;
    if (grid && (lat || lon)) {
        return err_set(err, ERR_INVALID, NULL,
                       "either grid_ref or lat and lon is wanted, not both");
    }
    if (grid) return set_grid_ref(values[COLUMN_GRID_REF], profile, err);
    if (lat && lon) return set_lat_lon(values[COLUMN_LAT], values[COLUMN_LON], profile, at, err);
    if (lat || lon) {
        *at = lat ? COLUMN_LON : COLUMN_LAT;
        return err_set(err, ERR_INVALID, NULL, "lat and lon are wanted together");
    }
    return err_set(err, ERR_INVALID, NULL, "a location is wanted: grid_ref, or lat and lon");
}

static bool parse_places(const char *text, int64_t *out, struct err *err)
{
    return text_integer(text, 0, 9, out) ||
           err_set(err, ERR_INVALID, NULL, "a whole number 0 to 9 is wanted");
}

bool columns_places(char *const values[COLUMNS], struct profile *profile, enum column *at,
                    struct err *err)
{
    int64_t places = -1;
    int64_t approved = -1;
    *at = COLUMN_PLACES;
    if (given(values, *at) && !parse_places(values[*at], &places, err)) return false;
    *at = COLUMN_APPROVED_PLACES;
    if (given(values, *at) && !parse_places(values[*at], &approved, err)) return false;
    *at = COLUMN_PLACES;
    if (places < 0 && approved < 0) {
        return err_set(err, ERR_INVALID, NULL,
                       "places or approved_places is wanted, a whole number 0 to 9");
    }
    profile->places = (uint8_t)(places >= 0 ? places : approved);
    profile->approved_places = (uint8_t)(approved >= 0 ? approved : places);
    return true;
}

bool columns_status(char *const values[COLUMNS], struct profile *profile, enum column *at,
                    struct err *err)
{
    *at = COLUMN_AVAILABLE_FROM;
    bool dated = given(values, COLUMN_AVAILABLE_FROM);
    if (profile->status == STATUS_AVAILABLE_FROM && !dated) {
        return err_set(err, ERR_INVALID, NULL, "status available_from needs a date here");
    }
    if (profile->status != STATUS_AVAILABLE_FROM && dated) {
        return err_set(err, ERR_INVALID, NULL,
                       "a date is wanted only with status available_from; leave this blank");
    }
    /* A status that nobody dated is as good as none. */
    if (!given(values, COLUMN_STATUS_DATE)) {
        profile->status = STATUS_UNKNOWN;
        profile->available_from = NO_DAY;
    }
    return true;
}
