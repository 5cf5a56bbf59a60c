/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/import_columns.h"
#include "proto/base/csv.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

/* What a place in a row stands for. */
enum { MEANS_CODE = COLUMNS, MEANS_NOTHING = -1 };
struct heading {
    int means; /* enum column, MEANS_CODE or MEANS_NOTHING (blank heading) */
    uint16_t slot;
    char text[PROBLEM_COLUMN_MAX + 1];
};

struct import {
    struct column_rules rules;
    struct heading *headings;
    size_t heading_count;
    struct profile_list *out;
    uint32_t *lines; /* of each profile in `out` */
    size_t line_cap;
    struct import_report *report;
    struct profile *profile; /* the row at hand, in guarded memory */
    bool row_bad;
};

void import_report_free(struct import_report *report)
{
    for (size_t i = 0; i < report->problem_count; i++) {
        sodium_memzero(report->problems[i], sizeof **report->problems);
        free(report->problems[i]);
    }
    free(report->problems);
    *report = (struct import_report){0};
}

/* ---- problems ---- */

static void add_problem(struct import_report *report, uint32_t line, const char *column,
                        const char *value, const char *text)
{
    report->problem_total++;
    if (!report->problems) {
        report->problems = mem_array(IMPORT_PROBLEMS_MAX, sizeof(struct import_problem *));
    }
    if (report->problem_count == IMPORT_PROBLEMS_MAX) return;
    struct import_problem *problem = mem_new(struct import_problem);
    report->problems[report->problem_count++] = problem;
    problem->line = line;
    text_copy_cut(problem->column, sizeof problem->column, column);
    text_copy_cut(problem->value, sizeof problem->value, value);
    text_copy_cut(problem->text, sizeof problem->text, text);
}

static void row_problem(struct import *import, uint32_t line, const char *column, const char *value,
                        const struct err *err)
{
    import->row_bad = true;
    add_problem(import->report, line, column, value, err->text);
}

/* Line ends and tabs inside a cell count as spaces; then trims. False where it is not text. */
static bool clean_cell(struct csv_field *field, struct err *err)
{
    for (size_t i = 0; i < field->len; i++) {
        if (strchr("\r\n\t", field->text[i]) && field->text[i] != '\0') field->text[i] = ' ';
    }
    if (!text_is_printable_utf8(field->text, field->len)) {
        return err_set(err, ERR_INVALID, NULL,
                       "text in UTF-8 without control characters is wanted (save the file as CSV "
                       "UTF-8)");
    }
    field->text = text_trim(field->text);
    return true;
}

/* ---- headings ---- */

static void check_heading(struct import *import, struct csv_field *field, struct heading *heading)
{
    struct err err;
    heading->means = MEANS_NOTHING;
    if (!clean_cell(field, &err)) {
        row_problem(import, field->line, "", "", &err);
        return;
    }
    text_copy_cut(heading->text, sizeof heading->text, field->text);
    if (field->text[0] == '\0') return;
    heading->means = column_of_heading(import->rules.catalogue, field->text, &heading->slot, &err);
    if (heading->means < 0) {
        row_problem(import, field->line, heading->text, field->text, &err);
        return;
    }
    for (const struct heading *other = import->headings; other < heading; other++) {
        if (other->means != heading->means || other->slot != heading->slot) continue;
        (void)err_set(&err, ERR_INVALID, NULL, "the column is there twice (also as \"%s\")",
                      other->text);
        row_problem(import, field->line, heading->text, field->text, &err);
    }
}

static bool has_column(const struct import *import, enum column c)
{
    for (size_t i = 0; i < import->heading_count; i++) {
        if (import->headings[i].means == (int)c) return true;
    }
    return false;
}

