/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sys/stat.h>

#include "tests/unit/proto/store/store_check.h"

static void test_values_survive_and_tables_are_apart(void **state)
{
    struct store *store = open_store(*state, true, 64);
    struct store_txn *txn = begin(store, true);
    put(txn, FIRST, "key", "one");
    put(txn, SECOND, "key", "two");
    put(txn, FIRST, "empty", "");
    commit(txn);
    store_close(store);

    store = open_store(*state, false, 64);
    txn = begin(store, false);
    assert_value(txn, FIRST, "key", "one");
    assert_value(txn, SECOND, "key", "two");
    assert_value(txn, FIRST, "empty", "");
    assert_value(txn, SECOND, "empty", NULL);
    assert_int_equal(count(txn, FIRST), 2);
    store_abort(txn);
    store_close(store);
}

static void test_abort_leaves_nothing(void **state)
{
    struct store *store = open_store(*state, true, 64);
    struct store_txn *txn = begin(store, true);
    put(txn, FIRST, "key", "old");
    commit(txn);
    uint64_t version = store_version(store);
    txn = begin(store, true);
    put(txn, FIRST, "key", "new");
    put(txn, FIRST, "other", "new");
    store_abort(txn);
    store_abort(NULL);
    assert_true(store_version(store) == version);
    txn = begin(store, false);
    assert_value(txn, FIRST, "key", "old");
    assert_value(txn, FIRST, "other", NULL);
    store_abort(txn);
    store_close(store);
}

static void test_delete_tells_what_was_there(void **state)
{
    struct store *store = open_store(*state, true, 64);
    struct store_txn *txn = begin(store, true);
    struct err err = {0};
    bool existed = false;
    put(txn, FIRST, "key", "value");
    assert_true(store_delete(txn, FIRST, "key", 3, &existed, &err));
    assert_true(existed);
    assert_true(store_delete(txn, FIRST, "key", 3, &existed, &err));
    assert_false(existed);
    assert_true(store_delete(txn, FIRST, "key", 3, NULL, &err));
    assert_int_equal(count(txn, FIRST), 0);
    commit(txn);
    store_close(store);
}

