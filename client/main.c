/* SPDX-License-Identifier: Apache-2.0
 * hearth: a local authority's placement team asks which agencies have carers for a child.
 */
#include "client/commands.h"
#include "client/hub/commands.h"
#include "proto/base/cli.h"
#include "proto/base/secret.h"
#include "proto/figures/figures_command.h"

static const struct cli_command commands[] = {
    {"init", "say which matcher this LA uses", command_init, CONFINE_OFFLINE, "home"},
    {"check", "validate a request without sending anything", command_check,
     CONFINE_OFFLINE | CONFINE_READS_BESIDE, "map"},
    {"convert", "make a request from a Placements Standard document", command_convert,
     CONFINE_OFFLINE | CONFINE_READS_BESIDE, "out"},
    {"criteria", "list what a request may name", command_criteria, CONFINE_OFFLINE, NULL},
    {"search", "ask all agencies and print the ranked list", command_search,
     CONFINE_DIALS | CONFINE_READS_BESIDE, "map"},
    {"refer", "refer a search to agencies of its list", command_refer, CONFINE_DIALS, NULL},
    {"referrals", "list referrals and how they stand", command_referrals, CONFINE_DIALS, NULL},
    {"withdraw", "withdraw referrals", command_withdraw, CONFINE_DIALS, NULL},
    {"inbox show", "show what was said in a thread", command_inbox_show, CONFINE_DIALS, "save"},
    {"inbox", "fetch answers and list those that were not read", command_inbox, CONFINE_DIALS,
     NULL},
    {"answer", "say something in a thread", command_answer, CONFINE_DIALS, NULL},
    {"outcome", "say how a search ended", command_outcome, CONFINE_DIALS, NULL},
    {"history", "show what is kept of searches", command_history, CONFINE_OFFLINE, NULL},
    {"export", "write what is kept as CSV or JSON", command_export, CONFINE_OFFLINE, "*"},
    {"purge", "remove what is older than so many days", command_purge, CONFINE_OFFLINE, NULL},
    {"check-config", "check config.json, and all that is needed", command_check_config,
     CONFINE_OFFLINE, NULL},
    {"backup", "copy the home directory while it is in use", command_backup, CONFINE_OFFLINE, "+"},
    {"restore", "make a home directory of a backup", command_restore, CONFINE_OFFLINE, "home"},
    {"audit open", "open a query for an auditor", command_audit_open,
     CONFINE_OFFLINE | CONFINE_READS_BESIDE, "out"},
    {"audit check", "recompute a query from its package", command_audit_check, CONFINE_OFFLINE,
     NULL},
    {"audit log", "check an export of the matcher's log", command_audit_log, CONFINE_OFFLINE, NULL},
    FIGURES_COMMANDS(command_figures),
    {"gazetteer import", "make postcodes and place names known", command_gazetteer_import,
     CONFINE_OFFLINE, "home"},
    {"gazetteer show", "show where a place is", command_gazetteer_show, CONFINE_OFFLINE, NULL},
    {"gazetteer status", "say what the gazetteer holds", command_gazetteer_status, CONFINE_OFFLINE,
     NULL},
    {"hub init", "say where a hub listens and which matcher it uses", command_hub_init,
     CONFINE_OFFLINE, "home"},
    {"hub areas", "draw up the areas of the tables from boundaries", command_hub_areas,
     CONFINE_OFFLINE, NULL},
    {"hub enrol", "say who contributes", command_hub_enrol, CONFINE_OFFLINE, NULL},
    {"hub open", "draw up a period's manifest, and have the matcher agree", command_hub_open,
     CONFINE_DIALS, NULL},
    {"hub serve", "take contributions", command_hub_serve, CONFINE_SERVES | CONFINE_DIALS, NULL},
    {"hub fetch", "open the sums of what has closed", command_hub_fetch, CONFINE_DIALS, NULL},
    {"hub status", "say how a hub that serves is", command_hub_status, CONFINE_OFFLINE, NULL},
    {"hub coverage", "say who has contributed", command_hub_coverage, CONFINE_OFFLINE, NULL},
    {"hub ledger", "list what was released, and what epsilon is left", command_hub_ledger,
     CONFINE_OFFLINE, NULL},
    {"hub show", "show the figures that were released", command_hub_show, CONFINE_OFFLINE, "html"},
    {"hub check-config", "check config.json, and all that hub serve needs",
     command_hub_check_config, CONFINE_OFFLINE, NULL},
    {"hub backup", "copy a hub's home directory while it is in use", command_hub_backup,
     CONFINE_OFFLINE, "+"},
    {"hub restore", "make a hub's home directory of a backup", command_hub_restore, CONFINE_OFFLINE,
     "home"},
    {"hub gaps", "tell where searches fail most", command_hub_gaps, CONFINE_OFFLINE, NULL},
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
        .confined = true,
        .homes = {".hearth", ".hearth-hub"},
    };
    secret_setup();
    return cli_main(&program, argc, argv);
}
