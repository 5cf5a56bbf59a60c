/* SPDX-License-Identifier: Apache-2.0
 * `hearth-matcher directory sign` and `directory show`.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "matcher/commands.h"
#include "matcher/directory.h"
#include "proto/base/file.h"

struct options {
    struct cli_common common;
    const char *file;
    bool takes_file;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case ARGP_KEY_ARG:
        if (!options->takes_file || options->file)
            argp_error(state, "unexpected argument \"%s\"", arg);
        options->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (options->takes_file && !options->file) argp_error(state, "a FILE is needed");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool sign(const struct options *options, size_t *count, struct err *err)
{
    const char *home = command_home(&options->common);
    struct buf csv = {0};
    struct directory *directory = NULL;
    struct trust *trust = NULL;
    struct identity *identity = NULL;
    char name[256];
    (void)snprintf(name, sizeof name, "%s", options->file);
    bool ok =
        file_read(options->file, DIRECTORY_MAX, &csv, err) &&
        directory_parse(csv.data, csv.len, options->common.json ? NULL : command_print_finding,
                        name, &directory, err) &&
        identity_open_home(home, options->common.passphrase_fd, ROLE_MATCHER, &trust, &identity,
                           err) &&
        directory_write(home, identity, csv.data, csv.len, err);
    if (ok) *count = directory_count(directory);
    directory_unref(directory);
    if (identity) identity_close(identity);
    if (trust) trust_close(trust);
    buf_free(&csv);
    return ok;
}

int command_directory_sign(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "FILE.csv",
        .doc =
            "Checks every line (id, name, urn, judgement, frameworks, sector, contact and "
            "optionally tier) and signs the directory. A running matcher takes it over at once."};
    struct options options = {.takes_file = true};
    struct err err = {0};
    size_t count = 0;
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_USAGE;
    if (!sign(&options, &count, &err)) {
        return command_failed("directory sign", &options.common, &err);
    }
    if (options.common.json) {
        (void)printf("{\"agencies\":%zu}\n", count);
    } else {
        (void)printf("%s/%s: %zu agencies\n", command_home(&options.common), HOME_DIRECTORY, count);
    }
    return EXIT_DONE;
}

static json_t *describe(const struct agency *agency)
{
    json_t *frameworks = json_array();
    for (size_t i = 0; i < agency->framework_count; i++) {
        (void)json_array_append_new(frameworks, json_string(agency->frameworks[i]));
    }
    return json_pack("{s:s,s:s,s:s,s:s,s:o,s:s,s:s,s:s}", "id", agency->id, "name", agency->name,
                     "urn", agency->urn, "judgement", judgement_name(agency->judgement),
                     "frameworks", frameworks, "sector", sector_name(agency->sector), "contact",
                     agency->contact, "tier", agency->tier);
}

static void print_json(const struct directory *directory)
{
    json_t *agencies = json_array();
    for (size_t i = 0; i < directory_count(directory); i++) {
        (void)json_array_append_new(agencies, describe(directory_at(directory, i)));
    }
    json_t *whole = json_pack("{s:o}", "agencies", agencies);
    cli_print_json(whole);
}

static void print_table(const struct directory *directory)
{
    (void)printf("%-24s %-8s %-20s %-15s %s\n", "id", "urn", "judgement", "sector", "name");
    for (size_t i = 0; i < directory_count(directory); i++) {
        const struct agency *agency = directory_at(directory, i);
        (void)printf("%-24s %-8s %-20s %-15s %s\n", agency->id, agency->urn,
                     judgement_name(agency->judgement), sector_name(agency->sector), agency->name);
    }
}

/* Without a passphrase, so the signature is not looked at: `serve` verifies it. */
int command_directory_show(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .doc = "Lists the agencies of the signed directory in the home directory."};
    struct options options = {0};
    struct err err = {0};
    struct directory *directory = NULL;
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_USAGE;
    if (!directory_read(command_home(&options.common), NULL, &directory, &err)) {
        return command_failed("directory show", &options.common, &err);
    }
    if (options.common.json) {
        print_json(directory);
    } else {
        print_table(directory);
    }
    directory_unref(directory);
    return EXIT_DONE;
}
