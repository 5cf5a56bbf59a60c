/* SPDX-License-Identifier: Apache-2.0
 * Copies of stores: all entries of one snapshot, one by one, into a new file. LMDB's own copies
 * take pages over as they are, and with them what was deleted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/store/store_internal.h"

/* A new file is written in transactions of about this size: LMDB keeps what is not committed in
 * memory. */
enum { BATCH_BYTES = 32 << 20, NAME_MAX_BYTES = 512, WAIT_MS = 30000, SPARE_MIB = 64 };

struct copying {
    MDB_env *fresh;
    MDB_txn *from, *to;
    size_t bytes; /* in `to` so far */
};

/* ---- entries ---- */

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

int store_copy_entries(MDB_env *from, MDB_env *to, uint64_t base)
{
    struct copying copying = {.fresh = to};
    int code = mdb_txn_begin(from, NULL, MDB_RDONLY, &copying.from);
    if (code == 0) code = mdb_txn_begin(to, NULL, 0, &copying.to);
    if (code == 0) code = copy_tables(&copying);
    if (code == 0) code = put_base(&copying, base + mdb_txn_id(copying.from));
    if (code == 0) {
        code = mdb_txn_commit(copying.to); /* with fsync */
        copying.to = NULL;
    }
    mdb_txn_abort(copying.to);
    mdb_txn_abort(copying.from);
    return code;
}

/* ---- files ---- */

static bool remove_file(const char *directory, const char *name)
{
    char *path = file_join(directory, name);
    bool ok = unlink(path) == 0 || errno == ENOENT;
    int reason = errno;
    free(path);
    errno = reason;
    return ok;
}

bool store_remove_files(const char *path, struct err *err)
{
    bool ok = remove_file(path, STORE_DATA_FILE) && remove_file(path, STORE_LOCK_FILE) &&
              (rmdir(path) == 0 || errno == ENOENT);
    return ok || err_set_errno(err, errno, NULL, "cannot remove %s", path);
}

/* ---- a store into a new one ---- */

static bool read_stamp(struct store *store, struct store_stamp *out, struct err *err)
{
    MDB_txn *txn = NULL;
    bool empty = false;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code != 0) return store_fail(err, store, code, "opening it");
    bool ok = store_read_stamp(store, txn, out, &empty, err);
    mdb_txn_abort(txn);
    if (ok && empty) {
        return err_set(err, ERR_NOT_FOUND, NULL, "store is empty: it has never been set up");
    }
    return ok;
}

/* Room for twice what is used: entry by entry it takes less than before. */
static size_t room_for(const struct store *from)
{
    MDB_envinfo info;
    MDB_stat stat;
    REQUIRE(mdb_env_info(from->env, &info) == 0 && mdb_env_stat(from->env, &stat) == 0);
    return ((info.me_last_pgno + 1) * stat.ms_psize >> 20) * 2 + SPARE_MIB;
}

static bool copy_into(struct store *from, const char *to, struct err *err)
{
    struct store_stamp stamp = {0};
    struct store fresh = {.lock_fd = -1, .max_mib = room_for(from)};
    if (!read_stamp(from, &stamp, err) || !store_open_environment(&fresh, to, err)) return false;
    int code = store_copy_entries(from->env, fresh.env, stamp.base);
    mdb_env_close(fresh.env);
    if (code == 0) return remove_file(to, STORE_LOCK_FILE) && file_sync_directory(to, err);
    /* A full disk and the like are the new file's, damage is the old one's. */
    return store_fail(err, from, code, "copying it");
}

bool store_copy(const char *from, const char *to, struct store_info *info, struct err *err)
{
    struct err ignored;
    struct store store = {.lock_fd = -1, .read_only = true, .path = mem_string(from)};
    char *data = file_join(from, STORE_DATA_FILE);
    bool ok = file_exists(data) || err_set(err, ERR_NOT_FOUND, NULL, "no store at %s", from);
    free(data);
    ok = ok && store_lock_shared_within(&store, WAIT_MS, err) &&
         store_open_to_read(&store, from, true, err) && file_make_dirs(to, 0700, err) &&
         copy_into(&store, to, err);
    mdb_env_close(store.env);
    if (store.lock_fd >= 0) (void)close(store.lock_fd);
    free(store.path);
    if (ok) ok = store_inspect(to, info, err);
    if (!ok && !store_remove_files(to, &ignored)) return false; /* `err` says what was first */
    return ok;
}
