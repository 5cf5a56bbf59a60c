/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "client/commands.h"
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

static void print_json(const struct request *request, const struct plan *plan)
{
    json_t *object = json_pack(
        "{s:b,s:s,s:I,s:I,s:I,s:I,s:o,s:I}", "valid", 1, "search_ref", request->search_ref,
        "children", (json_int_t)request->child_count, "musts", (json_int_t)plan->musts,
        "preferences", (json_int_t)preferences(plan), "cells", (json_int_t)acceptable_cells(plan),
        "quadrants", quadrant_names(plan), "quadrants_sent", (json_int_t)plan_footprint_size(plan));
    REQUIRE(object != NULL);
    (void)json_dumpf(object, stdout, JSON_COMPACT);
    (void)putchar('\n');
    json_decref(object);
}

static void print_words(const struct request *request, const struct plan *plan)
{
    (void)printf("The request %s is valid: %zu child%s, %u must-conditions, %zu preferences.\n",
                 request->search_ref, request->child_count, request->child_count == 1 ? "" : "ren",
                 (unsigned)plan->musts, preferences(plan));
    if (plan->quadrant_count == 0) {
        (void)printf("No location: everywhere counts.\n");
        return;
    }
    (void)printf("%zu acceptable cells of 5 km in %zu quadrants of 50 km:", acceptable_cells(plan),
                 plan->quadrant_count);
    for (size_t i = 0; i < plan->quadrant_count; i++) {
        char name[GRID_NAME];
        grid_quadrant_name(plan->quadrants[i], name);
        (void)printf(" %s", name);
    }
    (void)printf("\nA search would show %zu quadrants to the matcher and the agencies, decoys "
                 "included.\n",
                 plan_footprint_size(plan));
}

int command_check(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = request_options_parse,
        .args_doc = "REQUEST.json",
        .doc = "Validates a request (\"-\" reads standard input) without sending anything."};
    struct request_options options = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    struct request *request = mem_new(struct request);
    struct plan *plan = mem_new(struct plan);
    bool ok = request_file_plan(options.path, request, plan, &err);
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
