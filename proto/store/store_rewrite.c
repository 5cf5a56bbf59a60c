/* SPDX-License-Identifier: Apache-2.0
 * Erasing what was deleted. LMDB neither clears the pages that it frees nor the part of a page that
 * no entry fills, and its own compacting copy takes pages over as they are. So the entries are
 * written one by one into a fresh environment in PATH/new, of which data.mdb and lock.mdb then take
 * the place of the old ones.
 *
 * The lock of store_lock.c is held exclusively throughout: no other process has the old files open,
 * and none opens them between the two renames. A crash before the first leaves the old file, after
 * it the new one; lock.mdb says nothing that outlives the processes that have it open, whoever
 * opens it next, alone, sets it up anew. PATH/new that a crash left is removed at the next attempt:
 * the wish for it stands in the old file and is not copied.
 */
#include "proto/store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"

#define SCRATCH "new"

enum { ZEROS = 64 << 10 };

/* ---- the wish ---- */

bool store_ask_rewrite(struct store_txn *txn, struct err *err)
{
    REQUIRE(txn->write);
    uint8_t one = 1;
    MDB_val key = STORE_META_KEY(STORE_META_REWRITE);
    MDB_val value = {.mv_size = 1, .mv_data = &one};
    int code = mdb_put(txn->txn, txn->store->meta, &key, &value, MDB_NOOVERWRITE);
    return code == 0 || code == MDB_KEYEXIST || store_fail(err, txn->store, code, "writing");
}

bool store_wants_rewrite(struct store *store, bool *wanted, struct err *err)
{
    struct store_txn *txn = NULL;
    MDB_val key = STORE_META_KEY(STORE_META_REWRITE);
    MDB_val value = {0};
    if (!store_begin(store, false, &txn, err)) return false;
    int code = mdb_get(txn->txn, store->meta, &key, &value);
    store_abort(txn);
    if (code != 0 && code != MDB_NOTFOUND) return store_fail(err, store, code, "reading");
    *wanted = code == 0;
    return true;
}

/* ---- the new file in the old one's place ---- */

/* Best effort, on a file that has no name any more: file systems and disks may write elsewhere. */
static void write_zeros(int fd)
{
    struct stat stat_of;
    static const uint8_t zeros[ZEROS];
    if (fstat(fd, &stat_of) != 0 || stat_of.st_nlink > 0) return;
    for (off_t at = 0; at < stat_of.st_size; at += ZEROS) {
        if (pwrite(fd, zeros, ZEROS, at) < 0) return;
    }
    (void)fdatasync(fd);
}

static bool move(const char *from_dir, const char *to_dir, const char *name)
{
    char *from = file_join(from_dir, name);
    char *to = file_join(to_dir, name);
    bool ok = rename(from, to) == 0;
    int reason = errno;
    free(from);
    free(to);
    errno = reason;
    return ok;
}

static bool copy_all(struct store *store, const struct store *fresh, struct err *err)
{
    int code = store_copy_entries(store->env, fresh->env, store->version_base);
    return code == 0 || store_fail(err, store, code, "rewriting it");
}

static void adopt(struct store *store, const struct store *fresh)
{
    mdb_env_close(store->env);
    store->env = fresh->env;
    store->meta = fresh->meta;
    memcpy(store->tables, fresh->tables, sizeof store->tables);
    store->version_base = fresh->version_base;
}

/* *shareable false where others may not open the store while this process has it. */
static bool replace(struct store *store, struct store *fresh, const char *scratch, bool *shareable,
                    struct err *err)
{
    char *path = file_join(store->path, STORE_DATA_FILE);
    int old = open(path, O_WRONLY | O_CLOEXEC);
    free(path);
    if (!move(scratch, store->path, STORE_DATA_FILE)) {
        (void)err_set_errno(err, errno, NULL, "cannot replace the store's file");
        if (old >= 0) (void)close(old);
        return false;
    }
    adopt(store, fresh);
    fresh->env = NULL;
    /* The environment goes on with the lock file that it was opened with. Should that not get its
     * name, whoever opens the other one would not see this process. */
    *shareable = move(scratch, store->path, STORE_LOCK_FILE);
    bool ok = file_sync_directory(store->path, err);
    /* Not before the new file is sure to be found under the name. */
    if (ok && old >= 0) write_zeros(old);
    if (old >= 0) (void)close(old);
    return ok;
}

static bool rewrite(struct store *store, bool *shareable, struct err *err)
{
    struct err ignored;
    char *scratch = file_join(store->path, SCRATCH);
    struct store fresh = {.path = scratch, .schema = store->schema, .max_mib = store->max_mib};
    bool ok = store_remove_files(scratch, err) && file_make_dirs(scratch, 0700, err) &&
              store_open_environment(&fresh, scratch, err) && copy_all(store, &fresh, err) &&
              store_find_tables(&fresh, err) && replace(store, &fresh, scratch, shareable, err);
    mdb_env_close(fresh.env);
    bool removed = !*shareable || store_remove_files(scratch, &ignored);
    (void)removed; /* else the next attempt does */
    free(scratch);
    return ok;
}

bool store_rewrite(struct store *store, struct err *err)
{
    bool alone = false;
    bool shareable = true;
    REQUIRE(!store->read_only && atomic_load(&store->open_txns) == 0);
    if (!store_lock_alone(store, &alone, err)) return false;
    if (!alone) {
        return err_set(err, ERR_UNAVAILABLE, NULL,
                       "another process has the store open: it cannot be rewritten now");
    }
    bool ok = rewrite(store, &shareable, err);
    if (shareable) store_lock_share(store);
    return ok;
}

bool store_rewrite_where_wanted(struct store *store, bool *done, struct err *err)
{
    bool wanted = false;
    *done = false;
    if (!store_wants_rewrite(store, &wanted, err)) return false;
    *done = true;
    if (!wanted || store_rewrite(store, err)) return true;
    *done = false;
    return err->code == ERR_UNAVAILABLE;
}
