/* SPDX-License-Identifier: Apache-2.0
 * Earlier formats are upgraded, whole or not at all; newer ones are refused and left as they are.
 */
#include "tests/unit/proto/store/store_check.h"

#include <lmdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <sodium.h>

#include "proto/base/version.h"

enum { OLD = 4, NEW = 6, ENTRIES = 3000, THIRD = 2 };

/* ---- a store of format 4: one table of texts ---- */
static const char *const old_names[] = {"first"};
static const struct store_schema old_schema = {.name = "store",
                                               .tables = old_names,
                                               .table_count = 1,
                                               .format = OLD,
                                               .oldest = OLD,
                                               .readable = OLD};

static void write_old(const struct place *place)
{
    struct store *store = NULL;
    struct err err = {0};
    assert_true(store_open(place->path, true, &old_schema, 64, &store, &err));
    struct store_txn *txn = begin(store, true);
    assert_true(fill(txn, 0, ENTRIES, 200, &err));
    commit(txn);
    store_close(store);
}

/* Takes the program's stamp out, as it was before there was one, and gives another format. */
static void restamp(const struct place *place, uint64_t format, const char *program)
{
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_dbi meta = 0;
    uint8_t bytes[8];
    MDB_val key = {6, (void *)(uintptr_t) "format"}, value = {8, bytes};
    MDB_val name = {7, (void *)(uintptr_t) "program"};
    store_key_u64(bytes, format);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 9), 0);
    assert_int_equal(mdb_env_set_mapsize(env, 64 << 20), 0);
    assert_int_equal(mdb_env_open(env, place->path, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "hearth", 0, &meta), 0);
    assert_int_equal(mdb_put(txn, meta, &key, &value, 0), 0);
    if (program) {
        value = (MDB_val){strlen(program), (void *)(uintptr_t)program};
        assert_int_equal(mdb_put(txn, meta, &name, &value, 0), 0);
    } else {
        assert_int_equal(mdb_del(txn, meta, &name, NULL), 0);
    }
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

/* ---- 4 to 5: into a new table, with another value; 5 to 6: one more entry ---- */

struct moving {
    struct store_txn *txn;
    size_t count;
};

static bool move_one(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                     void *ctx, struct err *err)
{
    struct moving *moving = ctx;
    uint8_t changed[256];
    assert_true(value_len < sizeof changed);
    memcpy(changed, value, value_len);
    changed[0] = 'n';
    moving->count++;
    return store_put(moving->txn, SECOND, key, key_len, changed, value_len, err);
}

static bool to_five(struct store_txn *txn, struct err *err)
{
    struct moving moving = {txn, 0};
    return store_each(txn, FIRST, NULL, 0, move_one, &moving, err) &&
           store_clear(txn, FIRST, err) && store_ask_rewrite(txn, err);
}

static bool to_six(struct store_txn *txn, struct err *err)
{
    return store_put(txn, THIRD, "six", 3, "6", 1, err);
}

static bool dies(struct store_txn *txn, struct err *err)
{
    (void)txn;
    (void)err;
    (void)raise(SIGKILL);
    return true;
}

static bool fails(struct store_txn *txn, struct err *err)
{
    return to_six(txn, err) && err_set(err, ERR_CORRUPT, "six", "a value is malformed");
}

static const char *const new_names[] = {"first", "second", "third"};

static struct store_schema new_schema(const store_upgrade_fn *upgrades)
{
    return (struct store_schema){.name = "store",
                                 .tables = new_names,
                                 .table_count = 3,
                                 .format = NEW,
                                 .oldest = OLD,
                                 .readable = NEW,
                                 .upgrades = upgrades};
}
static const store_upgrade_fn both[] = {to_five, to_six};

/* ---- what is there ---- */

