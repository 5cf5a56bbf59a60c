/* SPDX-License-Identifier: Apache-2.0
 * The subcommands of hearth-keys; docs/man/hearth-keys.1 specifies them. Each returns the exit
 * code.
 */
#ifndef HEARTH_KEYS_COMMANDS_H
#define HEARTH_KEYS_COMMANDS_H

int keys_command_root(int argc, char **argv);
int keys_command_request(int argc, char **argv);
int keys_command_issue(int argc, char **argv);
int keys_command_install(int argc, char **argv);
int keys_command_revoke(int argc, char **argv);
int keys_command_list(int argc, char **argv);
int keys_command_passphrase(int argc, char **argv);
int keys_command_show(int argc, char **argv);

#endif
