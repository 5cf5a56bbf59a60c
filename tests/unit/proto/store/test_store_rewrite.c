/* SPDX-License-Identifier: Apache-2.0
 * Rewriting: what was deleted is in no file any more, and nothing else is lost, whatever is killed
 * when and whoever else opens the store.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <sodium.h>

#include "tests/unit/proto/store/store_check.h"

/* ---- what is on disk ---- */

/* How many files below `dir` hold the text. */
static size_t files_with(const char *dir, const char *text)
{
    size_t found = 0;
    DIR *open_dir = opendir(dir);
    assert_non_null(open_dir);
    for (struct dirent *entry = readdir(open_dir); entry; entry = readdir(open_dir)) {
        struct buf bytes = {0};
        struct err err = {0};
        char *path = file_join(dir, entry->d_name);
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            found += files_with(path, text);
        } else if (entry->d_type == DT_REG) {
            assert_true(file_read(path, 1 << 30, &bytes, &err));
            found += bytes.len > 0 && memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
        }
        buf_free(&bytes);
        free(path);
    }
    (void)closedir(open_dir);
    return found;
}

static bool has(const struct place *place, const char *name)
{
    char *path = file_join(place->path, name);
    bool there = file_exists(path);
    free(path);
    return there;
}

/* ---- entries ---- */

enum { ENTRIES = 400, LONG = 9000 };

/* Some values are longer than a page. */
static size_t value_of(unsigned i, char out[LONG + 1])
{
    size_t len = i % 7 == 0 ? LONG : 20 + i % 300;
    (void)snprintf(out, LONG + 1, "<value %04u>", i);
    size_t start = strlen(out);
    if (len > start) memset(out + start, 'a' + (int)(i % 26), len - start);
    out[len > start ? len : start] = 0;
    return strlen(out);
}

static void put_entries(struct store *store)
{
    char key[16];
    char value[LONG + 1];
    struct store_txn *txn = begin(store, true);
    for (unsigned i = 0; i < ENTRIES; i++) {
        (void)snprintf(key, sizeof key, "key %u", i);
        (void)value_of(i, value);
        put(txn, i % 2, key, value);
    }
    commit(txn);
}

static void delete_in(struct store_txn *txn, unsigned i)
{
    char key[16];
    struct err err = {0};
    (void)snprintf(key, sizeof key, "key %u", i);
    assert_true(store_delete(txn, i % 2, key, strlen(key), NULL, &err));
}

static void delete_entry(struct store *store, unsigned i, bool ask)
{
    struct err err = {0};
    struct store_txn *txn = begin(store, true);
    delete_in(txn, i);
    if (ask) assert_true(store_ask_rewrite(txn, &err));
    commit(txn);
}

/* All entries but those whose number `gone` says yes to. */
static void assert_entries(struct store *store, bool (*gone)(unsigned i))
{
    char key[16];
    char value[LONG + 1];
    struct store_txn *txn = begin(store, false);
    for (unsigned i = 0; i < ENTRIES; i++) {
        (void)snprintf(key, sizeof key, "key %u", i);
        (void)value_of(i, value);
        assert_value(txn, i % 2, key, gone(i) ? NULL : value);
    }
    store_abort(txn);
}

static bool wanted(struct store *store)
{
    struct err err = {0};
    bool yes = false;
    assert_true(store_wants_rewrite(store, &yes, &err));
    return yes;
}

static void rewrite(struct store *store)
{
    struct err err = {0};
    if (!store_rewrite(store, &err)) fail_msg("%s", err.text);
}

static bool every_fifth(unsigned i)
{
    return i % 5 == 0;
}

/* In one transaction: later ones would use the pages that it frees. */
static void delete_every_fifth(struct store *store)
{
    struct err err = {0};
    struct store_txn *txn = begin(store, true);
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (every_fifth(i)) delete_in(txn, i);
    }
    assert_true(store_ask_rewrite(txn, &err));
    commit(txn);
}

static bool none(unsigned i)
{
    (void)i;
    return false;
}

/* ---- erasing ---- */

