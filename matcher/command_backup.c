/* SPDX-License-Identifier: Apache-2.0
 * `hearth-matcher backup` and `restore`.
 */
#include "keys/home.h"
#include "matcher/audit.h"
#include "matcher/commands.h"
#include "matcher/directory.h"
#include "matcher/mailbox.h"
#include "proto/backup/backup_command.h"
#include "proto/figures/collection.h"
#include "proto/metrics/daemon_status.h"

/* The log is written after what it tells of, in mailboxes and figures. In this order nothing stands
 * in the copy of the log that the copies of the others have not: what is missing from the log is
 * what a matcher that was killed has not logged either. */
static const struct backup_item items[] = {
    {.name = HOME_AUDIT, .schema = &audit_schema},
    {.name = HOME_MAIL, .schema = &mailbox_schema},
    {.name = HOME_FIGURES, .schema = &collection_schema},
    HOME_IDENTITY_ITEMS,
    {.name = HOME_DIRECTORY},
    {.name = HOME_CONFIG},
    {.name = HOME_KEY, .needed = true},
};
static const char *const temporary[] = {HOME_STATUS, HOME_LOCK, NULL};
const struct backup_plan matcher_backup_plan = {.program = "hearth-matcher",
                                                .kind = "matcher",
                                                .items = items,
                                                .count = sizeof items / sizeof items[0],
                                                .key_file = HOME_KEY,
                                                .temporary = temporary};

static bool check(const char *path, struct err *err)
{
    return home_check_role(path, ROLE_MATCHER, err);
}

static const struct backup_command command = {&matcher_backup_plan, command_home_path, check,
                                              command_failed};

int command_backup(int argc, char **argv)
{
    return backup_command_backup(&command, argc, argv);
}

int command_restore(int argc, char **argv)
{
    return backup_command_restore(&command, argc, argv);
}
