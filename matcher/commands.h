/* SPDX-License-Identifier: Apache-2.0
 * The subcommands of hearth-matcher. Exit codes: 0 done, 1 failed, 2 usage; others as each says.
 */
#ifndef HEARTH_MATCHER_COMMANDS_H
#define HEARTH_MATCHER_COMMANDS_H

#include "proto/backup/backup.h"
#include "proto/base/cli.h"

enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_BAD_USAGE = 2,
    EXIT_NOT_RUNNING = 3,
    EXIT_INCOMPLETE = 4
};

/* Each gets its own argv and returns the exit code. */
int command_init(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_status(int argc, char **argv);
int command_check_config(int argc, char **argv);
int command_backup(int argc, char **argv);
int command_restore(int argc, char **argv);
int command_directory_import(int argc, char **argv);
int command_directory_sign(int argc, char **argv);
int command_directory_show(int argc, char **argv);
int command_audit_verify(int argc, char **argv);
int command_audit_show(int argc, char **argv);
int command_audit_export(int argc, char **argv);

/* What a home holds, for copies and checks. */
extern const struct backup_plan matcher_backup_plan;

/* The home directory of the common options, or the default one. */
const char *command_home(const struct cli_common *common);
/* The same; caller frees. */
char *command_home_path(const struct cli_common *common);
/* Prints err and gives the exit code: EXIT_BAD_USAGE for ERR_INVALID, else EXIT_FAILED. */
int command_failed(const char *command, const struct cli_common *common, const struct err *err);
/* Prints a finding about a CSV file on stderr; ctx: the file's name (a directory_finding_fn). */
void command_print_finding(size_t line, const char *column, const char *text, void *ctx);

#endif
