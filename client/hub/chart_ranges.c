/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>

#include "client/hub/chart_parts.h"

enum { LEFT = 8, RIGHT = 12, GROUP = 54, AXIS = 30, GRID_LINES = 5 };

struct scale {
    double low, high, step;
    int steps;
};

static struct scale scale_of(const struct chart_ranges *chart)
{
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (size_t i = 0; i < chart->count; i++) {
        if (chart->ranges[i].known != CHART_VALUE) continue;
        low = fmin(low, chart->ranges[i].low);
        high = fmax(high, chart->ranges[i].high);
    }
    if (low > high) low = high = 0;
    if (chart->from_zero) low = 0;
    struct scale scale = {.step = chart_step(fmax(high - low, 1), GRID_LINES - 1)};
    scale.low = scale.step * floor(low / scale.step);
    scale.steps = (int)fmax(ceil((high - scale.low) / scale.step), 1);
    scale.high = scale.low + scale.step * scale.steps;
    return scale;
}

static double along(const struct scale *scale, double value)
{
    double room = CHART_WIDTH - LEFT - RIGHT;
    return LEFT + room * (value - scale->low) / (scale->high - scale->low);
}

static void put_axis(const struct scale *scale, double y, struct buf *out)
{
    char text[32];
    for (int i = 0; i <= scale->steps; i++) {
        const char *anchor = i == 0 ? "start" : i == scale->steps ? "end" : "middle";
        double value = scale->low + i * scale->step;
        buf_format(out, "<path d=\"M%.1f 0V%.1f\" stroke=\"#ccc\"/>\n", along(scale, value), y + 4);
        (void)snprintf(text, sizeof text, "%.0f", value);
        chart_text(out, along(scale, value), y + 18, anchor, text);
    }
}

static void put_range(const struct chart_range *range, const struct scale *scale, double y,
                      struct buf *out)
{
    chart_text(out, LEFT, y + 13, "start", range->group);
    chart_text(out, LEFT, y + 29, "start", range->words);
    if (range->known != CHART_VALUE) return;
    double x = along(scale, range->middle);
    chart_whisker(out, along(scale, range->low), along(scale, range->high), y + 40);
    buf_format(out, "<path d=\"M%.1f %.1fl5 5l-5 5l-5 -5z\" fill=\"#1d3557\"/>\n", x, y + 35);
}

void chart_ranges(const struct chart_ranges *chart, struct buf *out)
{
    struct scale scale = scale_of(chart);
    int axis = (int)chart->count * GROUP;
    chart_open(&chart->head, axis + AXIS, 1, out);
    put_axis(&scale, axis, out);
    for (size_t i = 0; i < chart->count; i++) {
        put_range(&chart->ranges[i], &scale, (double)i * GROUP, out);
    }
    chart_close(out);
}
