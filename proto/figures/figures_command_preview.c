/* SPDX-License-Identifier: Apache-2.0
 * `figures preview`: exactly what would be contributed, without noise.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/csv_cell.h"
#include "proto/figures/figures_command.h"

#define CSV_HEAD "hub,period,table,area_code,area,category,pounds,value\r\n"

enum { OPTION_TABLE = 0x400, OPTION_CSV };

struct options {
    struct cli_common common;
    const struct figures_program *program;
    const char *hub;   /* NULL: all */
    const char *table; /* NULL: all that are on */
    bool csv;
    json_t *previews; /* with --json */
    size_t shown;     /* tables */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_TABLE: options->table = arg; return 0;
    case OPTION_CSV: options->csv = true; return 0;
    case ARGP_KEY_ARG:
        if (options->hub) argp_error(state, "\"%s\" is too much", arg);
        options->hub = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* One table of one hub's manifest, and its cells. */
struct sheet {
    const struct manifest *manifest;
    const struct figures_table *table;
    const int32_t *cells;
    size_t areas, outside;
};
struct cell {
    size_t area, category, point;
    int32_t value;
};
typedef void (*cell_fn)(const struct sheet *sheet, const struct cell *cell, void *ctx);

static void each_cell(const struct sheet *sheet, cell_fn each, void *ctx)
{
    const struct figures_table *table = sheet->table;
    for (size_t area = 0; area < sheet->areas; area++) {
        for (size_t category = 0; category < table->category_count; category++) {
            for (size_t point = 0; point < figures_points(table); point++) {
                struct cell cell = {area, category, point,
                                    sheet->cells[figures_cell(table, area, category, point)]};
                each(sheet, &cell, ctx);
            }
        }
    }
}

static int pounds_of(size_t point)
{
    return FIGURES_POINT_LOWEST + (int)point * FIGURES_POINT_STEP;
}

/* ---- CSV ---- */

static void put_cells(struct buf *out, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0) buf_text(out, ",");
        csv_cell(out, texts[i]);
    }
    buf_text(out, "\r\n");
}

static void csv_line(const struct sheet *sheet, const struct cell *cell, void *ctx)
{
    (void)ctx;
    const struct figures_table *table = sheet->table;
    const struct geography *areas = sheet->manifest->geography;
    char period[PERIOD_TEXT], point[16] = "", value[16];
    struct buf line = {0};
    if (table->measure == FIGURES_PRICES) {
        (void)snprintf(point, sizeof point, "%d", pounds_of(cell->point));
    }
    (void)snprintf(value, sizeof value, "%d", (int)cell->value);
    const char *const texts[] = {sheet->manifest->hub,
                                 period_text(sheet->manifest->period, period),
                                 table->name,
                                 geography_area_code(areas, table->by_authority, cell->area),
                                 geography_area_name(areas, table->by_authority, cell->area),
                                 table->categories[cell->category].code,
                                 point,
                                 value};
    put_cells(&line, texts, sizeof texts / sizeof *texts);
    (void)fwrite(line.data, 1, line.len, stdout);
    buf_wipe(&line);
}

/* ---- JSON ---- */

static void json_cell(const struct sheet *sheet, const struct cell *cell, void *ctx)
{
    const struct figures_table *table = sheet->table;
    const struct geography *areas = sheet->manifest->geography;
    bool price = table->measure == FIGURES_PRICES;
    figures_list(ctx, json_pack("{s:s,s:s,s:o,s:i}", "area",
                                geography_area_code(areas, table->by_authority, cell->area),
                                "category", table->categories[cell->category].code, "pounds",
                                price ? json_integer(pounds_of(cell->point)) : json_null(), "value",
                                (int)cell->value));
}

static json_t *sheet_json(const struct sheet *sheet)
{
    json_t *cells = json_array();
    each_cell(sheet, json_cell, cells);
    return json_pack("{s:s,s:s,s:I,s:o}", "table", sheet->table->name, "title", sheet->table->title,
                     "outside", (json_int_t)sheet->outside, "cells", cells);
}

/* ---- on the screen ---- */

struct printing {
    size_t area; /* of the line that was begun; SIZE_MAX: none was */
};

static void print_cell(const struct sheet *sheet, const struct cell *cell, void *ctx)
{
    struct printing *printing = ctx;
    const struct figures_table *table = sheet->table;
    if (cell->value == 0) return;
    if (cell->area != printing->area) {
        (void)printf(
            "%s  %-28s", printing->area == SIZE_MAX ? "" : "\n",
            geography_area_name(sheet->manifest->geography, table->by_authority, cell->area));
    } else {
        (void)printf(",");
    }
    printing->area = cell->area;
    (void)printf(" %s", table->categories[cell->category].code);
    if (table->measure == FIGURES_PRICES) (void)printf(" at %d pounds", pounds_of(cell->point));
    (void)printf(" %d", (int)cell->value);
}

static void print_sheet(const struct sheet *sheet)
{
    struct printing printing = {SIZE_MAX};
    (void)printf("%s: %s\n", sheet->table->name, sheet->table->title);
    each_cell(sheet, print_cell, &printing);
    (void)printf(printing.area == SIZE_MAX ? "  nothing but zeros\n" : "\n");
    if (sheet->outside > 0) {
        (void)printf("  (%zu lie in none of the areas and do not count)\n", sheet->outside);
    }
}

