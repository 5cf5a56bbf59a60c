/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "proto/base/mem.h"

static bool read_all(int fd, const char *path, size_t max, struct buf *out, struct err *err)
{
    size_t start = out->len;
    for (;;) {
        uint8_t chunk[16384];
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return err_set_errno(err, errno, "", "cannot read %s", path);
        if (got == 0) return true;
        if (out->len - start + (size_t)got > max) {
            sodium_memzero(chunk, sizeof chunk);
            return err_set(err, ERR_INVALID, "", "%s is longer than %zu bytes", path, max);
        }
        buf_append(out, chunk, (size_t)got);
        sodium_memzero(chunk, (size_t)got);
    }
}

static void forget_tail(struct buf *buf, size_t len)
{
    if (buf->len > len) sodium_memzero(buf->data + len, buf->len - len);
    buf->len = len;
}

bool file_cannot_open(const char *path, int reason, struct err *err)
{
    (void)err_set_errno(err, reason, "", "cannot open %s", path);
    if (reason == ENOENT) err->code = ERR_NOT_FOUND;
    return false;
}

bool file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return file_cannot_open(path, errno, err);
    struct stat info;
    bool ok = fstat(fd, &info) == 0 && !S_ISDIR(info.st_mode);
    if (!ok) {
        (void)err_set(err, ERR_INVALID, "", "%s is a directory: a file is wanted", path);
    } else {
        size_t before = out->len;
        ok = read_all(fd, path, max, out, err);
        if (!ok) forget_tail(out, before);
    }
    if (!standard_input) (void)close(fd);
    return ok;
}

bool file_write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, data, len);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return false;
        data += put;
        len -= (size_t)put;
    }
    return true;
}

char *file_directory(const char *path)
{
    char *copy = mem_string(path);
    char *directory = mem_string(dirname(copy)); /* which changes its argument */
    free(copy);
    return directory;
}

static bool sync_directory(const char *directory)
{
    int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = dir >= 0 && fsync(dir) == 0;
    int reason = errno;
    if (dir >= 0) (void)close(dir);
    errno = reason;
    return ok;
}

static bool sync_directory_of(const char *path)
{
    char *directory = file_directory(path);
    bool ok = sync_directory(directory);
    int reason = errno;
    free(directory);
    errno = reason;
    return ok;
}

bool file_sync_directory(const char *directory, struct err *err)
{
    return sync_directory(directory) || err_set_errno(err, errno, "", "cannot sync %s", directory);
}

/* Like mkostemp, but for writing alone: a process that may put files into a directory need not be
 * one that may read it. */
int file_open_beside(char *temporary)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    enum { TRIES = 16, LETTERS = 6 };
    char *end = temporary + strlen(temporary) - LETTERS;
    int fd = -1;
    for (int try = 0; try < TRIES && fd < 0 && (try == 0 || errno == EEXIST); try++) {
        for (int i = 0; i < LETTERS; i++) {
            end[i] = letters[randombytes_uniform(sizeof letters - 1)];
        }
        fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
    return fd;
}

/* What becomes of a file that is there already; whether the new one is safe from a power cut. */
enum put { PUT_NEW, PUT_OVER, PUT_OVER_UNSYNCED };

static bool write_temporary(char *temporary, const void *data, size_t len, unsigned mode,
                            enum put put)
{
    int fd = file_open_beside(temporary);
    if (fd < 0) return false;
    bool ok = fchmod(fd, (mode_t)mode) == 0 && file_write_all(fd, data, len) &&
              (put == PUT_OVER_UNSYNCED || fsync(fd) == 0);
    int reason = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        reason = errno;
    }
    if (!ok) (void)unlink(temporary);
    errno = reason;
    return ok;
}

/* A device, pipe or socket would be gone afterwards, for everybody. */
static bool may_be_replaced(const char *path, struct err *err)
{
    struct stat info;
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) return true;
    return err_set(err, ERR_IO, "", "cannot write %s: it is a device or a pipe, not a file", path);
}

static bool put_file(const char *path, const void *data, size_t len, unsigned mode, enum put put,
                     struct err *err)
{
    char *temporary = mem_format("%s.XXXXXX", path);
    bool ok = write_temporary(temporary, data, len, mode, put);
    if (ok) {
        ok = (put == PUT_NEW ? link(temporary, path) : rename(temporary, path)) == 0;
        int reason = errno;
        if (!ok || put == PUT_NEW) (void)unlink(temporary);
        errno = reason;
    }
    if (ok && put != PUT_OVER_UNSYNCED) ok = sync_directory_of(path);
    int reason = errno;
    free(temporary);
    if (ok) return true;
    (void)err_set_errno(err, reason, "", "cannot write %s", path);
    if (put == PUT_NEW && reason == EEXIST) err->code = ERR_EXISTS;
    return false;
}

bool file_write(const char *path, const void *data, size_t len, unsigned mode, struct err *err)
{
    return may_be_replaced(path, err) && put_file(path, data, len, mode, PUT_OVER, err);
}

bool file_replace(const char *path, const void *data, size_t len, unsigned mode, struct err *err)
{
    return may_be_replaced(path, err) && put_file(path, data, len, mode, PUT_OVER_UNSYNCED, err);
}

bool file_create(const char *path, const void *data, size_t len, unsigned mode, struct err *err)
{
    return put_file(path, data, len, mode, PUT_NEW, err);
}

bool file_append_line(const char *path, const char *line, unsigned mode, struct err *err)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, (mode_t)mode);
    if (fd < 0) return err_set_errno(err, errno, "", "cannot open %s", path);
    struct buf text = {0};
    buf_text(&text, line);
    buf_u8(&text, '\n');
    bool ok = file_write_all(fd, text.data, text.len) && fsync(fd) == 0;
    int reason = errno;
    (void)close(fd);
    buf_free(&text);
    return ok || err_set_errno(err, reason, "", "cannot write %s", path);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_is_same(const char *a, const char *b)
{
    struct stat one;
    struct stat other;
    if (!a || !b || strcmp(a, "-") == 0 || strcmp(b, "-") == 0) return false;
    if (strcmp(a, b) == 0) return true;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static bool make_dir(const char *path, unsigned mode)
{
    struct stat info;
    if (mkdir(path, (mode_t)mode) == 0) return true;
    if (errno != EEXIST) return false;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return true;
    errno = ENOTDIR;
    return false;
}

bool file_make_dirs(const char *path, unsigned mode, struct err *err)
{
    if (!*path) return err_set(err, ERR_INVALID, "", "the directory's name is empty");
    char *partial = mem_string(path);
    bool ok = true;
    for (char *p = partial + 1; ok; p++) {
        if (*p != '/' && *p != '\0') continue;
        bool last = *p == '\0';
        *p = '\0';
        ok = make_dir(partial, mode);
        if (last || !ok) break;
        *p = '/';
    }
    if (!ok) (void)err_set_errno(err, errno, "", "cannot make directory %s", partial);
    free(partial);
    return ok;
}

char *file_join(const char *dir, const char *name)
{
    size_t len = strlen(dir);
    return mem_format("%s%s%s", dir, len > 0 && dir[len - 1] == '/' ? "" : "/", name);
}

uint64_t file_stamp(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) return 0;
    uint64_t stamp = (uint64_t)info.st_mtim.tv_sec * 1000000007U + (uint64_t)info.st_mtim.tv_nsec;
    stamp = stamp * 1000003U + (uint64_t)info.st_size;
    stamp = stamp * 1000003U + (uint64_t)info.st_ino;
    return stamp ? stamp : 1;
}
