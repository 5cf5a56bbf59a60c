/* SPDX-License-Identifier: Apache-2.0
 * agencies.csv to agencies, with every finding and its place.
 */
#include "matcher/directory_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
    directory_finding_fn finding;
    void *ctx;
    size_t findings;
    struct err first;
};

static void found(struct parse *parse, const char *column, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void found(struct parse *parse, const char *column, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (parse->findings++ == 0) {
        char field[ERR_FIELD_MAX];
        (void)snprintf(field, sizeof field, "line %zu%s%s", parse->row_line, column[0] ? ", " : "",
                       column);
        (void)err_set(&parse->first, ERR_INVALID, field, "%s", text);
    }
    if (parse->finding) parse->finding(parse->row_line, column, text, parse->ctx);
}

/* ---- values ---- */

static void read_text(struct parse *parse, enum column column, char *out, size_t cap, bool required)
{
    const char *value = parse->values[column];
    if (required && !value[0]) {
        found(parse, column_names[column], "is empty; a value is required");
    } else if (strlen(value) >= cap) {
        found(parse, column_names[column], "longer than %zu bytes", cap - 1);
    } else if (!text_is_printable_utf8(value, strlen(value))) {
        found(parse, column_names[column], "UTF-8 text without control characters is wanted");
    } else {
        memcpy(out, value, strlen(value) + 1);
    }
}

static void read_id(struct parse *parse, struct agency *agency)
{
    const char *id = parse->values[ID];
    if (!text_is_id(id)) {
        found(parse, "id", "\"%.40s\": 1 to 32 characters a-z, 0-9 and - are wanted", id);
        return;
    }
    for (size_t i = 0; i < parse->count; i++) {
        if (strcmp(parse->agencies[i].id, id) == 0) {
            found(parse, "id", "\"%s\" stands in line %zu already", id, parse->lines[i]);
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
    found(
        parse, "judgement",
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
    found(parse, "sector", "\"%.40s\": private, voluntary or local_authority is wanted",
          parse->values[SECTOR]);
}

struct framework_reader {
    struct parse *parse;
    struct agency *agency;
};

static bool read_framework(char *part, void *ctx)
{
    struct framework_reader *reader = ctx;
    struct agency *agency = reader->agency;
    if (strlen(part) > FRAMEWORK_CHARS || !text_is_printable_utf8(part, strlen(part))) {
        found(reader->parse, "frameworks", "\"%.40s\": at most %d printable characters are wanted",
              part, FRAMEWORK_CHARS);
        return true;
    }
    for (size_t i = 0; i < agency->framework_count; i++) {
        if (strcmp(agency->frameworks[i], part) == 0) {
            found(reader->parse, "frameworks", "\"%s\" is named twice", part);
            return true;
        }
    }
    if (agency->framework_count == FRAMEWORKS_MAX) {
        found(reader->parse, "frameworks", "more than %d frameworks", FRAMEWORKS_MAX);
        return false;
    }
    memcpy(agency->frameworks[agency->framework_count++], part, strlen(part) + 1);
    return true;
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
        found(parse, "", "more than %d agencies", AGENTS_MAX);
        return;
    }
    struct agency *agency = next_agency(parse);
    read_id(parse, agency);
    read_text(parse, NAME, agency->name, sizeof agency->name, true);
    read_text(parse, URN, agency->urn, sizeof agency->urn, false);
    read_judgement(parse, agency);
    struct framework_reader reader = {parse, agency};
    (void)text_split(parse->values[FRAMEWORKS], ';', read_framework, &reader);
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
        found(parse, text,
              "unknown column; id, name, urn, judgement, frameworks, sector, contact and tier are "
              "known");
    }
    for (size_t i = 0; i < field; i++) {
        if (column != COLUMNS && parse->at[i] == column) found(parse, text, "column given twice");
    }
    parse->at[field] = column;
}

static void read_header(struct parse *parse, const struct csv_row *row)
{
    if (row->count > COLUMNS_MAX) {
        found(parse, "", "more than %d columns", COLUMNS_MAX);
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
        if (!there) found(parse, column_names[c], "column is missing");
    }
}

static void read_field(struct parse *parse, enum column column, const struct csv_field *field)
{
    if (column == COLUMNS) return;
    if (field->len > VALUE_MAX || strlen(field->text) != field->len) {
        found(parse, column_names[column], "at most %d bytes without a NUL are wanted", VALUE_MAX);
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
        found(parse, "", "more fields than the header has columns");
    } else if (row->count != parse->header_fields) {
        found(parse, "", "%zu fields where the header has %zu columns", row->count,
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
    int64_t line = 0;
    if (!csv_read_rows(csv, len, on_row, parse, &err)) {
        REQUIRE(text_integer(err.field + strlen("line "), 1, UINT32_MAX, &line));
        parse->row_line = (size_t)line;
        found(parse, "", "%s", err.text);
    } else if (!parse->header_fields) {
        found(parse, "", "the header line is missing");
    }
}

bool directory_parse_rows(const uint8_t *csv, size_t len, directory_finding_fn finding, void *ctx,
                          struct agency **out, size_t *count, struct err *err)
{
    if (len > DIRECTORY_MAX) {
        return err_set(err, ERR_INVALID, NULL, "longer than %d bytes", DIRECTORY_MAX);
    }
    struct parse *parse = mem_new(struct parse);
    *parse = (struct parse){.row_line = 1, .finding = finding, .ctx = ctx};
    read_file(parse, csv, len);
    bool ok = parse->findings == 0;
    if (ok) {
        *out = parse->agencies;
        *count = parse->count;
    } else {
        *err = parse->first;
        free(parse->agencies);
    }
    free(parse->lines);
    free(parse);
    return ok;
}
