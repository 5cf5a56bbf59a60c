/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub show`.
 */
#include <stdio.h>
#include <string.h>

#include "client/hub/commands.h"
#include "client/hub/home.h"
#include "client/hub/options.h"
#include "client/hub/page.h"
#include "client/hub/show.h"
#include "client/report.h"
#include "proto/base/clear_output.h"
#include "proto/base/json_wipe.h"

enum { OPTION_CSV = 0x400, OPTION_HTML };

struct options {
    struct cli_common common;
    struct wanted wanted;
    const char *table; /* NULL: none was named */
    const char *html;  /* a file, or "-"; else NULL */
    bool csv;
};

static void check(const struct options *options, struct argp_state *state)
{
    if (options->csv + options->common.json + (options->html != NULL) > 1) {
        argp_error(state, "one of --csv, --json and --html is wanted");
    }
    if (options->html && options->table) {
        argp_error(state, "--html makes one page of all tables: \"%s\" is too much",
                   options->table);
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_CSV: options->csv = true; return 0;
    case OPTION_HTML: options->html = arg; return 0;
    case ARGP_KEY_ARG:
        if (options->table) argp_error(state, "\"%s\" is too much: one table is wanted", arg);
        options->table = arg;
        return 0;
    case ARGP_KEY_END: check(options, state); return 0;
    default: return wanted_option(&options->wanted, key, arg, state);
    }
}

/* The list of tables, where nothing narrower is wanted. */
static bool is_list(const struct options *options)
{
    const struct wanted *wanted = &options->wanted;
    return !options->table && !options->csv && !options->html && wanted->area_count == 0 &&
           wanted->from == 0 && wanted->to == 0;
}

static bool check_table(const char *table, struct err *err)
{
    if (!table || figures_table_find(table)) return true;
    return err_set(err, ERR_NOT_FOUND, "table",
                   "\"%s\" is no table; 'hearth hub show' lists those that there are", table);
}

static bool make_page(struct options *options, const struct shelf *shelf, struct buf *out,
                      struct err *err)
{
    return wanted_periods(&options->wanted, shelf, NULL, PAGE_MONTHS, err) &&
           page_make(shelf, &options->wanted, out, err);
}

static bool make(struct options *options, const struct shelf *shelf, struct buf *out,
                 struct err *err)
{
    const struct wanted *wanted = &options->wanted;
    json_t *object = NULL;
    if (options->html) return make_page(options, shelf, out, err);
    if (is_list(options)) {
        if (options->common.json) object = show_list_json(shelf);
        if (!object) show_list(shelf, out);
    } else {
        if (!wanted_periods(&options->wanted, shelf, options->table, 1, err)) return false;
        if (options->csv) return show_csv(shelf, options->table, wanted, out, err);
        if (!options->common.json) return show_text(shelf, options->table, wanted, out, err);
        if (!show_json(shelf, options->table, wanted, &object, err)) return false;
    }
    if (!object) return true;
    json_append(object, JSON_COMPACT | JSON_REAL_PRECISION(12), out);
    buf_u8(out, '\n');
    json_decref(object);
    return true;
}

static bool show(struct options *options, struct err *err)
{
    struct hub hub = {0};
    struct shelf shelf = {0};
    struct buf text = {0};
    bool ok = check_table(options->table, err) && hub_open(&options->common, &hub, err) &&
              shelf_read(hub.collection, &shelf, err);
    hub_close(&hub);
    ok = ok && make(options, &shelf, &text, err) && clear_output(options->html, &text, err);
    if (ok && clear_output_is_file(options->html) && !options->common.quiet) {
        (void)fprintf(stderr, "%s written\n", options->html);
    }
    shelf_free(&shelf);
    buf_free(&text);
    return ok;
}

int command_hub_show(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        WANTED_OPTIONS,
        {"csv", OPTION_CSV, NULL, 0, "as table,period,area,category,value", 0},
        {"html", OPTION_HTML, "FILE", 0,
         "write one page with all tables and charts to a new file ('-': to standard output)", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "[TABLE]",
        .doc =
            "Shows a table that was released, of its last month unless others are named. Without "
            "TABLE and options it lists the tables that there are; with options it shows all of "
            "them."};
    struct options options = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    return show(&options, &err) ? EXIT_FOUND : hub_fail("show", &options.common, &err);
}
