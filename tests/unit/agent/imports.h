/* SPDX-License-Identifier: Apache-2.0
 * What the tests of the importer share: files of one carer, good and bad.
 */
#ifndef HEARTH_TESTS_AGENT_IMPORTS_H
#define HEARTH_TESTS_AGENT_IMPORTS_H

#include "agent/import.h"
#include "tests/unit/agent/carers.h"

static inline struct import_rules plain_rules(void)
{
    return (struct import_rules){.catalogue = catalogue_get(CATALOGUE_VERSION), .today = TODAY};
}

static inline struct import_result parse_with(const char *text, const struct import_rules *rules)
{
    struct import_result p;
    struct err err = {0};
    must(import_parse(text, strlen(text), rules, &p, &err), &err);
    return p;
}

static inline struct import_result parse(const char *text)
{
    const struct import_rules rules = plain_rules();
    return parse_with(text, &rules);
}

static inline const struct finding *first_problem(const struct import_result *p)
{
    size_t i = 0;
    while (p->report.items[i]->kind != FINDING_PROBLEM) i++;
    return p->report.items[i];
}

static inline void show_problems(const struct import_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct finding *p = report->items[i];
        print_message("%s line %u column \"%s\" value \"%s\": %s\n",
                      p->kind == FINDING_NOTE ? "note" : "problem", (unsigned)p->line, p->column,
                      p->value, p->text);
    }
}

/* A file of one carer whose columns are the defaults, with some replaced or added. */
struct cell {
    const char *column, *text;
};
static inline char *file_with(const struct cell *cells, size_t count)
{
    static const struct cell defaults[] = {
        {"ref", "A1"},   {"grid_ref", "SE 297 338"},     {"ages", "0-17"}, {"sexes", "M;F"},
        {"places", "2"}, {"placement_types", "PT_LONG"},
    };
    struct buf headings = {0};
    struct buf row = {0};
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0] + count; i++) {
        size_t base = sizeof defaults / sizeof defaults[0];
        struct cell cell = i < base ? defaults[i] : cells[i - base];
        bool skip = false;
        for (size_t k = 0; k < count; k++) {
            if (i < base && strcmp(cells[k].column, cell.column) == 0) skip = true;
        }
        if (skip) continue;
        buf_format(&headings, "%s%s", headings.len ? "," : "", cell.column);
        buf_format(&row, "%s\"%s\"", row.len ? "," : "", cell.text);
    }
    buf_text(&headings, "\n");
    buf_append(&headings, row.data, row.len);
    buf_u8(&headings, '\n');
    buf_u8(&headings, 0);
    buf_free(&row);
    return (char *)headings.data;
}

#define CELLS_OF(...)                                                                              \
    ((const struct cell[]){__VA_ARGS__}),                                                          \
        sizeof((const struct cell[]){__VA_ARGS__}) / sizeof(struct cell)

static inline struct profile good(const struct cell *cells, size_t count)
{
    char *text = file_with(cells, count);
    struct import_result p = parse(text);
    if (p.report.problems != 0 || p.list.count != 1) {
        show_problems(&p.report);
        fail_msg("not imported:\n%s", text);
    }
    struct profile profile = p.list.items[0];
    import_result_free(&p);
    free(text);
    return profile;
}

/* One problem, in line 2, with that column, value and a part of the text. */
static inline void bad(const char *column, const char *value, const char *part,
                       const struct cell *cells, size_t count)
{
    char *text = file_with(cells, count);
    struct import_result p = parse(text);
    bool as_expected = p.report.problems == 1 && p.list.count == 0 && p.report.bad_rows == 1 &&
                       first_problem(&p)->line == 2 &&
                       strcmp(first_problem(&p)->column, column) == 0 &&
                       strncmp(first_problem(&p)->value, value, FINDING_VALUE_MAX) == 0 &&
                       strstr(first_problem(&p)->text, part);
    if (!as_expected) {
        show_problems(&p.report);
        fail_msg("wanted column %s value \"%s\" and \"%s\" for:\n%s", column, value, part, text);
    }
    import_result_free(&p);
    free(text);
}
#define GOOD(...) good(CELLS_OF(__VA_ARGS__))
#define BAD(column, value, part, ...) bad(column, value, part, CELLS_OF(__VA_ARGS__))
#define BAD1(column, value, part) BAD(column, value, part, {column, value})

static inline uint16_t slot(const char *code)
{
    const struct criterion *c = catalogue_find(catalogue_get(CATALOGUE_VERSION), code);
    assert_non_null(c);
    return c->slot;
}

#endif
