/* SPDX-License-Identifier: Apache-2.0
 * Transactions of the vault, and the rewriting of its file between them.
 */
#include <stdlib.h>

#include "agent/vault_internal.h"
#include "proto/base/file.h"

void vault_lock_init(struct vault *vault)
{
    pthread_rwlockattr_t attr;
    REQUIRE(pthread_rwlockattr_init(&attr) == 0);
    /* Readers that never pause must not keep a removed record in the file. */
    REQUIRE(pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) ==
            0);
    REQUIRE(pthread_rwlock_init(&vault->lock, &attr) == 0);
    (void)pthread_rwlockattr_destroy(&attr);
}

static void share(struct vault *vault)
{
    REQUIRE(pthread_rwlock_rdlock(&vault->lock) == 0);
}

static void unlock(struct vault *vault)
{
    REQUIRE(pthread_rwlock_unlock(&vault->lock) == 0);
}

bool vault_begin(struct vault *vault, bool write, struct store_txn **out, struct err *err)
{
    share(vault);
    if (store_begin(vault->store, write, out, err)) return true;
    unlock(vault);
    return false;
}

bool vault_commit(struct vault *vault, struct store_txn *txn, struct err *err)
{
    bool ok = store_commit(txn, err);
    unlock(vault);
    return ok;
}

void vault_abort(struct vault *vault, struct store_txn *txn)
{
    store_abort(txn);
    unlock(vault);
}

uint64_t vault_version(struct vault *vault)
{
    share(vault);
    uint64_t version = store_version(vault->store);
    unlock(vault);
    return version;
}

bool vault_rewrite(struct vault *vault, bool *done, struct err *err)
{
    bool wanted = false;
    share(vault);
    bool ok = store_wants_rewrite(vault->store, &wanted, err);
    unlock(vault);
    *done = true;
    if (!ok || !wanted) return ok;
    REQUIRE(pthread_rwlock_wrlock(&vault->lock) == 0);
    ok = store_rewrite_where_wanted(vault->store, done, err);
    unlock(vault);
    return ok;
}

bool vault_rewrite_home(const char *home, bool *done, struct err *err)
{
    struct store *store = NULL;
    char *path = file_join(home, HOME_VAULT);
    bool ok = store_open(path, false, &vault_schema, VAULT_MIB_MAX, &store, err) &&
              store_rewrite_where_wanted(store, done, err);
    store_close(store);
    free(path);
    return ok;
}

bool vault_usage(struct vault *vault, struct store_usage *out, struct err *err)
{
    share(vault);
    bool ok = store_usage(vault->store, out, err);
    unlock(vault);
    return ok;
}
