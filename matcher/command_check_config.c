/* SPDX-License-Identifier: Apache-2.0
 * `hearth-matcher check-config`.
 */
#include <stdlib.h>

#include "keys/home_check.h"
#include "matcher/audit.h"
#include "matcher/commands.h"
#include "matcher/config.h"
#include "matcher/directory.h"
#include "matcher/mailbox.h"
#include "proto/backup/check_stores.h"
#include "proto/base/config_file.h"
#include "proto/base/file.h"

enum {
    GROUP_SEARCHES = 16,  /* that an explanation has open at once */
    LAS = 153,            /* of England */
    ENTRIES_BYTES = 1024, /* of the log that a search makes, about */
    LOG_WARN_DAYS = 60,
    HOURS_PER_DAY = 24
};

/* Values that are right alone, and not together. */
static void check_limits(const struct config *config, struct checks *checks)
{
    if (config->searches_per_la > config->searches_max) {
        checks_add(checks, CHECK_WARNING, HOME_CONFIG ".searches_per_la",
                   "%u: more than searches_max, %u, lets anybody have open",
                   config->searches_per_la, config->searches_max);
    }
    if (config->searches_per_la < GROUP_SEARCHES) {
        checks_add(checks, CHECK_WARNING, HOME_CONFIG ".searches_per_la",
                   "%u: an explanation has %d open at once, and is refused",
                   config->searches_per_la, GROUP_SEARCHES);
    }
    if (config->mailbox_mib > config->mail_max_mib) {
        checks_add(checks, CHECK_WARNING, HOME_CONFIG ".mailbox_mib",
                   "%u: one mailbox may take more than all together, mail_max_mib, %u",
                   config->mailbox_mib, config->mail_max_mib);
    }
    if (config->answer_hours > config->mail_days * HOURS_PER_DAY) {
        checks_add(checks, CHECK_WARNING, HOME_CONFIG ".answer_hours",
                   "%u: a referral expires after mail_days, %u, before its answer would be late",
                   config->answer_hours, config->mail_days);
    }
}

/* When it is full, searches are refused. */
static void check_log_size(const struct config *config, struct checks *checks)
{
    uint64_t a_day = (uint64_t)config->budget * LAS * ENTRIES_BYTES;
    uint64_t days = a_day > 0 ? ((uint64_t)config->audit_max_mib << 20) / a_day : 0;
    if (config->budget == 0) {
        checks_add(checks, CHECK_WARNING, HOME_CONFIG ".budget",
                   "0: nobody is limited, and one LA can fill the audit log");
    } else if (days < LOG_WARN_DAYS) {
        checks_add(checks, CHECK_WARNING, HOME_CONFIG ".audit_max_mib",
                   "%u: %d LAs that use their budget of %u fill it in %llu days",
                   config->audit_max_mib, LAS, config->budget, (unsigned long long)days);
    }
}

static void check_directory(const char *home, const struct certificate *own, struct checks *checks)
{
    struct directory *directory = NULL;
    struct err err = {0};
    char *path = file_join(home, HOME_DIRECTORY);
    if (!file_exists(path)) {
        checks_add(checks, CHECK_FAULT, HOME_DIRECTORY,
                   "is missing: 'hearth-matcher directory sign' makes it");
    } else if (checks_take(
                   checks,
                   directory_read(home, own->raw.body.len > 0 ? own : NULL, &directory, &err),
                   err.field[0] ? NULL : HOME_DIRECTORY, &err)) {
        checks_add(checks, directory_count(directory) > 0 ? CHECK_NOTE : CHECK_WARNING,
                   HOME_DIRECTORY, "%zu agencies", directory_count(directory));
    }
    directory_unref(directory);
    free(path);
}

static void check_home(const char *home, struct checks *checks)
{
    struct config config;
    struct certificate own;
    home_check(home, ROLE_MATCHER, checks, &own);
    /* Where a value is wrong, with the default in its place. */
    (void)config_check(home, &config, checks);
    check_limits(&config, checks);
    check_log_size(&config, checks);
    check_store_size(home, HOME_AUDIT, HOME_CONFIG ".audit_max_mib", config.audit_max_mib, checks);
    check_store_size(home, HOME_MAIL, HOME_CONFIG ".mail_max_mib", config.mail_max_mib, checks);
    check_directory(home, &own, checks);
    check_stores(&matcher_backup_plan, home, checks);
    certificate_free(&own);
}

static void list_keys(struct buf *out)
{
    config_help_text(out, "listen", "127.0.0.1:0", "host:port, port 0 to 65535");
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        config_help_number(out, key->name, key->preset, key->min, key->max);
    }
    watch_config_help(out);
}

int command_check_config(int argc, char **argv)
{
    static const char doc[] =
        "Checks config.json and everything that 'serve' needs to start: keys, certificate, "
        "revocations, directory, stores, clock. Tells all faults; starts, changes and locks "
        "nothing, and needs no passphrase.";
    static const struct config_check command = {doc, list_keys, command_home_path, check_home};
    return config_check_command(&command, argc, argv);
}