static void check_missing(struct import *import, uint32_t line)
{
    struct err err;
    (void)err_set(&err, ERR_INVALID, NULL, "the column is missing");
    for (int c = 0; c < COLUMNS; c++) {
        if (column_kinds[c].required && !has_column(import, (enum column)c)) {
            row_problem(import, line, column_kinds[c].name, "", &err);
        }
    }
    bool located = has_column(import, COLUMN_GRID_REF) ||
                   (has_column(import, COLUMN_LAT) && has_column(import, COLUMN_LON));
    if (!located) {
        (void)err_set(&err, ERR_INVALID, NULL,
                      "a column grid_ref, or columns lat and lon, are wanted%s",
                      has_column(import, COLUMN_POSTCODE)
                          ? " (postcodes need a gazetteer, which comes with a later version)"
                          : "");
        row_problem(import, line, has_column(import, COLUMN_POSTCODE) ? "postcode" : "grid_ref", "",
                    &err);
    }
    if (!has_column(import, COLUMN_PLACES) && !has_column(import, COLUMN_APPROVED_PLACES)) {
        (void)err_set(&err, ERR_INVALID, NULL, "a column places or approved_places is wanted");
        row_problem(import, line, "places", "", &err);
    }
}

static bool read_headings(struct import *import, const struct csv_row *row)
{
    import->headings = mem_array(row->count, sizeof *import->headings);
    for (size_t i = 0; i < row->count; i++) {
        check_heading(import, &row->fields[i], &import->headings[i]);
        import->heading_count++;
    }
    check_missing(import, row->line);
    import->report->bad_headings = import->row_bad;
    return !import->row_bad;
}

/* ---- rows ---- */

static bool row_is_blank(const struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        if (row->fields[i].len > 0) return false;
    }
    return true;
}

static void code_cell(struct import *import, const struct csv_field *field,
                      const struct heading *heading)
{
    struct err err;
    bool yes = false;
    if (field->text[0] == '\0') return;
    if (!column_yes_no(field->text, &yes, &err)) {
        row_problem(import, field->line, heading->text, field->text, &err);
    } else if (yes) {
        profile_hold(import->profile, heading->slot);
    }
}

/* Cleans the cells, sorts them by column and notes each column's line. */
static void gather(struct import *import, const struct csv_row *row, char *values[COLUMNS],
                   uint32_t lines[COLUMNS], bool unreadable[COLUMNS])
{
    struct err err;
    for (size_t i = 0; i < row->count; i++) {
        struct csv_field *field = &row->fields[i];
        const struct heading *heading = i < import->heading_count ? &import->headings[i] : NULL;
        const char *column = heading ? heading->text : "";
        if (!clean_cell(field, &err)) {
            row_problem(import, field->line, column, "(not shown)", &err);
            if (heading && heading->means >= 0 && heading->means < COLUMNS) {
                unreadable[heading->means] = true;
            }
        } else if (!heading || heading->means == MEANS_NOTHING) {
            if (field->text[0] == '\0') continue;
            (void)err_set(&err, ERR_INVALID, NULL, "value in column %zu, which has no heading",
                          i + 1);
            row_problem(import, field->line, column, field->text, &err);
        } else if (heading->means == MEANS_CODE) {
            code_cell(import, field, heading);
        } else {
            values[heading->means] = field->text;
            lines[heading->means] = field->line;
        }
    }
}

static void single_cell(struct import *import, enum column c, char *text, uint32_t line)
{
    const struct column_kind *kind = &column_kinds[c];
    struct err err;
    if (text[0] == '\0') {
        if (!kind->required) return;
        (void)err_set(&err, ERR_INVALID, NULL, "a value is wanted");
        row_problem(import, line, kind->name, "", &err);
        return;
    }
    /* Parsers take a list apart in place: keep the text for the report. */
    char value[PROBLEM_VALUE_MAX + 1];
    text_copy_cut(value, sizeof value, text);
    if (!kind->parse(text, &import->rules, import->profile, &err)) {
        row_problem(import, line, kind->name, value, &err);
    }
    sodium_memzero(value, sizeof value);
}

typedef bool (*together_fn)(char *const values[COLUMNS], struct profile *profile, enum column *at,
                            struct err *err);

static void cells_together(struct import *import, char *const values[COLUMNS],
                           const uint32_t lines[COLUMNS])
{
    static const together_fn checks[] = {columns_location, columns_places, columns_status};
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        struct err err;
        enum column at = COLUMN_REF;
        if (checks[i](values, import->profile, &at, &err)) continue;
        row_problem(import, lines[at], column_kinds[at].name, values[at], &err);
    }
}

