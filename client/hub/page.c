/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/page_parts.h"

#include "client/svg.h"

/* Of the normal distribution: nine values in ten lie within so many deviations. */
static const double quantile = 1.645;

static const char style[] =
    "body{font:16px/1.5 sans-serif;color:#111;background:#fff;margin:0 auto;max-width:72em;"
    "padding:0 1em 3em}h1{line-height:1.2}h2{border-top:2px solid #111;padding-top:.6em;"
    "margin-top:2em}h3{margin:1.5em 0 .3em}nav{margin-bottom:1em}"
    "nav a{margin-right:1em;white-space:nowrap}a{color:#1d3557}"
    ".note{background:#f2f2ee;border-left:4px solid #555;padding:.3em 1em}"
    ".figure{display:flex;flex-wrap:wrap;gap:1em 2em;align-items:flex-start;margin:1em 0 2em}"
    ".figure>div{flex:1 1 19em;min-width:0;overflow-x:auto}"
    ".figure>div+div{flex-basis:28em}"
    "svg{width:100%;max-width:30em;height:auto;font-family:sans-serif}"
    "svg text{paint-order:stroke;stroke:#fff;stroke-width:3px}"
    "table{border-collapse:collapse;font-size:.9em}caption{text-align:left;font-weight:bold;"
    "padding-bottom:.3em}th,td{padding:.15em .6em;border-bottom:1px solid #999;text-align:right;"
    "vertical-align:top}th{font-weight:600}tbody th,thead th:first-child{text-align:left}"
    "tbody th{font-weight:normal;min-width:8em}"
    "@media(min-width:40em){td{white-space:nowrap}}@media "
    "print{body{max-width:none;font-size:11pt}nav{display:none}.figure,tr"
    "{break-inside:avoid}h2,h3{break-after:avoid}a{color:inherit}}";

/* ---- parts ---- */

void page_text(struct page *page, const char *text)
{
    svg_text(page->out, text);
}

void page_section(struct page *page, const char *id, const char *title, const char *note)
{
    buf_format(page->out, "<section><h2 id=\"%s\">", id);
    page_text(page, title);
    buf_text(page->out, "</h2>\n<p>");
    page_text(page, note);
    buf_text(page->out, "</p>\n");
}

void page_figure(struct page *page, const char *caption)
{
    buf_text(page->out, "<h3>");
    page_text(page, caption);
    buf_text(page->out, "</h3>\n<div class=\"figure\"><div>\n");
}

void page_figure_table(struct page *page)
{
    buf_text(page->out, "</div><div>\n");
}

void page_figure_end(struct page *page)
{
    buf_text(page->out, "</div></div>\n");
}

void page_table(struct page *page, const char *caption, const char *const *headings, size_t count)
{
    buf_text(page->out, "<table><caption>");
    page_text(page, caption);
    buf_text(page->out, "</caption><thead><tr>");
    for (size_t i = 0; i < count; i++) {
        buf_text(page->out, "<th scope=\"col\">");
        page_text(page, headings[i]);
        buf_text(page->out, "</th>");
    }
    buf_text(page->out, "</tr></thead><tbody>\n");
}

void page_row(struct page *page, const char *name)
{
    buf_text(page->out, "<tr><th scope=\"row\">");
    page_text(page, name);
    buf_text(page->out, "</th>");
}

void page_cell(struct page *page, const char *text)
{
    buf_text(page->out, "<td>");
    page_text(page, text);
    buf_text(page->out, "</td>");
}

void page_row_end(struct page *page)
{
    buf_text(page->out, "</tr>\n");
}

void page_table_end(struct page *page)
{
    buf_text(page->out, "</tbody></table>\n");
}

struct chart_head page_chart(struct page *page, const char *title, const char *description)
{
    return (struct chart_head){page->next_id++, title, description};
}

struct chart_value page_value(const struct release *release, size_t row, size_t column)
{
    if (!release || row >= release->row_count || column >= release->column_count) {
        return (struct chart_value){.known = CHART_MISSING};
    }
    const struct release_value *value = &release_at(release, row, column)->count;
    if (value->shown != RELEASE_SHOWN) return (struct chart_value){.known = CHART_SUPPRESSED};
    return (struct chart_value){CHART_VALUE, (double)value->value, quantile * value->deviation};
}

