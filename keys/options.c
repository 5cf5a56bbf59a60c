/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/options.h"

#include <errno.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

static error_t parse_number(struct argp_state *state, const char *option, const char *text,
                            int64_t max, int64_t *out)
{
    if (text_integer(text, 0, max, out)) return 0;
    argp_error(state, "%s %s: a number from 0 to %lld is wanted", option, text, (long long)max);
    return EINVAL;
}

static error_t add_address(struct keys_options *options, struct argp_state *state, const char *text)
{
    if (options->address_count == X509_ADDRESSES_MAX) {
        argp_error(state, "--address can be given %d times", X509_ADDRESSES_MAX);
        return EINVAL;
    }
    options->addresses[options->address_count++] = text;
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct keys_options *options = state->input;
    int64_t number = 0;
    error_t failed = 0;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->common;
        options->new_passphrase_fd = -1;
        return 0;
    case ARGP_KEY_ARGS:
        options->files = state->argv + state->next;
        options->file_count = (size_t)(state->argc - state->next);
        return 0;
    case OPTION_ROLE: options->role = arg; return 0;
    case OPTION_ID: options->id = arg; return 0;
    case OPTION_NAME: options->name = arg; return 0;
    case OPTION_URN: options->urn = arg; return 0;
    case OPTION_OUT: options->out = arg; return 0;
    case OPTION_ROOT: options->root = arg; return 0;
    case OPTION_REVOCATIONS: options->revocations = arg; return 0;
    case OPTION_ARGON2: options->argon2 = arg; return 0;
    case OPTION_ADDRESS: return add_address(options, state, arg);
    case OPTION_DAYS:
        failed = parse_number(state, "--days", arg, 100000, &number);
        options->days = number > 0 ? number : -1;
        return failed;
    case OPTION_NEW_PASSPHRASE_FD:
        failed = parse_number(state, "--new-passphrase-fd", arg, 1023, &number);
        options->new_passphrase_fd = (int)number;
        return failed;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int keys_options_parse(const struct argp_option *options, const char *args_doc, const char *doc,
                       int argc, char **argv, struct keys_options *out)
{
    const struct argp argp = {
        .options = options, .parser = parse, .args_doc = args_doc, .doc = doc};
    *out = (struct keys_options){0};
    int code = cli_parse(&argp, argc, argv, out, &out->common);
    if (code == 0 && out->file_count > 0 && !args_doc) {
        struct err err;
        return keys_finish(
            out, err_set(&err, ERR_INVALID, "", "\"%s\" is one argument too many", out->files[0]),
            &err);
    }
    return code;
}

bool keys_options_home(const struct keys_options *options, struct err *err)
{
    return options->common.home || err_set(err, ERR_INVALID, "home", "-C DIR is wanted");
}

bool keys_options_days(const struct keys_options *options, int by_default, int max, int *out,
                       struct err *err)
{
    *out = options->days == 0 ? by_default : (int)options->days;
    return (*out >= 1 && *out <= max) ||
           err_set(err, ERR_INVALID, "days", "1 to %d days are possible", max);
}

bool keys_options_cost(const struct keys_options *options, const char *by_default,
                       struct key_cost *out, struct err *err)
{
    const char *name = options->argon2 ? options->argon2 : by_default;
    return key_cost_from_name(name, out) ||
           err_set(err, ERR_INVALID, "argon2", "\"%s\" is not interactive, moderate or sensitive",
                   name);
}

int keys_finish(const struct keys_options *options, bool ok, const struct err *err)
{
    if (ok) return EXIT_SUCCESS;
    cli_print_error(PROGRAM, options->common.json, err);
    switch (err->code) {
    case ERR_INVALID:
    case ERR_NOT_FOUND:
    case ERR_EXISTS:
    case ERR_VERSION:
    case ERR_CORRUPT: return EXIT_BAD_INPUT;
    default: return EXIT_FAILURE;
    }
}

bool ask_passphrase(const struct keys_options *options, const char *key_path, struct secret *out,
                    struct err *err)
{
    char *prompt = mem_format("Passphrase of %s: ", key_path);
    bool ok = secret_read_passphrase(options->common.passphrase_fd, prompt, out, err);
    free(prompt);
    return ok;
}

bool ask_new_passphrase(int fd, const char *key_path, struct secret *out, struct err *err)
{
    struct secret again = {0};
    char *prompt = mem_format("New passphrase for %s: ", key_path);
    bool ok = secret_read_passphrase(fd, prompt, out, err);
    if (ok && fd < 0) {
        ok = secret_read_passphrase(fd, "The same again: ", &again, err);
        if (ok && !secret_equal(out, &again)) {
            ok = err_set(err, ERR_INVALID, "passphrase", "the two lines differ");
        }
        secret_free(&again);
        if (!ok) secret_free(out);
    }
    free(prompt);
    return ok;
}
