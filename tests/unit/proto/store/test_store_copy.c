/* SPDX-License-Identifier: Apache-2.0
 * Copies of stores that are in use, and looks at them from outside.
 */
#include "tests/unit/proto/store/store_check.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <sodium.h>

#include "proto/base/version.h"

enum { ENTRIES = 500 };

static char *beside(const struct place *place, const char *name)
{
    return file_join(place->dir, name);
}

static void write_entries(const struct place *place)
{
    struct store *store = open_store(place, true, 64);
    struct store_txn *txn = begin(store, true);
    struct err err = {0};
    assert_true(fill(txn, 0, ENTRIES, 300, &err));
    put(txn, SECOND, "gone", "SECRET-THAT-IS-DELETED");
    commit(txn);
    txn = begin(store, true);
    assert_true(store_delete(txn, SECOND, "gone", 4, NULL, &err));
    assert_true(store_ask_rewrite(txn, &err));
    put(txn, SECOND, "stays", "value");
    commit(txn);
    store_close(store);
}

static bool file_holds(const char *directory, const char *text)
{
    struct buf bytes = {0};
    struct err err = {0};
    char *path = file_join(directory, "data.mdb");
    assert_true(file_read(path, 64 << 20, &bytes, &err));
    bool found = memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
    free(path);
    buf_free(&bytes);
    return found;
}

static void test_a_copy_has_everything_and_nothing_of_what_was_deleted(void **state)
{
    const struct place *place = *state;
    char *to = beside(place, "copy");
    struct store_info info, original;
    struct err err = {0};
    write_entries(place);
    assert_true(file_holds(place->path, "SECRET-THAT-IS-DELETED"));
    assert_true(store_inspect(place->path, &original, &err));
    assert_true(original.wants_rewrite);
    if (!store_copy(place->path, to, &info, &err)) fail_msg("%s", err.text);
    assert_false(file_holds(to, "SECRET-THAT-IS-DELETED"));
    assert_int_equal(support_count_files(to), 1); /* data.mdb alone */
    assert_int_equal(info.format, FORMAT);
    assert_string_equal(info.program, HEARTH_VERSION);
    assert_false(info.wants_rewrite);
    struct place copy = {place->dir, to};
    struct store *a = open_store(place, false, 64), *b = open_store(&copy, false, 64);
    assert_true(store_version(b) >= store_version(a));
    struct store_txn *txn = begin(b, false);
    assert_int_equal(count(txn, FIRST), ENTRIES);
    assert_int_equal(count(txn, SECOND), 1);
    assert_value(txn, SECOND, "stays", "value");
    store_abort(txn);
    store_close(a);
    store_close(b);
    free(to);
}

