/* SPDX-License-Identifier: Apache-2.0
 * agencies.csv to agencies, with every finding and its place.
 */
#include "matcher/directory_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "matcher/findings.h"
#include "proto/base/csv.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { COLUMNS_MAX = 32, VALUE_MAX = 1024 };

enum column { ID, NAME, URN, JUDGEMENT, FRAMEWORKS, SECTOR, CONTACT, TIER, COLUMNS };
static const char *const column_names[COLUMNS] = {"id",         "name",   "urn",     "judgement",
                                                  "frameworks", "sector", "contact", "tier"};

struct parse {
    size_t row_line;             /* of the row being read */
    enum column at[COLUMNS_MAX]; /* what the header says of each field */
    size_t header_fields;        /* 0 until the header was read */
    char values[COLUMNS][VALUE_MAX + 1];
    struct agency *agencies;
    size_t *lines; /* of each agency, to name both places of a repeated id */
    size_t count, capacity;
    struct findings findings;
};

/* ---- values ---- */

static void read_text(struct parse *parse, enum column column, char *out, size_t cap, bool required)
{
    const char *value = parse->values[column];
    if (required && !value[0]) {
        findings_add(&parse->findings, parse->row_line, column_names[column],
                     "is empty; a value is required");
    } else if (strlen(value) >= cap) {
        findings_add(&parse->findings, parse->row_line, column_names[column],
                     "longer than %zu bytes", cap - 1);
    } else if (!text_is_printable_utf8(value, strlen(value))) {
        findings_add(&parse->findings, parse->row_line, column_names[column],
                     "UTF-8 text without control characters is wanted");
    } else {
        memcpy(out, value, strlen(value) + 1);
    }
}

static void read_id(struct parse *parse, struct agency *agency)
{
    const char *id = parse->values[ID];
    if (!text_is_id(id)) {
        findings_add(&parse->findings, parse->row_line, "id",
                     "\"%.40s\": 1 to 32 characters a-z, 0-9 and - are wanted", id);
        return;
    }
    for (size_t i = 0; i < parse->count; i++) {
        if (strcmp(parse->agencies[i].id, id) == 0) {
            findings_add(&parse->findings, parse->row_line, "id",
                         "\"%s\" stands in line %zu already", id, parse->lines[i]);
            return;
        }
    }
    memcpy(agency->id, id, strlen(id) + 1);
}

static void read_judgement(struct parse *parse, struct agency *agency)
{
    for (int j = JUDGEMENT_OUTSTANDING; j <= JUDGEMENT_INADEQUATE; j++) {
        if (strcmp(parse->values[JUDGEMENT], judgement_name((enum judgement)j)) == 0) {
            agency->judgement = (enum judgement)j;
            return;
        }
    }
    findings_add(
        &parse->findings, parse->row_line, "judgement",
        "\"%.40s\": outstanding, good, requires_improvement, inadequate or not_inspected is wanted",
        parse->values[JUDGEMENT]);
}

static void read_sector(struct parse *parse, struct agency *agency)
{
    for (int s = SECTOR_PRIVATE; s <= SECTOR_LOCAL_AUTHORITY; s++) {
        if (strcmp(parse->values[SECTOR], sector_name((enum sector)s)) == 0) {
            agency->sector = (enum sector)s;
            return;
        }
    }
    findings_add(&parse->findings, parse->row_line, "sector",
                 "\"%.40s\": private, voluntary or local_authority is wanted",
                 parse->values[SECTOR]);
}

struct framework_reader {
    struct agency *agency;
    struct err *err;
};

static bool read_framework(char *part, void *ctx)
{
    struct framework_reader *reader = ctx;
    struct agency *agency = reader->agency;
    if (strlen(part) > FRAMEWORK_CHARS || !text_is_printable_utf8(part, strlen(part))) {
        return err_set(reader->err, ERR_INVALID, "frameworks",
                       "\"%.40s\": at most %d printable characters are wanted", part,
                       FRAMEWORK_CHARS);
    }
    for (size_t i = 0; i < agency->framework_count; i++) {
        if (strcmp(agency->frameworks[i], part) == 0) {
            return err_set(reader->err, ERR_INVALID, "frameworks", "\"%s\" is named twice", part);
        }
    }
    if (agency->framework_count == FRAMEWORKS_MAX) {
        return err_set(reader->err, ERR_INVALID, "frameworks", "more than %d frameworks",
                       FRAMEWORKS_MAX);
    }
    memcpy(agency->frameworks[agency->framework_count++], part, strlen(part) + 1);
    return true;
}

bool directory_read_frameworks(char *text, struct agency *agency, struct err *err)
{
    struct framework_reader reader = {agency, err};
    agency->framework_count = 0;
    return text_split(text, ';', read_framework, &reader);
}

static struct agency *next_agency(struct parse *parse)
{
    if (parse->count == parse->capacity) {
        parse->capacity = parse->capacity ? parse->capacity * 2 : 64;
        parse->agencies = mem_resize(parse->agencies, parse->capacity, sizeof *parse->agencies);
        parse->lines = mem_resize(parse->lines, parse->capacity, sizeof *parse->lines);
    }
    parse->agencies[parse->count] = (struct agency){0};
    return &parse->agencies[parse->count];
}

