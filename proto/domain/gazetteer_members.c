/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/gazetteer_members.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/domain/gazetteer_zip.h"

/* The largest of the published files: about 1.5 GB, 800 files in one ZIP. */
enum { DEPTH_MAX = 4, ZIP_ENTRIES_MAX = 20000, MEMBERS_MAX = 100000 };
static const uint64_t MEMBER_BYTES_MAX = 4ULL << 30, ZIP_BYTES_MAX = 8ULL << 30;

void gazetteer_members_free(struct gazetteer_members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        free(members->items[i].path);
        free(members->items[i].name);
    }
    free(members->items);
    *members = (struct gazetteer_members){0};
}

static bool ends_in(const char *name, const char *ending)
{
    size_t len = strlen(name), n = strlen(ending);
    return len > n && strcasecmp(name + len - n, ending) == 0;
}

static bool add(struct gazetteer_members *members, const struct gazetteer_member *member,
                struct err *err)
{
    if (members->count == MEMBERS_MAX) {
        return err_set(err, ERR_BUDGET, "", "more than %d files", MEMBERS_MAX);
    }
    members->items = mem_resize(members->items, members->count + 1, sizeof *members->items);
    struct gazetteer_member *added = &members->items[members->count++];
    *added = *member;
    added->path = mem_string(member->path);
    added->name = mem_string(gazetteer_last_part(member->name));
    members->bytes += member->size;
    return true;
}

/* ---- ZIP ---- */

/* The length of the folder part of "Data/multi_csv/X.csv" before "multi_csv/", or SIZE_MAX. */
static size_t parts_folder(const char *name)
{
    static const char folder[] = "multi_csv/";
    const char *at = strstr(name, folder);
    bool whole = at && (at == name || at[-1] == '/') && !strchr(at + sizeof folder - 1, '/');
    return whole ? (size_t)(at - name) : SIZE_MAX;
}

static bool has_csv_in_folder(zip_t *archive, const char *folder, size_t len)
{
    zip_int64_t entries = zip_get_num_entries(archive, 0);
    for (zip_int64_t i = 0; i < entries; i++) {
        const char *name = zip_get_name(archive, (zip_uint64_t)i, 0);
        if (name && strncmp(name, folder, len) == 0 && !strchr(name + len, '/') &&
            ends_in(name, ".csv")) {
            return true;
        }
    }
    return false;
}

static bool add_entry(struct gazetteer_members *members, zip_t *archive, zip_uint64_t index,
                      const struct gazetteer_member *in, uint64_t *bytes, struct err *err)
{
    zip_stat_t info;
    if (zip_stat_index(archive, index, 0, &info) != 0 || !(info.valid & ZIP_STAT_NAME) ||
        !(info.valid & ZIP_STAT_SIZE)) {
        return err_set(err, ERR_CORRUPT, gazetteer_last_part(in->path), "the ZIP file is damaged");
    }
    if (!ends_in(info.name, ".csv")) return true;
    size_t folder = parts_folder(info.name);
    if (folder != SIZE_MAX && has_csv_in_folder(archive, info.name, folder)) return true;
    if (info.size > MEMBER_BYTES_MAX || *bytes + info.size > ZIP_BYTES_MAX) {
        return err_set(
            err, ERR_BUDGET, gazetteer_last_part(in->path),
            "unpacks to more than %llu GiB: that is not a file of ONS or Ordnance Survey",
            (unsigned long long)((info.size > MEMBER_BYTES_MAX ? MEMBER_BYTES_MAX
                                                               : ZIP_BYTES_MAX) >>
                                 30));
    }
    *bytes += info.size;
    struct gazetteer_member member = *in;
    member.zipped = true;
    member.index = index;
    member.name = (char *)(uintptr_t)info.name;
    member.size = info.size;
    return add(members, &member, err);
}

