/* SPDX-License-Identifier: Apache-2.0
 * The frame of a map: what part of the country it shows, how large, and what stands where.
 */
#include "client/map.h"

#include "client/map_parts.h"
#include "client/svg.h"
#include "proto/base/file.h"

enum {
    MARGIN = 20,          /* pixels around everything */
    HEADING = 50,         /* height of the lines above the ground */
    PAGE_WIDTH_MIN = 880, /* room for the words */
    GROUND_WIDTH = 1000,  /* about, for a small area; a large one needs more */
    CELL_PIXELS_MIN = 20, /* a number of four digits can still be read */
    CELL_PIXELS_MAX = 48
};

/* ---- what part of the country ---- */

/* Cells by column and row; high ones excluded. */
struct box {
    int west, east, south, north;
};

static void include(struct box *box, int column, int row)
{
    if (column < box->west) box->west = column;
    if (column >= box->east) box->east = column + 1;
    if (row < box->south) box->south = row;
    if (row >= box->north) box->north = row + 1;
}

static void include_quadrants(struct box *box, const struct plan *plan)
{
    for (size_t i = 0; i < plan->quadrant_count; i++) {
        for (unsigned index = 0; index < QUADRANT_CELLS; index += QUADRANT_CELLS - 1) {
            uint16_t cell = grid_quadrant_cell(plan->quadrants[i], index); /* two corners */
            include(box, cell % CELL_COLUMNS, cell / CELL_COLUMNS);
        }
    }
}

/* Whether the circle around a place to avoid comes near the box at all. */
static bool touches(const struct box *box, const struct anchor *avoid)
{
    int reach = avoid->within_km * 1000;
    struct grid_point at = avoid->place.at;
    return at.east + reach >= box->west * CELL_METRES &&
           at.east - reach <= box->east * CELL_METRES &&
           at.north + reach >= box->south * CELL_METRES &&
           at.north - reach <= box->north * CELL_METRES;
}

static struct box box_of(const struct map_subject *subject, bool avoid_shown[AVOID_MAX])
{
    const struct request *request = subject->request;
    struct box box = {CELL_COLUMNS, 0, CELL_ROWS, 0};
    include_quadrants(&box, subject->plan);
    for (size_t i = 0; i < request->anchor_count; i++) {
        uint16_t cell = grid_cell_of(request->anchors[i].place.at);
        include(&box, cell % CELL_COLUMNS, cell / CELL_COLUMNS);
    }
    for (size_t i = 0; i < request->avoid_count; i++) {
        avoid_shown[i] = touches(&box, &request->avoid[i]);
    }
    struct box framed = {box.west - 1, box.east + 1, box.south - 1, box.north + 1};
    return framed;
}

static unsigned highest(const struct plan *plan)
{
    unsigned most = 0;
    for (size_t i = 0; i < plan->quadrant_count * QUADRANT_CELLS; i++) {
        if (plan->soft_cell[i] > most) most = plan->soft_cell[i];
    }
    return most;
}

struct map_view map_view_of(const struct map_subject *subject)
{
    struct map_view view = {.subject = subject, .most = highest(subject->plan)};
    struct box box = box_of(subject, view.avoid_shown);
    view.west = box.west * CELL_METRES;
    view.north = box.north * CELL_METRES;
    view.columns = box.east - box.west;
    view.rows = box.north - box.south;
    view.cell_pixels = GROUND_WIDTH / view.columns;
    if (view.cell_pixels < CELL_PIXELS_MIN) view.cell_pixels = CELL_PIXELS_MIN;
    if (view.cell_pixels > CELL_PIXELS_MAX) view.cell_pixels = CELL_PIXELS_MAX;
    view.width = view.columns * view.cell_pixels;
    view.height = view.rows * view.cell_pixels;
    return view;
}

int map_x(const struct map_view *view, int east)
{
    return (east - view->west) / MAP_UNIT;
}

int map_y(const struct map_view *view, int north)
{
    return (view->north - north) / MAP_UNIT;
}

int map_units(const struct map_view *view, int pixels)
{
    int units = (pixels * MAP_CELL + view->cell_pixels / 2) / view->cell_pixels;
    return units > 0 ? units : 1;
}

unsigned map_class(const struct map_view *view, unsigned points)
{
    return points == 0 ? 0 : (points * (MAP_CLASSES - 1) + view->most - 1) / view->most;
}

/* ---- the document ---- */

