/* SPDX-License-Identifier: Apache-2.0
 * What opening a store and working with it share.
 */
#ifndef HEARTH_STORE_STORE_INTERNAL_H
#define HEARTH_STORE_STORE_INTERNAL_H

#include <stdatomic.h>

#include <lmdb.h>

#include "proto/store/store.h"

enum { STORE_READERS_MAX = 512 };

struct store {
    MDB_env *env;
    MDB_dbi meta, tables[STORE_TABLES_MAX];
    const struct store_schema *schema;
    char *path;
    size_t max_mib;
    const char *limit_key; /* in config.json, or NULL */
    uint64_t version_base; /* store_version of LMDB's transaction 0 in this file */
    int lock_fd;           /* -1 where it is open for reading only */
    bool read_only;
    atomic_size_t open_txns;
};

struct store_txn {
    struct store *store;
    MDB_txn *txn;
    bool write;
};

#define STORE_DATA_FILE "data.mdb"
#define STORE_LOCK_FILE "lock.mdb"

/* The table of the store itself, beside those of the caller, and what is in it. */
#define STORE_META "hearth"
#define STORE_META_FORMAT "format" /* u64 */
#define STORE_META_PROGRAM                                                                         \
    "program"                        /* text: HEARTH_VERSION of who wrote last; from format 2 on   \
                                      */
#define STORE_META_BASE "base"       /* u64 version_base; missing: 0 */
#define STORE_META_REWRITE "rewrite" /* there: deleted entries may still stand in the file */
#define STORE_META_GAP "gap"         /* u64, u64: store_gap of the last restore */
/* A constant as LMDB takes it. */
#define STORE_META_KEY(name)                                                                       \
    (MDB_val)                                                                                      \
    {                                                                                              \
        .mv_size = sizeof(name) - 1, .mv_data = (void *)(uintptr_t)(name)                          \
    }

/* The error for what LMDB returned while `doing` something: positive codes are errno values,
 * negative ones LMDB's own. Returns false. */
bool store_fail(struct err *err, const struct store *store, int code, const char *doing);

/* ---- store_open.c ---- */
/* Opens the LMDB environment in directory `path` as store->env. */
MUST_CHECK bool store_open_environment(struct store *store, const char *path, struct err *err);
/* An environment for a look or a copy: store->env, of a file of any size. lock: by LMDB's table of
 * readers; without it nothing is changed, and nobody may write meanwhile. */
MUST_CHECK bool store_open_to_read(struct store *store, const char *path, bool lock,
                                   struct err *err);

/* ---- store_stamp.c ---- */
/* What stands in the store's own table. */
struct store_stamp {
    uint64_t format, base;
    char program[STORE_PROGRAM_MAX + 1];
    struct store_gap gap;
    bool wants_rewrite;
};
/* *empty where there is nothing at all in the environment yet; else sets store->meta. ERR_CORRUPT
 * where it is another program's. */
MUST_CHECK bool store_read_stamp(struct store *store, MDB_txn *txn, struct store_stamp *out,
                                 bool *empty, struct err *err);
/* Writes format and program version, where they are not there already; `store->meta` is made. */
MUST_CHECK bool store_write_stamp(struct store *store, MDB_txn *txn, struct err *err);
/* Whether a store with that stamp is newer than the schema, or too old. ERR_VERSION. */
MUST_CHECK bool store_check_stamp(const struct store *store, const struct store_stamp *stamp,
                                  struct err *err);
/* Opens the tables inside `txn`; those that are missing are made or, without `make`, ERR_CORRUPT.
 */
MUST_CHECK bool store_open_tables(struct store *store, MDB_txn *txn, bool make, struct err *err);
/* Checks the stamp, which must be of a format that is read as it is, and finds the tables, changing
 * nothing. */
MUST_CHECK bool store_find_tables(struct store *store, struct err *err);

/* ---- store_upgrade.c ---- */
/* The store, open and locked shared, is of an earlier format: upgrades it, alone. */
MUST_CHECK bool store_upgrade(struct store *store, struct err *err);

/* ---- store_copy.c ---- */
/* All entries of one snapshot of `from` into the empty environment `to`, with fsync: but for the
 * wish to be rewritten, and with `base` as its version_base. An LMDB code. */
int store_copy_entries(MDB_env *from, MDB_env *to, uint64_t base);
/* Removes LMDB's files in a directory, and it; that they are not there is fine. */
MUST_CHECK bool store_remove_files(const char *path, struct err *err);

/* ---- store_lock.c: who has the store open ---- */
/* Shared: waits while somebody rewrites. store->lock_fd; closing it lets go. */
MUST_CHECK bool store_lock_shared(struct store *store, struct err *err);
/* The same, for at most so many ms: ERR_UNAVAILABLE. */
MUST_CHECK bool store_lock_shared_within(struct store *store, int64_t wait_ms, struct err *err);
/* From shared, or from none, to exclusive without waiting; where others have it open *alone is
 * false and the lock is as it was. */
MUST_CHECK bool store_lock_alone(struct store *store, bool *alone, struct err *err);
/* Back to shared. */
void store_lock_share(struct store *store);
/* Lets go, and keeps the file open. */
void store_lock_release(struct store *store);
/* Whether any process holds such a lock on the store in `path`; takes none. */
bool store_is_open(const char *path);

#endif
