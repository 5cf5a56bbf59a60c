/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "client/commands.h"
#include "client/compose.h"
#include "client/map.h"
#include "client/notes.h"
#include "client/recorded.h"
#include "client/report.h"
#include "client/report_explain.h"
#include "client/request_file.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/rpc/rpc.h"

struct search_options_given {
    struct request_options request; /* first: request_options_parse fills it */
    bool explain;
    int64_t wait_s; /* how long a busy matcher is tried again */
};

struct shown {
    bool quiet, terminal;
    size_t number;
    bool started;
};

/* One line that is rewritten on a terminal; elsewhere a line whenever the number changes. */
static void show(struct shown *shown, size_t number, size_t all, const char *what)
{
    if (shown->quiet || (shown->started && shown->number == number)) return;
    shown->started = true;
    shown->number = number;
    (void)fprintf(stderr, "%s%zu of %zu %s%s", shown->terminal ? "\r" : "", number, all, what,
                  shown->terminal ? "" : "\n");
    (void)fflush(stderr);
}

static void show_progress(uint32_t asked, uint32_t shared, void *ctx)
{
    show(ctx, shared, asked, "agencies have answered");
}

static void show_questions(size_t answered, size_t all, void *ctx)
{
    show(ctx, answered, all, "questions answered");
}

/* The next line begins where the last one ended. */
static void end_shown(struct shown *shown)
{
    if (shown->started && shown->terminal) (void)fputc('\n', stderr);
    shown->started = false;
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

/* A search that was asked for, and what comes of it. */
struct task {
    const struct search_options_given *options;
    struct request *request;
    struct buf resolved; /* its text, in the form that is kept */
    struct search_outcome outcome;
    struct recorded recorded;
    struct explanation explanation;
    bool explained; /* else explain_err says why not */
    struct err explain_err;
    const struct catalogue *catalogue;
};

static void explain(struct task *task, struct search_session *session, struct shown *shown)
{
    task->catalogue = session->catalogue;
    show_questions(0, GROUP_QUERIES, shown);
    task->explained = explain_run(session, task->request, &task->outcome.result, show_questions,
                                  shown, &task->explanation, &task->explain_err);
    end_shown(shown);
    for (size_t i = 0; i < task->explanation.result_count; i++) {
        keep_head(&task->options->request.common, &task->explanation.results[i]);
    }
}

static struct report report_of(const struct task *task)
{
    return (struct report){.outcome = &task->outcome,
                           .request = task->request,
                           .note = &task->recorded.note,
                           .record = &task->recorded.record};
}

/* Whether a busy matcher is to be tried again. Not all who were refused come back at once. */
static bool wait_for_matcher(const struct shown *shown, int64_t end_ms, const struct err *err)
{
    int64_t ms = err->retry_ms;
    if (err->code != ERR_BUDGET || ms <= 0 || ms > INT32_MAX / 2) return false;
    ms += randombytes_uniform((uint32_t)ms / 4 + 1);
    if (clock_steady_ms() + ms > end_ms) return false;
    if (!shown->quiet) {
        (void)fprintf(stderr, "The matcher is busy; trying again in %lld s.\n",
                      (long long)(ms + 999) / 1000);
    }
    (void)poll(NULL, 0, (int)ms);
    return true;
}

/* Asks, and keeps what comes of it. */
static bool ask(struct task *task, struct search_session *session, struct shown *shown,
                struct err *err)
{
    int64_t end_ms = clock_steady_ms() + task->options->wait_s * 1000;
    bool ok = false;
    do {
        ok = search_ask(session, task->request, show_progress, shown, &task->outcome, err);
        end_shown(shown);
    } while (!ok && wait_for_matcher(shown, end_ms, err));
    if (!ok) {
        recorded_failed(&task->recorded, task->outcome.sent);
        return false;
    }
    recorded_done(&task->recorded, task->request, task->outcome.result.query_hash);
    keep_head(&task->options->request.common, &task->outcome.result);
    return check_answered(&task->outcome, err);
}

/* A person sees the list before the explanation is asked for. */
static bool search(struct task *task, const struct la *la, struct err *err)
{
    const struct cli_common *common = &task->options->request.common;
    struct shown shown = {.quiet = common->quiet, .terminal = isatty(STDERR_FILENO) == 1};
    struct search_session session;
    if (!search_open(la, &session, err)) return false;
    bool ok = recorded_begin(common, la, task->request, &task->resolved, &task->recorded, err);
    session.keeper = &task->recorded.keeper;
    ok = ok && ask(task, &session, &shown, err);
    if (ok && !common->json) {
        const struct report report = report_of(task);
        report_table(stdout, &report);
        (void)fflush(stdout);
    }
    if (ok && task->options->explain) explain(task, &session, &shown);
    search_close(&session);
    return ok;
}

/* With the decoys that this search shows, which only the LA's key can tell. */
static bool draw_map(const struct task *task, const struct la *la, struct err *err)
{
    uint16_t footprint[FOOTPRINT_MAX];
    struct plan *plan = mem_new(struct plan);
    bool ok = plan_make(task->request, catalogue_get(CATALOGUE_VERSION), plan, err);
    if (ok) {
        size_t count = compose_footprint(la, task->request, plan, footprint);
        ok = map_write(task->options->request.map,
                       &(struct map_subject){task->request, plan, footprint, count}, err);
    }
    plan_wipe(plan);
    free(plan);
    return ok;
}

static bool run(struct task *task, struct err *err)
{
    struct la la = {0};
    if (!la_open(&task->options->request.common, &la, err)) return false;
    if (task->options->request.map && !draw_map(task, &la, err)) {
        la_close(&la);
        return false;
    }
    rpc_start();
    bool ok = search(task, &la, err);
    rpc_stop();
    la_close(&la);
    return ok;
}

/* The request is known to be good by now: what else is invalid is this side's configuration. Nobody
 * has refused anything where the passphrase of the own key file is wrong, or the records are full.
 */
static int failure(const struct err *err)
{
    const char *last = strrchr(err->field, '.');
    bool passphrase = strcmp(last ? last + 1 : err->field, "passphrase") == 0;
    bool own = passphrase || strncmp(err->field, HOME_RECORDS, strlen(HOME_RECORDS)) == 0;
    return err->code == ERR_INVALID || own ? EXIT_OTHER : (int)exit_code_of(err);
}

/* Everything that can be wrong with a request is found before anything is opened or sent. */
static bool read_request(struct task *task, struct err *err)
{
    const struct search_options_given *options = task->options;
    struct plan *plan = mem_new(struct plan);
    bool ok = request_file_plan(&options->request, task->request, &task->resolved, plan, err) &&
              (!options->explain || variants_check(task->request, err));
    plan_wipe(plan);
    free(plan);
    return ok;
}

/* What is not printed yet. Returns the exit code. */
static int conclude(const struct task *task)
{
    const bool json = task->options->request.common.json, wanted = task->options->explain;
    const struct report_explained explained = {.explanation =
                                                   task->explained ? &task->explanation : NULL,
                                               .err = task->explained ? NULL : &task->explain_err,
                                               .catalogue = task->catalogue};
    if (json) {
        struct report report = report_of(task);
        if (wanted) report.explained = &explained;
        report_json(stdout, &report);
    } else if (wanted && task->explained) {
        report_explain_table(stdout, &task->explanation, task->catalogue);
    } else if (wanted) {
        cli_print_error("hearth search --explain", false, &task->explain_err);
    }
    if (wanted && !task->explained) return failure(&task->explain_err);
    return task->outcome.result.agency_count > 0 ? EXIT_FOUND : EXIT_NONE_FOUND;
}

enum { OPTION_EXPLAIN = 0x100, OPTION_WAIT, WAIT_MAX_S = 86400 };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct search_options_given *options = state->input;
    if (key == OPTION_EXPLAIN) {
        options->explain = true;
    } else if (key != OPTION_WAIT) {
        return request_options_parse(key, arg, state);
    } else if (!text_integer(arg, 0, WAIT_MAX_S, &options->wait_s)) {
        argp_error(state, "--wait=%s: a whole number of seconds, 0 to %d, is wanted", arg,
                   WAIT_MAX_S);
    }
    return 0;
}

