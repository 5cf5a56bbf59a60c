/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/referral_text.h"

#include "proto/base/mem.h"

static const char *needed_words(enum needed_by needed_by)
{
    switch (needed_by) {
    case NEEDED_TODAY: return "today";
    case NEEDED_WITHIN_5_DAYS: return "within 5 days";
    case NEEDED_LATER: return "later";
    }
    return "later";
}

static const char *needed_code(enum needed_by needed_by)
{
    switch (needed_by) {
    case NEEDED_TODAY: return "today";
    case NEEDED_WITHIN_5_DAYS: return "within_5_days";
    case NEEDED_LATER: return "later";
    }
    return "later";
}

void referral_children(const struct referral *referral, struct buf *out)
{
    for (size_t i = 0; i < referral->child_count; i++) {
        const struct child *child = &referral->children[i];
        if (i > 0) buf_text(out, ", ");
        if (child->age == AGE_UNBORN) {
            buf_text(out, "unborn");
        } else {
            buf_format(out, "%d", child->age);
        }
        if (child->sex != 'U') buf_format(out, " %c", child->sex);
    }
}

/* ---- in words ---- */

static void print_children(const struct referral *referral, FILE *out)
{
    (void)fprintf(out, "  %-12s ", referral->child_count == 1 ? "Child" : "Children");
    for (size_t i = 0; i < referral->child_count; i++) {
        const struct child *child = &referral->children[i];
        const char *sex = child->sex == 'M'   ? "boy"
                          : child->sex == 'F' ? "girl"
                                              : "child, sex not said";
        if (i > 0) (void)fprintf(out, "; ");
        if (child->age == AGE_UNBORN) {
            (void)fprintf(out, "unborn %s", sex);
        } else {
            (void)fprintf(out, "%s, %d", sex, child->age);
        }
    }
    (void)fprintf(out, "\n");
}

static void print_place(const char *title, const struct referral_place *place, FILE *out)
{
    char reference[GRID_REFERENCE];
    (void)fprintf(out, "  %-12s %s%s%s, within %d km", title, place->name,
                  place->name[0] ? ", " : "", grid_reference(place->at, reference),
                  (int)place->within_km);
    if (place->weight > 0) (void)fprintf(out, ", weight %d", (int)place->weight);
    (void)fprintf(out, "\n");
}

static void print_full_place(const struct referral *referral, FILE *out)
{
    size_t cells = 0;
    for (size_t i = 0; i < referral->quadrant_count * QUADRANT_CELLS; i++) {
        cells += referral->hard_cell[i];
    }
    for (size_t i = 0; i < referral->anchor_count; i++) {
        print_place("Near", &referral->anchors[i], out);
    }
    if (referral->anchor_count > 1) {
        (void)fprintf(out, "  %-12s %s of these\n", "", referral->combine_any ? "any" : "all");
    }
    for (size_t i = 0; i < referral->avoid_count; i++) {
        print_place("Away from", &referral->avoid[i], out);
    }
    if (referral->has_area) (void)fprintf(out, "  %-12s an area was drawn as well\n", "");
    (void)fprintf(out, "  %-12s %zu cells of 5 km are acceptable\n", "Place", cells);
}

static void print_location(const struct referral *referral, FILE *out)
{
    if (!referral->has_location) {
        (void)fprintf(out, "  %-12s anywhere\n", "Place");
        return;
    }
    if (referral->stage == STAGE_FULL) {
        print_full_place(referral, out);
        return;
    }
    (void)fprintf(out, "  %-12s somewhere in", "Place");
    for (size_t i = 0; i < referral->quadrant_count; i++) {
        char name[GRID_NAME];
        grid_quadrant_name(referral->quadrants[i], name);
        (void)fprintf(out, "%s %s", i > 0 ? "," : "", name);
    }
    (void)fprintf(out, " (squares of 50 km); it can add up to %d points\n",
                  referral_place_points(referral));
}

