/* SPDX-License-Identifier: Apache-2.0
 * Columns of a row that are judged together: ages, what is required, places, status.
 */
#include <string.h>

#include "agent/import_internal.h"
#include "proto/base/text.h"

static bool has(uint32_t columns, enum column column)
{
    return (columns >> column & 1) != 0;
}

static void problem(struct import *import, enum column column, const char *text)
{
    struct err err;
    (void)err_set(&err, ERR_INVALID, NULL, "%s", text);
    import_problem(import, column, import->cells[column].text, &err);
}

void import_judge_ages(struct import *import)
{
    bool from = has(import->given, COLUMN_AGE_FROM);
    bool to = has(import->given, COLUMN_AGE_TO);
    if (!from && !to) return;
    if (has(import->reported, COLUMN_AGE_FROM) || has(import->reported, COLUMN_AGE_TO)) return;
    if (has(import->given, COLUMN_AGES)) {
        problem(import, COLUMN_AGES, "either ages, or age_from and age_to, are wanted, not both");
        return;
    }
    enum column at = from ? COLUMN_AGE_TO : COLUMN_AGE_FROM;
    struct err err;
    if (from != to) {
        problem(import, at, "age_from and age_to are wanted together");
    } else if (!column_age_range(import->cells[COLUMN_AGE_FROM].text,
                                 import->cells[COLUMN_AGE_TO].text, import->profile, &at, &err)) {
        import_problem(import, at, import->cells[at].text, &err);
    }
}

static bool holds_placement_type(const struct import *import)
{
    const struct catalogue *catalogue = import->rules->catalogue;
    for (uint16_t slot = 0; slot < catalogue->slots; slot++) {
        if (profile_holds(import->profile, slot) &&
            strncmp(catalogue_slot(catalogue, slot)->code, "PT_", 3) == 0) {
            return true;
        }
    }
    return false;
}

static void require(struct import *import, enum column column, bool there, const char *what)
{
    if (there || has(import->reported, column)) return;
    problem(import, column, has(import->given, column) ? what : "a value is wanted");
}

void import_judge_required(struct import *import)
{
    const struct profile *profile = import->profile;
    require(import, COLUMN_REF, profile->ref[0] != '\0', "a value is wanted");
    if (import->rules->kind != IMPORT_CARERS) return;
    bool range = has(import->reported, COLUMN_AGE_FROM) || has(import->reported, COLUMN_AGE_TO);
    require(import, COLUMN_AGES, profile->ages != 0 || range, "at least one age is wanted");
    require(import, COLUMN_SEXES, profile->takes_m || profile->takes_f, "M, F or M;F is wanted");
    require(import, COLUMN_PLACEMENT_TYPES, holds_placement_type(import),
            "at least one placement type is wanted");
}

/* -1 where it is blank or wrong. */
static int64_t number_of(struct import *import, enum column column)
{
    struct err err;
    int64_t out = -1;
    const char *text = import->cells[column].text;
    if (!has(import->given, column) || has(import->reported, column)) return -1;
    if (text_integer(text, 0, 9, &out)) return out;
    (void)err_set(&err, ERR_INVALID, NULL, "a whole number 0 to 9 is wanted");
    import_problem(import, column, text, &err);
    return -1;
}

void import_judge_places(struct import *import)
{
    int64_t places = number_of(import, COLUMN_PLACES);
    int64_t approved = number_of(import, COLUMN_APPROVED_PLACES);
    if (has(import->reported, COLUMN_PLACES) || has(import->reported, COLUMN_APPROVED_PLACES)) {
        return;
    }
    if (places < 0 && approved < 0) {
        if (import->rules->kind == IMPORT_AVAILABILITY) return;
        problem(import, COLUMN_PLACES,
                "places or approved_places is wanted, a whole number 0 to 9");
        return;
    }
    import->profile->places = (uint8_t)(places >= 0 ? places : approved);
    import->profile->approved_places = (uint8_t)(approved >= 0 ? approved : places);
    if (import->profile->places > import->profile->approved_places) {
        import_note(import, COLUMN_PLACES, "more places than approved_places");
    }
}

void import_judge_status(struct import *import)
{
    struct profile *profile = import->profile;
    bool dated = has(import->given, COLUMN_AVAILABLE_FROM);
    bool opens = profile->status == STATUS_AVAILABLE_FROM;
    if (has(import->reported, COLUMN_STATUS)) return;
    if (opens && !dated) {
        problem(import, COLUMN_AVAILABLE_FROM, "status available_from needs a date here");
    }
    if (!opens && dated) {
        problem(import, COLUMN_AVAILABLE_FROM,
                "a date is wanted only with status available_from; leave this blank");
    }
    /* A status that nobody dated is as good as none. */
    if (!has(import->given, COLUMN_STATUS_DATE)) {
        /* Without such a column at all it is told once for the file. */
        bool column = headings_have(&import->out->headings, COLUMN_STATUS_DATE);
        if (column && profile->status != STATUS_UNKNOWN) {
            import_note(import, COLUMN_STATUS, "without a status_date it counts as unknown");
        }
        profile->status = STATUS_UNKNOWN;
        profile->available_from = NO_DAY;
    }
}
