/* SPDX-License-Identifier: Apache-2.0
 * Tables on screen, each with what its numbers mean.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "client/hub/show.h"

enum { NAME_COLUMNS = 28, COLUMN_MIN = 9 };

struct writing {
    struct buf *out;
    const struct release *release; /* the last one */
};

/* Columns of a terminal that UTF-8 text takes, as far as one character is one column. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++) width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void put_name(struct buf *out, const char *name)
{
    int width = width_of(name);
    buf_format(out, "%s%*s", name, width < NAME_COLUMNS ? NAME_COLUMNS - width : 0, "");
}

/* Right-aligned under the code of its column. */
static void put_cell(struct buf *out, const struct release *release, size_t column,
                     const char *text)
{
    int width = (int)strlen(release_column_code(release, column));
    buf_format(out, "  %*s", width < COLUMN_MIN ? COLUMN_MIN : width, text);
}

static void put_head(const struct release *release, struct buf *out)
{
    char period[PERIOD_WORDS];
    buf_format(out, "%s, %s (%s)\n\n", release->table->title, period_words(release->period, period),
               release->table->name);
    put_name(out, release->table->by_authority ? "Authority" : "Region");
    for (size_t i = 0; i < release->column_count; i++) {
        put_cell(out, release, i, release_column_code(release, i));
    }
    buf_u8(out, '\n');
}

/* ---- notes ---- */

static void put_categories(const struct release *release, struct buf *out)
{
    for (size_t i = 0; i < release->table->category_count; i++) {
        const char *code = release_column_code(release, i);
        const char *label = release_column_label(release, i);
        if (strcasecmp(code, label) != 0) buf_format(out, "  %-16s %s\n", code, label);
    }
}

static void put_noise_of_counts(const struct release *release, struct buf *out)
{
    size_t last_row = release->row_count - 1, last_column = release->column_count - 1;
    buf_format(out,
               "Noise has been added, so that no household or child shows: its standard deviation "
               "is %.0f in each\nnumber, %.0f in those of England%s. Two numbers must differ by "
               "about %.0f before that means anything.\n",
               release->deviation, release_at(release, last_row, 0)->count.deviation,
               last_column == 0 ? "" : " (more in totals)", ceil(3 * release->deviation));
    buf_format(out,
               "c: not shown, since it is below %d or would give away another one that is. Numbers "
               "are rounded to %d,\ntotals to %d from what is not rounded: they do not add up "
               "exactly.\n",
               RELEASE_SHOWN_FROM, RELEASE_ROUND, RELEASE_ROUND_TOTAL);
}

static void put_noise_of_prices(const struct release *release, struct buf *out)
{
    double most = 0;
    for (size_t i = 0; i < release->row_count * release->column_count; i++) {
        most = fmax(most, release->cells[i].count.deviation);
    }
    buf_text(out, "Pounds a week: mean, and after the stroke how far fees spread around it "
                  "(standard deviation).\n");
    if (most > 0) {
        buf_format(out,
                   "Noise has been added to the numbers behind them: it moves a mean by up to "
                   "%.0f pounds (one\nstandard deviation; --json tells it for each).\n",
                   most);
    }
    buf_text(out, "c: not shown, since too few placements or authorities may stand behind it.\n");
}

static void put_notes(const struct release *release, struct buf *out)
{
    buf_u8(out, '\n');
    put_categories(release, out);
    if (release->table->measure == FIGURES_PRICES) {
        put_noise_of_prices(release, out);
    } else {
        put_noise_of_counts(release, out);
    }
    if (release->table->cells_each > 1) {
        buf_format(out,
                   "One household counts in up to %u columns: they do not add up to a total.\n",
                   release->table->cells_each);
    }
    buf_format(out, "%zu of %zu enrolled %s contributed; what the others have is missing here.\n",
               release->contributions, release->enrolled,
               release->table->side == FIGURES_CAPACITY ? "agencies" : "authorities");
}

/* ---- rows ---- */

static void finish(struct writing *writing)
{
    if (writing->release) put_notes(writing->release, writing->out);
}

static void put_row(const struct release *release, size_t row, void *ctx)
{
    struct writing *writing = ctx;
    if (writing->release != release) {
        finish(writing);
        if (writing->release) buf_u8(writing->out, '\n');
        writing->release = release;
        put_head(release, writing->out);
    }
    put_name(writing->out, release->names[row]);
    for (size_t i = 0; i < release->column_count; i++) {
        const struct release_cell *cell = release_at(release, row, i);
        char mean[SHOW_VALUE], spread[SHOW_VALUE], both[2 * SHOW_VALUE];
        const char *text = show_value(&cell->count, mean);
        if (cell->spread.shown == RELEASE_SHOWN) {
            (void)snprintf(both, sizeof both, "%s/%s", text, show_value(&cell->spread, spread));
            text = both;
        }
        put_cell(writing->out, release, i, text);
    }
    buf_u8(writing->out, '\n');
}

bool show_text(const struct shelf *shelf, const char *table, const struct wanted *wanted,
               struct buf *out, struct err *err)
{
    struct buf text = {0};
    struct writing writing = {.out = &text};
    bool ok = show_each_row(shelf, table, wanted, put_row, &writing, err);
    if (ok) {
        finish(&writing);
        buf_append(out, text.data, text.len);
    }
    buf_free(&text);
    return ok;
}

/* ---- the list ---- */

void show_list(const struct shelf *shelf, struct buf *out)
{
    if (shelf->count == 0) {
        buf_text(out, "Nothing has been released yet: 'hearth hub fetch' opens what has closed.\n");
        return;
    }
    buf_format(out, "%-20s  %-7s  %-7s  %7s  %-13s  %9s  %s\n", "Table", "From", "To", "Periods",
               "Contributed", "Deviation", "What");
    for (size_t t = 0; t < figures_table_count; t++) {
        const struct figures_table *table = &figures_tables[t];
        uint32_t first = shelf_first(shelf, table->name), last = shelf_last(shelf, table->name);
        if (last == 0) continue;
        const struct release *release = shelf_find(shelf, table->name, last);
        char from[PERIOD_TEXT], to[PERIOD_TEXT], contributed[48];
        size_t periods = 0;
        for (size_t i = 0; i < shelf->count; i++) periods += shelf->releases[i].table == table;
        (void)snprintf(contributed, sizeof contributed, "%zu of %zu", release->contributions,
                       release->enrolled);
        buf_format(out, "%-20s  %-7s  %-7s  %7zu  %-13s  %9.1f  %s\n", table->name,
                   period_text(first, from), period_text(last, to), periods, contributed,
                   release->deviation, table->title);
    }
    buf_text(out, "Contributed and deviation (of the noise in one number) are those of the last "
                  "period.\n");
}
