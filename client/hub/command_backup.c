/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub backup` and `restore`.
 */
#include "client/hub/areas.h"
#include "client/hub/commands.h"
#include "client/hub/enrolled.h"
#include "client/hub/home.h"
#include "client/report.h"
#include "keys/home.h"
#include "proto/backup/backup_command.h"
#include "proto/metrics/daemon_status.h"

/* Manifests hold the areas and the enrolled of their day themselves: the files stand alone.
 * Evidence against the matcher is written when a release was compared with what is in figures. */
static const struct backup_item items[] = {
    {.name = HOME_FIGURES, .schema = &collection_schema},
    {.name = HOME_AREAS},
    {.name = HOME_ENROLLED},
    {.name = "evidence-*.json"},
    HOME_IDENTITY_ITEMS,
    {.name = HOME_CONFIG},
    {.name = HOME_KEY, .needed = true},
};
static const char *const temporary[] = {HOME_STATUS, HOME_LOCK, NULL};
const struct backup_plan hub_backup_plan = {.program = "hearth",
                                            .kind = "hub",
                                            .items = items,
                                            .count = sizeof items / sizeof items[0],
                                            .key_file = HOME_KEY,
                                            .temporary = temporary};

static bool check(const char *path, struct err *err)
{
    return home_check_role(path, ROLE_HUB, err);
}

static int fail(const char *name, const struct cli_common *common, const struct err *err)
{
    (void)hub_fail(name, common, err);
    return err->code == ERR_INVALID ? EXIT_BAD_REQUEST : EXIT_OTHER;
}

static const struct backup_command command = {&hub_backup_plan, hub_home, check, fail};

int command_hub_backup(int argc, char **argv)
{
    return backup_command_backup(&command, argc, argv);
}

int command_hub_restore(int argc, char **argv)
{
    return backup_command_restore(&command, argc, argv);
}
