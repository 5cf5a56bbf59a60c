/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "agent/commands.h"
#include "agent/home.h"
#include "agent/import.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"

struct options {
    struct cli_common common;
    const char *file;
    bool replace, dry_run, skip_bad;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case 'r': options->replace = true; return 0;
    case 'n': options->dry_run = true; return 0;
    case 's': options->skip_bad = true; return 0;
    case ARGP_KEY_ARG:
        if (options->file) argp_error(state, "one file is wanted");
        options->file = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a CSV file is wanted (\"-\": standard input)");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static json_t *problems_json(const struct import_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->problem_count; i++) {
        const struct import_problem *p = report->problems[i];
        json_t *item = json_pack("{s:i,s:s,s:s,s:s}", "line", (int)p->line, "column", p->column,
                                 "value", p->value, "message", p->text);
        REQUIRE(item && json_array_append_new(list, item) == 0);
    }
    return list;
}

static void print_problems(const char *file, const struct import_report *report)
{
    for (size_t i = 0; i < report->problem_count; i++) {
        const struct import_problem *p = report->problems[i];
        (void)fprintf(stderr, "%s:%u: %s%s", file, (unsigned)p->line, p->column,
                      p->column[0] ? " " : "");
        if (p->value[0]) (void)fprintf(stderr, "\"%s\"", p->value);
        (void)fprintf(stderr, "%s%s\n", p->column[0] || p->value[0] ? ": " : "", p->text);
    }
    if (report->problem_total > report->problem_count) {
        (void)fprintf(stderr, "%s: %zu more problems are not shown\n", file,
                      report->problem_total - report->problem_count);
    }
}

static int report_bad(const struct options *options, const struct import_report *report)
{
    char text[ERR_TEXT_MAX];
    if (report->bad_headings) {
        (void)snprintf(text, sizeof text, "the headings are wrong; nothing was imported");
    } else {
        (void)snprintf(text, sizeof text, "%zu of %zu rows are wrong; nothing was imported",
                       report->bad_rows, report->rows);
    }
    if (options->common.json) {
        home_print_json(json_pack("{s:{s:s,s:s,s:s},s:I,s:o}", "error", "code", "invalid", "field",
                                  "rows", "message", text, "problem_count",
                                  (json_int_t)report->problem_total, "problems",
                                  problems_json(report)));
    } else {
        print_problems(options->file, report);
        (void)fprintf(stderr, "hearth-agent import: %s\n", text);
    }
    return EXIT_BAD_INPUT;
}

static void report_good(const struct options *options, const struct import_report *report,
                        const struct vault_changes *changes)
{
    if (options->common.json) {
        home_print_json(
            json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:o}", "rows", (json_int_t)report->rows,
                      "added", (json_int_t)changes->added, "changed", (json_int_t)changes->changed,
                      "unchanged", (json_int_t)changes->unchanged, "removed",
                      (json_int_t)changes->removed, "skipped", (json_int_t)report->bad_rows,
                      "dry_run", options->dry_run, "problems", problems_json(report)));
        return;
    }
    print_problems(options->file, report);
    (void)printf("%zu added, %zu changed, %zu unchanged, %zu removed, %zu skipped%s\n",
                 changes->added, changes->changed, changes->unchanged, changes->removed,
                 report->bad_rows, options->dry_run ? " (dry run: nothing was changed)" : "");
}

static int import(const struct options *options, struct home *home, const struct profile_list *list,
                  const struct import_report *report)
{
    struct vault_changes changes = {0};
    struct err err = {0};
    if (report->bad_headings || (report->bad_rows > 0 && !options->skip_bad)) {
        return report_bad(options, report);
    }
    if (!vault_import(home->vault, list->items, list->count, options->replace, options->dry_run,
                      &changes, &err)) {
        return home_fail("hearth-agent import", &options->common, &err);
    }
    report_good(options, report, &changes);
    return EXIT_OK;
}

static int run(const struct options *options)
{
    struct home home = {0};
    struct buf text = {0};
    struct profile_list list = {0};
    struct import_report report = {0};
    struct err err = {0};
    int code = EXIT_OK;
    if (home_open(&options->common, &home, &err) &&
        file_read(options->file, IMPORT_FILE_MAX, &text, &err) &&
        import_parse(text.data, text.len, catalogue_get(CATALOGUE_VERSION),
                     clock_london_day(clock_wall_ms()), &list, &report, &err)) {
        buf_wipe(&text);
        code = import(options, &home, &list, &report);
    } else {
        if (home.vault && err.code == ERR_NOT_FOUND) err.code = ERR_INVALID; /* the file given */
        code = home_fail("hearth-agent import", &options->common, &err);
    }
    buf_wipe(&text);
    profile_list_free(&list);
    import_report_free(&report);
    home_close(&home);
    return code;
}

int command_import(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"replace", 'r', NULL, 0, "Also remove the carers that are not in the file", 0},
        {"dry-run", 'n', NULL, 0, "Check and count; change nothing", 0},
        {"skip-bad", 's', NULL, 0, "Import the good rows and list the ones left out", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "FILE.csv",
        .doc = "Adds and updates carers by their reference, all in one step. Nothing is imported "
               "unless every row is good. The columns are described in hearth-agent(1)."};
    struct options options = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    return code != 0 ? code : run(&options);
}
