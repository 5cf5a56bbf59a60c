/* SPDX-License-Identifier: Apache-2.0
 * The subcommands of hearth-agent; each gets its own argv and returns the exit code.
 */
#ifndef HEARTH_AGENT_COMMANDS_H
#define HEARTH_AGENT_COMMANDS_H

#include "proto/backup/backup.h"

/* What a home holds, for copies and checks. */
extern const struct backup_plan agent_backup_plan;

/* One function a line of the table in main.c; the man page hearth-agent(1) specifies them. */
int command_init(int argc, char **argv);
int command_import(int argc, char **argv);
int command_template(int argc, char **argv);
int command_availability(int argc, char **argv);
int command_set(int argc, char **argv);
int command_export(int argc, char **argv);
int command_list(int argc, char **argv);
int command_show(int argc, char **argv);
int command_remove(int argc, char **argv);
int command_erase(int argc, char **argv);
int command_subject_access(int argc, char **argv);
int command_score(int argc, char **argv);
int command_inbox(int argc, char **argv);
int command_inbox_show(int argc, char **argv);
int command_reply(int argc, char **argv);
int command_audit_open(int argc, char **argv);
int command_audit_check(int argc, char **argv);
int command_audit_log(int argc, char **argv);
int command_check_config(int argc, char **argv);
int command_backup(int argc, char **argv);
int command_restore(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_status(int argc, char **argv);
int command_criteria(int argc, char **argv);
/* `figures ...`: which is told by argv[0]. */
int command_figures(int argc, char **argv);
int command_gazetteer_import(int argc, char **argv);
int command_gazetteer_show(int argc, char **argv);
int command_gazetteer_status(int argc, char **argv);

#endif
