/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/file.h"
#include "proto/base/lock.h"
#include "tests/unit/support/temp_dir.h"

static void test_one_at_a_time(void **state)
{
    (void)state;
    char *dir = support_temp_dir();
    char *path = file_join(dir, "lock");
    struct err err = {0};
    int first = -1;
    int second = -1;
    assert_false(lock_is_taken(path));
    assert_false(file_exists(path)); /* looking makes no file */
    assert_true(lock_take(path, &first, &err));
    assert_true(lock_is_taken(path));
    assert_false(lock_take(path, &second, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_int_equal(second, -1);
    assert_int_equal(close(first), 0);
    assert_false(lock_is_taken(path));
    assert_true(lock_take(path, &second, &err));
    assert_int_equal(close(second), 0);
    free(path);
    support_temp_dir_remove(dir);
}

static void test_no_directory(void **state)
{
    (void)state;
    char *dir = support_temp_dir();
    char *path = file_join(dir, "missing/lock");
    struct err err = {0};
    int fd = -1;
    assert_false(lock_take(path, &fd, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_int_equal(fd, -1);
    free(path);
    support_temp_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_no_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
