/* SPDX-License-Identifier: Apache-2.0
 * agencies.csv to agencies, with every finding and its place.
 */
#include "matcher/directory_parse.h"

#include <csv.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { COLUMNS_MAX = 32, VALUE_MAX = 1024 };

enum column { ID, NAME, URN, JUDGEMENT, FRAMEWORKS, SECTOR, CONTACT, TIER, COLUMNS };
static const char *const column_names[COLUMNS] = {"id",         "name",   "urn",     "judgement",
                                                  "frameworks", "sector", "contact", "tier"};

struct parse {
    size_t line, row_line;       /* of the byte being fed; of the row being read */
    size_t field;                /* number of fields of this row so far */
    enum column at[COLUMNS_MAX]; /* what the header says of each field */
    size_t header_fields;        /* 0 until the header was read */
    bool surplus;
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

static void read_heading(struct parse *parse, const char *text)
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
    for (size_t i = 0; i < parse->field; i++) {
        if (column != COLUMNS && parse->at[i] == column) found(parse, text, "column given twice");
    }
    parse->at[parse->field] = column;
}

static void check_header(struct parse *parse)
{
    for (int c = 0; c < TIER; c++) {
        bool there = false;
        for (size_t i = 0; i < parse->field; i++) there = there || parse->at[i] == (enum column)c;
        if (!there) found(parse, column_names[c], "column is missing");
    }
    parse->header_fields = parse->field;
}

static void on_field(void *data, size_t len, void *ctx)
{
    struct parse *parse = ctx;
    if (parse->field == 0) parse->row_line = parse->line;
    size_t limit = parse->header_fields ? parse->header_fields : COLUMNS_MAX;
    if (parse->field >= limit) {
        parse->surplus = true;
        return;
    }
    char value[VALUE_MAX + 1] = "";
    const char *name = parse->header_fields && parse->at[parse->field] < COLUMNS
                           ? column_names[parse->at[parse->field]]
                           : "";
    if (len > VALUE_MAX || memchr(data, 0, len)) {
        found(parse, name, "at most %d bytes without a NUL are wanted", VALUE_MAX);
    } else {
        memcpy(value, data, len);
    }
    const char *trimmed = text_trim(value);
    if (!parse->header_fields) {
        read_heading(parse, trimmed);
    } else if (parse->at[parse->field] < COLUMNS) {
        (void)snprintf(parse->values[parse->at[parse->field]], VALUE_MAX + 1, "%s", trimmed);
    }
    parse->field++;
}

static void on_row(int end, void *ctx)
{
    (void)end;
    struct parse *parse = ctx;
    if (parse->surplus) {
        found(parse, "", "more fields than the header has columns");
    } else if (!parse->header_fields) {
        check_header(parse);
    } else if (parse->field != parse->header_fields) {
        found(parse, "", "%zu fields where the header has %zu columns", parse->field,
              parse->header_fields);
    } else {
        read_row(parse);
    }
    parse->field = 0;
    parse->surplus = false;
    for (int c = 0; c < COLUMNS; c++) parse->values[c][0] = '\0';
}

/* One byte at a time, since the parser does not tell where it is. */
static void feed(struct parse *parse, const uint8_t *csv, size_t len)
{
    struct csv_parser parser;
    REQUIRE(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) == 0);
    size_t start = len >= 3 && strncmp((const char *)csv, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    bool broken = false;
    for (size_t i = start; i < len && !broken; i++) {
        broken = csv_parse(&parser, &csv[i], 1, on_field, on_row, parse) != 1;
        if (csv[i] == '\n') parse->line++;
    }
    broken = broken || csv_fini(&parser, on_field, on_row, parse) != 0;
    csv_free(&parser);
    if (broken) {
        parse->row_line = parse->line;
        found(parse, "", "quotation marks do not pair up");
    } else if (!parse->header_fields) {
        parse->row_line = 1;
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
    *parse = (struct parse){.line = 1, .row_line = 1, .finding = finding, .ctx = ctx};
    feed(parse, csv, len);
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
