/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub check-config`.
 */
#include <stdlib.h>

#include "client/hub/areas.h"
#include "client/hub/commands.h"
#include "client/hub/enrolled.h"
#include "client/hub/home.h"
#include "keys/home_check.h"
#include "proto/backup/check_stores.h"
#include "proto/base/config_file.h"
#include "proto/base/mem.h"

/* What a manifest is drawn up of; a hub may serve without. */
static void check_drafts(const char *home, struct checks *checks)
{
    struct geography *areas = mem_new(struct geography);
    struct enrolled enrolled = {0};
    struct err err = {0};
    bool drawn = areas_read(home, areas, &err);
    if (!drawn && err.code == ERR_NOT_FOUND) {
        checks_add(checks, CHECK_WARNING, HOME_AREAS, "%s", err.text);
    } else {
        (void)checks_take(checks, drawn, NULL, &err);
    }
    if (!checks_take(checks, enrolled_read(home, &enrolled, &err), NULL, &err)) {
        free(areas);
        return;
    }
    if (enrolled.count == 0) {
        checks_add(checks, CHECK_WARNING, HOME_ENROLLED,
                   "nobody is enrolled; 'hearth hub enrol' says who contributes");
    } else if (drawn) {
        (void)checks_take(checks, enrolled_check(&enrolled, areas, &err), HOME_ENROLLED, &err);
    }
    enrolled_free(&enrolled);
    free(areas);
}

static void check_home(const char *home, struct checks *checks)
{
    struct hub_config config;
    struct certificate own;
    home_check(home, ROLE_HUB, checks, &own);
    (void)hub_config_check(home, &config, checks);
    check_drafts(home, checks);
    check_stores(&hub_backup_plan, home, checks);
    certificate_free(&own);
}

static void list_keys(struct buf *out)
{
    config_help_text(out, "matcher", "-", "host:port, port 1 to 65535");
    config_help_text(out, "matcher_id", "-", "organisation id, [a-z0-9-]{1,32}");
    config_help_text(out, "listen", "-", "host:port, port 0 to 65535");
    config_help_text(out, "address", "-", "host:port, port 1 to 65535");
    watch_config_help(out);
}

int command_hub_check_config(int argc, char **argv)
{
    static const char doc[] =
        "Checks config.json and everything that 'hub serve' needs to start: keys, certificate, "
        "revocations, areas, who is enrolled, stores, clock. Tells all faults; starts, changes and "
        "locks nothing, and needs no passphrase.";
    static const struct config_check command = {doc, list_keys, hub_home, check_home};
    return config_check_command(&command, argc, argv);
}