static void test_files_are_private(void **state)
{
    const struct place *place = *state;
    mode_t before = umask(0);
    store_close(open_store(place, true, 64));
    umask(before);
    const char *const files[] = {"data.mdb", "lock.mdb"};
    struct stat stat_of;
    assert_int_equal(stat(place->path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0700);
    for (size_t i = 0; i < 2; i++) {
        char *path = file_join(place->path, files[i]);
        assert_int_equal(stat(path, &stat_of), 0);
        assert_int_equal(stat_of.st_mode & 0777, 0600);
        free(path);
    }
}

static void assert_open_fails(const struct place *place, bool create, uint32_t format,
                              enum err_code code)
{
    const struct store_schema other = schema_of(format);
    struct store *store = NULL;
    struct err err = {0};
    assert_false(store_open(place->path, create, &other, 64, &store, &err));
    assert_null(store);
    assert_int_equal(err.code, code);
}

static void test_open_refuses_missing_other_format_and_foreign_bytes(void **state)
{
    const struct place *place = *state;
    assert_open_fails(place, false, FORMAT, ERR_NOT_FOUND);
    assert_false(file_exists(place->path));
    store_close(open_store(place, true, 64));
    assert_open_fails(place, false, FORMAT + 1, ERR_VERSION);
    assert_open_fails(place, true, FORMAT - 1, ERR_VERSION);
    store_close(open_store(place, true, 64));

    char *data = file_join(place->path, "data.mdb");
    char junk[16384];
    memset(junk, 'x', sizeof junk);
    struct err err = {0};
    assert_true(file_write(data, junk, sizeof junk, 0600, &err));
    assert_open_fails(place, false, FORMAT, ERR_CORRUPT);
    assert_open_fails(place, true, FORMAT, ERR_CORRUPT);
    free(data);
}

static bool touch(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                  void *ctx, struct err *err)
{
    size_t *seen = ctx;
    (void)key;
    (void)value;
    (void)err;
    *seen += key_len > 0 && value_len > 0;
    return true;
}

/* A file that was cut is an error, not the end of the process. */
static void test_a_cut_file_is_corrupt(void **state)
{
    const struct place *place = *state;
    enum { ENTRIES = 2000 };
    struct store *store = open_store(place, true, 64);
    struct store_txn *txn = begin(store, true);
    struct err err = {0};
    uint8_t value[200] = {1};
    for (uint64_t i = 0; i < ENTRIES; i++) {
        uint8_t key[8];
        store_key_u64(key, i * 7919);
        assert_true(store_put(txn, FIRST, key, sizeof key, value, sizeof value, &err));
    }
    commit(txn);
    store_close(store);
    char *data = file_join(place->path, "data.mdb");
    assert_int_equal(truncate(data, 8 * 4096), 0);
    free(data);
    size_t seen = 0;
    bool whole = false;
    if (store_open(place->path, false, &schema, 64, &store, &err)) {
        txn = begin(store, false);
        whole = store_each(txn, FIRST, NULL, 0, touch, &seen, &err);
        store_abort(txn);
        store_close(store);
    }
    assert_false(whole);
    assert_int_equal(err.code, ERR_CORRUPT);
}

static void test_a_reader_keeps_its_snapshot(void **state)
{
    struct store *store = open_store(*state, true, 64);
    struct store_txn *txn = begin(store, true);
    put(txn, FIRST, "key", "old");
    commit(txn);
    struct store_txn *reader = begin(store, false);
    uint64_t version = store_version(store);
    txn = begin(store, true);
    put(txn, FIRST, "key", "new");
    commit(txn);
    assert_true(store_version(store) > version);
    struct store_txn *later = begin(store, false);
    assert_value(reader, FIRST, "key", "old");
    assert_value(later, FIRST, "key", "new");
    store_abort(reader);
    store_abort(later);
    store_close(store);
}

/* ---- order and ranges ---- */

struct walk {
    uint64_t keys[64];
    size_t n, stop_after;
    enum err_code stop_with;
};

static bool collect(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                    void *ctx, struct err *err)
{
    struct walk *walk = ctx;
    assert_int_equal(key_len, 8);
    assert_int_equal(value_len, 8);
    assert_memory_equal(key, value, 8);
    walk->keys[walk->n++] = store_key_read_u64(key);
    if (walk->n < walk->stop_after) return true;
    err->code = walk->stop_with;
    return false;
}

static bool each_from(struct store_txn *txn, const uint64_t *from, struct walk *walk,
                      struct err *err)
{
    uint8_t key[8];
    if (from) store_key_u64(key, *from);
    return store_each(txn, FIRST, from ? key : NULL, from ? 8 : 0, collect, walk, err);
}

static void test_each_goes_in_numeric_order(void **state)
{
    static const uint64_t values[] = {1,          255,     256, 65535,      65536,
                                      1ULL << 32, 1 << 24, 7,   1ULL << 63, UINT64_MAX};
    enum { N = sizeof values / sizeof values[0] };
    struct store *store = open_store(*state, true, 64);
    struct store_txn *txn = begin(store, true);
    struct err err = {.code = ERR_INTERNAL};
    struct walk walk = {.stop_after = 64};
    assert_true(each_from(txn, NULL, &walk, &err));
    assert_int_equal(walk.n, 0);
    for (size_t i = 0; i < N; i++) {
        uint8_t key[8];
        store_key_u64(key, values[i]);
        assert_true(store_put(txn, FIRST, key, 8, key, 8, &err));
    }
    assert_true(each_from(txn, NULL, &walk, &err));
    assert_int_equal(walk.n, N);
    for (size_t i = 1; i < N; i++) assert_true(walk.keys[i - 1] < walk.keys[i]);

    uint64_t from = 257;
    walk = (struct walk){.stop_after = 2};
    assert_true(each_from(txn, &from, &walk, &err));
    assert_int_equal(walk.n, 2);
    assert_true(walk.keys[0] == 65535 && walk.keys[1] == 65536);

    walk = (struct walk){.stop_after = 1, .stop_with = ERR_DENIED};
    assert_false(each_from(txn, NULL, &walk, &err));
    assert_int_equal(err.code, ERR_DENIED);
    store_abort(txn);
    store_close(store);
}

static void test_last(void **state)
{
    struct store *store = open_store(*state, true, 64);
    struct store_txn *txn = begin(store, true);
    const uint8_t *key = NULL, *value = NULL;
    size_t key_len = 0, value_len = 0;
    bool found = true;
    struct err err = {0};
    assert_true(store_last(txn, FIRST, &key, &key_len, &value, &value_len, &found, &err));
    assert_false(found);
    put(txn, FIRST, "b", "bee");
    put(txn, FIRST, "a", "ay");
    assert_true(store_last(txn, FIRST, &key, &key_len, &value, &value_len, &found, &err));
    assert_true(found);
    assert_int_equal(key_len, 1);
    assert_int_equal(*key, 'b');
    assert_int_equal(value_len, 3);
    assert_memory_equal(value, "bee", 3);
    store_abort(txn);
    store_close(store);
}

/* ---- limits ---- */

static void test_a_full_store_refuses_and_keeps_what_it_has(void **state)
{
    struct store *store = open_store(*state, true, 2);
    struct err err = {0};
    struct store_txn *txn = begin(store, true);
    assert_true(fill(txn, 0, 8, 65536, &err));
    commit(txn);
    txn = begin(store, true);
    assert_false(fill(txn, 8, 64, 65536, &err));
    assert_int_equal(err.code, ERR_BUDGET);
    assert_non_null(strstr(err.text, "limit of 2 MiB"));
    const struct place *place = *state;
    assert_non_null(strstr(err.text, place->path));
    assert_null(strstr(err.text, "config.json"));
    /* A transaction that failed once cannot be made durable in part. */
    assert_false(store_commit(txn, &err));
    txn = begin(store, true);
    assert_int_equal(count(txn, FIRST), 8);
    assert_true(fill(txn, 8, 1, 1000, &err));
    commit(txn);
    store_name_limit(store, "room_max_mib");
    txn = begin(store, true);
    assert_false(fill(txn, 9, 64, 65536, &err));
    assert_string_equal(err.field, "room_max_mib");
    assert_non_null(strstr(err.text, "2 MiB (room_max_mib in config.json)"));
    store_abort(txn);
    store_close(store);
}

static void test_one_large_transaction(void **state)
{
    const struct place *place = *state;
    struct store *store = open_store(place, true, 256);
    struct err err = {0};
    struct store_txn *txn = begin(store, true);
    assert_true(fill(txn, 0, 600, 65536, &err));
    commit(txn);
    txn = begin(store, false);
    assert_int_equal(count(txn, FIRST), 600);
    store_abort(txn);
    store_close(store);
    char *data = file_join(place->path, "data.mdb");
    struct stat stat_of;
    assert_int_equal(stat(data, &stat_of), 0);
    assert_true(stat_of.st_size < 64 << 20);
    free(data);
}

/* ---- threads and processes ---- */

struct reading {
    struct store *store;
    bool torn;
};

/* The writer keeps two entries equal in every commit; no reader may ever see them differ. */
static void *read_pairs(void *arg)
{
    struct reading *reading = arg;
    for (int i = 0; i < 300; i++) {
        struct store_txn *txn = NULL;
        struct err err = {0};
        const uint8_t *a = NULL, *b = NULL;
        size_t a_len = 0, b_len = 0;
        bool found_a = false, found_b = false;
        if (!store_begin(reading->store, false, &txn, &err) ||
            !store_get(txn, FIRST, "n", 1, &a, &a_len, &found_a, &err) ||
            !store_get(txn, SECOND, "n", 1, &b, &b_len, &found_b, &err) || found_a != found_b ||
            (found_a && memcmp(a, b, 8) != 0)) {
            reading->torn = true;
        }
        store_abort(txn);
    }
    return NULL;
}

static void write_pair(struct store *store, uint64_t value)
{
    uint8_t bytes[8];
    struct err err = {0};
    store_key_u64(bytes, value);
    struct store_txn *txn = begin(store, true);
    assert_true(store_put(txn, FIRST, "n", 1, bytes, 8, &err));
    assert_true(store_put(txn, SECOND, "n", 1, bytes, 8, &err));
    commit(txn);
}

static void test_many_readers_beside_a_writer(void **state)
{
    enum { READERS = 6 };
    struct store *store = open_store(*state, true, 64);
    struct reading readings[READERS];
    pthread_t threads[READERS];
    for (size_t i = 0; i < READERS; i++) {
        readings[i] = (struct reading){.store = store};
        assert_int_equal(pthread_create(&threads[i], NULL, read_pairs, &readings[i]), 0);
    }
    for (uint64_t i = 0; i < 40; i++) write_pair(store, i);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(readings[i].torn);
    }
    store_close(store);
}

