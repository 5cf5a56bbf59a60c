/* SPDX-License-Identifier: Apache-2.0
 * Charts as SVG inside a page: readable without colour (patterns, shapes, labels where things are),
 * with title and description for those who do not see them. All texts are escaped here.
 */
#ifndef HEARTH_CLIENT_HUB_CHART_H
#define HEARTH_CLIENT_HUB_CHART_H

#include "proto/base/buf.h"

enum { CHART_SERIES_MAX = 3 };

struct chart_head {
    unsigned id; /* unlike that of any other chart of the page */
    const char *title;
    const char *description;
};

enum chart_known { CHART_VALUE, CHART_SUPPRESSED, CHART_MISSING };
struct chart_value {
    enum chart_known known;
    double value, margin; /* the truth lies within so much to either side, nine times in ten */
};
struct chart_series {
    const char *names[CHART_SERIES_MAX]; /* short: "free homes" */
    size_t count;                        /* 1..CHART_SERIES_MAX */
};

/* Horizontal bars: for each group one a series. values: group by group. */
struct chart_bars {
    struct chart_head head;
    struct chart_series series;
    const char *const *groups;
    size_t group_count;
    const struct chart_value *values;
};
void chart_bars(const struct chart_bars *chart, struct buf *out);

/* Lines over time. points: names of the points in time; values: series by series. */
struct chart_lines {
    struct chart_head head;
    struct chart_series series;
    const char *const *points; /* short: "Oct 26" */
    size_t point_count;
    const struct chart_value *values;
};
void chart_lines(const struct chart_lines *chart, struct buf *out);

/* A range for each group, with a mark inside and words beside it. */
struct chart_range {
    const char *group, *words;
    enum chart_known known;
    double low, middle, high;
};
struct chart_ranges {
    struct chart_head head;
    const struct chart_range *ranges;
    size_t count;
    bool from_zero; /* the scale begins at 0, else at the lowest */
};
void chart_ranges(const struct chart_ranges *chart, struct buf *out);

#endif
