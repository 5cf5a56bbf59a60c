/* SPDX-License-Identifier: Apache-2.0
 * config.json of a home: one JSON object, a value a key.
 */
#ifndef HEARTH_BASE_CONFIG_FILE_H
#define HEARTH_BASE_CONFIG_FILE_H

#include <stdint.h>

#include <jansson.h>

#include "proto/base/buf.h"
#include "proto/base/checks.h"
#include "proto/base/cli.h"

struct config_form {
    /* Takes one value into the program's own configuration. *known false, and nothing else, where
     * the key has no meaning. Errors name the key as field, the value and what is valid. */
    bool (*take)(void *config, const char *name, const json_t *value, bool *known, struct err *err);
    const char *const *needed; /* keys that have to be there; NULL ends them */
    const char *hint;          /* where the keys are listed */
    const char *maker;         /* the command that makes the file */
};
/* Reads HOME/config.json. checks NULL: ends with the first error; else all of them are added there,
 * with "config.json" before their fields, and false is returned where there was one. Errors that
 * are of no key have the field "". ERR_NOT_FOUND where there is no file. */
MUST_CHECK bool config_file_read(const char *home, const struct config_form *form, void *config,
                                 struct checks *checks, struct err *err);

/* ---- values, for `take` ---- */
MUST_CHECK bool config_number(const char *name, const json_t *value, int64_t min, int64_t max,
                              int64_t *out, struct err *err);
/* out: room for max bytes and a NUL. */
MUST_CHECK bool config_address(const char *name, const json_t *value, int64_t lowest_port,
                               size_t max, char *out, struct err *err);
/* An organisation id, [a-z0-9-]{1,32}. */
MUST_CHECK bool config_id(const char *name, const json_t *value, char *out, struct err *err);

/* ---- the keys, for --help: lines of name, default and what is valid ---- */
void config_help_number(struct buf *out, const char *name, int64_t preset, int64_t min,
                        int64_t max);
/* preset: "-" where the key is needed. */
void config_help_text(struct buf *out, const char *name, const char *preset, const char *valid);
/* A `check-config` command. */
struct config_check {
    const char *doc;               /* as of cli_parse_common */
    void (*keys)(struct buf *out); /* the lines above */
    /* The home of the common options; caller frees. */
    char *(*home)(const struct cli_common *common);
    void (*check)(const char *home, struct checks *checks);
};
/* Gets its own argv; prints what is found. The exit code: 0, 1 where there are faults, 2 for usage.
 */
int config_check_command(const struct config_check *command, int argc, char **argv);

#endif