/* Shades differ in lightness alone, and every cell says its number. */
static const char STYLE[] =
    "<style>\n"
    "text{font-family:sans-serif;font-size:13px}\n"
    ".cell rect{stroke:#777}.n{text-anchor:middle}\n"
    ".c0{fill:#f3f3f3}.c1{fill:#dbe3ea}.c2{fill:#b3c5d6}.c3{fill:#7f9cb8}.c4{fill:#3d5a78}\n"
    ".c4+.n{fill:#fff}\n"
    ".halo{paint-order:stroke;stroke:#fff;stroke-linejoin:round}\n"
    "</style>\n";

static void draw_patterns(const struct map_view *view, struct buf *out)
{
    int step = map_units(view, 9);
    buf_format(
        out,
        "<defs>\n<pattern id=\"hatch\" width=\"%d\" height=\"%d\" "
        "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><path d=\"M0 0V%d\" "
        "stroke=\"#000\" stroke-width=\"%d\"/></pattern>\n</defs>\n",
        step, step, step, map_units(view, 2));
}

/* The text alternative: what the picture shows, in a few sentences. */
static void draw_description(const struct map_view *view, struct buf *out)
{
    const struct plan *plan = view->subject->plan;
    const struct request *request = view->subject->request;
    size_t cells = 0;
    for (size_t i = 0; i < plan->quadrant_count * QUADRANT_CELLS; i++) cells += plan->hard_cell[i];
    buf_format(out,
               "<desc id=\"description\">A map, north up, of %zu acceptable cells of 5 km in %zu "
               "quadrants of 50 km, each with the points of 0 to %u that a home there adds",
               cells, plan->quadrant_count, view->most);
    for (size_t i = 0; i < request->anchor_count; i++) {
        const struct anchor *anchor = &request->anchors[i];
        buf_format(out, ". Anchor %zu, ", i + 1);
        svg_text(out, anchor->name[0] ? anchor->name : "without a name");
        buf_format(out, ", with a circle of %d km", (int)anchor->within_km);
    }
    for (size_t i = 0; i < request->avoid_count; i++) {
        const struct anchor *avoid = &request->avoid[i];
        buf_format(out, ". To avoid %zu, ", i + 1);
        svg_text(out, avoid->name[0] ? avoid->name : "without a name");
        buf_format(out, ", with a hatched circle of %d km", (int)avoid->within_km);
    }
    buf_text(out, ".</desc>\n");
}

static void draw_ground(const struct map_view *view, struct buf *out)
{
    buf_format(out, "<svg x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
               MARGIN, HEADING, view->width, view->height, view->columns * MAP_CELL,
               view->rows * MAP_CELL);
    map_draw_cells(view, out);
    map_draw_quadrants(view, out);
    map_draw_area(view, out);
    map_draw_places(view, out);
    buf_text(out, "</svg>\n");
    buf_format(
        out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#000\"/>\n",
        MARGIN, HEADING, view->width, view->height);
}

void map_draw(const struct map_subject *subject, struct buf *out)
{
    REQUIRE(subject->plan->quadrant_count > 0);
    struct map_view view = map_view_of(subject);
    int width = view.width > PAGE_WIDTH_MIN ? view.width : PAGE_WIDTH_MIN;
    int below = HEADING + view.height + MARGIN;
    int height = map_draw_key(&view, below, NULL) + MARGIN;
    width += 2 * MARGIN;
    buf_format(out,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
               "viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"title description\">\n"
               "<title id=\"title\">Location of the request ",
               width, height, width, height);
    svg_text(out, subject->request->search_ref);
    buf_text(out, "</title>\n");
    draw_description(&view, out);
    buf_text(out, STYLE);
    draw_patterns(&view, out);
    buf_format(out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, height);
    buf_format(out, "<text x=\"%d\" y=\"32\" style=\"font-size:20px\">Location of the request ",
               MARGIN);
    svg_text(out, subject->request->search_ref);
    buf_text(out, "</text>\n");
    draw_ground(&view, out);
    buf_format(out, "<g transform=\"translate(%d 0)\">\n", MARGIN);
    (void)map_draw_key(&view, below, out);
    buf_text(out, "</g>\n</svg>\n");
}

bool map_write(const char *path, const struct map_subject *subject, struct err *err)
{
    struct buf text = {0};
    map_draw(subject, &text);
    bool ok = file_write(path, text.data, text.len, 0600, err) || err_in(err, "map");
    buf_wipe(&text);
    return ok;
}