static void test_deleted_values_are_in_no_file(void **state)
{
    const struct place *place = *state;
    char value[LONG + 1];
    struct store *store = open_store(place, true, 64);
    put_entries(store);
    assert_false(wanted(store));
    delete_every_fifth(store);
    assert_true(wanted(store));
    size_t left = 0;
    for (unsigned i = 0; i < ENTRIES; i += 5) {
        (void)value_of(i, value);
        value[12] = 0;
        left += files_with(place->path, value);
    }
    assert_true(left > ENTRIES / 5 / 2); /* LMDB does keep most of them */

    rewrite(store);
    assert_false(wanted(store));
    assert_entries(store, every_fifth);
    for (unsigned i = 0; i < ENTRIES; i++) {
        (void)value_of(i, value);
        value[12] = 0;
        assert_int_equal(files_with(place->path, value), every_fifth(i) ? 0 : 1);
    }
    assert_false(has(place, "new"));
    put_entries(store); /* and it goes on */
    store_close(store);
    store = open_store(place, false, 64);
    assert_entries(store, none);
    store_close(store);
}

/* Pages are used again, in this process too: what stands behind a page's last entry is not the
 * rest of a deleted one. */
static void test_changed_values_too(void **state)
{
    const struct place *place = *state;
    struct store *store = open_store(place, true, 64);
    struct err err = {0};
    for (int round = 0; round < 5; round++) {
        put_entries(store);
        struct store_txn *txn = begin(store, true);
        put(txn, FIRST, "changed", "the old secret text");
        commit(txn);
        txn = begin(store, true);
        put(txn, FIRST, "changed", "new");
        assert_true(store_ask_rewrite(txn, &err));
        assert_true(store_ask_rewrite(txn, &err));
        commit(txn);
        assert_int_equal(files_with(place->path, "the old secret text"), 1);
        rewrite(store);
        assert_int_equal(files_with(place->path, "the old secret text"), 0);
    }
    store_close(store);
}

/* Whoever had the file open, or finds its blocks on the disk; but not under another name of it,
 * which somebody made on purpose. */
static void test_the_old_file_is_zeros(void **state)
{
    const struct place *place = *state;
    char *data = file_join(place->path, "data.mdb");
    char *other = file_join(place->dir, "other-name");
    struct store *store = open_store(place, true, 64);
    struct stat stat_of;
    put_entries(store);
    int fd = open(data, O_RDONLY | O_CLOEXEC);
    rewrite(store);
    assert_int_equal(fstat(fd, &stat_of), 0);
    assert_int_equal(stat_of.st_nlink, 0);
    assert_true(stat_of.st_size > 0);
    for (off_t at = 0; at < stat_of.st_size; at += 4096) {
        uint8_t page[4096];
        assert_int_equal(pread(fd, page, sizeof page, at), sizeof page);
        assert_true(sodium_is_zero(page, sizeof page));
    }
    (void)close(fd);
    assert_int_equal(link(data, other), 0);
    rewrite(store);
    assert_int_equal(files_with(place->dir, "<value 0001>"), 2);
    store_close(store);
    free(other);
    free(data);
}

static void test_an_asked_rewrite_is_forgotten_with_its_transaction(void **state)
{
    struct store *store = open_store(*state, true, 64);
    struct err err = {0};
    struct store_txn *txn = begin(store, true);
    assert_true(store_ask_rewrite(txn, &err));
    store_abort(txn);
    assert_false(wanted(store));
    store_close(store);
}

static void test_stamp_tables_and_version_survive(void **state)
{
    static const char *const fewer[] = {"second"};
    const struct place *place = *state;
    const struct store_schema later = schema_of(FORMAT + 1);
    struct store_schema less = schema;
    less.tables = fewer;
    less.table_count = 1;
    struct store *store = open_store(place, true, 64);
    struct err err = {0};
    put_entries(store);
    for (unsigned i = 0; i < 20; i++) delete_entry(store, 0, true);
    uint64_t version = store_version(store);
    for (int i = 0; i < 3; i++) {
        rewrite(store);
        assert_true(store_version(store) > version);
        version = store_version(store);
    }
    store_close(store);
    /* A program that knows one table of them leaves the others alone. */
    assert_true(store_open(place->path, false, &less, 64, &store, &err));
    assert_true(store_version(store) >= version);
    rewrite(store);
    store_close(store);
    assert_false(store_open(place->path, false, &later, 64, &store, &err));
    assert_int_equal(err.code, ERR_VERSION);
    store = open_store(place, false, 64);
    assert_true(store_version(store) > version);
    version = store_version(store);
    delete_entry(store, 1, false);
    assert_true(store_version(store) > version);
    struct store_txn *txn = begin(store, false);
    assert_int_equal(count(txn, FIRST) + count(txn, SECOND), ENTRIES - 2);
    store_abort(txn);
    store_close(store);
}

