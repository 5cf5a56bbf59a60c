/* SPDX-License-Identifier: Apache-2.0
 * Agreed weekly fees.
 */
#include <stdio.h>

#include "client/hub/page_parts.h"
#include "client/hub/show.h"

static void price_words(const struct release_cell *cell, char *out, size_t cap)
{
    if (cell->count.shown != RELEASE_SHOWN) {
        (void)snprintf(out, cap, "c");
        return;
    }
    (void)snprintf(out, cap, "\xc2\xa3%lld, spread \xc2\xa3%lld", (long long)cell->count.value,
                   (long long)cell->spread.value);
}

static void put_price_chart(struct page *page, const char *title, const struct release *release,
                            size_t row)
{
    struct chart_range ranges[FIGURES_CATEGORIES_MAX + 1];
    char words[FIGURES_CATEGORIES_MAX + 1][64];
    size_t count = 0;
    for (size_t i = 0; i < release->column_count; i++) {
        const struct release_cell *cell = release_at(release, row, i);
        double mean = (double)cell->count.value, spread = (double)cell->spread.value;
        price_words(cell, words[i], sizeof words[i]);
        bool shown = cell->count.shown == RELEASE_SHOWN;
        ranges[count++] = (struct chart_range){.group = release_column_label(release, i),
                                               .words = words[i],
                                               .known = shown ? CHART_VALUE : CHART_SUPPRESSED,
                                               .low = mean - spread,
                                               .middle = mean,
                                               .high = mean + spread};
    }
    const struct chart_ranges chart = {
        .head = page_chart(page, title,
                           "Pounds a week: for each, a mark at the mean and a line as far as most "
                           "fees spread around it. The table has the same numbers."),
        .ranges = ranges,
        .count = count};
    chart_ranges(&chart, page->out);
}

static void put_price_table(struct page *page, const struct release *release, size_t row)
{
    static const char *const headings[] = {"Category", "Mean", "Spread", "Noise in the mean"};
    page_table(page, "Pounds a week", headings, sizeof headings / sizeof *headings);
    for (size_t i = 0; i < release->column_count; i++) {
        const struct release_cell *cell = release_at(release, row, i);
        char text[SHOW_VALUE];
        page_row(page, release_column_label(release, i));
        page_cell(page, show_value(&cell->count, text));
        page_cell(page, show_value(&cell->spread, text));
        if (cell->count.shown == RELEASE_SHOWN) {
            buf_format(page->out, "<td>&#177;%.0f</td>", cell->count.deviation);
        } else {
            page_cell(page, "-");
        }
        page_row_end(page);
    }
    page_table_end(page);
}

static bool put_prices(struct page *page, const char *table, const char *by, size_t row)
{
    const struct release *release = wanted_last(page->shelf, page->wanted, table);
    size_t at = release ? release_row_find(release, page->regions->codes[row]) : 0;
    char title[160], period[PERIOD_WORDS];
    if (!release || at == release->row_count) return false;
    (void)snprintf(title, sizeof title, "%s, %s, %s", release->names[at], by,
                   period_words(release->period, period));
    page_figure(page, title);
    put_price_chart(page, title, release, at);
    page_figure_table(page);
    put_price_table(page, release, at);
    page_figure_end(page);
    return true;
}

void page_prices(struct page *page)
{
    static const char *const tables[][2] = {{"price_age", "by age band"},
                                            {"price_type", "by placement type"},
                                            {"price_notice", "by notice"}};
    bool any = false;
    page_section(page, "prices", "Agreed weekly fees",
                 "What authorities wrote down with an outcome. The mark is the mean, the line goes "
                 "as far as most fees spread around it (one standard deviation to either side). c: "
                 "not shown, since too few placements or authorities may stand behind it. Noise in "
                 "the mean: its standard deviation.");
    for (size_t row = 0; row < page->regions->row_count; row++) {
        for (size_t i = 0; page->places[row] && i < sizeof tables / sizeof *tables; i++) {
            if (put_prices(page, tables[i][0], tables[i][1], row)) any = true;
        }
    }
    if (!any) buf_text(page->out, "<p>Nothing has been released of that.</p>\n");
    buf_text(page->out, "</section>\n");
}
