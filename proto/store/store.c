/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lmdb.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"

/* The table of the store itself, beside those of the caller. */
static const char meta_table[] = "hearth";
static const char format_key[] = "format";
enum { READERS_MAX = 512 };

struct store {
    MDB_env *env;
    MDB_dbi tables[STORE_TABLES_MAX];
    size_t table_count;
    size_t max_mib;
    bool read_only;
    atomic_size_t open_txns;
};

struct store_txn {
    struct store *store;
    MDB_txn *txn;
    bool write;
};

/* Positive codes are errno values, negative ones LMDB's own. */
static bool fail(struct err *err, const struct store *store, int code, const char *doing)
{
    switch (code) {
    case MDB_MAP_FULL:
    case MDB_MAP_RESIZED:
        return err_set(err, ERR_BUDGET, NULL, "store is full: %zu MiB are used (while %s)",
                       store->max_mib, doing);
    case MDB_READERS_FULL:
        return err_set(err, ERR_UNAVAILABLE, NULL, "store has %d readers already, try again",
                       READERS_MAX);
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_INCOMPATIBLE:
        return err_set(err, ERR_CORRUPT, NULL, "store is damaged (%s while %s)", mdb_strerror(code),
                       doing);
    default: break;
    }
    if (code == EIO) { /* LMDB's word for a write that was cut short, too */
        return err_set_errno(err, code, NULL, "store failed while %s (is the disk full?)", doing);
    }
    if (code > 0) return err_set_errno(err, code, NULL, "store failed while %s", doing);
    return err_set(err, ERR_INTERNAL, NULL, "store failed while %s: %s", doing, mdb_strerror(code));
}

/* ---- opening ---- */

static bool check_format(const struct store *store, const MDB_val *value, uint32_t format,
                         struct err *err)
{
    if (value->mv_size != 8) return fail(err, store, MDB_CORRUPTED, "reading its format");
    uint64_t found = store_key_read_u64(value->mv_data);
    if (found == format) return true;
    return err_set(err, ERR_VERSION, "format",
                   "store has format %llu, this program reads and writes format %lu",
                   (unsigned long long)found, (unsigned long)format);
}

/* Checks the stamp, or writes it where the environment is still empty and may be made. */
static bool stamp(const struct store *store, MDB_txn *txn, bool create, uint32_t format,
                  struct err *err)
{
    MDB_dbi root = 0, meta = 0;
    MDB_stat stat;
    MDB_val key = {.mv_size = sizeof format_key - 1, .mv_data = (void *)(uintptr_t)format_key};
    MDB_val value = {0};
    int code = mdb_dbi_open(txn, NULL, 0, &root);
    if (code == 0) code = mdb_stat(txn, root, &stat);
    if (code != 0) return fail(err, store, code, "opening it");
    if (stat.ms_entries == 0 && !create) {
        return err_set(err, ERR_NOT_FOUND, NULL, "store is empty: it has never been set up");
    }
    code = mdb_dbi_open(txn, meta_table, stat.ms_entries == 0 ? MDB_CREATE : 0, &meta);
    if (code == 0) code = mdb_get(txn, meta, &key, &value);
    if (code == 0) return check_format(store, &value, format, err);
    if (code == MDB_NOTFOUND && stat.ms_entries > 0) {
        return err_set(err, ERR_CORRUPT, NULL, "this is a store of another program");
    }
    if (code != MDB_NOTFOUND) return fail(err, store, code, "reading its format");
    uint8_t bytes[8];
    store_key_u64(bytes, format);
    value = (MDB_val){.mv_size = sizeof bytes, .mv_data = bytes};
    code = mdb_put(txn, meta, &key, &value, 0);
    return code == 0 || fail(err, store, code, "writing its format");
}

static bool open_tables(struct store *store, bool create, const char *const *names, uint32_t format,
                        struct err *err)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (code != 0) return fail(err, store, code, "opening it");
    if (!stamp(store, txn, create, format, err)) {
        mdb_txn_abort(txn);
        return false;
    }
    for (size_t i = 0; i < store->table_count; i++) {
        code = mdb_dbi_open(txn, names[i], MDB_CREATE, &store->tables[i]);
        if (code != 0) {
            mdb_txn_abort(txn);
            return fail(err, store, code, "opening its tables");
        }
    }
    code = mdb_txn_commit(txn);
    return code == 0 || fail(err, store, code, "opening its tables");
}

