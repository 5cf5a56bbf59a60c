/* SPDX-License-Identifier: Apache-2.0
 * Making, opening and closing a store.
 */
#include "proto/store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"

/* As LMDB reckons: 64 bytes a reader, and two such places for itself. */
enum { LOCK_FILE_BYTES = (STORE_READERS_MAX + 2) * 64 };

/* ---- the store's own table ---- */

static bool check_format(const struct store *store, const MDB_val *value, struct err *err)
{
    if (value->mv_size != 8) return store_fail(err, store, MDB_CORRUPTED, "reading its format");
    uint64_t found = store_key_read_u64(value->mv_data);
    if (found == store->format) return true;
    return err_set(err, ERR_VERSION, "format",
                   "store has format %llu, this program reads and writes format %lu",
                   (unsigned long long)found, (unsigned long)store->format);
}

static bool read_base(struct store *store, MDB_txn *txn, struct err *err)
{
    MDB_val key = STORE_META_KEY(STORE_META_BASE);
    MDB_val value = {0};
    int code = mdb_get(txn, store->meta, &key, &value);
    if (code == MDB_NOTFOUND) return true;
    if (code == 0 && value.mv_size != 8) code = MDB_CORRUPTED;
    if (code != 0) return store_fail(err, store, code, "reading its version");
    store->version_base = store_key_read_u64(value.mv_data);
    return true;
}

/* Checks the stamp, or writes it where the environment is still empty and may be made. */
static bool stamp(struct store *store, MDB_txn *txn, bool create, struct err *err)
{
    MDB_dbi root = 0;
    MDB_stat stat;
    MDB_val key = STORE_META_KEY(STORE_META_FORMAT);
    MDB_val value = {0};
    int code = mdb_dbi_open(txn, NULL, 0, &root);
    if (code == 0) code = mdb_stat(txn, root, &stat);
    if (code != 0) return store_fail(err, store, code, "opening it");
    if (stat.ms_entries == 0 && !create) {
        return err_set(err, ERR_NOT_FOUND, NULL, "store is empty: it has never been set up");
    }
    code = mdb_dbi_open(txn, STORE_META, stat.ms_entries == 0 ? MDB_CREATE : 0, &store->meta);
    if (code == 0) code = mdb_get(txn, store->meta, &key, &value);
    if (code == 0) return check_format(store, &value, err) && read_base(store, txn, err);
    if (code == MDB_NOTFOUND && stat.ms_entries > 0) {
        return err_set(err, ERR_CORRUPT, NULL, "this is a store of another program");
    }
    if (code != MDB_NOTFOUND) return store_fail(err, store, code, "reading its format");
    uint8_t bytes[8];
    store_key_u64(bytes, store->format);
    value = (MDB_val){.mv_size = sizeof bytes, .mv_data = bytes};
    code = mdb_put(txn, store->meta, &key, &value, 0);
    return code == 0 || store_fail(err, store, code, "writing its format");
}

/* ---- tables ---- */

static bool make_tables(struct store *store, bool create, struct err *err)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (code != 0) return store_fail(err, store, code, "opening it");
    if (!stamp(store, txn, create, err)) {
        mdb_txn_abort(txn);
        return false;
    }
    for (size_t i = 0; i < store->table_count; i++) {
        code = mdb_dbi_open(txn, store->names[i], MDB_CREATE, &store->tables[i]);
        if (code != 0) {
            mdb_txn_abort(txn);
            return store_fail(err, store, code, "opening its tables");
        }
    }
    code = mdb_txn_commit(txn);
    return code == 0 || store_fail(err, store, code, "opening its tables");
}

bool store_find_tables(struct store *store, struct err *err)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code != 0) return store_fail(err, store, code, "opening it");
    bool ok = stamp(store, txn, false, err);
    for (size_t i = 0; ok && i < store->table_count; i++) {
        code = mdb_dbi_open(txn, store->names[i], 0, &store->tables[i]);
        ok = code == 0 || store_fail(err, store, code == MDB_NOTFOUND ? MDB_CORRUPTED : code,
                                     "opening its tables");
    }
    if (!ok) {
        mdb_txn_abort(txn);
        return false;
    }
    code = mdb_txn_commit(txn); /* keeps the handles of the tables */
    return code == 0 || store_fail(err, store, code, "opening its tables");
}

/* ---- the environment ---- */

/* Grows the file; never shrinks it or changes what it holds, whatever a writer does meanwhile. */
static int grow(const char *path, off_t from, off_t to)
{
    char *data = file_join(path, "data.mdb");
    int fd = open(data, O_WRONLY | O_CLOEXEC);
    free(data);
    if (fd < 0) return errno;
    int code = posix_fallocate(fd, from, to - from);
    (void)close(fd);
    return code;
}

/* LMDB maps the file: reading past the end of one that was cut would be a SIGBUS. Filled up with
 * zeros, which are no pages, it is an error of LMDB's like any other damage. */
