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

#define DATA_FILE "data.mdb"
#define LOCK_FILE "lock.mdb"
#define SCRATCH "new"

/* A new file is written in transactions of about this size: LMDB keeps what is not committed in
 * memory. */
enum { BATCH_BYTES = 32 << 20, NAME_MAX_BYTES = 512, ZEROS = 64 << 10 };

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

/* ---- copying ---- */

struct copying {
    MDB_env *fresh;
    MDB_txn *from, *to;
    size_t bytes; /* in `to` so far */
};

static bool is_own(const MDB_val *key)
{
    const MDB_val own[] = {STORE_META_KEY(STORE_META_BASE), STORE_META_KEY(STORE_META_REWRITE)};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (key->mv_size == own[i].mv_size &&
            strncmp(key->mv_data, own[i].mv_data, key->mv_size) == 0) {
            return true;
        }
    }
    return false;
}

static int put_copy(struct copying *copying, MDB_dbi to, MDB_val *key, MDB_val *value)
{
    int code = 0;
    if (copying->bytes >= BATCH_BYTES) {
        code = mdb_txn_commit(copying->to);
        copying->to = NULL;
        copying->bytes = 0;
        if (code == 0) code = mdb_txn_begin(copying->fresh, NULL, 0, &copying->to);
    }
    copying->bytes += key->mv_size + value->mv_size;
    return code == 0 ? mdb_put(copying->to, to, key, value, MDB_APPEND) : code;
}

static int copy_table(struct copying *copying, const char *name)
{
    MDB_dbi from = 0, to = 0;
    MDB_cursor *cursor = NULL;
    MDB_val key = {0}, value = {0};
    bool meta = strcmp(name, STORE_META) == 0;
    int code = mdb_dbi_open(copying->from, name, 0, &from);
    if (code == 0) code = mdb_dbi_open(copying->to, name, MDB_CREATE, &to);
    if (code == 0) code = mdb_cursor_open(copying->from, from, &cursor);
    if (code == 0) code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    while (code == 0) {
        if (!meta || !is_own(&key)) code = put_copy(copying, to, &key, &value);
        if (code == 0) code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    if (cursor) mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? 0 : code;
}

/* All tables that there are, not only those that this program knows. */
static int copy_tables(struct copying *copying)
{
    MDB_dbi root = 0;
    MDB_cursor *cursor = NULL;
    MDB_val key = {0}, value = {0};
    int code = mdb_dbi_open(copying->from, NULL, 0, &root);
    if (code == 0) code = mdb_cursor_open(copying->from, root, &cursor);
    if (code == 0) code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    while (code == 0) {
        char name[NAME_MAX_BYTES + 1] = "";
        code = key.mv_size > NAME_MAX_BYTES ? MDB_CORRUPTED : 0;
        if (code != 0) break;
        memcpy(name, key.mv_data, key.mv_size);
        code = copy_table(copying, name);
        if (code == 0) code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    if (cursor) mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? 0 : code;
}

/* The new file counts its transactions from the start; versions go on from the old one's. */
static int put_base(struct copying *copying, uint64_t base)
{
    MDB_dbi meta = 0;
    uint8_t bytes[8];
    MDB_val key = STORE_META_KEY(STORE_META_BASE);
    MDB_val value = {.mv_size = sizeof bytes, .mv_data = bytes};
    store_key_u64(bytes, base);
    int code = mdb_dbi_open(copying->to, STORE_META, 0, &meta);
    return code == 0 ? mdb_put(copying->to, meta, &key, &value, 0) : code;
}

static bool copy_all(struct store *store, struct store *fresh, struct err *err)
{
    struct copying copying = {.fresh = fresh->env};
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &copying.from);
    if (code == 0) code = mdb_txn_begin(fresh->env, NULL, 0, &copying.to);
    if (code == 0) code = copy_tables(&copying);
    if (code == 0) code = put_base(&copying, store_version(store));
    if (code == 0) {
        code = mdb_txn_commit(copying.to); /* with fsync */
        copying.to = NULL;
    }
    mdb_txn_abort(copying.to);
    mdb_txn_abort(copying.from);
    return code == 0 || store_fail(err, store, code, "rewriting it");
}

/* ---- the new file in the old one's place ---- */

static bool remove_scratch(const char *scratch, struct err *err)
{
    static const char *const files[] = {DATA_FILE, LOCK_FILE};
    bool ok = true;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *path = file_join(scratch, files[i]);
        ok = ok && (unlink(path) == 0 || errno == ENOENT);
        free(path);
    }
    ok = ok && (rmdir(scratch) == 0 || errno == ENOENT);
    return ok || err_set_errno(err, errno, NULL, "cannot remove %s", scratch);
}

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
    char *path = file_join(store->path, DATA_FILE);
    int old = open(path, O_WRONLY | O_CLOEXEC);
    free(path);
    if (!move(scratch, store->path, DATA_FILE)) {
        (void)err_set_errno(err, errno, NULL, "cannot replace the store's file");
        if (old >= 0) (void)close(old);
        return false;
    }
    adopt(store, fresh);
    fresh->env = NULL;
    /* The environment goes on with the lock file that it was opened with. Should that not get its
     * name, whoever opens the other one would not see this process. */
    *shareable = move(scratch, store->path, LOCK_FILE);
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
    struct store fresh = {.path = scratch,
                          .table_count = store->table_count,
                          .format = store->format,
                          .max_mib = store->max_mib};
    memcpy(fresh.names, store->names, sizeof fresh.names);
    bool ok = remove_scratch(scratch, err) && file_make_dirs(scratch, 0700, err) &&
              store_open_environment(&fresh, scratch, err) && copy_all(store, &fresh, err) &&
              store_find_tables(&fresh, err) && replace(store, &fresh, scratch, shareable, err);
    mdb_env_close(fresh.env);
    bool removed = !*shareable || remove_scratch(scratch, &ignored);
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
    *done = true;
    if (!store_wants_rewrite(store, &wanted, err)) return false;
    if (!wanted || store_rewrite(store, err)) return true;
    *done = false;
    return err->code == ERR_UNAVAILABLE;
}