void referral_print(const struct referral *referral, FILE *out)
{
    const struct catalogue *catalogue = catalogue_get(referral->catalogue);
    print_children(referral, out);
    (void)fprintf(out, "  %-12s %s, needed %s%s\n", "Placement",
                  catalogue_slot(catalogue, referral->placement_type)->label,
                  needed_words(referral->needed_by),
                  referral->accept_unconfirmed ? "; availability may be unconfirmed" : "");
    for (size_t i = 0; i < referral->must_count; i++) {
        const struct criterion *criterion = catalogue_slot(catalogue, referral->must[i]);
        (void)fprintf(out, "  %-12s %s (%s)\n", "Must", criterion->label, criterion->code);
    }
    for (size_t i = 0; i < referral->prefer_count; i++) {
        const struct criterion *criterion = catalogue_slot(catalogue, referral->prefer[i]);
        (void)fprintf(out, "  %-12s %s (%s), weight %u\n", "Prefer", criterion->label,
                      criterion->code, referral->prefer_weight[i]);
    }
    print_location(referral, out);
}

/* ---- JSON ---- */

static void append(json_t *list, json_t *item)
{
    REQUIRE(item && json_array_append_new(list, item) == 0);
}

static json_t *places_json(const struct referral_place *places, size_t count)
{
    json_t *list = json_array();
    char reference[GRID_REFERENCE];
    for (size_t i = 0; i < count; i++) {
        append(list, json_pack("{s:s,s:s,s:i,s:i}", "name", places[i].name, "at",
                               grid_reference(places[i].at, reference), "within_km",
                               (int)places[i].within_km, "weight", (int)places[i].weight));
    }
    return list;
}

static json_t *location_json(const struct referral *referral)
{
    if (!referral->has_location) return json_null();
    json_t *quadrants = json_array();
    for (size_t i = 0; i < referral->quadrant_count; i++) {
        char name[GRID_NAME];
        grid_quadrant_name(referral->quadrants[i], name);
        append(quadrants, json_string(name));
    }
    json_t *out =
        json_pack("{s:o,s:i}", "quadrants", quadrants, "points", referral_place_points(referral));
    REQUIRE(out != NULL);
    if (referral->stage != STAGE_FULL) return out;
    REQUIRE(json_object_set_new(out, "anchors",
                                places_json(referral->anchors, referral->anchor_count)) == 0);
    REQUIRE(json_object_set_new(out, "avoid",
                                places_json(referral->avoid, referral->avoid_count)) == 0);
    REQUIRE(json_object_set_new(out, "combine",
                                json_string(referral->combine_any ? "any" : "all")) == 0);
    REQUIRE(json_object_set_new(out, "area", json_boolean(referral->has_area)) == 0);
    return out;
}

json_t *referral_json(const struct referral *referral)
{
    const struct catalogue *catalogue = catalogue_get(referral->catalogue);
    json_t *children = json_array(), *must = json_array(), *prefer = json_object();
    for (size_t i = 0; i < referral->child_count; i++) {
        const struct child *child = &referral->children[i];
        const char sex[] = {child->sex, '\0'};
        json_t *age = child->age == AGE_UNBORN ? json_string("unborn") : json_integer(child->age);
        append(children, json_pack("{s:o,s:s}", "age", age, "sex", sex));
    }
    for (size_t i = 0; i < referral->must_count; i++) {
        append(must, json_string(catalogue_slot(catalogue, referral->must[i])->code));
    }
    for (size_t i = 0; i < referral->prefer_count; i++) {
        REQUIRE(json_object_set_new(prefer, catalogue_slot(catalogue, referral->prefer[i])->code,
                                    json_integer(referral->prefer_weight[i])) == 0);
    }
    json_t *out = json_pack(
        "{s:s,s:I,s:o,s:{s:s,s:s,s:b},s:o,s:o,s:o}", "stage", referral_stage_name(referral->stage),
        "catalogue", (json_int_t)referral->catalogue, "children", children, "placement", "type",
        catalogue_slot(catalogue, referral->placement_type)->code, "needed_by",
        needed_code(referral->needed_by), "accept_unconfirmed", referral->accept_unconfirmed,
        "must", must, "prefer", prefer, "location", location_json(referral));
    REQUIRE(out != NULL);
    return out;
}
