/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/options.h"

static uint32_t period_argument(const char *arg, struct argp_state *state)
{
    uint32_t period = 0;
    struct err err = {0};
    if (!period_parse(arg, &period, &err)) argp_error(state, "%s", err.text);
    return period;
}

static void add_area(struct wanted *wanted, const char *arg, struct argp_state *state)
{
    if (wanted->area_count == WANTED_AREAS_MAX) {
        argp_error(state, "at most %d areas can be named", WANTED_AREAS_MAX);
        return;
    }
    wanted->areas[wanted->area_count++] = arg;
}

error_t wanted_option(struct wanted *wanted, int key, const char *arg, struct argp_state *state)
{
    switch (key) {
    case OPTION_AREA: add_area(wanted, arg, state); return 0;
    case OPTION_FROM: wanted->from = period_argument(arg, state); return 0;
    case OPTION_TO: wanted->to = period_argument(arg, state); return 0;
    case OPTION_PERIOD: wanted->from = wanted->to = period_argument(arg, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}
