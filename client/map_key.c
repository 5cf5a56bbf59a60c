/* SPDX-License-Identifier: Apache-2.0
 * The words below a map: scale, shades, every place with its distance, and what a search shows to
 * others.
 */
#include <string.h>

#include "client/map_parts.h"
#include "client/svg.h"

/* Where the next line goes; without `out` lines are only counted. */
struct key {
    const struct map_view *view;
    int row; /* pixels: the line's base */
    struct buf *out;
};

static void begin(struct key *key)
{
    key->row += MAP_LINE;
    if (key->out) buf_format(key->out, "<text x=\"0\" y=\"%d\">", key->row);
}

static void plain(struct key *key, const char *text)
{
    if (key->out) svg_text(key->out, text);
}

static void end(struct key *key)
{
    if (key->out) buf_text(key->out, "</text>\n");
}

static void line(struct key *key, const char *text)
{
    begin(key);
    plain(key, text);
    end(key);
}

/* ---- scale and shades ---- */

static void draw_scale(struct key *key)
{
    key->row += MAP_LINE;
    if (!key->out) return;
    int length = 2 * key->view->cell_pixels, y = key->row - 4;
    buf_format(key->out,
               "<path class=\"scale\" d=\"M0 %dv8h%dv-8\" fill=\"none\" stroke=\"#000\" "
               "stroke-width=\"2\"/><text x=\"%d\" y=\"%d\">10 km</text>\n",
               y - 4, length, length + 8, key->row);
    buf_format(key->out,
               "<path d=\"M%d %dv-18m-5 7l5 -7l5 7\" fill=\"none\" stroke=\"#000\" "
               "stroke-width=\"2\"/><text x=\"%d\" y=\"%d\">grid north is up</text>\n",
               length + 80, key->row + 2, length + 94, key->row);
}

static void draw_shade(struct key *key, unsigned shade, int *x, const char *text)
{
    buf_format(key->out,
               "<rect class=\"c%u\" x=\"%d\" y=\"%d\" width=\"26\" height=\"14\" stroke=\"#777\"/>"
               "<text x=\"%d\" y=\"%d\">%s</text>\n",
               shade, *x, key->row - 12, *x + 32, key->row, text);
    *x += 130;
}

/* The points of each shade: quarters of the most, rounded as map_class does. */
static void draw_shades(struct key *key)
{
    key->row += MAP_LINE + 4;
    if (!key->out) return;
    unsigned most = key->view->most;
    int x = 0;
    draw_shade(key, 0, &x, "0 points");
    for (unsigned shade = 1; shade < MAP_CLASSES; shade++) {
        unsigned low = most * (shade - 1) / (MAP_CLASSES - 1) + 1;
        unsigned high = most * shade / (MAP_CLASSES - 1);
        char text[40];
        if (low > high) continue;
        (void)snprintf(text, sizeof text, low == high ? "%u" : "%u to %u", low, high);
        draw_shade(key, shade, &x, text);
    }
}

/* ---- what is accepted ---- */

static void accepted(struct key *key)
{
    const struct plan *plan = key->view->subject->plan;
    const struct request *request = key->view->subject->request;
    size_t cells = 0;
    for (size_t i = 0; i < plan->quadrant_count * QUADRANT_CELLS; i++) cells += plan->hard_cell[i];
    begin(key);
    if (key->out) {
        buf_format(key->out, "%zu acceptable cell%s of 5 km", cells, cells == 1 ? "" : "s");
        if (key->view->most > 0) {
            buf_format(key->out, ", each with the points (of %d) that a home there adds",
                       SCORE_MAX);
        }
    }
    end(key);
    if (request->has_area) line(key, "In the area: its cells have the dashed edge");
    if (request->anchor_count > 1) {
        line(key, request->combine_any ? "Within the distance of any anchor"
                                       : "Within the distances of all anchors");
    }
}

static void describe(struct key *key, const char *sign, size_t number, const struct anchor *place,
                     const char *words)
{
    begin(key);
    if (key->out) {
        buf_format(key->out, "%s%zu ", sign, number);
        svg_text(key->out, place->name);
        buf_format(key->out, "%s%s %d km", place->name[0] ? ": " : "", words,
                   (int)place->within_km);
        if (place->weight > 0) buf_format(key->out, ", weight %d", (int)place->weight);
    }
    end(key);
    if (place->place.note[0] == '\0') return;
    begin(key);
    plain(key, "     ");
    plain(key, place->place.note);
    end(key);
}

static void places(struct key *key)
{
    const struct request *request = key->view->subject->request;
    for (size_t i = 0; i < request->anchor_count; i++) {
        describe(key, "A", i + 1, &request->anchors[i], "within");
    }
    for (size_t i = 0; i < request->avoid_count; i++) {
        bool shown = key->view->avoid_shown[i];
        describe(key, "X", i + 1, &request->avoid[i],
                 shown ? "to avoid (hatched), within" : "to avoid, outside the map, within");
    }
}

/* ---- what others see ---- */

static bool is_real(const struct plan *plan, uint16_t quadrant)
{
    for (size_t i = 0; i < plan->quadrant_count; i++) {
        if (plan->quadrants[i] == quadrant) return true;
    }
    return false;
}

static void list_quadrants(struct key *key, const uint16_t *quadrants, size_t count, bool real)
{
    begin(key);
    for (size_t i = 0; i < count; i++) {
        char name[GRID_NAME];
        if (is_real(key->view->subject->plan, quadrants[i]) != real) continue;
        grid_quadrant_name(quadrants[i], name);
        plain(key, name);
        plain(key, " ");
    }
    end(key);
}

static void decoys(struct key *key)
{
    const struct map_subject *subject = key->view->subject;
    if (!subject->footprint) {
        line(key,
             "The others are decoys. They follow from the authority's key: hearth search --map "
             "names them");
        return;
    }
    line(key, "The others are decoys, not drawn here:");
    list_quadrants(key, subject->footprint, subject->footprint_count, false);
}

static void disclosed(struct key *key)
{
    const struct plan *plan = key->view->subject->plan;
    size_t sent = plan_footprint_size(plan);
    begin(key);
    if (key->out) {
        buf_format(key->out,
                   "A search shows the matcher and the agencies %zu quadrants of 50 km. These hold "
                   "acceptable cells:",
                   sent);
    }
    end(key);
    list_quadrants(key, plan->quadrants, plan->quadrant_count, true);
    if (sent > plan->quadrant_count) decoys(key);
    line(key, "Confidential: this map shows where the child belongs. Cells and points leave this "
              "machine encrypted only.");
}

int map_draw_key(const struct map_view *view, int top, struct buf *out)
{
    struct key key = {view, top, out};
    draw_scale(&key);
    if (view->most > 0) draw_shades(&key);
    accepted(&key);
    places(&key);
    disclosed(&key);
    return key.row;
}
