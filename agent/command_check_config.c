/* SPDX-License-Identifier: Apache-2.0
 * `hearth-agent check-config`.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/commands.h"
#include "agent/home.h"
#include "agent/mapping.h"
#include "keys/home_check.h"
#include "proto/backup/check_stores.h"
#include "proto/base/config_file.h"
#include "proto/base/file.h"

static void check_policy(const struct config *config, struct checks *checks)
{
    if (!config->allow_all && config->allow_count == 0) {
        checks_add(checks, CHECK_WARNING, HOME_CONFIG ".allow",
                   "an empty list: no LA's query is answered");
    }
    for (size_t i = 0; i < config->allow_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(config->allow[i], config->allow[j]) != 0) continue;
            checks_add(checks, CHECK_WARNING, HOME_CONFIG ".allow", "%s stands there twice",
                       config->allow[i]);
        }
    }
    if (config->budget == 0) {
        checks_add(checks, CHECK_WARNING, HOME_CONFIG ".budget",
                   "0: no limit to the queries that an LA may ask a day");
    }
    if (config->fresh_days == 0) {
        checks_add(checks, CHECK_WARNING, HOME_CONFIG ".fresh_days",
                   "0: a status of yesterday counts as unknown");
    }
}

static void check_vault(const char *home, struct checks *checks)
{
    char *path = file_join(home, HOME_VAULT);
    if (!file_exists(path)) {
        checks_add(checks, CHECK_FAULT, HOME_VAULT, "is missing: 'hearth-agent init' makes it");
    }
    free(path);
}

static void check_mapping(const char *home, struct checks *checks)
{
    struct mapping mapping = {0};
    struct buf text = {0};
    struct err err = {0};
    char *path = file_join(home, HOME_MAPPING);
    if (file_exists(path)) {
        bool ok =
            file_read(path, MAPPING_FILE_MAX, &text, &err) &&
            mapping_parse(text.data, text.len, catalogue_get(CATALOGUE_VERSION), &mapping, &err);
        (void)checks_take(checks, ok, HOME_MAPPING, &err);
    }
    mapping_free(&mapping);
    buf_free(&text);
    free(path);
}

static void check_home(const char *home, struct checks *checks)
{
    struct config config = config_default();
    struct certificate own;
    home_check(home, ROLE_AGENT, checks, &own);
    if (config_check(home, &config, checks)) check_policy(&config, checks);
    check_vault(home, checks);
    check_mapping(home, checks);
    check_stores(&agent_backup_plan, home, checks);
    config_free(&config);
    certificate_free(&own);
}

static void list_keys(struct buf *out)
{
    config_help_text(out, "matcher", "-", "host:port, port 1 to 65535");
    config_help_text(out, "matcher_id", "-", "organisation id, [a-z0-9-]{1,32}");
    config_help_text(out, "allow", "every LA", "list of organisation ids");
    config_help_number(out, "budget", BUDGET_DEFAULT, 0, BUDGET_MAX);
    config_help_number(out, "fresh_days", STATUS_FRESH_DAYS, 0, FRESH_DAYS_MAX);
    config_help_number(out, "threads", 0, 0, THREADS_MAX);
    config_help_number(out, "catalogue", CATALOGUE_VERSION, 1, CATALOGUE_VERSION);
    config_help_number(out, "keep_days", KEEP_DAYS_DEFAULT, KEEP_DAYS_MIN, KEEP_DAYS_MAX);
    watch_config_help(out);
}

int command_check_config(int argc, char **argv)
{
    static const char doc[] =
        "Checks config.json and everything that 'serve' needs to start: keys, certificate, "
        "revocations, mapping, stores, clock. Tells all faults; starts, changes and locks nothing, "
        "and needs no passphrase.";
    static const struct config_check command = {doc, list_keys, home_path, check_home};
    return config_check_command(&command, argc, argv);
}
