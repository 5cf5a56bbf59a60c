/* SPDX-License-Identifier: Apache-2.0
 * Backups of homes, checked and restored; damaged, foreign and later ones; kills and full disks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/backup/backup_internal.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"

/* ---- a program with two stores: what is spent stands in one, what was sent in the other ---- */

static const char *const names[] = {"table"};
static const struct store_schema sent_schema = {
    .name = "sent", .tables = names, .table_count = 1, .format = 3, .oldest = 2, .readable = 3};
static const struct store_schema spent_schema = {
    .name = "spent", .tables = names, .table_count = 1, .format = 5, .oldest = 5, .readable = 5};
static const struct backup_item items[] = {
    {.name = "sent", .schema = &sent_schema},
    {.name = "spent", .schema = &spent_schema},
    {.name = "shared", .schema = &spent_schema, .not_linked = true},
    {.name = "settings", .needed = true},
    {.name = "evidence-*.json"},
    {.name = "key", .needed = true},
};
static const char *const temporary[] = {"status.json", NULL};
static const struct backup_plan plan = {.program = "hearth-test",
                                        .kind = "test",
                                        .items = items,
                                        .count = sizeof items / sizeof items[0],
                                        .key_file = "key",
                                        .temporary = temporary};

struct place {
    char *dir, *home, *to, *fresh;
};

static void must(bool ok, const struct err *err)
{
    if (!ok) fail_msg("%s: %s", err->field, err->text);
}

static void write_file(const char *directory, const char *name, const char *text)
{
    struct err err = {0};
    char *path = file_join(directory, name);
    must(file_write(path, text, strlen(text), 0644, &err), &err);
    free(path);
}

static struct store *open_store(const char *home, const struct store_schema *schema)
{
    struct store *store = NULL;
    struct err err = {0};
    char *path = file_join(home, schema->name);
    must(store_open(path, true, schema, 64, &store, &err), &err);
    free(path);
    return store;
}

static void put_number(struct store *store, uint64_t number)
{
    struct store_txn *txn = NULL;
    struct err err = {0};
    uint8_t value[8];
    store_key_u64(value, number);
    must(store_begin(store, true, &txn, &err), &err);
    must(store_put(txn, 0, "n", 1, value, 8, &err), &err);
    must(store_commit(txn, &err), &err);
}

static uint64_t number_in(const char *home, const struct store_schema *schema)
{
    struct store *store = open_store(home, schema);
    struct store_txn *txn = NULL;
    struct err err = {0};
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    must(store_begin(store, false, &txn, &err), &err);
    must(store_get(txn, 0, "n", 1, &value, &len, &found, &err), &err);
    uint64_t number = found ? store_key_read_u64(value) : 0;
    store_abort(txn);
    store_close(store);
    return number;
}

static int make_place(void **state)
{
    struct place *place = mem_new(struct place);
    struct err err = {0};
    place->dir = support_temp_dir();
    place->home = file_join(place->dir, "home");
    place->to = file_join(place->dir, "backups/monday");
    char *parent = file_directory(place->to);
    must(file_make_dirs(parent, 0700, &err), &err);
    free(parent);
    place->fresh = file_join(place->dir, "fresh");
    must(file_make_dirs(place->home, 0700, &err), &err);
    write_file(place->home, "settings", "{}\n");
    write_file(place->home, "key", "sealed\n");
    write_file(place->home, "evidence-1.json", "{\"a\":1}");
    write_file(place->home, "evidence-2.json", "{\"a\":2}");
    write_file(place->home, "status.json", "{}");
    write_file(place->home, "notes of mine.txt", "mine");
    const struct store_schema *const schemas[] = {&sent_schema, &spent_schema};
    for (size_t i = 0; i < 2; i++) {
        struct store *store = open_store(place->home, schemas[i]);
        put_number(store, 1);
        store_close(store);
    }
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    support_temp_dir_remove(place->dir);
    free(place->home);
    free(place->to);
    free(place->fresh);
    free(place);
    return 0;
}

static void make(const struct place *place)
{
    struct backup_report report;
    struct err err = {0};
    must(backup_make(&plan, place->home, place->to, &report, &err), &err);
    backup_report_free(&report);
}

static bool there(const char *directory, const char *name)
{
    char *path = file_join(directory, name);
    bool so = file_exists(path);
    free(path);
    return so;
}

