/* SPDX-License-Identifier: Apache-2.0
 * `hearth audit open` and `hearth audit check`: a query opened for an auditor, and what an auditor
 * does with it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/audit_words.h"
#include "client/commands.h"
#include "client/report.h"
#include "client/selection.h"
#include "proto/audit/log_export.h"
#include "proto/base/clear_output.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { OPTION_RUN = 0x400, OPTION_LOG, OPTION_OUT, OPTION_ROOT };
enum check_code { CHECK_HOLDS = 0, CHECK_FAILS = 1, CHECK_NO_PACKAGE = 2 };

struct options {
    struct cli_common common;
    const char *argument; /* a search; a package */
    const char *log, *out, *root, *wanted;
    int64_t run; /* 0: not given */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_RUN:
        if (!text_integer(arg, 1, INT32_MAX, &options->run)) {
            argp_error(state, "--run %s: a number of 'hearth history SEARCH' is wanted", arg);
        }
        return 0;
    case OPTION_LOG: options->log = arg; return 0;
    case OPTION_OUT: options->out = arg; return 0;
    case OPTION_ROOT: options->root = arg; return 0;
    case ARGP_KEY_ARG:
        if (options->argument) argp_error(state, "\"%s\" is too much", arg);
        options->argument = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "%s is wanted", options->wanted); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- opening ---- */

/* The run that is named, or the last one of the search itself, one with a result before others. */
static bool choose_run(const struct options *options, const struct run_ref *runs, size_t count,
                       uint64_t *number, struct err *err)
{
    *number = 0;
    for (size_t i = 0; i < count; i++) {
        const struct run_head *head = &runs[i].head;
        bool named = options->run > 0 && runs[i].number == (uint64_t)options->run;
        bool better = *number == 0 || head->end == RUN_RESULT;
        if (named || (options->run == 0 && !head->is_member && better)) *number = runs[i].number;
    }
    if (*number > 0) return true;
    if (options->run == 0) {
        return err_set(err, ERR_NOT_FOUND, "search", "no query of it is kept");
    }
    return err_set(err, ERR_INVALID, "run",
                   "%lld: no such run is kept; 'hearth history %s' lists them",
                   (long long)options->run, options->argument);
}

static bool find_run(const struct options *options, struct desk *desk, struct run *out,
                     struct err *err)
{
    struct kept_search search = {0};
    struct run_ref *runs = NULL;
    size_t count = 0;
    uint64_t number = 0;
    bool ok = records_find(desk->records, options->argument, &search, err) &&
              records_list_runs(desk->records, search.name, &runs, &count, err) &&
              choose_run(options, runs, count, &number, err) &&
              records_get_run(desk->records, search.name, number, out, err);
    records_list_free(runs, count, sizeof *runs);
    record_wipe(&search.record);
    return ok;
}

/* The lines of an export between the query and the head of its result. */
static bool cut_chain(const struct options *options, const struct run *run, json_t **out,
                      struct err *err)
{
    struct log_head head;
    if (!options->log) return true;
    if (run->head.end != RUN_RESULT) {
        return err_set(err, ERR_INVALID, "log",
                       "this query has no result, and so no head of the log to lead to");
    }
    struct result *result = mem_new(struct result);
    const struct buf *body = &run->parts.result.body;
    bool ok = result_decode(body->data, body->len, result, err);
    head.length = result->log_length;
    memcpy(head.hash, result->log_head, HASH_BYTES);
    free(result);
    if (!ok) return false;
    FILE *in = fopen(options->log, "re");
    if (!in) {
        (void)file_cannot_open(options->log, errno, err);
        err->code = ERR_INVALID;
        return err_in(err, "log");
    }
    ok = package_chain(in, run->head.query_hash, &head, out, err);
    (void)fclose(in);
    return ok || err_in(err, "log");
}

static void say_written(const struct options *options)
{
    if (!clear_output_is_file(options->out) || options->common.quiet) return;
    (void)fprintf(stderr, "%s written%s; confidential: for the auditor alone\n", options->out,
                  options->log ? "" : ", without a part of the log (--log)");
}

static bool open_run(const struct options *options, struct desk *desk, struct err *err)
{
    struct run run = {0};
    json_t *chain = NULL;
    bool ok = find_run(options, desk, &run, err) && cut_chain(options, &run, &chain, err);
    if (ok) {
        json_t *package = package_json(&run.parts, chain);
        ok = clear_output_json(options->out, package, err);
        json_decref(package);
        if (ok) say_written(options);
    }
    json_decref(chain);
    run_free(&run);
    return ok;
}

int command_audit_open(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"run", OPTION_RUN, "N", 0,
         "Which query, by its number in the history (default: the last run with a result)", 0},
        {"log", OPTION_LOG, "EXPORT", 0,
         "Add what leads from the query to its result in this export of the matcher's log", 0},
        {"out", OPTION_OUT, "FILE", 0, "Write to this new file, mode 0600", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "SEARCH",
        .doc = "Opens a query for an auditor: a package that says what was asked, and from which "
               "the query is recomputed. Confidential."};
    struct options options = {.wanted = "a search"};
    struct desk desk = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    bool ok = desk_open(&options.common, &desk, &err);
    if (ok) {
        ok = open_run(&options, &desk, &err);
        desk_close(&desk);
    }
    if (ok) return EXIT_FOUND;
    cli_print_error("hearth audit open", options.common.json, &err);
    return desk_exit_code(&err);
}

/* ---- checking ---- */

static bool open_trust(const struct options *options, struct trust **out, struct err *err)
{
    if (options->root) return trust_open(options->root, NULL, NULL, out, err);
    char *home = la_home(&options->common);
    bool ok = trust_open_home(home, out, err);
    free(home);
    return ok;
}

/* Who cannot read the package or the root has not found anything wrong with the package. */
static int check(const struct options *options, struct package_report *report, struct err *err)
{
    struct buf text = {0};
    struct trust *trust = NULL;
    int code = CHECK_NO_PACKAGE;
    if (!file_read(options->argument, PACKAGE_MAX, &text, err)) {
        (void)err_in(err, "package");
    } else if (open_trust(options, &trust, err)) {
        bool ok = package_check(text.data, text.len, trust, report, err);
        if (!ok && !err->field[0]) (void)err_in(err, "package");
        code = ok ? CHECK_HOLDS : err->code == ERR_INVALID ? CHECK_NO_PACKAGE : CHECK_FAILS;
        trust_close(trust);
    }
    buf_wipe(&text);
    return code;
}

int command_audit_check(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"root", OPTION_ROOT, "FILE", 0,
         "The Authority's root; without it that of the home directory", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "PACKAGE",
        .doc = "Recomputes a query from its package and says what was asked, by whom, when, and "
               "whether it is what the matcher signed and logged. Needs no passphrase, and with "
               "--root no home directory."};
    struct options options = {.wanted = "a package (\"-\" reads standard input)"};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    struct package_report *report = mem_new(struct package_report);
    int code = check(&options, report, &err);
    if (code != CHECK_HOLDS) {
        cli_print_error("hearth audit check", options.common.json, &err);
    } else if (options.common.json) {
        cli_print_json(audit_report_json(report));
    } else {
        audit_report_words(stdout, report);
    }
    package_report_free(report);
    free(report);
    return code;
}
