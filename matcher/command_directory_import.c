/* SPDX-License-Identifier: Apache-2.0
 * `hearth-matcher directory import`. Needs neither a home directory nor a key: `directory sign`
 * takes what it writes.
 */
#include "matcher/command_directory_import.h"

#include <stdio.h>
#include <stdlib.h>

#include "matcher/commands.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

enum { OPTION_OUT = 0x2000, OPTION_PREVIOUS, OPTION_FILL, OPTION_MISSING };

struct options {
    struct cli_common common;
    const char *file, *out, *previous, *fill, *missing;
};

/* What was read; all to be freed. */
struct sources {
    struct ofsted_list list;
    struct directory *previous;
    struct fill fill;
};

/* Nothing that is written may take the place of what is read; --out may that of --previous. */
static void check_outputs(const struct options *options, struct argp_state *state)
{
    const struct {
        const char *option, *out, *read, *what;
    } pairs[] = {{"--out", options->out, options->file, "FILE"},
                 {"--out", options->out, options->fill, "--fill"},
                 {"--out", options->out, options->missing, "--missing"},
                 {"--missing", options->missing, options->file, "FILE"},
                 {"--missing", options->missing, options->fill, "--fill"},
                 {"--missing", options->missing, options->previous, "--previous"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (!file_is_same(pairs[i].out, pairs[i].read)) continue;
        argp_error(state, "%s %s: another file than that of %s is wanted", pairs[i].option,
                   pairs[i].out, pairs[i].what);
    }
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_OUT: options->out = arg; return 0;
    case OPTION_PREVIOUS: options->previous = arg; return 0;
    case OPTION_FILL: options->fill = arg; return 0;
    case OPTION_MISSING: options->missing = arg; return 0;
    case ARGP_KEY_ARG:
        if (options->file) argp_error(state, "unexpected argument \"%s\"", arg);
        options->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (!options->file) argp_error(state, "a FILE is needed");
        if (!options->out) argp_error(state, "--out FILE is needed");
        check_outputs(options, state);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- reading ---- */

typedef bool (*parse_fn)(const struct buf *text, directory_finding_fn finding, void *ctx,
                         struct sources *sources, struct err *err);

static bool parse_list(const struct buf *text, directory_finding_fn finding, void *ctx,
                       struct sources *sources, struct err *err)
{
    return ofsted_parse(text->data, text->len, finding, ctx, &sources->list, err);
}

static bool parse_previous(const struct buf *text, directory_finding_fn finding, void *ctx,
                           struct sources *sources, struct err *err)
{
    return directory_parse(text->data, text->len, finding, ctx, &sources->previous, err);
}

static bool parse_fill(const struct buf *text, directory_finding_fn finding, void *ctx,
                       struct sources *sources, struct err *err)
{
    return fill_parse(text->data, text->len, finding, ctx, &sources->fill, err);
}

/* A file that was not asked for is none. what: how errors call it. */
static bool read_one(const struct options *options, const char *path, const char *what, size_t most,
                     parse_fn parse, struct sources *sources, struct err *err)
{
    if (!path) return true;
    struct buf text = {0};
    char *name = mem_string(path);
    bool ok = file_read(path, most, &text, err);
    if (ok &&
        !parse(&text, options->common.json ? NULL : command_print_finding, name, sources, err)) {
        const struct err found = *err;
        char field[ERR_FIELD_MAX];
        (void)snprintf(field, sizeof field, "%s%s%.80s", what, found.field[0] ? ": " : "",
                       found.field);
        ok = err_set(err, found.code, field, "%s", found.text);
    }
    buf_free(&text);
    free(name);
    return ok;
}

static bool read_all(const struct options *options, struct sources *sources, struct err *err)
{
    return read_one(options, options->file, "FILE", OFSTED_FILE_MAX, parse_list, sources, err) &&
           read_one(options, options->previous, "--previous", DIRECTORY_MAX, parse_previous,
                    sources, err) &&
           read_one(options, options->fill, "--fill", DIRECTORY_MAX, parse_fill, sources, err);
}

/* ---- merging and writing ---- */

static bool write_one(const char *path, const struct directory_import *import,
                      void (*write)(const struct directory_import *, struct buf *), struct err *err)
{
    struct buf text = {0};
    if (!path) return true;
    write(import, &text);
    bool ok = file_write(path, text.data, text.len, 0644, err);
    buf_free(&text);
    return ok;
}

static bool merge(const struct options *options, struct sources *sources,
                  struct directory_import *import, struct err *err)
{
    char *name = mem_string(options->fill ? options->fill : options->file);
    bool ok =
        directory_import(&sources->list, sources->previous, &sources->fill,
                         options->common.json ? NULL : command_print_finding, name, import, err);
    free(name);
    return ok;
}

static bool run(const struct options *options, struct sources *sources,
                struct directory_import *import, struct err *err)
{
    return read_all(options, sources, err) && merge(options, sources, import, err) &&
           write_one(options->missing, import, directory_import_write_missing, err) &&
           write_one(options->out, import, directory_import_write, err);
}

static void tell(const struct options *options, const struct sources *sources,
                 const struct directory_import *import)
{
    const struct import_told told = {.out_file = options->out,
                                     .missing_file = options->missing,
                                     .list = &sources->list,
                                     .fill = &sources->fill,
                                     .import = import};
    if (options->common.json) {
        import_tell_json(&told);
    } else {
        import_tell(&told);
    }
}

int command_directory_import(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"out", OPTION_OUT, "FILE", 0, "The agencies.csv to write; an old one is replaced", 0},
        {"previous", OPTION_PREVIOUS, "FILE", 0,
         "The agencies.csv before: ids, contacts, frameworks and tiers are kept by URN, and so are "
         "local authorities' own services; changes are told",
         0},
        {"fill", OPTION_FILL, "FILE", 0,
         "What the list does not say: urn, contact and optionally frameworks, tier, id, name", 0},
        {"missing", OPTION_MISSING, "FILE", 0,
         "Where to write what is still missing, ready to be completed for --fill", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse_option,
        .args_doc = "FILE.csv",
        .doc = "Makes agencies.csv from the list of providers that Ofsted publishes: its "
               "independent fostering agencies whose registration is active. Exit code 4: written, "
               "but contact, frameworks or URN of some are still missing."};
    struct options options = {0};
    struct sources sources = {0};
    struct directory_import import = {0};
    struct err err = {0};
    int code = EXIT_DONE;
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_USAGE;
    if (run(&options, &sources, &import, &err)) {
        tell(&options, &sources, &import);
        if (import.missing > 0) code = EXIT_INCOMPLETE;
    } else {
        code = command_failed("directory import", &options.common, &err);
    }
    directory_import_free(&import);
    ofsted_free(&sources.list);
    directory_unref(sources.previous);
    fill_free(&sources.fill);
    return code;
}
