/* SPDX-License-Identifier: Apache-2.0
 * The page's first section: where searches fail most.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/hub/gaps.h"
#include "client/hub/page_parts.h"
#include "client/hub/show.h"
#include "proto/base/mem.h"

enum { LISTED_MAX = 15 };

/* The first of a kind, as far as anything is certain; England's always. Returns how many. */
static size_t pick(const struct gaps *gaps, enum gap_by by, bool england, const struct gap **out)
{
    size_t count = 0;
    for (size_t i = 0; i < gaps->count && count < LISTED_MAX; i++) {
        const struct gap *gap = &gaps->gaps[i];
        if (gap->by != by || gap->england != england) continue;
        if (gap->verdict == GAP_UNCERTAIN && !england) continue;
        out[count++] = gap;
    }
    return count;
}

static void put_chart(struct page *page, const char *title, const struct gap *const *gaps,
                      size_t count)
{
    char names[LISTED_MAX][2 * GEOGRAPHY_NAME_MAX], words[LISTED_MAX][GAP_WORDS];
    struct chart_range ranges[LISTED_MAX];
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(names[i], sizeof names[i], "%s: %s", gaps[i]->name, gaps[i]->label);
        ranges[i] = (struct chart_range){.group = names[i],
                                         .words = gap_words(gaps[i], words[i]),
                                         .known = CHART_VALUE,
                                         .low = gaps[i]->unmet.low,
                                         .middle = gaps[i]->unmet.middle,
                                         .high = gaps[i]->unmet.high};
    }
    const struct chart_ranges chart = {
        .head = page_chart(page, title,
                           "Children for whom no foster home was found: for each, a line from the "
                           "lowest to the highest number that the noise leaves likely, with a mark "
                           "at the middle. The table has the same numbers."),
        .ranges = ranges,
        .count = count,
        .from_zero = true};
    chart_ranges(&chart, page->out);
}

static void put_estimate(struct page *page, const struct estimate *e)
{
    buf_format(page->out, "<td>%.0f to %.0f</td>", floor(e->low), ceil(e->high));
}

static void put_table(struct page *page, const char *caption, const struct gap *const *gaps,
                      size_t count)
{
    static const char *const headings[] = {"Where and for whom", "Not found", "Sought",
                                           "Share not found", "Free homes"};
    page_table(page, caption, headings, sizeof headings / sizeof *headings);
    for (size_t i = 0; i < count; i++) {
        char name[2 * GEOGRAPHY_NAME_MAX], capacity[SHOW_VALUE];
        (void)snprintf(name, sizeof name, "%s: %s", gaps[i]->name, gaps[i]->label);
        page_row(page, name);
        put_estimate(page, &gaps[i]->unmet);
        put_estimate(page, &gaps[i]->demand);
        buf_format(page->out, "<td>%.0f to %.0f%%</td>", floor(100 * gaps[i]->share.low),
                   100 * gaps[i]->share.high);
        page_cell(page, gaps[i]->has_capacity ? show_value(&gaps[i]->capacity, capacity) : "-");
        page_row_end(page);
    }
    page_table_end(page);
}

static void put_kind(struct page *page, const struct gaps *gaps, enum gap_by by, bool england,
                     const char *title)
{
    const struct gap *picked[LISTED_MAX];
    size_t count = pick(gaps, by, england, picked);
    if (count == 0) {
        if (england) return;
        buf_text(page->out, "<h3>");
        page_text(page, title);
        buf_text(page->out, "</h3>\n<p>Nothing that is certain enough to say: the noise is larger "
                            "than what there may be. More months together are more certain.</p>\n");
        return;
    }
    page_figure(page, title);
    put_chart(page, title, picked, count);
    page_figure_table(page);
    put_table(page, "Likely range, children", picked, count);
    page_figure_end(page);
}

bool page_gaps(struct page *page, struct err *err)
{
    struct gaps gaps;
    page_section(page, "gaps", "Gaps: where searches fail most",
                 "Children for whom no foster home was found, all months together. Areas stand in "
                 "the order of what is certain, so that noise alone puts nothing on top. \"At "
                 "least\" holds in nineteen cases of twenty. Free homes: households with a free "
                 "place that offer it, in the last month; one household counts for several.");
    if (gaps_find(page->shelf, page->wanted, &gaps, err)) {
        put_kind(page, &gaps, GAP_BY_NEED, false, "By area and main need");
        put_kind(page, &gaps, GAP_BY_NEED, true, "England, by main need");
        put_kind(page, &gaps, GAP_BY_AGE, false, "By area and age band");
        put_kind(page, &gaps, GAP_BY_AGE, true, "England, by age band");
        gaps_free(&gaps);
    } else if (err->code == ERR_NOT_FOUND) {
        buf_text(page->out, "<p>Nothing has been released of that.</p>\n");
    } else {
        return false;
    }
    buf_text(page->out, "</section>\n");
    return true;
}
