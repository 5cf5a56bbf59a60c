/* SPDX-License-Identifier: Apache-2.0
 * Whole files: bounded reading, atomic writing, directories.
 */
#ifndef HEARTH_BASE_FILE_H
#define HEARTH_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

/* The error for a `path` that could not be opened or looked at for `reason` (of errno):
 * ERR_NOT_FOUND where there is nothing. Returns false. */
bool file_cannot_open(const char *path, int reason, struct err *err);

/* Appends the whole file to `out`. "-" is standard input. ERR_NOT_FOUND when it does not exist,
 * ERR_INVALID when it is longer than `max` bytes or not a regular file / pipe. */
MUST_CHECK bool file_read(const char *path, size_t max, struct buf *out, struct err *err);

/* Writes all bytes to a new file in the same directory (mode `mode`), fsyncs, renames it over
 * `path` and fsyncs the directory: after a crash either the old or the new content is there.
 * ERR_IO where `path` is something else than a file, such as /dev/null: that stays. */
MUST_CHECK bool file_write(const char *path, const void *data, size_t len, unsigned mode,
                           struct err *err);

/* Like file_write, but without fsync: for what a power cut may lose or leave empty. Whoever reads
 * meanwhile has either the old or the new content. */
MUST_CHECK bool file_replace(const char *path, const void *data, size_t len, unsigned mode,
                             struct err *err);

/* Like file_write, but ERR_EXISTS where `path` is there already (atomically, by link(2)). */
MUST_CHECK bool file_create(const char *path, const void *data, size_t len, unsigned mode,
                            struct err *err);

/* Makes a new file, mode 0600, and opens it for writing. temporary: a path of which the last six
 * characters, "XXXXXX", are filled in. -1 with errno. */
int file_open_beside(char *temporary);

/* Appends one line (the newline is added) to a file that is made with `mode` where it does not
 * exist, in one write, and fsyncs. */
MUST_CHECK bool file_append_line(const char *path, const char *line, unsigned mode,
                                 struct err *err);
/* Writes all of it to a descriptor, however often it takes less. False: errno tells why. */
MUST_CHECK bool file_write_all(int fd, const uint8_t *data, size_t len);

/* fsyncs a directory: what was renamed, made or removed in it stays so. */
MUST_CHECK bool file_sync_directory(const char *directory, struct err *err);
bool file_exists(const char *path);
/* Whether both name one file: the same path, or the same file on disk. False where either is NULL
 * or
 * "-". For commands that would write over what they read. */
bool file_is_same(const char *a, const char *b);
/* Makes `path` and its missing parents with `mode`; an existing directory is success. */
MUST_CHECK bool file_make_dirs(const char *path, unsigned mode, struct err *err);
/* "dir/name"; caller frees. */
char *file_join(const char *dir, const char *name);
/* The directory that the file is in: "." for a bare name and for "-"; caller frees. */
char *file_directory(const char *path);
/* Modification stamp that changes when the file is replaced or written (mtime, size, inode mixed);
 * 0 where it does not exist. */
uint64_t file_stamp(const char *path);

#endif
