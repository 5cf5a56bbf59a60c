/* SPDX-License-Identifier: Apache-2.0
 * `hearth check-config`: of an LA's home.
 */
#include "client/commands.h"
#include "client/la.h"
#include "keys/home_check.h"
#include "proto/backup/check_stores.h"
#include "proto/base/config_file.h"

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

static void list_keys(struct buf *out)
{
    config_help_text(out, "matcher", "-", "host:port, port 1 to 65535");
    config_help_text(out, "matcher_id", "-", "organisation id, [a-z0-9-]{1,32}");
    config_help_number(out, "catalogue", CATALOGUE_VERSION, 1, CATALOGUE_VERSION);
    config_help_number(out, "keep_days", KEEP_DAYS, KEEP_DAYS_MIN, KEEP_DAYS_MAX);
}

int command_check_config(int argc, char **argv)
{
    static const char doc[] =
        "Checks config.json and everything else that commands need: keys, certificate, "
        "revocations, stores, clock. Tells all faults; changes and locks nothing, and needs no "
        "passphrase.";
    static const struct config_check command = {doc, list_keys, la_home, check_home};
    return config_check_command(&command, argc, argv);
}