static void test_version_sees_another_process(void **state)
{
    const struct place *place = *state;
    store_close(open_store(place, true, 64));
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char go = 0;
        if (read(ready[0], &go, 1) != 1) _exit(1);
        struct store *store = open_store(place, false, 64);
        write_pair(store, 1);
        store_close(store);
        _exit(0);
    }
    struct store *store = open_store(place, false, 64);
    uint64_t version = store_version(store);
    int status = -1;
    assert_int_equal(write(ready[1], "g", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(store_version(store) > version);
    struct store_txn *txn = begin(store, false);
    assert_int_equal(count(txn, FIRST), 1);
    store_abort(txn);
    store_close(store);
    close(ready[0]);
    close(ready[1]);
}

/* The child reads while this process holds a write transaction, which may take as long as it likes.
 */
static void test_a_reader_waits_for_no_writer(void **state)
{
    const struct place *place = *state;
    struct store *store = open_store(place, true, 64);
    struct store_txn *txn = begin(store, true);
    put(txn, FIRST, "key", "old");
    commit(txn);
    store_close(store);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char go = 0;
        struct err err = {0};
        if (read(ready[0], &go, 1) != 1) _exit(1);
        struct store *reader = NULL;
        if (!store_open_reader(place->path, &schema, 64, &reader, &err)) _exit(2);
        struct store_txn *reading = begin(reader, false);
        assert_value(reading, FIRST, "key", "old");
        store_abort(reading);
        store_close(reader);
        _exit(0);
    }
    store = open_store(place, false, 64);
    txn = begin(store, true);
    put(txn, FIRST, "key", "new");
    int status = -1;
    assert_int_equal(write(ready[1], "g", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    commit(txn);
    store_close(store);
    close(ready[0]);
    close(ready[1]);
}

static void test_a_reader_opens_only_what_is_whole(void **state)
{
    const struct place *place = *state;
    static const char *const other[] = {"first", "third"};
    const struct store_schema later = schema_of(FORMAT + 1);
    struct store_schema foreign = schema;
    foreign.tables = other;
    struct store *reader = NULL;
    struct err err = {0};
    assert_false(store_open_reader(place->path, &schema, 64, &reader, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_false(file_exists(place->path));
    store_close(open_store(place, true, 64));
    assert_false(store_open_reader(place->path, &later, 64, &reader, &err));
    assert_int_equal(err.code, ERR_VERSION);
    assert_false(store_open_reader(place->path, &foreign, 64, &reader, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_true(store_open_reader(place->path, &schema, 64, &reader, &err));
    struct store_txn *txn = begin(reader, false);
    assert_int_equal(count(txn, FIRST), 0);
    store_abort(txn);
    store_close(reader);
}

static void test_clear_empties_one_table(void **state)
{
    struct store *store = open_store(*state, true, 64);
    struct store_txn *txn = begin(store, true);
    struct err err = {0};
    for (int i = 0; i < 500; i++) {
        char key[8];
        (void)snprintf(key, sizeof key, "%d", i);
        put(txn, FIRST, key, "value");
    }
    put(txn, SECOND, "key", "stays");
    commit(txn);
    txn = begin(store, true);
    assert_true(store_clear(txn, FIRST, &err));
    assert_int_equal(count(txn, FIRST), 0);
    store_abort(txn);
    txn = begin(store, true);
    assert_int_equal(count(txn, FIRST), 500);
    assert_true(store_clear(txn, FIRST, &err));
    put(txn, FIRST, "new", "value");
    commit(txn);
    txn = begin(store, false);
    assert_int_equal(count(txn, FIRST), 1);
    assert_value(txn, SECOND, "key", "stays");
    store_abort(txn);
    store_close(store);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_values_survive_and_tables_are_apart),
        PLACED(test_abort_leaves_nothing),
        PLACED(test_delete_tells_what_was_there),
        PLACED(test_files_are_private),
        PLACED(test_open_refuses_missing_other_format_and_foreign_bytes),
        PLACED(test_a_cut_file_is_corrupt),
        PLACED(test_a_reader_keeps_its_snapshot),
        PLACED(test_each_goes_in_numeric_order),
        PLACED(test_last),
        PLACED(test_a_full_store_refuses_and_keeps_what_it_has),
        PLACED(test_one_large_transaction),
        PLACED(test_many_readers_beside_a_writer),
        PLACED(test_version_sees_another_process),
        PLACED(test_a_reader_waits_for_no_writer),
        PLACED(test_a_reader_opens_only_what_is_whole),
        PLACED(test_clear_empties_one_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
