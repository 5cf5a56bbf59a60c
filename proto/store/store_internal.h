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
    char *names[STORE_TABLES_MAX];
    size_t table_count;
    char *path;
    uint32_t format;
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

/* The table of the store itself, beside those of the caller, and what is in it. */
#define STORE_META "hearth"
#define STORE_META_FORMAT "format"   /* u64 */
#define STORE_META_BASE "base"       /* u64 version_base; missing: 0 */
#define STORE_META_REWRITE "rewrite" /* there: deleted entries may still stand in the file */
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
/* Checks the stamp and finds the tables, changing nothing. */
MUST_CHECK bool store_find_tables(struct store *store, struct err *err);

/* ---- store_lock.c: who has the store open ---- */
/* Shared: waits while somebody rewrites. store->lock_fd; closing it lets go. */
MUST_CHECK bool store_lock_shared(struct store *store, struct err *err);
/* From shared to exclusive without waiting; where others have it open *alone is false and the
 * shared lock stays. */
MUST_CHECK bool store_lock_alone(struct store *store, bool *alone, struct err *err);
/* Back to shared. */
void store_lock_share(struct store *store);

#endif
