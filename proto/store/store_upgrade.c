/* SPDX-License-Identifier: Apache-2.0
 * From an earlier format to today's, in one transaction: what is killed or fails leaves the store
 * as it was.
 *
 * It is done alone, because a program of before that has the store open would go on writing the old
 * form. Two programs that start at the same time both find the old format, and each would wait for
 * the other's shared lock; so both let go of the store first, and whoever comes second finds it
 * done.
 */
#include <poll.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/store/store_internal.h"

enum { WAIT_MS = 3000, UPGRADE_MS = 60000, PAUSE_MS = 20 };

/* ---- the steps ---- */

static bool run_steps(struct store *store, MDB_txn *txn, uint64_t from, struct err *err)
{
    const struct store_schema *schema = store->schema;
    struct store_txn step = {.store = store, .txn = txn, .write = true};
    for (uint64_t format = from; format < schema->format; format++) {
        store_upgrade_fn upgrade = schema->upgrades[format - schema->oldest];
        if (upgrade && !upgrade(&step, err)) return false;
    }
    return true;
}

/* *from: what it was, 0 where another process has done it. */
static bool upgrade_in(struct store *store, MDB_txn *txn, uint64_t *from, struct err *err)
{
    struct store_stamp stamp;
    bool empty = false;
    if (!store_read_stamp(store, txn, &stamp, &empty, err)) return false;
    if (empty) return err_set(err, ERR_NOT_FOUND, NULL, "store is empty: it has never been set up");
    store->version_base = stamp.base;
    *from = stamp.format < store->schema->format ? stamp.format : 0;
    return store_check_stamp(store, &stamp, err) && store_open_tables(store, txn, true, err) &&
           (*from == 0 || run_steps(store, txn, stamp.format, err)) &&
           store_write_stamp(store, txn, err);
}

static bool upgrade(struct store *store, struct err *err)
{
    MDB_txn *txn = NULL;
    uint64_t from = 0;
    int code = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (code != 0) return store_fail(err, store, code, "upgrading it");
    if (!upgrade_in(store, txn, &from, err)) {
        mdb_txn_abort(txn);
        return false;
    }
    code = mdb_txn_commit(txn);
    if (code != 0) return store_fail(err, store, code, "upgrading it");
    if (from > 0) {
        log_info("store_upgraded", "store=%s from=%llu to=%lu", store->schema->name,
                 (unsigned long long)from, (unsigned long)store->schema->format);
    }
    return true;
}

/* ---- being alone ---- */

static void let_go(struct store *store)
{
    mdb_env_close(store->env);
    store->env = NULL;
    store_lock_release(store);
}

static bool is_current(struct store *store, bool *current, struct err *err)
{
    MDB_txn *txn = NULL;
    struct store_stamp stamp;
    bool empty = false;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code != 0) return store_fail(err, store, code, "opening it");
    bool ok = store_read_stamp(store, txn, &stamp, &empty, err);
    mdb_txn_abort(txn);
    *current = ok && stamp.format >= store->schema->format;
    return ok;
}

/* Not alone: perhaps because another program upgrades it, or has. */
static bool look_again(struct store *store, bool *done, struct err *err)
{
    if (!store_lock_shared_within(store, UPGRADE_MS, err) ||
        !store_open_environment(store, store->path, err) || !is_current(store, done, err)) {
        return false;
    }
    if (*done) return upgrade(store, err); /* finds nothing to do but its tables */
    let_go(store);
    return true;
}

bool store_upgrade(struct store *store, struct err *err)
{
    int64_t until = clock_steady_ms() + WAIT_MS;
    bool alone = false, done = false;
    let_go(store);
    do {
        if (!store_lock_alone(store, &alone, err)) return false;
        if (alone) break;
        if (!look_again(store, &done, err)) return false;
        if (done) return true;
        (void)poll(NULL, 0, PAUSE_MS);
    } while (clock_steady_ms() < until);
    if (!alone) {
        return err_set(
            err, ERR_UNAVAILABLE, "format",
            "the store %s is to be upgraded to format %lu, and another program has it open: "
            "stop that first",
            store->schema->name, (unsigned long)store->schema->format);
    }
    bool ok = store_open_environment(store, store->path, err) && upgrade(store, err);
    store_lock_share(store);
    return ok;
}
