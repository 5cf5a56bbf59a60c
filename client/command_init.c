/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "client/commands.h"
#include "client/la.h"
#include "client/report.h"

struct options {
    struct cli_common common;
    const char *matcher, *matcher_id;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case 'm': options->matcher = arg; return 0;
    case 'i': options->matcher_id = arg; return 0;
    case ARGP_KEY_END:
        if (!options->matcher || !options->matcher_id) {
            argp_error(state, "--matcher and --matcher-id are needed");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int command_init(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"matcher", 'm', "HOST:PORT", 0, "Where the matcher listens", 0},
        {"matcher-id", 'i', "ID", 0, "The organisation id in the matcher's certificate", 0},
        {0}};
    static const struct argp argp = {
        .options = entries, .parser = parse, .doc = "Writes config.json into the home directory."};
    struct options options = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    char *home = la_home(&options.common);
    bool ok = la_write_config(home, options.matcher, options.matcher_id, &err);
    if (ok) {
        (void)printf("%s/%s written\n", home, HOME_CONFIG);
    } else {
        cli_print_error("hearth init", options.common.json, &err);
    }
    free(home);
    if (ok) return EXIT_FOUND;
    return err.code == ERR_INVALID ? EXIT_BAD_REQUEST : EXIT_OTHER;
}
