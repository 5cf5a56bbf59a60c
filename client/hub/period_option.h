/* SPDX-License-Identifier: Apache-2.0
 * The options of commands about one period.
 */
#ifndef HEARTH_CLIENT_HUB_PERIOD_OPTION_H
#define HEARTH_CLIENT_HUB_PERIOD_OPTION_H

#include "client/hub/home.h"

struct period_options {
    struct cli_common common;
    uint32_t period; /* 0: not given */
    bool csv;
};
/* cli_parse with --period, and --csv where it is wanted. Exit code, 0 where all is well. */
int period_options_parse(const char *doc, bool csv, int argc, char **argv,
                         struct period_options *options);

#endif
