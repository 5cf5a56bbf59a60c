/* SPDX-License-Identifier: Apache-2.0
 * `hearth criteria` and `hearth-agent criteria`.
 */
#include "proto/base/cli.h"
#include "proto/domain/criteria.h"

enum { EXIT_LISTED = 0, EXIT_WRONG = 2, EXIT_NOTHING = 3 };
enum { OPTION_GROUP = 0x100, OPTION_SEARCH, OPTION_STANDARD, OPTION_VERSION };

struct options {
    struct cli_common common;
    struct criteria_choice choice;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_GROUP: options->choice.group = arg; return 0;
    case OPTION_SEARCH: options->choice.search = arg; return 0;
    case OPTION_STANDARD: options->choice.standard = arg; return 0;
    case OPTION_VERSION: options->choice.version = arg; return 0;
    case ARGP_KEY_ARG: argp_error(state, "no argument is wanted: use --search=%s", arg); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int criteria_command(int argc, char **argv)
{
    static const struct argp_option accepted[] = {
        {.name = "group", .key = OPTION_GROUP, .arg = "GROUP", .doc = "Only that group"},
        {.name = "search",
         .key = OPTION_SEARCH,
         .arg = "WORD",
         .doc = "Only those with WORD in code, words or standard code"},
        {.name = "standard",
         .key = OPTION_STANDARD,
         .arg = "LIST",
         .doc = "Only what that list has, with its values: SSDA903.ETHNIC, NPS, words"},
        {.name = "version", .key = OPTION_VERSION, .arg = "N", .doc = "That catalogue version"},
        {0}};
    static const struct argp argp = {
        .options = accepted,
        .parser = parse,
        .doc =
            "Lists the criteria that requests and carers may name, with the standards' codes for "
            "them. Needs no passphrase and no home directory."};
    struct options options = {0};
    struct criteria_list list;
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_WRONG;
    if (!criteria_choose(&options.choice, &list, &err)) {
        cli_print_error(argv[0], options.common.json, &err);
        return EXIT_WRONG;
    }
    if (options.common.json) {
        cli_print_json(criteria_json(&list));
    } else {
        criteria_print(&list, stdout);
    }
    return list.count > 0 ? EXIT_LISTED : EXIT_NOTHING;
}
