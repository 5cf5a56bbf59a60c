/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/backup/check_stores.h"

#include <stdlib.h>

#include "proto/base/file.h"
#include "proto/base/version.h"

static void check_format(const struct store_schema *schema, const struct store_info *info,
                         struct checks *checks)
{
    const char *by = info->program[0] ? info->program : "(before 0.1.0 stamped it)";
    if (info->format > schema->format) {
        checks_add(checks, CHECK_FAULT, schema->name,
                   "format %llu, written by version %s of the programs; this one, version %s, "
                   "knows formats up to %lu",
                   (unsigned long long)info->format, by, HEARTH_VERSION,
                   (unsigned long)schema->format);
    } else if (info->format < schema->oldest) {
        checks_add(checks, CHECK_FAULT, schema->name,
                   "format %llu; this program, version %s, upgrades from format %lu on",
                   (unsigned long long)info->format, HEARTH_VERSION, (unsigned long)schema->oldest);
    } else if (info->format < schema->format) {
        checks_add(checks, CHECK_NOTE, schema->name,
                   "format %llu, to be upgraded to %lu by the next program that writes it",
                   (unsigned long long)info->format, (unsigned long)schema->format);
    } else {
        checks_add(checks, CHECK_NOTE, schema->name, "format %llu, written by version %s, %llu KiB",
                   (unsigned long long)info->format, by, (unsigned long long)info->bytes / 1024);
    }
}

void check_stores(const struct backup_plan *plan, const char *home, struct checks *checks)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct store_schema *schema = plan->items[i].schema;
        struct store_info info;
        struct err err = {0};
        if (!schema) continue;
        char *path = file_join(home, plan->items[i].name);
        if (file_exists(path)) {
            if (store_inspect(path, &info, &err)) {
                check_format(schema, &info, checks);
            } else if (err.code != ERR_NOT_FOUND) { /* else: has never been set up */
                (void)checks_take(checks, false, schema->name, &err);
            }
        }
        free(path);
    }
}

void check_store_size(const char *home, const char *name, const char *key, uint64_t max_mib,
                      struct checks *checks)
{
    struct store_info info;
    struct err ignored;
    char *path = file_join(home, name);
    if (file_exists(path) && store_inspect(path, &info, &ignored)) {
        uint64_t used = info.bytes >> 20;
        if (used >= max_mib) {
            checks_add(checks, CHECK_FAULT, key, "%llu: %s has %llu MiB already",
                       (unsigned long long)max_mib, name, (unsigned long long)used);
        } else if (used * 10 >= max_mib * 9) {
            checks_add(checks, CHECK_WARNING, key, "%llu: %s has %llu MiB already",
                       (unsigned long long)max_mib, name, (unsigned long long)used);
        }
    }
    free(path);
}
