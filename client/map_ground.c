/* SPDX-License-Identifier: Apache-2.0
 * What lies on a map's ground: cells with their points, quadrants, the area, places with their
 * circles.
 */
#include <string.h>

#include "client/map_parts.h"
#include "client/svg.h"
#include "proto/base/text.h"

enum { LABEL_MAX = 40 }; /* bytes of a name on the ground; the key has all of it */

/* Starts a text of so many pixels, in bold with a white halo; the caller ends it. */
static void draw_words_at(const struct map_view *view, int x, int y, int pixels, const char *anchor,
                          struct buf *out)
{
    buf_format(out,
               "<text class=\"halo\" x=\"%d\" y=\"%d\" style=\"font-size:%dpx;font-weight:bold;"
               "text-anchor:%s;stroke-width:%d\">",
               x, y, map_units(view, pixels), anchor, map_units(view, 6));
}

/* ---- cells ---- */

static void draw_cell(const struct map_view *view, uint16_t cell, unsigned points, struct buf *out)
{
    char name[GRID_NAME];
    grid_cell_name(cell, name);
    struct grid_point centre = grid_cell_centre(cell);
    int x = map_x(view, centre.east), y = map_y(view, centre.north);
    buf_format(out,
               "<g class=\"cell\"><title>%s: %u</title><rect class=\"c%u\" x=\"%d\" y=\"%d\" "
               "width=\"%d\" height=\"%d\"/>",
               name, points, map_class(view, points), x - MAP_CELL / 2, y - MAP_CELL / 2, MAP_CELL,
               MAP_CELL);
    if (view->most > 0) {
        buf_format(out, "<text class=\"n\" x=\"%d\" y=\"%d\" style=\"font-size:19px\">%u</text>", x,
                   y + 7, points);
    }
    buf_text(out, "</g>\n");
}

void map_draw_cells(const struct map_view *view, struct buf *out)
{
    const struct plan *plan = view->subject->plan;
    for (size_t i = 0; i < plan->quadrant_count * QUADRANT_CELLS; i++) {
        if (!plan->hard_cell[i]) continue;
        uint16_t quadrant = plan->quadrants[i / QUADRANT_CELLS];
        draw_cell(view, grid_quadrant_cell(quadrant, (unsigned)(i % QUADRANT_CELLS)),
                  plan->soft_cell[i], out);
    }
}

/* ---- quadrants ---- */

/* The quadrant's upper left corner. */
static void quadrant_corner(const struct map_view *view, uint16_t quadrant, int *x, int *y)
{
    /* The first cell is the south-western one. */
    struct grid_point first = grid_cell_centre(grid_quadrant_cell(quadrant, 0));
    *x = map_x(view, first.east - CELL_METRES / 2);
    *y = map_y(view, first.north - CELL_METRES / 2) - MAP_QUADRANT;
}

void map_draw_quadrants(const struct map_view *view, struct buf *out)
{
    const struct plan *plan = view->subject->plan;
    int font = map_units(view, 12), x = 0, y = 0;
    for (size_t i = 0; i < plan->quadrant_count; i++) {
        quadrant_corner(view, plan->quadrants[i], &x, &y);
        buf_format(out,
                   "<rect class=\"quadrant\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
                   "fill=\"none\" stroke=\"#000\" stroke-width=\"%d\"/>\n",
                   x, y, MAP_QUADRANT, MAP_QUADRANT, map_units(view, 2));
    }
    for (size_t i = 0; i < plan->quadrant_count; i++) {
        char name[GRID_NAME];
        grid_quadrant_name(plan->quadrants[i], name);
        quadrant_corner(view, plan->quadrants[i], &x, &y);
        draw_words_at(view, x + map_units(view, 4), y + font / 3, 12, "start", out);
        buf_format(out, "%s</text>\n", name);
    }
}

/* ---- the area ---- */

static bool in_area(const struct area *area, int column, int row)
{
    return column >= 0 && column < CELL_COLUMNS && row >= 0 && row < CELL_ROWS &&
           area_holds(area, (uint16_t)(row * CELL_COLUMNS + column));
}

/* One stroke for each side of a cell of the area whose neighbour is not in it. */
static void outline_cell(const struct map_view *view, int column, int row, struct buf *out)
{
    const struct area *area = &view->subject->request->area;
    int x = map_x(view, column * CELL_METRES), y = map_y(view, (row + 1) * CELL_METRES);
    if (!in_area(area, column, row + 1)) buf_format(out, "M%d %dh%d", x, y, MAP_CELL);
    if (!in_area(area, column, row - 1)) buf_format(out, "M%d %dh%d", x, y + MAP_CELL, MAP_CELL);
    if (!in_area(area, column - 1, row)) buf_format(out, "M%d %dv%d", x, y, MAP_CELL);
    if (!in_area(area, column + 1, row)) buf_format(out, "M%d %dv%d", x + MAP_CELL, y, MAP_CELL);
}

