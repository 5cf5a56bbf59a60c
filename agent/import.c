/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/code_cache.h"
#include "agent/import_internal.h"
#include "proto/base/mem.h"

void import_result_free(struct import_result *result)
{
    profile_list_free(&result->list);
    headings_free(&result->headings);
    import_report_free(&result->report);
    free(result->rows);
    *result = (struct import_result){0};
}

/* ---- problems ---- */

void import_problem_at(struct import *import, uint32_t line, const char *name, const char *heading,
                       const char *value, struct err *err)
{
    import->bad = true;
    import_report_add(&import->out->report, FINDING_PROBLEM, line, name, heading, value, err->text);
    sodium_memzero(err, sizeof *err); /* it may quote the cell */
}

void import_problem(struct import *import, enum column column, const char *value, struct err *err)
{
    const struct cell *cell = &import->cells[column];
    import->reported |= 1U << column;
    import_problem_at(import, cell->line, column_kinds[column].name, cell->heading, value, err);
}

void import_note(struct import *import, enum column column, const char *text)
{
    const struct cell *cell = &import->cells[column];
    import_report_add(&import->out->report, FINDING_NOTE, cell->line, column_kinds[column].name,
                      cell->heading, cell->text, text);
}

/* ---- rows ---- */

static bool row_is_blank(const struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        if (row->fields[i].len > 0) return false;
    }
    return true;
}

/* Lines of explanation may stand before the headings, and only there. */
static bool is_comment(const struct csv_row *row)
{
    return row->count > 0 && row->fields[0].text[0] == '#';
}

static void judge_together(struct import *import)
{
    import_judge_required(import);
    import_judge_places(import);
    if (import->rules->kind != IMPORT_CARERS) return;
    import_judge_location(import);
    import_judge_status(import);
}

static void short_row(struct import *import, const struct csv_row *row)
{
    struct err err;
    (void)err_set(&err, ERR_INVALID, NULL, "the row has %zu cells, the headings are %zu",
                  row->count, import->out->headings.count);
    import_problem_at(import, row->line, "", "", "", &err);
}

static void keep_row(struct import *import)
{
    struct import_result *out = import->out;
    if (out->list.count == import->row_cap) {
        import->row_cap = import->row_cap ? import->row_cap * 2 : 64;
        out->rows = mem_resize(out->rows, import->row_cap, sizeof *out->rows);
    }
    out->rows[out->list.count] = (struct import_row){import->line, import->given};
    profile_list_add(&out->list, import->profile);
}

static void read_row(struct import *import, const struct csv_row *row)
{
    import->out->report.rows++;
    import->line = row->line;
    import->bad = false;
    import->given = 0;
    import->reported = 0;
    *import->profile = (struct profile){.status_date = NO_DAY, .available_from = NO_DAY};
    if (row->count < import->out->headings.count) {
        short_row(import, row);
    } else {
        import_read_cells(import, row);
        import_judge_ages(import);
        judge_together(import);
    }
    import_note_ref(import, import->bad ? (uint32_t)NOT_LISTED : (uint32_t)import->out->list.count);
    if (import->bad) {
        import->out->report.bad_rows++;
    } else {
        keep_row(import);
    }
    profile_wipe(import->profile);
}

static bool on_row(const struct csv_row *row, void *ctx)
{
    struct import *import = ctx;
    if (row_is_blank(row)) return true;
    if (!import->out->headings.items) {
        return is_comment(row) || import_read_headings(import, row);
    }
    if (import->out->report.rows == VAULT_CARERS_MAX) {
        import->too_many = true;
        return false;
    }
    read_row(import, row);
    return true;
}

/* ---- the file ---- */

static void report_postcodes(struct import *import)
{
    char text[ERR_TEXT_MAX];
    if (import->postcodes == 0) return;
    (void)snprintf(text, sizeof text,
                   "%zu rows have a postcode, and there is no gazetteer to look it up in: import "
                   "one ('hearth-agent gazetteer import FILE'), or give grid_ref or lat and lon",
                   import->postcodes);
    import_report_add(&import->out->report, FINDING_PROBLEM, import->first_postcode,
                      column_kinds[COLUMN_POSTCODE].name, "", "", text);
}

static bool read_rows(struct import *import, const void *data, size_t len, struct err *err)
{
    if (!csv_check_kind(data, len, err) || !csv_check_separator(data, len, err) ||
        !csv_read_rows(data, len, on_row, import, err)) {
        return false;
    }
    if (!import->out->headings.items) {
        return err_set(err, ERR_INVALID, "", "the file is empty: a line of headings is wanted");
    }
    return !import->too_many ||
           err_set(err, ERR_INVALID, "", "more than %d rows, which is the most that a vault holds",
                   VAULT_CARERS_MAX);
}

enum { STACK_USED = 32 * 1024 };

bool import_parse(const void *data, size_t len, const struct import_rules *rules,
                  struct import_result *out, struct err *err)
{
    struct secret room = secret_new(sizeof(struct profile));
    *out = (struct import_result){0};
    struct import import = {.rules = rules, .out = out, .codes = code_cache_new(rules->catalogue)};
    import.profile = (struct profile *)(void *)room.data;
    bool ok = read_rows(&import, data, len, err);
    if (ok) {
        report_postcodes(&import);
        import_drop_duplicates(&import);
        import_report_sort(&out->report);
    } else {
        import_result_free(out);
    }
    code_cache_free(import.codes);
    free(import.seen);
    buf_wipe(&import.refs);
    secret_free(&room);
    /* Error texts that quoted cells were put together there. */
    sodium_stackzero(STACK_USED);
    return ok;
}
