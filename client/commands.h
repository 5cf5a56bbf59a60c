/* SPDX-License-Identifier: Apache-2.0
 * The subcommands of `hearth`; each gets its own argv and returns the exit code.
 */
#ifndef HEARTH_CLIENT_COMMANDS_H
#define HEARTH_CLIENT_COMMANDS_H

int command_init(int argc, char **argv);
int command_check(int argc, char **argv);
int command_search(int argc, char **argv);

#endif
