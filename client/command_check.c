/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "client/commands.h"
#include "client/map.h"
#include "client/notes.h"
#include "client/report.h"
#include "client/request_file.h"
#include "proto/base/cli.h"
#include "proto/base/mem.h"

static size_t acceptable_cells(const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->quadrant_count * QUADRANT_CELLS; i++) count += plan->hard_cell[i];
    return count;
}

static size_t preferences(const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->catalogue->slots; i++) count += plan->soft[i] > 0;
    return count;
}

/* The most that the place of a carer's home is worth; *cell is where. 0 without weights. */
static unsigned most_points(const struct plan *plan, uint16_t *cell)
{
    unsigned most = 0;
    for (size_t i = 0; i < plan->quadrant_count * QUADRANT_CELLS; i++) {
        if (plan->soft_cell[i] <= most) continue;
        most = plan->soft_cell[i];
        *cell =
            grid_quadrant_cell(plan->quadrants[i / QUADRANT_CELLS], (unsigned)(i % QUADRANT_CELLS));
    }
    return most;
}

static json_t *quadrant_names(const struct plan *plan)
{
    json_t *names = json_array();
    for (size_t i = 0; i < plan->quadrant_count; i++) {
        char name[GRID_NAME];
        grid_quadrant_name(plan->quadrants[i], name);
        (void)json_array_append_new(names, json_string(name));
    }
    return names;
}

static void append_places(const char *list, const struct anchor *places, size_t count, json_t *out)
{
    for (size_t i = 0; i < count; i++) {
        char field[64], cell[GRID_NAME];
        struct grid_point at = places[i].place.at;
        (void)snprintf(field, sizeof field, "location.%s[%zu].at", list, i);
        grid_cell_name(grid_cell_of(at), cell);
        json_t *item = json_pack("{s:s,s:i,s:i,s:s}", "field", field, "easting", (int)at.east,
                                 "northing", (int)at.north, "cell", cell);
        REQUIRE(item != NULL && json_array_append_new(out, item) == 0);
    }
}

static json_t *places_json(const struct request *request)
{
    json_t *list = json_array();
    append_places("anchors", request->anchors, request->anchor_count, list);
    append_places("avoid", request->avoid, request->avoid_count, list);
    return list;
}

static void print_json(const struct request *request, const struct plan *plan)
{
    uint16_t cell = 0;
    json_t *object =
        json_pack("{s:b,s:s,s:I,s:I,s:I,s:I,s:I,s:o,s:I,s:o,s:o}", "valid", 1, "search_ref",
                  request->search_ref, "children", (json_int_t)request->child_count, "musts",
                  (json_int_t)plan->musts, "preferences", (json_int_t)preferences(plan), "cells",
                  (json_int_t)acceptable_cells(plan), "most_cell_points",
                  (json_int_t)most_points(plan, &cell), "quadrants", quadrant_names(plan),
                  "quadrants_sent", (json_int_t)plan_footprint_size(plan), "places",
                  places_json(request), "notes", notes_json(request));
    cli_print_json(object);
}

static void print_points(const struct plan *plan)
{
    uint16_t cell = 0;
    unsigned most = most_points(plan, &cell);
    if (most == 0) {
        (void)printf("Where in them a carer lives makes no difference: no anchor has a weight.\n");
        return;
    }
    char name[GRID_NAME];
    grid_cell_name(cell, name);
    (void)printf("Where in them a carer lives is worth up to %u of %d points, the most in %s.\n",
                 most, SCORE_MAX, name);
}

/* Where a place was found, so that a person sees a wrong one. */
static void print_places(const char *what, const struct anchor *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char cell[GRID_NAME];
        struct grid_point at = places[i].place.at;
        grid_cell_name(grid_cell_of(at), cell);
        (void)printf("%s %zu%s%s: easting %d, northing %d, in %s; within %d km", what, i + 1,
                     places[i].name[0] ? ", " : "", places[i].name, (int)at.east, (int)at.north,
                     cell, (int)places[i].within_km);
        if (places[i].weight > 0) (void)printf(", weight %d", (int)places[i].weight);
        (void)putchar('\n');
    }
}

static void print_words(const struct request *request, const struct plan *plan)
{
    size_t preferred = preferences(plan);
    (void)printf("The request %s is valid: %zu child%s, %u must-conditions, %zu preference%s.\n",
                 request->search_ref, request->child_count, request->child_count == 1 ? "" : "ren",
                 (unsigned)plan->musts, preferred, preferred == 1 ? "" : "s");
    if (plan->quadrant_count == 0) {
        (void)printf("No location: everywhere counts.\n");
        return;
    }
    size_t cells = acceptable_cells(plan);
    print_places("Anchor", request->anchors, request->anchor_count);
    print_places("Avoid", request->avoid, request->avoid_count);
    (void)printf("%zu acceptable cell%s of 5 km in %zu quadrant%s of 50 km:", cells,
                 cells == 1 ? "" : "s", plan->quadrant_count, plan->quadrant_count == 1 ? "" : "s");
    for (size_t i = 0; i < plan->quadrant_count; i++) {
        char name[GRID_NAME];
        grid_quadrant_name(plan->quadrants[i], name);
        (void)printf(" %s", name);
    }
    (void)putchar('\n');
    print_points(plan);
    (void)printf("A search would show %zu quadrants to the matcher and the agencies, decoys "
                 "included.\n",
                 plan_footprint_size(plan));
}

int command_check(int argc, char **argv)
{
    static const struct argp_option options_known[] = {REQUEST_OPTION_MAP, {0}};
    static const struct argp argp = {
        .options = options_known,
        .parser = request_options_parse,
        .args_doc = "REQUEST.json",
        .doc = "Validates a request (\"-\" reads standard input) without sending anything."};
    struct request_options options = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    struct request *request = mem_new(struct request);
    struct plan *plan = mem_new(struct plan);
    bool ok = request_file_plan(&options, request, NULL, plan, &err);
    if (ok) notes_print(stderr, "hearth check", request);
    if (ok && options.map) {
        ok = map_write(options.map, &(struct map_subject){request, plan, NULL, 0}, &err);
    }
    if (!ok) {
        cli_print_error("hearth check", options.common.json, &err);
    } else if (options.common.json) {
        print_json(request, plan);
    } else {
        print_words(request, plan);
    }
    request_wipe(request);
    plan_wipe(plan);
    free(request);
    free(plan);
    return ok ? EXIT_FOUND : (int)exit_code_of(&err);
}
