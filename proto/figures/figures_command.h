/* SPDX-License-Identifier: Apache-2.0
 * `figures ...` of hearth and hearth-agent: arguments, output on stdout, errors by cli_print_error.
 * argv[0] is the program and the command. docs/figures.md "Contributing".
 */
#ifndef HEARTH_FIGURES_FIGURES_COMMAND_H
#define HEARTH_FIGURES_FIGURES_COMMAND_H

#include <jansson.h>

#include "proto/base/cli.h"
#include "proto/figures/contributor.h"

/* What a command works on. */
struct figures_desk {
    struct contributor *contributor;
    const struct identity *identity;
    struct trust *trust;
    const char *matcher_target, *matcher_id;
    void *own; /* of the program */
};
/* What is different in the two programs. */
struct figures_program {
    const char *name; /* "hearth-agent" */
    /* Opens the home; close is called also after a failure, with what open left. */
    bool (*open)(const struct cli_common *common, struct figures_desk *out, struct err *err);
    void (*close)(struct figures_desk *desk);
    int (*exit_code)(const struct err *err);
    int exit_wrong;       /* wrong arguments */
    int exit_undelivered; /* something waits for a matcher or hub that could not be reached */
};

/* Rows of both programs' tables of commands; run: what calls figures_command. */
/* clang-format off */
#define FIGURES_COMMANDS(run)                                                                      \
    {"figures status", "say what was contributed to which hub", run, CONFINE_OFFLINE, NULL},       \
    {"figures terms", "say what contributing to a hub means", run, CONFINE_OFFLINE, NULL},         \
    {"figures join", "agree to contribute to a hub", run, CONFINE_OFFLINE, NULL},                  \
    {"figures leave", "stop contributing to a hub", run, CONFINE_OFFLINE, NULL},                   \
    {"figures off", "leave a table out", run, CONFINE_OFFLINE, NULL},                              \
    {"figures on", "contribute a table again", run, CONFINE_OFFLINE, NULL},                        \
    {"figures preview", "show what would be contributed", run, CONFINE_OFFLINE, NULL},             \
    {"figures send", "contribute what is due now", run, CONFINE_DIALS, NULL},                      \
    {"figures ledger", "show what was spent of the budget", run, CONFINE_OFFLINE, NULL}
/* clang-format on */

/* The command whose name is the last word of argv[0]; gives its exit code. */
int figures_command(int argc, char **argv, const struct figures_program *program);
/* Each of them. */
int figures_command_status(int argc, char **argv, const struct figures_program *program);
int figures_command_terms(int argc, char **argv, const struct figures_program *program);
int figures_command_join(int argc, char **argv, const struct figures_program *program);
int figures_command_leave(int argc, char **argv, const struct figures_program *program);
int figures_command_off(int argc, char **argv, const struct figures_program *program);
int figures_command_on(int argc, char **argv, const struct figures_program *program);
int figures_command_preview(int argc, char **argv, const struct figures_program *program);
int figures_command_send(int argc, char **argv, const struct figures_program *program);
int figures_command_ledger(int argc, char **argv, const struct figures_program *program);

/* ---- what they share ---- */
/* One command: opens the desk, calls `what` with ctx, closes it, prints err as that of argv[0].
 * *code is 0 before; `what` may set another one. */
struct figures_run {
    const struct figures_program *program;
    const struct cli_common *common;
    const char *command; /* argv[0] */
    bool (*what)(struct figures_desk *desk, void *ctx, int *code, struct err *err);
    void *ctx;
};
int figures_run(const struct figures_run *run);
/* "0.15" of millionths: at least two digits behind the point. */
enum { EPSILON_TEXT = 24 };
const char *epsilon_text(uint64_t millionths, char out[EPSILON_TEXT]);
/* The same as a number, to be printed with few digits. New reference. */
json_t *epsilon_json(uint64_t millionths);
/* Puts an item at the end of an array; takes the reference. */
void figures_list(json_t *array, json_t *item);

#endif
