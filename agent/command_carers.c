/* SPDX-License-Identifier: Apache-2.0
 * list, show, remove, export.
 */
#include <stdio.h>

#include "agent/carer_text.h"
#include "agent/commands.h"
#include "agent/home.h"
#include "proto/base/clear_output.h"

struct options {
    struct cli_common common;
    char **args;
    int count, min, max;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case ARGP_KEY_ARGS:
        options->args = state->argv + state->next;
        options->count = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        if (options->count < options->min || options->count > options->max) argp_usage(state);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int with_home(const struct argp *argp, int argc, char **argv, struct options *options,
                     home_fn run)
{
    int code = cli_parse(argp, argc, argv, options, &options->common);
    return code != 0 ? code : home_run(argv[0], &options->common, run, options);
}

/* ---- list ---- */

static void print_line(const struct profile *profile)
{
    char cell[GRID_NAME];
    struct buf ages = {0};
    struct buf date = {0};
    grid_cell_name(profile->cell, cell);
    carer_ages(profile, &ages);
    carer_day(profile->status_date, &date);
    (void)printf("%-20s %-14s %-10.*s %d/%d  %-7s %.*s\n", profile->ref,
                 status_name(profile->status), (int)date.len, (const char *)date.data,
                 profile->places, profile->approved_places, cell, (int)ages.len,
                 (const char *)ages.data);
    buf_wipe(&ages);
    buf_wipe(&date);
}

static int run_list(const void *ctx, struct home *home, struct err *err)
{
    const struct options *options = ctx;
    struct profile_list list = {0};
    if (!profile_list_read(home->vault, &list, err)) return -1;
    if (options->common.json) {
        json_t *carers = json_array();
        for (size_t i = 0; i < list.count; i++) {
            json_t *one = carer_json(&list.items[i], catalogue_get(CATALOGUE_VERSION));
            REQUIRE(json_array_append_new(carers, one) == 0);
        }
        cli_print_json(json_pack("{s:o}", "carers", carers));
    } else {
        for (size_t i = 0; i < list.count; i++) print_line(&list.items[i]);
        (void)fprintf(stderr, "%zu carers\n", list.count);
    }
    profile_list_free(&list);
    return EXIT_OK;
}

int command_list(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .doc = "Lists reference, status and its date, places free and approved, 5 km cell, ages."};
    struct options options = {0};
    return with_home(&argp, argc, argv, &options, run_list);
}

/* ---- show ---- */

static void print_codes(const struct profile *profile)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    for (uint16_t slot = 0; slot < catalogue->slots; slot++) {
        if (!profile_holds(profile, slot)) continue;
        const struct criterion *criterion = catalogue_slot(catalogue, slot);
        (void)printf("  %-10s %s\n", criterion->code, criterion->label);
    }
}

static void print_field(const char *label, struct buf *text)
{
    (void)printf("%-16s %.*s\n", label, (int)text->len, text->data ? (const char *)text->data : "");
    buf_wipe(text);
}

static void print_carer(const struct profile *profile)
{
    struct buf text = {0};
    char cell[GRID_NAME];
    grid_cell_name(profile->cell, cell);
    (void)printf("%-16s %s\n%-16s %s\n%-16s %s (cell %s)\n", "Reference", profile->ref, "Name",
                 profile->name, "Location", profile->location, cell);
    carer_ages(profile, &text);
    print_field("Ages", &text);
    carer_sexes(profile, &text);
    print_field("Sexes", &text);
    (void)printf("%-16s %d free, %d approved\n%-16s %s\n", "Places", profile->places,
                 profile->approved_places, "Status", status_name(profile->status));
    carer_day(profile->status_date, &text);
    print_field("Status date", &text);
    carer_day(profile->available_from, &text);
    print_field("Available from", &text);
    print_codes(profile);
}

static int run_show(const void *ctx, struct home *home, struct err *err)
{
    const struct options *options = ctx;
    struct secret room = secret_new(sizeof(struct profile));
    struct profile *profile = (struct profile *)(void *)room.data;
    bool ok = vault_get(home->vault, options->args[0], profile, err);
    if (ok && options->common.json) {
        cli_print_json(carer_json(profile, catalogue_get(CATALOGUE_VERSION)));
    } else if (ok) {
        print_carer(profile);
    }
    secret_free(&room);
    return ok ? EXIT_OK : -1;
}

int command_show(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse, .args_doc = "REF", .doc = "Shows everything held on one carer."};
    struct options options = {.min = 1, .max = 1};
    return with_home(&argp, argc, argv, &options, run_show);
}

/* ---- remove ---- */

static int run_remove(const void *ctx, struct home *home, struct err *err)
{
    const struct options *options = ctx;
    size_t count = (size_t)options->count;
    if (!vault_remove(home->vault, (const char *const *)options->args, count, err)) return -1;
    if (options->common.json) {
        cli_print_json(json_pack("{s:i}", "removed", options->count));
    } else {
        (void)printf("%zu removed\n", count);
    }
    return EXIT_OK;
}

int command_remove(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "REF...",
        .doc = "Removes the named carers: all of them, or none where one is not held."};
    struct options options = {.min = 1, .max = 100000};
    return with_home(&argp, argc, argv, &options, run_remove);
}

/* ---- export ---- */

static int run_export(const void *ctx, struct home *home, struct err *err)
{
    const struct options *options = ctx;
    struct profile_list list = {0};
    struct buf text = {0};
    bool ok = profile_list_read(home->vault, &list, err);
    if (ok) {
        carer_csv(&list, catalogue_get(CATALOGUE_VERSION), &text);
        ok = clear_output(options->count == 1 ? options->args[0] : NULL, &text, err);
    }
    buf_wipe(&text);
    profile_list_free(&list);
    return ok ? EXIT_OK : -1;
}

int command_export(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "[FILE.csv]",
        .doc = "Writes all carers as CSV that imports again to the same, to a new file (mode 0600) "
               "or to standard output. The output is not encrypted."};
    struct options options = {.max = 1};
    return with_home(&argp, argc, argv, &options, run_export);
}
