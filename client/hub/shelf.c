/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/base/mem.h"

/* ---- releases ---- */

static bool comes_before(const struct release *a, const struct release *b)
{
    if (a->period != b->period) return a->period < b->period;
    return figures_table_index(a->table) < figures_table_index(b->table);
}

void shelf_add(struct shelf *shelf, const struct release *release)
{
    size_t at = shelf->count;
    shelf->releases = mem_resize(shelf->releases, shelf->count + 1, sizeof *shelf->releases);
    for (; at > 0 && comes_before(release, &shelf->releases[at - 1]); at--) {
        shelf->releases[at] = shelf->releases[at - 1];
    }
    release_copy(release, &shelf->releases[at]);
    shelf->count++;
}

void shelf_free(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++) release_free(&shelf->releases[i]);
    free(shelf->releases);
    *shelf = (struct shelf){0};
}

static bool is_of(const struct release *release, const char *table)
{
    return !table || strcmp(release->table->name, table) == 0;
}

const struct release *shelf_find(const struct shelf *shelf, const char *table, uint32_t period)
{
    for (size_t i = 0; i < shelf->count; i++) {
        const struct release *release = &shelf->releases[i];
        if (release->period == period && is_of(release, table)) return release;
    }
    return NULL;
}

uint32_t shelf_first(const struct shelf *shelf, const char *table)
{
    for (size_t i = 0; i < shelf->count; i++) {
        if (is_of(&shelf->releases[i], table)) return shelf->releases[i].period;
    }
    return 0;
}

uint32_t shelf_last(const struct shelf *shelf, const char *table)
{
    for (size_t i = shelf->count; i > 0; i--) {
        if (is_of(&shelf->releases[i - 1], table)) return shelf->releases[i - 1].period;
    }
    return 0;
}

/* ---- what is wanted ---- */

static bool has_any(const struct shelf *shelf, const char *table, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < shelf->count; i++) {
        const struct release *release = &shelf->releases[i];
        if (is_of(release, table) && release->period >= from && release->period <= to) return true;
    }
    return false;
}

bool wanted_periods(struct wanted *wanted, const struct shelf *shelf, const char *table,
                    unsigned months, struct err *err)
{
    uint32_t first = shelf_first(shelf, table), last = shelf_last(shelf, table);
    char a[PERIOD_TEXT], b[PERIOD_TEXT];
    if (last == 0 && !table) {
        return err_set(err, ERR_NOT_FOUND, "table",
                       "nothing has been released yet: 'hearth hub fetch' opens what has closed");
    }
    if (last == 0) {
        return err_set(err, ERR_NOT_FOUND, "table", "nothing of %s has been released yet", table);
    }
    uint32_t to = wanted->to ? wanted->to : last;
    uint32_t from = wanted->from ? wanted->from : period_before(to, months - 1);
    if (from > to) {
        return err_set(err, ERR_INVALID, "period", "%s is after %s", period_text(from, a),
                       period_text(to, b));
    }
    if (!has_any(shelf, table, from, to)) {
        return err_set(err, ERR_NOT_FOUND, "period",
                       "nothing was released of that time; there are periods from %s to %s",
                       period_text(first, a), period_text(last, b));
    }
    wanted->from = from;
    wanted->to = to;
    return true;
}

const struct release *wanted_last(const struct shelf *shelf, const struct wanted *wanted,
                                  const char *table)
{
    for (size_t i = shelf->count; i > 0; i--) {
        const struct release *release = &shelf->releases[i - 1];
        if (release->period >= wanted->from && release->period <= wanted->to &&
            is_of(release, table)) {
            return release;
        }
    }
    return NULL;
}

size_t release_row_find(const struct release *release, const char *code)
{
    size_t row = 0;
    while (row < release->row_count && strcmp(release->codes[row], code) != 0) row++;
    return row;
}

static bool is_named(const struct release *release, size_t row, const char *text)
{
    return strcasecmp(release->codes[row], text) == 0 || strcasecmp(release->names[row], text) == 0;
}

/* The code of the area that is called so in any release, or NULL. */
static const char *code_of(const struct shelf *shelf, const char *text)
{
    for (size_t i = shelf->count; i > 0; i--) {
        const struct release *release = &shelf->releases[i - 1];
        for (size_t row = 0; row < release->row_count; row++) {
            if (is_named(release, row, text)) return release->codes[row];
        }
    }
    return NULL;
}

static bool mark(const struct shelf *shelf, const struct release *release, const char *text,
                 bool *marks, struct err *err)
{
    const char *code = code_of(shelf, text);
    bool found = false;
    for (size_t row = 0; code && row < release->row_count; row++) {
        if (strcmp(release->codes[row], code) != 0 &&
            strcmp(release->region_codes[row], code) != 0) {
            continue;
        }
        marks[row] = found = true;
    }
    if (found) return true;
    if (!code) {
        return err_set(err, ERR_NOT_FOUND, "area",
                       "\"%s\" is neither a code nor a name of an area in any table", text);
    }
    return err_set(err, ERR_NOT_FOUND, "area", "%s goes by %s: \"%s\" is none",
                   release->table->name, release->table->by_authority ? "authority" : "region",
                   text);
}

bool wanted_rows(const struct wanted *wanted, const struct shelf *shelf,
                 const struct release *release, bool *marks, struct err *err)
{
    for (size_t row = 0; row < release->row_count; row++) marks[row] = wanted->area_count == 0;
    for (size_t i = 0; i < wanted->area_count; i++) {
        if (!mark(shelf, release, wanted->areas[i], marks, err)) return false;
    }
    return true;
}

const char *period_words(uint32_t period, char out[PERIOD_WORDS])
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    REQUIRE(period_valid(period));
    (void)snprintf(out, PERIOD_WORDS, "%s %u", months[period % 100 - 1], period / 100);
    return out;
}