/* ---- one hub ---- */

static void show_sheet(struct options *options, const struct sheet *sheet, json_t *tables)
{
    if (options->csv) {
        each_cell(sheet, csv_line, NULL);
    } else if (tables) {
        figures_list(tables, sheet_json(sheet));
    } else {
        print_sheet(sheet);
    }
    options->shown++;
}

static void show_tables(struct options *options, const struct contributor_hub *hub,
                        const struct manifest *manifest, const struct tally *tally, json_t *tables,
                        json_t *off)
{
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct figures_table *table = manifest->terms[i].table;
        size_t count = 0;
        const int32_t *cells = tally_cells(tally, table->name, &count);
        if (!cells || (options->table && strcmp(options->table, table->name) != 0)) continue;
        if (hub->off[figures_table_index(table)]) {
            if (off) figures_list(off, json_string(table->name));
            if (!off && !options->csv) (void)printf("%s: turned off\n", table->name);
            options->shown++;
            continue;
        }
        const struct sheet sheet = {manifest, table, cells,
                                    geography_areas(manifest->geography, table->by_authority),
                                    tally_outside(tally, table->name)};
        show_sheet(options, &sheet, tables);
    }
}

static void show_hub(struct options *options, const struct contributor_hub *hub,
                     const struct manifest *manifest, const struct tally *tally)
{
    char period[PERIOD_TEXT];
    (void)period_text(manifest->period, period);
    if (options->previews) {
        json_t *tables = json_array(), *off = json_array();
        show_tables(options, hub, manifest, tally, tables, off);
        figures_list(options->previews,
                     json_pack("{s:s,s:s,s:b,s:o,s:o}", "hub", hub->id, "period", period, "joined",
                               (int)hub->joined, "off", off, "tables", tables));
        return;
    }
    if (!options->csv) {
        (void)printf("For %s, %s%s, without noise; zeros are left out here, and sent:\n", hub->id,
                     period, hub->joined ? "" : " (not joined: nothing is sent)");
    }
    show_tables(options, hub, manifest, tally, NULL, NULL);
}

static bool preview_hub(struct figures_desk *desk, struct options *options,
                        const struct contributor_hub *hub, struct err *err)
{
    struct agreement agreement = {0};
    struct tally *tally = NULL;
    if (!contributor_last(desk->contributor, hub->id, &agreement, err)) return false;
    bool ok = contributor_preview(desk->contributor, &agreement, clock_wall_ms(), &tally, err);
    if (ok) {
        show_hub(options, hub, &agreement.manifest, tally);
        tally_free(tally);
    }
    agreement_free(&agreement);
    return ok;
}

static bool preview_all(struct figures_desk *desk, struct options *options,
                        const struct contributor_hub *hubs, size_t count, struct err *err)
{
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        if (options->hub && strcmp(options->hub, hubs[i].id) != 0) continue;
        if (options->csv && done == 0) (void)printf(CSV_HEAD);
        if (!preview_hub(desk, options, &hubs[i], err)) return false;
        done++;
    }
    if (done > 0) {
        return options->shown > 0 || !options->table ||
               err_set(err, ERR_INVALID, "table", "\"%s\" is in no manifest that was seen",
                       options->table);
    }
    return err_set(err, ERR_NOT_FOUND, "hub",
                   "no manifest %s%s was seen here; 'figures send' looks for those that there are",
                   options->hub ? "of " : "of any hub", options->hub ? options->hub : "");
}

static bool check_table(struct figures_desk *desk, const char *name, struct err *err)
{
    const struct figures_table *table = name ? figures_table_find(name) : NULL;
    enum figures_side side = contributor_side(desk->contributor);
    return !name || (table && table->side == side) ||
           err_set(err, ERR_INVALID, "table",
                   "\"%s\" is none of the %s tables; 'figures terms HUB' lists them", name,
                   figures_side_name(side));
}

static bool preview(struct figures_desk *desk, void *ctx, int *code, struct err *err)
{
    (void)code;
    struct options *options = ctx;
    struct contributor_hub *hubs = NULL;
    size_t count = 0;
    if (!check_table(desk, options->table, err) ||
        !contributor_hubs(desk->contributor, &hubs, &count, err)) {
        return false;
    }
    if (options->common.json && !options->csv) options->previews = json_array();
    bool ok = preview_all(desk, options, hubs, count, err);
    free(hubs);
    if (ok && options->previews) {
        cli_print_json(json_pack("{s:o}", "previews", options->previews));
    } else {
        json_decref(options->previews);
    }
    return ok;
}

int figures_command_preview(int argc, char **argv, const struct figures_program *program)
{
    static const struct argp_option entries[] = {
        {"table", OPTION_TABLE, "TABLE", 0, "This table only", 0},
        {"csv", OPTION_CSV, NULL, 0, "Every cell as CSV, zeros too", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "[HUB]",
        .doc = "Shows exactly what would be contributed now, before noise is added. Spends and "
               "sends nothing."};
    struct options options = {.program = program};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return program->exit_wrong;
    return figures_run(&(struct figures_run){program, &options.common, argv[0], preview, &options});
}
