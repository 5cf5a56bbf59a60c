/* SPDX-License-Identifier: Apache-2.0
 * What the subcommands of hearth-keys share: their options, passphrases and exit codes.
 */
#ifndef HEARTH_KEYS_OPTIONS_H
#define HEARTH_KEYS_OPTIONS_H

#include "keys/key_file.h"
#include "keys/x509.h"
#include "proto/base/cli.h"

#define PROGRAM "hearth-keys"
enum { EXIT_BAD_INPUT = 2 };

struct keys_options {
    struct cli_common common;
    const char *role, *id, *name, *urn; /* NULL where not given */
    const char *root, *revocations, *out;
    const char *argon2;
    int64_t days;          /* 0 where not given */
    int new_passphrase_fd; /* -1 where not given */
    const char *addresses[X509_ADDRESSES_MAX];
    size_t address_count;
    char **files; /* the arguments that are no options */
    size_t file_count;
};

/* Keys of the options; each subcommand's table lists those that it takes. */
enum {
    OPTION_ROLE = 0x2001,
    OPTION_ID,
    OPTION_NAME,
    OPTION_URN,
    OPTION_ADDRESS,
    OPTION_DAYS,
    OPTION_OUT,
    OPTION_ROOT,
    OPTION_REVOCATIONS,
    OPTION_ARGON2,
    OPTION_NEW_PASSPHRASE_FD
};
#define OPTION_ROW_ARGON2                                                                          \
    {                                                                                              \
        "argon2", OPTION_ARGON2, "COST", 0, "interactive, moderate (default) or sensitive", 0      \
    }

/* options: NULL where there are none beyond the common ones. argp's doc and args_doc: what the
 * subcommand does, and its arguments. Returns 0 or the exit code.
 */
int keys_options_parse(const struct argp_option *options, const char *args_doc, const char *doc,
                       int argc, char **argv, struct keys_options *out);
/* ERR_INVALID naming -C where it is missing. */
MUST_CHECK bool keys_options_home(const struct keys_options *options, struct err *err);
/* --days, checked to be in [1, max], or the default. */
MUST_CHECK bool keys_options_days(const struct keys_options *options, int by_default, int max,
                                  int *out, struct err *err);
/* --argon2, or the given default. */
MUST_CHECK bool keys_options_cost(const struct keys_options *options, const char *by_default,
                                  struct key_cost *out, struct err *err);
/* Prints the error, if any; 0 for ok, 2 for bad input, 1 for anything else. */
int keys_finish(const struct keys_options *options, bool ok, const struct err *err);

/* The passphrase of an existing key file. */
MUST_CHECK bool ask_passphrase(const struct keys_options *options, const char *key_path,
                               struct secret *out, struct err *err);
/* A new passphrase: one line from `fd`, or twice the same from the terminal where fd is -1. */
MUST_CHECK bool ask_new_passphrase(int fd, const char *key_path, struct secret *out,
                                   struct err *err);

#endif
