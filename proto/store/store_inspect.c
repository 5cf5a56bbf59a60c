/* SPDX-License-Identifier: Apache-2.0
 * A store looked at from outside, and what a restore writes into it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/mem.h"
#include "proto/store/store_internal.h"

/* ---- looking ---- */

static bool look(struct store *store, struct store_info *out, struct err *err)
{
    MDB_txn *txn = NULL;
    MDB_envinfo info;
    MDB_stat stat;
    struct store_stamp stamp;
    bool empty = false;
    int code = mdb_env_info(store->env, &info);
    if (code == 0) code = mdb_env_stat(store->env, &stat);
    if (code == 0) code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code != 0) return store_fail(err, store, code, "opening it");
    bool ok = store_read_stamp(store, txn, &stamp, &empty, err);
    mdb_txn_abort(txn);
    if (!ok) return false;
    if (empty) return err_set(err, ERR_NOT_FOUND, NULL, "store is empty: it has never been set up");
    *out = (struct store_info){.format = stamp.format,
                               .bytes = (info.me_last_pgno + 1) * stat.ms_psize,
                               .wants_rewrite = stamp.wants_rewrite,
                               .gap = stamp.gap};
    memcpy(out->program, stamp.program, sizeof out->program);
    return true;
}

bool store_inspect(const char *path, struct store_info *out, struct err *err)
{
    struct store store = {.lock_fd = -1, .read_only = true, .path = mem_string(path)};
    /* Whoever writes holds our lock; where nobody does, LMDB's need not be touched either. */
    bool ok = store_open_to_read(&store, path, store_is_open(path), err) && look(&store, out, err);
    mdb_env_close(store.env);
    free(store.path);
    return ok;
}

/* ---- the gap ---- */

static int put_gap(struct store *store, const struct store_gap *gap)
{
    MDB_txn *txn = NULL;
    uint8_t bytes[16];
    MDB_val key = STORE_META_KEY(STORE_META_GAP);
    MDB_val value = {.mv_size = sizeof bytes, .mv_data = bytes};
    store_key_u64(bytes, (uint64_t)gap->from_ms);
    store_key_u64(bytes + 8, (uint64_t)gap->to_ms);
    int code = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (code == 0) code = mdb_dbi_open(txn, STORE_META, 0, &store->meta);
    if (code == 0) code = mdb_put(txn, store->meta, &key, &value, 0);
    if (code == 0) return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}

bool store_set_gap(const char *path, const struct store_gap *gap, struct err *err)
{
    struct store_info info = {0};
    struct store store = {.lock_fd = -1, .path = mem_string(path)};
    REQUIRE(gap->from_ms > 0 && gap->to_ms > 0);
    bool ok = store_inspect(path, &info, err);
    if (ok) {
        enum { SPARE_MIB = 64 };
        store.max_mib = (size_t)(info.bytes >> 20) + SPARE_MIB;
        ok = store_lock_shared(&store, err) && store_open_environment(&store, path, err);
    }
    if (ok) {
        int code = put_gap(&store, gap);
        ok = code == 0 || store_fail(err, &store, code, "marking it as restored");
    }
    mdb_env_close(store.env);
    if (store.lock_fd >= 0) (void)close(store.lock_fd);
    free(store.path);
    return ok;
}

bool store_get_gap(struct store_txn *txn, struct store_gap *out, struct err *err)
{
    struct store_stamp stamp;
    bool empty = false;
    struct store look_only = *txn->store; /* the stamp's reader sets the handle, to what it is */
    if (!store_read_stamp(&look_only, txn->txn, &stamp, &empty, err)) return false;
    *out = stamp.gap;
    return true;
}
