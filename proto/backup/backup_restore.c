/* SPDX-License-Identifier: Apache-2.0
 * Checking a backup, and making a home of it. Everything is first written into
 * HOME/restore.partial; from there it is renamed into the home, the key file last. So a home may be
 * a directory that is there already, with an owner, or another file system.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/backup/backup_internal.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"

#define SCRATCH "restore.partial"

/* ---- checking ---- */

static bool compare(const struct backup_entry *entry, uint64_t bytes,
                    const uint8_t hash[BACKUP_HASH_BYTES], struct err *err)
{
    if (bytes != entry->bytes) {
        return err_set(err, ERR_CORRUPT, entry->name,
                       "the backup is damaged: %llu bytes instead of %llu",
                       (unsigned long long)bytes, (unsigned long long)entry->bytes);
    }
    return sodium_memcmp(hash, entry->hash, BACKUP_HASH_BYTES) == 0 ||
           err_set(err, ERR_CORRUPT, entry->name,
                   "the backup is damaged: the file does not have the hash in " BACKUP_MANIFEST);
}

static bool say_missing(const struct backup_entry *entry, struct err *err)
{
    if (err->code != ERR_NOT_FOUND) return err_in(err, entry->name);
    return err_set(err, ERR_CORRUPT, entry->name, "the backup is damaged: the file is missing");
}

static bool check_entry(const char *from, const struct backup_entry *entry, struct err *err)
{
    uint8_t hash[BACKUP_HASH_BYTES];
    uint64_t bytes = 0;
    char *path = backup_entry_path(from, entry);
    bool ok = backup_hash_file(path, &bytes, hash, err);
    free(path);
    return ok ? compare(entry, bytes, hash, err) : say_missing(entry, err);
}

bool backup_check(const struct backup_plan *plan, const char *from, struct backup_report *out,
                  struct err *err)
{
    if (!backup_manifest_read(plan, from, out, err)) return false;
    for (size_t i = 0; i < out->count; i++) {
        if (check_entry(from, &out->entries[i], err)) continue;
        backup_report_free(out);
        return false;
    }
    return true;
}

/* ---- the new home ---- */

struct restoring {
    const struct backup_plan *plan;
    const char *from, *home;
    char *scratch;
    struct store_gap gap;
    struct backup_report report;
};

/* A restore that was killed had its scratch directory, and had not come to the key file. A link, or
 * what belongs to somebody else, is none of ours: it would lead to what has to stay. */
static bool was_cut_short(const struct restoring *restoring)
{
    struct stat info;
    char *key = file_join(restoring->home, restoring->plan->key_file);
    bool so = lstat(restoring->scratch, &info) == 0 && S_ISDIR(info.st_mode) &&
              info.st_uid == geteuid() && !file_exists(key);
    free(key);
    return so;
}

/* Nothing else than what such a restore left may be there. */
static bool prepare(const struct restoring *restoring, struct err *err)
{
    char(*names)[BACKUP_NAME_MAX + 1] = NULL;
    size_t count = 0;
    if (!file_make_dirs(restoring->home, 0700, err)) return false;
    bool cut_short = was_cut_short(restoring);
    if (cut_short && (!backup_clear(restoring->plan, restoring->scratch, err) ||
                      !backup_clear(restoring->plan, restoring->home, err))) {
        return false;
    }
    if (!backup_list(restoring->home, &names, &count, err)) return false;
    free(names);
    if (count > (cut_short ? 1U : 0U)) {
        return err_set(err, ERR_EXISTS, "",
                       "%s is not empty: a backup is restored into a new home; -C names one",
                       restoring->home);
    }
    return file_make_dirs(restoring->scratch, 0700, err);
}

/* Hashed again while it is copied: nothing else than what was checked comes into the home. */
static bool copy_entry(const struct restoring *restoring, const struct backup_entry *entry,
                       struct err *err)
{
    uint8_t hash[BACKUP_HASH_BYTES];
    uint64_t bytes = 0;
    char *from = backup_entry_path(restoring->from, entry);
    char *to = backup_entry_path(restoring->scratch, entry);
    char *directory = file_join(restoring->scratch, entry->name);
    bool ok = (!entry->item->schema || file_make_dirs(directory, 0700, err)) &&
              (backup_copy_file(from, to, &bytes, hash, err) || say_missing(entry, err)) &&
              compare(entry, bytes, hash, err);
    if (ok && entry->item->schema) {
        ok = (store_set_gap(directory, &restoring->gap, err) || err_in(err, entry->name)) &&
             file_sync_directory(directory, err);
    }
    free(directory);
    free(to);
    free(from);
    return ok;
}

static bool move_one(const struct restoring *restoring, const char *name, struct err *err)
{
    char *from = file_join(restoring->scratch, name);
    char *to = file_join(restoring->home, name);
    bool ok = rename(from, to) == 0 || err_set_errno(err, errno, "", "cannot put %s in place", to);
    free(from);
    free(to);
    return ok;
}

/* All but the key file, or that one. */
static bool move_all(const struct restoring *restoring, bool key, struct err *err)
{
    char(*names)[BACKUP_NAME_MAX + 1] = NULL;
    size_t count = 0;
    bool ok = backup_list(restoring->scratch, &names, &count, err);
    for (size_t i = 0; ok && i < count; i++) {
        bool is_key = strcmp(names[i], restoring->plan->key_file) == 0;
        if (is_key == key) ok = move_one(restoring, names[i], err);
    }
    free(names);
    return ok && file_sync_directory(restoring->home, err);
}

static bool settle(const struct restoring *restoring, struct err *err)
{
    return !restoring->plan->settle || restoring->plan->settle(restoring->scratch, err);
}

static bool fill(const struct restoring *restoring, struct err *err)
{
    for (size_t i = 0; i < restoring->report.count; i++) {
        if (!copy_entry(restoring, &restoring->report.entries[i], err)) return false;
    }
    return settle(restoring, err) && file_sync_directory(restoring->scratch, err) &&
           move_all(restoring, false, err) && move_all(restoring, true, err);
}

static void clean_up(const struct restoring *restoring, bool made, bool ok)
{
    struct err ignored;
    if (!made) return;
    bool empty = ok || (backup_clear(restoring->plan, restoring->scratch, &ignored) &&
                        backup_clear(restoring->plan, restoring->home, &ignored));
    if (empty) (void)rmdir(restoring->scratch);
}

static bool restore(struct restoring *restoring, struct err *err)
{
    bool made = prepare(restoring, err);
    bool ok = made && fill(restoring, err);
    clean_up(restoring, made, ok);
    return ok;
}

bool backup_restore(const struct backup_plan *plan, const char *from, const char *home,
                    struct backup_report *out, struct err *err)
{
    struct restoring restoring = {.plan = plan, .from = from, .home = home};
    int64_t now_ms = clock_wall_ms();
    if (!backup_check(plan, from, &restoring.report, err)) return false;
    restoring.gap.from_ms = restoring.report.begun_ms;
    restoring.gap.to_ms = now_ms > restoring.gap.from_ms ? now_ms : restoring.gap.from_ms;
    restoring.scratch = file_join(home, SCRATCH);
    bool ok = restore(&restoring, err);
    free(restoring.scratch);
    if (ok) {
        *out = restoring.report;
    } else {
        backup_report_free(&restoring.report);
    }
    return ok;
}
