/* SPDX-License-Identifier: Apache-2.0
 * The store's own table, and finding the others.
 */
#include <string.h>

#include "proto/base/version.h"
#include "proto/store/store_internal.h"

static bool stamp_only(struct store_txn *txn, struct err *err)
{
    (void)txn;
    (void)err;
    return true;
}
const store_upgrade_fn store_upgrade_stamp_only[1] = {stamp_only};

/* ---- reading ---- */

static int get(const struct store *store, MDB_txn *txn, MDB_val key, MDB_val *value)
{
    return mdb_get(txn, store->meta, &key, value);
}

/* count numbers one behind the other; zeros where there is no such entry and it need not be. */
static int get_numbers(const struct store *store, MDB_txn *txn, MDB_val key, uint64_t *out,
                       size_t count)
{
    MDB_val value = {0};
    int code = get(store, txn, key, &value);
    if (code == 0 && value.mv_size != 8 * count) return MDB_CORRUPTED;
    for (size_t i = 0; i < count; i++) {
        out[i] = code == 0 ? store_key_read_u64((const uint8_t *)value.mv_data + 8 * i) : 0;
    }
    return code;
}

static int optional(int code)
{
    return code == MDB_NOTFOUND ? 0 : code;
}

/* It is printed: what else may stand in a damaged one is left out. */
static int get_program(const struct store *store, MDB_txn *txn, char out[STORE_PROGRAM_MAX + 1])
{
    MDB_val value = {0};
    int code = get(store, txn, STORE_META_KEY(STORE_META_PROGRAM), &value);
    out[0] = '\0';
    if (code != 0) return code;
    if (value.mv_size > STORE_PROGRAM_MAX) return MDB_CORRUPTED;
    for (size_t i = 0; i < value.mv_size; i++) {
        char c = ((const char *)value.mv_data)[i];
        if (c <= ' ' || c > '~') return MDB_CORRUPTED;
        out[i] = c;
        out[i + 1] = '\0';
    }
    return 0;
}

static int read_entries(const struct store *store, MDB_txn *txn, struct store_stamp *out)
{
    uint64_t gap[2] = {0};
    MDB_val wish = {0};
    int code = get_numbers(store, txn, STORE_META_KEY(STORE_META_FORMAT), &out->format, 1);
    if (code != 0) return code;
    code = optional(get_numbers(store, txn, STORE_META_KEY(STORE_META_BASE), &out->base, 1));
    if (code == 0) code = optional(get_program(store, txn, out->program));
    if (code == 0) {
        code = optional(get_numbers(store, txn, STORE_META_KEY(STORE_META_GAP), gap, 2));
        out->gap = (struct store_gap){(int64_t)gap[0], (int64_t)gap[1]};
    }
    if (code == 0) {
        code = get(store, txn, STORE_META_KEY(STORE_META_REWRITE), &wish);
        out->wants_rewrite = code == 0;
        code = optional(code);
    }
    return code;
}

bool store_read_stamp(struct store *store, MDB_txn *txn, struct store_stamp *out, bool *empty,
                      struct err *err)
{
    MDB_dbi root = 0;
    MDB_stat stat;
    *out = (struct store_stamp){0};
    int code = mdb_dbi_open(txn, NULL, 0, &root);
    if (code == 0) code = mdb_stat(txn, root, &stat);
    if (code != 0) return store_fail(err, store, code, "opening it");
    *empty = stat.ms_entries == 0;
    if (*empty) return true;
    code = mdb_dbi_open(txn, STORE_META, 0, &store->meta);
    if (code == 0) code = read_entries(store, txn, out);
    if (code == MDB_NOTFOUND) {
        return err_set(err, ERR_CORRUPT, NULL, "this is a store of another program");
    }
    return code == 0 || store_fail(err, store, code, "reading its format");
}

/* ---- checking ---- */

