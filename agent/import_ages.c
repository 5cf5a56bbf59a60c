/* SPDX-License-Identifier: Apache-2.0
 * Ages and sexes of children that a household takes.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agent/import_columns.h"
#include "proto/base/text.h"

static const char *const MONTHS[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                     "jul", "aug", "sep", "oct", "nov", "dec"};

/* "08-Dec", "Aug-12": what a spreadsheet makes of 8-12. */
static bool looks_like_date(const char *text)
{
    while (*text && !isalpha((unsigned char)*text)) text++;
    if (strlen(text) < 3) return false;
    for (size_t i = 0; i < sizeof MONTHS / sizeof MONTHS[0]; i++) {
        if (strncasecmp(text, MONTHS[i], 3) == 0) return true;
    }
    return false;
}

static bool wrong_ages(bool date, struct err *err)
{
    if (date) {
        return err_set(err, ERR_INVALID, NULL,
                       "a spreadsheet has made a date of a range of ages: write \"8 to 12\", or "
                       "format the column as text");
    }
    return err_set(err, ERR_INVALID, NULL,
                   "whole years 0 to %d, ranges from low to high and \"unborn\" are wanted, "
                   "separated by \";\": \"0-4;8-12\" (up to the 18th birthday is 17)",
                   AGE_MAX);
}

/* "8 to 12" and "8 years" lose their words; longer dashes become "-". */
static void plain_range(char *text)
{
    static const char *const units[] = {"years", "year", "yrs", "yr"};
    static const char *const dashes[] = {"\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\x90", " to "};
    size_t len = strlen(text);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t unit = strlen(units[i]);
        if (len > unit && strcasecmp(text + len - unit, units[i]) == 0) {
            text[len - unit] = '\0';
            break;
        }
    }
    for (size_t i = 0; i < sizeof dashes / sizeof dashes[0]; i++) {
        char *found = strcasestr(text, dashes[i]);
        if (!found) continue;
        memset(found, ' ', strlen(dashes[i]));
        found[1] = '-';
        return;
    }
}

static bool age(const char *text, int64_t *out)
{
    return text_integer(text, 0, AGE_MAX, out);
}

static uint32_t years(int64_t first, int64_t last)
{
    uint32_t bits = 0;
    for (int64_t a = first; a <= last; a++) bits |= 1U << a;
    return bits;
}

static bool parse_range(char *text, uint32_t *out)
{
    int64_t first = 0;
    int64_t last = AGE_MAX;
    size_t len = strlen(text);
    char *dash = strchr(text, '-');
    if (dash) {
        *dash = '\0';
        if (!age(text_trim(text), &first) || !age(text_trim(dash + 1), &last)) return false;
    } else if (len > 1 && text[len - 1] == '+') {
        text[len - 1] = '\0';
        if (!age(text_trim(text), &first)) return false;
    } else {
        if (!age(text_trim(text), &first)) return false;
        last = first;
    }
    if (first > last) return false;
    *out = years(first, last);
    return true;
}

bool column_ages_item(char *text, const struct column_rules *rules, struct profile *profile,
                      struct err *err)
{
    (void)rules;
    if (strcasecmp(text, "unborn") == 0) {
        profile->ages |= 1U << PROFILE_AGE_UNBORN_BIT;
        return true;
    }
    uint32_t ages = 0;
    plain_range(text);
    bool date = looks_like_date(text);
    if (!parse_range(text, &ages)) return wrong_ages(date, err);
    profile->ages |= ages;
    return true;
}

bool column_age_range(const char *from, const char *to, struct profile *profile, enum column *at,
                      struct err *err)
{
    int64_t first = 0;
    int64_t last = 0;
    bool unborn = strcasecmp(from, "unborn") == 0;
    *at = COLUMN_AGE_FROM;
    if (!unborn && !age(from, &first)) {
        return err_set(err, ERR_INVALID, NULL, "a whole year 0 to %d, or \"unborn\", is wanted",
                       AGE_MAX);
    }
    *at = COLUMN_AGE_TO;
    if (!age(to, &last) || last < first) {
        return err_set(err, ERR_INVALID, NULL,
                       "a whole year from age_from to %d is wanted (up to the 18th birthday is 17)",
                       AGE_MAX);
    }
    profile->ages |= years(first, last) | (unborn ? 1U << PROFILE_AGE_UNBORN_BIT : 0);
    return true;
}

bool column_sexes_item(char *text, const struct column_rules *rules, struct profile *profile,
                       struct err *err)
{
    static const struct {
        const char *word;
        bool m, f;
    } words[] = {
        {"m", true, false},      {"male", true, false},    {"males", true, false},
        {"boy", true, false},    {"boys", true, false},    {"f", false, true},
        {"female", false, true}, {"females", false, true}, {"girl", false, true},
        {"girls", false, true},  {"both", true, true},     {"either", true, true},
        {"any", true, true},     {"m/f", true, true},      {"male/female", true, true},
    };
    (void)rules;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(text, words[i].word) != 0) continue;
        profile->takes_m = profile->takes_m || words[i].m;
        profile->takes_f = profile->takes_f || words[i].f;
        return true;
    }
    return err_set(err, ERR_INVALID, NULL,
                   "M, F or M;F is wanted (also male, female, boys, girls, both)");
}
