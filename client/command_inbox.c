/* SPDX-License-Identifier: Apache-2.0
 * `hearth inbox`, `hearth inbox show` and `hearth answer`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/commands.h"
#include "client/report.h"
#include "client/say.h"
#include "client/thread_report.h"
#include "client/thread_show.h"
#include "proto/base/mem.h"
#include "proto/mail/content_files.h"

enum { OPTION_OFFLINE = 0x400, OPTION_SAVE, OPTION_TEXT, OPTION_ATTACH };

struct options {
    struct cli_common common;
    const char *thread, *save;
    struct content_files files;
    bool offline, thread_wanted, text_wanted;
};

static void check(const struct options *options, struct argp_state *state)
{
    if (options->thread_wanted && !options->thread) argp_error(state, "a thread is wanted");
    if (options->text_wanted && !options->files.text) argp_error(state, "--text says what to send");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_OFFLINE: options->offline = true; return 0;
    case OPTION_SAVE: options->save = arg; return 0;
    case OPTION_TEXT: options->files.text = arg; return 0;
    case OPTION_ATTACH:
        if (!content_files_add(&options->files, arg)) {
            argp_error(state, "--attach: at most %d files", ATTACHMENTS_MAX);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (!options->thread_wanted || options->thread)
            argp_error(state, "\"%s\" is too much", arg);
        options->thread = arg;
        return 0;
    case ARGP_KEY_END: check(options, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the list ---- */

static void print_unread(const struct options *options, const struct view *view,
                         const struct thread *const *list, size_t count)
{
    if (options->common.json) {
        json_t *threads = json_array();
        for (size_t i = 0; i < count; i++) {
            (void)json_array_append_new(threads,
                                        thread_json(list[i], view->searches, view->search_count));
        }
        cli_print_json(json_pack("{s:o}", "unread", threads));
    } else if (count == 0) {
        (void)printf("Nothing is unread.\n");
    } else {
        threads_table(stdout, list, count, view->searches, view->search_count);
    }
}

static bool list(const void *ctx, struct view *view, struct err *err)
{
    const struct options *options = ctx;
    const struct thread **unread = mem_array(view->threads.count, sizeof(void *));
    size_t count = 0;
    (void)err;
    for (size_t i = 0; i < view->threads.count; i++) {
        const struct thread *thread = &view->threads.list[i];
        if (thread->unread > 0) unread[count++] = thread;
    }
    print_unread(options, view, unread, count);
    free(unread);
    return true;
}

/* ---- one thread ---- */

static bool print_thread(const struct options *options, const struct view *view,
                         const struct thread *thread, struct err *err)
{
    json_t *object = NULL;
    if (!options->common.json) return thread_show_words(stdout, view, thread, err);
    if (!thread_show_json(view, thread, &object, err)) return false;
    cli_print_json(object);
    return true;
}

/* What was not printed whole stays unread. */
static bool show(const void *ctx, struct view *view, struct err *err)
{
    const struct options *options = ctx;
    const struct thread *thread = NULL;
    size_t saved = 0;
    if (!threads_find(&view->threads, options->thread, &thread, err)) return false;
    if (options->save && !thread_save(view, thread, options->save, &saved, err)) return false;
    if (!print_thread(options, view, thread, err)) return false;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return err_set(err, ERR_IO, "output", "could not be written: it stays unread");
    }
    if (options->save && !options->common.quiet) {
        (void)fprintf(stderr, "hearth inbox show: %zu attachment%s saved in %s\n", saved,
                      saved == 1 ? "" : "s", options->save);
    }
    return thread_mark_read(view, thread, err);
}

static bool answer(const void *ctx, struct view *view, struct err *err)
{
    const struct options *options = ctx;
    const struct thread *thread = NULL;
    struct content content = {.kind = CONTENT_MESSAGE};
    bool ok = threads_find(&view->threads, options->thread, &thread, err) &&
              content_files_read(&options->files, &content, err) &&
              say(&view->desk, thread, &content, err);
    content_wipe(&content);
    if (!ok || !desk_send(&view->desk, err) || !view_refresh(view, err) ||
        !threads_find(&view->threads, options->thread, &thread, err)) {
        return false;
    }
    if (thread->refusal[0]) {
        return err_set(err, ERR_DENIED, "thread", "it was not sent to %s: %s", thread->agency,
                       thread->refusal);
    }
    if (options->common.json) {
        cli_print_json(thread_json(thread, view->searches, view->search_count));
    } else {
        (void)printf("Sent to %s.\n", thread->agency);
    }
    return true;
}

#define ENTRY_OFFLINE                                                                              \
    {                                                                                              \
        "offline", OPTION_OFFLINE, NULL, 0, "Show what is known here; ask the matcher nothing", 0  \
    }

int command_inbox(int argc, char **argv)
{
    static const struct argp_option entries[] = {ENTRY_OFFLINE, {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .doc = "Sends and fetches what waits, and lists the threads with answers that were not "
               "shown yet."};
    struct options options = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    const struct view_command command = {.name = "hearth inbox",
                                         .common = &options.common,
                                         .offline = options.offline,
                                         .hint = "--offline shows what is known here"};
    return view_run(&command, list, &options);
}

int command_inbox_show(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        ENTRY_OFFLINE,
        {"save", OPTION_SAVE, "DIR", 0,
         "Write the attachments that came into this directory, never over a file", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "THREAD",
        .doc = "Shows all that was said in a thread; it counts as read then."};
    struct options options = {.thread_wanted = true};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    const struct view_command command = {.name = "hearth inbox show",
                                         .common = &options.common,
                                         .offline = options.offline,
                                         .hint = "--offline shows what is known here"};
    return view_run(&command, show, &options);
}

int command_answer(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"text", OPTION_TEXT, "FILE", 0, "What to send (\"-\" reads standard input)", 0},
        {"attach", OPTION_ATTACH, "FILE", 0, "A file that goes along; repeat it", 0},
        {0}};
    static const struct argp argp = {.options = entries,
                                     .parser = parse,
                                     .args_doc = "THREAD",
                                     .doc = "Sends a message to the agency of a thread."};
    struct options options = {.thread_wanted = true, .text_wanted = true};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    const struct view_command command = {.name = "hearth answer",
                                         .common = &options.common,
                                         .offline = options.offline,
                                         .hint = "nothing was written down or sent"};
    return view_run(&command, answer, &options);
}
