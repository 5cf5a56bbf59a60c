/* SPDX-License-Identifier: Apache-2.0
 * hearth-agent: an agency's own carers, sealed in its vault, and its answers to blinded queries.
 */
#include "agent/commands.h"
#include "proto/base/cli.h"
#include "proto/base/secret.h"
#include "proto/figures/figures_command.h"

static const struct cli_command commands[] = {
    {"init", "make the vault and say which matcher this agency uses", command_init, CONFINE_OFFLINE,
     "home"},
    {"import", "add and update carers from a CSV file", command_import, CONFINE_OFFLINE,
     "report save-mapping"},
    {"template", "write a commented example of a carer file", command_template, CONFINE_OFFLINE,
     "o out"},
    {"availability", "update the availability of carers from a CSV file", command_availability,
     CONFINE_OFFLINE, "report save-mapping"},
    {"set", "change the availability of one carer", command_set, CONFINE_OFFLINE, NULL},
    {"export", "write all carers as CSV", command_export, CONFINE_OFFLINE, "*"},
    {"list", "list the carers", command_list, CONFINE_OFFLINE, NULL},
    {"show", "show one carer", command_show, CONFINE_OFFLINE, NULL},
    {"remove", "remove carers", command_remove, CONFINE_OFFLINE, NULL},
    {"erase", "remove carers so that nothing of them is left on disk", command_erase,
     CONFINE_OFFLINE, NULL},
    {"subject-access", "write everything that is held on one household", command_subject_access,
     CONFINE_OFFLINE, "*"},
    {"score", "score this agency's carers for a request, in the clear", command_score,
     CONFINE_OFFLINE | CONFINE_READS_BESIDE, NULL},
    {"serve", "attach to the matcher and answer queries", command_serve,
     CONFINE_SERVES | CONFINE_DIALS, NULL},
    {"inbox", "list the referrals that have come", command_inbox, CONFINE_DIALS, NULL},
    {"inbox show", "show a referral, and the agency's own carers for it", command_inbox_show,
     CONFINE_DIALS, "save"},
    {"reply", "answer a referral", command_reply, CONFINE_DIALS, NULL},
    {"audit open", "make a package of one reply, for an auditor", command_audit_open,
     CONFINE_OFFLINE, "out"},
    {"audit check", "recompute a reply from its package", command_audit_check, CONFINE_OFFLINE,
     NULL},
    {"audit log", "check an export of the matcher's log", command_audit_log, CONFINE_OFFLINE, NULL},
    {"check-config", "check config.json, and all that serve needs", command_check_config,
     CONFINE_OFFLINE, NULL},
    {"backup", "copy the home directory while it is in use", command_backup, CONFINE_OFFLINE, "+"},
    {"restore", "make a home directory of a backup", command_restore, CONFINE_OFFLINE, "home"},
    {"criteria", "list what carers may offer", command_criteria, CONFINE_OFFLINE, NULL},
    {"status", "say whether serve is running and attached", command_status, CONFINE_OFFLINE, NULL},
    FIGURES_COMMANDS(command_figures),
    {"gazetteer import", "make postcodes and place names known", command_gazetteer_import,
     CONFINE_OFFLINE, "home"},
    {"gazetteer show", "show where a place is", command_gazetteer_show, CONFINE_OFFLINE, NULL},
    {"gazetteer status", "say what the gazetteer holds", command_gazetteer_status, CONFINE_OFFLINE,
     NULL},
};

int main(int argc, char **argv)
{
    static const struct cli_program program = {
        .name = "hearth-agent",
        .summary = "keeps an agency's foster carers and answers blinded queries about them",
        .epilogue = "Exit codes: 0 done, 2 bad input or usage, 1 anything else. score: 3 where no "
                    "carer is eligible.\nstatus: 0 attached, 1 running but not attached, 3 not "
                    "running. reply: 3 written down, but not sent yet.\n"
                    "audit check, audit log: 0 in order, 1 not.",
        .commands = commands,
        .count = sizeof commands / sizeof *commands,
        .confined = true,
        .homes = {".hearth-agent"},
    };
    secret_setup();
    return cli_main(&program, argc, argv);
}
