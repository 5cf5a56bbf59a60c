/* SPDX-License-Identifier: Apache-2.0
 * A store of two tables in a directory of its own, for the tests of stores.
 */
#ifndef HEARTH_TESTS_STORE_CHECK_H
#define HEARTH_TESTS_STORE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/store/store.h"
#include "tests/unit/support/temp_dir.h"

enum { FORMAT = 7, FIRST = 0, SECOND = 1 };
static const char *const names[] = {"first", "second"};
static const struct store_schema schema = {.name = "store",
                                           .tables = names,
                                           .table_count = 2,
                                           .format = FORMAT,
                                           .oldest = FORMAT,
                                           .readable = FORMAT};
/* The same in another format, that nothing is upgraded to. */
static inline struct store_schema schema_of(uint32_t format)
{
    struct store_schema other = schema;
    other.format = other.oldest = other.readable = format;
    return other;
}

struct place {
    char *dir, *path;
};

static inline int make_place(void **state)
{
    struct place *place = mem_new(struct place);
    place->dir = support_temp_dir();
    place->path = file_join(place->dir, "deep/store");
    *state = place;
    return 0;
}

static inline int remove_place(void **state)
{
    struct place *place = *state;
    support_temp_dir_remove(place->dir);
    free(place->path);
    free(place);
    return 0;
}

static inline struct store *open_store(const struct place *place, bool create, size_t max_mib)
{
    struct store *store = NULL;
    struct err err = {0};
    if (!store_open(place->path, create, &schema, max_mib, &store, &err)) {
        fail_msg("%s", err.text);
    }
    return store;
}

static inline struct store_txn *begin(struct store *store, bool write)
{
    struct store_txn *txn = NULL;
    struct err err = {0};
    assert_true(store_begin(store, write, &txn, &err));
    return txn;
}

static inline void commit(struct store_txn *txn)
{
    struct err err = {0};
    assert_true(store_commit(txn, &err));
}

static inline void put(struct store_txn *txn, size_t table, const char *key, const char *value)
{
    struct err err = {0};
    assert_true(store_put(txn, table, key, strlen(key), value, strlen(value), &err));
}

static inline void assert_value(struct store_txn *txn, size_t table, const char *key,
                                const char *expected)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    struct err err = {0};
    assert_true(store_get(txn, table, key, strlen(key), &value, &len, &found, &err));
    assert_int_equal(found, expected != NULL);
    if (!expected) return;
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(value, expected, len);
}

static inline size_t count(struct store_txn *txn, size_t table)
{
    size_t n = 0;
    struct err err = {0};
    assert_true(store_count(txn, table, &n, &err));
    return n;
}

static inline bool fill(struct store_txn *txn, uint64_t from, size_t n, size_t size,
                        struct err *err)
{
    uint8_t *value = mem_array(size, 1);
    bool ok = true;
    for (uint64_t i = from; ok && i < from + n; i++) {
        uint8_t key[8];
        store_key_u64(key, i);
        ok = store_put(txn, FIRST, key, 8, value, size, err);
    }
    free(value);
    return ok;
}

#endif
