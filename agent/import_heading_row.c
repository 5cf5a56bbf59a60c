/* SPDX-License-Identifier: Apache-2.0
 * The line of headings: what each stands for, and whether all are there that must be.
 */
#include <stdio.h>
#include <string.h>

#include "agent/import_internal.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

static void heading_problem(struct import *import, uint32_t line, const char *name,
                            const char *value, const char *text)
{
    struct err err;
    (void)err_set(&err, ERR_INVALID, NULL, "%s", text);
    import_problem_at(import, line, name, "", value, &err);
}

/* ---- one heading ---- */

static bool is_used(enum import_kind kind, const struct heading_meaning *meaning)
{
    if (kind == IMPORT_CARERS) return true;
    return meaning->means == COLUMN_REF || meaning->means == COLUMN_STATUS ||
           meaning->means == COLUMN_STATUS_DATE || meaning->means == COLUMN_AVAILABLE_FROM ||
           meaning->means == COLUMN_PLACES;
}

static void find_meaning(struct import *import, uint32_t line, struct heading *heading)
{
    struct err err;
    const struct mapped_heading *mapped = mapping_heading(import->rules->mapping, heading->text);
    if (mapped) {
        heading->meaning = mapped->meaning;
    } else if (!heading_find(import->rules->catalogue, heading->text, &heading->meaning, &err)) {
        heading->meaning = (struct heading_meaning){MEANS_UNKNOWN, NULL};
        import_problem_at(import, line, "", heading->text, heading->text, &err);
        return;
    }
    if (is_used(import->rules->kind, &heading->meaning)) {
        const char *doubt = mapped ? NULL : heading_doubt(heading->text);
        if (!doubt) return;
        import_report_add(&import->out->report, FINDING_NOTE, line,
                          heading_meaning_name(&heading->meaning), heading->text, "", doubt);
        return;
    }
    if (!mapped || mapped->meaning.means != MEANS_IGNORED) {
        import_report_add(&import->out->report, FINDING_NOTE, line, "", heading->text, "",
                          "this column is not used here");
    }
    heading->meaning = (struct heading_meaning){MEANS_IGNORED, NULL};
}

static void check_repeat(struct import *import, uint32_t line, const struct heading *heading)
{
    const struct headings *all = &import->out->headings;
    const struct heading_meaning *meaning = &heading->meaning;
    bool repeatable = meaning->means > MEANS_CODE ||
                      (meaning->means < COLUMNS && column_may_repeat((enum column)meaning->means));
    if (repeatable) return;
    for (const struct heading *other = all->items; other < heading; other++) {
        if (other->meaning.means != meaning->means ||
            other->meaning.criterion != meaning->criterion) {
            continue;
        }
        struct err err;
        (void)err_set(&err, ERR_INVALID, NULL,
                      "the column %s is there twice (also as \"%.60s\"); a mapping can leave one "
                      "out (--map \"%.60s=\")",
                      heading_meaning_name(meaning), other->text, heading->text);
        import_problem_at(import, line, heading_meaning_name(meaning), heading->text, heading->text,
                          &err);
        return;
    }
}

static void read_heading(struct import *import, struct csv_field *field, struct heading *heading)
{
    struct err err;
    heading->meaning = (struct heading_meaning){MEANS_BLANK, NULL};
    if (!import_clean(field, false, &err)) {
        heading->meaning.means = MEANS_UNKNOWN;
        import_problem_at(import, field->line, "", "", "(not shown)", &err);
        return;
    }
    text_copy_cut(heading->text, sizeof heading->text, field->text);
    if (strlen(field->text) > HEADING_MAX) {
        heading->meaning.means = MEANS_UNKNOWN;
        (void)err_set(&err, ERR_INVALID, NULL, "a heading of at most %d bytes is wanted",
                      HEADING_MAX);
        import_problem_at(import, field->line, "", heading->text, heading->text, &err);
    } else if (field->text[0]) {
        find_meaning(import, field->line, heading);
        check_repeat(import, field->line, heading);
    }
}