static void test_a_large_store(void **state)
{
    struct store *store = open_store(*state, true, 256);
    struct err err = {0};
    struct store_txn *txn = begin(store, true);
    assert_true(fill(txn, 0, 1100, 65536, &err)); /* more than two transactions' worth */
    commit(txn);
    rewrite(store);
    txn = begin(store, false);
    assert_int_equal(count(txn, FIRST), 1100);
    store_abort(txn);
    store_close(store);
}

/* ---- what stands in the way ---- */

static void test_leftovers_of_a_crash_are_removed(void **state)
{
    const struct place *place = *state;
    struct store *store = open_store(place, true, 64);
    struct err err = {0};
    char *scratch = file_join(place->path, "new");
    char *data = file_join(scratch, "data.mdb");
    put_entries(store);
    assert_true(file_make_dirs(scratch, 0700, &err));
    assert_true(file_write(data, "half a file", 11, 0600, &err));
    rewrite(store);
    assert_false(file_exists(scratch));
    assert_entries(store, none);
    store_close(store);
    free(data);
    free(scratch);
}

static void test_a_full_disk_changes_nothing(void **state)
{
    const struct place *place = *state;
    struct store *store = open_store(place, true, 64);
    struct err err = {0};
    struct rlimit before;
    put_entries(store);
    delete_entry(store, 0, true);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t limit = 0; limit <= 256 << 10; limit += 32 << 10) {
        struct rlimit small = {.rlim_cur = limit, .rlim_max = before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        bool ok = store_rewrite(store, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_false(ok);
        assert_true(err.code == ERR_IO || err.code == ERR_BUDGET);
        assert_true(wanted(store));
        assert_false(has(place, "new"));
        delete_entry(store, 0, true);
        struct store_txn *txn = begin(store, false);
        assert_int_equal(count(txn, FIRST) + count(txn, SECOND), ENTRIES - 1);
        store_abort(txn);
    }
    (void)signal(SIGXFSZ, old);
    rewrite(store);
    assert_false(wanted(store));
    store_close(store);
}

/* ---- other processes ---- */

/* A child that runs `work` once it is told to; its exit code tells how it went. */
struct child {
    pid_t pid;
    int go, told; /* this process writes to go, and reads from told */
};

static struct child start(void (*work)(const struct place *place, int go, int told),
                          const struct place *place)
{
    int go[2], told[2];
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(told), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(go[1]);
        (void)close(told[0]);
        work(place, go[0], told[1]);
        _exit(0);
    }
    (void)close(go[0]);
    (void)close(told[1]);
    return (struct child){.pid = pid, .go = go[1], .told = told[0]};
}

static void say(int fd)
{
    if (write(fd, "x", 1) != 1) _exit(9);
}

static void hear(int fd)
{
    char byte = 0;
    if (read(fd, &byte, 1) != 1) _exit(8);
}

static void finish(struct child *child)
{
    int status = -1;
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    assert_int_equal(status, 0);
    (void)close(child->go);
    (void)close(child->told);
}

static void hold_open(const struct place *place, int go, int told)
{
    struct store *store = open_store(place, false, 64);
    say(told);
    hear(go);
    struct store_txn *txn = begin(store, true);
    put(txn, FIRST, "theirs", "written");
    commit(txn);
    store_close(store);
    say(told);
}