static void assert_old(const struct place *place)
{
    struct store *store = NULL;
    struct store_info info;
    struct err err = {0};
    assert_true(store_inspect(place->path, &info, &err));
    assert_int_equal(info.format, OLD);
    assert_false(info.wants_rewrite);
    assert_true(store_open(place->path, false, &old_schema, 64, &store, &err));
    struct store_txn *txn = begin(store, false);
    assert_int_equal(count(txn, FIRST), ENTRIES);
    store_abort(txn);
    store_close(store);
}

static void assert_new(const struct place *place, const struct store_schema *to)
{
    struct store *store = NULL;
    struct err err = {0};
    if (!store_open(place->path, false, to, 64, &store, &err)) fail_msg("%s", err.text);
    struct store_txn *txn = begin(store, false);
    assert_int_equal(count(txn, FIRST), 0);
    assert_int_equal(count(txn, SECOND), ENTRIES);
    assert_value(txn, THIRD, "six", "6");
    store_abort(txn);
    store_close(store);
    struct store_info info;
    assert_true(store_inspect(place->path, &info, &err));
    assert_int_equal(info.format, NEW);
    assert_string_equal(info.program, HEARTH_VERSION);
    assert_true(info.wants_rewrite);
}

static void test_two_steps(void **state)
{
    const struct place *place = *state;
    const struct store_schema to = new_schema(both);
    write_old(place);
    assert_old(place);
    assert_new(place, &to);
    assert_new(place, &to); /* and once only: to_five would clear the table */
    struct store *store = NULL;
    struct err err = {0};
    assert_true(store_open(place->path, false, &to, 64, &store, &err));
    assert_true(store_rewrite(store, &err));
    store_close(store);
}

/* The first real one: from 1, without a program's stamp, to 2, with it. */
static void test_the_stamp_of_the_program(void **state)
{
    const struct place *place = *state;
    struct store_schema stamped = schema_of(1);
    struct store *store = NULL;
    struct store_info info;
    struct err err = {0};
    assert_true(store_open(place->path, true, &stamped, 64, &store, &err));
    struct store_txn *txn = begin(store, true);
    put(txn, FIRST, "key", "value");
    commit(txn);
    store_close(store);
    restamp(place, 1, NULL);
    assert_true(store_inspect(place->path, &info, &err));
    assert_int_equal(info.format, 1);
    assert_string_equal(info.program, "");
    stamped.format = 2;
    stamped.upgrades = store_upgrade_stamp_only;
    /* Who only reads takes it as it is, and leaves it so. */
    assert_true(store_open_reader(place->path, &stamped, 64, &store, &err));
    store_close(store);
    assert_true(store_inspect(place->path, &info, &err));
    assert_int_equal(info.format, 1);
    assert_true(store_open(place->path, false, &stamped, 64, &store, &err));
    txn = begin(store, false);
    assert_value(txn, FIRST, "key", "value");
    store_abort(txn);
    store_close(store);
    assert_true(store_inspect(place->path, &info, &err));
    assert_int_equal(info.format, 2);
    assert_string_equal(info.program, HEARTH_VERSION);
}