static void read_cells(struct import *import, const struct csv_row *row)
{
    char blank[1] = "";
    char *values[COLUMNS];
    uint32_t lines[COLUMNS];
    bool unreadable[COLUMNS] = {false}; /* reported already */
    for (int c = 0; c < COLUMNS; c++) {
        values[c] = blank;
        lines[c] = row->line;
    }
    gather(import, row, values, lines, unreadable);
    for (int c = 0; c < COLUMNS; c++) {
        if (column_kinds[c].parse && !unreadable[c])
            single_cell(import, (enum column)c, values[c], lines[c]);
    }
    cells_together(import, values, lines);
}

static void keep_profile(struct import *import, uint32_t line)
{
    if (import->out->count == import->line_cap) {
        import->line_cap = import->line_cap ? import->line_cap * 2 : 64;
        import->lines = mem_resize(import->lines, import->line_cap, sizeof *import->lines);
    }
    import->lines[import->out->count] = line;
    profile_list_add(import->out, import->profile);
}

static bool on_row(const struct csv_row *row, void *ctx)
{
    struct import *import = ctx;
    if (!import->headings) return read_headings(import, row);
    if (row_is_blank(row)) return true;
    import->report->rows++;
    import->row_bad = false;
    *import->profile = (struct profile){.status_date = NO_DAY, .available_from = NO_DAY};
    if (row->count < import->heading_count) {
        struct err err;
        (void)err_set(&err, ERR_INVALID, NULL, "the row has %zu cells, the headings are %zu",
                      row->count, import->heading_count);
        row_problem(import, row->line, "", "", &err);
    } else {
        read_cells(import, row);
    }
    if (import->row_bad) {
        import->report->bad_rows++;
    } else {
        keep_profile(import, row->line);
    }
    profile_wipe(import->profile);
    return true;
}

/* ---- the same reference twice ---- */

struct place {
    const struct profile *profile;
    size_t index;
};

static int by_reference(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;
    int order = strcmp(x->profile->ref, y->profile->ref);
    if (order != 0) return order;
    return x->index < y->index ? -1 : 1;
}

static void drop_marked(struct profile_list *list, const bool *drop)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (drop[i]) continue;
        if (kept != i) list->items[kept] = list->items[i];
        kept++;
    }
    for (size_t i = kept; i < list->count; i++) profile_wipe(&list->items[i]);
    list->count = kept;
}

static void drop_duplicates(struct import *import)
{
    struct profile_list *list = import->out;
    struct place *places = mem_array(list->count, sizeof *places);
    bool *drop = mem_array(list->count, sizeof *drop);
    for (size_t i = 0; i < list->count; i++) places[i] = (struct place){&list->items[i], i};
    qsort(places, list->count, sizeof *places, by_reference);
    size_t first = 0;
    for (size_t i = 1; i < list->count; i++) {
        if (strcmp(places[i].profile->ref, places[first].profile->ref) != 0) {
            first = i;
            continue;
        }
        char text[ERR_TEXT_MAX];
        (void)snprintf(text, sizeof text, "the same reference is on line %u",
                       (unsigned)import->lines[places[first].index]);
        add_problem(import->report, import->lines[places[i].index], "ref", places[i].profile->ref,
                    text);
        import->report->bad_rows++;
        drop[places[i].index] = true;
    }
    drop_marked(list, drop);
    free(places);
    free(drop);
}

static int by_line(const void *a, const void *b)
{
    const struct import_problem *x = *(struct import_problem *const *)a;
    const struct import_problem *y = *(struct import_problem *const *)b;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    return strcmp(x->column, y->column);
}

bool import_parse(const void *data, size_t len, const struct catalogue *catalogue, int32_t today,
                  struct profile_list *out, struct import_report *report, struct err *err)
{
    struct secret room = secret_new(sizeof(struct profile));
    *out = (struct profile_list){0};
    *report = (struct import_report){0};
    struct import import = {.rules = {catalogue, today}, .out = out, .report = report};
    import.profile = (struct profile *)(void *)room.data;
    bool ok = csv_read_rows(data, len, on_row, &import, err);
    if (ok && !import.headings) {
        ok = err_set(err, ERR_INVALID, "", "the file is empty: a line of headings is wanted");
    }
    if (ok) {
        drop_duplicates(&import);
        if (report->problem_count > 1) {
            qsort(report->problems, report->problem_count, sizeof(struct import_problem *),
                  by_line);
        }
    } else {
        profile_list_free(out);
        import_report_free(report);
    }
    free(import.headings);
    free(import.lines);
    secret_free(&room);
    return ok;
}
