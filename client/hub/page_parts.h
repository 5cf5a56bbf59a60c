/* SPDX-License-Identifier: Apache-2.0
 * Inside client/hub: the sections of the page. Every text that comes from a file goes through
 * svg_text, which is fit for HTML too.
 */
#ifndef HEARTH_CLIENT_HUB_PAGE_PARTS_H
#define HEARTH_CLIENT_HUB_PAGE_PARTS_H

#include "client/hub/chart.h"
#include "client/hub/page.h"

struct page {
    const struct shelf *shelf;
    const struct wanted *wanted;
    struct buf *out;
    unsigned next_id; /* of charts */
    /* Regions and England as the page has them; all of them in order, England last. */
    const struct release *regions; /* a release by region: names and codes of its rows */
    bool marks[GEOGRAPHY_AUTHORITIES_MAX + 1];  /* rows that are listed */
    bool places[GEOGRAPHY_AUTHORITIES_MAX + 1]; /* rows that have charts of their own */
};

/* ---- page.c: parts ---- */
void page_text(struct page *page, const char *text); /* escaped */
/* <h2> with an id, and a note below it. */
void page_section(struct page *page, const char *id, const char *title, const char *note);
/* A chart with its table beside it: begin, the chart, middle, the table, end. */
void page_figure(struct page *page, const char *caption);
void page_figure_table(struct page *page);
void page_figure_end(struct page *page);
/* <table> with these headings; the first column is text, the others numbers. */
void page_table(struct page *page, const char *caption, const char *const *headings, size_t count);
void page_row(struct page *page, const char *name);
void page_cell(struct page *page, const char *text);
void page_row_end(struct page *page);
void page_table_end(struct page *page);
struct chart_head page_chart(struct page *page, const char *title, const char *description);
/* A value of a release as a chart and a cell have it; either may be NULL. `release` may be NULL,
 * row and column may lie outside: nothing was released. */
struct chart_value page_value(const struct release *release, size_t row, size_t column);
void page_value_cell(struct page *page, const struct chart_value *value);
/* The release of a table in the page's last month, or NULL. */
const struct release *page_last(const struct page *page, const char *table);
/* The value in the row of that area's code, in the column of that category's code. */
struct chart_value page_value_of(const struct release *release, const char *area,
                                 const char *category);

/* ---- the sections; each says so where nothing was released ---- */
MUST_CHECK bool page_gaps(struct page *page, struct err *err);
void page_areas(struct page *page);
void page_categories(struct page *page);
void page_prices(struct page *page);
void page_trend(struct page *page);
void page_authorities(struct page *page);
void page_notes(struct page *page);

#endif
