/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/chart_parts.h"

#include <math.h>

#include "client/svg.h"
#include "proto/base/text.h"

enum { LABEL_BYTES = 61 }; /* as much as fits in CHART_WIDTH */

static const char *const fills[CHART_SERIES_MAX] = {"#1d3557", "#b5520a", "#2d6a2d"};

/* The first series is plain; these are on white, so that print and grey scales tell them apart. */
static void put_patterns(const struct chart_head *head, size_t series, struct buf *out)
{
    if (series < 2) return;
    buf_format(out,
               "<defs><pattern id=\"p%u-1\" width=\"6\" height=\"6\" "
               "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"6\" "
               "height=\"6\" fill=\"#fff\"/><rect width=\"3\" height=\"6\" fill=\"%s\"/></pattern>",
               head->id, fills[1]);
    buf_format(out,
               "<pattern id=\"p%u-2\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
               "<rect width=\"5\" height=\"5\" fill=\"#fff\"/><circle cx=\"2.5\" cy=\"2.5\" "
               "r=\"1.3\" fill=\"%s\"/></pattern></defs>",
               head->id, fills[2]);
}

void chart_open(const struct chart_head *head, int height, size_t series, struct buf *out)
{
    buf_format(out,
               "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"t%u d%u\" "
               "font-size=\"%d\" fill=\"#111\">\n<title id=\"t%u\">",
               CHART_WIDTH, height, head->id, head->id, CHART_TEXT, head->id);
    svg_text(out, head->title);
    buf_format(out, "</title><desc id=\"d%u\">", head->id);
    svg_text(out, head->description);
    buf_text(out, "</desc>\n");
    put_patterns(head, series, out);
}

void chart_close(struct buf *out)
{
    buf_text(out, "</svg>\n");
}

void chart_text(struct buf *out, double x, double y, const char *anchor, const char *text)
{
    char label[LABEL_BYTES];
    text_copy_cut(label, sizeof label, text);
    buf_format(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    svg_text(out, label);
    buf_text(out, "</text>\n");
}

void chart_bar(struct buf *out, const struct chart_head *head, size_t series, double x, double y,
               double width, double height)
{
    buf_format(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" stroke=\"%s\" ", x,
               y, width, height, fills[series]);
    if (series == 0) {
        buf_format(out, "fill=\"%s\"/>\n", fills[series]);
    } else {
        buf_format(out, "fill=\"url(#p%u-%zu)\"/>\n", head->id, series);
    }
}

void chart_whisker(struct buf *out, double low, double high, double y)
{
    static const char *const strokes[] = {"#fff\" stroke-width=\"4", "#111\" stroke-width=\"1.5"};
    for (size_t i = 0; i < 2; i++) {
        buf_format(out, "<path d=\"M%.1f %.1fv6m0 -3H%.1fm0 -3v6\" fill=\"none\" stroke=\"%s\"/>\n",
                   low, y - 3, high, strokes[i]);
    }
}

void chart_mark(struct buf *out, size_t series, double x, double y)
{
    const char *fill = fills[series];
    switch (series) {
    case 0:
        buf_format(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n", x, y, fill);
        break;
    case 1:
        buf_format(out,
                   "<rect x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\" fill=\"#fff\" "
                   "stroke=\"%s\" stroke-width=\"2\"/>\n",
                   x - 3.5, y - 3.5, fill);
        break;
    default:
        buf_format(out, "<path d=\"M%.1f %.1fl5 9h-10z\" fill=\"%s\"/>\n", x, y - 5, fill);
        break;
    }
}

double chart_step(double most, int lines)
{
    double step = pow(10, floor(log10(fmax(most, 1) / lines)));
    if (step * lines >= most) return step;
    if (2 * step * lines >= most) return 2 * step;
    return (5 * step * lines >= most ? 5 : 10) * step;
}
