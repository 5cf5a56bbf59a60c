/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/import_headings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/domain/words.h"

void headings_free(struct headings *headings)
{
    free(headings->items);
    *headings = (struct headings){0};
}

void heading_fold(const char *text, char out[HEADING_MAX + 1])
{
    size_t len = strnlen(text, HEADING_MAX);
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (isalnum(c) || c >= 0x80) out[used++] = (char)tolower(c);
    }
    if (used == 0) {
        memcpy(out, text, len);
        used = len;
    }
    out[used] = '\0';
}

bool heading_same(const char *a, const char *b)
{
    char x[HEADING_MAX + 1];
    char y[HEADING_MAX + 1];
    heading_fold(a, x);
    heading_fold(b, y);
    return strcmp(x, y) == 0;
}

/* ---- suggestions ---- */

/* Of SHORT letters a heading is near with one mistake only: "Takes dogs" is not "Takes boys". */
enum { NEAR = 2, SHORT = 9, HEADING_QUOTED_MAX = 60 };

struct nearest {
    char folded[HEADING_MAX + 1];
    const char *target;
    size_t distance;
};

static void try_name(struct nearest *nearest, const char *name, const char *target)
{
    char folded[HEADING_MAX + 1];
    heading_fold(name, folded);
    size_t a = strlen(folded);
    size_t b = strlen(nearest->folded);
    if ((a > b ? a - b : b - a) > NEAR) return;
    size_t d = words_distance(folded, nearest->folded);
    if (d >= nearest->distance) return;
    nearest->distance = d;
    nearest->target = target;
}

/* The column or code whose name or alias is nearest, or NULL. */
static const char *suggest(const char *text)
{
    struct nearest nearest = {.distance = NEAR + 1};
    heading_fold(text, nearest.folded);
    if (strlen(nearest.folded) >= WORDS_MAX) return NULL;
    for (int c = 0; c < COLUMNS; c++) {
        try_name(&nearest, column_kinds[c].name, column_kinds[c].name);
    }
    for (size_t i = 0; i < heading_alias_count; i++) {
        try_name(&nearest, heading_aliases[i].heading, heading_aliases[i].target);
    }
    bool good = nearest.distance <= 1 || strlen(nearest.folded) > SHORT;
    return strlen(nearest.folded) > 2 && good ? nearest.target : NULL;
}

/* ---- look-up ---- */

static bool find_column(const char *text, struct heading_meaning *out)
{
    for (int c = 0; c < COLUMNS; c++) {
        if (!heading_same(text, column_kinds[c].name)) continue;
        *out = (struct heading_meaning){c, NULL};
        return true;
    }
    return false;
}

static const struct heading_alias *find_alias(const char *text)
{
    char folded[HEADING_MAX + 1], other[HEADING_MAX + 1];
    heading_fold(text, folded);
    for (size_t i = 0; i < heading_alias_count; i++) {
        heading_fold(heading_aliases[i].heading, other);
        if (strcmp(folded, other) == 0) return &heading_aliases[i];
    }
    return NULL;
}

const char *heading_doubt(const char *text)
{
    const struct heading_alias *alias = find_alias(text);
    return alias ? alias->doubt : NULL;
}

static bool unknown_heading(const struct catalogue *catalogue, const char *text, struct err *err)
{
    const char *near = suggest(text);
    if (!near) near = catalogue_suggest(catalogue, text);
    char cut[HEADING_QUOTED_MAX + 1];
    text_copy_cut(cut, sizeof cut, text);
    if (near) {
        return err_set(
            err, ERR_INVALID, NULL,
            "not a known column; did you mean %s? A mapping says so (--map \"%s=%s\"), or "
            "that it is not wanted (--map \"%s=\")",
            near, cut, near, cut);
    }
    return err_set(err, ERR_INVALID, NULL,
                   "not a known column: docs/domain.md lists them; a mapping says what this one is "
                   "(--map \"%s=COLUMN\") or that it is not wanted (--map \"%s=\")",
                   cut, cut);
}

