/* SPDX-License-Identifier: Apache-2.0
 * `hearth-matcher audit export`: the log for one party. Works while the matcher runs, and without a
 * passphrase.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "matcher/audit.h"
#include "matcher/commands.h"
#include "proto/base/clear_output.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { OPTION_LA = 0x2000, OPTION_AGENT, OPTION_FROM, OPTION_OUT };

struct options {
    struct cli_common common;
    enum role role;
    const char *id, *out;
    int64_t from;
};

static void take_party(struct options *options, enum role role, const char *id,
                       struct argp_state *state)
{
    if (options->id) argp_error(state, "one of --la and --agent is wanted, once");
    if (!text_is_id(id)) argp_error(state, "%s is not an organisation's id", id);
    options->role = role;
    options->id = id;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_LA: take_party(options, ROLE_LA, arg, state); return 0;
    case OPTION_AGENT: take_party(options, ROLE_AGENT, arg, state); return 0;
    case OPTION_FROM:
        if (!text_integer(arg, 1, INT64_MAX, &options->from)) {
            argp_error(state, "--from %s: the number of an entry is wanted", arg);
        }
        return 0;
    case OPTION_OUT: options->out = arg; return 0;
    case ARGP_KEY_END:
        if (!options->id) argp_error(state, "--la ID or --agent ID is wanted");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void show_progress(uint64_t done, uint64_t all, void *ctx)
{
    (void)ctx;
    (void)fprintf(stderr, "\r%llu of %llu entries%s", (unsigned long long)done,
                  (unsigned long long)all, done == all ? "\n" : "");
}

static bool write_all(const struct options *options, FILE *out, struct err *err)
{
    struct store *store = NULL;
    uint64_t naming = 0;
    struct audit_export wanted = {.role = options->role,
                                  .id = options->id,
                                  .from = (uint64_t)options->from,
                                  .naming = &naming};
    if (!options->common.quiet && isatty(STDERR_FILENO)) wanted.progress = show_progress;
    if (!audit_store_open(command_home(&options->common), false, AUDIT_MAP_MIB, &store, err)) {
        return false;
    }
    bool ok = audit_export(store, &wanted, out, err);
    store_close(store);
    if (ok && naming == 0 && !options->common.quiet) {
        (void)fprintf(stderr,
                      "hearth-matcher audit export: no entry names %s/%s: is that its id?\n",
                      role_name(options->role), options->id);
    }
    return ok;
}

/* Beside it first: nobody finds half an export under its name. */
static bool write_file(const struct options *options, struct err *err)
{
    char *temporary = mem_format("%s.XXXXXX", options->out);
    int fd = file_open_beside(temporary);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out) {
        (void)err_set_errno(err, errno, NULL, "cannot write %s", options->out);
        if (fd >= 0) (void)close(fd);
        free(temporary);
        return false;
    }
    bool ok = write_all(options, out, err);
    bool flushed = fflush(out) == 0 && fsync(fileno(out)) == 0;
    flushed = fclose(out) == 0 && flushed;
    if (ok && (!flushed || rename(temporary, options->out) != 0)) {
        ok = err_set_errno(err, errno, NULL, "cannot write %s", options->out);
    }
    if (!ok) (void)unlink(temporary);
    free(temporary);
    return ok;
}

static bool write_stdout(const struct options *options, struct err *err)
{
    if (!write_all(options, stdout, err)) return false;
    return fflush(stdout) == 0 || err_set_errno(err, errno, NULL, "cannot write the export");
}

int command_audit_export(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"la", OPTION_LA, "ID", 0, "For this local authority", 0},
        {"agent", OPTION_AGENT, "ID", 0, "For this agency", 0},
        {"from", OPTION_FROM, "N", 0, "From entry N on, instead of the first", 0},
        {"out", OPTION_OUT, "FILE", 0, "Write to FILE instead of standard output", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .doc = "Writes the log up to its newest checkpoint, as JSON lines: the entries that name "
               "the party or concern everybody are whole, of others there is a hash."};
    struct options options = {.from = 1};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_USAGE;
    bool to_stdout = !clear_output_is_file(options.out);
    bool ok = to_stdout ? write_stdout(&options, &err) : write_file(&options, &err);
    return ok ? EXIT_DONE : command_failed("audit export", &options.common, &err);
}
