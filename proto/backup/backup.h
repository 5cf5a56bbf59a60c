/* SPDX-License-Identifier: Apache-2.0
 * Backups of homes, made while programs use them, and homes made of them again (docs/operations.md
 * "Backup and restore").
 *
 * A backup is a directory (0700, its files 0600): the files and stores of one home, and
 * manifest.json, which names them with sizes and BLAKE2b hashes. It is written beside its name, as
 * DIR.partial, and renamed when all of it is on the disk: a directory of that name is complete. Key
 * files stay encrypted as they are, so that no passphrase is needed. The hashes find damage, not
 * somebody who can write the backup: it is to be kept as safely as the home.
 */
#ifndef HEARTH_BACKUP_BACKUP_H
#define HEARTH_BACKUP_BACKUP_H

#include "proto/store/store.h"

enum { BACKUP_HASH_BYTES = 32, BACKUP_NAME_MAX = 120, BACKUP_ITEMS_MAX = 4096 };

/* ---- what there is to copy: constants of each program ---- */
struct backup_item {
    /* In the home. One '*' in it stands for any characters: all files of such names. */
    const char *name;
    const struct store_schema *schema; /* of a store; NULL: a file */
    bool needed;                       /* without it a home is none of this program's */
    bool not_linked; /* left out where it is a symbolic link, to what others have too */
};
struct backup_plan {
    const char *program; /* "hearth-agent" */
    const char *kind;    /* of home: "agent" */
    /* In the order in which they are copied, one after the other: what may tell of something goes
     * before what holds it. The key file is among them. */
    const struct backup_item *items;
    size_t count;
    const char *key_file; /* that comes last into a home that is restored */
    /* Called for the files of a home that is restored, before they are put in place. May be NULL.
     */
    bool (*settle)(const char *directory, struct err *err);
    const char *const *temporary; /* names that are of no use elsewhere, such as lock files; NULL
                                     ends them */
};

/* ---- what there is in one ---- */
struct backup_entry {
    char name[BACKUP_NAME_MAX + 1];
    const struct backup_item *item;
    uint64_t bytes;
    uint8_t hash[BACKUP_HASH_BYTES];
    uint64_t format;                        /* of a store, else 0 */
    char written_by[STORE_PROGRAM_MAX + 1]; /* of a store: version of the programs */
};
struct backup_report {
    char version[STORE_PROGRAM_MAX + 1]; /* of the program that made it */
    int64_t begun_ms, ended_ms;          /* what was done before it was begun is in it */
    struct backup_entry *entries;
    size_t count;
    char (*left_out)[BACKUP_NAME_MAX +
                     1]; /* backup_make: names in the home that no item stands for */
    size_t left_out_count;
};
void backup_report_free(struct backup_report *report);

/* Copies `home` into a new directory `to`. Programs may work with the home meanwhile. ERR_NOT_FOUND
 * where something needed is missing, or the directory of `to` (not made, for it could be the place
 * of a disk that is not mounted); ERR_EXISTS: there is something in `to`, or another process
 * writes a backup of that name; ERR_UNAVAILABLE: a store was kept from being read for 30 s. Where
 * it fails nothing is left; what a kill leaves (DIR.partial) goes with the next attempt.
 * backup_report_free. */
MUST_CHECK bool backup_make(const struct backup_plan *plan, const char *home, const char *to,
                            struct backup_report *out, struct err *err);

/* Checks all of a backup. ERR_NOT_FOUND: there is none, or it is incomplete; ERR_CORRUPT: damaged;
 * ERR_DENIED: of another program or kind of home; ERR_VERSION: this program is older than it. The
 * error's field is the file. backup_report_free. */
MUST_CHECK bool backup_check(const struct backup_plan *plan, const char *from,
                             struct backup_report *out, struct err *err);

/* Checks it and makes a home of it: `home` does not exist, is empty, or holds what a restore left
 * that was killed. ERR_EXISTS otherwise; and errors of backup_check. Each store is told what it
 * does not know (store_get_gap): the time since the backup was begun. The key file comes last, so
 * that a home without all of it does not open. backup_report_free. */
MUST_CHECK bool backup_restore(const struct backup_plan *plan, const char *from, const char *home,
                               struct backup_report *out, struct err *err);

#endif
