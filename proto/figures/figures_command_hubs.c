/* SPDX-License-Identifier: Apache-2.0
 * `figures join`, `leave`, `off` and `on`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/figures/figures_command.h"

enum { OPTION_HUB = 0x400, OPTION_TERMS };

struct options {
    struct cli_common common;
    const struct figures_program *program;
    const char *argument; /* a hub, or a table */
    const char *hub;      /* of --hub */
    const char *terms;    /* of --terms */
    bool off;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_HUB: options->hub = arg; return 0;
    case OPTION_TERMS: options->terms = arg; return 0;
    case ARGP_KEY_ARG:
        if (options->argument) argp_error(state, "\"%s\" is too much", arg);
        options->argument = arg;
        return 0;
    case ARGP_KEY_END:
        if (!options->argument) argp_error(state, "an argument is wanted");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool find_hub(struct figures_desk *desk, const char *id, struct contributor_hub *out,
                     struct err *err)
{
    struct contributor_hub *list = NULL;
    size_t count = 0, i = 0;
    if (!contributor_hubs(desk->contributor, &list, &count, err)) return false;
    while (i < count && strcmp(list[i].id, id) != 0) i++;
    bool found = i < count;
    if (found) *out = list[i];
    free(list);
    return found || err_set(err, ERR_NOT_FOUND, "hub",
                            "no manifest of \"%s\" was seen here; 'figures send' looks for those "
                            "that there are",
                            id);
}

/* ---- join and leave ---- */

static bool check_terms(const struct options *options, const struct contributor_hub *hub,
                        const uint8_t terms[HASH_BYTES], struct err *err)
{
    char hex[2 * HASH_BYTES + 1];
    (void)text_hex(terms, HASH_BYTES, hex);
    return !options->terms || strncmp(hex, options->terms, strlen(options->terms)) == 0 ||
           err_set(err, ERR_DENIED, "terms", "%s now offers other terms, %.16s; look at them first",
                   hub->id, hex);
}

static void print_hub(const struct options *options, const struct contributor_hub *hub)
{
    char hex[2 * HASH_BYTES + 1], period[PERIOD_TEXT];
    (void)text_hex(hub->joined ? hub->terms : hub->offered, HASH_BYTES, hex);
    (void)period_text(hub->offered_period, period);
    if (options->common.json) {
        cli_print_json(json_pack("{s:s,s:b,s:s,s:s}", "hub", hub->id, "joined", (int)hub->joined,
                                 "terms", hex, "offered", period));
    } else if (hub->joined) {
        (void)printf("Joined %s on the terms of its manifest of %s (%.16s). Contributions go to it "
                     "from its next open window on; '%s figures leave %s' ends that.\n",
                     hub->id, period, hex, options->program->name, hub->id);
    } else {
        (void)printf("Left %s: nothing more is sent to it. What it has already cannot be taken "
                     "back.\n",
                     hub->id);
    }
}

/* Where serve notes another manifest between the look and the agreement, it is taken back. */
static bool join(struct figures_desk *desk, void *ctx, int *code, struct err *err)
{
    (void)code;
    const struct options *options = ctx;
    struct contributor_hub hub = {0};
    if (!find_hub(desk, options->argument, &hub, err) ||
        !check_terms(options, &hub, hub.offered, err) ||
        !contributor_join(desk->contributor, options->argument, err) ||
        !find_hub(desk, options->argument, &hub, err)) {
        return false;
    }
    if (!check_terms(options, &hub, hub.terms, err)) {
        struct err why;
        (void)!contributor_leave(desk->contributor, options->argument, &why);
        return false;
    }
    print_hub(options, &hub);
    return true;
}

static bool leave(struct figures_desk *desk, void *ctx, int *code, struct err *err)
{
    (void)code;
    const struct options *options = ctx;
    struct contributor_hub hub = {0};
    if (!contributor_leave(desk->contributor, options->argument, err) ||
        !find_hub(desk, options->argument, &hub, err)) {
        return false;
    }
    print_hub(options, &hub);
    return true;
}

int figures_command_join(int argc, char **argv, const struct figures_program *program)
{
    static const struct argp_option entries[] = {
        {"terms", OPTION_TERMS, "HEX", 0, "Only if the terms are still those that begin so", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .args_doc = "HUB",
        .doc = "Agrees to contribute to a hub on the terms that `figures terms` shows."};
    struct options options = {.program = program};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return program->exit_wrong;
    return figures_run(&(struct figures_run){program, &options.common, argv[0], join, &options});
}

int figures_command_leave(int argc, char **argv, const struct figures_program *program)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "HUB",
        .doc = "Ends contributing to a hub: what is made already and waits is not sent either."};
    struct options options = {.program = program};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return program->exit_wrong;
    return figures_run(&(struct figures_run){program, &options.common, argv[0], leave, &options});
}

/* ---- tables ---- */

static bool turn(struct figures_desk *desk, void *ctx, int *code, struct err *err)
{
    (void)code;
    const struct options *options = ctx;
    if (!contributor_turn(desk->contributor, options->hub, options->argument, options->off, err)) {
        return false;
    }
    if (options->common.json) {
        cli_print_json(json_pack("{s:s,s:s?,s:b}", "table", options->argument, "hub", options->hub,
                                 "off", (int)options->off));
    } else {
        (void)printf("%s is %s for %s.\n", options->argument, options->off ? "off" : "on",
                     options->hub ? options->hub : "all hubs");
    }
    return true;
}

static int run_turn(int argc, char **argv, const struct figures_program *program, bool off,
                    const char *doc)
{
    static const struct argp_option entries[] = {
        {"hub", OPTION_HUB, "HUB", 0, "For this hub only (default: all, later ones too)", 0}, {0}};
    const struct argp argp = {.options = entries, .parser = parse, .args_doc = "TABLE", .doc = doc};
    struct options options = {.program = program, .off = off};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return program->exit_wrong;
    return figures_run(&(struct figures_run){program, &options.common, argv[0], turn, &options});
}

int figures_command_off(int argc, char **argv, const struct figures_program *program)
{
    return run_turn(argc, argv, program, true,
                    "Turns a table off: it is not contributed, and what waits of it is not sent.");
}

int figures_command_on(int argc, char **argv, const struct figures_program *program)
{
    return run_turn(argc, argv, program, false, "Turns a table on again.");
}
