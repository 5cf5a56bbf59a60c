/* SPDX-License-Identifier: Apache-2.0
 * The options that say which areas and periods are wanted, alike in all commands that show figures.
 */
#ifndef HEARTH_CLIENT_HUB_OPTIONS_H
#define HEARTH_CLIENT_HUB_OPTIONS_H

#include <argp.h>

#include "client/hub/shelf.h"

enum { OPTION_AREA = 0x500, OPTION_PERIOD, OPTION_FROM, OPTION_TO };
#define WANTED_OPTIONS                                                                             \
    {"area", OPTION_AREA, "AREA", 0, "only this region or authority, by code or name; repeatable", \
     0},                                                                                           \
        {"period", OPTION_PERIOD, "YYYY-MM", 0, "only this month", 0},                             \
        {"from", OPTION_FROM, "YYYY-MM", 0, "from this month on", 0},                              \
    {                                                                                              \
        "to", OPTION_TO, "YYYY-MM", 0, "up to this month", 0                                       \
    }

/* For argp parsers: takes the options above; ARGP_ERR_UNKNOWN for any other key. What is wrong is
 * told by argp_error. */
error_t wanted_option(struct wanted *wanted, int key, const char *arg, struct argp_state *state);

#endif
