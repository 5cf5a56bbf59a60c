/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/import_report.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "proto/base/csv_cell.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { FIRST_CAPACITY = 16, HEADING_SHOWN_MAX = 80 };

/* Copies to *at and moves it past the copy. */
static const char *keep(char **at, const char *text)
{
    char *start = *at;
    size_t size = strlen(text) + 1;
    memcpy(start, text, size);
    *at += size;
    return start;
}

/* A message may quote half a character at the end of a cut. */
static const char *keep_message(char **at, const char *text)
{
    char *start = *at;
    (void)keep(at, text);
    text_make_printable(start);
    return start;
}

void import_report_add(struct import_report *report, enum finding_kind kind, uint32_t line,
                       const char *column, const char *heading, const char *value, const char *text)
{
    (void)(kind == FINDING_PROBLEM ? report->problems++ : report->notes++);
    if (report->count == IMPORT_FINDINGS_MAX) return;
    if (report->count == report->cap) {
        report->cap = report->cap ? report->cap * 2 : FIRST_CAPACITY;
        report->items = mem_resize(report->items, report->cap, sizeof(struct finding *));
    }
    char cut_heading[HEADING_SHOWN_MAX + 1];
    char cut_value[FINDING_VALUE_MAX + 1];
    text_copy_cut(cut_heading, sizeof cut_heading, heading);
    text_copy_cut(cut_value, sizeof cut_value, value);
    size_t size = sizeof(struct finding) + strlen(column) + strlen(cut_heading) +
                  strlen(cut_value) + strlen(text) + 4;
    struct finding *finding = mem_array(1, size);
    char *at = (char *)(finding + 1);
    *finding = (struct finding){
        .line = line, .order = (uint32_t)report->count, .kind = kind, .size = size};
    finding->column = keep(&at, column);
    finding->heading = keep(&at, cut_heading);
    finding->value = keep(&at, cut_value);
    finding->text = keep_message(&at, text);
    report->items[report->count++] = finding;
    sodium_memzero(cut_value, sizeof cut_value);
}

static int by_line(const void *a, const void *b)
{
    const struct finding *x = *(struct finding *const *)a;
    const struct finding *y = *(struct finding *const *)b;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

void import_report_sort(struct import_report *report)
{
    if (report->count < 2) return;
    qsort(report->items, report->count, sizeof(struct finding *), by_line);
}

void import_report_free(struct import_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        size_t size = report->items[i]->size;
        sodium_memzero(report->items[i], size);
        free(report->items[i]);
    }
    free(report->items);
    *report = (struct import_report){0};
}

/* ---- JSON ---- */

json_t *import_report_list(const struct import_report *report, enum finding_kind kind)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->count; i++) {
        const struct finding *f = report->items[i];
        if (f->kind != kind) continue;
        json_t *item = json_pack("{s:i,s:s,s:s,s:s,s:s}", "line", (int)f->line, "column", f->column,
                                 "heading", f->heading, "value", f->value, "message", f->text);
        REQUIRE(item && json_array_append_new(list, item) == 0);
    }
    return list;
}

static int append_text(const char *text, size_t len, void *buf)
{
    buf_append(buf, text, len);
    return 0;
}

static void as_json(const struct import_report *report, struct buf *out)
{
    json_t *root = json_pack("{s:I,s:I,s:b,s:I,s:I,s:o,s:o}", "rows", (json_int_t)report->rows,
                             "bad_rows", (json_int_t)report->bad_rows, "bad_headings",
                             report->bad_headings, "problem_count", (json_int_t)report->problems,
                             "note_count", (json_int_t)report->notes, "problems",
                             import_report_list(report, FINDING_PROBLEM), "notes",
                             import_report_list(report, FINDING_NOTE));
    REQUIRE(root && json_dump_callback(root, append_text, out, JSON_INDENT(1)) == 0);
    buf_text(out, "\n");
    json_decref(root);
}

/* ---- CSV ---- */

static void csv_line(struct buf *out, uint32_t line, const char *const cells[], size_t count)
{
    buf_format(out, "%u", (unsigned)line);
    for (size_t i = 0; i < count; i++) {
        buf_text(out, ",");
        csv_cell(out, cells[i]);
    }
    buf_text(out, "\r\n");
}

static void as_csv(const struct import_report *report, struct buf *out)
{
    buf_text(out, "line,kind,column,heading,value,message\r\n");
    for (size_t i = 0; i < report->count; i++) {
        const struct finding *f = report->items[i];
        const char *const cells[] = {f->kind == FINDING_PROBLEM ? "problem" : "note", f->column,
                                     f->heading, f->value, f->text};
        csv_line(out, f->line, cells, sizeof cells / sizeof cells[0]);
    }
    size_t found = report->problems + report->notes;
    if (found == report->count) return;
    char text[64];
    (void)snprintf(text, sizeof text, "%zu more were found and are not listed",
                   found - report->count);
    const char *const cells[] = {"note", "", "", "", text};
    csv_line(out, 0, cells, sizeof cells / sizeof cells[0]);
}

/* ---- files and terminals ---- */

static bool ends_in(const char *path, const char *ending)
{
    size_t len = strlen(path);
    size_t tail = strlen(ending);
    return len > tail && strcasecmp(path + len - tail, ending) == 0;
}

bool import_report_path_is_good(const char *path)
{
    return ends_in(path, ".csv") || ends_in(path, ".json");
}

bool import_report_write(const struct import_report *report, const char *path, struct err *err)
{
    struct buf text = {0};
    if (!import_report_path_is_good(path)) {
        return err_set(err, ERR_INVALID, "report",
                       "\"%s\": a file name that ends in .csv or .json is wanted", path);
    }
    if (ends_in(path, ".json")) {
        as_json(report, &text);
    } else {
        as_csv(report, &text);
    }
    bool ok = file_write(path, text.data, text.len, 0600, err);
    buf_wipe(&text);
    return ok;
}

static void print_one(const struct finding *f, const char *file, FILE *out)
{
    bool other = strcmp(f->heading, f->column) != 0 && strcmp(f->heading, f->value) != 0;
    bool heading = f->heading[0] && other;
    bool named = f->column[0] || heading || f->value[0];
    (void)fprintf(out, "%s:%u: %s%s", file, (unsigned)f->line,
                  f->kind == FINDING_NOTE ? "note: " : "", f->column);
    if (heading) (void)fprintf(out, "%s(%s)", f->column[0] ? " " : "", f->heading);
    if (f->value[0]) (void)fprintf(out, "%s\"%s\"", f->column[0] || heading ? " " : "", f->value);
    (void)fprintf(out, "%s%s\n", named ? ": " : "", f->text);
}

void import_report_print(const struct import_report *report, enum finding_kind kind,
                         const char *file, size_t most, FILE *out)
{
    size_t found = kind == FINDING_PROBLEM ? report->problems : report->notes;
    size_t printed = 0;
    for (size_t i = 0; i < report->count && printed < most; i++) {
        if (report->items[i]->kind != kind) continue;
        print_one(report->items[i], file, out);
        printed++;
    }
    if (found == printed) return;
    (void)fprintf(out, "%s: %zu more %s; --report FILE.csv writes all of them\n", file,
                  found - printed, kind == FINDING_PROBLEM ? "problems" : "notes");
}
