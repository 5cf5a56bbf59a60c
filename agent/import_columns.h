/* SPDX-License-Identifier: Apache-2.0
 * The columns of a carer file (docs/domain.md "Carer profiles"): what each means and how its cell
 * is read. Data for import.c, the template and the mapping file.
 */
#ifndef HEARTH_AGENT_IMPORT_COLUMNS_H
#define HEARTH_AGENT_IMPORT_COLUMNS_H

#include "proto/domain/profile.h"

enum column {
    COLUMN_REF,
    COLUMN_NAME,
    COLUMN_POSTCODE,
    COLUMN_GRID_REF,
    COLUMN_LAT,
    COLUMN_LON,
    COLUMN_AGES,
    COLUMN_AGE_FROM,
    COLUMN_AGE_TO,
    COLUMN_SEXES,
    COLUMN_PLACES,
    COLUMN_APPROVED_PLACES,
    COLUMN_PLACEMENT_TYPES,
    COLUMN_STATUS,
    COLUMN_STATUS_DATE,
    COLUMN_AVAILABLE_FROM,
    COLUMN_OFFERS,
    COLUMNS
};

struct code_cache;

struct column_rules {
    struct code_cache *codes; /* may be NULL where no list of codes is read */
    int32_t today;
};

/* Reads a cell, or one item of a list, that is trimmed and not empty; may change `text` in place.
 * ERR_INVALID says what would be valid, and then the profile is as before. */
typedef bool (*column_fn)(char *text, const struct column_rules *rules, struct profile *profile,
                          struct err *err);
enum column_form {
    FORM_SINGLE,  /* one value */
    FORM_LIST,    /* items between ";", "|", line ends and, where that is unambiguous, "," */
    FORM_TOGETHER /* judged together with other columns: import_together.c */
};
struct column_kind {
    const char *name;
    enum column_form form;
    column_fn parse; /* NULL where FORM_TOGETHER */
    const char *help, *example;
};
extern const struct column_kind column_kinds[COLUMNS];

/* Several columns of a file may give these: their items add up. */
bool column_may_repeat(enum column column);

/* ---- import_dates.c ---- */
/* 2026-11-30, 30/11/2026 (day first; also with "-" or "."), 30 Nov 2026 or 30 November 2026; a time
 * of day behind it is left out. ERR_INVALID: anything else, and years of two digits. */
MUST_CHECK bool column_date(const char *text, int32_t *day, struct err *err);

/* ---- import_ages.c ---- */
MUST_CHECK bool column_ages_item(char *text, const struct column_rules *rules,
                                 struct profile *profile, struct err *err);
MUST_CHECK bool column_sexes_item(char *text, const struct column_rules *rules,
                                  struct profile *profile, struct err *err);
/* Both ends of a range of their own. ERR_INVALID: *at tells which is wrong. */
MUST_CHECK bool column_age_range(const char *from, const char *to, struct profile *profile,
                                 enum column *at, struct err *err);

/* ---- import_codes.c ---- */
MUST_CHECK bool column_placement_type_item(char *text, const struct column_rules *rules,
                                           struct profile *profile, struct err *err);
MUST_CHECK bool column_offer_item(char *text, const struct column_rules *rules,
                                  struct profile *profile, struct err *err);
/* Whether a column of Y and N may stand for it: a placement type, a sex or an offer. ERR_INVALID
 * says what stands for it instead. */
MUST_CHECK bool column_code_is_good(const struct criterion *criterion, struct err *err);
/* Holds that criterion, which column_code_is_good. */
void column_hold(struct profile *profile, const struct criterion *criterion);
/* Whether column_hold, or an item of a list, has held it. */
bool column_holds(const struct profile *profile, const struct criterion *criterion);
/* Y, yes, true, 1, N, no, false, 0 in any case. */
MUST_CHECK bool column_yes_no(const char *text, bool *yes, struct err *err);

#endif
