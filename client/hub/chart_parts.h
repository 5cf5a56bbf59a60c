/* SPDX-License-Identifier: Apache-2.0
 * Inside client/hub: what all charts have in common. Lengths are in units of the drawing, which is
 * CHART_WIDTH wide: narrow, so that its words can still be read on a phone.
 */
#ifndef HEARTH_CLIENT_HUB_CHART_PARTS_H
#define HEARTH_CLIENT_HUB_CHART_PARTS_H

#include "client/hub/chart.h"

enum { CHART_WIDTH = 420, CHART_TEXT = 13 /* font size */, CHART_LINE = 18 };

/* <svg> with title and description, and the patterns of as many series; </svg>. */
void chart_open(const struct chart_head *head, int height, size_t series, struct buf *out);
void chart_close(struct buf *out);
/* A text from x on (anchor "start", "middle" or "end"), cut where it cannot fit. */
void chart_text(struct buf *out, double x, double y, const char *anchor, const char *text);
/* The fill of a series: plain, hatched, dotted. */
void chart_bar(struct buf *out, const struct chart_head *head, size_t series, double x, double y,
               double width, double height);
/* A horizontal line with an end on either side, seen on white and on a bar. */
void chart_whisker(struct buf *out, double low, double high, double y);
/* The mark of a series: circle, square, triangle. */
void chart_mark(struct buf *out, size_t series, double x, double y);
/* The distance of lines of a grid, 1, 2 or 5 times a power of ten, so that at most `lines` of them
 * cover `most`. */
double chart_step(double most, int lines);

#endif
