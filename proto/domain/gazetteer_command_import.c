/* SPDX-License-Identifier: Apache-2.0
 * `gazetteer import`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/domain/gazetteer_command.h"
#include "proto/domain/gazetteer_import.h"

struct options {
    struct cli_common common;
    const char **files;
    size_t count;
    bool replace;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case 'r': options->replace = true; return 0;
    case ARGP_KEY_ARG:
        options->files = mem_resize(options->files, options->count + 1, sizeof *options->files);
        options->files[options->count++] = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a file, ZIP file or directory is wanted");
        return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- progress, on a terminal only ---- */

enum { BAR = 40 };

struct progress {
    bool shown;
    int percent;
};

static void show_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct progress *progress = ctx;
    int percent = total > 0 ? (int)(done * 100 / total) : 100;
    if (!progress->shown || percent == progress->percent) return;
    progress->percent = percent;
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++) bar[i] = i < percent * BAR / 100 ? '#' : '.';
    bar[BAR] = '\0';
    (void)fprintf(stderr, "\rReading  [%s] %3d%%", bar, percent);
    (void)fflush(stderr);
}

static void clear_progress(const struct progress *progress)
{
    if (progress->shown && progress->percent >= 0) (void)fprintf(stderr, "\r\033[K");
}

/* ---- the result ---- */

static json_t *source_json(const struct gazetteer_source *source)
{
    const struct gazetteer_tally *tally = &source->tally;
    json_t *problems = json_array();
    for (size_t i = 0; i < tally->problem_count; i++) {
        json_t *item = json_pack("{s:I,s:s}", "line", (json_int_t)tally->problems[i].line, "text",
                                 tally->problems[i].text);
        REQUIRE(item && json_array_append_new(problems, item) == 0);
    }
    return json_pack(
        "{s:s,s:s,s:I,s:I,s:I,s:{s:I,s:I,s:I,s:I},s:I,s:o}", "name", source->name, "kind",
        gazetteer_file_kind_name(source->kind), "files", (json_int_t)source->files, "rows",
        (json_int_t)tally->rows, "taken", (json_int_t)tally->taken, "left_out", "no_reference",
        (json_int_t)tally->no_reference, "other_grid", (json_int_t)tally->other_grid, "outside",
        (json_int_t)tally->outside, "other_type", (json_int_t)tally->other_type, "malformed",
        (json_int_t)tally->malformed, "problems", problems);
}

static void print_json(const char *path, const struct gazetteer_report *report,
                       const struct gazetteer_counts *counts, int64_t elapsed_ms)
{
    json_t *sources = json_array();
    for (size_t i = 0; i < report->count; i++) {
        json_t *item = source_json(&report->sources[i]);
        REQUIRE(item && json_array_append_new(sources, item) == 0);
    }
    cli_print_json(json_pack("{s:s,s:o,s:I,s:I,s:o}", "gazetteer", path, "imported", sources,
                             "files_left_out", (json_int_t)report->files_left_out, "elapsed_ms",
                             (json_int_t)elapsed_ms, "holds", gazetteer_counts_json(counts)));
}

static void print_left_out(uint64_t count, const char *why)
{
    if (count > 0) (void)printf("  left out: %llu %s\n", (unsigned long long)count, why);
}

static void print_source(const struct gazetteer_source *source)
{
    const struct gazetteer_tally *tally = &source->tally;
    (void)printf("%s: %s, %llu of %llu rows taken", source->name,
                 gazetteer_file_kind_label(source->kind), (unsigned long long)tally->taken,
                 (unsigned long long)tally->rows);
    if (source->files > 1) (void)printf(" from %llu files", (unsigned long long)source->files);
    (void)printf("\n");
    print_left_out(tally->no_reference, "without a grid reference");
    print_left_out(tally->other_grid, "of Northern Ireland or the Channel Islands");
    print_left_out(tally->outside, "outside the National Grid");
    print_left_out(tally->other_type, "that are not towns, villages or suburbs");
    print_left_out(tally->malformed, "malformed");
    (void)fflush(stdout);
    for (size_t i = 0; i < tally->problem_count; i++) {
        (void)fprintf(stderr, "%s:%u: %s\n", source->name, (unsigned)tally->problems[i].line,
                      tally->problems[i].text);
    }
}

static void print_words(const char *path, const struct gazetteer_report *report,
                        const struct gazetteer_counts *counts, int64_t elapsed_ms)
{
    for (size_t i = 0; i < report->count; i++) print_source(&report->sources[i]);
    if (report->files_left_out > 0) {
        (void)printf("%llu other CSV files were left out\n",
                     (unsigned long long)report->files_left_out);
    }
    (void)printf("%s, after %.1f s: ", path, (double)elapsed_ms / 1000);
    gazetteer_counts_print(counts);
}

static bool count(const char *path, struct gazetteer_counts *counts, struct err *err)
{
    struct gazetteer *gazetteer = NULL;
    bool ok = gazetteer_open(path, &gazetteer, err) && gazetteer_count(gazetteer, counts, err);
    gazetteer_close(gazetteer);
    return ok;
}

static int import(const struct options *options, const char *command, const char *path)
{
    struct progress progress = {.shown = !options->common.quiet && isatty(STDERR_FILENO),
                                .percent = -1};
    const struct gazetteer_import_options how = {
        .replace = options->replace, .progress = show_progress, .ctx = &progress};
    struct gazetteer_report report = {0};
    struct gazetteer_counts counts = {0};
    struct err err = {0};
    int64_t start = clock_steady_ms();
    bool ok = gazetteer_import(path, options->files, options->count, &how, &report, &err) &&
              count(path, &counts, &err);
    clear_progress(&progress);
    int code = GAZETTEER_DONE;
    if (!ok) {
        code = gazetteer_fail(command, &options->common, &err);
    } else if (options->common.json) {
        print_json(path, &report, &counts, clock_steady_ms() - start);
    } else {
        print_words(path, &report, &counts, clock_steady_ms() - start);
    }
    gazetteer_report_free(&report);
    return code;
}

int gazetteer_command_import(int argc, char **argv, gazetteer_home_fn home)
{
    static const struct argp_option entries[] = {
        {"replace", 'r', NULL, 0, "Forget what was imported before", 0}, {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "FILE...",
        .doc = "Makes postcodes and place names known. FILE is a CSV file, the ZIP file as "
               "published, or a directory of them: the ONS Postcode Directory, OS Code-Point Open, "
               "OS Open Names, or lists of postcode sectors or districts "
               "(code,easting,northing). Adds to what is there; either all is done or nothing."};
    struct options options = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    if (code == 0) {
        char *directory = home(&options.common), *path = file_join(directory, HOME_GAZETTEER);
        code = import(&options, argv[0], path);
        free(path);
        free(directory);
    }
    free(options.files);
    return code;
}
