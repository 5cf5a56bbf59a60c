/* SPDX-License-Identifier: Apache-2.0
 * `hearth check-config`: of an LA's home.
 */
#include <stdlib.h>

#include "client/commands.h"
#include "client/la.h"
#include "client/report.h"
#include "keys/home_check.h"
#include "proto/backup/check_stores.h"

static void check_home(const char *home, struct checks *checks)
{
    struct la la = {0};
    struct certificate own;
    struct err told;
    home_check(home, ROLE_LA, checks, &own);
    if (!la_config(home, &la, checks, &told)) la = (struct la){0};
    check_stores(&la_backup_plan, home, checks);
    certificate_free(&own);
}

int command_check_config(int argc, char **argv)
{
    static const char doc[] =
        "Checks config.json and everything else that commands need: keys, certificate, "
        "revocations, stores, clock. Tells all faults; changes and locks nothing, and needs no "
        "passphrase.";
    struct cli_common common = {0};
    struct checks checks = {0};
    if (cli_parse_common(doc, argc, argv, &common) != 0) return EXIT_BAD_REQUEST;
    char *home = la_home(&common);
    check_home(home, &checks);
    int code = checks_print(&checks, common.json);
    checks_free(&checks);
    free(home);
    return code;
}