static void test_refused_while_another_process_has_it_open(void **state)
{
    const struct place *place = *state;
    struct err err = {0};
    struct store *store = open_store(place, true, 64);
    bool done = false;
    put_entries(store);
    store_close(store);
    struct child child = start(hold_open, place);
    hear(child.told);
    store = open_store(place, false, 64);
    assert_true(store_rewrite_where_wanted(store, &done, &err)); /* nothing is wanted */
    assert_true(done);
    delete_entry(store, 0, true);
    assert_true(store_rewrite_where_wanted(store, &done, &err));
    assert_false(done);
    for (int i = 0; i < 3; i++) {
        assert_false(store_rewrite(store, &err));
        assert_int_equal(err.code, ERR_UNAVAILABLE);
        assert_true(wanted(store));
    }
    say(child.go);
    hear(child.told);
    finish(&child);
    assert_true(store_rewrite_where_wanted(store, &done, &err));
    assert_true(done);
    assert_false(wanted(store));
    struct store_txn *txn = begin(store, false);
    assert_value(txn, FIRST, "theirs", "written");
    store_abort(txn);
    store_close(store);
}

static void open_once(const struct place *place, int go, int told)
{
    hear(go);
    say(told);
    struct store *store = open_store(place, false, 64);
    say(told);
    store_close(store);
}

static void test_who_opens_meanwhile_waits(void **state)
{
    const struct place *place = *state;
    store_close(open_store(place, true, 64));
    struct child child = start(open_once, place);
    char *path = file_join(place->path, "open.lock");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
    say(child.go);
    hear(child.told);
    struct pollfd opened = {.fd = child.told, .events = POLLIN};
    assert_int_equal(poll(&opened, 1, 100), 0);
    (void)close(fd);
    hear(child.told);
    finish(&child);
    free(path);
}

static void add_one(struct store *store)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    uint8_t bytes[8];
    struct err err = {0};
    struct store_txn *txn = begin(store, true);
    assert_true(store_get(txn, FIRST, "sum", 3, &value, &len, &found, &err));
    store_key_u64(bytes, (found ? store_key_read_u64(value) : 0) + 1);
    assert_true(store_put(txn, FIRST, "sum", 3, bytes, 8, &err));
    commit(txn);
}

static uint64_t sum_of(struct store *store)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    struct err err = {0};
    struct store_txn *txn = begin(store, false);
    assert_true(store_get(txn, FIRST, "sum", 3, &value, &len, &found, &err));
    uint64_t sum = found ? store_key_read_u64(value) : 0;
    store_abort(txn);
    return sum;
}

enum { ADDITIONS = 100 };

static void add_many(const struct place *place, int go, int told)
{
    hear(go);
    struct store *store = open_store(place, false, 64);
    say(told);
    for (int i = 0; i < ADDITIONS; i++) add_one(store);
    store_close(store);
}

/* After a rewrite two processes still see each other: the one that rewrote goes on with a lock file
 * of which the other must open the same. */
static void test_writers_exclude_each_other_after_a_rewrite(void **state)
{
    const struct place *place = *state;
    store_close(open_store(place, true, 64));
    struct child child = start(add_many, place);
    struct store *store = open_store(place, false, 64);
    add_one(store);
    rewrite(store);
    uint64_t version = store_version(store);
    say(child.go);
    hear(child.told);
    for (int i = 0; i < ADDITIONS; i++) add_one(store);
    finish(&child);
    assert_int_equal(sum_of(store), 2 * ADDITIONS + 1);
    assert_int_equal(store_version(store), version + 2 * ADDITIONS);
    store_close(store);
}

enum { REWRITES = 5 };

/* Tells of every addition ('a') and rewrite ('r'). A pause after a refusal lets others be alone. */
static void open_add_rewrite(const struct place *place, int go, int told)
{
    struct err err = {0};
    hear(go);
    for (int adds = 0, rewrites = 0; adds < ADDITIONS || rewrites < REWRITES; adds++) {
        struct store *store = open_store(place, false, 64);
        add_one(store);
        bool done = store_rewrite(store, &err);
        if (!done && err.code != ERR_UNAVAILABLE) _exit(7);
        rewrites += done;
        store_close(store);
        if (write(told, done ? "ar" : "a", done ? 2 : 1) < 1) _exit(6);
        if (!done) (void)poll(NULL, 0, (int)randombytes_uniform(8));
    }
}

