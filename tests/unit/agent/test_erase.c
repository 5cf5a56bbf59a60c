/* SPDX-License-Identifier: Apache-2.0
 * Erasing: a household's record is in no file afterwards, whoever rewrites; all of them or none;
 * and what is called back comes in the order that loses nothing.
 */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/erase.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "tests/unit/agent/carers.h"

enum { CARERS = 60, PIECE = 24 };

/* ---- what is on disk ---- */

/* How many pieces of `bytes` stand in some file below `dir`. */
static size_t pieces_in(const char *dir, const struct buf *bytes)
{
    size_t found = 0;
    DIR *open_dir = opendir(dir);
    assert_non_null(open_dir);
    for (struct dirent *entry = readdir(open_dir); entry; entry = readdir(open_dir)) {
        struct buf file = {0};
        struct err err = {0};
        char *path = file_join(dir, entry->d_name);
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            found += pieces_in(path, bytes);
        } else if (entry->d_type == DT_REG) {
            must(file_read(path, 1 << 28, &file, &err), &err);
        }
        for (size_t at = 0; file.len > 0 && at + PIECE <= bytes->len; at += PIECE) {
            found += memmem(file.data, file.len, bytes->data + at, PIECE) != NULL;
        }
        buf_free(&file);
        free(path);
    }
    (void)closedir(open_dir);
    return found;
}

static struct buf sealed_record(struct vault *vault, const char *ref)
{
    struct buf out = {0};
    struct err err = {0};
    struct store_txn *txn = NULL;
    uint8_t key[RECORD_KEY_BYTES];
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    vault_record_key(&vault->keys, ref, key);
    must(vault_begin(vault, false, &txn, &err), &err);
    must(store_get(txn, TABLE_RECORDS, key, sizeof key, &value, &len, &found, &err), &err);
    assert_true(found);
    buf_append(&out, value, len);
    vault_abort(vault, txn);
    return out;
}

