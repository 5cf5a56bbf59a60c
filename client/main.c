/* SPDX-License-Identifier: Apache-2.0
 * hearth: a local authority's placement team asks which agencies have carers for a child.
 */
#include "client/commands.h"
#include "proto/base/cli.h"
#include "proto/base/secret.h"

static const struct cli_command commands[] = {
    {"init", "say which matcher this LA uses", command_init},
    {"check", "validate a request without sending anything", command_check},
    {"convert", "make a request from a Placements Standard document", command_convert},
    {"criteria", "list what a request may name", command_criteria},
    {"search", "ask all agencies and print the ranked list", command_search},
    {"gazetteer import", "make postcodes and place names known", command_gazetteer_import},
    {"gazetteer show", "show where a place is", command_gazetteer_show},
    {"gazetteer status", "say what the gazetteer holds", command_gazetteer_status},
};

int main(int argc, char **argv)
{
    static const struct cli_program program = {
        .name = "hearth",
        .summary = "find the agencies that have foster carers for a child",
        .epilogue = "Exit codes: 0 agencies found, 3 none found, 2 bad request or usage, 4 matcher "
                    "unreachable or\nno usable answer, 5 refused (role, certificate, budget), 1 "
                    "anything else.",
        .commands = commands,
        .count = sizeof commands / sizeof *commands,
    };
    secret_setup();
    return cli_main(&program, argc, argv);
}
