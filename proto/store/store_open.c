/* SPDX-License-Identifier: Apache-2.0
 * Making, opening and closing a store.
 */
#include "proto/store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"

/* As LMDB reckons: 64 bytes a reader, and two such places for itself. */
enum { LOCK_FILE_BYTES = (STORE_READERS_MAX + 2) * 64 };

/* ---- the environment ---- */

/* Grows the file; never shrinks it or changes what it holds, whatever a writer does meanwhile. */
static int grow(const char *path, off_t from, off_t to)
{
    char *data = file_join(path, STORE_DATA_FILE);
    int fd = open(data, O_WRONLY | O_CLOEXEC);
    free(data);
    if (fd < 0) return errno;
    int code = posix_fallocate(fd, from, to - from);
    (void)close(fd);
    return code;
}

/* How long the file is, and should be. */
static int lengths(MDB_env *env, off_t *is, off_t *wanted)
{
    MDB_envinfo info;
    MDB_stat stat;
    mdb_filehandle_t file;
    struct stat on_disk;
    int code = mdb_env_info(env, &info);
    if (code == 0) code = mdb_env_stat(env, &stat);
    if (code == 0) code = mdb_env_get_fd(env, &file);
    if (code != 0) return code;
    if (fstat(file, &on_disk) != 0) return errno;
    *wanted = (off_t)(info.me_last_pgno + 1) * (off_t)stat.ms_psize;
    *is = on_disk.st_size;
    return 0;
}

/* LMDB maps the file: reading past the end of one that was cut would be a SIGBUS. Filled up with
 * zeros, which are no pages, it is an error of LMDB's like any other damage. */
static int fill_up(MDB_env *env, const char *path)
{
    off_t is = 0, wanted = 0;
    int code = lengths(env, &is, &wanted);
    return code != 0 || is >= wanted ? code : grow(path, is, wanted);
}

/* The same for a file that is not to be changed. */
static bool check_length(const struct store *store, struct err *err)
{
    off_t is = 0, wanted = 0;
    int code = lengths(store->env, &is, &wanted);
    if (code == 0 && is < wanted) code = MDB_CORRUPTED;
    return code == 0 || store_fail(err, store, code, "opening it: its file is cut short");
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

/* Others may let the file grow before the first transaction begins. */
static int room_to_read(const char *path, size_t *room)
{
    static const size_t spare = (size_t)1 << 30;
    struct stat info;
    char *data = file_join(path, STORE_DATA_FILE);
    int code = stat(data, &info) == 0 ? 0 : errno;
    free(data);
    if (code == 0) *room = 2 * (size_t)info.st_size + spare;
    return code;
}

bool store_open_to_read(struct store *store, const char *path, bool lock, struct err *err)
{
    unsigned flags = MDB_NOTLS | MDB_RDONLY | (lock ? 0 : MDB_NOLOCK);
    size_t room = 0;
    int code = room_to_read(path, &room);
    if (code == 0) code = mdb_env_create(&store->env);
    if (code == 0) code = mdb_env_set_maxdbs(store->env, STORE_TABLES_MAX + 1);
    if (code == 0) code = mdb_env_set_maxreaders(store->env, STORE_READERS_MAX);
    if (code == 0) code = mdb_env_set_mapsize(store->env, room);
    if (code == 0) code = mdb_env_open(store->env, path, flags, 0600);
    if (code == ENOENT) return err_set(err, ERR_NOT_FOUND, NULL, "no store at %s", path);
    if (code != 0) return store_fail(err, store, code, "opening it");
    return check_length(store, err);
}

/* ---- the store ---- */

/* Checks the stamp and opens the tables; makes both where there is nothing yet, and may be made.
 * *old: it has to be upgraded before, and nothing was done. */
static bool set_up(struct store *store, MDB_txn *txn, bool create, bool *old, struct err *err)
{
    struct store_stamp stamp;
    bool empty = false;
    if (!store_read_stamp(store, txn, &stamp, &empty, err)) return false;
    if (empty && !create) {
        return err_set(err, ERR_NOT_FOUND, NULL, "store is empty: it has never been set up");
    }
    if (!empty && !store_check_stamp(store, &stamp, err)) return false;
    *old = !empty && stamp.format < store->schema->format;
    store->version_base = stamp.base;
    return *old || (store_write_stamp(store, txn, err) && store_open_tables(store, txn, true, err));
}

static bool make_tables(struct store *store, bool create, bool *old, struct err *err)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (code != 0) return store_fail(err, store, code, "opening it");
    if (!set_up(store, txn, create, old, err)) {
        mdb_txn_abort(txn);
        return false;
    }
    code = mdb_txn_commit(txn);
    return code == 0 || store_fail(err, store, code, "opening its tables");
}

static struct store *new_store(const char *path, const struct store_schema *schema, size_t max_mib)
{
    REQUIRE(schema->table_count <= STORE_TABLES_MAX && schema->oldest >= 1 &&
            schema->oldest <= schema->readable && schema->readable <= schema->format);
    REQUIRE(max_mib > 0 && max_mib <= SIZE_MAX >> 20);
    struct store *store = mem_new(struct store);
    store->path = mem_string(path);
    store->schema = schema;
    store->max_mib = max_mib;
    store->lock_fd = -1;
    return store;
}

bool store_open(const char *path, bool create, const struct store_schema *schema, size_t max_mib,
                struct store **out, struct err *err)
{
    char *data = file_join(path, STORE_DATA_FILE);
    bool there = file_exists(data);
    bool old = false;
    free(data);
    if (!there && !create) return err_set(err, ERR_NOT_FOUND, NULL, "no store at %s", path);
    if (!there && !file_make_dirs(path, 0700, err)) return false;
    struct store *store = new_store(path, schema, max_mib);
    if (!store_lock_shared(store, err) || !store_open_environment(store, path, err) ||
        !make_tables(store, create, &old, err) || (old && !store_upgrade(store, err))) {
        store_close(store);
        return false;
    }
    *out = store;
    return true;
}

bool store_open_reader(const char *path, const struct store_schema *schema, size_t max_mib,
                       struct store **out, struct err *err)
{
    struct store *store = new_store(path, schema, max_mib);
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
    free(store->path);
    free(store);
}

uint64_t store_version(struct store *store)
{
    MDB_envinfo info;
    REQUIRE(mdb_env_info(store->env, &info) == 0);
    return store->version_base + info.me_last_txnid;
}
