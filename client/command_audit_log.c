/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/audit_log.h"
#include "client/commands.h"
#include "client/party.h"
#include "client/report.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

struct options {
    struct cli_common common;
    const char *path;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case ARGP_KEY_ARG:
        if (options->path) argp_error(state, "one export is wanted");
        options->path = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "an export of the matcher's log is wanted"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static size_t listed(const struct audit_findings *findings)
{
    return findings->problem_count < AUDIT_PROBLEMS_MAX ? findings->problem_count
                                                        : AUDIT_PROBLEMS_MAX;
}

static void print_words(const struct audit_findings *findings)
{
    const struct log_check *check = &findings->check;
    (void)printf("Log of %s for %s: entries %llu to %llu.\n", check->matcher, check->party,
                 (unsigned long long)check->from, (unsigned long long)check->head.length);
    (void)printf("Heads kept here: %zu are in the chain, %zu are later, %zu earlier than it.\n",
                 check->checked, check->later, check->earlier);
    (void)printf("Queries kept here: %zu are in it, %zu answered ones are outside of it.\n",
                 findings->queries, findings->outside);
    if (findings->unknown > 0) {
        (void)printf("%zu queries of this LA are not in these records: asked from another home, "
                     "removed since, or asked by somebody with its keys.\n",
                     findings->unknown);
    }
    for (size_t i = 0; i < listed(findings); i++) {
        (void)printf("WRONG: %s\n", findings->problems[i]);
    }
    if (findings->problem_count > listed(findings)) {
        (void)printf("... and %zu more.\n", findings->problem_count - listed(findings));
    }
    if (findings->problem_count == 0) (void)printf("The chain is intact, and all of it holds.\n");
}

static void print_json(const struct audit_findings *findings)
{
    const struct log_check *check = &findings->check;
    json_t *problems = json_array();
    for (size_t i = 0; i < listed(findings); i++) {
        (void)json_array_append_new(problems, json_string(findings->problems[i]));
    }
    cli_print_json(json_pack(
        "{s:b,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "holds",
        (int)(findings->problem_count == 0), "matcher", check->matcher, "party", check->party,
        "from", (json_int_t)check->from, "length", (json_int_t)check->head.length, "heads_checked",
        (json_int_t)check->checked, "heads_later", (json_int_t)check->later, "queries",
        (json_int_t)findings->queries, "queries_outside", (json_int_t)findings->outside,
        "queries_unknown", (json_int_t)findings->unknown, "bad_entry", (json_int_t)check->bad,
        "problems", problems));
}

static bool check_file(const struct options *options, struct desk *desk, struct audit_findings *out,
                       struct err *err)
{
    FILE *in = fopen(options->path, "re");
    if (!in) {
        (void)file_cannot_open(options->path, errno, err);
        err->code = ERR_INVALID; /* there is nothing then that could be wrong with the log */
        return err_in(err, "log");
    }
    char *home = la_home(&options->common);
    const char *la = identity_certificate(desk->la.identity)->organisation;
    bool ok = audit_log_check(in, home, la, desk->la.trust, desk->records, out, err);
    free(home);
    (void)fclose(in);
    return ok;
}

int command_audit_log(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "EXPORT",
        .doc = "Checks an export of the matcher's log against everything that this LA holds: the "
               "chain, every head that came with a result, every query that was sent."};
    struct options options = {0};
    struct desk desk = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    struct audit_findings *findings = mem_new(struct audit_findings);
    bool ok = desk_open(&options.common, &desk, &err);
    if (ok) {
        ok = check_file(&options, &desk, findings, &err);
        desk_close(&desk);
    }
    int code = ok && findings->problem_count == 0 ? EXIT_FOUND : EXIT_OTHER;
    if (!ok) {
        code = err.code == ERR_INVALID ? EXIT_BAD_REQUEST : desk_exit_code(&err);
        cli_print_error("hearth audit log", options.common.json, &err);
    } else if (options.common.json) {
        print_json(findings);
    } else {
        print_words(findings);
    }
    audit_findings_free(findings);
    free(findings);
    return code;
}
