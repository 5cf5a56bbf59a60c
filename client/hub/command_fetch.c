/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub fetch`.
 */
#include <stdio.h>

#include "client/hub/commands.h"
#include "client/hub/fetch.h"
#include "client/hub/period_option.h"
#include "client/report.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/rpc/rpc.h"

static void print_progress(const struct fetched *fetched, void *ctx)
{
    const struct cli_common *common = ctx;
    char period[PERIOD_TEXT];
    if (common->quiet) return;
    (void)fprintf(stderr, "%s %s: %s, %zu contributions\n", period_text(fetched->period, period),
                  fetched->table->name, fetch_state_name(fetched->state), fetched->contributions);
}

static size_t count_state(const struct fetch_outcome *outcome, enum fetch_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < outcome->count; i++) count += outcome->tables[i].state == state;
    return count;
}

static void count_exchanged(const struct fetch_outcome *outcome, size_t *taken, size_t *passed)
{
    *taken = *passed = 0;
    for (size_t i = 0; i < outcome->count; i++) {
        *taken += outcome->tables[i].taken;
        *passed += outcome->tables[i].passed;
    }
}

static json_t *table_json(const struct fetched *fetched)
{
    char period[PERIOD_TEXT];
    json_t *object =
        json_pack("{s:s,s:s,s:s,s:I,s:I,s:I}", "period", period_text(fetched->period, period),
                  "table", fetched->table->name, "state", fetch_state_name(fetched->state),
                  "contributions", (json_int_t)fetched->contributions, "taken",
                  (json_int_t)fetched->taken, "passed", (json_int_t)fetched->passed);
    if (fetched->state != FETCH_RELEASED) {
        (void)json_object_set_new(object, "why", cli_error_json(&fetched->why));
    }
    if (fetched->evidence) {
        (void)json_object_set_new(object, "evidence", json_string(fetched->evidence));
    }
    return object;
}

static void print_json(const struct fetch_outcome *outcome, const struct err *stopped)
{
    json_t *tables = json_array();
    for (size_t i = 0; i < outcome->count; i++) {
        (void)json_array_append_new(tables, table_json(&outcome->tables[i]));
    }
    json_t *object =
        json_pack("{s:I,s:I,s:I,s:o}", "periods", (json_int_t)outcome->periods, "released",
                  (json_int_t)count_state(outcome, FETCH_RELEASED), "given_up",
                  (json_int_t)count_state(outcome, FETCH_GIVEN_UP), "tables", tables);
    if (outcome->next_close > 0) {
        (void)json_object_set_new(object, "next_close", instant_json(outcome->next_close));
    }
    if (stopped) {
        (void)json_object_set_new(object, "error", cli_error_json(stopped));
    }
    cli_print_json(object);
}

static void print_why(const struct fetched *fetched)
{
    char period[PERIOD_TEXT];
    const char *about = fetched->state == FETCH_GIVEN_UP  ? "given up"
                        : fetched->state == FETCH_REFUSED ? "refused by the matcher"
                                                          : "WRONG, nothing opened";
    (void)printf("%s %s: %s: %s%s%s\n", period_text(fetched->period, period), fetched->table->name,
                 about, fetched->why.field, fetched->why.field[0] ? ": " : "", fetched->why.text);
    if (fetched->evidence) {
        (void)printf("What the matcher signed is kept as evidence: %s\n", fetched->evidence);
    }
}

static void print_words(const struct fetch_outcome *outcome)
{
    char next[CLOCK_TEXT];
    size_t taken = 0, passed = 0;
    for (size_t i = 0; i < outcome->count; i++) {
        if (outcome->tables[i].state != FETCH_RELEASED) print_why(&outcome->tables[i]);
    }
    if (outcome->periods > 0) {
        count_exchanged(outcome, &taken, &passed);
        (void)printf("%zu tables released, %zu given up; %zu contributions taken from the matcher, "
                     "%zu passed to it\n",
                     count_state(outcome, FETCH_RELEASED), count_state(outcome, FETCH_GIVEN_UP),
                     taken, passed);
        return;
    }
    if (outcome->next_close > 0) {
        clock_format(outcome->next_close, next);
        (void)printf("Nothing to open: the next period closes at %s\n", next);
    } else {
        (void)printf("Nothing to open: no period is open ('hearth hub open' opens one)\n");
    }
}

static int exit_code(const struct fetch_outcome *outcome)
{
    if (outcome->periods == 0) return EXIT_NONE_FOUND;
    bool refused = count_state(outcome, FETCH_WRONG) > 0 || count_state(outcome, FETCH_REFUSED) > 0;
    return refused ? EXIT_REFUSED : EXIT_FOUND;
}

/* A hub that never serves has nobody else to do it. */
static void wipe_old(struct hub *hub)
{
    struct err err = {0};
    if (!collection_upkeep(hub->collection, clock_wall_ms(), &err)) {
        log_err(LOG_LEVEL_WARN, "upkeep", &err);
    }
}

static int run(const struct period_options *options, struct hub *hub)
{
    struct cli_common common = options->common;
    const struct fetch_parts parts = {
        .period = options->period, .progress = print_progress, .ctx = &common};
    struct fetch_outcome outcome;
    struct err err = {0};
    rpc_start();
    bool ok = fetch_run(hub, &parts, clock_wall_ms(), &outcome, &err);
    rpc_stop();
    wipe_old(hub);
    if (common.json) {
        print_json(&outcome, ok ? NULL : &err);
    } else if (ok || outcome.count > 0) {
        print_words(&outcome);
    }
    int code = exit_code(&outcome);
    fetch_outcome_free(&outcome);
    if (ok) return code;
    common.json = false; /* it is in the object already */
    return hub_fail("fetch", &common, &err);
}

int command_hub_fetch(int argc, char **argv)
{
    struct period_options options = {0};
    struct hub hub = {0};
    struct err err = {0};
    static const char doc[] =
        "Opens the sums of every period that has closed, with the matcher's half, and keeps what "
        "may be shown. To be repeated where it was interrupted.";
    int code = period_options_parse(doc, false, argc, argv, &options);
    if (code != 0) return code;
    code = hub_open(&options.common, &hub, &err) ? run(&options, &hub)
                                                 : hub_fail("fetch", &options.common, &err);
    hub_close(&hub);
    return code;
}
