/* SPDX-License-Identifier: Apache-2.0
 * load make DIR AGENTS LAS
 * load agents DIR PORT COUNT SLOW FROZEN DEAF LATE_MS
 * load searches DIR PORT LAS IN_FLIGHT SECONDS QUADRANTS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/log.h"
#include "proto/rpc/rpc.h"
#include "tests/load/load.h"

static unsigned number(const char *text)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);
    REQUIRE(*text && !*end && value <= 1000000);
    return (unsigned)value;
}

static int run_agents(char **argv)
{
    const struct agents_plan plan = {.dir = argv[2],
                                     .port = (int)number(argv[3]),
                                     .count = number(argv[4]),
                                     .slow = number(argv[5]),
                                     .frozen = number(argv[6]),
                                     .deaf = number(argv[7]),
                                     .late_ms = number(argv[8])};
    return load_agents(&plan);
}

static int run_searches(char **argv)
{
    const struct searches_plan plan = {.dir = argv[2],
                                       .port = (int)number(argv[3]),
                                       .las = number(argv[4]),
                                       .in_flight = number(argv[5]),
                                       .seconds = number(argv[6]),
                                       .quadrants = number(argv[7])};
    return load_searches(&plan);
}

int main(int argc, char **argv)
{
    int status = 2;
    log_set_level(LOG_LEVEL_ERROR);
    REQUIRE(sodium_init() >= 0);
    if (argc == 5 && strcmp(argv[1], "make") == 0) {
        load_make(argv[2], number(argv[3]), number(argv[4]));
        return 0;
    }
    rpc_start();
    if (argc == 9 && strcmp(argv[1], "agents") == 0) status = run_agents(argv);
    if (argc == 8 && strcmp(argv[1], "searches") == 0) status = run_searches(argv);
    rpc_stop();
    if (status == 2) (void)fputs("load: make, agents or searches; see main.c\n", stderr);
    return status;
}
