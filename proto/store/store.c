/* SPDX-License-Identifier: Apache-2.0
 * Transactions, and the entries in them.
 */
#include "proto/store/store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

bool store_fail(struct err *err, const struct store *store, int code, const char *doing)
{
    switch (code) {
    case MDB_MAP_FULL:
    case MDB_MAP_RESIZED:
        return err_set(err, ERR_BUDGET, store->limit_key,
                       "store %.200s is full: its limit of %zu MiB%s%s%s is reached (while %s)",
                       store->path, store->max_mib, store->limit_key ? " (" : "",
                       store->limit_key ? store->limit_key : "",
                       store->limit_key ? " in config.json)" : "", doing);
    case MDB_READERS_FULL:
        return err_set(err, ERR_UNAVAILABLE, NULL, "store has %d readers already, try again",
                       STORE_READERS_MAX);
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

void store_name_limit(struct store *store, const char *key)
{
    store->limit_key = key;
}

/* ---- transactions ---- */

bool store_begin(struct store *store, bool write, struct store_txn **out, struct err *err)
{
    REQUIRE(!write || !store->read_only);
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, write ? 0 : MDB_RDONLY, &txn);
    if (code != 0) return store_fail(err, store, code, "beginning a transaction");
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
    return code == 0 || store_fail(err, store, code, "committing");
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
    REQUIRE(table < txn->store->schema->table_count);
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
    if (code != 0 && code != MDB_NOTFOUND) return store_fail(err, txn->store, code, "reading");
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
    return code == 0 || store_fail(err, txn->store, code, "writing");
}

bool store_delete(struct store_txn *txn, size_t table, const void *key, size_t key_len,
                  bool *existed, struct err *err)
{
    REQUIRE(txn->write);
    MDB_val k = key_of(key, key_len);
    int code = mdb_del(txn->txn, table_of(txn, table), &k, NULL);
    if (code != 0 && code != MDB_NOTFOUND) return store_fail(err, txn->store, code, "deleting");
    if (existed) *existed = code == 0;
    return true;
}

bool store_clear(struct store_txn *txn, size_t table, struct err *err)
{
    REQUIRE(txn->write);
    int code = mdb_drop(txn->txn, table_of(txn, table), 0);
    return code == 0 || store_fail(err, txn->store, code, "clearing a table");
}

bool store_count(struct store_txn *txn, size_t table, size_t *count, struct err *err)
{
    MDB_stat stat;
    int code = mdb_stat(txn->txn, table_of(txn, table), &stat);
    if (code != 0) return store_fail(err, txn->store, code, "counting");
    *count = stat.ms_entries;
    return true;
}

bool store_each(struct store_txn *txn, size_t table, const void *from, size_t from_len,
                store_each_fn each, void *ctx, struct err *err)
{
    MDB_cursor *cursor = NULL;
    MDB_val k = from ? key_of(from, from_len) : (MDB_val){0}, v = {0};
    int code = mdb_cursor_open(txn->txn, table_of(txn, table), &cursor);
    if (code != 0) return store_fail(err, txn->store, code, "reading");
    bool going = true;
    code = mdb_cursor_get(cursor, &k, &v, from ? MDB_SET_RANGE : MDB_FIRST);
    while (code == 0 && going) {
        err->code = ERR_NONE;
        going = each(k.mv_data, k.mv_size, v.mv_data, v.mv_size, ctx, err);
        if (going) code = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (!going) return err->code == ERR_NONE;
    return code == MDB_NOTFOUND || store_fail(err, txn->store, code, "reading");
}

bool store_last(struct store_txn *txn, size_t table, const uint8_t **key, size_t *key_len,
                const uint8_t **value, size_t *value_len, bool *found, struct err *err)
{
    MDB_cursor *cursor = NULL;
    MDB_val k = {0}, v = {0};
    int code = mdb_cursor_open(txn->txn, table_of(txn, table), &cursor);
    if (code != 0) return store_fail(err, txn->store, code, "reading");
    code = mdb_cursor_get(cursor, &k, &v, MDB_LAST);
    mdb_cursor_close(cursor);
    if (code != 0 && code != MDB_NOTFOUND) return store_fail(err, txn->store, code, "reading");
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
