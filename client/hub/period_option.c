/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/period_option.h"

enum { OPTION_PERIOD = 0x500, OPTION_CSV };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct period_options *options = state->input;
    struct err err = {0};
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case OPTION_PERIOD:
        if (!period_parse(arg, &options->period, &err)) argp_error(state, "%s", err.text);
        return 0;
    case OPTION_CSV: options->csv = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int period_options_parse(const char *doc, bool csv, int argc, char **argv,
                         struct period_options *options)
{
    static const struct argp_option entries[] = {
        {"period", OPTION_PERIOD, "YYYY-MM", 0, "This period (default: see the manual)", 0},
        {"csv", OPTION_CSV, NULL, 0, "Print CSV on standard output", 0},
        {0}};
    static const struct argp_option without[] = {
        {"period", OPTION_PERIOD, "YYYY-MM", 0, "This period alone", 0}, {0}};
    const struct argp argp = {.options = csv ? entries : without, .parser = parse, .doc = doc};
    return cli_parse(&argp, argc, argv, options, &options->common);
}
