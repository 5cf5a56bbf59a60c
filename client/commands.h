/* SPDX-License-Identifier: Apache-2.0
 * The subcommands of `hearth`. Each gets its own argv (argv[0] = "hearth NAME") and returns the
 * exit code.
 */
#ifndef HEARTH_CLIENT_COMMANDS_H
#define HEARTH_CLIENT_COMMANDS_H

#include "proto/backup/backup.h"

/* What an LA's home holds, for copies and checks. */
extern const struct backup_plan la_backup_plan;

/* Writes config.json. */
int command_init(int argc, char **argv);
/* Checks config.json, and what else commands need. */
int command_check_config(int argc, char **argv);
/* Validates a request; sends nothing. */
int command_check(int argc, char **argv);
/* Makes a request from a Placements Standard document. */
int command_convert(int argc, char **argv);
/* Lists the catalogue of criteria. */
int command_criteria(int argc, char **argv);
/* Runs a search and prints the ranked list. */
int command_search(int argc, char **argv);
/* Sends referrals; lists them; withdraws them. */
int command_refer(int argc, char **argv);
int command_referrals(int argc, char **argv);
int command_withdraw(int argc, char **argv);
/* What agencies have answered: the list, one thread, and a word in return. */
int command_inbox(int argc, char **argv);
int command_inbox_show(int argc, char **argv);
int command_answer(int argc, char **argv);
/* Says how a search ended. */
int command_outcome(int argc, char **argv);
/* What is kept: to read, to take along, to remove. */
int command_history(int argc, char **argv);
int command_export(int argc, char **argv);
int command_purge(int argc, char **argv);
/* Opens a query for an auditor; checks such a package; checks an export of the matcher's log. */
int command_audit_open(int argc, char **argv);
int command_audit_check(int argc, char **argv);
int command_audit_log(int argc, char **argv);
/* `figures ...`: what this authority contributes to hubs. */
int command_figures(int argc, char **argv);
/* Copies the home; makes one of a copy. */
int command_backup(int argc, char **argv);
int command_restore(int argc, char **argv);
/* Postcodes and place names: import, look up, say what is there. */
int command_gazetteer_import(int argc, char **argv);
int command_gazetteer_show(int argc, char **argv);
int command_gazetteer_status(int argc, char **argv);

#endif
