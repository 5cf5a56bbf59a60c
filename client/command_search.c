/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/commands.h"
#include "client/report.h"
#include "client/request_file.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/rpc/rpc.h"

struct shown {
    bool quiet, terminal;
    uint32_t shared;
    bool started;
};

/* One line that is rewritten on a terminal; elsewhere a line whenever the number changes. */
static void show_progress(uint32_t asked, uint32_t shared, void *ctx)
{
    struct shown *shown = ctx;
    if (shown->quiet || (shown->started && shown->shared == shared)) return;
    shown->started = true;
    shown->shared = shared;
    (void)fprintf(stderr, "%s%u of %u agencies have answered%s", shown->terminal ? "\r" : "",
                  shared, asked, shown->terminal ? "" : "\n");
    (void)fflush(stderr);
}

/* Everything that could be asked was asked, and nobody gave a usable answer. */
static bool check_answered(const struct search_outcome *outcome, struct err *err)
{
    if (outcome->result.answered > 0) return true;
    return err_set(err, ERR_UNAVAILABLE, "",
                   "no usable answer: %u agencies were asked, %u declined, the others were late",
                   outcome->result.asked, outcome->result.declined);
}

/* The result is good without it: a full disk is told and costs nothing else. */
static void keep_head(const struct cli_common *common, const struct result *result)
{
    struct err err = {0};
    char *home = la_home(common);
    if (!la_keep_head(home, result, &err)) log_err(LOG_LEVEL_WARN, "log_head_not_kept", &err);
    free(home);
}

static bool run(const struct request_options *options, struct request *request,
                struct search_outcome *outcome, struct err *err)
{
    struct la la = {0};
    struct shown shown = {.quiet = options->common.quiet, .terminal = isatty(STDERR_FILENO) == 1};
    if (!la_open(&options->common, &la, err)) return false;
    rpc_start();
    bool ok = search_run(&la, request, show_progress, &shown, outcome, err);
    rpc_stop();
    if (shown.started && shown.terminal) (void)fputc('\n', stderr);
    la_close(&la);
    if (ok) keep_head(&options->common, &outcome->result);
    return ok && check_answered(outcome, err);
}

/* The request is known to be good by now: what else is invalid is this side's configuration. Nobody
 * has refused anything where the passphrase of the own key file is wrong. */
static int failure(const struct err *err)
{
    const char *last = strrchr(err->field, '.');
    bool passphrase = strcmp(last ? last + 1 : err->field, "passphrase") == 0;
    return err->code == ERR_INVALID || passphrase ? EXIT_OTHER : (int)exit_code_of(err);
}

/* Everything that can be wrong with a request is found before anything is opened or sent. */
static bool read_request(const char *path, struct request *request, struct err *err)
{
    struct plan *plan = mem_new(struct plan);
    bool ok = request_file_plan(path, request, plan, err);
    plan_wipe(plan);
    free(plan);
    return ok;
}

int command_search(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = request_options_parse,
        .args_doc = "REQUEST.json",
        .doc = "Asks every attached agency, blind, and prints the ranked list (\"-\" reads the "
               "request from standard input)."};
    struct request_options options = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    struct request *request = mem_new(struct request);
    struct search_outcome *outcome = mem_new(struct search_outcome);
    bool good = read_request(options.path, request, &err);
    bool ok = good && run(&options, request, outcome, &err);
    int code = EXIT_FOUND;
    if (!ok) {
        code = good ? failure(&err) : EXIT_BAD_REQUEST;
        cli_print_error("hearth search", options.common.json, &err);
    } else {
        code = outcome->result.agency_count > 0 ? EXIT_FOUND : EXIT_NONE_FOUND;
        (options.common.json ? report_json : report_table)(stdout, outcome, request->search_ref);
    }
    request_wipe(request);
    free(request);
    free(outcome);
    return code;
}
