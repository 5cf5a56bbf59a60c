/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/commands.h"
#include "keys/options.h"

static const struct cli_command commands[] = {
    {"root", "Authority: make a new root", keys_command_root, CONFINE_OFFLINE, "home"},
    {"request", "Make keys and ask for a certificate (also to renew one)", keys_command_request,
     CONFINE_OFFLINE, "home"},
    {"issue", "Authority: certify requests", keys_command_issue, CONFINE_OFFLINE, "out ."},
    {"install", "Check what the Authority sent and put it in place", keys_command_install,
     CONFINE_OFFLINE, "home"},
    {"revoke", "Authority: revoke certificates, make a new list", keys_command_revoke,
     CONFINE_OFFLINE, NULL},
    {"list", "Authority: the certificates issued so far", keys_command_list, CONFINE_OFFLINE, NULL},
    {"passphrase", "Change the passphrase of a key file", keys_command_passphrase, CONFINE_OFFLINE,
     NULL},
    {"backup", "Authority: copy the directory", keys_command_backup, CONFINE_OFFLINE, "+"},
    {"restore", "Authority: make a directory of a backup", keys_command_restore, CONFINE_OFFLINE,
     "home"},
    {"show", "Explain any file of this program", keys_command_show, CONFINE_OFFLINE, NULL},
};

static const struct cli_program program = {
    .name = PROGRAM,
    .summary = "keys and certificates of everyone who takes part in Hearth",
    .epilogue =
        "Exit codes: 0 done, 2 wrong usage or input, 1 anything else. Passphrases come from the "
        "terminal\nor from --passphrase-fd, never from the command line or the environment.",
    .commands = commands,
    .count = sizeof commands / sizeof commands[0],
    .confined = true,
};

int main(int argc, char **argv)
{
    secret_setup();
    return cli_main(&program, argc, argv);
}