/* The same for a reader, which can write neither the stamp nor the tables. */
static bool find_tables(struct store *store, const char *const *names, uint32_t format,
                        struct err *err)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code != 0) return fail(err, store, code, "opening it");
    bool ok = stamp(store, txn, false, format, err);
    for (size_t i = 0; ok && i < store->table_count; i++) {
        code = mdb_dbi_open(txn, names[i], 0, &store->tables[i]);
        ok = code == 0 ||
             fail(err, store, code == MDB_NOTFOUND ? MDB_CORRUPTED : code, "opening its tables");
    }
    if (!ok) {
        mdb_txn_abort(txn);
        return false;
    }
    code = mdb_txn_commit(txn); /* keeps the handles of the tables */
    return code == 0 || fail(err, store, code, "opening its tables");
}

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

static bool open_environment(struct store *store, const char *path, struct err *err)
{
    int code = mdb_env_create(&store->env);
    if (code == 0) code = mdb_env_set_maxdbs(store->env, STORE_TABLES_MAX + 1);
    if (code == 0) code = mdb_env_set_maxreaders(store->env, READERS_MAX);
    if (code == 0) code = mdb_env_set_mapsize(store->env, store->max_mib << 20);
    /* NOTLS: a read transaction belongs to its object, so that a thread may hold several. */
    unsigned flags = MDB_NOTLS | (store->read_only ? MDB_RDONLY : 0);
    if (code == 0) code = mdb_env_open(store->env, path, flags, 0600);
    if (code == ENOENT) return err_set(err, ERR_NOT_FOUND, NULL, "no store at %s", path);
    if (code == 0) code = fill_up(store->env, path);
    if (code != 0) return fail(err, store, code, "opening it");
    /* Slots that a killed process left behind would keep old pages from being used again. */
    int dead = 0;
    code = mdb_reader_check(store->env, &dead);
    return code == 0 || fail(err, store, code, "opening it");
}

bool store_open(const char *path, bool create, const char *const *names, size_t tables,
                uint32_t format, size_t max_mib, struct store **out, struct err *err)
{
    REQUIRE(tables <= STORE_TABLES_MAX && max_mib > 0 && max_mib <= SIZE_MAX >> 20);
    char *data = file_join(path, "data.mdb");
    bool there = file_exists(data);
    free(data);
    if (!there && !create) return err_set(err, ERR_NOT_FOUND, NULL, "no store at %s", path);
    if (!there && !file_make_dirs(path, 0700, err)) return false;
    struct store *store = mem_new(struct store);
    store->table_count = tables;
    store->max_mib = max_mib;
    if (!open_environment(store, path, err) || !open_tables(store, create, names, format, err)) {
        store_close(store);
        return false;
    }
    *out = store;
    return true;
}

bool store_open_reader(const char *path, const char *const *names, size_t tables, uint32_t format,
                       size_t max_mib, struct store **out, struct err *err)
{
    REQUIRE(tables <= STORE_TABLES_MAX && max_mib > 0 && max_mib <= SIZE_MAX >> 20);
    struct store *store = mem_new(struct store);
    store->table_count = tables;
    store->max_mib = max_mib;
    store->read_only = true;
    if (!open_environment(store, path, err) || !find_tables(store, names, format, err)) {
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
    free(store);
}

uint64_t store_version(struct store *store)
{
    MDB_envinfo info;
    REQUIRE(mdb_env_info(store->env, &info) == 0);
    return info.me_last_txnid;
}

/* ---- transactions ---- */

bool store_begin(struct store *store, bool write, struct store_txn **out, struct err *err)
{
    REQUIRE(!write || !store->read_only);
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, write ? 0 : MDB_RDONLY, &txn);
    if (code != 0) return fail(err, store, code, "beginning a transaction");
    struct store_txn *made = mem_new(struct store_txn);
    *made = (struct store_txn){.store = store, .txn = txn, .write = write};
    atomic_fetch_add(&store->open_txns, 1);
    *out = made;
    return true;
}

static void forget(struct store_txn *txn)
{
    atomic_fetch_sub(&txn->store->open_txns, 1);
    free(txn);
}

bool store_commit(struct store_txn *txn, struct err *err)
{
    struct store *store = txn->store;
    int code = mdb_txn_commit(txn->txn);
    forget(txn);
    return code == 0 || fail(err, store, code, "committing");
}

void store_abort(struct store_txn *txn)
{
    if (!txn) return;
    mdb_txn_abort(txn->txn);
    forget(txn);
}

/* ---- entries ---- */

static MDB_dbi table_of(const struct store_txn *txn, size_t table)
{
    REQUIRE(table < txn->store->table_count);
    return txn->store->tables[table];
}

