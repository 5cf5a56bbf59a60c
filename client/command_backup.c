/* SPDX-License-Identifier: Apache-2.0
 * `hearth backup` and `restore`: of an LA's home.
 */
#include <stdlib.h>

#include "client/commands.h"
#include "client/la.h"
#include "client/records.h"
#include "client/report.h"
#include "keys/home.h"
#include "proto/backup/backup_command.h"
#include "proto/base/mem.h"
#include "proto/domain/gazetteer.h"
#include "proto/figures/collection.h"
#include "proto/figures/contributor.h"
#include "proto/mail/correspondence.h"

/* A referral is made of a search in the records: these after it, so that they know all searches
 * that the copy of the correspondence speaks of. The heads of the matcher's log come with results,
 * after the records too. Figures last: nothing else in the copy may know of a contribution that its
 * ledger has not. */
static const struct backup_item items[] = {
    {.name = HOME_CORRESPONDENCE, .schema = &correspondence_schema},
    {.name = HOME_RECORDS, .schema = &records_schema},
    {.name = HOME_LOG_HEADS},
    {.name = HOME_GAZETTEER, .schema = &gazetteer_schema, .not_linked = true},
    {.name = HOME_FIGURES, .schema = &contributor_schema},
    HOME_IDENTITY_ITEMS,
    {.name = HOME_CONFIG},
    {.name = HOME_KEY, .needed = true},
};
const struct backup_plan la_backup_plan = {.program = "hearth",
                                           .kind = "la",
                                           .items = items,
                                           .count = sizeof items / sizeof items[0],
                                           .key_file = HOME_KEY};

static bool check(const char *path, struct err *err)
{
    return home_check_role(path, ROLE_LA, err);
}

static int fail(const char *name, const struct cli_common *common, const struct err *err)
{
    char *title = mem_format("hearth %s", name);
    cli_print_error(title, common->json, err);
    free(title);
    return err->code == ERR_INVALID ? EXIT_BAD_REQUEST : EXIT_OTHER;
}

static const struct backup_command command = {&la_backup_plan, la_home, check, fail};

int command_backup(int argc, char **argv)
{
    return backup_command_backup(&command, argc, argv);
}

int command_restore(int argc, char **argv)
{
    return backup_command_restore(&command, argc, argv);
}
