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
    MDB_dbi tables[STORE_TABLES_MAX];
    size_t table_count;
    size_t max_mib;
    bool read_only;
    atomic_size_t open_txns;
};

/* The error for what LMDB returned while `doing` something: positive codes are errno values,
 * negative ones LMDB's own. Returns false. */
bool store_fail(struct err *err, const struct store *store, int code, const char *doing);

#endif