static void test_what_cannot_be_copied(void **state)
{
    const struct place *place = *state;
    char *to = beside(place, "copy"), *data = file_join(place->path, "data.mdb");
    struct store_info info;
    struct err err = {0};
    assert_false(store_copy(place->path, to, &info, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_false(store_inspect(place->path, &info, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_false(file_exists(to) || file_exists(place->path));
    write_entries(place);
    assert_int_equal(truncate(data, 8192), 0);
    assert_false(store_copy(place->path, to, &info, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(store_inspect(place->path, &info, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(file_exists(to));
    char junk[16384];
    memset(junk, 'x', sizeof junk);
    assert_true(file_write(data, junk, sizeof junk, 0600, &err));
    assert_false(store_copy(place->path, to, &info, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_true(file_write(data, "", 0, 0600, &err));
    assert_false(store_copy(place->path, to, &info, &err));
    assert_false(store_inspect(place->path, &info, &err));
    assert_false(file_exists(to));
    free(data);
    free(to);
}

/* The bytes of every file, one behind the other, by name. */
static void digest(const char *directory, uint8_t out[32])
{
    static const char *const files[] = {"data.mdb", "lock.mdb", "open.lock"};
    crypto_generichash_state hash;
    (void)crypto_generichash_init(&hash, NULL, 0, 32);
    for (size_t i = 0; i < 3; i++) {
        struct buf bytes = {0};
        struct err err = {0};
        char *path = file_join(directory, files[i]);
        uint8_t there = file_exists(path) && file_read(path, 64 << 20, &bytes, &err);
        (void)crypto_generichash_update(&hash, &there, 1);
        (void)crypto_generichash_update(&hash, bytes.data, bytes.len);
        buf_free(&bytes);
        free(path);
    }
    (void)crypto_generichash_final(&hash, out, 32);
}

static void test_a_look_changes_nothing(void **state)
{
    const struct place *place = *state;
    char *lock = file_join(place->path, "lock.mdb");
    struct store_info info;
    struct err err = {0};
    uint8_t before[32], after[32];
    write_entries(place);
    for (int i = 0; i < 2; i++) {
        digest(place->path, before);
        assert_true(store_inspect(place->path, &info, &err));
        assert_true(info.bytes > 0);
        digest(place->path, after);
        assert_memory_equal(before, after, 32);
        (void)unlink(lock); /* and without one, as after a restore */
    }
    assert_false(file_exists(lock));
    /* While it is in use, too, but for the table of readers. */
    struct store *store = open_store(place, false, 64);
    store_close(store);
    free(lock);
}

/* ---- while others write ---- */

/* Counts in two tables at once, in small transactions, with rewrites between. */
static void count_up(const struct place *place, volatile uint64_t *told, int go)
{
    struct store *store = open_store(place, false, 64);
    struct err err = {0};
    struct pollfd stop = {.fd = go, .events = POLLIN};
    for (uint64_t n = 1; poll(&stop, 1, 0) == 0; n++) {
        uint8_t value[8];
        store_key_u64(value, n);
        struct store_txn *txn = begin(store, true);
        if (!store_put(txn, FIRST, "n", 1, value, 8, &err) ||
            !store_put(txn, SECOND, "n", 1, value, 8, &err) || !store_ask_rewrite(txn, &err)) {
            _exit(1);
        }
        commit(txn);
        *told = n;
        bool done = false;
        if (n % 4 == 0 && !store_rewrite_where_wanted(store, &done, &err)) _exit(2);
    }
    store_close(store);
    _exit(0);
}

static uint64_t number_in(struct store *store, size_t table)
{
    struct store_txn *txn = begin(store, false);
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    struct err err = {0};
    assert_true(store_get(txn, table, "n", 1, &value, &len, &found, &err));
    uint64_t n = found ? store_key_read_u64(value) : 0;
    store_abort(txn);
    return n;
}

static void test_copies_while_others_write_and_rewrite(void **state)
{
    enum { COPIES = 60 };
    const struct place *place = *state;
    volatile uint64_t *told =
        mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int go[2];
    write_entries(place);
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) count_up(place, told, go[0]);
    while (*told == 0) (void)poll(NULL, 0, 1);
    uint64_t newest = 0;
    for (int i = 0; i < COPIES; i++) {
        char *to = mem_format("%s/copy-%d", place->dir, i);
        struct place copy = {place->dir, to};
        struct store_info info;
        struct err err = {0};
        uint64_t before = *told; /* acknowledged: must be in it */
        if (!store_copy(place->path, to, &info, &err)) fail_msg("%s", err.text);
        struct store *store = open_store(&copy, false, 64);
        uint64_t n = number_in(store, FIRST);
        assert_int_equal(n, number_in(store, SECOND)); /* one state of both */
        assert_true(n >= before && n >= newest);
        newest = n;
        struct store_txn *txn = begin(store, false);
        assert_int_equal(count(txn, FIRST), ENTRIES + 1);
        store_abort(txn);
        store_close(store);
        free(to);
    }
    assert_int_equal(write(go[1], "s", 1), 1);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(newest > 1);
}

/* A writer that stops in the middle of a transaction does not hold a copy up. */
static void test_a_copy_waits_for_no_writer(void **state)
{
    const struct place *place = *state;
    char *to = beside(place, "copy");
    struct store_info info;
    struct err err = {0};
    int ready[2];
    char byte = 0;
    write_entries(place);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct store *store = open_store(place, false, 64);
        struct store_txn *txn = begin(store, true);
        put(txn, SECOND, "half", "done");
        if (write(ready[1], "r", 1) != 1) _exit(1);
        for (;;) (void)pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    if (!store_copy(place->path, to, &info, &err)) fail_msg("%s", err.text);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    struct place copy = {place->dir, to};
    struct store *store = open_store(&copy, false, 64);
    struct store_txn *txn = begin(store, false);
    assert_value(txn, SECOND, "half", NULL);
    store_abort(txn);
    store_close(store);
    free(to);
}

static void test_a_full_disk_leaves_no_copy(void **state)
{
    const struct place *place = *state;
    char *to = beside(place, "copy");
    struct store_info info;
    struct err err = {0};
    struct rlimit before;
    write_entries(place);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t limit = 0; limit <= 128 << 10; limit += 32 << 10) {
        struct rlimit small = {.rlim_cur = limit, .rlim_max = before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        bool ok = store_copy(place->path, to, &info, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_false(ok);
        assert_true(err.code == ERR_IO || err.code == ERR_BUDGET);
        assert_false(file_exists(to));
    }
    (void)signal(SIGXFSZ, old);
    assert_true(store_copy(place->path, to, &info, &err));
    free(to);
}

static void test_the_gap_of_a_restore(void **state)
{
    const struct place *place = *state;
    const struct store_gap gap = {1000, 5000}, later = {6000, 9000};
    struct store_gap found;
    struct store_info info;
    struct err err = {0};
    write_entries(place);
    assert_true(store_inspect(place->path, &info, &err));
    assert_true(info.gap.from_ms == 0 && info.gap.to_ms == 0);
    assert_true(store_set_gap(place->path, &gap, &err));
    assert_true(store_set_gap(place->path, &later, &err));
    struct store *store = open_store(place, false, 64);
    assert_true(store_rewrite(store, &err)); /* it stays */
    struct store_txn *txn = begin(store, false);
    assert_true(store_get_gap(txn, &found, &err));
    assert_int_equal(found.from_ms, 6000);
    assert_int_equal(found.to_ms, 9000);
    store_abort(txn);
    store_close(store);
    assert_true(store_inspect(place->path, &info, &err));
    assert_int_equal(info.gap.to_ms, 9000);
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        IN_PLACE(test_a_copy_has_everything_and_nothing_of_what_was_deleted),
        IN_PLACE(test_what_cannot_be_copied),
        IN_PLACE(test_a_look_changes_nothing),
        IN_PLACE(test_copies_while_others_write_and_rewrite),
        IN_PLACE(test_a_copy_waits_for_no_writer),
        IN_PLACE(test_a_full_disk_leaves_no_copy),
        IN_PLACE(test_the_gap_of_a_restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
