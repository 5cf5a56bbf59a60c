/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/commands.h"
#include "keys/options.h"

static const struct cli_command commands[] = {
    {"root", "Authority: make a new root", command_root},
    {"request", "Make keys and ask for a certificate (also to renew one)", command_request},
    {"issue", "Authority: certify requests", command_issue},
    {"install", "Check what the Authority sent and put it in place", command_install},
    {"revoke", "Authority: revoke certificates, make a new list", command_revoke},
    {"list", "Authority: the certificates issued so far", command_list},
    {"passphrase", "Change the passphrase of a key file", command_passphrase},
    {"show", "Explain any file of this program", command_show},
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
