/* SPDX-License-Identifier: Apache-2.0
 * How full a store is.
 */
#include "proto/store/store_internal.h"

static uint64_t pages_of(const MDB_stat *stat)
{
    return stat->ms_branch_pages + stat->ms_leaf_pages + stat->ms_overflow_pages;
}

static int count_pages(const struct store *store, MDB_txn *txn, MDB_stat *stat, uint64_t *pages)
{
    int code = mdb_stat(txn, store->meta, stat);
    *pages = 2 + pages_of(stat); /* two of LMDB's own */
    for (size_t i = 0; code == 0 && i < store->schema->table_count; i++) {
        code = mdb_stat(txn, store->tables[i], stat);
        *pages += pages_of(stat);
    }
    return code;
}

bool store_usage(struct store *store, struct store_usage *out, struct err *err)
{
    struct store_txn *txn = NULL;
    MDB_stat stat = {0};
    MDB_envinfo info;
    uint64_t pages = 0;
    if (!store_begin(store, false, &txn, err)) return false;
    int code = count_pages(store, txn->txn, &stat, &pages);
    store_abort(txn);
    if (code == 0) code = mdb_env_info(store->env, &info);
    if (code != 0) return store_fail(err, store, code, "counting its pages");
    *out = (struct store_usage){.used = pages * stat.ms_psize,
                                .file = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize,
                                .limit = (uint64_t)store->max_mib << 20};
    return true;
}
