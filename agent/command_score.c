/* SPDX-License-Identifier: Apache-2.0
 * score: the agency's own carers for a request, in the clear, by the same numbers as the blinded
 * match.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/commands.h"
#include "agent/home.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/domain/gazetteer.h"
#include "proto/domain/request.h"

struct options {
    struct cli_common common;
    const char *file;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case ARGP_KEY_ARG:
        if (options->file) argp_error(state, "one request is wanted");
        options->file = arg;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "a request (JSON file) is wanted"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

struct scored {
    char ref[PROFILE_REF_MAX + 1];
    int score;
};

struct scoring {
    const struct plan *plan;
    int32_t today;
    int fresh_days;
    struct buf items; /* of struct scored; wiped as it grows */
    size_t count;
};

static bool score_one(const struct profile *profile, void *ctx, struct err *err)
{
    (void)err;
    struct scoring *scoring = ctx;
    struct slot_set set;
    profile_slots(profile, scoring->plan->catalogue, scoring->today, scoring->fresh_days, &set);
    int score = plan_score(scoring->plan, &set);
    slot_set_wipe(&set);
    if (score == SCORE_NONE) return true;
    struct scored item = {.score = score};
    memcpy(item.ref, profile->ref, sizeof item.ref);
    buf_append(&scoring->items, &item, sizeof item);
    sodium_memzero(&item, sizeof item);
    scoring->count++;
    return true;
}

static int by_score(const void *a, const void *b)
{
    const struct scored *x = a;
    const struct scored *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return strcmp(x->ref, y->ref);
}

static void print_scores(const struct options *options, const char *agency,
                         const struct scored *items, size_t count)
{
    if (!options->common.json) {
        for (size_t i = 0; i < count; i++) {
            (void)printf("%5d  %-9s %s\n", items[i].score, band_name(score_band(items[i].score)),
                         items[i].ref);
        }
        (void)fprintf(stderr, "%zu eligible\n", count);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_pack("{s:s,s:i,s:s}", "ref", items[i].ref, "score", items[i].score,
                                 "band", band_name(score_band(items[i].score)));
        REQUIRE(item && json_array_append_new(list, item) == 0);
    }
    cli_print_json(json_pack("{s:s,s:o}", "agency", agency, "eligible", list));
}

static bool parse_request(const struct options *options, const struct buf *text,
                          const struct catalogue *catalogue, struct request *out, struct err *err)
{
    struct gazetteer *gazetteer = NULL;
    char *home = home_path(&options->common), *directory = file_directory(options->file);
    struct request_rules rules = {.catalogue = catalogue, .directory = directory};
    bool ok = gazetteer_open_home(home, &gazetteer, err);
    if (ok) {
        rules.gazetteer = gazetteer;
        ok = request_parse(text->data, text->len, &rules, out, err);
    }
    gazetteer_close(gazetteer);
    free(directory);
    free(home);
    return ok;
}

static bool read_plan(const struct options *options, struct plan *plan, struct err *err)
{
    struct buf text = {0};
    struct request *request = mem_new(struct request);
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    bool ok = file_read(options->file, REQUEST_MAX, &text, err) &&
              parse_request(options, &text, catalogue, request, err) &&
              plan_make(request, catalogue, plan, err);
    /* A request that cannot be read is a bad request, whatever the reason. */
    if (!ok && err->code == ERR_NOT_FOUND) err->code = ERR_INVALID;
    request_wipe(request);
    free(request);
    buf_wipe(&text);
    return ok;
}

static int score(const struct options *options, struct home *home, const struct plan *plan,
                 struct err *err)
{
    struct scoring scoring = {.plan = plan,
                              .today = clock_london_day(clock_wall_ms()),
                              .fresh_days = home->config.fresh_days};
    bool ok = vault_each(home->vault, score_one, &scoring, NULL, err);
    if (ok) {
        struct scored *items = (struct scored *)(void *)scoring.items.data;
        if (scoring.count > 0) qsort(items, scoring.count, sizeof *items, by_score);
        print_scores(options, identity_certificate(home->identity)->organisation, items,
                     scoring.count);
    }
    buf_wipe(&scoring.items);
    if (!ok) return -1;
    return scoring.count > 0 ? EXIT_OK : EXIT_NONE;
}

int command_score(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "REQUEST.json",
        .doc =
            "Prints the agency's own eligible carers for a request, best first. Nothing is sent."};
    struct options options = {0};
    struct home home = {0};
    struct err err = {0};
    int code = cli_parse(&argp, argc, argv, &options, &options.common);
    if (code != 0) return code;
    struct plan *plan = mem_new(struct plan);
    bool ok = read_plan(&options, plan, &err) && home_open(&options.common, &home, &err);
    code = ok ? score(&options, &home, plan, &err) : -1;
    if (code < 0) code = home_fail("hearth-agent score", &options.common, &err);
    plan_wipe(plan);
    free(plan);
    home_close(&home);
    return code;
}