const struct release *page_last(const struct page *page, const char *table)
{
    return shelf_find(page->shelf, table, page->wanted->to);
}

struct chart_value page_value_of(const struct release *release, const char *area,
                                 const char *category)
{
    if (!release) return (struct chart_value){.known = CHART_MISSING};
    return page_value(release, release_row_find(release, area),
                      release_column_find(release, category));
}

void page_value_cell(struct page *page, const struct chart_value *value)
{
    switch (value->known) {
    case CHART_VALUE: buf_format(page->out, "<td>%.0f</td>", value->value); break;
    case CHART_SUPPRESSED: buf_text(page->out, "<td>c</td>"); break;
    default: buf_text(page->out, "<td>-</td>"); break;
    }
}

/* ---- the frame ---- */

static void put_head(struct page *page)
{
    char from[PERIOD_WORDS], to[PERIOD_WORDS];
    const char *hub = page->shelf->releases[0].hub;
    buf_text(page->out,
             "<!DOCTYPE html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'\">\n<title>Foster homes: free, sought and not found: ");
    page_text(page, hub);
    buf_format(page->out,
               "</title>\n<style>%s</style></head><body>\n<h1>Foster homes: free, "
               "sought and not found</h1>\n<p>Hub ",
               style);
    page_text(page, hub);
    buf_format(page->out, ", %s to %s.</p>\n", period_words(page->wanted->from, from),
               period_words(page->wanted->to, to));
    buf_text(page->out,
             "<nav><a href=\"#gaps\">Gaps</a> <a href=\"#areas\">By area</a> <a "
             "href=\"#kinds\">By age, type and need</a> <a href=\"#prices\">Prices</a> <a "
             "href=\"#trend\">Trend</a> <a href=\"#authorities\">Authorities</a> <a "
             "href=\"#notes\">Coverage and noise</a></nav>\n");
    buf_text(page->out,
             "<div class=\"note\"><p><strong>How to read this.</strong> Agencies counted "
             "households, authorities counted children. Each added some random noise to every "
             "number before it left the building, and only sums over all of them were ever "
             "opened. So no household and no child can be made out, and every number is somewhat "
             "wrong. In charts a thin line with two ends shows the range in which the number "
             "without noise lies, nine times in ten. Where two such ranges overlap much, do not "
             "make anything of the difference.</p>"
             "<p><strong>c</strong> means not shown: the number is below 6, or it would give away "
             "another one that is. Numbers are rounded to 5 and totals to 10, so they do not add "
             "up exactly.</p></div>\n");
}

/* The rows of any release by region; false where an area is none. */
static bool find_regions(struct page *page, struct err *err)
{
    for (size_t i = page->shelf->count; i > 0; i--) {
        const struct release *release = &page->shelf->releases[i - 1];
        if (release->period > page->wanted->to || release->table->by_authority) continue;
        page->regions = release;
        break;
    }
    if (!page->regions) {
        return err_set(err, ERR_NOT_FOUND, "table", "no table by region has been released yet");
    }
    size_t count = page->regions->row_count;
    if (!wanted_rows(page->wanted, page->shelf, page->regions, page->marks, err)) return false;
    for (size_t row = 0; row < count; row++) {
        page->places[row] = page->wanted->area_count > 0 ? page->marks[row] : row + 1 == count;
    }
    return true;
}

bool page_make(const struct shelf *shelf, const struct wanted *wanted, struct buf *out,
               struct err *err)
{
    struct buf text = {0};
    struct page page = {.shelf = shelf, .wanted = wanted, .out = &text, .next_id = 1};
    bool ok = shelf->count > 0;
    if (!ok) (void)err_set(err, ERR_NOT_FOUND, "table", "nothing has been released yet");
    ok = ok && find_regions(&page, err);
    if (ok) {
        put_head(&page);
        ok = page_gaps(&page, err);
    }
    if (ok) {
        page_areas(&page);
        page_categories(&page);
        page_prices(&page);
        page_trend(&page);
        page_authorities(&page);
        page_notes(&page);
        buf_text(&text, "</body></html>\n");
        buf_append(out, text.data, text.len);
    }
    buf_free(&text);
    return ok;
}