static void read_row(struct parse *parse)
{
    if (parse->count == AGENTS_MAX) {
        findings_add(&parse->findings, parse->row_line, "", "more than %d agencies", AGENTS_MAX);
        return;
    }
    struct agency *agency = next_agency(parse);
    read_id(parse, agency);
    read_text(parse, NAME, agency->name, sizeof agency->name, true);
    read_text(parse, URN, agency->urn, sizeof agency->urn, false);
    read_judgement(parse, agency);
    struct err err = {0};
    if (!directory_read_frameworks(parse->values[FRAMEWORKS], agency, &err)) {
        findings_add(&parse->findings, parse->row_line, err.field, "%s", err.text);
    }
    read_sector(parse, agency);
    read_text(parse, CONTACT, agency->contact, sizeof agency->contact, false);
    read_text(parse, TIER, agency->tier, sizeof agency->tier, false);
    parse->lines[parse->count++] = parse->row_line;
}

/* ---- header and fields ---- */

static void read_heading(struct parse *parse, size_t field, const char *text)
{
    enum column column = COLUMNS;
    for (int c = 0; c < COLUMNS; c++) {
        if (strcasecmp(column_names[c], text) == 0) column = (enum column)c;
    }
    if (column == COLUMNS) {
        findings_add(
            &parse->findings, parse->row_line, text,
            "unknown column; id, name, urn, judgement, frameworks, sector, contact and tier are "
            "known");
    }
    for (size_t i = 0; i < field; i++) {
        if (column != COLUMNS && parse->at[i] == column)
            findings_add(&parse->findings, parse->row_line, text, "column given twice");
    }
    parse->at[field] = column;
}

static void read_header(struct parse *parse, const struct csv_row *row)
{
    if (row->count > COLUMNS_MAX) {
        findings_add(&parse->findings, parse->row_line, "", "more than %d columns", COLUMNS_MAX);
    }
    parse->header_fields = row->count < COLUMNS_MAX ? row->count : COLUMNS_MAX;
    for (size_t i = 0; i < parse->header_fields; i++) {
        read_heading(parse, i, text_trim(row->fields[i].text));
    }
    for (int c = 0; c < TIER; c++) {
        bool there = false;
        for (size_t i = 0; i < parse->header_fields; i++) {
            there = there || parse->at[i] == (enum column)c;
        }
        if (!there)
            findings_add(&parse->findings, parse->row_line, column_names[c], "column is missing");
    }
}

static void read_field(struct parse *parse, enum column column, const struct csv_field *field)
{
    if (column == COLUMNS) return;
    if (field->len > VALUE_MAX || strlen(field->text) != field->len) {
        findings_add(&parse->findings, parse->row_line, column_names[column],
                     "at most %d bytes without a NUL are wanted", VALUE_MAX);
    } else {
        (void)snprintf(parse->values[column], VALUE_MAX + 1, "%s", text_trim(field->text));
    }
}

static bool on_row(const struct csv_row *row, void *ctx)
{
    struct parse *parse = ctx;
    parse->row_line = row->line;
    if (!parse->header_fields) {
        read_header(parse, row);
    } else if (row->count > parse->header_fields) {
        findings_add(&parse->findings, parse->row_line, "",
                     "more fields than the header has columns");
    } else if (row->count != parse->header_fields) {
        findings_add(&parse->findings, parse->row_line, "",
                     "%zu fields where the header has %zu columns", row->count,
                     parse->header_fields);
    } else {
        for (int c = 0; c < COLUMNS; c++) parse->values[c][0] = '\0';
        for (size_t i = 0; i < row->count; i++) read_field(parse, parse->at[i], &row->fields[i]);
        read_row(parse);
    }
    return true;
}

static void read_file(struct parse *parse, const uint8_t *csv, size_t len)
{
    struct err err = {0};
    if (!csv_check_kind(csv, len, &err) || !csv_check_separator(csv, len, &err) ||
        !csv_read_rows(csv, len, on_row, parse, &err)) {
        findings_add_csv(&parse->findings, &err);
    } else if (!parse->header_fields) {
        findings_add(&parse->findings, 1, "", "the header line is missing");
    }
}

bool directory_parse_rows(const uint8_t *csv, size_t len, directory_finding_fn finding, void *ctx,
                          struct agency **out, size_t *count, struct err *err)
{
    if (len > DIRECTORY_MAX) {
        return err_set(err, ERR_INVALID, NULL, "longer than %d bytes", DIRECTORY_MAX);
    }
    struct parse *parse = mem_new(struct parse);
    *parse = (struct parse){.findings = {.each = finding, .ctx = ctx}};
    read_file(parse, csv, len);
    bool ok = parse->findings.count == 0;
    if (ok) {
        *out = parse->agencies;
        *count = parse->count;
    } else {
        *err = parse->findings.first;
        free(parse->agencies);
    }
    free(parse->lines);
    free(parse);
    return ok;
}
