/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>

#include "client/hub/chart_parts.h"

enum { BAR = 13, BAR_STEP = 16, GROUP_GAP = 8, NUMBER_WIDTH = 52, LEFT = 2 };

struct scale {
    double most;
};

static double along(const struct scale *scale, double value)
{
    double room = CHART_WIDTH - LEFT - NUMBER_WIDTH;
    return LEFT + room * fmin(fmax(value, 0), scale->most) / scale->most;
}

static struct scale scale_of(const struct chart_bars *chart)
{
    struct scale scale = {1};
    for (size_t i = 0; i < chart->group_count * chart->series.count; i++) {
        const struct chart_value *value = &chart->values[i];
        if (value->known == CHART_VALUE)
            scale.most = fmax(scale.most, value->value + value->margin);
    }
    return scale;
}

/* A sample of each bar with its name, in one line. */
static void put_key(const struct chart_bars *chart, struct buf *out)
{
    double x = LEFT;
    for (size_t i = 0; i < chart->series.count; i++) {
        chart_bar(out, &chart->head, i, x, 3, 22, BAR);
        chart_text(out, x + 28, 14, "start", chart->series.names[i]);
        x += (double)CHART_WIDTH / (double)chart->series.count;
    }
}

static void put_value(const struct chart_bars *chart, const struct scale *scale, size_t series,
                      const struct chart_value *value, double y, struct buf *out)
{
    char text[32];
    double middle = y + (double)BAR / 2;
    if (value->known != CHART_VALUE) {
        chart_text(out, LEFT + 4, y + 11, "start",
                   value->known == CHART_SUPPRESSED ? "c" : "not released");
        return;
    }
    double high = along(scale, value->value + value->margin);
    chart_bar(out, &chart->head, series, LEFT, y, along(scale, value->value) - LEFT, BAR);
    chart_whisker(out, along(scale, value->value - value->margin), high, middle);
    (void)snprintf(text, sizeof text, "%.0f", value->value);
    chart_text(out, high + 5, y + 11, "start", text);
}

void chart_bars(const struct chart_bars *chart, struct buf *out)
{
    REQUIRE(chart->series.count <= CHART_SERIES_MAX);
    struct scale scale = scale_of(chart);
    int group = CHART_LINE + (int)chart->series.count * BAR_STEP + GROUP_GAP;
    double top = CHART_LINE + GROUP_GAP;
    chart_open(&chart->head, CHART_LINE + GROUP_GAP + (int)chart->group_count * group,
               chart->series.count, out);
    put_key(chart, out);
    for (size_t i = 0; i < chart->group_count; i++) {
        double y = top + (double)i * group;
        chart_text(out, LEFT + 4, y + 12, "start", chart->groups[i]);
        for (size_t j = 0; j < chart->series.count; j++) {
            put_value(chart, &scale, j, &chart->values[i * chart->series.count + j],
                      y + CHART_LINE + (double)j * BAR_STEP, out);
        }
    }
    buf_format(out, "<path d=\"M%d %.0fV%.0f\" stroke=\"#111\"/>\n", LEFT, top,
               top + (double)chart->group_count * group - GROUP_GAP);
    chart_close(out);
}
