/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"

static int make_dir(void **state)
{
    *state = support_temp_dir();
    return 0;
}

static int remove_dir(void **state)
{
    support_temp_dir_remove(*state);
    return 0;
}

static void assert_content(const char *path, const char *expected)
{
    struct buf buf = {0};
    struct err err = {0};
    assert_true(file_read(path, 1 << 20, &buf, &err));
    assert_int_equal(buf.len, strlen(expected));
    if (buf.len > 0) assert_memory_equal(buf.data, expected, buf.len);
    buf_free(&buf);
}

/* A map or report written to /dev/null by root must not leave a file in the device's place. */
/* Both replace; they differ in what a power cut leaves. */
static bool (*const writers[])(const char *, const void *, size_t, unsigned,
                               struct err *) = {file_write, file_replace};

static void test_write_leaves_what_is_no_file(void **state)
{
    const char *dir = *state;
    struct err err = {0};
    struct stat info;
    char *path = file_join(dir, "pipe"), *link = file_join(dir, "link");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(symlink(path, link), 0);
    const char *const paths[] = {path, link};
    for (size_t i = 0; i < 4; i++) {
        assert_false(writers[i / 2](paths[i % 2], "one", 3, 0600, &err));
        assert_int_equal(err.code, ERR_IO);
        assert_non_null(strstr(err.text, "not a file"));
        assert_int_equal(stat(paths[i % 2], &info), 0);
        assert_true(S_ISFIFO(info.st_mode));
    }
    assert_int_equal(support_count_files(dir), 2);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(link), 0);
    free(path);
    free(link);
}

static void replaces_and_leaves_nothing_else(const char *dir, size_t writer)
{
    struct err err = {0};
    struct stat info;
    char *path = file_join(dir, "a");
    mode_t before = umask(0);
    assert_true(writers[writer](path, "one", 3, 0640, &err));
    umask(before);
    assert_content(path, "one");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0640);
    uint64_t stamp = file_stamp(path);
    assert_true(stamp != 0);
    assert_true(writers[writer](path, "", 0, 0600, &err));
    assert_content(path, "");
    assert_true(file_stamp(path) != stamp);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(support_count_files(dir), 1);
    assert_int_equal(unlink(path), 0);
    free(path);
}

static void test_write_replaces_and_leaves_nothing_else(void **state)
{
    for (size_t i = 0; i < 2; i++) replaces_and_leaves_nothing_else(*state, i);
}

