/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/clear_output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/file.h"
#include "tests/unit/support/temp_dir.h"

static void a_new_file_is_for_its_owner_alone(void **state)
{
    (void)state;
    struct err err = {0};
    struct stat stat_of;
    struct buf text = {0}, read = {0};
    char *dir = support_temp_dir();
    char *path = file_join(dir, "out");
    buf_text(&text, "confidential");
    assert_true(clear_output(path, &text, &err));
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    assert_false(clear_output(path, &text, &err)); /* never over a file */
    assert_int_equal(err.code, ERR_EXISTS);
    assert_true(file_read(path, 100, &read, &err));
    assert_int_equal(read.len, text.len);
    assert_memory_equal(read.data, text.data, text.len);
    buf_free(&text);
    buf_free(&read);
    free(path);
    support_temp_dir_remove(dir);
}

static void an_object_is_one_line(void **state)
{
    (void)state;
    static const char line[] = "{\"a\":[1,2]}\n";
    struct err err = {0};
    struct buf read = {0};
    char *dir = support_temp_dir();
    char *path = file_join(dir, "out");
    json_t *object = json_pack("{s:[i,i]}", "a", 1, 2);
    assert_true(clear_output_json(path, object, &err));
    assert_true(file_read(path, 100, &read, &err));
    assert_int_equal(read.len, strlen(line));
    assert_memory_equal(read.data, line, read.len);
    json_decref(object);
    buf_free(&read);
    free(path);
    support_temp_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_file_is_for_its_owner_alone),
        cmocka_unit_test(an_object_is_one_line),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
