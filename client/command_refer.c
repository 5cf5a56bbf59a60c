/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/refer.h"
#include "client/report.h"
#include "client/selection.h"
#include "client/thread_report.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/mail/content_files.h"

#define NAME "hearth refer"

enum {
    OPTION_TO = 0x400,
    OPTION_STAGE,
    OPTION_NOTE,
    OPTION_ATTACH,
    OPTION_REASON,
    OPTION_AGAIN,
    OPTION_DRY_RUN
};

struct options {
    struct cli_common common;
    struct refer_order order;
    struct content_files files; /* text: the note */
    bool dry_run;
};

static void check(const struct options *options, struct argp_state *state)
{
    if (!options->order.to) argp_error(state, "--to says which agencies");
    if (options->order.stage == STAGE_PROFILE &&
        (options->files.text || options->files.attach_count > 0)) {
        argp_error(state, "--note and --attach go with --stage full: free text may say who the "
                          "child is, and the profile stage must not");
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_TO: options->order.to = arg; return 0;
    case OPTION_STAGE:
        if (!referral_stage_from_name(arg, &options->order.stage)) {
            argp_error(state, "--stage %s: profile or full is wanted", arg);
        }
        return 0;
    case OPTION_NOTE: options->files.text = arg; return 0;
    case OPTION_ATTACH:
        if (!content_files_add(&options->files, arg)) {
            argp_error(state, "--attach: at most %d files", ATTACHMENTS_MAX);
        }
        return 0;
    case OPTION_REASON: options->order.reason = arg; return 0;
    case OPTION_AGAIN: options->order.again = true; return 0;
    case OPTION_DRY_RUN: options->dry_run = true; return 0;
    case ARGP_KEY_ARG:
        if (options->order.search) argp_error(state, "one search is wanted");
        options->order.search = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "a search is wanted"); return 0;
    case ARGP_KEY_END: check(options, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Before anything is sent, so that the officer can stop. */
static void print_left_out(const struct options *options, const struct referring *referring)
{
    if (options->common.quiet) return;
    (void)fprintf(stderr, NAME ": the %s stage leaves out:\n",
                  referral_stage_name(options->order.stage));
    for (size_t i = 0; i < referring->left_out_count; i++) {
        (void)fprintf(stderr, "  - %s\n", referring->left_out[i]);
    }
}

static bool prepare(const struct options *options, struct desk *desk, struct referring *referring,
                    struct err *err)
{
    return refer_begin(desk->records, options->order.search, referring, err) &&
           refer_choose(referring, options->order.to, err) &&
           content_files_read(&options->files, &referring->content, err);
}

static bool check_and_write(const struct options *options, struct desk *desk,
                            struct referring *referring, struct err *err)
{
    struct threads threads = {0};
    struct exchange_counts counts = {0};
    if (!options->dry_run && !desk_settle(desk, &counts, err)) {
        view_unreachable("nothing was referred", err);
        return false;
    }
    if (!threads_load(desk->correspondence, desk->records, &threads, err)) return false;
    bool ok = refer_check(referring, &threads, &options->order, err);
    if (ok) print_left_out(options, referring);
    if (ok && !options->dry_run) ok = refer_write(desk, referring, &threads, err);
    threads_free(&threads);
    return ok && (options->dry_run || desk_send(desk, err));
}

/* ---- what is printed ---- */

static json_t *left_out_json(const struct referring *referring)
{
    json_t *list = json_array();
    for (size_t i = 0; i < referring->left_out_count; i++) {
        (void)json_array_append_new(list, json_string(referring->left_out[i]));
    }
    return list;
}

static json_t *passed_json(const struct decision *decision)
{
    json_t *list = json_array();
    for (size_t i = 0; i < decision->passed_count; i++) {
        const struct decided_agency *agency = &decision->passed_over[i];
        (void)json_array_append_new(
            list, json_pack("{s:s,s:i}", "agency", agency->id, "rank", (int)agency->rank));
    }
    return list;
}

static json_t *referral_json(const struct referring *referring, const struct threads *threads,
                             const struct decided_agency *agency)
{
    const struct thread *thread = threads_with(threads, referring->search.name, agency->id);
    json_t *object =
        thread ? thread_json(thread, &referring->search, 1)
               : json_pack("{s:s,s:n,s:s}", "agency", agency->id, "thread", "state", "not sent");
    (void)json_object_set_new(object, "rank", json_integer(agency->rank));
    return object;
}

static void print_json(const struct options *options, const struct referring *referring,
                       const struct threads *threads)
{
    const struct decision *decision = &referring->decision;
    char hash[2 * HASH_BYTES + 1];
    json_t *list = json_array();
    for (size_t i = 0; i < decision->chosen_count; i++) {
        (void)json_array_append_new(list, referral_json(referring, threads, &decision->chosen[i]));
    }
    cli_print_json(json_pack(
        "{s:s,s:s,s:s,s:b,s:o,s:o,s:s,s:o}", "search_ref", referring->search.record.search_ref,
        "query_hash", text_hex(decision->query_hash, HASH_BYTES, hash), "stage",
        referral_stage_name(options->order.stage), "dry_run", (int)options->dry_run, "left_out",
        left_out_json(referring), "passed_over", passed_json(decision), "reason", decision->reason,
        "referrals", list));
}

static void print_words(const struct options *options, const struct referring *referring,
                        const struct threads *threads)
{
    const struct decision *decision = &referring->decision;
    if (options->dry_run) (void)printf("Nothing was sent. These would be referred to:\n");
    for (size_t i = 0; i < decision->chosen_count; i++) {
        const struct decided_agency *agency = &decision->chosen[i];
        const struct thread *thread = threads_with(threads, referring->search.name, agency->id);
        char state[STATE_TEXT] = "not sent", id[THREAD_SHORT] = "-";
        if (thread) thread_state_text(thread, state);
        if (thread) thread_short_id(thread, id);
        if (thread && thread->refusal[0]) {
            (void)snprintf(state, sizeof state, "refused: %s", thread->refusal);
        }
        (void)printf("%-16s rank %-2u  thread %-8s  %s\n", agency->id, agency->rank, id,
                     options->dry_run ? "not sent" : state);
    }
}

/* Returns the exit code: what the matcher refused is a failure, though all else went. */
static int conclude(const struct options *options, struct desk *desk,
                    const struct referring *referring, struct err *err)
{
    struct threads threads = {0};
    int code = EXIT_FOUND;
    if (!threads_load(desk->correspondence, desk->records, &threads, err)) {
        return desk_exit_code(err);
    }
    if (options->common.json) {
        print_json(options, referring, &threads);
    } else {
        print_words(options, referring, &threads);
    }
    for (size_t i = 0; !options->dry_run && i < referring->decision.chosen_count; i++) {
        const struct thread *thread =
            threads_with(&threads, referring->search.name, referring->decision.chosen[i].id);
        if (!thread || thread->refusal[0]) code = EXIT_REFUSED;
    }
    threads_free(&threads);
    return code;
}

static int refer(const struct options *options, struct err *err)
{
    struct desk desk = {0};
    if (!desk_open(&options->common, &desk, err)) return desk_exit_code(err);
    struct referring *referring = mem_new(struct referring);
    bool ok = prepare(options, &desk, referring, err);
    if (ok) refer_tell(referring, options->order.stage);
    ok = ok && check_and_write(options, &desk, referring, err);
    int code = ok ? conclude(options, &desk, referring, err) : desk_exit_code(err);
    referring_free(referring);
    desk_close(&desk);
    return code;
}

int command_refer(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"to", OPTION_TO, "IDS", 0, "The agencies, by the ids of the list, separated by commas", 0},
        {"stage", OPTION_STAGE, "STAGE", 0,
         "profile (the default: ages, needs, quadrants) or full (places too)", 0},
        {"note", OPTION_NOTE, "FILE", 0,
         "A text that goes along, at the full stage (\"-\" reads "
         "standard input)",
         0},
        {"attach", OPTION_ATTACH, "FILE", 0, "A file that goes along, at the full stage; repeat it",
         0},
        {"reason", OPTION_REASON, "TEXT", 0,
         "Why an agency that ranks better is passed over: kept in the records. Other users of this "
         "computer may see it while the command runs: name nobody",
         0},
        {"again", OPTION_AGAIN, NULL, 0,
         "Refer once more to who has this stage already, or a search that has an outcome", 0},
        {"dry-run", OPTION_DRY_RUN, NULL, 0, "Say what would be told to whom; send nothing", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "SEARCH",
        .doc = "Refers a search (its search_ref, or the start of a query hash) to agencies of its "
               "last list."};
    struct options options = {.order.stage = STAGE_PROFILE};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    int code = refer(&options, &err);
    if (err.code != ERR_NONE) cli_print_error(NAME, options.common.json, &err);
    return code;
}
