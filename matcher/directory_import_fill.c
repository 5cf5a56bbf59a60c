/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/directory_import_fill.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "matcher/directory_import_table.h"
#include "matcher/directory_parse.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum column { URN, CONTACT, FRAMEWORKS, TIER, ID, NAME, TOWN, COLUMNS };

static const struct table_column columns[COLUMNS] = {
    [URN] = {"urn", "urn", true},
    [CONTACT] = {"contact", "contact", true},
    [FRAMEWORKS] = {"frameworks", "frameworks framework", false},
    [TIER] = {"tier", "tier", false},
    [ID] = {"id", "id", false},
    [NAME] = {"name", "name", false},
    [TOWN] = {"town", "town", false},
};
static const struct table table = {columns, COLUMNS, 0, true};

struct parse {
    struct fill *fill;
    size_t capacity;
    struct findings findings;
};

static void check_row(struct parse *parse, const struct fill_row *row)
{
    const struct agency *agency = &row->agency;
    if (!agency->urn[0] && !agency->name[0]) {
        findings_add(&parse->findings, row->line, "urn", "a URN, or else a name, is wanted");
    }
    if (agency->id[0] && !text_is_id(agency->id)) {
        findings_add(&parse->findings, row->line, "id",
                     "\"%.40s\": 1 to 32 characters a-z, 0-9 and - are wanted", agency->id);
    }
    for (size_t i = 0; i + 1 < parse->fill->count; i++) {
        const struct fill_row *other = &parse->fill->rows[i];
        if (agency->urn[0] && strcasecmp(other->agency.urn, agency->urn) == 0) {
            findings_add(&parse->findings, row->line, "urn", "\"%s\" stands in line %zu already",
                         agency->urn, other->line);
        }
        if (agency->id[0] && strcmp(other->agency.id, agency->id) == 0) {
            findings_add(&parse->findings, row->line, "id", "\"%s\" stands in line %zu already",
                         agency->id, other->line);
        }
    }
}

static void on_row(char *values[], size_t line, void *ctx)
{
    struct parse *parse = ctx;
    struct fill *fill = parse->fill;
    if (fill->count == AGENTS_MAX) {
        findings_add(&parse->findings, line, "", "more than %d rows", AGENTS_MAX);
        return;
    }
    if (fill->count == parse->capacity) {
        parse->capacity = parse->capacity ? parse->capacity * 2 : 64;
        fill->rows = mem_resize(fill->rows, parse->capacity, sizeof *fill->rows);
    }
    struct fill_row *row = &fill->rows[fill->count++];
    struct agency *agency = &row->agency;
    struct err err = {0};
    *row = (struct fill_row){.line = line};
    const struct {
        char *out;
        size_t cap;
    } texts[COLUMNS] = {[URN] = {agency->urn, sizeof agency->urn},
                        [CONTACT] = {agency->contact, sizeof agency->contact},
                        [TIER] = {agency->tier, sizeof agency->tier},
                        [ID] = {agency->id, sizeof agency->id},
                        [NAME] = {agency->name, sizeof agency->name}};
    for (int c = 0; c < COLUMNS; c++) {
        if (!texts[c].out) continue;
        (void)table_text(values[c], texts[c].out, texts[c].cap, line, columns[c].name,
                         &parse->findings);
    }
    if (!directory_read_frameworks(values[FRAMEWORKS], agency, &err)) {
        findings_add(&parse->findings, line, err.field, "%s", err.text);
    }
    check_row(parse, row);
}

bool fill_parse(const uint8_t *csv, size_t len, directory_finding_fn finding, void *ctx,
                struct fill *out, struct err *err)
{
    if (len > DIRECTORY_MAX) {
        return err_set(err, ERR_INVALID, NULL, "longer than %d bytes", DIRECTORY_MAX);
    }
    struct fill fill = {0};
    struct parse parse = {.fill = &fill, .findings = {.each = finding, .ctx = ctx}};
    table_read(&table, csv, len, on_row, &parse, &parse.findings);
    if (parse.findings.count > 0) {
        *err = parse.findings.first;
        fill_free(&fill);
        return false;
    }
    *out = fill;
    return true;
}

void fill_free(struct fill *fill)
{
    free(fill->rows);
    *fill = (struct fill){0};
}
