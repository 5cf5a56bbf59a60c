/* SPDX-License-Identifier: Apache-2.0
 * Inside client: the parts of a map. What lies on the ground is drawn in units of 100 m, north up;
 * the words around it in pixels.
 */
#ifndef HEARTH_CLIENT_MAP_PARTS_H
#define HEARTH_CLIENT_MAP_PARTS_H

#include "client/map.h"

enum {
    MAP_UNIT = 100,                    /* metres */
    MAP_CELL = CELL_METRES / MAP_UNIT, /* a cell's width in units */
    MAP_QUADRANT = 10 * MAP_CELL,      /* a quadrant's */
    MAP_CLASSES = 5,                   /* of points: none, and quarters of the most */
    MAP_LINE = 20                      /* height of a line of words, in pixels */
};

struct map_view {
    const struct map_subject *subject;
    int west, north;             /* metres: the upper left corner; multiples of a cell */
    int columns, rows;           /* of cells */
    int cell_pixels;             /* a cell's width */
    int width, height;           /* of the ground, in pixels */
    unsigned most;               /* the highest points of a cell */
    bool avoid_shown[AVOID_MAX]; /* its circle touches the map */
};

/* What part of the country the subject needs, and how large it is drawn. */
struct map_view map_view_of(const struct map_subject *subject);

/* Units from the upper left corner. */
int map_x(const struct map_view *view, int east);
int map_y(const struct map_view *view, int north);
/* So many pixels in units, at least 1. */
int map_units(const struct map_view *view, int pixels);
/* 0 where a cell has no points, else 1 to 4: the quarter of the most. */
unsigned map_class(const struct map_view *view, unsigned points);

/* The layers of the ground, from below to above; each appends SVG elements. */
void map_draw_cells(const struct map_view *view, struct buf *out);
void map_draw_quadrants(const struct map_view *view, struct buf *out);
void map_draw_area(const struct map_view *view, struct buf *out);
void map_draw_places(const struct map_view *view, struct buf *out);

/* The words below the ground, from pixel row `top`; returns the row after them. out NULL: measures
 * only. */
int map_draw_key(const struct map_view *view, int top, struct buf *out);

#endif