/* ---- what is missing ---- */

static void missing(struct import *import, uint32_t line, enum column column, const char *or_else)
{
    char text[ERR_TEXT_MAX];
    (void)snprintf(text, sizeof text, "the column is missing%s", or_else);
    heading_problem(import, line, column_kinds[column].name, "", text);
}

static void check_profile_columns(struct import *import, uint32_t line)
{
    const struct headings *h = &import->out->headings;
    bool range = headings_have(h, COLUMN_AGE_FROM) && headings_have(h, COLUMN_AGE_TO);
    if (!headings_have(h, COLUMN_AGES) && !range) {
        missing(import, line, COLUMN_AGES, " (or two columns age_from and age_to)");
    }
    if (!headings_have(h, COLUMN_SEXES) && !headings_have_group(h, "sex_gender")) {
        missing(import, line, COLUMN_SEXES, "");
    }
    if (!headings_have(h, COLUMN_PLACEMENT_TYPES) && !headings_have_group(h, "placement_type")) {
        missing(import, line, COLUMN_PLACEMENT_TYPES, "");
    }
    if (!headings_have(h, COLUMN_PLACES) && !headings_have(h, COLUMN_APPROVED_PLACES)) {
        missing(import, line, COLUMN_PLACES, ": places or approved_places is wanted");
    }
    bool located = headings_have(h, COLUMN_POSTCODE) || headings_have(h, COLUMN_GRID_REF) ||
                   (headings_have(h, COLUMN_LAT) && headings_have(h, COLUMN_LON));
    if (!located) {
        missing(import, line, COLUMN_POSTCODE, ": postcode, grid_ref, or lat and lon are wanted");
    }
}

static void check_availability_columns(struct import *import, uint32_t line)
{
    const struct headings *h = &import->out->headings;
    if (!headings_have(h, COLUMN_STATUS) && !headings_have(h, COLUMN_STATUS_DATE) &&
        !headings_have(h, COLUMN_AVAILABLE_FROM) && !headings_have(h, COLUMN_PLACES)) {
        missing(import, line, COLUMN_STATUS,
                ": any of status, status_date, available_from, places is wanted");
    }
}

static void note_missing_date(struct import *import, uint32_t line)
{
    const struct headings *h = &import->out->headings;
    if (!headings_have(h, COLUMN_STATUS) || headings_have(h, COLUMN_STATUS_DATE)) return;
    import_report_add(&import->out->report, FINDING_NOTE, line, column_kinds[COLUMN_STATUS].name,
                      "", "", "without a column status_date every status counts as unknown");
}

static void note_unused_mapping(struct import *import, uint32_t line)
{
    const struct mapping *mapping = import->rules->mapping;
    const struct headings *h = &import->out->headings;
    for (size_t m = 0; mapping && m < mapping->heading_count; m++) {
        bool found = false;
        for (size_t i = 0; i < h->count && !found; i++) {
            found = mapping_heading(mapping, h->items[i].text) == &mapping->headings[m];
        }
        if (found) continue;
        import_report_add(&import->out->report, FINDING_NOTE, line, "", mapping->headings[m].text,
                          "", "the mapping has this heading, the file has not");
    }
}

bool import_read_headings(struct import *import, const struct csv_row *row)
{
    struct headings *headings = &import->out->headings;
    headings->items = mem_array(row->count, sizeof *headings->items);
    for (size_t i = 0; i < row->count; i++) {
        read_heading(import, &row->fields[i], &headings->items[i]);
        headings->count++;
    }
    if (!headings_have(headings, COLUMN_REF)) missing(import, row->line, COLUMN_REF, "");
    if (import->rules->kind == IMPORT_CARERS) {
        check_profile_columns(import, row->line);
        note_missing_date(import, row->line);
    } else {
        check_availability_columns(import, row->line);
    }
    note_unused_mapping(import, row->line);
    import->out->report.bad_headings = import->bad;
    return !import->bad;
}
