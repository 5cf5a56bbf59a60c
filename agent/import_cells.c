/* SPDX-License-Identifier: Apache-2.0
 * The cells of one row: cleaned, translated by the mapping, and read one by one.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "agent/import_internal.h"
#include "proto/base/csv_cell.h"
#include "proto/base/text.h"

enum {
    CELL_MAX = 4096, /* bytes of one that is read; those of columns left out may be longer */
    ITEM_MAX = 256,  /* bytes */
    ITEMS_MAX = 256, /* of a cell */
    LABEL_PARTS = 4  /* that commas make of a label, at most */
};

/* U+00A0 in UTF-8, which word processors like. */
static void plain_spaces(char *text, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (text[i] != '\xc2' || text[i + 1] != '\xa0') continue;
        text[i] = ' ';
        text[i + 1] = ' ';
    }
}

bool import_clean(struct csv_field *field, bool list, struct err *err)
{
    for (size_t i = 0; i < field->len; i++) {
        char *c = &field->text[i];
        if (*c == '\t') *c = ' ';
        if (*c == '\r' || *c == '\n') *c = list ? ';' : ' ';
    }
    plain_spaces(field->text, field->len);
    if (!text_is_printable_utf8(field->text, field->len)) {
        return err_set(err, ERR_INVALID, NULL,
                       "text in UTF-8 without control characters is wanted (save the file as \"CSV "
                       "UTF-8\")");
    }
    field->text = csv_cell_text(text_trim(field->text));
    return true;
}

/* ---- one value ---- */

struct item {
    struct import *import;
    enum column column;
    struct err *err;
};

static bool parse_value(char *text, void *ctx)
{
    const struct item *item = ctx;
    const struct column_rules rules = {item->import->codes, item->import->rules->today};
    return column_kinds[item->column].parse(text, &rules, item->import->profile, item->err);
}

/* Reads a copy, because parsers may change the text. What the mapping makes of an item may be
 * several, or none. */
