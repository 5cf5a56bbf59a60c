/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/csv_cell.h"

/* ---- rows ---- */

static bool is_wanted(const struct release *release, const char *table, const struct wanted *wanted)
{
    return (!table || strcmp(release->table->name, table) == 0) &&
           release->period >= wanted->from && release->period <= wanted->to;
}

bool show_each_row(const struct shelf *shelf, const char *table, const struct wanted *wanted,
                   show_row_fn each, void *ctx, struct err *err)
{
    bool any = false;
    struct err first = {0};
    for (size_t i = 0; i < shelf->count; i++) {
        const struct release *release = &shelf->releases[i];
        bool marks[GEOGRAPHY_AUTHORITIES_MAX + 1];
        if (!is_wanted(release, table, wanted)) continue;
        if (!wanted_rows(wanted, shelf, release, marks, err)) {
            if (table) return false;
            first = *err;
            continue;
        }
        for (size_t row = 0; row < release->row_count; row++) {
            if (!marks[row]) continue;
            each(release, row, ctx);
            any = true;
        }
    }
    if (any) return true;
    REQUIRE(first.code != ERR_NONE); /* wanted_periods has found something */
    *err = first;
    return false;
}

const char *show_value(const struct release_value *value, char out[SHOW_VALUE])
{
    if (value->shown != RELEASE_SHOWN) return SHOW_SUPPRESSED;
    (void)snprintf(out, SHOW_VALUE, "%" PRId64, value->value);
    return out;
}

/* ---- CSV ---- */

static void csv_line(const struct release *release, size_t row, const char *category,
                     const struct release_value *value, struct buf *out)
{
    char period[PERIOD_TEXT], text[SHOW_VALUE];
    csv_cell(out, release->table->name);
    buf_format(out, ",%s,", period_text(release->period, period));
    csv_cell(out, release->codes[row]);
    buf_format(out, ",%s,%s\n", category, show_value(value, text));
}

static void csv_row(const struct release *release, size_t row, void *ctx)
{
    for (size_t column = 0; column < release->column_count; column++) {
        const struct release_cell *cell = release_at(release, row, column);
        const char *code = release_column_code(release, column);
        char category[2 * FIGURES_NAME_MAX];
        if (release->table->measure != FIGURES_PRICES) {
            csv_line(release, row, code, &cell->count, ctx);
            continue;
        }
        (void)snprintf(category, sizeof category, "%s:mean", code);
        csv_line(release, row, category, &cell->count, ctx);
        (void)snprintf(category, sizeof category, "%s:spread", code);
        csv_line(release, row, category, &cell->spread, ctx);
    }
}

bool show_csv(const struct shelf *shelf, const char *table, const struct wanted *wanted,
              struct buf *out, struct err *err)
{
    struct buf rows = {0};
    bool ok = show_each_row(shelf, table, wanted, csv_row, &rows, err);
    if (ok) {
        buf_text(out, "table,period,area,category,value\n");
        buf_append(out, rows.data, rows.len);
    }
    buf_free(&rows);
    return ok;
}
