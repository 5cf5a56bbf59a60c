/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/commands.h"
#include "keys/options.h"

static const struct cli_command commands[] = {
    {"root", "Authority: make a new root", keys_command_root},
    {"request", "Make keys and ask for a certificate (also to renew one)", keys_command_request},
    {"issue", "Authority: certify requests", keys_command_issue},
    {"install", "Check what the Authority sent and put it in place", keys_command_install},
    {"revoke", "Authority: revoke certificates, make a new list", keys_command_revoke},
    {"list", "Authority: the certificates issued so far", keys_command_list},
    {"passphrase", "Change the passphrase of a key file", keys_command_passphrase},
    {"backup", "Authority: copy the directory", keys_command_backup},
    {"restore", "Authority: make a directory of a backup", keys_command_restore},
    {"show", "Explain any file of this program", keys_command_show},
};

static const struct cli_program program = {
    .name = PROGRAM,
    .summary = "keys and certificates of everyone who takes part in Hearth",
    .epilogue =
        "Exit codes: 0 done, 2 wrong usage or input, 1 anything else. Passphrases come from the "
        "terminal\nor from --passphrase-fd, never from the command line or the environment.",
    .commands = commands,
    .count = sizeof commands / sizeof commands[0],
};

int main(int argc, char **argv)
{
    secret_setup();
    return cli_main(&program, argc, argv);
}