static bool try_item(struct import *import, enum column column, const char *text, size_t len,
                     struct err *err)
{
    char copy[CELL_MAX + 1];
    struct item item = {import, column, err};
    bool list = column_kinds[column].form == FORM_LIST;
    if (len > (size_t)(list ? ITEM_MAX : CELL_MAX)) {
        return err_set(err, ERR_INVALID, NULL, "%zu bytes are too long for a value here", len);
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    char *value = text_trim(copy);
    const char *mapped = mapping_value(import->rules->mapping, (int)column, value);
    if (mapped) value = memcpy(copy, mapped, strlen(mapped) + 1);
    bool ok = true;
    if (*value) ok = list ? text_split(value, ';', parse_value, &item) : parse_value(value, &item);
    sodium_memzero(copy, sizeof copy);
    return ok;
}

static void problem_part(struct import *import, enum column column, const char *text, size_t len,
                         struct err *err)
{
    char value[FINDING_VALUE_MAX + 5]; /* room for one character past the most that is shown */
    size_t kept = len < sizeof value - 1 ? len : sizeof value - 1;
    while (kept < len && kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80) kept--;
    memcpy(value, text, kept);
    value[kept] = '\0';
    import_problem(import, column, text_trim(value), err);
    sodium_memzero(value, sizeof value);
}

/* ---- items between commas ---- */

struct part {
    const char *text;
    size_t len;
};

/* How many parts from `at` on make one value together: the most; 0 where none do. */
static size_t join_parts(struct import *import, enum column column, const struct part *parts,
                         size_t count, struct err *err)
{
    size_t most = count < LABEL_PARTS ? count : LABEL_PARTS;
    for (size_t n = most; n > 0; n--) {
        const struct part *last = &parts[n - 1];
        size_t len = (size_t)(last->text + last->len - parts[0].text);
        if (try_item(import, column, parts[0].text, len, err)) return n;
    }
    return 0;
}

static size_t split_parts(const char *text, size_t len, struct part parts[ITEMS_MAX])
{
    size_t count = 0;
    const char *end = text + len;
    for (const char *at = text; at <= end && count < ITEMS_MAX; count++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        if (!comma || count == ITEMS_MAX - 1) comma = end;
        parts[count] = (struct part){at, (size_t)(comma - at)};
        at = comma + 1;
    }
    return count;
}

/* A comma separates where what stands between commas is a value, the longest first: labels may hold
 * commas. Where nothing is a value, the whole is one wrong one. */
static void comma_items(struct import *import, enum column column, const char *text, size_t len,
                        struct err *whole)
{
    struct part parts[ITEMS_MAX];
    bool wrong[ITEMS_MAX] = {false};
    size_t count = split_parts(text, len, parts);
    size_t good = 0;
    struct err err;
    for (size_t i = 0; i < count;) {
        size_t joined = join_parts(import, column, &parts[i], count - i, &err);
        wrong[i] = joined == 0;
        good += joined;
        i += joined ? joined : 1;
    }
    if (good == 0) problem_part(import, column, text, len, whole);
    for (size_t i = 0; i < count; i++) {
        if (good == 0 || !wrong[i] || try_item(import, column, parts[i].text, parts[i].len, &err))
            continue;
        problem_part(import, column, parts[i].text, parts[i].len, &err);
    }
    sodium_memzero(&err, sizeof err);
}

static void one_item(struct import *import, enum column column, const char *text, size_t len)
{
    struct err err;
    if (try_item(import, column, text, len, &err)) return;
    if (memchr(text, ',', len)) {
        comma_items(import, column, text, len, &err);
    } else {
        problem_part(import, column, text, len, &err);
    }
    sodium_memzero(&err, sizeof err);
}

static void list_cell(struct import *import, enum column column, const char *text)
{
    size_t items = 0;
    while (*text) {
        size_t len = strcspn(text, ";|");
        if (strspn(text, " ") < len && ++items > ITEMS_MAX) {
            struct err err;
            (void)err_set(&err, ERR_INVALID, NULL, "more than %d values", ITEMS_MAX);
            import_problem(import, column, "", &err);
            return;
        }
        if (strspn(text, " ") < len) one_item(import, column, text, len);
        text += len + (text[len] ? 1 : 0);
    }
}

/* ---- the row ---- */

static void single_cell(struct import *import, enum column column, const char *text)
{
    struct err err;
    if (!try_item(import, column, text, strlen(text), &err)) {
        import_problem(import, column, text, &err);
    }
}

static const char *yes_no_text(const struct import *import, const struct csv_field *field)
{
    const char *mapped = mapping_value(import->rules->mapping, MAPPING_YES_NO, field->text);
    return mapped ? mapped : field->text;
}

static void yes_no_cell(struct import *import, const struct heading *heading,
                        const struct csv_field *field)
{
    struct err err;
    bool yes = false;
    const char *text = yes_no_text(import, field);
    if (*text == '\0') return;
    if (!column_yes_no(text, &yes, &err)) {
        import_problem_at(import, field->line, heading->meaning.criterion->code, heading->text,
                          field->text, &err);
    } else if (yes) {
        column_hold(import->profile, heading->meaning.criterion);
    }
}

static void column_cell(struct import *import, const struct heading *heading,
                        const struct csv_field *field)
{
    enum column column = (enum column)heading->meaning.means;
    struct cell *cell = &import->cells[column];
    const char *mapped = mapping_value(import->rules->mapping, (int)column, field->text);
    *cell = (struct cell){mapped ? mapped : field->text, heading->text, field->line};
    if (cell->text[0] == '\0') return;
    import->given |= 1U << column;
    if (column_kinds[column].form == FORM_LIST) {
        list_cell(import, column, cell->text);
    } else if (column_kinds[column].form == FORM_SINGLE) {
        single_cell(import, column, cell->text);
    }
}

static void surplus_cell(struct import *import, const struct csv_field *field, size_t number)
{
    struct err err;
    if (field->text[0] == '\0') return;
    (void)err_set(&err, ERR_INVALID, NULL, "value in column %zu, which has no heading", number);
    import_problem_at(import, field->line, "", "", field->text, &err);
}

static void unreadable_cell(struct import *import, const struct heading *heading,
                            const struct csv_field *field, struct err *err)
{
    int means = heading ? heading->meaning.means : MEANS_BLANK;
    const char *name = means <= MEANS_CODE ? heading_meaning_name(&heading->meaning) : "";
    if (means < COLUMNS) {
        import->given |= 1U << means;
        import->reported |= 1U << means;
    }
    import_problem_at(import, field->line, name, heading ? heading->text : "", "(not shown)", err);
}

static void read_cell(struct import *import, struct csv_field *field, size_t number)
{
    const struct headings *headings = &import->out->headings;
    const struct heading *heading = number <= headings->count ? &headings->items[number - 1] : NULL;
    int means = heading ? heading->meaning.means : MEANS_BLANK;
    bool list = means < COLUMNS && column_kinds[means].form == FORM_LIST;
    struct err err;
    if (means == MEANS_IGNORED) return;
    if (!import_clean(field, list, &err)) {
        unreadable_cell(import, heading, field, &err);
    } else if (means == MEANS_BLANK) {
        surplus_cell(import, field, number);
    } else if (means == MEANS_CODE) {
        yes_no_cell(import, heading, field);
    } else {
        column_cell(import, heading, field);
    }
}

/* N for what the row lists elsewhere. */
static void contradicted_cell(struct import *import, const struct heading *heading,
                              const struct csv_field *field)
{
    struct err err;
    bool yes = false;
    const char *text = yes_no_text(import, field);
    if (*text == '\0' || !column_holds(import->profile, heading->meaning.criterion)) return;
    if (!column_yes_no(text, &yes, &err) || yes) return;
    (void)err_set(&err, ERR_INVALID, NULL,
                  "the same row lists it elsewhere: Y here, or take it off the list");
    import_problem_at(import, field->line, heading->meaning.criterion->code, heading->text,
                      field->text, &err);
}

void import_read_cells(struct import *import, const struct csv_row *row)
{
    const struct headings *headings = &import->out->headings;
    for (int c = 0; c < COLUMNS; c++) import->cells[c] = (struct cell){"", "", row->line};
    for (size_t i = 0; i < row->count; i++) read_cell(import, &row->fields[i], i + 1);
    for (size_t i = 0; i < row->count && i < headings->count; i++) {
        if (headings->items[i].meaning.means != MEANS_CODE) continue;
        contradicted_cell(import, &headings->items[i], &row->fields[i]);
    }
}