/* LMDB takes keys and values as pointers to mutable bytes, but does not write to them. */
static MDB_val key_of(const void *key, size_t len)
{
    REQUIRE(len > 0 && len <= STORE_KEY_MAX);
    return (MDB_val){.mv_size = len, .mv_data = (void *)(uintptr_t)key};
}

bool store_get(struct store_txn *txn, size_t table, const void *key, size_t key_len,
               const uint8_t **value, size_t *value_len, bool *found, struct err *err)
{
    MDB_val k = key_of(key, key_len), v = {0};
    int code = mdb_get(txn->txn, table_of(txn, table), &k, &v);
    if (code != 0 && code != MDB_NOTFOUND) return fail(err, txn->store, code, "reading");
    *found = code == 0;
    *value = *found ? v.mv_data : NULL;
    *value_len = *found ? v.mv_size : 0;
    return true;
}

bool store_put(struct store_txn *txn, size_t table, const void *key, size_t key_len,
               const void *value, size_t value_len, struct err *err)
{
    REQUIRE(txn->write);
    MDB_val k = key_of(key, key_len);
    MDB_val v = {.mv_size = value_len, .mv_data = (void *)(uintptr_t)value};
    int code = mdb_put(txn->txn, table_of(txn, table), &k, &v, 0);
    return code == 0 || fail(err, txn->store, code, "writing");
}

bool store_delete(struct store_txn *txn, size_t table, const void *key, size_t key_len,
                  bool *existed, struct err *err)
{
    REQUIRE(txn->write);
    MDB_val k = key_of(key, key_len);
    int code = mdb_del(txn->txn, table_of(txn, table), &k, NULL);
    if (code != 0 && code != MDB_NOTFOUND) return fail(err, txn->store, code, "deleting");
    if (existed) *existed = code == 0;
    return true;
}

bool store_clear(struct store_txn *txn, size_t table, struct err *err)
{
    REQUIRE(txn->write);
    int code = mdb_drop(txn->txn, table_of(txn, table), 0);
    return code == 0 || fail(err, txn->store, code, "clearing a table");
}

bool store_count(struct store_txn *txn, size_t table, size_t *count, struct err *err)
{
    MDB_stat stat;
    int code = mdb_stat(txn->txn, table_of(txn, table), &stat);
    if (code != 0) return fail(err, txn->store, code, "counting");
    *count = stat.ms_entries;
    return true;
}

bool store_each(struct store_txn *txn, size_t table, const void *from, size_t from_len,
                store_each_fn each, void *ctx, struct err *err)
{
    MDB_cursor *cursor = NULL;
    MDB_val k = from ? key_of(from, from_len) : (MDB_val){0}, v = {0};
    int code = mdb_cursor_open(txn->txn, table_of(txn, table), &cursor);
    if (code != 0) return fail(err, txn->store, code, "reading");
    bool going = true;
    code = mdb_cursor_get(cursor, &k, &v, from ? MDB_SET_RANGE : MDB_FIRST);
    while (code == 0 && going) {
        err->code = ERR_NONE;
        going = each(k.mv_data, k.mv_size, v.mv_data, v.mv_size, ctx, err);
        if (going) code = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (!going) return err->code == ERR_NONE;
    return code == MDB_NOTFOUND || fail(err, txn->store, code, "reading");
}

bool store_last(struct store_txn *txn, size_t table, const uint8_t **key, size_t *key_len,
                const uint8_t **value, size_t *value_len, bool *found, struct err *err)
{
    MDB_cursor *cursor = NULL;
    MDB_val k = {0}, v = {0};
    int code = mdb_cursor_open(txn->txn, table_of(txn, table), &cursor);
    if (code != 0) return fail(err, txn->store, code, "reading");
    code = mdb_cursor_get(cursor, &k, &v, MDB_LAST);
    mdb_cursor_close(cursor);
    if (code != 0 && code != MDB_NOTFOUND) return fail(err, txn->store, code, "reading");
    *found = code == 0;
    *key = *found ? k.mv_data : NULL;
    *key_len = *found ? k.mv_size : 0;
    *value = *found ? v.mv_data : NULL;
    *value_len = *found ? v.mv_size : 0;
    return true;
}

void store_key_u64(uint8_t out[8], uint64_t value)
{
    for (size_t i = 0; i < 8; i++) out[i] = (uint8_t)(value >> (56 - 8 * i));
}

uint64_t store_key_read_u64(const uint8_t in[8])
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++) value = value << 8 | in[i];
    return value;
}
