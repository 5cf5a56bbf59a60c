/* SPDX-License-Identifier: Apache-2.0
 * `hearth referrals` and `hearth withdraw`.
 */
#include <stdio.h>
#include <string.h>

#include "client/commands.h"
#include "client/report.h"
#include "client/say.h"
#include "client/selection.h"
#include "client/thread_report.h"
#include "proto/mail/content_files.h"

enum { OPTION_OFFLINE = 0x400, OPTION_TO, OPTION_TEXT };

struct options {
    struct cli_common common;
    const char *which, *to;
    struct content_files files;
    bool offline, needed;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_OFFLINE: options->offline = true; return 0;
    case OPTION_TO: options->to = arg; return 0;
    case OPTION_TEXT: options->files.text = arg; return 0;
    case ARGP_KEY_ARG:
        if (options->which) argp_error(state, "one search or thread is wanted");
        options->which = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        if (options->needed) argp_error(state, "a search or a thread is wanted");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void print_list(const struct options *options, const struct view *view,
                       const struct selection *selection)
{
    if (!options->common.json) {
        threads_table(stdout, selection->list, selection->count, view->searches,
                      view->search_count);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < selection->count; i++) {
        (void)json_array_append_new(
            list, thread_json(selection->list[i], view->searches, view->search_count));
    }
    cli_print_json(json_pack("{s:o}", "referrals", list));
}

static bool list(const void *ctx, struct view *view, struct err *err)
{
    const struct options *options = ctx;
    struct selection selection = {0};
    if (!selection_of(view, options->which, options->to, &selection, err)) return false;
    print_list(options, view, &selection);
    selection_free(&selection);
    return true;
}

/* ---- withdrawing ---- */

/* The agency with which the child is placed is not told that it is over. */
static bool is_open(const struct thread *thread)
{
    return !thread_is_closed(thread->state) && thread->state != THREAD_PLACED;
}

static bool withdraw_each(const struct options *options, struct view *view,
                          const struct selection *selection, struct err *err)
{
    struct content content = {.kind = CONTENT_WITHDRAWAL};
    size_t count = 0;
    bool ok = content_files_read(&options->files, &content, err);
    for (size_t i = 0; ok && i < selection->count; i++) {
        if (!is_open(selection->list[i])) continue;
        count++;
        ok = say(&view->desk, selection->list[i], &content, err);
    }
    content_wipe(&content);
    return ok && (count > 0 ||
                  err_set(err, ERR_NOT_FOUND, "search",
                          "no referral of it is open: nothing is to be withdrawn, and the one that "
                          "led to a placement is not while 'hearth outcome' says so"));
}

/* False, with no error, where a withdrawal was refused: the list says which, and why. */
static bool list_withdrawn(const struct options *options, struct view *view, struct err *err)
{
    struct selection selection = {0};
    bool ok = true;
    if (!selection_of(view, options->which, options->to, &selection, err)) return false;
    print_list(options, view, &selection);
    for (size_t i = 0; i < selection.count; i++) {
        const struct thread *thread = selection.list[i];
        if (!thread_is_closed(thread->state) && thread->refusal[0]) ok = false;
    }
    selection_free(&selection);
    if (!ok) err->code = ERR_NONE;
    return ok;
}

static bool withdraw(const void *ctx, struct view *view, struct err *err)
{
    const struct options *options = ctx;
    struct selection selection = {0};
    if (!selection_of(view, options->which, options->to, &selection, err)) return false;
    bool ok = withdraw_each(options, view, &selection, err);
    selection_free(&selection);
    return ok && desk_send(&view->desk, err) && view_refresh(view, err) &&
           list_withdrawn(options, view, err);
}

int command_referrals(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"offline", OPTION_OFFLINE, NULL, 0, "Show what is known here; ask the matcher nothing", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "[SEARCH]",
        .doc = "Lists referrals and how each stands, after sending and fetching what waits."};
    struct options options = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    const struct view_command command = {.name = "hearth referrals",
                                         .common = &options.common,
                                         .offline = options.offline,
                                         .hint = "--offline shows what is known here"};
    return view_run(&command, list, &options);
}

int command_withdraw(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"to", OPTION_TO, "IDS", 0, "Only those to these agencies, separated by commas", 0},
        {"text", OPTION_TEXT, "FILE", 0, "A text that goes along (\"-\" reads standard input)", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "SEARCH|THREAD",
        .doc = "Withdraws the open referrals of a search, or one: no answer is expected any more."};
    struct options options = {.needed = true};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    const struct view_command command = {.name = "hearth withdraw",
                                         .common = &options.common,
                                         .offline = options.offline,
                                         .hint = "nothing was withdrawn"};
    return view_run(&command, withdraw, &options);
}
