/* SPDX-License-Identifier: Apache-2.0
 * Gives stores the form that they had before version 0.1.0 stamped them: one format less, and no
 * program's version; or, with --newer, a format that nobody knows yet. Usage: old_form [--newer]
 * STORE...
 */
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int change(MDB_txn *txn, int newer)
{
    MDB_dbi meta = 0;
    MDB_val key = {6, (void *)(uintptr_t) "format"}, value,
            name = {7, (void *)(uintptr_t) "program"};
    MDB_val version = {5, (void *)(uintptr_t) "9.8.7"};
    uint8_t bytes[8];
    int code = mdb_dbi_open(txn, "hearth", 0, &meta);
    if (code == 0) code = mdb_get(txn, meta, &key, &value);
    if (code != 0) return code;
    if (value.mv_size != sizeof bytes) return MDB_CORRUPTED;
    memcpy(bytes, value.mv_data, sizeof bytes);
    bytes[7] = (uint8_t)(newer ? bytes[7] + 5 : bytes[7] - 1);
    value = (MDB_val){sizeof bytes, bytes};
    code = mdb_put(txn, meta, &key, &value, 0);
    if (code == 0) {
        code = newer ? mdb_put(txn, meta, &name, &version, 0) : mdb_del(txn, meta, &name, NULL);
    }
    return code;
}

static int convert(const char *path, int newer)
{
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    int code = mdb_env_create(&env);
    if (code == 0) code = mdb_env_set_maxdbs(env, 9);
    if (code == 0) code = mdb_env_set_mapsize(env, (size_t)1 << 30);
    if (code == 0) code = mdb_env_open(env, path, 0, 0600);
    if (code == 0) code = mdb_txn_begin(env, NULL, 0, &txn);
    if (code == 0) code = change(txn, newer);
    if (code == 0) {
        code = mdb_txn_commit(txn);
    } else {
        mdb_txn_abort(txn);
    }
    mdb_env_close(env);
    return code;
}

int main(int argc, char **argv)
{
    int newer = argc > 1 && strcmp(argv[1], "--newer") == 0;
    for (int i = 1 + newer; i < argc; i++) {
        int code = convert(argv[i], newer);
        if (code == 0) continue;
        (void)fprintf(stderr, "old_form: %s: %s\n", argv[i], mdb_strerror(code));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
