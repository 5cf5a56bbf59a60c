/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "client/commands.h"
#include "client/report.h"
#include "client/retention.h"
#include "proto/base/clock.h"
#include "proto/base/text.h"

#define NAME "hearth purge"

enum { OPTION_OLDER = 0x400, OPTION_DRY_RUN };

struct options {
    struct cli_common common;
    int64_t days; /* 0: not given */
    bool dry_run;
};

/* "180d". */
static bool read_days(const char *text, int64_t *out)
{
    char digits[16];
    size_t len = strlen(text);
    if (len < 2 || len >= sizeof digits || text[len - 1] != 'd') return false;
    text_copy_cut(digits, sizeof digits, text);
    digits[len - 1] = '\0';
    return text_integer(digits, KEEP_DAYS_MIN, KEEP_DAYS_MAX, out);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_OLDER:
        if (!read_days(arg, &options->days)) {
            argp_error(state,
                       "--older-than %s: days such as 180d are wanted, %dd to %dd: searches of "
                       "the last %d days are what a new one is compared with",
                       arg, KEEP_DAYS_MIN, KEEP_DAYS_MAX, KEEP_DAYS_MIN);
        }
        return 0;
    case OPTION_DRY_RUN: options->dry_run = true; return 0;
    case ARGP_KEY_END:
        if (options->days == 0) argp_error(state, "--older-than says what to remove");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void print(const struct options *options, const struct retention *done)
{
    const struct purged *purged = &done->records;
    if (options->common.json) {
        cli_print_json(
            json_pack("{s:b,s:I,s:I,s:I,s:I,s:I,s:b}", "dry_run", (int)options->dry_run, "searches",
                      (json_int_t)purged->searches, "runs", (json_int_t)purged->runs, "decisions",
                      (json_int_t)purged->decisions, "outcomes", (json_int_t)purged->outcomes,
                      "messages", (json_int_t)done->messages, "erased", (int)done->erased));
        return;
    }
    (void)printf("%s: %zu searches with %zu runs, %zu decisions, %zu outcomes; %zu messages.\n",
                 options->dry_run ? "Would be removed" : "Removed", purged->searches, purged->runs,
                 purged->decisions, purged->outcomes, done->messages);
    if (!options->dry_run && !done->erased) {
        (void)printf("Another program has a store open: sealed bytes of what was removed stay in "
                     "the file until the next purge.\n");
    }
}

int command_purge(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"older-than", OPTION_OLDER, "DAYS", 0, "Such as 180d; at least 28d", 0},
        {"dry-run", OPTION_DRY_RUN, NULL, 0, "Count only; remove nothing", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .doc = "Removes searches and threads of which nothing is younger, and erases them from "
               "the files."};
    struct options options = {0};
    struct desk desk = {0};
    struct retention done = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    int64_t before_ms = clock_wall_ms() - options.days * 24 * 3600 * 1000;
    bool ok = desk_open(&options.common, &desk, &err);
    if (ok) {
        ok = retention_purge(desk.records, desk.correspondence, before_ms, options.dry_run, &done,
                             &err);
        desk_close(&desk);
    }
    if (ok) {
        print(&options, &done);
        return EXIT_FOUND;
    }
    cli_print_error(NAME, options.common.json, &err);
    return desk_exit_code(&err);
}
