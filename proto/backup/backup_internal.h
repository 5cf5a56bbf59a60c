/* SPDX-License-Identifier: Apache-2.0
 * What making, checking and restoring backups share.
 */
#ifndef HEARTH_BACKUP_BACKUP_INTERNAL_H
#define HEARTH_BACKUP_BACKUP_INTERNAL_H

#include <sodium.h>

#include "proto/backup/backup.h"

#define BACKUP_MANIFEST "manifest.json"
#define BACKUP_STORE_FILE "data.mdb"

/* ---- backup_files.c ---- */
bool backup_is_link(const char *path);
/* ERR_DENIED for a symbolic link that is neither this user's nor root's: root copies the homes of
 * services too, and a service that was taken over must not choose what root reads. */
MUST_CHECK bool backup_check_link(const char *path, struct err *err);
/* Copies a file, mode 0600, with fsync; bytes and hash of what was copied. */
MUST_CHECK bool backup_copy_file(const char *from, const char *to, uint64_t *bytes,
                                 uint8_t hash[BACKUP_HASH_BYTES], struct err *err);
/* Bytes and hash of a file. */
MUST_CHECK bool backup_hash_file(const char *path, uint64_t *bytes, uint8_t hash[BACKUP_HASH_BYTES],
                                 struct err *err);
/* The item that a name in a home stands for, or NULL. */
const struct backup_item *backup_find_item(const struct backup_plan *plan, const char *name);
/* The names in a directory, but for . and .., in order; *out is never NULL, free(). Those that are
 * too long to be ours are cut. ERR_NOT_FOUND, ERR_IO. */
MUST_CHECK bool backup_list(const char *directory, char (**out)[BACKUP_NAME_MAX + 1], size_t *count,
                            struct err *err);
/* Removes from a directory what a backup may hold, and nothing else: the plan's files and stores,
 * and the manifest. */
MUST_CHECK bool backup_clear(const struct backup_plan *plan, const char *directory,
                             struct err *err);
/* Where the bytes of an entry lie below a backup or a home; caller frees. */
char *backup_entry_path(const char *directory, const struct backup_entry *entry);

/* ---- backup_manifest.c ---- */
MUST_CHECK bool backup_manifest_write(const struct backup_plan *plan, const char *directory,
                                      const struct backup_report *report, struct err *err);
/* Parsed, and compared with the plan; files are not looked at. */
MUST_CHECK bool backup_manifest_read(const struct backup_plan *plan, const char *directory,
                                     struct backup_report *out, struct err *err);

#endif
