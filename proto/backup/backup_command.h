/* SPDX-License-Identifier: Apache-2.0
 * `backup` and `restore` of all programs.
 */
#ifndef HEARTH_BACKUP_BACKUP_COMMAND_H
#define HEARTH_BACKUP_BACKUP_COMMAND_H

#include "proto/backup/backup.h"
#include "proto/base/cli.h"

struct backup_command {
    const struct backup_plan *plan;
    /* The home of the common options; NULL where -C is missing and has to be given. Caller frees.
     */
    char *(*home)(const struct cli_common *common);
    /* Whether that home is one of this program's, as far as can be told; may be NULL. */
    bool (*check)(const char *home, struct err *err);
    /* Prints the error as that of the command `name`, and gives the exit code. */
    int (*fail)(const char *name, const struct cli_common *common, const struct err *err);
};

/* Each gets its own argv and returns the exit code: 0, 2 for usage, else that of `fail`. */
int backup_command_backup(const struct backup_command *command, int argc, char **argv);
int backup_command_restore(const struct backup_command *command, int argc, char **argv);

#endif
