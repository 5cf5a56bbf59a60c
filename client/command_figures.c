/* SPDX-License-Identifier: Apache-2.0
 * The figures commands, on an LA's records.
 */
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/figures_count.h"
#include "client/party.h"
#include "client/report.h"
#include "proto/base/mem.h"
#include "proto/figures/figures_command.h"

struct own {
    char *home;
    struct la la;
    struct records *records;
    struct figures_records counted;
    struct contributor *contributor;
};

static bool open_contributor(const struct cli_common *common, struct own *own, struct err *err)
{
    own->home = la_home(common);
    own->counted = (struct figures_records){own->records,
                                            identity_certificate(own->la.identity)->organisation};
    const struct contributor_parts parts = {.home = own->home,
                                            .identity = own->la.identity,
                                            .trust = own->la.trust,
                                            .count = figures_count_records,
                                            .count_ctx = &own->counted};
    return contributor_open(&parts, &own->contributor, err);
}

static bool open_desk(const struct cli_common *common, struct figures_desk *out, struct err *err)
{
    struct own *own = mem_new(struct own);
    out->own = own;
    if (!la_open(common, &own->la, err) || !la_open_records(common, &own->la, &own->records, err) ||
        !open_contributor(common, own, err)) {
        return false;
    }
    out->contributor = own->contributor;
    out->identity = own->la.identity;
    out->trust = own->la.trust;
    out->matcher_target = own->la.matcher_address;
    out->matcher_id = own->la.matcher_id;
    return true;
}

static void close_desk(struct figures_desk *desk)
{
    struct own *own = desk->own;
    contributor_close(own->contributor);
    records_close(own->records);
    la_close(&own->la);
    free(own->home);
    free(own);
}

static int exit_code(const struct err *err)
{
    bool named = err->code == ERR_NOT_FOUND && strcmp(err->field, "hub") == 0;
    return named ? EXIT_BAD_REQUEST : desk_exit_code(err);
}

static const struct figures_program program = {.name = "hearth",
                                               .open = open_desk,
                                               .close = close_desk,
                                               .exit_code = exit_code,
                                               .exit_wrong = EXIT_BAD_REQUEST,
                                               .exit_undelivered = EXIT_UNREACHABLE};

int command_figures(int argc, char **argv)
{
    return figures_command(argc, argv, &program);
}
