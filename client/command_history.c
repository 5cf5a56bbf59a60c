/* SPDX-License-Identifier: Apache-2.0
 * `hearth history` and `hearth export`.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/chronicle.h"
#include "client/commands.h"
#include "client/report.h"
#include "proto/base/clear_output.h"
#include "proto/base/clock.h"
#include "proto/base/json_wipe.h"
#include "proto/base/text.h"

enum { OPTION_FORMAT = 0x400 };
enum format { FORMAT_ANY, FORMAT_CSV, FORMAT_JSON };

struct options {
    struct cli_common common;
    const char *argument; /* a search; a file */
    enum format format;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_FORMAT:
        options->format = strcmp(arg, "json") == 0 ? FORMAT_JSON : FORMAT_CSV;
        if (options->format == FORMAT_CSV && strcmp(arg, "csv") != 0) {
            argp_error(state, "--format %s: csv or json is wanted", arg);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (options->argument) argp_error(state, "\"%s\" is too much", arg);
        options->argument = arg;
        return 0;
    case ARGP_KEY_END:
        if (options->format == FORMAT_ANY) {
            options->format = options->common.json ? FORMAT_JSON : FORMAT_CSV;
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Whatever is done with each chronicle. */
typedef void (*chronicle_fn)(const struct chronicle *chronicle, void *ctx);

static bool each_chronicle(const struct view *view, const uint8_t *only, chronicle_fn tell,
                           void *ctx, struct err *err)
{
    for (size_t i = 0; i < view->search_count; i++) {
        const struct kept_search *search = &view->searches[i];
        struct chronicle chronicle = {0};
        if (only && sodium_memcmp(search->name, only, HASH_BYTES) != 0) continue;
        if (!chronicle_read(view, search, &chronicle, err)) return false;
        tell(&chronicle, ctx);
        chronicle_free(&chronicle);
    }
    return true;
}

static void append_json(const struct chronicle *chronicle, void *ctx)
{
    (void)json_array_append_new(ctx, chronicle_json(chronicle));
}

static bool searches_json(const struct view *view, const uint8_t *only, json_t **out,
                          struct err *err)
{
    json_t *list = json_array();
    if (!each_chronicle(view, only, append_json, list, err)) {
        json_decref(list);
        return false;
    }
    *out = json_pack("{s:o}", "searches", list);
    REQUIRE(*out != NULL);
    return true;
}

/* ---- history ---- */

static void print_line(const struct chronicle *chronicle, void *ctx)
{
    const struct record *record = &chronicle->search->record;
    char first[CLOCK_TEXT], outcome[OUTCOME_TEXT];
    size_t referrals = 0;
    (void)ctx;
    for (size_t i = 0; i < chronicle->count; i++) {
        referrals += strcmp(chronicle->events[i].name, "referral") == 0;
    }
    clock_format(record->first_ms, first);
    chronicle_outcome_text(chronicle, outcome);
    (void)printf("%-20s  %.10s  %4u  %9zu  %s\n", record->search_ref, first, record->runs,
                 referrals, outcome);
}

/* How many events from `from` on are questions of one explanation. */
static size_t questions_from(const struct chronicle *chronicle, size_t from)
{
    size_t end = from;
    while (end < chronicle->count && chronicle->events[end].kind == EVENT_QUESTION) end++;
    return end - from;
}

static void print_event(const struct event *event)
{
    char at[CLOCK_TEXT], number[24] = "";
    clock_format(event->at_ms, at);
    if (event->number > 0) {
        (void)snprintf(number, sizeof number, " %llu", (unsigned long long)event->number);
    }
    (void)printf("%s  %s%s%s%s%s%s  %s: %s\n", at, event->name, number, event->agency[0] ? " " : "",
                 event->agency, event->stage[0] ? " " : "", event->stage, event->state,
                 event->detail);
}

static void print_all(const struct chronicle *chronicle, void *ctx)
{
    char outcome[OUTCOME_TEXT];
    (void)ctx;
    chronicle_outcome_text(chronicle, outcome);
    (void)printf("%s: %s\n", chronicle->search->record.search_ref, outcome);
    for (size_t i = 0; i < chronicle->count; i++) {
        size_t questions = questions_from(chronicle, i);
        const struct event *event = &chronicle->events[i];
        if (questions <= 1) {
            print_event(event);
            continue;
        }
        char at[CLOCK_TEXT];
        clock_format(event->at_ms, at);
        (void)printf("%s  explanation: %zu queries, numbers %llu to %llu\n", at, questions,
                     (unsigned long long)event->number,
                     (unsigned long long)event[questions - 1].number);
        i += questions - 1;
    }
}

static bool print_history(const struct options *options, const struct view *view,
                          const uint8_t *only, struct err *err)
{
    json_t *object = NULL;
    if (options->common.json) {
        if (!searches_json(view, only, &object, err)) return false;
        cli_print_json(object);
        return true;
    }
    if (only) return each_chronicle(view, only, print_all, NULL, err);
    (void)printf("%-20s  %-10s  %4s  %9s  %s\n", "Search", "First", "Runs", "Referrals", "Outcome");
    return each_chronicle(view, NULL, print_line, NULL, err);
}

static bool history(const void *ctx, struct view *view, struct err *err)
{
    const struct options *options = ctx;
    struct kept_search search = {0};
    if (!options->argument) return print_history(options, view, NULL, err);
    bool ok = records_find(view->desk.records, options->argument, &search, err) &&
              print_history(options, view, search.name, err);
    record_wipe(&search.record);
    return ok;
}

/* ---- export ---- */

static void append_csv(const struct chronicle *chronicle, void *ctx)
{
    chronicle_csv(chronicle, ctx);
}

static bool make_export(const struct options *options, const struct view *view, struct buf *out,
                        struct err *err)
{
    json_t *object = NULL;
    if (options->format == FORMAT_CSV) {
        chronicle_csv_head(out);
        return each_chronicle(view, NULL, append_csv, out, err);
    }
    if (!searches_json(view, NULL, &object, err)) return false;
    json_append(object, JSON_INDENT(1), out);
    buf_u8(out, '\n');
    json_decref(object);
    return true;
}

static bool export(const void *ctx, struct view *view, struct err *err)
{
    const struct options *options = ctx;
    struct buf text = {0};
    const char *path = options->argument;
    bool ok = make_export(options, view, &text, err) && clear_output(path, &text, err);
    if (ok && clear_output_is_file(path) && !options->common.quiet) {
        (void)fprintf(stderr, "%s written\n", path);
    }
    buf_wipe(&text);
    return ok;
}

int command_history(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "[SEARCH]",
        .doc = "Shows what is kept of all searches, or everything that is kept of one."};
    struct options options = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    const struct view_command command = {
        .name = "hearth history", .common = &options.common, .offline = true};
    return view_run(&command, history, &options);
}

int command_export(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"format", OPTION_FORMAT, "FORMAT", 0, "csv (the default) or json (which --json implies)",
         0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "[FILE]",
        .doc = "Writes searches, runs, decisions, referrals, answers and outcomes, one event a "
               "line, to standard output or to a new file with mode 0600."};
    struct options options = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    const struct view_command command = {
        .name = "hearth export", .common = &options.common, .offline = true};
    return view_run(&command, export, &options);
}
