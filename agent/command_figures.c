/* SPDX-License-Identifier: Apache-2.0
 * The figures commands, on an agency's vault.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/commands.h"
#include "agent/figures.h"
#include "agent/home.h"
#include "proto/base/mem.h"
#include "proto/figures/figures_command.h"

struct own {
    struct home home;
    struct figures figures;
};

static bool open_desk(const struct cli_common *common, struct figures_desk *out, struct err *err)
{
    struct own *own = mem_new(struct own);
    out->own = own;
    if (!home_open(common, &own->home, err) || !figures_open(&own->home, &own->figures, err)) {
        return false;
    }
    out->contributor = own->figures.contributor;
    out->identity = own->home.identity;
    out->trust = own->home.trust;
    out->matcher_target = own->home.config.matcher;
    out->matcher_id = own->home.config.matcher_id;
    return true;
}

static void close_desk(struct figures_desk *desk)
{
    struct own *own = desk->own;
    figures_close(&own->figures);
    home_close(&own->home);
    free(own);
}

/* As home_fail: what was named and is not there, or is not wanted here. */
static int exit_code(const struct err *err)
{
    bool named = err->code == ERR_NOT_FOUND && strcmp(err->field, "hub") == 0;
    return err->code == ERR_INVALID || named ? EXIT_BAD_INPUT : EXIT_OTHER;
}

static const struct figures_program program = {.name = "hearth-agent",
                                               .open = open_desk,
                                               .close = close_desk,
                                               .exit_code = exit_code,
                                               .exit_wrong = EXIT_BAD_INPUT,
                                               .exit_undelivered = EXIT_NONE};

int command_figures(int argc, char **argv)
{
    return figures_command(argc, argv, &program);
}