bool store_check_stamp(const struct store *store, const struct store_stamp *stamp, struct err *err)
{
    const struct store_schema *schema = store->schema;
    if (stamp->format > schema->format) {
        return err_set(
            err, ERR_VERSION, "format",
            "the store %s has format %llu, written by version %s of the programs; this one, "
            "version %s, knows formats up to %lu: use that version or a later one",
            schema->name, (unsigned long long)stamp->format,
            stamp->program[0] ? stamp->program : "(unknown)", HEARTH_VERSION,
            (unsigned long)schema->format);
    }
    if (stamp->format >= schema->oldest) return true;
    return err_set(
        err, ERR_VERSION, "format",
        "the store %s has format %llu, and this program, version %s, upgrades from format %lu "
        "on: keep it elsewhere to begin a new one",
        schema->name, (unsigned long long)stamp->format, HEARTH_VERSION,
        (unsigned long)schema->oldest);
}

static bool check_readable(const struct store *store, const struct store_stamp *stamp,
                           struct err *err)
{
    const struct store_schema *schema = store->schema;
    if (!store_check_stamp(store, stamp, err)) return false;
    if (stamp->format >= schema->readable) return true;
    return err_set(
        err, ERR_VERSION, "format",
        "the store %s has format %llu and has to be upgraded to %lu first: the next program "
        "that writes it does that",
        schema->name, (unsigned long long)stamp->format, (unsigned long)schema->format);
}

/* ---- writing ---- */

static int put(const struct store *store, MDB_txn *txn, MDB_val key, const void *data, size_t len)
{
    MDB_val value = {.mv_size = len, .mv_data = (void *)(uintptr_t)data};
    return mdb_put(txn, store->meta, &key, &value, 0);
}

bool store_write_stamp(struct store *store, MDB_txn *txn, struct err *err)
{
    char program[STORE_PROGRAM_MAX + 1] = "";
    uint8_t bytes[8];
    uint64_t format = 0;
    int code = mdb_dbi_open(txn, STORE_META, MDB_CREATE, &store->meta);
    if (code == 0) {
        code = optional(get_numbers(store, txn, STORE_META_KEY(STORE_META_FORMAT), &format, 1));
    }
    if (code == 0 && format != store->schema->format) {
        store_key_u64(bytes, store->schema->format);
        code = put(store, txn, STORE_META_KEY(STORE_META_FORMAT), bytes, sizeof bytes);
    }
    if (code == 0) code = optional(get_program(store, txn, program));
    if (code == 0 && strcmp(program, HEARTH_VERSION) != 0) {
        code = put(store, txn, STORE_META_KEY(STORE_META_PROGRAM), HEARTH_VERSION,
                   sizeof HEARTH_VERSION - 1);
    }
    return code == 0 || store_fail(err, store, code, "writing its format");
}

/* ---- tables ---- */

bool store_open_tables(struct store *store, MDB_txn *txn, bool make, struct err *err)
{
    const struct store_schema *schema = store->schema;
    for (size_t i = 0; i < schema->table_count; i++) {
        int code = mdb_dbi_open(txn, schema->tables[i], make ? MDB_CREATE : 0, &store->tables[i]);
        if (code == MDB_NOTFOUND) code = MDB_CORRUPTED;
        if (code != 0) return store_fail(err, store, code, "opening its tables");
    }
    return true;
}

static bool find_tables(struct store *store, MDB_txn *txn, struct err *err)
{
    struct store_stamp stamp;
    bool empty = false;
    if (!store_read_stamp(store, txn, &stamp, &empty, err)) return false;
    if (empty) return err_set(err, ERR_NOT_FOUND, NULL, "store is empty: it has never been set up");
    store->version_base = stamp.base;
    return check_readable(store, &stamp, err) && store_open_tables(store, txn, false, err);
}

bool store_find_tables(struct store *store, struct err *err)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code != 0) return store_fail(err, store, code, "opening it");
    if (!find_tables(store, txn, err)) {
        mdb_txn_abort(txn);
        return false;
    }
    code = mdb_txn_commit(txn); /* keeps the handles of the tables */
    return code == 0 || store_fail(err, store, code, "opening its tables");
}
