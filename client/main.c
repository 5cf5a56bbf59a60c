/* SPDX-License-Identifier: Apache-2.0
 * hearth: a local authority's placement team asks which agencies have carers for a child.
 */
#include "client/commands.h"
#include "client/hub/commands.h"
#include "proto/base/cli.h"
#include "proto/base/secret.h"

static const struct cli_command commands[] = {
    {"init", "say which matcher this LA uses", command_init},
    {"check", "validate a request without sending anything", command_check},
    {"convert", "make a request from a Placements Standard document", command_convert},
    {"criteria", "list what a request may name", command_criteria},
    {"search", "ask all agencies and print the ranked list", command_search},
    {"refer", "refer a search to agencies of its list", command_refer},
    {"referrals", "list referrals and how they stand", command_referrals},
    {"withdraw", "withdraw referrals", command_withdraw},
    {"inbox show", "show what was said in a thread", command_inbox_show},
    {"inbox", "fetch answers and list those that were not read", command_inbox},
    {"answer", "say something in a thread", command_answer},
    {"outcome", "say how a search ended", command_outcome},
    {"history", "show what is kept of searches", command_history},
    {"export", "write what is kept as CSV or JSON", command_export},
    {"purge", "remove what is older than so many days", command_purge},
    {"backup", "copy the home directory while it is in use", command_backup},
    {"restore", "make a home directory of a backup", command_restore},
    {"audit open", "open a query for an auditor", command_audit_open},
    {"audit check", "recompute a query from its package", command_audit_check},
    {"audit log", "check an export of the matcher's log", command_audit_log},
    {"figures status", "say what was contributed to which hub", command_figures},
    {"figures terms", "say what contributing to a hub means", command_figures},
    {"figures join", "agree to contribute to a hub", command_figures},
    {"figures leave", "stop contributing to a hub", command_figures},
    {"figures off", "leave a table out", command_figures},
    {"figures on", "contribute a table again", command_figures},
    {"figures preview", "show what would be contributed", command_figures},
    {"figures send", "contribute what is due now", command_figures},
    {"figures ledger", "show what was spent of the budget", command_figures},
    {"gazetteer import", "make postcodes and place names known", command_gazetteer_import},
    {"gazetteer show", "show where a place is", command_gazetteer_show},
    {"gazetteer status", "say what the gazetteer holds", command_gazetteer_status},
    {"hub init", "say where a hub listens and which matcher it uses", command_hub_init},
    {"hub areas", "draw up the areas of the tables from boundaries", command_hub_areas},
    {"hub enrol", "say who contributes", command_hub_enrol},
    {"hub open", "draw up a period's manifest, and have the matcher agree", command_hub_open},
    {"hub serve", "take contributions", command_hub_serve},
    {"hub fetch", "open the sums of what has closed", command_hub_fetch},
    {"hub status", "say how a hub that serves is", command_hub_status},
    {"hub coverage", "say who has contributed", command_hub_coverage},
    {"hub ledger", "list what was released, and what epsilon is left", command_hub_ledger},
    {"hub show", "show the figures that were released", command_hub_show},
    {"hub backup", "copy a hub's home directory while it is in use", command_hub_backup},
    {"hub restore", "make a hub's home directory of a backup", command_hub_restore},
    {"hub gaps", "tell where searches fail most", command_hub_gaps},
};

int main(int argc, char **argv)
{
    static const struct cli_program program = {
        .name = "hearth",
        .summary = "find the agencies that have foster carers for a child",
        .epilogue = "Exit codes: 0 agencies found or done, 3 none found, 2 bad request or usage, 4 "
                    "matcher\nunreachable or no usable answer, 5 refused (role, certificate, "
                    "budget), 1 anything else.",
        .commands = commands,
        .count = sizeof commands / sizeof *commands,
    };
    secret_setup();
    return cli_main(&program, argc, argv);
}
