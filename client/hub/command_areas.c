/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub areas`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/hub/areas.h"
#include "client/hub/commands.h"
#include "client/hub/enrolled.h"
#include "client/hub/home.h"
#include "client/hub/table_file.h"
#include "client/report.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

enum { OPTION_CODE = 0x500, OPTION_NAME, OPTION_REGION, OPTION_REGIONS };

struct options {
    struct cli_common common;
    const char *file, *regions;
    struct areas_fields fields;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_CODE: options->fields.code = arg; return 0;
    case OPTION_NAME: options->fields.name = arg; return 0;
    case OPTION_REGION: options->fields.region = arg; return 0;
    case OPTION_REGIONS: options->regions = arg; return 0;
    case ARGP_KEY_ARG:
        if (options->file) argp_error(state, "one file of boundaries is wanted");
        options->file = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- drawing them up ---- */

static bool read_regions(const struct options *options, struct areas_regions *out, struct err *err)
{
    struct buf text = {0};
    if (!options->regions) {
        areas_england(out);
        return true;
    }
    bool ok = file_read(options->regions, TABLE_FILE_MAX, &text, err) &&
              areas_regions_parse(text.data, text.len, out, err);
    buf_free(&text);
    /* Whatever is wrong with it, it was named by the user. */
    return ok || (err->code = ERR_INVALID, err_in(err, "regions"));
}

static bool read_boundaries(const struct options *options, struct areas_drawn *out, struct err *err)
{
    struct areas_regions regions;
    struct buf text = {0};
    if (!read_regions(options, &regions, err)) return false;
    bool ok = file_read(options->file, AREAS_FILE_MAX, &text, err) &&
              areas_draw(text.data, text.len, &options->fields, &regions, out, err);
    buf_free(&text);
    if (!ok && err->code == ERR_NOT_FOUND) err->code = ERR_INVALID;
    return ok;
}

/* Areas that leave an LA without its authority are told now and not when a period is opened. */
static void warn_enrolled(const char *home, const struct geography *geography)
{
    struct enrolled enrolled;
    struct err err;
    if (!enrolled_read(home, &enrolled, &err)) return;
    if (!enrolled_check(&enrolled, geography, &err)) {
        (void)fprintf(stderr, "hearth hub areas: warning: %s\n", err.text);
    }
    enrolled_free(&enrolled);
}

static bool draw(const struct options *options, const char *home, struct areas_drawn *out,
                 struct err *err)
{
    if (!read_boundaries(options, out, err) || !file_make_dirs(home, 0700, err) ||
        !areas_write(home, &out->geography, err)) {
        return false;
    }
    warn_enrolled(home, &out->geography);
    return true;
}

/* ---- telling ---- */

static size_t cells_in_all(const struct areas_drawn *drawn)
{
    size_t cells = 0;
    for (size_t i = 0; i < drawn->geography.authority_count; i++) cells += drawn->cells[i];
    return cells;
}

static json_t *authorities_json(const struct areas_drawn *drawn)
{
    const struct geography *geography = &drawn->geography;
    json_t *list = json_array();
    for (size_t i = 0; i < geography->authority_count; i++) {
        const struct geography_authority *one = &geography->authorities[i];
        (void)json_array_append_new(
            list, json_pack("{s:s,s:s,s:s,s:I,s:b}", "code", one->code, "name", one->name, "region",
                            geography->regions[one->region].code, "cells",
                            (json_int_t)drawn->cells[i], "by_point", (int)drawn->by_point[i]));
    }
    return list;
}

static void print_json(const struct areas_drawn *drawn, bool drawn_now)
{
    const struct geography *geography = &drawn->geography;
    json_t *regions = json_array();
    for (size_t i = 0; i < geography->region_count; i++) {
        (void)json_array_append_new(regions,
                                    json_pack("{s:s,s:s}", "code", geography->regions[i].code,
                                              "name", geography->regions[i].name));
    }
    json_t *object = json_pack("{s:I,s:o,s:o}", "cells", (json_int_t)cells_in_all(drawn), "regions",
                               regions, "authorities", authorities_json(drawn));
    if (drawn_now) {
        (void)json_object_set_new(object, "shared_cells", json_integer((json_int_t)drawn->shared));
    }
    cli_print_json(object);
}

static void print_list(const struct areas_drawn *drawn)
{
    const struct geography *geography = &drawn->geography;
    for (size_t i = 0; i < geography->authority_count; i++) {
        const struct geography_authority *one = &geography->authorities[i];
        (void)printf("%-9s  %4zu cells  %s, %s\n", one->code, drawn->cells[i], one->name,
                     geography->regions[one->region].name);
    }
}

static void print_drawn(const struct areas_drawn *drawn, const char *home)
{
    const struct geography *geography = &drawn->geography;
    for (size_t i = 0; i < geography->authority_count; i++) {
        const struct geography_authority *one = &geography->authorities[i];
        if (drawn->by_point[i]) {
            (void)printf("%s %s: no cell has its centre inside; it gets the one in which its "
                         "middle lies\n",
                         one->code, one->name);
        } else if (drawn->cells[i] == 0) {
            (void)printf("%s %s: has no cell; households there count for its neighbours, children "
                         "that its LA asks for count as they should\n",
                         one->code, one->name);
        }
    }
    if (drawn->shared > 0) {
        (void)printf("%zu cells lie in more than one authority; each counts for the one with the "
                     "lowest code\n",
                     drawn->shared);
    }
    (void)printf("%s/%s written: %zu authorities in %zu regions, %zu cells\n", home, HOME_AREAS,
                 geography->authority_count, geography->region_count, cells_in_all(drawn));
}

static bool show(const char *home, struct areas_drawn *out, struct err *err)
{
    if (!areas_read(home, &out->geography, err)) return false;
    areas_count(out);
    return true;
}

static int run(const struct options *options, const char *home, struct areas_drawn *drawn)
{
    struct err err = {0};
    bool drawn_now = options->file != NULL;
    if (!(drawn_now ? draw(options, home, drawn, &err) : show(home, drawn, &err))) {
        return hub_fail("areas", &options->common, &err);
    }
    if (options->common.json) {
        print_json(drawn, drawn_now);
    } else if (drawn_now) {
        print_drawn(drawn, home);
    } else {
        print_list(drawn);
    }
    return EXIT_FOUND;
}

int command_hub_areas(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"code-field", OPTION_CODE, "NAME", 0, "Property with an authority's code (default ons)",
         0},
        {"name-field", OPTION_NAME, "NAME", 0, "Property with its name (default name)", 0},
        {"region-field", OPTION_REGION, "NAME", 0,
         "Property with the name or code of its region (default region)", 0},
        {"regions", OPTION_REGIONS, "FILE", 0,
         "CSV with the regions' codes and names, columns code and name (default: England's nine)",
         0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "[FILE]",
        .doc = "Draws up the areas of the tables from boundaries: a GeoJSON FeatureCollection with "
               "one feature an authority. Without a file: lists the areas that there are."};
    struct options options = {.fields = {.code = "ons", .name = "name", .region = "region"}};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    struct areas_drawn *drawn = mem_new(struct areas_drawn);
    char *home = hub_home(&options.common);
    int code = run(&options, home, drawn);
    free(home);
    free(drawn);
    return code;
}