static void test_a_step_that_fails_changes_nothing(void **state)
{
    const struct place *place = *state;
    static const store_upgrade_fn broken[] = {to_five, fails};
    const struct store_schema to = new_schema(broken), good = new_schema(both);
    struct store *store = NULL;
    struct err err = {0};
    write_old(place);
    assert_false(store_open(place->path, false, &to, 64, &store, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(err.field, "six");
    assert_old(place);
    assert_new(place, &good);
}

static void open_and_die(const struct place *place, const struct store_schema *to)
{
    struct store *store = NULL;
    struct err err = {0};
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(store_open(place->path, false, to, 64, &store, &err) ? 1 : 2);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_killed_between_the_steps(void **state)
{
    const struct place *place = *state;
    static const store_upgrade_fn first[] = {dies, to_six}, second[] = {to_five, dies};
    const struct store_schema a = new_schema(first), b = new_schema(second),
                              good = new_schema(both);
    write_old(place);
    open_and_die(place, &a);
    assert_old(place);
    open_and_die(place, &b);
    assert_old(place);
    open_and_die(place, &b);
    assert_new(place, &good);
}

/* Killed at any instant, also while it commits: the old form or the new one. */
static void test_killed_at_any_instant(void **state)
{
    enum { KILLS = 80, WITHIN_US = 15000 };
    const struct place *place = *state;
    const struct store_schema to = new_schema(both);
    size_t before = 0, after = 0;
    for (int i = 0; i < KILLS; i++) {
        struct place one = {place->dir, mem_format("%s/%d", place->dir, i)};
        struct store_info info;
        struct err err = {0};
        write_old(&one);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct store *store = NULL;
            if (!store_open(one.path, false, &to, 64, &store, &err)) _exit(1);
            for (;;) (void)pause();
        }
        struct timespec wait = {.tv_nsec = 1000L * randombytes_uniform(WITHIN_US)};
        (void)ppoll(NULL, 0, &wait, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_true(store_inspect(one.path, &info, &err));
        if (info.format == OLD) {
            before++;
            assert_old(&one);
        } else {
            after++;
        }
        assert_new(&one, &to);
        free(one.path);
    }
    assert_true(before > 0 && after > 0);
}

static void test_a_full_disk_or_store_changes_nothing(void **state)
{
    const struct place *place = *state;
    const struct store_schema to = new_schema(both);
    struct store *store = NULL;
    struct err err = {0};
    struct rlimit before;
    write_old(place);
    assert_false(store_open(place->path, false, &to, 1, &store, &err)); /* of 1 MiB */
    assert_int_equal(err.code, ERR_BUDGET);
    assert_old(place);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t limit = 0; limit <= 384 << 10; limit += 64 << 10) {
        struct rlimit small = {.rlim_cur = limit, .rlim_max = before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        bool ok = store_open(place->path, false, &to, 64, &store, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_false(ok);
        assert_true(err.code == ERR_IO || err.code == ERR_BUDGET);
        assert_old(place);
    }
    (void)signal(SIGXFSZ, old);
    assert_new(place, &to);
}

/* A program of before has it open and goes on writing the old form. */
static void test_not_while_another_program_has_it_open(void **state)
{
    const struct place *place = *state;
    const struct store_schema to = new_schema(both);
    int ready[2], go[2];
    char byte = 0;
    write_old(place);
    assert_int_equal(pipe(ready) | pipe(go), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct store *store = NULL;
        struct err err = {0};
        if (!store_open(place->path, false, &old_schema, 64, &store, &err)) _exit(1);
        if (write(ready[1], "r", 1) != 1 || read(go[0], &byte, 1) != 1) _exit(2);
        struct store_txn *txn = begin(store, true);
        put(txn, FIRST, "late", "value");
        commit(txn);
        store_close(store);
        _exit(0);
    }
    struct store *store = NULL;
    struct err err = {0};
    int status = 0;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_false(store_open(place->path, false, &to, 64, &store, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(err.text, "another program has it open: stop that first"));
    assert_int_equal(write(go[1], "g", 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(store_open(place->path, false, &to, 64, &store, &err));
    struct store_txn *txn = begin(store, false);
    assert_int_equal(count(txn, SECOND), ENTRIES + 1);
    store_abort(txn);
    store_close(store);
    for (int i = 0; i < 2; i++) {
        (void)close(ready[i]);
        (void)close(go[i]);
    }
}

/* Two programs of today that start at once: one upgrades, the other waits for it. */
static void test_many_start_at_once(void **state)
{
    enum { CHILDREN = 8 };
    const struct place *place = *state;
    const struct store_schema to = new_schema(both);
    int go[2];
    pid_t pids[CHILDREN];
    write_old(place);
    assert_int_equal(pipe(go), 0);
    for (size_t i = 0; i < CHILDREN; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] > 0) continue;
        char byte = 0;
        struct store *store = NULL;
        struct err err = {0};
        (void)close(go[1]);
        if (read(go[0], &byte, 1) != 0) _exit(1);
        if (!store_open(place->path, false, &to, 64, &store, &err)) _exit(2);
        struct store_txn *txn = begin(store, false);
        if (count(txn, SECOND) != ENTRIES) _exit(3);
        store_abort(txn);
        store_close(store);
        _exit(0);
    }
    (void)close(go[0]);
    (void)close(go[1]);
    for (size_t i = 0; i < CHILDREN; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_new(place, &to);
}

static void assert_refused(const struct place *place, const struct store_schema *by,
                           const char *says)
{
    struct store *store = NULL;
    struct store_info before, after;
    struct err err = {0};
    assert_true(store_inspect(place->path, &before, &err));
    assert_false(store_open(place->path, true, by, 64, &store, &err));
    assert_int_equal(err.code, ERR_VERSION);
    assert_string_equal(err.field, "format");
    if (!strstr(err.text, says)) fail_msg("\"%s\" does not say \"%s\"", err.text, says);
    assert_false(store_open_reader(place->path, by, 64, &store, &err));
    assert_int_equal(err.code, ERR_VERSION);
    assert_true(store_inspect(place->path, &after, &err));
    assert_memory_equal(&before, &after, sizeof before);
}

static void test_newer_and_too_old_are_refused(void **state)
{
    const struct place *place = *state;
    const struct store_schema to = new_schema(both);
    struct store_schema later = new_schema(both);
    write_old(place);
    restamp(place, NEW + 3, "9.8.7");
    assert_refused(place, &to,
                   "the store store has format 9, written by version 9.8.7 of the programs");
    restamp(place, NEW + 3, NULL);
    assert_refused(place, &to, "(unknown)");
    restamp(place, OLD - 1, "0.0.9");
    assert_refused(place, &to, "upgrades from format 4 on");
    /* No way down. */
    restamp(place, OLD, "0.0.9");
    assert_new(place, &to);
    assert_refused(place, &old_schema, "knows formats up to 4");
    later.format = NEW;
    assert_new(place, &later);
}

static void test_a_reader_says_that_an_upgrade_is_wanted(void **state)
{
    const struct place *place = *state;
    const struct store_schema to = new_schema(both);
    struct store *store = NULL;
    struct err err = {0};
    write_old(place);
    assert_false(store_open_reader(place->path, &to, 64, &store, &err));
    assert_int_equal(err.code, ERR_VERSION);
    assert_non_null(strstr(err.text, "has to be upgraded to 6 first"));
    assert_old(place);
}

static void test_a_malformed_stamp_is_corrupt(void **state)
{
    const struct place *place = *state;
    static const char *const programs[] = {"\x1b[2J", "0.1 0", "\xff",
                                           "0123456789012345678901234567890123456789"};
    struct store *store = NULL;
    struct store_info info;
    struct err err = {0};
    write_old(place);
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        restamp(place, OLD, programs[i]);
        assert_false(store_open(place->path, false, &old_schema, 64, &store, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
        assert_false(store_inspect(place->path, &info, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        IN_PLACE(test_two_steps),
        IN_PLACE(test_the_stamp_of_the_program),
        IN_PLACE(test_a_step_that_fails_changes_nothing),
        IN_PLACE(test_killed_between_the_steps),
        IN_PLACE(test_killed_at_any_instant),
        IN_PLACE(test_a_full_disk_or_store_changes_nothing),
        IN_PLACE(test_not_while_another_program_has_it_open),
        IN_PLACE(test_many_start_at_once),
        IN_PLACE(test_newer_and_too_old_are_refused),
        IN_PLACE(test_a_reader_says_that_an_upgrade_is_wanted),
        IN_PLACE(test_a_malformed_stamp_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
