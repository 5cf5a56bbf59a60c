/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/directory_import_table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/csv.h"
#include "proto/base/text.h"

enum { HEADING_MAX = 120, NOWHERE = -1 };

struct reading {
    const struct table *table;
    table_row_fn row;
    void *ctx;
    struct findings *findings;
    int at[TABLE_COLUMNS_MAX]; /* which field holds each column */
    bool headed;
    size_t rows;
    size_t best_line, best_known; /* of the rows before: the one most like headings */
    const char *best_missing;
};

/* Letters and figures in lower case; "" where there are too many. */
static void simplify(const char *heading, char out[HEADING_MAX + 1])
{
    size_t used = 0;
    for (; *heading; heading++) {
        if (!isalnum((unsigned char)*heading)) continue;
        if (used == HEADING_MAX) {
            used = 0;
            break;
        }
        out[used++] = (char)tolower((unsigned char)*heading);
    }
    out[used] = '\0';
}

static bool is_one_of(const char *word, const char *words)
{
    size_t len = strlen(word);
    while (len > 0 && *words) {
        size_t part = strcspn(words, " ");
        if (part == len && strncmp(word, words, len) == 0) return true;
        words += part;
        words += strspn(words, " ");
    }
    return false;
}

static int column_of(const struct table *table, const char *heading)
{
    char simple[HEADING_MAX + 1];
    simplify(heading, simple);
    for (size_t c = 0; c < table->count; c++) {
        if (is_one_of(simple, table->columns[c].headings)) return (int)c;
    }
    return NOWHERE;
}

/* Takes the row as the headings if it has all that are required; else notes how near it came. */
static bool take_headings(struct reading *reading, const struct csv_row *row)
{
    size_t known = 0;
    const char *missing = NULL;
    for (size_t c = 0; c < reading->table->count; c++) reading->at[c] = NOWHERE;
    for (size_t i = 0; i < row->count; i++) {
        int column = column_of(reading->table, row->fields[i].text);
        if (column == NOWHERE || reading->at[column] != NOWHERE) continue;
        reading->at[column] = (int)i;
        known++;
    }
    for (size_t c = 0; c < reading->table->count; c++) {
        const struct table_column *column = &reading->table->columns[c];
        if (!missing && column->required && reading->at[c] == NOWHERE) missing = column->name;
    }
    if (missing && (known > reading->best_known || reading->rows == 0)) {
        reading->best_line = row->line;
        reading->best_known = known;
        reading->best_missing = missing;
    }
    return !missing;
}

static void check_headings(const struct reading *reading, const struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        const char *heading = text_trim(row->fields[i].text);
        int column = column_of(reading->table, heading);
        if (column != NOWHERE && reading->at[column] != (int)i) {
            findings_add(reading->findings, row->line, reading->table->columns[column].name,
                         "\"%.40s\": this column is there twice", heading);
        } else if (column == NOWHERE && reading->table->closed) {
            findings_add(reading->findings, row->line, "", "\"%.40s\": unknown column", heading);
        }
    }
}

static void read_row(struct reading *reading, const struct csv_row *row)
{
    char none[] = "";
    char *values[TABLE_COLUMNS_MAX];
    for (size_t c = 0; c < reading->table->count; c++) {
        int at = reading->at[c];
        values[c] =
            at != NOWHERE && (size_t)at < row->count ? text_trim(row->fields[at].text) : none;
    }
    reading->row(values, row->line, reading->ctx);
}

static bool on_row(const struct csv_row *row, void *ctx)
{
    struct reading *reading = ctx;
    if (reading->headed) {
        read_row(reading, row);
        return true;
    }
    reading->headed = take_headings(reading, row);
    if (reading->headed) check_headings(reading, row);
    reading->rows++;
    return reading->headed ? reading->findings->count == 0
                           : reading->rows <= reading->table->title_lines;
}

void table_read(const struct table *table, const uint8_t *csv, size_t len, table_row_fn row,
                void *ctx, struct findings *findings)
{
    REQUIRE(table->count <= TABLE_COLUMNS_MAX);
    struct reading reading = {.table = table, .row = row, .ctx = ctx, .findings = findings};
    struct err err = {0};
    if (!csv_check_kind(csv, len, &err)) {
        findings_add_csv(findings, &err);
        return;
    }
    bool read = csv_read_rows(csv, len, on_row, &reading, &err);
    /* Only then: a line of title may hold semicolons. */
    bool nothing = !reading.headed && reading.best_known == 0;
    if (nothing && !csv_check_separator(csv, len, &err)) read = false;
    if (!read) {
        findings_add_csv(findings, &err);
    } else if (reading.rows == 0) {
        findings_add(findings, 1, "", "the line of headings is missing");
    } else if (!reading.headed) {
        findings_add(findings, reading.best_line, reading.best_missing, "column is missing");
    }
}

bool table_text(const char *value, char *out, size_t cap, size_t line, const char *column,
                struct findings *findings)
{
    size_t len = strlen(value);
    if (len >= cap) {
        findings_add(findings, line, column, "longer than %zu bytes", cap - 1);
    } else if (!text_is_printable_utf8(value, len)) {
        findings_add(findings, line, column,
                     "UTF-8 without control characters is wanted (from a spreadsheet: save as "
                     "\"CSV UTF-8\")");
    } else {
        memcpy(out, value, len + 1);
        return true;
    }
    return false;
}
