/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub open`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/hub/commands.h"
#include "client/hub/open.h"
#include "client/report.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/rpc/rpc.h"

enum {
    OPTION_PERIOD = 0x500,
    OPTION_CLOSES,
    OPTION_CAPACITY,
    OPTION_DEMAND,
    OPTION_TABLES,
    OPTION_EPSILON,
    OPTION_ANEW
};

struct options {
    struct cli_common common;
    struct draft_options draft;
    bool anew;
};

static error_t set_number(const char *name, const char *arg, int64_t max, int64_t *out,
                          struct argp_state *state)
{
    if (!text_integer(arg, 1, max, out)) {
        argp_error(state, "--%s %s: a whole number 1 to %lld is wanted", name, arg, (long long)max);
    }
    return 0;
}

static error_t set_insiders(struct options *options, enum figures_side side, const char *name,
                            const char *arg, struct argp_state *state)
{
    int64_t number = 0;
    (void)set_number(name, arg, NOISE_SHARES_MAX, &number, state);
    options->draft.insiders[side] = (uint32_t)number;
    return 0;
}

static error_t set_draft(int key, char *arg, struct options *options, struct argp_state *state)
{
    struct err err = {0};
    bool ok = true;
    if (key == OPTION_PERIOD) {
        ok = period_parse(arg, &options->draft.period, &err);
    } else if (key == OPTION_TABLES) {
        ok = draft_tables(arg, &options->draft, &err);
    } else {
        ok = draft_epsilon(arg, &options->draft, &err);
    }
    if (!ok) argp_error(state, "%s", err.text);
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    int64_t number = 0;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_PERIOD:
    case OPTION_TABLES:
    case OPTION_EPSILON: return set_draft(key, arg, options, state);
    case OPTION_CLOSES:
        (void)set_number("closes-in-days", arg, MANIFEST_WINDOW_DAYS_MAX, &number, state);
        options->draft.days = (int)number;
        return 0;
    case OPTION_CAPACITY:
        return set_insiders(options, FIGURES_CAPACITY, "insiders-capacity", arg, state);
    case OPTION_DEMAND: return set_insiders(options, FIGURES_DEMAND, "insiders-demand", arg, state);
    case OPTION_ANEW: options->anew = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* A manifest that waits is proposed as it was drawn up, whatever the options say. */
static void say_before(const struct options *options, const struct opening *opening)
{
    if (options->common.json) return;
    draft_print(stdout, &opening->manifest);
    if (opening->how == OPENED_AGAIN) {
        (void)printf("It was drawn up before and is proposed again as it was.\n");
    }
    (void)fflush(stdout);
}

static void say_after(const struct options *options, const struct opening *opening)
{
    static const char *const how[] = {"new", "again", "before"};
    char closes[CLOCK_TEXT];
    if (options->common.json) {
        json_t *object = json_pack("{s:s}", "opened", how[opening->how]);
        draft_json(object, &opening->manifest);
        cli_print_json(object);
        return;
    }
    clock_format(opening->manifest.closes_at, closes);
    if (opening->how == OPENED_BEFORE) {
        (void)printf("It is open already: the matcher agreed to this manifest before.\n");
    } else {
        (void)printf("The matcher has agreed. 'hearth hub serve' takes contributions until %s; "
                     "then 'hearth hub fetch' opens the sums.\n",
                     closes);
    }
}

static bool run(const struct options *options, struct hub *hub, struct err *err)
{
    struct opening opening;
    if (!opening_make(hub, &options->draft, options->anew, clock_wall_ms(), &opening, err)) {
        return false;
    }
    say_before(options, &opening);
    bool ok = true;
    if (opening.how != OPENED_BEFORE) {
        rpc_start();
        ok = opening_propose(hub, &opening, err);
        rpc_stop();
    }
    if (ok) say_after(options, &opening);
    opening_free(&opening);
    return ok;
}

int command_hub_open(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"period", OPTION_PERIOD, "YYYY-MM", 0, "The month (default: the one before this)", 0},
        {"closes-in-days", OPTION_CLOSES, "N", 0, "How long contributions are taken (default 7)",
         0},
        {"insiders-capacity", OPTION_CAPACITY, "N", 0,
         "How many agencies may work against the others (default: a tenth of the quorum, at least "
         "1)",
         0},
        {"insiders-demand", OPTION_DEMAND, "N", 0, "The same of LAs", 0},
        {"tables", OPTION_TABLES, "A,B", 0, "These tables alone (default: all)", 0},
        {"epsilon", OPTION_EPSILON, "TABLE=E", 0,
         "Less than the edition's epsilon for a table (may be repeated)", 0},
        {"anew", OPTION_ANEW, NULL, 0, "Draw up anew a manifest that the matcher has not agreed to",
         0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .doc = "Draws up the manifest of a period from areas and enrolled parties and has the "
               "matcher agree to it. To be repeated where it was interrupted."};
    struct options options = {0};
    struct hub hub = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    bool ok = hub_open(&options.common, &hub, &err) && run(&options, &hub, &err);
    hub_close(&hub);
    return ok ? EXIT_FOUND : hub_fail("open", &options.common, &err);
}