/* By its label, with or without what stands there in brackets. */
static bool is_labelled(const struct criterion *criterion, const char *folded)
{
    char label[HEADING_MAX + 1];
    char other[HEADING_MAX + 1];
    heading_fold(criterion->label, other);
    if (strcmp(folded, other) == 0) return true;
    size_t bracket = strcspn(criterion->label, "(");
    text_copy_cut(label, sizeof label, criterion->label);
    if (bracket == 0 || bracket >= strlen(label)) return false;
    label[bracket] = '\0';
    heading_fold(label, other);
    return strcmp(folded, other) == 0;
}

/* By code or label. Codes and words of standards are too short or too common to head a column by.
 * *out is NULL where none is meant; ERR_INVALID where several are. */
static bool find_criterion(const struct catalogue *catalogue, const char *text,
                           const struct criterion **out, struct err *err)
{
    char folded[HEADING_MAX + 1];
    char code[HEADING_MAX + 1];
    heading_fold(text, folded);
    *out = NULL;
    for (size_t i = 0; i < catalogue->count && !*out; i++) {
        heading_fold(catalogue->criteria[i].code, code);
        if (strcmp(folded, code) == 0) *out = &catalogue->criteria[i];
    }
    if (*out) return true;
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct criterion *criterion = &catalogue->criteria[i];
        if (!is_labelled(criterion, folded)) continue;
        if (*out) {
            return err_set(err, ERR_INVALID, NULL, "may mean %s or %s: head the column by the code",
                           (*out)->code, criterion->code);
        }
        *out = criterion;
    }
    return true;
}

static bool take_criterion(const struct criterion *criterion, struct heading_meaning *out,
                           struct err *err)
{
    if (!column_code_is_good(criterion, err)) return false;
    *out = (struct heading_meaning){MEANS_CODE, criterion};
    return true;
}

bool heading_find(const struct catalogue *catalogue, const char *text, struct heading_meaning *out,
                  struct err *err)
{
    const struct criterion *found = NULL;
    const struct heading_alias *alias = find_alias(text);
    const char *wanted = alias ? alias->target : text;
    if (find_column(wanted, out)) return true;
    if (!find_criterion(catalogue, wanted, &found, err)) return false;
    return found ? take_criterion(found, out, err) : unknown_heading(catalogue, text, err);
}

bool heading_find_target(const struct catalogue *catalogue, const char *text,
                         struct heading_meaning *out, struct err *err)
{
    const struct criterion *found = NULL;
    struct err why;
    if (heading_find(catalogue, text, out, err)) return true;
    if (catalogue_match(catalogue, NULL, text, &found, &why)) {
        return take_criterion(found, out, err);
    }
    const char *near = suggest(text);
    return near ? err_set(err, ERR_INVALID, NULL,
                          "neither a column nor a criterion; did you mean %s?", near)
                : err_set(err, ERR_INVALID, NULL, "not a column, and %s", why.text);
}

const char *heading_meaning_name(const struct heading_meaning *meaning)
{
    if (meaning->means == MEANS_CODE) return meaning->criterion->code;
    return meaning->means < COLUMNS ? column_kinds[meaning->means].name : NULL;
}

const char *headings_text(const struct headings *headings, enum column column)
{
    for (size_t i = 0; i < headings->count; i++) {
        if (headings->items[i].meaning.means == (int)column) return headings->items[i].text;
    }
    return "";
}

bool headings_have(const struct headings *headings, enum column column)
{
    for (size_t i = 0; i < headings->count; i++) {
        if (headings->items[i].meaning.means == (int)column) return true;
    }
    return false;
}

bool headings_have_group(const struct headings *headings, const char *group)
{
    for (size_t i = 0; i < headings->count; i++) {
        const struct heading_meaning *meaning = &headings->items[i].meaning;
        if (meaning->means == MEANS_CODE && strcmp(meaning->criterion->group, group) == 0) {
            return true;
        }
    }
    return false;
}