static bool add_zip(struct gazetteer_members *members, const struct gazetteer_member *in,
                    struct err *err)
{
    zip_t *archive = gazetteer_zip_open(in->path, err);
    if (!archive) return false;
    zip_int64_t entries = zip_get_num_entries(archive, 0);
    bool ok = entries <= ZIP_ENTRIES_MAX || err_set(err, ERR_BUDGET, gazetteer_last_part(in->path),
                                                    "holds more than %d files", ZIP_ENTRIES_MAX);
    uint64_t bytes = 0;
    for (zip_int64_t i = 0; ok && i < entries; i++) {
        ok = add_entry(members, archive, (zip_uint64_t)i, in, &bytes, err);
    }
    zip_discard(archive);
    return ok;
}

/* ---- files and directories ---- */

static bool is_zip(const char *path)
{
    static const unsigned char magic[4] = {'P', 'K', 3, 4};
    unsigned char head[sizeof magic] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t got = read(fd, head, sizeof head);
    (void)close(fd);
    bool same = got == (ssize_t)sizeof head;
    for (size_t i = 0; i < sizeof magic; i++) same = same && head[i] == magic[i];
    return same;
}

static bool add_path(struct gazetteer_members *members, const char *path, size_t argument,
                     unsigned depth, struct err *err);

static bool is_wanted(const char *folder, const struct dirent *entry)
{
    if (entry->d_name[0] == '.') return false;
    char *path = file_join(folder, entry->d_name);
    struct stat info;
    bool known = stat(path, &info) == 0;
    free(path);
    if (known && S_ISDIR(info.st_mode)) return true;
    return known && S_ISREG(info.st_mode) &&
           (ends_in(entry->d_name, ".csv") || ends_in(entry->d_name, ".zip"));
}

/* The parts in multi_csv are left out where the whole is beside them. */
static bool is_repeated(const char *name, struct dirent *const *entries, int count)
{
    if (strcmp(name, "multi_csv") != 0) return false;
    for (int i = 0; i < count; i++) {
        if (ends_in(entries[i]->d_name, ".csv")) return true;
    }
    return false;
}

static bool add_directory(struct gazetteer_members *members, const char *path, size_t argument,
                          unsigned depth, struct err *err)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) return err_set_errno(err, errno, "", "cannot read directory %s", path);
    bool ok = true;
    for (int i = 0; ok && i < count; i++) {
        if (!is_wanted(path, entries[i]) || is_repeated(entries[i]->d_name, entries, count)) {
            continue;
        }
        char *child = file_join(path, entries[i]->d_name);
        ok = add_path(members, child, argument, depth + 1, err);
        free(child);
    }
    for (int i = 0; i < count; i++) free(entries[i]);
    free(entries);
    return ok;
}

static bool add_path(struct gazetteer_members *members, const char *path, size_t argument,
                     unsigned depth, struct err *err)
{
    struct stat info;
    if (stat(path, &info) != 0) return file_cannot_open(path, errno, err);
    if (S_ISDIR(info.st_mode)) {
        return depth > DEPTH_MAX || add_directory(members, path, argument, depth, err);
    }
    if (!S_ISREG(info.st_mode)) {
        return err_set(err, ERR_INVALID, "", "%s is neither a file nor a directory", path);
    }
    struct gazetteer_member member = {.argument = argument,
                                      .path = (char *)(uintptr_t)path,
                                      .name = (char *)(uintptr_t)path,
                                      .size = (uint64_t)info.st_size,
                                      .alone = depth == 0};
    if (!is_zip(path)) return add(members, &member, err);
    member.alone = false;
    return add_zip(members, &member, err);
}

bool gazetteer_members_add(struct gazetteer_members *members, const char *path, size_t argument,
                           struct err *err)
{
    if (strcmp(path, "-") == 0) {
        return err_set(err, ERR_INVALID, "", "standard input is not read here: give a file");
    }
    size_t before = members->count;
    if (!add_path(members, path, argument, 0, err)) return false;
    if (members->count > before) return true;
    return err_set(err, ERR_INVALID, "", "%s holds no CSV file", path);
}