static unsigned mode_of(const char *directory, const char *name)
{
    struct stat info;
    char *path = file_join(directory, name);
    assert_int_equal(stat(path, &info), 0);
    free(path);
    return info.st_mode & 07777;
}

/* ---- a backup and its restore ---- */

static void test_what_is_copied(void **state)
{
    const struct place *place = *state;
    struct backup_report report;
    struct err err = {0};
    must(backup_make(&plan, place->home, place->to, &report, &err), &err);
    assert_int_equal(report.count, 6);
    assert_int_equal(report.left_out_count, 1); /* the lock and the status are of no use */
    assert_string_equal(report.left_out[0], "notes of mine.txt");
    assert_true(report.begun_ms > 0 && report.ended_ms >= report.begun_ms);
    backup_report_free(&report);
    assert_int_equal(support_count_files(place->to), 7);
    assert_int_equal(mode_of(place->dir, "backups/monday"), 0700);
    assert_int_equal(mode_of(place->to, "sent"), 0700);
    static const char *const files[] = {"key",           "settings",       "evidence-1.json",
                                        "sent/data.mdb", "spent/data.mdb", "manifest.json"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        assert_int_equal(mode_of(place->to, files[i]), 0600);
    }
    assert_false(there(place->dir, "backups/monday.partial"));
    assert_false(there(place->to, "status.json"));
    must(backup_check(&plan, place->to, &report, &err), &err);
    assert_int_equal(report.count, 6);
    assert_int_equal(report.entries[0].format, 3);
    backup_report_free(&report);
}

