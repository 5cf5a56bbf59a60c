/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/base/text.h"

static void test_fields_are_joined_on_the_way_up(void **state)
{
    (void)state;
    struct err err = {0};
    assert_false(err_set(&err, ERR_INVALID, "age", "%d is over %d", 19, 18));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.text, "19 is over 18");
    assert_false(err_in(&err, "[0]"));
    assert_string_equal(err.field, "[0].age");
    assert_false(err_in(&err, "children"));
    assert_string_equal(err.field, "children[0].age");
    assert_false(err_set(&err, ERR_INVALID, NULL, "x"));
    assert_string_equal(err.field, "");
    assert_false(err_in(&err, "whole"));
    assert_string_equal(err.field, "whole");
}

static void test_over_long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    struct err err = {0};
    /* Every alignment of a three-byte character to the end of the text. */
    for (size_t lead = 0; lead < 3; lead++) {
        char text[3 * ERR_TEXT_MAX + 4];
        memset(text, 'x', lead);
        for (size_t i = 0; i < ERR_TEXT_MAX; i++) memcpy(text + lead + 3 * i, "\xe2\x82\xac", 3);
        text[lead + 3 * ERR_TEXT_MAX] = '\0';
        assert_false(err_set(&err, ERR_INVALID, text, "%s", text));
        assert_in_range(strlen(err.text), ERR_TEXT_MAX - 3, ERR_TEXT_MAX - 1);
        assert_in_range(strlen(err.field), ERR_FIELD_MAX - 3, ERR_FIELD_MAX - 1);
        assert_true(text_is_printable_utf8(err.text, strlen(err.text)));
        assert_true(text_is_printable_utf8(err.field, strlen(err.field)));
        for (int i = 0; i < 5; i++) assert_false(err_in(&err, "a.rather.long.prefix"));
        assert_true(strlen(err.field) < ERR_FIELD_MAX);
        assert_true(text_is_printable_utf8(err.field, strlen(err.field)));
    }
}

static void test_an_error_can_be_made_of_itself(void **state)
{
    (void)state;
    struct err err = {0};
    assert_false(err_set(&err, ERR_INVALID, "seed", "is missing"));
    assert_false(err_set(&err, ERR_IO, err.field, "line 7: %s", err.text));
    assert_string_equal(err.field, "seed");
    assert_string_equal(err.text, "line 7: is missing");
    assert_false(err_set_errno(&err, ENOENT, err.field, "%s", err.text));
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.text, "line 7: is missing: No such file or directory");
}

static void test_every_code_has_its_own_name(void **state)
{
    (void)state;
    assert_int_equal(err_code_find("unheard_of"), ERR_INTERNAL);
    for (int i = ERR_NONE; i <= ERR_INTERNAL; i++) {
        assert_int_equal(err_code_find(err_code_name((enum err_code)i)), i);
        for (int j = ERR_NONE; j < i; j++) {
            assert_string_not_equal(err_code_name((enum err_code)i),
                                    err_code_name((enum err_code)j));
        }
    }
}

static void test_require_aborts(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGABRT, SIG_DFL);
        (void)close(STDERR_FILENO);
        REQUIRE(1 + 1 == 2);
        REQUIRE(1 + 1 == 3);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_joined_on_the_way_up),
        cmocka_unit_test(test_over_long_texts_are_cut_between_characters),
        cmocka_unit_test(test_an_error_can_be_made_of_itself),
        cmocka_unit_test(test_every_code_has_its_own_name),
        cmocka_unit_test(test_require_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
