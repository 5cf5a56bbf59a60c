/* SPDX-License-Identifier: Apache-2.0
 * The subcommands `hearth hub ...`. Each gets its own argv (argv[0] = "hearth hub NAME") and
 * returns the exit code.
 */
#ifndef HEARTH_CLIENT_HUB_COMMANDS_H
#define HEARTH_CLIENT_HUB_COMMANDS_H

#include "proto/backup/backup.h"

/* What a hub's home holds, for copies and checks. */
extern const struct backup_plan hub_backup_plan;

/* Writes config.json. */
int command_hub_init(int argc, char **argv);
/* Copies the home; makes one of a copy. */
int command_hub_backup(int argc, char **argv);
int command_hub_restore(int argc, char **argv);
/* Checks config.json, and what else `serve` needs. */
int command_hub_check_config(int argc, char **argv);
/* Draws up the areas of the tables from boundaries; lists them. */
int command_hub_areas(int argc, char **argv);
/* Says who contributes; lists them. */
int command_hub_enrol(int argc, char **argv);
/* Draws up the manifest of a period and has the matcher agree to it. */
int command_hub_open(int argc, char **argv);
/* Takes contributions until SIGTERM. */
int command_hub_serve(int argc, char **argv);
/* How a hub that serves is. */
int command_hub_status(int argc, char **argv);
/* Opens the sums of what has closed. */
int command_hub_fetch(int argc, char **argv);
/* Who has contributed, and who has not. */
int command_hub_coverage(int argc, char **argv);
/* What has been released, and what is left of the budgets. */
int command_hub_ledger(int argc, char **argv);
/* Shows a table that was released, in any form. */
int command_hub_show(int argc, char **argv);
/* Where searches fail most. */
int command_hub_gaps(int argc, char **argv);

#endif
