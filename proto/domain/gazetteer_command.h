/* SPDX-License-Identifier: Apache-2.0
 * `hearth gazetteer ...` and `hearth-agent gazetteer ...`: arguments, output on stdout, errors by
 * cli_print_error. argv[0] is the program and the command. Exit codes: 0; 2 for wrong arguments, a
 * file that cannot be imported, a place that is none; 3 where there is no gazetteer (status); 1
 * anything else. No passphrase is needed.
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_COMMAND_H
#define HEARTH_DOMAIN_GAZETTEER_COMMAND_H

#include <jansson.h>

#include "proto/base/cli.h"
#include "proto/domain/gazetteer.h"

/* The program's home directory; the command frees what it gives. */
typedef char *(*gazetteer_home_fn)(const struct cli_common *common);

/* `gazetteer import [--replace] FILE...` */
int gazetteer_command_import(int argc, char **argv, gazetteer_home_fn home);
/* `gazetteer show PLACE` */
int gazetteer_command_show(int argc, char **argv, gazetteer_home_fn home);
/* `gazetteer status` */
int gazetteer_command_status(int argc, char **argv, gazetteer_home_fn home);

/* ---- what the three share ---- */
enum gazetteer_exit {
    GAZETTEER_DONE = 0,
    GAZETTEER_FAILED = 1,
    GAZETTEER_WRONG = 2,
    GAZETTEER_NONE = 3
};

/* Prints the error; gives the exit code for it. */
int gazetteer_fail(const char *command, const struct cli_common *common, const struct err *err);
/* {"postcodes":...,"ended":...,"sectors":...,"districts":...,"names":...} of what it holds. */
json_t *gazetteer_counts_json(const struct gazetteer_counts *counts);
/* "1700000 postcodes in use and ...\n" on stdout. */
void gazetteer_counts_print(const struct gazetteer_counts *counts);

#endif