static int fill_up(MDB_env *env, const char *path)
{
    MDB_envinfo info;
    MDB_stat stat;
    mdb_filehandle_t file;
    struct stat on_disk;
    int code = mdb_env_info(env, &info);
    if (code == 0) code = mdb_env_stat(env, &stat);
    if (code == 0) code = mdb_env_get_fd(env, &file);
    if (code != 0) return code;
    off_t wanted = (off_t)(info.me_last_pgno + 1) * (off_t)stat.ms_psize;
    if (fstat(file, &on_disk) != 0) return errno;
    return on_disk.st_size >= wanted ? 0 : grow(path, on_disk.st_size, wanted);
}

/* LMDB makes its lock file sparse and writes to it through a map: without room on the disk the
 * first touch of a page would be a SIGBUS. Other reasons why it cannot be written are left to
 * LMDB, which does without where it may. */
static bool reserve_lock_file(const char *path, struct err *err)
{
    char *lock = file_join(path, "lock.mdb");
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int code = fd < 0 ? errno : posix_fallocate(fd, 0, LOCK_FILE_BYTES);
    if (fd >= 0) (void)close(fd);
    free(lock);
    bool no_room = code == ENOSPC || code == EDQUOT || code == EFBIG;
    return !no_room ||
           err_set_errno(err, code, NULL, "cannot make room for the lock of store %s", path);
}

bool store_open_environment(struct store *store, const char *path, struct err *err)
{
    if (!reserve_lock_file(path, err)) return false;
    int code = mdb_env_create(&store->env);
    if (code == 0) code = mdb_env_set_maxdbs(store->env, STORE_TABLES_MAX + 1);
    if (code == 0) code = mdb_env_set_maxreaders(store->env, STORE_READERS_MAX);
    if (code == 0) code = mdb_env_set_mapsize(store->env, store->max_mib << 20);
    /* NOTLS: a read transaction belongs to its object, so that a thread may hold several. */
    unsigned flags = MDB_NOTLS | (store->read_only ? MDB_RDONLY : 0);
    if (code == 0) code = mdb_env_open(store->env, path, flags, 0600);
    if (code == ENOENT) return err_set(err, ERR_NOT_FOUND, NULL, "no store at %s", path);
    if (code == 0) code = fill_up(store->env, path);
    if (code != 0) return store_fail(err, store, code, "opening it");
    /* Slots that a killed process left behind would keep old pages from being used again. */
    int dead = 0;
    code = mdb_reader_check(store->env, &dead);
    return code == 0 || store_fail(err, store, code, "opening it");
}

/* ---- the store ---- */

static struct store *new_store(const char *path, const char *const *names, size_t tables,
                               uint32_t format, size_t max_mib)
{
    REQUIRE(tables <= STORE_TABLES_MAX && max_mib > 0 && max_mib <= SIZE_MAX >> 20);
    struct store *store = mem_new(struct store);
    store->path = mem_string(path);
    store->table_count = tables;
    for (size_t i = 0; i < tables; i++) store->names[i] = mem_string(names[i]);
    store->format = format;
    store->max_mib = max_mib;
    store->lock_fd = -1;
    return store;
}

bool store_open(const char *path, bool create, const char *const *names, size_t tables,
                uint32_t format, size_t max_mib, struct store **out, struct err *err)
{
    char *data = file_join(path, "data.mdb");
    bool there = file_exists(data);
    free(data);
    if (!there && !create) return err_set(err, ERR_NOT_FOUND, NULL, "no store at %s", path);
    if (!there && !file_make_dirs(path, 0700, err)) return false;
    struct store *store = new_store(path, names, tables, format, max_mib);
    if (!store_lock_shared(store, err) || !store_open_environment(store, path, err) ||
        !make_tables(store, create, err)) {
        store_close(store);
        return false;
    }
    *out = store;
    return true;
}

bool store_open_reader(const char *path, const char *const *names, size_t tables, uint32_t format,
                       size_t max_mib, struct store **out, struct err *err)
{
    struct store *store = new_store(path, names, tables, format, max_mib);
    store->read_only = true;
    if (!store_open_environment(store, path, err) || !store_find_tables(store, err)) {
        store_close(store);
        return false;
    }
    *out = store;
    return true;
}

void store_close(struct store *store)
{
    if (!store) return;
    REQUIRE(atomic_load(&store->open_txns) == 0);
    mdb_env_close(store->env);
    /* After LMDB's own lock: whoever gets this one may take the file for nobody's. */
    if (store->lock_fd >= 0) (void)close(store->lock_fd);
    for (size_t i = 0; i < store->table_count; i++) free(store->names[i]);
    free(store->path);
    free(store);
}

uint64_t store_version(struct store *store)
{
    MDB_envinfo info;
    REQUIRE(mdb_env_info(store->env, &info) == 0);
    return store->version_base + info.me_last_txnid;
}
