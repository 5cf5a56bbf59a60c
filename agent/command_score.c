/* SPDX-License-Identifier: Apache-2.0
 * score: the agency's own carers for a request, in the clear, by the same numbers as the blinded
 * match.
 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/commands.h"
#include "agent/home.h"
#include "agent/ranking.h"
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

static void print_scores(const struct options *options, const char *agency,
                         const struct ranking *ranking)
{
    if (!options->common.json) {
        for (size_t i = 0; i < ranking->count; i++) {
            const struct ranked *one = ranking->items[i];
            (void)printf("%5d  %-9s %s\n", one->score, band_name(score_band(one->score)), one->ref);
        }
        (void)fprintf(stderr, "%zu eligible\n", ranking->count);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < ranking->count; i++) {
        const struct ranked *one = ranking->items[i];
        json_t *item = json_pack("{s:s,s:i,s:s}", "ref", one->ref, "score", one->score, "band",
                                 band_name(score_band(one->score)));
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
    struct ranking ranking;
    if (!ranking_make(home->vault, plan, NULL, clock_london_day(clock_wall_ms()),
                      home->config.fresh_days, &ranking, err)) {
        return -1;
    }
    print_scores(options, identity_certificate(home->identity)->organisation, &ranking);
    int code = ranking.count > 0 ? EXIT_OK : EXIT_NONE;
    ranking_free(&ranking);
    return code;
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
