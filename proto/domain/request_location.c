/* SPDX-License-Identifier: Apache-2.0
 * `location`: anchors, an area, places to avoid, or whole 100 km squares.
 */
#include "proto/domain/request_fields.h"

#include <string.h>

#include "proto/domain/shown.h"

enum { WEIGHT_MAX = 5 };

static bool parse_at(json_t *value, struct gazetteer *gazetteer, struct place *out, struct err *err)
{
    if (!json_is_string(value)) {
        return err_set(err, ERR_INVALID, NULL,
                       "must be a place in quotes: a postcode (\"LS6 3AA\"), a grid reference "
                       "(\"SE 297 338\") or latitude,longitude (\"53.8,-1.55\")");
    }
    return place_locate(json_string_value(value), gazetteer, out, err);
}

/* What the elements of a list are parsed into, and with. */
struct lists {
    struct request *out;
    struct gazetteer *gazetteer;
};

/* name, at and within_km: what anchors and places to avoid have in common. */
static bool parse_place(json_t *value, struct gazetteer *gazetteer, struct anchor *out,
                        struct err *err)
{
    json_t *at = NULL, *within = NULL, *name = json_object_get(value, "name");
    if (name && !fields_text(name, out->name, sizeof out->name, err)) return err_in(err, "name");
    if (!fields_get(value, "at", "a postcode, a grid reference or latitude,longitude", &at, err)) {
        return false;
    }
    if (!parse_at(at, gazetteer, &out->place, err)) return err_in(err, "at");
    if (!fields_get(value, "within_km", "whole kilometres, 1 to 200", &within, err)) return false;
    if (!fields_integer(within, 1, WITHIN_KM_MAX, &out->within_km, err)) {
        return err_in(err, "within_km");
    }
    return true;
}

static bool parse_anchor(json_t *value, void *ctx, struct err *err)
{
    static const char *const known[] = {"name", "at", "within_km", "weight", NULL};
    struct lists *lists = ctx;
    struct request *out = lists->out;
    struct anchor *anchor = &out->anchors[out->anchor_count];
    if (!fields_known(value, known, NULL, err) ||
        !parse_place(value, lists->gazetteer, anchor, err))
        return false;
    json_t *weight = json_object_get(value, "weight");
    if (weight && !fields_integer(weight, 0, WEIGHT_MAX, &anchor->weight, err)) {
        return err_in(err, "weight");
    }
    out->anchor_count++;
    return true;
}

static bool parse_avoid(json_t *value, void *ctx, struct err *err)
{
    static const char *const known[] = {"name", "at", "within_km", NULL};
    struct lists *lists = ctx;
    struct request *out = lists->out;
    if (!fields_known(value, known, NULL, err)) return false;
    if (!parse_place(value, lists->gazetteer, &out->avoid[out->avoid_count], err)) return false;
    out->avoid_count++;
    return true;
}

static bool parse_square(json_t *value, void *ctx, struct err *err)
{
    struct request *out = ((struct lists *)ctx)->out;
    uint16_t quadrants[4];
    const char *name = json_string_value(value); /* NULL where it is not a text */
    char seen[SHOWN_MAX];
    if (!name || !grid_square_quadrants(name, quadrants)) {
        return err_set(err, ERR_INVALID, NULL,
                       "'%s' is not a 100 km square of the National Grid: two letters in quotes, "
                       "such as \"SE\"",
                       name ? shown(name, seen) : "");
    }
    for (size_t i = 0; i < out->square_quadrants; i++) {
        if (out->squares[i] == quadrants[0]) {
            return err_set(err, ERR_INVALID, NULL, "%s stands twice: give it once", name);
        }
    }
    memcpy(out->squares + out->square_quadrants, quadrants, sizeof quadrants);
    out->square_quadrants += 4;
    return true;
}

static bool parse_lists(json_t *value, struct gazetteer *gazetteer, struct request *out,
                        struct err *err)
{
    struct lists lists = {out, gazetteer};
    json_t *anchors = json_object_get(value, "anchors");
    json_t *avoid = json_object_get(value, "avoid");
    json_t *squares = json_object_get(value, "squares");
    if (anchors && !fields_array(anchors, 0, ANCHORS_MAX, "anchors", err)) {
        return err_in(err, "anchors");
    }
    if (anchors && !fields_for_each(anchors, "anchors", parse_anchor, &lists, err)) return false;
    if (avoid && !fields_array(avoid, 0, AVOID_MAX, "places to avoid", err)) {
        return err_in(err, "avoid");
    }
    if (avoid && !fields_for_each(avoid, "avoid", parse_avoid, &lists, err)) return false;
    if (squares && !fields_array(squares, 0, SQUARES_MAX, "100 km squares", err)) {
        return err_in(err, "squares");
    }
    if (squares && !fields_for_each(squares, "squares", parse_square, &lists, err)) return false;
    grid_sort(out->squares, out->square_quadrants);
    return true;
}

static bool parse_combine(json_t *value, struct request *out, struct err *err)
{
    static const char *const choices[] = {"all", "any", NULL};
    size_t choice = 0;
    if (!value) return true;
    if (!fields_choice(value, choices, &choice, err)) return err_in(err, "combine");
    out->combine_any = choice == 1;
    return true;
}

static bool check_together(const struct request *out, struct err *err)
{
    bool shaped = out->anchor_count > 0 || out->has_area;
    if (shaped && out->square_quadrants > 0) {
        return err_set(err, ERR_INVALID, "squares",
                       "cannot stand together with %s: give one or the other",
                       out->anchor_count > 0 ? "anchors" : "an area");
    }
    if (out->avoid_count > 0 && !shaped && out->square_quadrants == 0) {
        return err_set(err, ERR_INVALID, "avoid",
                       "needs anchors (places to be near), an area or squares (\"squares\": "
                       "[\"SE\"]) to say where to look");
    }
    return true;
}

bool request_parse_location(json_t *value, const struct request_rules *rules, struct request *out,
                            struct err *err)
{
    static const char *const known[] = {"anchors", "combine", "area", "avoid", "squares", NULL};
    if (!fields_known(value, known, NULL, err)) return false;
    json_t *area = json_object_get(value, "area");
    if (area && !area_read(area, rules->directory, &out->area, err)) return err_in(err, "area");
    out->has_area = area != NULL;
    if (!parse_lists(value, rules->gazetteer, out, err)) return false;
    if (!parse_combine(json_object_get(value, "combine"), out, err)) return false;
    if (!check_together(out, err)) return false;
    /* Empty lists say nothing: everywhere counts. */
    out->has_location = out->anchor_count > 0 || out->has_area || out->square_quadrants > 0;
    return true;
}
