/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>

#include "client/hub/chart_parts.h"

enum { TOP = 12, HEIGHT = 190, LEFT = 46, RIGHT = 96, BOTTOM = 26, GRID_LINES = 4, NAMES_X = 6 };

static const char *const dashes[CHART_SERIES_MAX] = {"none", "7 4", "2 3"};

struct frame {
    double most; /* at the top */
    double step; /* between lines of the grid */
    size_t steps;
    size_t points;
};

static double at_x(const struct frame *frame, size_t point)
{
    double room = CHART_WIDTH - LEFT - RIGHT;
    return LEFT +
           (frame->points < 2 ? room / 2 : room * (double)point / (double)(frame->points - 1));
}

static double at_y(const struct frame *frame, double value)
{
    return TOP + HEIGHT * (1 - fmin(fmax(value, 0), frame->most) / frame->most);
}

static struct frame frame_of(const struct chart_lines *chart)
{
    struct frame frame = {.points = chart->point_count};
    double most = 1;
    for (size_t i = 0; i < chart->point_count * chart->series.count; i++) {
        if (chart->values[i].known == CHART_VALUE) {
            most = fmax(most, chart->values[i].value + chart->values[i].margin);
        }
    }
    frame.step = chart_step(most, GRID_LINES);
    frame.steps = (size_t)ceil(most / frame.step);
    frame.most = frame.step * (double)frame.steps;
    return frame;
}

static void put_grid(const struct chart_lines *chart, const struct frame *frame, struct buf *out)
{
    size_t every = (chart->point_count + 5) / 6;
    char text[32];
    for (size_t i = 0; i <= frame->steps; i++) {
        double value = (double)i * frame->step;
        double y = at_y(frame, value);
        buf_format(out, "<path d=\"M%d %.1fH%d\" stroke=\"#bbb\"/>\n", LEFT, y,
                   CHART_WIDTH - RIGHT);
        (void)snprintf(text, sizeof text, "%.0f", value);
        chart_text(out, LEFT - 6, y + 4, "end", text);
    }
    /* Counted from the end, so that the last one always has its name. */
    for (size_t i = chart->point_count; i > 0; i = i > every ? i - every : 0) {
        chart_text(out, at_x(frame, i - 1), TOP + HEIGHT + 18, "middle", chart->points[i - 1]);
    }
}

static void put_line(const struct chart_lines *chart, const struct frame *frame, size_t series,
                     struct buf *out)
{
    const struct chart_value *values = &chart->values[series * chart->point_count];
    bool drawing = false;
    buf_text(out, "<path d=\"");
    for (size_t i = 0; i < chart->point_count; i++) {
        bool known = values[i].known == CHART_VALUE;
        if (known) {
            buf_format(out, "%c%.1f %.1f", drawing ? 'L' : 'M', at_x(frame, i),
                       at_y(frame, values[i].value));
        }
        drawing = known;
    }
    if (chart->point_count == 0 || !drawing) buf_text(out, "M0 0");
    buf_format(out,
               "\" fill=\"none\" stroke=\"#333\" stroke-width=\"1.5\" stroke-dasharray=\"%s\"/>\n",
               dashes[series]);
    for (size_t i = 0; i < chart->point_count; i++) {
        if (values[i].known == CHART_VALUE) {
            buf_format(out, "<path d=\"M%.1f %.1fV%.1f\" stroke=\"#777\"/>\n", at_x(frame, i),
                       at_y(frame, values[i].value - values[i].margin),
                       at_y(frame, values[i].value + values[i].margin));
            chart_mark(out, series, at_x(frame, i), at_y(frame, values[i].value));
        } else if (values[i].known == CHART_SUPPRESSED) {
            chart_text(out, at_x(frame, i), at_y(frame, 0) - 3 - 12 * (double)series, "middle",
                       "c");
        }
    }
}

/* Beside the last points, from above to below, apart from one another. */
static void put_names(const struct chart_lines *chart, const struct frame *frame, struct buf *out)
{
    bool done[CHART_SERIES_MAX] = {false};
    double free_from = TOP - 8;
    for (size_t n = 0; n < chart->series.count; n++) {
        size_t best = CHART_SERIES_MAX;
        double best_y = 0;
        for (size_t i = 0; i < chart->series.count; i++) {
            const struct chart_value *last = &chart->values[(i + 1) * chart->point_count - 1];
            double y = at_y(frame, last->known == CHART_VALUE ? last->value : 0);
            if (done[i] || (best < CHART_SERIES_MAX && y >= best_y)) continue;
            best = i;
            best_y = y;
        }
        double left = (double)(chart->series.count - 1 - n) * CHART_LINE;
        double y = fmin(fmax(best_y, free_from), TOP + HEIGHT - left);
        chart_mark(out, best, CHART_WIDTH - RIGHT + 14, y);
        chart_text(out, CHART_WIDTH - RIGHT + 22, y + 4, "start", chart->series.names[best]);
        done[best] = true;
        free_from = y + CHART_LINE;
    }
}

void chart_lines(const struct chart_lines *chart, struct buf *out)
{
    REQUIRE(chart->series.count <= CHART_SERIES_MAX);
    struct frame frame = frame_of(chart);
    chart_open(&chart->head, TOP + HEIGHT + BOTTOM, 1, out);
    put_grid(chart, &frame, out);
    for (size_t i = 0; i < chart->series.count; i++) put_line(chart, &frame, i, out);
    if (chart->point_count > 0) put_names(chart, &frame, out);
    chart_close(out);
}
