/* SPDX-License-Identifier: Apache-2.0
 * Capacity against demand: by area, and by age band, placement type and need.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/hub/page_parts.h"
#include "proto/base/mem.h"

/* What is compared: tables with the columns in which they count. */
struct comparison {
    const char *title;
    const char *tables[CHART_SERIES_MAX]; /* NULL: there is none */
    size_t count;
};
static const char *const series_names[CHART_SERIES_MAX] = {"Free homes", "Sought", "Not found"};

static struct chart_series series_of(size_t count)
{
    struct chart_series series = {.count = count};
    for (size_t i = 0; i < count; i++) series.names[i] = series_names[i];
    return series;
}

/* A chart of so many groups with the table beside it. below: rows of the table only. */
static void put_figure(struct page *page, const char *title, const char *first,
                       const char *const *groups, size_t count, size_t below,
                       const struct chart_value *values, size_t series)
{
    const char *headings[1 + CHART_SERIES_MAX] = {first};
    for (size_t i = 0; i < series; i++) headings[i + 1] = series_names[i];
    const struct chart_bars chart = {
        .head = page_chart(page, title,
                           "Bars beside one another: households with a free place, children "
                           "sought for, and children for whom none was found where that is known. "
                           "The table has the same numbers."),
        .series = series_of(series),
        .groups = groups,
        .group_count = count,
        .values = values};
    page_figure(page, title);
    chart_bars(&chart, page->out);
    page_figure_table(page);
    page_table(page, title, headings, series + 1);
    for (size_t i = 0; i < count + below; i++) {
        page_row(page, groups[i]);
        for (size_t j = 0; j < series; j++) page_value_cell(page, &values[i * series + j]);
        page_row_end(page);
    }
    page_table_end(page);
    page_figure_end(page);
}

/* ---- by area ---- */

void page_areas(struct page *page)
{
    static const char *const tables[CHART_SERIES_MAX] = {"capacity_together", "demand_age",
                                                         "unmet_age"};
    const struct release *regions = page->regions;
    const char **groups = mem_array(regions->row_count, sizeof *groups);
    struct chart_value *values = mem_array(regions->row_count * CHART_SERIES_MAX, sizeof *values);
    char title[64], period[PERIOD_WORDS];
    size_t count = 0, england = 0;
    for (size_t row = 0; row < regions->row_count; row++) {
        if (!page->marks[row]) continue;
        for (size_t i = 0; i < CHART_SERIES_MAX; i++) {
            values[count * CHART_SERIES_MAX + i] =
                page_value_of(page_last(page, tables[i]), regions->codes[row], RELEASE_TOTAL);
        }
        groups[count++] = regions->names[row];
        england = row + 1 == regions->row_count;
    }
    /* England beside its regions would leave no room for them: it is in the table only. */
    if (count == 1) england = 0;
    page_section(
        page, "areas", "Free homes and children, by area",
        "Free homes: households with at least one free place, where the household lives. "
        "Sought: children of the area's authorities for whom a search began in that month. "
        "Not found: children whose search ended in that month without a foster home.");
    (void)snprintf(title, sizeof title, "By area, %s", period_words(page->wanted->to, period));
    put_figure(page, title, "Area", groups, count - england, england, values, CHART_SERIES_MAX);
    buf_text(page->out, "</section>\n");
    free(groups);
    free(values);
}

/* ---- by category ---- */

/* The table whose categories are listed: children have more than households offer. */
static const struct figures_table *widest(const struct comparison *comparison)
{
    const struct figures_table *best = NULL;
    for (size_t i = 0; i < comparison->count; i++) {
        const struct figures_table *table = figures_table_find(comparison->tables[i]);
        if (table && (!best || table->category_count > best->category_count)) best = table;
    }
    REQUIRE(best != NULL);
    return best;
}

static void put_comparison(struct page *page, const struct comparison *comparison, size_t row)
{
    const struct figures_table *table = widest(comparison);
    const char *groups[FIGURES_CATEGORIES_MAX];
    struct chart_value values[FIGURES_CATEGORIES_MAX * CHART_SERIES_MAX];
    char title[160], period[PERIOD_WORDS];
    for (size_t i = 0; i < table->category_count; i++) {
        groups[i] = table->categories[i].label;
        for (size_t j = 0; j < comparison->count; j++) {
            values[i * comparison->count + j] =
                page_value_of(page_last(page, comparison->tables[j]), page->regions->codes[row],
                              table->categories[i].code);
        }
    }
    (void)snprintf(title, sizeof title, "%s, %s, %s", page->regions->names[row], comparison->title,
                   period_words(page->wanted->to, period));
    put_figure(page, title, "Category", groups, table->category_count, 0, values,
               comparison->count);
}

void page_categories(struct page *page)
{
    static const struct comparison comparisons[] = {
        {"by age band", {"capacity_age", "demand_age", "unmet_age"}, 3},
        {"by placement type", {"capacity_type", "demand_type"}, 2},
        {"by need", {"capacity_need", "demand_need", "unmet_need"}, 3},
    };
    page_section(page, "kinds", "Free homes and children, by age band, placement type and need",
                 "A household counts in every age band that it takes, and in up to three placement "
                 "types and needs that it offers; a child counts once, by its main need. So a free "
                 "home may stand beside several kinds of children, and can take one of them.");
    for (size_t row = 0; row < page->regions->row_count; row++) {
        if (!page->places[row]) continue;
        for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
            put_comparison(page, &comparisons[i], row);
        }
    }
    buf_text(page->out, "</section>\n");
}

/* ---- by authority ---- */

static void put_authorities(struct page *page, const struct release *rows,
                            const struct release *const *tables, const bool *marks)
{
    static const char *const headings[] = {"Authority", "Free homes", "Sought"};
    for (size_t region = 0; region < page->regions->row_count; region++) {
        bool begun = false;
        for (size_t row = 0; row < rows->row_count; row++) {
            if (!marks[row] || strcmp(rows->region_codes[row], page->regions->codes[region]) != 0) {
                continue;
            }
            if (!begun) page_table(page, page->regions->names[region], headings, 3);
            begun = true;
            page_row(page, rows->names[row]);
            for (size_t i = 0; i < 2; i++) {
                struct chart_value value = page_value_of(tables[i], rows->codes[row], "all");
                page_value_cell(page, &value);
            }
            page_row_end(page);
        }
        if (begun) page_table_end(page);
    }
}

void page_authorities(struct page *page)
{
    const struct release *const tables[] = {page_last(page, "capacity_la"),
                                            page_last(page, "demand_la")};
    const struct release *rows = tables[0] ? tables[0] : tables[1];
    bool marks[GEOGRAPHY_AUTHORITIES_MAX + 1];
    struct err err = {0};
    page_section(page, "authorities", "Authorities",
                 "Households with a free place, by where they live, and children sought for, by "
                 "authority: the last month. A single authority has few of either, so most of what "
                 "differs between two of them here is noise.");
    if (rows && wanted_rows(page->wanted, page->shelf, rows, marks, &err)) {
        buf_text(page->out, "<div class=\"figure\">\n");
        put_authorities(page, rows, tables, marks);
        buf_text(page->out, "</div>\n");
    } else {
        buf_text(page->out, "<p>Nothing has been released of that.</p>\n");
    }
    buf_text(page->out, "</section>\n");
}
