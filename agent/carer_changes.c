/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/carer_changes.h"

#include <stdlib.h>
#include <string.h>

#include "agent/carer_text.h"
#include "proto/base/mem.h"

static void wipe_text(char *text)
{
    sodium_memzero(text, strlen(text));
    free(text);
}

void carer_changes_free(struct carer_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        struct changed_carer *carer = &changes->items[i];
        for (size_t k = 0; k < carer->column_count; k++) {
            wipe_text(carer->columns[k].was);
            wipe_text(carer->columns[k].is);
        }
        free(carer->columns);
    }
    if (changes->items) sodium_memzero(changes->items, changes->cap * sizeof *changes->items);
    free(changes->items);
    *changes = (struct carer_changes){0};
}

/* ---- comparing ---- */

typedef void (*text_fn)(const struct profile *profile, const struct catalogue *catalogue,
                        struct buf *out);

static void text_name(const struct profile *p, const struct catalogue *catalogue, struct buf *out)
{
    (void)catalogue;
    buf_text(out, p->name);
}

static void text_location(const struct profile *p, const struct catalogue *catalogue,
                          struct buf *out)
{
    (void)catalogue;
    buf_text(out, p->location);
}

static void text_cell(const struct profile *p, const struct catalogue *catalogue, struct buf *out)
{
    (void)catalogue;
    char name[GRID_NAME];
    grid_cell_name(p->cell, name);
    buf_text(out, name);
}

static void text_ages(const struct profile *p, const struct catalogue *catalogue, struct buf *out)
{
    (void)catalogue;
    carer_ages(p, out);
}

static void text_sexes(const struct profile *p, const struct catalogue *catalogue, struct buf *out)
{
    (void)catalogue;
    carer_sexes(p, out);
}

static void text_places(const struct profile *p, const struct catalogue *catalogue, struct buf *out)
{
    (void)catalogue;
    buf_format(out, "%d", p->places);
}

static void text_approved(const struct profile *p, const struct catalogue *catalogue,
                          struct buf *out)
{
    (void)catalogue;
    buf_format(out, "%d", p->approved_places);
}

static void text_placement_types(const struct profile *p, const struct catalogue *catalogue,
                                 struct buf *out)
{
    carer_codes(p, catalogue, true, out);
}

static void text_status(const struct profile *p, const struct catalogue *catalogue, struct buf *out)
{
    (void)catalogue;
    buf_text(out, status_name(p->status));
}

static void text_status_date(const struct profile *p, const struct catalogue *catalogue,
                             struct buf *out)
{
    (void)catalogue;
    carer_day(p->status_date, out);
}

static void text_available_from(const struct profile *p, const struct catalogue *catalogue,
                                struct buf *out)
{
    (void)catalogue;
    carer_day(p->available_from, out);
}

static void text_offers(const struct profile *p, const struct catalogue *catalogue, struct buf *out)
{
    carer_codes(p, catalogue, false, out);
}

static const struct {
    const char *column;
    text_fn text;
} compared[] = {
    {"name", text_name},
    {"location", text_location},
    {"cell", text_cell},
    {"ages", text_ages},
    {"sexes", text_sexes},
    {"places", text_places},
    {"approved_places", text_approved},
    {"placement_types", text_placement_types},
    {"status", text_status},
    {"status_date", text_status_date},
    {"available_from", text_available_from},
    {"offers", text_offers},
};
enum { COMPARED = sizeof compared / sizeof compared[0] };

static bool same_text(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && (a->len == 0 || sodium_memcmp(a->data, b->data, a->len) == 0);
}

static void compare(const struct profile *before, const struct profile *after,
                    const struct catalogue *catalogue, struct changed_carer *out)
{
    out->columns = mem_array(COMPARED, sizeof *out->columns);
    for (size_t i = 0; i < COMPARED; i++) {
        struct buf was = {0};
        struct buf is = {0};
        compared[i].text(before, catalogue, &was);
        compared[i].text(after, catalogue, &is);
        if (!same_text(&was, &is)) {
            buf_u8(&was, 0);
            buf_u8(&is, 0);
            out->columns[out->column_count++] = (struct changed_column){
                compared[i].column, mem_string((char *)was.data), mem_string((char *)is.data)};
        }
        buf_wipe(&was);
        buf_wipe(&is);
    }
}

/* ---- collecting ---- */

