/* SPDX-License-Identifier: Apache-2.0
 * The same reference on several rows: which of them is right only the agency can know, so that none
 * is taken.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/import_internal.h"
#include "proto/base/mem.h"

enum { LINES_NAMED = 3 };

void import_note_ref(struct import *import, uint32_t index)
{
    const char *ref = import->profile->ref;
    if (ref[0] == '\0') return;
    if (import->seen_count == import->seen_cap) {
        import->seen_cap = import->seen_cap ? import->seen_cap * 2 : 64;
        import->seen = mem_resize(import->seen, import->seen_cap, sizeof *import->seen);
    }
    import->seen[import->seen_count++] = (struct seen){import->refs.len, import->line, index};
    buf_append(&import->refs, ref, strlen(ref) + 1);
}

struct named {
    const char *ref;
    const struct seen *seen;
};

static int by_ref(const void *a, const void *b)
{
    const struct named *x = a;
    const struct named *y = b;
    int order = strcmp(x->ref, y->ref);
    if (order != 0) return order;
    return x->seen->line < y->seen->line ? -1 : 1;
}

/* Says on which other lines the reference is, a few of them. */
static void report_one(struct import *import, const struct named *group, size_t count, size_t which)
{
    struct buf text = {0};
    size_t told = 0;
    buf_text(&text, count > 2 ? "the same reference is on lines" : "the same reference is on line");
    for (size_t i = 0; i < count && told < LINES_NAMED; i++) {
        if (i == which) continue;
        buf_format(&text, "%s %u", told ? "," : "", (unsigned)group[i].seen->line);
        told++;
    }
    if (count - 1 > told) buf_format(&text, " and %zu more", count - 1 - told);
    buf_text(&text, "; one row for each household is wanted");
    buf_u8(&text, 0);
    import_report_add(&import->out->report, FINDING_PROBLEM, group[which].seen->line,
                      column_kinds[COLUMN_REF].name,
                      headings_text(&import->out->headings, COLUMN_REF), group[which].ref,
                      (char *)text.data);
    buf_free(&text);
}

static void report_group(struct import *import, const struct named *group, size_t count, bool *drop)
{
    for (size_t i = 0; i < count; i++) {
        report_one(import, group, count, i);
        uint32_t index = group[i].seen->index;
        if (index == NOT_LISTED) continue;
        drop[index] = true;
        import->out->report.bad_rows++;
    }
}

static void drop_marked(struct import_result *out, const bool *drop)
{
    size_t kept = 0;
    for (size_t i = 0; i < out->list.count; i++) {
        if (drop[i]) continue;
        if (kept != i) {
            out->list.items[kept] = out->list.items[i];
            out->rows[kept] = out->rows[i];
        }
        kept++;
    }
    for (size_t i = kept; i < out->list.count; i++) profile_wipe(&out->list.items[i]);
    out->list.count = kept;
}

void import_drop_duplicates(struct import *import)
{
    size_t count = import->seen_count;
    struct named *named = mem_array(count, sizeof *named);
    bool *drop = mem_array(import->out->list.count, sizeof *drop);
    for (size_t i = 0; i < count; i++) {
        const struct seen *seen = &import->seen[i];
        named[i] = (struct named){(const char *)import->refs.data + seen->ref, seen};
    }
    if (count > 1) qsort(named, count, sizeof *named, by_ref);
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && strcmp(named[end].ref, named[i].ref) == 0) end++;
        if (end - i > 1) report_group(import, &named[i], end - i, drop);
        i = end;
    }
    drop_marked(import->out, drop);
    free(named);
    free(drop);
}
