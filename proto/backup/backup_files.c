/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/backup/backup_internal.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

enum { CHUNK = 64 << 10 };

/* ---- bytes ---- */

/* Reads `from` to its end, hashes it and, where `to` is not negative, writes it there. */
static bool pump(int from, int to, uint64_t *bytes, uint8_t hash[BACKUP_HASH_BYTES])
{
    crypto_generichash_state state;
    uint8_t *chunk = mem_array(CHUNK, 1);
    ssize_t got = 0;
    bool ok = true;
    *bytes = 0;
    (void)crypto_generichash_init(&state, NULL, 0, BACKUP_HASH_BYTES);
    while (ok) {
        got = read(from, chunk, CHUNK);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        (void)crypto_generichash_update(&state, chunk, (unsigned long long)got);
        *bytes += (uint64_t)got;
        ok = to < 0 || file_write_all(to, chunk, (size_t)got);
    }
    int reason = errno;
    (void)crypto_generichash_final(&state, hash, BACKUP_HASH_BYTES);
    sodium_memzero(chunk, CHUNK);
    free(chunk);
    errno = reason;
    return ok && got == 0;
}

bool backup_is_link(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

bool backup_check_link(const char *path, struct err *err)
{
    struct stat info;
    bool foreign = lstat(path, &info) == 0 && S_ISLNK(info.st_mode) && info.st_uid != 0 &&
                   info.st_uid != geteuid();
    return !foreign ||
           err_set(err, ERR_DENIED, "",
                   "%s is a symbolic link of another user, and may lead to what is not theirs",
                   path);
}

static bool open_file(const char *path, int *fd, struct err *err)
{
    struct stat info;
    int follow = backup_is_link(path) ? 0 : O_NOFOLLOW;
    if (!backup_check_link(path, err)) return false;
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | follow);
    if (opened < 0) return file_cannot_open(path, errno, err);
    if (fstat(opened, &info) != 0 || !S_ISREG(info.st_mode)) {
        (void)close(opened);
        return err_set(err, ERR_INVALID, "", "%s is no file", path);
    }
    *fd = opened;
    return true;
}

bool backup_hash_file(const char *path, uint64_t *bytes, uint8_t hash[BACKUP_HASH_BYTES],
                      struct err *err)
{
    int fd = -1;
    if (!open_file(path, &fd, err)) return false;
    bool ok = pump(fd, -1, bytes, hash) || err_set_errno(err, errno, "", "cannot read %s", path);
    (void)close(fd);
    return ok;
}

bool backup_copy_file(const char *from, const char *to, uint64_t *bytes,
                      uint8_t hash[BACKUP_HASH_BYTES], struct err *err)
{
    int in = -1;
    if (!open_file(from, &in, err)) return false;
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = out >= 0 && pump(in, out, bytes, hash) && fsync(out) == 0;
    int reason = errno;
    if (out >= 0 && close(out) != 0 && ok) {
        ok = false;
        reason = errno;
    }
    (void)close(in);
    return ok || err_set_errno(err, reason, "", "cannot copy %s to %s", from, to);
}

/* ---- names ---- */

static bool matches(const char *pattern, const char *name)
{
    const char *star = strchr(pattern, '*');
    if (!star) return strcmp(pattern, name) == 0;
    size_t head = (size_t)(star - pattern), tail = strlen(star + 1), len = strlen(name);
    return len >= head + tail && strncmp(pattern, name, head) == 0 &&
           strcmp(star + 1, name + len - tail) == 0;
}

const struct backup_item *backup_find_item(const struct backup_plan *plan, const char *name)
{
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/')) return NULL;
    for (size_t i = 0; i < plan->count; i++) {
        if (matches(plan->items[i].name, name)) return &plan->items[i];
    }
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

bool backup_list(const char *directory, char (**out)[BACKUP_NAME_MAX + 1], size_t *count,
                 struct err *err)
{
    DIR *dir = opendir(directory);
    if (!dir) return file_cannot_open(directory, errno, err);
    char(*names)[BACKUP_NAME_MAX + 1] = mem_array(0, sizeof *names);
    size_t found = 0;
    const struct dirent *entry = NULL;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        names = mem_resize(names, found + 1, sizeof *names);
        (void)snprintf(names[found++], sizeof *names, "%.*s", BACKUP_NAME_MAX, entry->d_name);
    }
    (void)closedir(dir);
    qsort(names, found, sizeof *names, by_name);
    *out = names;
    *count = found;
    return true;
}

char *backup_entry_path(const char *directory, const struct backup_entry *entry)
{
    char *path = file_join(directory, entry->name);
    if (!entry->item->schema) return path;
    char *data = file_join(path, BACKUP_STORE_FILE);
    free(path);
    return data;
}

/* ---- removing ---- */

static bool remove_store(const char *path)
{
    static const char *const files[] = {BACKUP_STORE_FILE, "lock.mdb", "open.lock"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *file = file_join(path, files[i]);
        bool ok = unlink(file) == 0 || errno == ENOENT;
        free(file);
        if (!ok) return false;
    }
    return rmdir(path) == 0;
}

static bool remove_one(const struct backup_plan *plan, const char *directory, const char *name)
{
    const struct backup_item *item = backup_find_item(plan, name);
    if (!item && strcmp(name, BACKUP_MANIFEST) != 0) return true;
    char *path = file_join(directory, name);
    bool ok = item && item->schema ? remove_store(path) : unlink(path) == 0;
    int reason = errno;
    free(path);
    errno = reason;
    return ok;
}

bool backup_clear(const struct backup_plan *plan, const char *directory, struct err *err)
{
    char(*names)[BACKUP_NAME_MAX + 1] = NULL;
    size_t count = 0;
    bool ok = true;
    if (!backup_list(directory, &names, &count, err)) return false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = remove_one(plan, directory, names[i]) ||
             err_set_errno(err, errno, "", "cannot remove %s/%s", directory, names[i]);
    }
    free(names);
    return ok;
}
