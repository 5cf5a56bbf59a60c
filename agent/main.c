/* SPDX-License-Identifier: Apache-2.0
 * hearth-agent: an agency's own carers, sealed in its vault, and its answers to blinded queries.
 */
#include "agent/commands.h"
#include "proto/base/cli.h"
#include "proto/base/secret.h"

static const struct cli_command commands[] = {
    {"init", "make the vault and say which matcher this agency uses", command_init},
    {"import", "add and update carers from a CSV file", command_import},
    {"template", "write a commented example of a carer file", command_template},
    {"availability", "update the availability of carers from a CSV file", command_availability},
    {"set", "change the availability of one carer", command_set},
    {"export", "write all carers as CSV", command_export},
    {"list", "list the carers", command_list},
    {"show", "show one carer", command_show},
    {"remove", "remove carers", command_remove},
    {"erase", "remove carers so that nothing of them is left on disk", command_erase},
    {"subject-access", "write everything that is held on one household", command_subject_access},
    {"score", "score this agency's carers for a request, in the clear", command_score},
    {"serve", "attach to the matcher and answer queries", command_serve},
    {"inbox", "list the referrals that have come", command_inbox},
    {"inbox show", "show a referral, and the agency's own carers for it", command_inbox_show},
    {"reply", "answer a referral", command_reply},
    {"audit open", "make a package of one reply, for an auditor", command_audit_open},
    {"audit check", "recompute a reply from its package", command_audit_check},
    {"audit log", "check an export of the matcher's log", command_audit_log},
    {"backup", "copy the home directory while it is in use", command_backup},
    {"restore", "make a home directory of a backup", command_restore},
    {"criteria", "list what carers may offer", command_criteria},
    {"status", "say whether serve is running and attached", command_status},
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
    };
    secret_setup();
    return cli_main(&program, argc, argv);
}
