/* SPDX-License-Identifier: Apache-2.0
 * How numbers went over the months; who contributed, and how much noise there is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/hub/page_parts.h"
#include "proto/base/mem.h"

/* ---- trend ---- */

enum { POINTS_MAX = 60, POINT_NAME = 8 };
static const char *const trend_tables[CHART_SERIES_MAX] = {"capacity_together", "demand_age",
                                                           "unmet_age"};
static const char *const trend_names[CHART_SERIES_MAX] = {"Free homes", "Sought", "Not found"};

struct trend {
    char names[POINTS_MAX][POINT_NAME]; /* "Oct 26" */
    uint32_t periods[POINTS_MAX];
    size_t count;
    struct chart_value values[CHART_SERIES_MAX * POINTS_MAX]; /* series by series */
};

static struct trend *trend_of(const struct page *page, const char *area)
{
    struct trend *trend = mem_new(struct trend);
    uint32_t from = page->wanted->from, latest = period_before(page->wanted->to, POINTS_MAX - 1);
    for (uint32_t p = from > latest ? from : latest; p <= page->wanted->to; p = period_next(p)) {
        char words[PERIOD_WORDS];
        (void)snprintf(trend->names[trend->count], POINT_NAME, "%.3s %02u", period_words(p, words),
                       p / 100 % 100);
        trend->periods[trend->count++] = p;
    }
    for (size_t i = 0; i < CHART_SERIES_MAX; i++) {
        for (size_t p = 0; p < trend->count; p++) {
            const struct release *release =
                shelf_find(page->shelf, trend_tables[i], trend->periods[p]);
            trend->values[i * trend->count + p] = page_value_of(release, area, RELEASE_TOTAL);
        }
    }
    return trend;
}

static void put_trend_table(struct page *page, const struct trend *trend)
{
    const char *headings[1 + CHART_SERIES_MAX] = {"Month", trend_names[0], trend_names[1],
                                                  trend_names[2]};
    page_table(page, "By month", headings, 1 + CHART_SERIES_MAX);
    for (size_t p = 0; p < trend->count; p++) {
        char words[PERIOD_WORDS];
        page_row(page, period_words(trend->periods[p], words));
        for (size_t i = 0; i < CHART_SERIES_MAX; i++) {
            page_value_cell(page, &trend->values[i * trend->count + p]);
        }
        page_row_end(page);
    }
    page_table_end(page);
}

static void put_trend(struct page *page, size_t row)
{
    struct trend *trend = trend_of(page, page->regions->codes[row]);
    const char *points[POINTS_MAX];
    for (size_t p = 0; p < trend->count; p++) points[p] = trend->names[p];
    const struct chart_lines chart = {
        .head = page_chart(page, page->regions->names[row],
                           "Lines over months: households with a free place, children sought for, "
                           "children for whom none was found. The table has the same numbers."),
        .series = {.names = {trend_names[0], trend_names[1], trend_names[2]},
                   .count = CHART_SERIES_MAX},
        .points = points,
        .point_count = trend->count,
        .values = trend->values};
    page_figure(page, page->regions->names[row]);
    chart_lines(&chart, page->out);
    page_figure_table(page);
    put_trend_table(page, trend);
    page_figure_end(page);
    free(trend);
}

void page_trend(struct page *page)
{
    page_section(page, "trend", "Month by month",
                 "Free homes are those of the day on which each agency counted; the others are of "
                 "the whole month. Noise is new in every month: a step of one month within its "
                 "range means nothing. An organisation that did not contribute is missing from its "
                 "month.");
    for (size_t row = 0; row < page->regions->row_count; row++) {
        if (page->places[row]) put_trend(page, row);
    }
    buf_text(page->out, "</section>\n");
}

/* ---- coverage and noise ---- */

void page_notes(struct page *page)
{
    static const char *const headings[] = {
        "Table", "Month", "Contributed", "Quorum", "Noise in one number", "Noise in England's"};
    page_section(page, "notes", "Coverage and noise",
                 "How many of those enrolled contributed, how many had to, and the standard "
                 "deviation of the noise: in two cases of three a number is less than that away "
                 "from the sum of what was counted. The noise in a table of fees is that in the "
                 "numbers behind means.");
    page_table(page, "Last releases", headings, sizeof headings / sizeof *headings);
    for (size_t i = 0; i < figures_table_count; i++) {
        const struct release *release =
            wanted_last(page->shelf, page->wanted, figures_tables[i].name);
        char period[PERIOD_WORDS];
        if (!release) continue;
        page_row(page, release->table->title);
        page_cell(page, period_words(release->period, period));
        buf_format(page->out, "<td>%zu of %zu</td><td>%u</td><td>%.1f</td>", release->contributions,
                   release->enrolled, release->quorum, release->deviation);
        if (release->table->measure == FIGURES_PRICES) {
            page_cell(page, "-");
        } else {
            buf_format(page->out, "<td>%.1f</td>",
                       release_at(release, release->row_count - 1, 0)->count.deviation);
        }
        page_row_end(page);
    }
    page_table_end(page);
    buf_text(page->out, "</section>\n");
}