/* Adds what a child told to the two counts. */
static void count_told(struct child *child, uint64_t *adds, uint64_t *rewrites)
{
    char bytes[256];
    ssize_t n = 0;
    while ((n = read(child->told, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < n; i++) (*(bytes[i] == 'a' ? adds : rewrites))++;
    }
    assert_int_equal(n, 0);
}

static void test_many_processes_open_write_and_rewrite(void **state)
{
    enum { CHILDREN = 3 };
    const struct place *place = *state;
    struct child children[CHILDREN];
    uint64_t adds = 0, rewrites = 0;
    store_close(open_store(place, true, 64));
    for (size_t i = 0; i < CHILDREN; i++) children[i] = start(open_add_rewrite, place);
    for (size_t i = 0; i < CHILDREN; i++) say(children[i].go);
    for (size_t i = 0; i < CHILDREN; i++) {
        count_told(&children[i], &adds, &rewrites);
        finish(&children[i]);
    }
    struct store *store = open_store(place, false, 64);
    assert_int_equal(sum_of(store), adds);
    assert_true(rewrites >= CHILDREN * REWRITES);
    store_close(store);
}

/* ---- killed ---- */

enum { KILLS = 300, KILL_WITHIN_US = 20000 };

/* Counts in `committed`, which both processes see, what it has been told is durable. */
static void work_until_killed(const struct place *place, volatile uint64_t *committed)
{
    struct err err = {0};
    struct store *store = open_store(place, false, 64);
    for (;;) {
        struct store_txn *txn = begin(store, true);
        if (!store_ask_rewrite(txn, &err)) _exit(1);
        commit(txn);
        add_one(store);
        *committed += 1;
        if (!store_rewrite(store, &err)) _exit(2);
    }
}

static void kill_once(const struct place *place, volatile uint64_t *committed)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        work_until_killed(place, committed);
        _exit(3);
    }
    struct timespec wait = {.tv_nsec = 1000L * randombytes_uniform(KILL_WITHIN_US)};
    (void)ppoll(NULL, 0, &wait, NULL);
    assert_int_equal(kill(pid, SIGKILL), 0);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status)); /* nothing failed before */
}

static void test_killed_at_any_instant_nothing_is_lost(void **state)
{
    const struct place *place = *state;
    uint64_t *committed =
        mmap(NULL, sizeof *committed, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(committed, MAP_FAILED);
    size_t cut_short = 0;
    struct store *store = open_store(place, true, 64);
    put_entries(store);
    store_close(store);
    for (int i = 0; i < KILLS; i++) {
        kill_once(place, committed);
        cut_short += has(place, "new");
        store = open_store(place, false, 64);
        assert_entries(store, none);
        uint64_t sum = sum_of(store);
        assert_true(sum == *committed || sum == *committed + 1);
        *committed = sum;
        store_close(store);
    }
    assert_true(cut_short > 0); /* some of them were in the middle of it */
    store = open_store(place, false, 64);
    rewrite(store);
    assert_false(has(place, "new"));
    assert_entries(store, none);
    store_close(store);
    (void)munmap(committed, sizeof *committed);
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        IN_PLACE(test_deleted_values_are_in_no_file),
        IN_PLACE(test_changed_values_too),
        IN_PLACE(test_the_old_file_is_zeros),
        IN_PLACE(test_an_asked_rewrite_is_forgotten_with_its_transaction),
        IN_PLACE(test_stamp_tables_and_version_survive),
        IN_PLACE(test_a_large_store),
        IN_PLACE(test_leftovers_of_a_crash_are_removed),
        IN_PLACE(test_a_full_disk_changes_nothing),
        IN_PLACE(test_refused_while_another_process_has_it_open),
        IN_PLACE(test_who_opens_meanwhile_waits),
        IN_PLACE(test_writers_exclude_each_other_after_a_rewrite),
        IN_PLACE(test_many_processes_open_write_and_rewrite),
        IN_PLACE(test_killed_at_any_instant_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