void map_draw_area(const struct map_view *view, struct buf *out)
{
    if (!view->subject->request->has_area) return;
    buf_text(out, "<path class=\"area\" d=\"");
    int west = view->west / CELL_METRES, north = view->north / CELL_METRES;
    for (int row = north - view->rows; row < north; row++) {
        for (int column = west; column < west + view->columns; column++) {
            if (in_area(&view->subject->request->area, column, row)) {
                outline_cell(view, column, row, out);
            }
        }
    }
    int dash = map_units(view, 6);
    buf_format(
        out, "\" fill=\"none\" stroke=\"#000\" stroke-width=\"%d\" stroke-dasharray=\"%d %d\"/>\n",
        map_units(view, 3), dash, dash / 2);
}

/* ---- places ---- */

/* The sign beside the place itself: a name would cover the numbers around it. */
static void draw_sign(const struct map_view *view, const char *sign, size_t number,
                      const struct anchor *place, struct buf *out)
{
    int x = map_x(view, place->place.at.east), y = map_y(view, place->place.at.north);
    draw_words_at(view, x + map_units(view, 8), y + map_units(view, 5), 14, "start", out);
    buf_format(out, "%s%zu</text>", sign, number);
}

/* The name at the circle's top, or at its bottom where the top is not on the map; the key has it in
 * any case. */
static void draw_name(const struct map_view *view, const char *sign, size_t number,
                      const struct anchor *place, struct buf *out)
{
    char name[LABEL_MAX + 1];
    int x = map_x(view, place->place.at.east), y = map_y(view, place->place.at.north);
    int reach = place->within_km * 1000 / MAP_UNIT, line = map_units(view, 16);
    text_copy_cut(name, sizeof name, place->name);
    if (y - reach > line) {
        y -= reach - map_units(view, 4);
    } else if (y + reach < view->rows * MAP_CELL - line) {
        y += reach + map_units(view, 4);
    } else {
        return;
    }
    draw_words_at(view, x, y, 13, "middle", out);
    buf_format(out, "%s%zu ", sign, number);
    svg_text(out, name);
    buf_format(out, "%s</text>", strlen(place->name) > LABEL_MAX ? "..." : "");
}

static void draw_anchor(const struct map_view *view, size_t index, struct buf *out)
{
    const struct anchor *anchor = &view->subject->request->anchors[index];
    int x = map_x(view, anchor->place.at.east), y = map_y(view, anchor->place.at.north);
    buf_format(out,
               "<g class=\"anchor\"><circle cx=\"%d\" cy=\"%d\" r=\"%d\" fill=\"none\" "
               "stroke=\"#000\" stroke-width=\"%d\"/><circle cx=\"%d\" cy=\"%d\" r=\"%d\" "
               "stroke=\"#fff\" stroke-width=\"%d\"/>",
               x, y, (int)anchor->within_km * 1000 / MAP_UNIT, map_units(view, 2), x, y,
               map_units(view, 5), map_units(view, 2));
    draw_sign(view, "A", index + 1, anchor, out);
    draw_name(view, "A", index + 1, anchor, out);
    buf_text(out, "</g>\n");
}

static void draw_avoid(const struct map_view *view, size_t index, struct buf *out)
{
    const struct anchor *avoid = &view->subject->request->avoid[index];
    int x = map_x(view, avoid->place.at.east), y = map_y(view, avoid->place.at.north);
    int arm = map_units(view, 6);
    buf_format(out,
               "<g class=\"avoid\"><circle cx=\"%d\" cy=\"%d\" r=\"%d\" fill=\"url(#hatch)\" "
               "stroke=\"#000\" stroke-width=\"%d\" stroke-dasharray=\"%d %d\"/><path d=\"M%d "
               "%dl%d %dm0 %dl%d %d\" stroke=\"#000\" stroke-width=\"%d\"/>",
               x, y, (int)avoid->within_km * 1000 / MAP_UNIT, map_units(view, 2),
               map_units(view, 2), map_units(view, 4), x - arm, y - arm, 2 * arm, 2 * arm, -2 * arm,
               -2 * arm, 2 * arm, map_units(view, 4));
    draw_sign(view, "X", index + 1, avoid, out);
    draw_name(view, "X", index + 1, avoid, out);
    buf_text(out, "</g>\n");
}

void map_draw_places(const struct map_view *view, struct buf *out)
{
    const struct request *request = view->subject->request;
    for (size_t i = 0; i < request->avoid_count; i++) {
        if (view->avoid_shown[i]) draw_avoid(view, i, out);
    }
    for (size_t i = 0; i < request->anchor_count; i++) draw_anchor(view, i, out);
}
