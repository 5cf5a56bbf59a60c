/* SPDX-License-Identifier: Apache-2.0
 * hearth-matcher: asks every agency that is attached, opens the masked scores, ranks the agencies.
 */
#include "matcher/commands.h"
#include "proto/base/secret.h"

static const struct cli_command commands[] = {
    {"init", "write config.json", command_init, CONFINE_OFFLINE, "home"},
    {"directory import", "make agencies.csv from Ofsted's published list of providers",
     command_directory_import, CONFINE_OFFLINE, "out missing"},
    {"directory sign", "check agencies.csv and sign it into the home directory",
     command_directory_sign, CONFINE_OFFLINE, NULL},
    {"directory show", "list the agencies of the signed directory", command_directory_show,
     CONFINE_OFFLINE, NULL},
    {"serve", "answer searches and hold the agents' connections", command_serve, CONFINE_SERVES,
     NULL},
    {"status", "say whether it is running, and which agents are attached", command_status,
     CONFINE_OFFLINE, NULL},
    {"check-config", "check config.json, and all that serve needs", command_check_config,
     CONFINE_OFFLINE, NULL},
    {"backup", "copy the home directory while it is in use", command_backup, CONFINE_OFFLINE, "+"},
    {"restore", "make a home directory of a backup", command_restore, CONFINE_OFFLINE, "home"},
    {"audit verify", "check that the audit log is intact", command_audit_verify, CONFINE_OFFLINE,
     NULL},
    {"audit show", "print entries of the audit log", command_audit_show, CONFINE_OFFLINE, NULL},
    {"audit export", "write what one party may see of the audit log", command_audit_export,
     CONFINE_OFFLINE, "out"},
};

int main(int argc, char **argv)
{
    static const struct cli_program program = {
        .name = "hearth-matcher",
        .summary = "match LAs' blinded queries with agencies' carers",
        .epilogue = "Exit codes: 0 done, 1 failed, 2 usage or bad input, 3 not running (status), "
                    "4 something is still missing (directory import).",
        .commands = commands,
        .count = sizeof commands / sizeof *commands,
        .confined = true,
        .homes = {"/var/lib/hearth-matcher"},
    };
    secret_setup();
    return cli_main(&program, argc, argv);
}
