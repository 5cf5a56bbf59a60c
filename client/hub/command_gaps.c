/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub gaps`.
 */
#include "client/hub/commands.h"
#include "client/hub/gaps.h"
#include "client/hub/home.h"
#include "client/hub/options.h"
#include "client/report.h"
#include "proto/base/clear_output.h"
#include "proto/base/json_wipe.h"

enum { OPTION_CSV = 0x400 };

struct options {
    struct cli_common common;
    struct wanted wanted;
    bool csv;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_CSV: options->csv = true; return 0;
    case ARGP_KEY_END:
        if (options->csv && options->common.json) {
            argp_error(state, "either --csv or --json is wanted");
        }
        return 0;
    default: return wanted_option(&options->wanted, key, arg, state);
    }
}

static void write_gaps(const struct options *options, const struct gaps *gaps, struct buf *out)
{
    if (options->csv) {
        gaps_csv(gaps, out);
    } else if (options->common.json) {
        json_t *object = gaps_json(gaps);
        json_append(object, JSON_COMPACT | JSON_REAL_PRECISION(12), out);
        buf_u8(out, '\n');
        json_decref(object);
    } else {
        gaps_text(gaps, out);
    }
}

static bool find(struct options *options, struct err *err)
{
    struct hub hub = {0};
    struct shelf shelf = {0};
    struct gaps gaps = {0};
    struct buf text = {0};
    bool ok = hub_open(&options->common, &hub, err) && shelf_read(hub.collection, &shelf, err);
    hub_close(&hub);
    ok = ok && wanted_periods(&options->wanted, &shelf, NULL, GAPS_MONTHS, err) &&
         gaps_find(&shelf, &options->wanted, &gaps, err);
    if (ok) {
        write_gaps(options, &gaps, &text);
        ok = clear_output(NULL, &text, err);
    }
    gaps_free(&gaps);
    shelf_free(&shelf);
    buf_free(&text);
    return ok;
}

int command_hub_gaps(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        WANTED_OPTIONS, {"csv", OPTION_CSV, NULL, 0, "all of it as CSV", 0}, {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .doc =
            "Tells where searches fail most, by area and need and by area and age band: children "
            "for whom no foster home was found against children sought for, over the last twelve "
            "months unless others are named, with what the noise leaves certain of it."};
    struct options options = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    return find(&options, &err) ? EXIT_FOUND : hub_fail("gaps", &options.common, &err);
}