static void test_a_home_is_made_of_it(void **state)
{
    const struct place *place = *state;
    struct backup_report report;
    struct store_info info;
    struct err err = {0};
    make(place);
    int64_t before_ms = clock_wall_ms();
    must(backup_restore(&plan, place->to, place->fresh, &report, &err), &err);
    int64_t begun_ms = report.begun_ms;
    backup_report_free(&report);
    assert_int_equal(support_count_files(place->fresh), 6);
    assert_int_equal(number_in(place->fresh, &sent_schema), 1);
    assert_int_equal(number_in(place->fresh, &spent_schema), 1);
    char *store = file_join(place->fresh, "spent");
    must(store_inspect(store, &info, &err), &err);
    assert_int_equal(info.gap.from_ms, begun_ms);
    assert_true(info.gap.to_ms >= before_ms && info.gap.to_ms <= clock_wall_ms());
    free(store);
    /* Not into a home that is one. */
    assert_false(backup_restore(&plan, place->to, place->fresh, &report, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_false(backup_restore(&plan, place->to, place->home, &report, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_true(there(place->home, "key"));
    /* But into an empty directory. */
    char *empty = file_join(place->dir, "empty");
    must(file_make_dirs(empty, 0750, &err), &err);
    must(backup_restore(&plan, place->to, empty, &report, &err), &err);
    backup_report_free(&report);
    assert_int_equal(support_count_files(empty), 6);
    free(empty);
}

static void test_what_is_shared_by_a_link_is_left_out(void **state)
{
    const struct place *place = *state;
    struct backup_report report;
    struct err err = {0};
    char *link = file_join(place->home, "shared");
    assert_int_equal(symlink("spent", link), 0);
    must(backup_make(&plan, place->home, place->to, &report, &err), &err);
    assert_int_equal(report.left_out_count, 2);
    assert_string_equal(report.left_out[1], "shared");
    backup_report_free(&report);
    free(link);
}

static void test_a_target_that_is_there_is_refused(void **state)
{
    const struct place *place = *state;
    struct backup_report report;
    struct err err = {0};
    make(place);
    assert_false(backup_make(&plan, place->home, place->to, &report, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    must(backup_check(&plan, place->to, &report, &err), &err); /* as it was */
    backup_report_free(&report);
}

static void test_no_home_gives_no_backup(void **state)
{
    const struct place *place = *state;
    struct backup_report report;
    struct err err = {0};
    char *key = file_join(place->home, "key");
    assert_int_equal(unlink(key), 0);
    assert_false(backup_make(&plan, place->home, place->to, &report, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.field, "key");
    assert_false(there(place->dir, "backups/monday"));
    assert_false(there(place->dir, "backups/monday.partial"));
    free(key);
}

/* ---- damage ---- */

static void flip(const char *path, off_t at)
{
    struct buf bytes = {0};
    struct err err = {0};
    must(file_read(path, 64 << 20, &bytes, &err), &err);
    assert_true((size_t)at < bytes.len);
    bytes.data[at] ^= 1;
    must(file_write(path, bytes.data, bytes.len, 0600, &err), &err);
    buf_free(&bytes);
}

static void refused(const struct place *place, enum err_code code, const char *field)
{
    struct backup_report report;
    struct err err = {0};
    assert_false(backup_check(&plan, place->to, &report, &err));
    if (err.code != code) fail_msg("%s: %s", err_code_name(err.code), err.text);
    assert_string_equal(err.field, field);
    assert_false(backup_restore(&plan, place->to, place->fresh, &report, &err));
    assert_int_equal(err.code, code);
    assert_false(file_exists(place->fresh));
}

static void test_damage_is_named(void **state)
{
    const struct place *place = *state;
    static const char *const files[] = {"key", "settings", "evidence-2.json", "sent/data.mdb",
                                        "spent/data.mdb"};
    static const char *const fields[] = {"key", "settings", "evidence-2.json", "sent", "spent"};
    make(place);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *path = file_join(place->to, files[i]), *aside = file_join(place->dir, "aside");
        flip(path, 1);
        refused(place, ERR_CORRUPT, fields[i]);
        flip(path, 1);
        assert_int_equal(rename(path, aside), 0);
        refused(place, ERR_CORRUPT, fields[i]);
        write_file(place->dir, "longer", "");
        assert_int_equal(rename(aside, path), 0);
        struct err err = {0};
        struct buf bytes = {0};
        must(file_read(path, 64 << 20, &bytes, &err), &err);
        size_t len = bytes.len;
        buf_u8(&bytes, 0);
        must(file_write(path, bytes.data, bytes.len, 0600, &err), &err);
        refused(place, ERR_CORRUPT, fields[i]);
        must(file_write(path, bytes.data, len, 0600, &err), &err);
        buf_free(&bytes);
        free(path);
        free(aside);
    }
    struct backup_report report;
    struct err err = {0};
    must(backup_check(&plan, place->to, &report, &err), &err);
    backup_report_free(&report);
}

/* Every bit of the manifest is either JSON that does not parse, or of another check. */
static void test_a_changed_manifest_is_noticed(void **state)
{
    const struct place *place = *state;
    struct buf text = {0};
    struct err err = {0};
    make(place);
    char *path = file_join(place->to, "manifest.json");
    must(file_read(path, 1 << 20, &text, &err), &err);
    size_t refusals = 0;
    for (size_t at = 0; at < text.len; at++) {
        struct backup_report report;
        if (text.data[at] == ' ' || text.data[at] == '\n') continue; /* of no meaning */
        flip(path, (off_t)at);
        assert_false(backup_check(&plan, place->to, &report, &err));
        assert_true(err.code == ERR_CORRUPT || err.code == ERR_VERSION);
        refusals++;
        must(file_write(path, text.data, text.len, 0600, &err), &err);
    }
    assert_true(refusals > 500);
    assert_int_equal(unlink(path), 0);
    refused(place, ERR_NOT_FOUND, "manifest.json");
    buf_free(&text);
    free(path);
}

static void test_others_and_later_ones_are_refused(void **state)
{
    const struct place *place = *state;
    struct backup_plan other = plan;
    struct backup_report report;
    struct err err = {0};
    make(place);
    other.program = "hearth-other";
    assert_false(backup_check(&other, place->to, &report, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_non_null(strstr(err.text, "is a backup of hearth-test"));
    other.program = plan.program;
    other.kind = "hub";
    assert_false(backup_restore(&other, place->to, place->fresh, &report, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_false(file_exists(place->fresh));

    /* A program of before: its stores are of an earlier format, or it knows one file less. */
    struct backup_item earlier[sizeof items / sizeof items[0]];
    struct store_schema old = sent_schema;
    memcpy(earlier, items, sizeof items);
    old.format = 2;
    earlier[0].schema = &old;
    other = plan;
    other.items = earlier;
    assert_false(backup_check(&other, place->to, &report, &err));
    assert_int_equal(err.code, ERR_VERSION);
    assert_string_equal(err.field, "sent");
    assert_non_null(strstr(err.text, "has format 3, written by version"));
    old.format = old.oldest = 7;
    assert_false(backup_check(&other, place->to, &report, &err));
    assert_int_equal(err.code, ERR_VERSION);
    earlier[0] = items[0];
    earlier[4].name = "nothing";
    assert_false(backup_check(&other, place->to, &report, &err));
    assert_int_equal(err.code, ERR_VERSION);
    assert_non_null(strstr(err.text, "evidence-1.json"));
    earlier[4] = items[4];
    earlier[2].needed = true;
    assert_false(backup_check(&other, place->to, &report, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

/* Who writes a manifest of his own gets nothing out of the directory, or beyond it. */
static void test_names_do_not_lead_elsewhere(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "../key",        "/etc/passwd",     "",     ".",         "..",
        "sent/data.mdb", "evidence-/.json", ".key", "evidence-", "Key"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_null(backup_find_item(&plan, bad[i]));
    }
    assert_ptr_equal(backup_find_item(&plan, "evidence-2026-10-x.json"), &items[4]);
    assert_ptr_equal(backup_find_item(&plan, "evidence-.json"), &items[4]);
    assert_null(backup_find_item(&plan, "evidence-.jso"));
}

/* ---- while a program works ---- */

/* Spends before it sends, as contributors do; says how far it has come. */
static void spend_and_send(const struct place *place, volatile uint64_t *sent)
{
    struct store *spending = open_store(place->home, &spent_schema);
    struct store *sending = open_store(place->home, &sent_schema);
    for (uint64_t n = 2;; n++) {
        put_number(spending, n);
        put_number(sending, n);
        *sent = n;
        if (n % 3 == 0) write_file(place->home, "settings", n % 2 ? "{\"a\":1}\n" : "{}\n");
    }
}

static pid_t start(const struct place *place, volatile uint64_t *sent)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) spend_and_send(place, sent);
    return pid;
}

static void stop(pid_t pid)
{
    int status = 0;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static volatile uint64_t *shared_number(void)
{
    void *shared = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(shared, MAP_FAILED);
    return shared;
}

static void test_what_was_acknowledged_is_in_it_and_the_order_keeps_spent_before_sent(void **state)
{
    enum { BACKUPS = 40 };
    const struct place *place = *state;
    volatile uint64_t *sent = shared_number();
    struct backup_report report;
    struct err err = {0};
    pid_t pid = start(place, sent);
    while (*sent == 0) (void)poll(NULL, 0, 1);
    for (int i = 0; i < BACKUPS; i++) {
        char *to = mem_format("%s/at-%d", place->dir, i),
             *home = mem_format("%s/h-%d", place->dir, i);
        uint64_t before = *sent;
        must(backup_make(&plan, place->home, to, &report, &err), &err);
        backup_report_free(&report);
        must(backup_restore(&plan, to, home, &report, &err), &err);
        backup_report_free(&report);
        uint64_t sent_there = number_in(home, &sent_schema);
        uint64_t spent_there = number_in(home, &spent_schema);
        assert_true(sent_there >= before);
        assert_true(spent_there >= sent_there);
        free(home);
        free(to);
    }
    stop(pid);
}

/* ---- killed ---- */

static void run_until_killed(void (*what)(const struct place *), const struct place *place,
                             unsigned within_us)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        what(place);
        _exit(0);
    }
    struct timespec wait = {.tv_nsec = 1000L * randombytes_uniform(within_us)};
    (void)ppoll(NULL, 0, &wait, NULL);
    (void)kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void back_up(const struct place *place)
{
    struct backup_report report;
    struct err err = {0};
    if (!backup_make(&plan, place->home, place->to, &report, &err)) _exit(1);
}

static void put_back(const struct place *place)
{
    struct backup_report report;
    struct err err = {0};
    if (!backup_restore(&plan, place->to, place->fresh, &report, &err)) _exit(1);
}

enum { KILLS = 100, WITHIN_US = 12000 };

static void test_a_killed_backup_is_complete_or_not_there(void **state)
{
    struct place place = *(const struct place *)*state;
    size_t complete = 0, cut_short = 0;
    for (int i = 0; i < KILLS; i++) {
        struct backup_report report;
        struct err err = {0};
        place.to = mem_format("%s/k-%d", place.dir, i % 10 == 0 ? i : i - i % 10 + 1000);
        char *partial = mem_format("%s.partial", place.to);
        if (!file_exists(place.to)) run_until_killed(back_up, &place, WITHIN_US);
        if (file_exists(place.to)) {
            complete++;
            must(backup_check(&plan, place.to, &report, &err), &err);
            backup_report_free(&report);
            support_temp_dir_remove(mem_string(place.to));
        } else if (file_exists(partial)) {
            cut_short++; /* perhaps all of it is there, but for its name */
        }
        /* The next attempt goes over what is left. */
        if (i % 3 == 0) {
            must(backup_make(&plan, place.home, place.to, &report, &err), &err);
            backup_report_free(&report);
            assert_false(file_exists(partial));
            support_temp_dir_remove(mem_string(place.to));
        }
        free(partial);
        free(place.to);
    }
    assert_true(complete > 0 && cut_short > 0);
}

static void test_a_killed_restore_can_be_done_again(void **state)
{
    struct place place = *(const struct place *)*state;
    size_t complete = 0, cut_short = 0;
    make(&place);
    for (int i = 0; i < KILLS; i++) {
        struct backup_report report;
        struct err err = {0};
        place.fresh = mem_format("%s/fresh-%d", place.dir, i);
        run_until_killed(put_back, &place, WITHIN_US);
        if (there(place.fresh, "key")) { /* all of it is there */
            complete++;
            assert_int_equal(number_in(place.fresh, &sent_schema), 1);
            assert_int_equal(number_in(place.fresh, &spent_schema), 1);
            assert_true(there(place.fresh, "settings") && there(place.fresh, "evidence-2.json"));
            /* And it is not taken for what was cut short, whatever is left beside it. */
            assert_false(backup_restore(&plan, place.to, place.fresh, &report, &err));
            assert_int_equal(err.code, ERR_EXISTS);
            assert_true(there(place.fresh, "key"));
        } else {
            cut_short += file_exists(place.fresh);
            must(backup_restore(&plan, place.to, place.fresh, &report, &err), &err);
            backup_report_free(&report);
            assert_int_equal(support_count_files(place.fresh), 6);
        }
        support_temp_dir_remove(place.fresh);
    }
    assert_true(complete > 0 && cut_short > 0);
}

/* ---- full disks, two at once ---- */

static void test_a_full_disk_leaves_nothing(void **state)
{
    const struct place *place = *state;
    struct backup_report report;
    struct err err = {0};
    struct rlimit before;
    make(place);
    char *other = file_join(place->dir, "other");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    static const rlim_t limits[] = {0, 4, 100, 4096, 8192, 12288};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit small = {.rlim_cur = limits[i], .rlim_max = before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        bool made = backup_make(&plan, place->home, other, &report, &err);
        bool restored = backup_restore(&plan, place->to, place->fresh, &report, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_false(made || restored);
        assert_false(file_exists(other) || there(place->dir, "other.partial"));
        assert_int_equal(support_count_files(place->fresh), 0);
    }
    (void)signal(SIGXFSZ, old);
    must(backup_restore(&plan, place->to, place->fresh, &report, &err), &err);
    backup_report_free(&report);
    free(other);
}

static void test_two_of_one_name(void **state)
{
    enum { CHILDREN = 6 };
    const struct place *place = *state;
    pid_t pids[CHILDREN];
    int made = 0;
    for (size_t i = 0; i < CHILDREN; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] > 0) continue;
        struct backup_report report;
        struct err err = {0};
        bool ok = backup_make(&plan, place->home, place->to, &report, &err);
        _exit(ok ? 0 : err.code == ERR_EXISTS ? 1 : 2);
    }
    for (size_t i = 0; i < CHILDREN; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        made += WEXITSTATUS(status) == 0;
    }
    assert_int_equal(made, 1);
    struct backup_report report;
    struct err err = {0};
    must(backup_check(&plan, place->to, &report, &err), &err);
    backup_report_free(&report);
    assert_false(there(place->dir, "backups/monday.partial"));
}

/* ---- what somebody else has put where we write ---- */

static void test_a_restore_does_not_follow_a_link_out_of_the_home(void **state)
{
    const struct place *place = *state;
    struct backup_report report;
    struct err err = {0};
    char *victim = file_join(place->dir, "victim"), *path = file_join(victim, "settings");
    char *link = file_join(place->fresh, "restore.partial");
    must(backup_make(&plan, place->home, place->to, &report, &err), &err);
    backup_report_free(&report);
    must(file_make_dirs(victim, 0700, &err) && file_make_dirs(place->fresh, 0700, &err), &err);
    write_file(victim, "settings", "of another home\n");
    assert_int_equal(symlink(victim, link), 0);
    bool restored = backup_restore(&plan, place->to, place->fresh, &report, &err);
    if (restored) backup_report_free(&report);
    assert_true(file_exists(path));
    assert_false(restored);
    assert_int_equal(err.code, ERR_EXISTS);
    free(link);
    free(path);
    free(victim);
}

/* The home of a service that was taken over, which root copies. */
static void test_root_follows_no_link_of_another_user(void **state)
{
    const struct place *place = *state;
    static const char *const linked[] = {"evidence-3.json", "shared"};
    static const char *const targets[] = {"home/settings", "home/spent"};
    if (geteuid() != 0) skip(); /* only root can make a link of somebody else */
    for (size_t i = 0; i < 2; i++) {
        struct backup_report report;
        struct err err = {0};
        struct backup_item own[sizeof items / sizeof items[0]];
        memcpy(own, items, sizeof items);
        own[2].not_linked = false;
        struct backup_plan following = plan;
        following.items = own;
        char *link = file_join(place->home, linked[i]), *to = file_join(place->dir, targets[i]);
        assert_int_equal(symlink(to, link), 0);
        assert_int_equal(lchown(link, 65534, 65534), 0);
        bool made = backup_make(&following, place->home, place->to, &report, &err);
        if (made) backup_report_free(&report);
        assert_false(made);
        assert_int_equal(err.code, ERR_DENIED);
        assert_string_equal(err.field, linked[i]);
        assert_int_equal(lchown(link, 0, 0), 0); /* what root has linked is meant */
        must(backup_make(&following, place->home, place->to, &report, &err), &err);
        backup_report_free(&report);
        must(backup_check(&following, place->to, &report, &err), &err);
        backup_report_free(&report);
        char *elsewhere = mem_format("%s-%zu", place->to, i);
        assert_int_equal(rename(place->to, elsewhere), 0);
        assert_int_equal(unlink(link), 0);
        free(elsewhere);
        free(link);
        free(to);
    }
}

static void test_a_backup_is_not_written_into_another_users_directory(void **state)
{
    const struct place *place = *state;
    struct backup_report report;
    struct err err = {0};
    if (geteuid() != 0) skip(); /* only root can make a directory of somebody else */
    char *parent = file_directory(place->to), *partial = mem_format("%s.partial", place->to);
    must(file_make_dirs(parent, 0700, &err) && file_make_dirs(partial, 0700, &err), &err);
    assert_int_equal(chown(partial, 65534, 65534), 0);
    bool made = backup_make(&plan, place->home, place->to, &report, &err);
    if (made) backup_report_free(&report);
    assert_false(made);
    assert_int_equal(err.code, ERR_DENIED);
    assert_false(file_exists(place->to));
    free(partial);
    free(parent);
}

int main(void)
{
    /* Hundreds of fsyncs, which no test here is about. */
    if (access("/dev/shm", W_OK) == 0) (void)setenv("TMPDIR", "/dev/shm", 1);
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        IN_PLACE(test_what_is_copied),
        IN_PLACE(test_a_home_is_made_of_it),
        IN_PLACE(test_what_is_shared_by_a_link_is_left_out),
        IN_PLACE(test_a_target_that_is_there_is_refused),
        IN_PLACE(test_no_home_gives_no_backup),
        IN_PLACE(test_damage_is_named),
        IN_PLACE(test_a_changed_manifest_is_noticed),
        IN_PLACE(test_others_and_later_ones_are_refused),
        IN_PLACE(test_names_do_not_lead_elsewhere),
        IN_PLACE(test_what_was_acknowledged_is_in_it_and_the_order_keeps_spent_before_sent),
        IN_PLACE(test_a_killed_backup_is_complete_or_not_there),
        IN_PLACE(test_a_killed_restore_can_be_done_again),
        IN_PLACE(test_a_full_disk_leaves_nothing),
        IN_PLACE(test_two_of_one_name),
        IN_PLACE(test_a_restore_does_not_follow_a_link_out_of_the_home),
        IN_PLACE(test_root_follows_no_link_of_another_user),
        IN_PLACE(test_a_backup_is_not_written_into_another_users_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
