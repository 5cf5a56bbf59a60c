/* SPDX-License-Identifier: Apache-2.0
 * Programs as a table of subcommands: the table also makes the usage text. Each subcommand parses
 * its own arguments with argp.
 */
#ifndef HEARTH_BASE_CLI_H
#define HEARTH_BASE_CLI_H

#include <argp.h>
#include <stddef.h>

#include <jansson.h>

#include "proto/base/confine.h"
#include "proto/base/err.h"
#include "proto/base/version.h"

struct cli_command {
    const char *name;    /* "import"; two words ("audit verify") are matched as two arguments */
    const char *summary; /* one line for the usage text */
    /* Gets its own argv (argv[0] = "program name") and returns the exit code. */
    int (*run)(int argc, char **argv);
    unsigned needs;     /* of enum confine_needs: the rest is taken away before it runs */
    const char *writes; /* which arguments name files that it writes: struct confine_rights */
};

struct cli_program {
    const char *name;     /* "hearth-agent" */
    const char *summary;  /* one line: what the program is for */
    const char *epilogue; /* printed after the table, e.g. the meaning of exit codes; may be NULL */
    const struct cli_command *commands;
    size_t count;
    bool confined;                    /* false in tests alone, whose process goes on */
    const char *homes[CONFINE_HOMES]; /* struct confine_rights */
};

/* Finds and runs the subcommand. --help, help and no argument print the usage (0, 0, 2), --version
 * the version; an unknown subcommand is told with the nearest name, exit code 2. */
int cli_main(const struct cli_program *program, int argc, char **argv);

/* Options that every subcommand of every program understands, as an argp child:
 * -C/--home DIR, --passphrase-fd N, --json, -v/--verbose (debug log), -q/--quiet (warnings),
 * --log-format text|json. */
struct cli_common {
    const char *home;  /* NULL where not given */
    int passphrase_fd; /* -1 where not given */
    bool json;
    bool verbose, quiet;
    const char *log_format; /* NULL where not given, else one that log_format_find knows */
};
extern const struct argp cli_common_argp;

/* Runs argp_parse over `argp` with the common options as a child. In argp parsers set
 * `state->child_inputs[0] = common` at ARGP_KEY_INIT. Returns 0, or the exit code 2 after argp has
 * printed what is wrong. Exits the process for --help and --usage, and mostly for usage errors (2).
 * Where the arguments hold --json, an error object follows on stdout at exit. Sets the level and
 * format of the log.
 */
int cli_parse(const struct argp *argp, int argc, char **argv, void *input,
              const struct cli_common *common);

/* cli_parse for a subcommand that takes the common options and no arguments. doc: what it does, in
 * one or two sentences. */
int cli_parse_common(const char *doc, int argc, char **argv, struct cli_common *common);

/* Prints an error: as `{"error":{"code":…,"field":…,"message":…}}` on stdout where `json`, else as
 * "program: field: text" on stderr. Where it is known when trying again may help, that too:
 * "retry_after_s", or "; try again in 40 s". */
void cli_print_error(const char *program, bool json, const struct err *err);
/* Prints one compact object and a line end on stdout; takes the reference. NULL is a caller's bug.
 */
void cli_print_json(json_t *object);
/* What goes into such objects. An error: {"code","field","message"} and, where it is known,
 * "retry_after_s", with nothing in it that could steer a terminal. A new reference. */
json_t *cli_error_json(const struct err *err);
/* "2026-11-22T05:46:34Z" of ms since 1970; null for 0. A new reference. */
json_t *instant_json(int64_t ms);

#endif
