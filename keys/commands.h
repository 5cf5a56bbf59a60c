/* SPDX-License-Identifier: Apache-2.0
 * The subcommands of hearth-keys; docs/man/hearth-keys.1 specifies them. Each returns the exit
 * code.
 */
#ifndef HEARTH_KEYS_COMMANDS_H
#define HEARTH_KEYS_COMMANDS_H

/* A new Authority in -C. */
int keys_command_root(int argc, char **argv);
/* Keys in -C where there are none, and a request for a certificate. */
int keys_command_request(int argc, char **argv);
/* Certificates for requests, by the Authority in -C. */
int keys_command_issue(int argc, char **argv);
/* What the Authority sent, checked and put in place in -C. */
int keys_command_install(int argc, char **argv);
/* The next revocation list of the Authority in -C. */
int keys_command_revoke(int argc, char **argv);
/* What the Authority in -C issued. */
int keys_command_list(int argc, char **argv);
/* The key file in -C under a new passphrase. */
int keys_command_passphrase(int argc, char **argv);
/* A copy of the Authority's directory, and a directory made of one. */
int keys_command_backup(int argc, char **argv);
int keys_command_restore(int argc, char **argv);
/* What files say. */
int keys_command_show(int argc, char **argv);

#endif
