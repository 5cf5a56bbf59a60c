/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "matcher/commands.h"
#include "proto/base/mem.h"

const char *command_home(const struct cli_common *common)
{
    return common->home ? common->home : "/var/lib/hearth-matcher";
}

char *command_home_path(const struct cli_common *common)
{
    return mem_string(command_home(common));
}

int command_failed(const char *command, const struct cli_common *common, const struct err *err)
{
    char name[64];
    (void)snprintf(name, sizeof name, "hearth-matcher %s", command);
    cli_print_error(name, common->json, err);
    return err->code == ERR_INVALID ? EXIT_BAD_USAGE : EXIT_FAILED;
}

void command_print_finding(size_t line, const char *column, const char *text, void *ctx)
{
    (void)fprintf(stderr, "%s: line %zu%s%s: %s\n", (const char *)ctx, line, column[0] ? ", " : "",
                  column, text);
}