static struct changed_carer *add(struct carer_changes *changes)
{
    if (changes->count == changes->cap) {
        size_t cap = changes->cap ? changes->cap * 2 : 64;
        struct changed_carer *larger = mem_array(cap, sizeof *larger);
        if (changes->count > 0) {
            memcpy(larger, changes->items, changes->count * sizeof *larger);
            sodium_memzero(changes->items, changes->count * sizeof *larger);
        }
        free(changes->items);
        changes->items = larger;
        changes->cap = cap;
    }
    return &changes->items[changes->count++];
}

void carer_changes_note(const struct profile *before, const struct profile *after, void *ctx)
{
    struct carer_changes *changes = ctx;
    struct changed_carer *carer = add(changes);
    const struct profile *named = after ? after : before;
    REQUIRE(named != NULL);
    carer->what = !before ? CARER_ADDED : after ? CARER_CHANGED : CARER_REMOVED;
    memcpy(carer->ref, named->ref, sizeof carer->ref);
    if (before && after) compare(before, after, changes->catalogue, carer);
}

static int by_ref(const void *a, const void *b)
{
    return strcmp((*(const struct changed_carer *const *)a)->ref,
                  (*(const struct changed_carer *const *)b)->ref);
}

/* Pointers are sorted, because the C library's qsort may copy what it sorts. */
void carer_changes_sort(struct carer_changes *changes)
{
    if (changes->count < 2) return;
    struct changed_carer **order = mem_array(changes->count, sizeof(struct changed_carer *));
    struct changed_carer *sorted = mem_array(changes->cap, sizeof *sorted);
    for (size_t i = 0; i < changes->count; i++) order[i] = &changes->items[i];
    qsort(order, changes->count, sizeof(struct changed_carer *), by_ref);
    for (size_t i = 0; i < changes->count; i++) sorted[i] = *order[i];
    free(order);
    sodium_memzero(changes->items, changes->count * sizeof *changes->items);
    free(changes->items);
    changes->items = sorted;
}

/* ---- showing ---- */

static const char *const change_names[] = {"added", "changed", "removed"};

json_t *carer_changes_json(const struct carer_changes *changes)
{
    json_t *list = json_array();
    for (size_t i = 0; i < changes->count; i++) {
        const struct changed_carer *carer = &changes->items[i];
        json_t *columns = json_array();
        for (size_t k = 0; k < carer->column_count; k++) {
            const struct changed_column *c = &carer->columns[k];
            json_t *one =
                json_pack("{s:s,s:s,s:s}", "column", c->column, "was", c->was, "is", c->is);
            REQUIRE(one && json_array_append_new(columns, one) == 0);
        }
        json_t *item = json_pack("{s:s,s:s,s:o}", "ref", carer->ref, "change",
                                 change_names[carer->what], "columns", columns);
        REQUIRE(item && json_array_append_new(list, item) == 0);
    }
    return list;
}

/* Whether the code at `code` is one of the list. */
static bool has_code(const char *list, const char *code, size_t len)
{
    while (*list) {
        size_t n = strcspn(list, ";");
        if (n == len && strncmp(list, code, len) == 0) return true;
        list += n + (list[n] ? 1 : 0);
    }
    return false;
}

/* Prints those of `list` that `other` lacks, each with that sign. */
static void print_codes(const char *list, const char *other, char sign, FILE *out)
{
    while (*list) {
        size_t n = strcspn(list, ";");
        if (!has_code(other, list, n)) (void)fprintf(out, " %c%.*s", sign, (int)n, list);
        list += n + (list[n] ? 1 : 0);
    }
}

static void print_column(const struct changed_column *column, FILE *out)
{
    bool codes =
        strcmp(column->column, "offers") == 0 || strcmp(column->column, "placement_types") == 0;
    (void)fputs(column->column, out);
    if (codes) {
        print_codes(column->is, column->was, '+', out);
        print_codes(column->was, column->is, '-', out);
    } else {
        (void)fprintf(out, " %s -> %s", column->was[0] ? column->was : "(blank)",
                      column->is[0] ? column->is : "(blank)");
    }
}

void carer_changes_print(const struct carer_changes *changes, FILE *out)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct changed_carer *carer = &changes->items[i];
        (void)fprintf(out, "%s: %s", carer->ref, change_names[carer->what]);
        for (size_t k = 0; k < carer->column_count; k++) {
            (void)fputs(k ? "; " : ": ", out);
            print_column(&carer->columns[k], out);
        }
        (void)fputc('\n', out);
    }
}