int command_search(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"explain", OPTION_EXPLAIN, NULL, 0,
         "Also ask how much wider the choice would be without each must and with longer distances",
         0},
        {"wait", OPTION_WAIT, "SECONDS", 0,
         "Where the matcher is too busy, try again for that long (default: 0)", 0},
        REQUEST_OPTION_MAP,
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "REQUEST.json",
        .doc = "Asks every attached agency, blind, and prints the ranked list (\"-\" reads the "
               "request from standard input)."};
    struct search_options_given given = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &given, &given.request.common) != 0) return EXIT_BAD_REQUEST;
    struct task *task = mem_new(struct task);
    task->options = &given;
    task->request = mem_new(struct request);
    bool good = read_request(task, &err);
    if (good) notes_print(stderr, "hearth search", task->request);
    bool ok = good && run(task, &err);
    int code = EXIT_FOUND;
    if (!ok) {
        code = good ? failure(&err) : (int)exit_code_of(&err);
        cli_print_error("hearth search", given.request.common.json, &err);
    } else {
        code = conclude(task);
    }
    recorded_close(&task->recorded);
    request_wipe(task->request);
    free(task->request);
    buf_wipe(&task->resolved);
    sodium_memzero(task, sizeof *task); /* names what the child needs */
    free(task);
    return code;
}