static void assert_held(struct vault *vault, const char *ref, bool expected)
{
    struct profile profile;
    struct err err = {0};
    bool held = vault_get(vault, ref, &profile, &err);
    assert_true(held == expected);
    if (!held) assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void close_vault(struct held *held)
{
    vault_close(held->vault);
    held->vault = NULL;
}

static void reopen(struct held *held)
{
    struct err err = {0};
    must(vault_open(held->dir, &held->key, &held->vault, &err), &err);
}

static const char *const one[] = {"C-00007"};

/* ---- alone ---- */

static void test_what_is_erased_is_in_no_file(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    bool done = false;
    hold(held->vault, 0, CARERS);
    struct buf gone = sealed_record(held->vault, one[0]);
    struct buf stays = sealed_record(held->vault, "C-00008");
    assert_int_equal(pieces_in(held->dir, &gone), gone.len / PIECE);
    must(erase_households(held->vault, one, 1, NULL, &err), &err);
    assert_true(pieces_in(held->dir, &gone) > 0); /* deleting alone does not do it */
    close_vault(held);
    must(erase_rewrite(held->dir, NULL, 0, &done, &err), &err);
    assert_true(done);
    assert_int_equal(pieces_in(held->dir, &gone), 0);
    assert_int_equal(pieces_in(held->dir, &stays), stays.len / PIECE);
    reopen(held);
    struct vault_summary summary;
    must(vault_verify(held->vault, &summary, &err), &err);
    assert_int_equal(summary.count, CARERS - 1);
    buf_free(&gone);
    buf_free(&stays);
}

static void test_changes_and_replacements_are_erased_too(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct vault_changes changes;
    bool done = false;
    hold(held->vault, 0, CARERS);
    struct buf before = sealed_record(held->vault, one[0]);
    struct profile profile = random_profile(7);
    profile.places = (uint8_t)((profile.places + 1) % 10);
    must(vault_import(held->vault, &profile, 1, false, true, &changes, &err), &err);
    must(vault_rewrite(held->vault, &done, &err), &err); /* a dry run asks for nothing */
    assert_int_equal(pieces_in(held->dir, &before), before.len / PIECE);
    must(vault_import(held->vault, &profile, 1, false, false, &changes, &err), &err);
    assert_int_equal(changes.changed, 1);
    must(vault_rewrite(held->vault, &done, &err), &err);
    assert_true(done);
    assert_int_equal(pieces_in(held->dir, &before), 0);
    buf_free(&before);

    before = sealed_record(held->vault, "C-00001");
    must(vault_import(held->vault, &profile, 1, true, false, &changes, &err), &err);
    assert_int_equal(changes.removed, CARERS - 1);
    must(vault_rewrite(held->vault, &done, &err), &err);
    assert_true(done);
    assert_int_equal(pieces_in(held->dir, &before), 0);
    assert_held(held->vault, "C-00007", true);
    buf_free(&before);
}

/* ---- all or none, and the replies ---- */

struct played {
    struct vault *vault;
    int ended, rewritten;
    int fail_at;         /* the call of end_recomputing that fails; 0: none */
    int busy;            /* how many times a rewrite is not done */
    bool held_when_last; /* whether the household was held when recomputing ended last */
};

static bool end_recomputing(void *ctx, int64_t now_ms, struct err *err)
{
    struct played *played = ctx;
    struct profile profile;
    struct err ignored;
    assert_true(now_ms > 0);
    played->held_when_last = vault_get(played->vault, one[0], &profile, &ignored);
    if (++played->ended != played->fail_at) return true;
    return err_set(err, ERR_IO, NULL, "no room");
}

static bool rewrite_replies(void *ctx, bool *done, struct err *err)
{
    struct played *played = ctx;
    (void)err;
    played->rewritten++;
    *done = played->busy-- <= 0;
    return true;
}

static void test_nothing_happens_where_one_is_not_held(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct played played = {.vault = held->vault};
    const struct erase_replies replies = {end_recomputing, rewrite_replies, &played};
    const char *unknown[] = {"C-00007", "C-09999"};
    const char *twice[] = {"C-00007", "C-00008", "C-00007"};
    hold(held->vault, 0, CARERS);
    assert_false(erase_households(held->vault, unknown, 2, &replies, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "C-09999"));
    assert_false(erase_households(held->vault, twice, 3, &replies, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(played.ended, 0);
    assert_held(held->vault, "C-00007", true);
}

/* Once before, so that a household that is gone is gone from the replies too; once after, for the
 * reply that was under way. */
static void test_recomputing_ends_before_and_after(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct played played = {.vault = held->vault, .fail_at = 1};
    const struct erase_replies replies = {end_recomputing, rewrite_replies, &played};
    hold(held->vault, 0, CARERS);
    assert_false(erase_households(held->vault, one, 1, &replies, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_held(held->vault, one[0], true);
    played = (struct played){.vault = held->vault};
    must(erase_households(held->vault, one, 1, &replies, &err), &err);
    assert_int_equal(played.ended, 2);
    assert_false(played.held_when_last);
    assert_held(held->vault, one[0], false);
}

static void test_both_files_are_waited_for(void **state)
{
    struct held *held = *state;
    struct err err = {0};
    struct played played = {.busy = 3};
    const struct erase_replies replies = {end_recomputing, rewrite_replies, &played};
    bool done = false;
    close_vault(held);
    must(erase_rewrite(held->dir, &replies, 30000, &done, &err), &err);
    assert_true(done);
    assert_int_equal(played.rewritten, 4);
    played = (struct played){.busy = 1000};
    must(erase_rewrite(held->dir, &replies, 250, &done, &err), &err);
    assert_false(done);
    assert_true(played.rewritten > 1);
}

/* ---- beside another process ---- */

/* A child that has the vault open, as `serve` has, and rewrites where `willing`; until its end of
 * the pipe closes. */
static pid_t serve(struct held *held, bool willing, int *ready, int *stop)
{
    int up[2], down[2];
    assert_int_equal(pipe(up), 0);
    assert_int_equal(pipe(down), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct err err = {0};
        bool done = false;
        (void)close(up[0]);
        (void)close(down[1]);
        reopen(held);
        struct pollfd end = {.fd = down[0], .events = POLLIN};
        if (write(up[1], "x", 1) != 1) _exit(1);
        while (poll(&end, 1, 20) == 0) {
            if (willing && !vault_rewrite(held->vault, &done, &err)) _exit(2);
        }
        vault_close(held->vault);
        _exit(0);
    }
    (void)close(up[1]);
    (void)close(down[0]);
    *ready = up[0];
    *stop = down[1];
    return pid;
}

static void erase_beside(struct held *held, bool willing)
{
    struct err err = {0};
    bool done = false;
    char byte = 0;
    int ready = -1, stop = -1, status = -1;
    hold(held->vault, 0, CARERS);
    close_vault(held);
    pid_t pid = serve(held, willing, &ready, &stop);
    assert_int_equal(read(ready, &byte, 1), 1);
    reopen(held);
    struct buf gone = sealed_record(held->vault, one[0]);
    must(erase_households(held->vault, one, 1, NULL, &err), &err);
    close_vault(held);
    must(erase_rewrite(held->dir, NULL, willing ? 30000 : 250, &done, &err), &err);
    assert_true(done == willing);
    assert_true((pieces_in(held->dir, &gone) == 0) == willing);
    (void)close(stop);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    /* What nobody could do is done by who comes next. */
    must(erase_rewrite(held->dir, NULL, 0, &done, &err), &err);
    assert_true(done);
    assert_int_equal(pieces_in(held->dir, &gone), 0);
    reopen(held);
    assert_held(held->vault, one[0], false);
    assert_held(held->vault, "C-00008", true);
    (void)close(ready);
    buf_free(&gone);
}

static void test_who_serves_rewrites(void **state)
{
    erase_beside(*state, true);
}

static void test_a_program_that_stays_is_waited_for_in_vain(void **state)
{
    erase_beside(*state, false);
}

/* ---- beside threads ---- */

struct reading {
    struct vault *vault;
    atomic_bool *stop;
    size_t reads;
    bool failed;
};

static void *read_until_told(void *arg)
{
    struct reading *reading = arg;
    struct err err = {0};
    struct vault_summary summary;
    uint64_t version = 0;
    while (!atomic_load(reading->stop)) {
        if (!vault_verify(reading->vault, &summary, &err)) reading->failed = true;
        uint64_t now = vault_version(reading->vault);
        if (now < version) reading->failed = true;
        version = now;
        reading->reads++;
    }
    return NULL;
}

static void test_queries_go_on_while_the_file_is_rewritten(void **state)
{
    enum { READERS = 4, ROUNDS = 30 };
    struct held *held = *state;
    struct err err = {0};
    struct reading readings[READERS];
    pthread_t threads[READERS];
    atomic_bool stop = false;
    hold(held->vault, 0, CARERS);
    for (size_t i = 0; i < READERS; i++) {
        readings[i] = (struct reading){.vault = held->vault, .stop = &stop};
        assert_int_equal(pthread_create(&threads[i], NULL, read_until_told, &readings[i]), 0);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        char ref[16];
        bool done = false;
        (void)snprintf(ref, sizeof ref, "C-%05u", i);
        const char *refs[] = {ref};
        struct buf gone = sealed_record(held->vault, ref);
        must(vault_remove(held->vault, refs, 1, &err), &err);
        must(vault_rewrite(held->vault, &done, &err), &err);
        assert_true(done);
        assert_int_equal(pieces_in(held->dir, &gone), 0);
        buf_free(&gone);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(readings[i].failed);
        assert_true(readings[i].reads > 0);
    }
}

int main(void)
{
#define HELD(test) cmocka_unit_test_setup_teardown(test, held_set_up, held_tear_down)
    const struct CMUnitTest tests[] = {
        HELD(test_what_is_erased_is_in_no_file),
        HELD(test_changes_and_replacements_are_erased_too),
        HELD(test_nothing_happens_where_one_is_not_held),
        HELD(test_recomputing_ends_before_and_after),
        HELD(test_both_files_are_waited_for),
        HELD(test_who_serves_rewrites),
        HELD(test_a_program_that_stays_is_waited_for_in_vain),
        HELD(test_queries_go_on_while_the_file_is_rewritten),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
