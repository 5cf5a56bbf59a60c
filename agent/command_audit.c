/* SPDX-License-Identifier: Apache-2.0
 * audit open, audit log: what this agency holds, for an auditor and against the matcher.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/commands.h"
#include "agent/home.h"
#include "agent/reply_package.h"
#include "proto/audit/log_export.h"
#include "proto/base/clear_output.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { KEY_OUT = 0x2001 };
struct options {
    struct cli_common common;
    const char *arg, *out;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case KEY_OUT: options->out = arg; return 0;
    case ARGP_KEY_ARG:
        if (options->arg) argp_error(state, "one argument is wanted");
        options->arg = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "an argument is wanted"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Opens identity and kept replies, runs, closes; run returns an exit code, or -1 with err set. */
static int with_replies(const struct argp *argp, int argc, char **argv,
                        int (*run)(const struct options *options, struct home *home,
                                   struct err *err))
{
    struct options options = {0};
    struct home home = {0};
    struct err err = {0};
    int code = cli_parse(argp, argc, argv, &options, &options.common);
    if (code != 0) return code;
    bool ok = home_open_identity(&options.common, &home, &err) && home_open_replies(&home, &err);
    code = ok ? run(&options, &home, &err) : -1;
    if (code < 0) code = home_fail(argv[0], &options.common, &err);
    home_close(&home);
    return code;
}

/* ---- open ---- */

static int run_open(const struct options *options, struct home *home, struct err *err)
{
    struct kept_reply kept;
    if (!replies_get(home->replies, options->arg, &kept, err)) return -1;
    json_t *package = reply_package_json(&kept, identity_certificate(home->identity));
    bool ok = clear_output_json(options->out, package, err);
    json_decref(package);
    if (ok && options->out) {
        (void)fprintf(stderr, "%s: %zu households, confidential\n", options->out, kept.carers);
    }
    kept_reply_free(&kept);
    return ok ? EXIT_OK : -1;
}

int command_audit_open(int argc, char **argv)
{
    static const struct argp_option list[] = {
        {"out", KEY_OUT, "FILE", 0, "Write it to a new file, mode 0600 (default: standard output)",
         0},
        {0}};
    static const struct argp argp = {
        .options = list,
        .parser = parse,
        .args_doc = "QUERY",
        .doc = "Makes a package of one reply, from which an auditor can recompute it: what the "
               "agency signed, its seed, and the slots of its households at that moment, without "
               "references or names. QUERY is the start of the query's hash."};
    return with_replies(&argp, argc, argv, run_open);
}

/* ---- log ---- */

static bool add_head(const struct receipt *receipt, int64_t at_ms, void *ctx, struct err *err)
{
    (void)at_ms;
    (void)err;
    char query[2 * HASH_BYTES + 1];
    struct known_head head = {.head = {.length = receipt->log_length}};
    memcpy(head.head.hash, receipt->log_head, HASH_BYTES);
    (void)snprintf(head.from, sizeof head.from, "the receipt for query %.16s",
                   text_hex(receipt->query_hash, HASH_BYTES, query));
    known_heads_add(ctx, &head);
    return true;
}

static bool check_log(const char *path, struct trust *trust, const struct known_heads *heads,
                      struct log_check *out, struct err *err)
{
    FILE *in = fopen(path, "re");
    if (!in) {
        (void)file_cannot_open(path, errno, err);
        err->code = ERR_INVALID; /* there is nothing then that could be wrong with the log */
        return err_in(err, "log");
    }
    bool ok = log_export_check(in, trust, heads->list, heads->count, NULL, NULL, out, err);
    (void)fclose(in);
    return ok;
}

static void print_log(const struct options *options, const struct log_check *check,
                      const struct known_heads *heads, bool own)
{
    if (options->common.json) {
        cli_print_json(json_pack(
            "{s:b,s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s}", "intact", check->intact, "matcher",
            check->matcher, "party", check->party, "own", own, "from", (json_int_t)check->from,
            "length", (json_int_t)check->head.length, "own_entries", (json_int_t)check->own,
            "receipts", (json_int_t)heads->count, "checked", (json_int_t)check->checked, "later",
            (json_int_t)check->later, "bad", (json_int_t)check->bad, "reason", check->reason));
        return;
    }
    (void)printf("Log of %s for %s, entries %llu to %llu, %zu of the party's own\n", check->matcher,
                 check->party, (unsigned long long)check->from,
                 (unsigned long long)check->head.length, check->own);
    if (!own) (void)printf("This is not an export for this agency by its matcher.\n");
    (void)printf("%zu receipts are kept here: %zu are in this log, %zu are later than it ends\n",
                 heads->count, check->checked, check->later);
    if (check->intact && own) {
        (void)printf("The log is whole, and what the matcher signed to this agency is in it.\n");
    } else if (check->intact) {
        (void)printf("NOT in order: the chain is whole, but made for somebody else.\n");
    } else if (check->bad > 0) {
        (void)printf("NOT in order at entry %llu: %s\n", (unsigned long long)check->bad,
                     check->reason);
    } else {
        (void)printf("NOT in order: %s\n", check->reason);
    }
}

static bool is_own(const struct home *home, const struct log_check *check)
{
    char *party = mem_format("agent/%s", identity_certificate(home->identity)->organisation);
    bool own = strcmp(party, check->party) == 0;
    free(party);
    return own;
}

static int run_log(const struct options *options, struct home *home, struct err *err)
{
    struct known_heads heads = {0};
    struct log_check check = {0};
    bool ok = replies_each_receipt(home->replies, add_head, &heads, err) &&
              check_log(options->arg, home->trust, &heads, &check, err);
    bool own = ok && is_own(home, &check);
    if (ok) print_log(options, &check, &heads, own);
    free(heads.list);
    if (!ok) return -1;
    return check.intact && own ? EXIT_OK : EXIT_OTHER;
}

int command_audit_log(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "EXPORT",
        .doc = "Checks an export of the matcher's log for this agency: that every hash follows, "
               "that the matcher signed its end, and that the heads in all receipts that are kept "
               "here are in it. Exit code 0 where it is so, 1 where not, 2 where it is no export."};
    return with_replies(&argp, argc, argv, run_log);
}