static void test_write_that_fails_leaves_nothing(void **state)
{
    const char *dir = *state;
    struct err err = {0};
    char *missing = file_join(dir, "missing/a"), *taken = file_join(dir, "taken");
    assert_false(file_write(missing, "x", 1, 0600, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_int_equal(mkdir(taken, 0700), 0);
    assert_false(file_write(taken, "x", 1, 0600, &err));
    assert_int_equal(support_count_files(dir), 1);
    assert_int_equal(support_count_files(taken), 0);
    assert_true(file_stamp(missing) == 0);
    free(missing);
    free(taken);
}

static void test_create_refuses_what_is_there(void **state)
{
    const char *dir = *state;
    struct err err = {0};
    char *path = file_join(dir, "a");
    assert_true(file_create(path, "one", 3, 0600, &err));
    assert_false(file_create(path, "two", 3, 0600, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_content(path, "one");
    assert_int_equal(support_count_files(dir), 1);
    free(path);
}

static void test_read_bounds(void **state)
{
    const char *dir = *state;
    struct err err = {0};
    struct buf buf = {0};
    char *path = file_join(dir, "a"), *none = file_join(dir, "none");
    uint8_t *large = mem_array(100000, 1);
    assert_true(file_write(path, large, 100000, 0600, &err));
    buf_text(&buf, "kept");
    assert_false(file_read(path, 99999, &buf, &err));
    assert_int_equal(err.code, ERR_INVALID);
    /* What was in the buffer is still there, and nothing more. */
    assert_int_equal(buf.len, 4);
    assert_memory_equal(buf.data, "kept", 4);
    assert_true(file_read(path, 100000, &buf, &err));
    assert_int_equal(buf.len, 100004);
    assert_false(file_read(none, 10, &buf, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_false(file_read(dir, 10, &buf, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(buf.len, 100004);
    buf_free(&buf);
    free(large);
    free(path);
    free(none);
}

static void test_read_standard_input(void **state)
{
    (void)state;
    struct err err = {0};
    struct buf buf = {0};
    int ends[2], saved = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(write(ends[1], "input", 5), 5);
    close(ends[0]);
    close(ends[1]);
    bool ok = file_read("-", 5, &buf, &err);
    if (saved >= 0) {
        (void)dup2(saved, STDIN_FILENO);
        close(saved);
    }
    assert_true(ok);
    assert_int_equal(buf.len, 5);
    assert_memory_equal(buf.data, "input", 5);
    buf_free(&buf);
}

static void test_is_same(void **state)
{
    struct err err = {0};
    char *one = file_join(*state, "same-1");
    char *two = file_join(*state, "same-2");
    char *link = file_join(*state, "same-link");
    char *dotted = file_join(*state, "./same-1");
    assert_true(file_is_same("not/there", "not/there"));
    assert_false(file_is_same("not/there", "nor/there"));
    assert_true(file_write(one, "x", 1, 0600, &err));
    assert_true(file_write(two, "x", 1, 0600, &err));
    assert_int_equal(symlink(one, link), 0);
    assert_true(file_is_same(one, dotted));
    assert_true(file_is_same(link, dotted));
    assert_false(file_is_same(one, two));
    assert_false(file_is_same(one, NULL));
    assert_false(file_is_same("-", "-"));
    free(one);
    free(two);
    free(link);
    free(dotted);
}

static void test_make_dirs(void **state)
{
    const char *dir = *state;
    struct err err = {0};
    struct stat info;
    char *deep = file_join(dir, "a/b//c/"), *file = file_join(dir, "f"),
         *below = file_join(dir, "f/g");
    assert_true(file_make_dirs(deep, 0700, &err));
    assert_true(file_make_dirs(deep, 0700, &err));
    assert_int_equal(stat(deep, &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_true(file_write(file, "", 0, 0600, &err));
    assert_false(file_make_dirs(file, 0700, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_false(file_make_dirs(below, 0700, &err));
    assert_false(file_make_dirs("", 0700, &err));
    free(deep);
    free(file);
    free(below);
}

static void test_join(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"/", "b", "/b"}, {"a/b", "c/d", "a/b/c/d"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *joined = file_join(cases[i][0], cases[i][1]);
        assert_string_equal(joined, cases[i][2]);
        free(joined);
    }
}

/* A reader beside a writer sees one whole content or another. */
struct flip {
    char *path;
    atomic_bool stop;
};

static void *write_both(void *arg)
{
    struct flip *flip = arg;
    uint8_t *bytes = mem_array(50000, 1);
    struct err err = {0};
    while (!atomic_load(&flip->stop)) {
        memset(bytes, bytes[0] == 'a' ? 'b' : 'a', 50000);
        REQUIRE(file_write(flip->path, bytes, bytes[0] == 'a' ? 50000 : 20000, 0600, &err));
    }
    free(bytes);
    return NULL;
}

static void test_write_is_atomic(void **state)
{
    const char *dir = *state;
    struct flip flip = {.path = file_join(dir, "a")};
    struct err err = {0};
    pthread_t writer;
    assert_true(file_write(flip.path, "a", 1, 0600, &err));
    assert_int_equal(pthread_create(&writer, NULL, write_both, &flip), 0);
    for (int i = 0; i < 300; i++) {
        struct buf buf = {0};
        assert_true(file_read(flip.path, 50000, &buf, &err));
        assert_true(buf.len == 1 || buf.len == (buf.data[0] == 'a' ? 50000 : 20000));
        for (size_t k = 1; k < buf.len; k++) assert_int_equal(buf.data[k], buf.data[0]);
        buf_free(&buf);
    }
    atomic_store(&flip.stop, true);
    assert_int_equal(pthread_join(writer, NULL), 0);
    assert_int_equal(support_count_files(dir), 1);
    free(flip.path);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

static void directories_of_paths(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"a/b/c.json", "a/b"}, {"/c.json", "/"},
                                           {"c.json", "."},       {"-", "."},
                                           {"a//b", "a"},         {"", "."}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *directory = file_directory(cases[i][0]);
        assert_string_equal(directory, cases[i][1]);
        free(directory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directories_of_paths),
        IN_DIR(test_write_leaves_what_is_no_file),
        IN_DIR(test_write_replaces_and_leaves_nothing_else),
        IN_DIR(test_write_that_fails_leaves_nothing),
        IN_DIR(test_create_refuses_what_is_there),
        IN_DIR(test_read_bounds),
        cmocka_unit_test(test_read_standard_input),
        IN_DIR(test_is_same),
        IN_DIR(test_make_dirs),
        cmocka_unit_test(test_join),
        IN_DIR(test_write_is_atomic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
