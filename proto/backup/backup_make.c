/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/backup/backup_internal.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/version.h"

struct making {
    const struct backup_plan *plan;
    const char *home;
    char *to, *partial;
    struct backup_report report;
};

/* ---- items ---- */

static bool copy_store(const char *from, const char *to, struct backup_entry *entry,
                       struct err *err)
{
    struct store_info info;
    if (!backup_check_link(from, err) || !store_copy(from, to, &info, err)) return false;
    char *data = file_join(to, BACKUP_STORE_FILE);
    bool ok = backup_hash_file(data, &entry->bytes, entry->hash, err);
    free(data);
    entry->format = info.format;
    memcpy(entry->written_by, info.program, sizeof entry->written_by);
    return ok;
}

/* *found false where there is nothing of that name, or nothing in it yet. */
static bool copy_named(struct making *making, const struct backup_item *item, const char *name,
                       bool *found, struct err *err)
{
    struct backup_report *report = &making->report;
    char *from = file_join(making->home, name), *to = file_join(making->partial, name);
    struct backup_entry entry = {.item = item};
    (void)snprintf(entry.name, sizeof entry.name, "%s", name);
    *found = file_exists(from) && !(item->not_linked && backup_is_link(from));
    bool ok = true;
    if (*found) {
        ok = item->schema ? copy_store(from, to, &entry, err)
                          : backup_copy_file(from, to, &entry.bytes, entry.hash, err);
        /* A store that has just been made is empty; a file may go between two looks. */
        if (!ok && err->code == ERR_NOT_FOUND) *found = false;
        if (!ok) ok = !*found || err_in(err, name);
    }
    if (ok && *found) {
        report->entries = mem_resize(report->entries, report->count + 1, sizeof *report->entries);
        report->entries[report->count++] = entry;
    }
    free(from);
    free(to);
    return ok;
}

static bool copy_all_named(struct making *making, const struct backup_item *item, struct err *err)
{
    char(*names)[BACKUP_NAME_MAX + 1] = NULL;
    size_t count = 0;
    bool ok = backup_list(making->home, &names, &count, err), found = false;
    for (size_t i = 0; ok && i < count; i++) {
        if (backup_find_item(making->plan, names[i]) != item) continue;
        ok = copy_named(making, item, names[i], &found, err);
    }
    free(names);
    return ok;
}

static bool copy_item(struct making *making, const struct backup_item *item, struct err *err)
{
    bool found = false;
    if (strchr(item->name, '*')) return copy_all_named(making, item, err);
    if (!copy_named(making, item, item->name, &found, err)) return false;
    return found || !item->needed ||
           err_set(err, ERR_NOT_FOUND, item->name, "there is none in %s: it is no home of %s",
                   making->home, making->plan->program);
}

/* ---- what stays ---- */

static bool is_temporary(const struct backup_plan *plan, const char *name)
{
    for (const char *const *each = plan->temporary; each && *each; each++) {
        if (strcmp(*each, name) == 0) return true;
    }
    return false;
}

static bool is_copied(const struct backup_report *report, const char *name)
{
    for (size_t i = 0; i < report->count; i++) {
        if (strcmp(report->entries[i].name, name) == 0) return true;
    }
    return false;
}

static bool note_left_out(struct making *making, struct err *err)
{
    struct backup_report *report = &making->report;
    char(*names)[BACKUP_NAME_MAX + 1] = NULL;
    size_t count = 0;
    if (!backup_list(making->home, &names, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        if (is_copied(report, names[i]) || is_temporary(making->plan, names[i])) continue;
        memcpy(names[report->left_out_count++], names[i], sizeof *names);
    }
    report->left_out = names;
    return true;
}

/* ---- the directory ---- */

static char *without_slashes(const char *path)
{
    char *copy = mem_string(path);
    size_t len = strlen(copy);
    while (len > 1 && copy[len - 1] == '/') copy[--len] = '\0';
    return copy;
}

static bool check_target(const char *to, struct err *err)
{
    char(*names)[BACKUP_NAME_MAX + 1] = NULL;
    size_t count = 0;
    if (!file_exists(to)) return true;
    if (!backup_list(to, &names, &count, err)) return false;
    free(names);
    return count == 0 || err_set(err, ERR_EXISTS, "", "%s is not empty: a new name is wanted", to);
}

/* Where others may write beside it (/tmp), one could be there already. */
static bool is_own(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 && info.st_uid == geteuid();
}

/* Locked, so that two processes do not write one backup; the kernel lets go of it after a kill. */
static bool open_partial(struct making *making, int *fd, struct err *err)
{
    if (mkdir(making->partial, 0700) != 0 && errno != EEXIST) {
        if (errno == ENOENT) {
            return err_set(err, ERR_NOT_FOUND, "",
                           "the directory that %s is to be made in does not exist: make it, or "
                           "mount its disk",
                           making->to);
        }
        return err_set_errno(err, errno, "", "cannot make %s", making->partial);
    }
    *fd = open(making->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd < 0) return file_cannot_open(making->partial, errno, err);
    if (!is_own(*fd)) {
        return err_set(err, ERR_DENIED, "",
                       "%s is another user's, who could change what is written there",
                       making->partial);
    }
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
        return err_set(err, ERR_EXISTS, "", "another process is writing %s", making->partial);
    }
    return fchmod(*fd, 0700) == 0 ||
           err_set_errno(err, errno, "", "cannot use %s", making->partial);
}

static bool put_in_place(const struct making *making, struct err *err)
{
    char *parent = file_directory(making->to);
    bool ok = file_sync_directory(making->partial, err);
    if (ok && rename(making->partial, making->to) != 0) {
        ok = err_set_errno(err, errno, "", "cannot rename %s to %s", making->partial, making->to);
    }
    ok = ok && file_sync_directory(parent, err);
    free(parent);
    return ok;
}

static bool fill(struct making *making, struct err *err)
{
    struct backup_report *report = &making->report;
    (void)snprintf(report->version, sizeof report->version, "%s", HEARTH_VERSION);
    report->begun_ms = clock_wall_ms();
    for (size_t i = 0; i < making->plan->count; i++) {
        if (!copy_item(making, &making->plan->items[i], err)) return false;
    }
    report->ended_ms = clock_wall_ms();
    return note_left_out(making, err) &&
           backup_manifest_write(making->plan, making->partial, report, err) &&
           put_in_place(making, err);
}

static bool make(struct making *making, struct err *err)
{
    struct err ignored;
    int fd = -1;
    bool mine = false;
    bool ok = check_target(making->to, err) && open_partial(making, &fd, err);
    mine = ok;
    /* What a killed attempt left. */
    ok = ok && backup_clear(making->plan, making->partial, err) && fill(making, err);
    if (!ok && mine && backup_clear(making->plan, making->partial, &ignored)) {
        (void)rmdir(making->partial);
    }
    if (fd >= 0) (void)close(fd);
    return ok;
}

bool backup_make(const struct backup_plan *plan, const char *home, const char *to,
                 struct backup_report *out, struct err *err)
{
    struct making making = {.plan = plan, .home = home, .to = without_slashes(to)};
    making.partial = mem_format("%s.partial", making.to);
    bool ok = make(&making, err);
    free(making.to);
    free(making.partial);
    if (ok) {
        *out = making.report;
    } else {
        backup_report_free(&making.report);
    }
    return ok;
}
