/* SPDX-License-Identifier: Apache-2.0
 * `hearth-agent backup` and `restore`.
 */
#include <stdlib.h>

#include "agent/commands.h"
#include "agent/home.h"
#include "agent/mapping.h"
#include "keys/home.h"
#include "proto/backup/backup_command.h"
#include "proto/base/mem.h"
#include "proto/domain/gazetteer.h"
#include "proto/figures/collection.h"
#include "proto/figures/contributor.h"
#include "proto/metrics/daemon_status.h"

/* The vault before replies: `erase` ends the recomputing of replies before it removes a household,
 * so that what is gone from the copy of the vault is gone from the copy of the replies too. Figures
 * last: nothing else in the copy may know of a contribution that its ledger has not. */
static const struct backup_item items[] = {
    {.name = HOME_VAULT, .schema = &vault_schema},
    {.name = HOME_REPLIES, .schema = &replies_schema},
    {.name = HOME_CORRESPONDENCE, .schema = &correspondence_schema},
    {.name = HOME_GAZETTEER, .schema = &gazetteer_schema, .not_linked = true},
    {.name = HOME_FIGURES, .schema = &contributor_schema},
    HOME_IDENTITY_ITEMS,
    {.name = HOME_MAPPING},
    {.name = HOME_CONFIG},
    {.name = HOME_KEY, .needed = true},
};
static const char *const temporary[] = {HOME_STATUS, HOME_LOCK, NULL};
const struct backup_plan agent_backup_plan = {.program = "hearth-agent",
                                              .kind = "agent",
                                              .items = items,
                                              .count = sizeof items / sizeof items[0],
                                              .key_file = HOME_KEY,
                                              .temporary = temporary};

static bool check(const char *path, struct err *err)
{
    return home_check_role(path, ROLE_AGENT, err);
}

static int fail(const char *name, const struct cli_common *common, const struct err *err)
{
    char *title = mem_format("hearth-agent %s", name);
    int code = home_fail(title, common, err);
    free(title);
    return code;
}

static const struct backup_command command = {&agent_backup_plan, home_path, check, fail};

int command_backup(int argc, char **argv)
{
    return backup_command_backup(&command, argc, argv);
}

int command_restore(int argc, char **argv)
{
    return backup_command_restore(&command, argc, argv);
}
