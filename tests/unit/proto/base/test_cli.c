/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "proto/base/cli.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"

/* ---- a program ---- */

struct input {
    struct cli_common common;
    const char *city;
};

static error_t parse_one(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;
    switch (key) {
    case 'c': input->city = arg; return 0;
    case ARGP_KEY_INIT: state->child_inputs[0] = &input->common; return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\"", arg); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {{"city", 'c', "NAME", 0, "A city", 0}, {0}};
static const struct argp one_argp = {.options = options, .parser = parse_one, .doc = "Does one."};

static int run_one(int argc, char **argv)
{
    struct input input = {0};
    int code = cli_parse(&one_argp, argc, argv, &input, &input.common);
    if (code != 0) return code;
    (void)printf("%s|%s|%s|%d|%d%d%d\n", argv[0], input.common.home ? input.common.home : "-",
                 input.city ? input.city : "-", input.common.passphrase_fd, input.common.json,
                 input.common.verbose, input.common.quiet);
    return 7;
}

static int run_two(int argc, char **argv)
{
    (void)printf("%s %d\n", argv[0], argc);
    return 8;
}

static const struct cli_command commands[] = {
    {"search", "Finds carers", run_one, CONFINE_OFFLINE, NULL},
    {"audit verify", "Checks the log", run_two, CONFINE_OFFLINE, NULL},
};
static const struct cli_program program = {.name = "prog",
                                           .summary = "a program",
                                           .epilogue = "Exit codes: 0.",
                                           .commands = commands,
                                           .count = 2};

/* ---- running it with its output in a file ---- */

struct capture {
    char *dir;
    char output[8192];
};

static void read_output(struct capture *capture, const char *path)
{
    struct buf buf = {0};
    struct err err = {0};
    assert_true(file_read(path, sizeof capture->output - 1, &buf, &err));
    if (buf.len > 0) memcpy(capture->output, buf.data, buf.len);
    capture->output[buf.len] = '\0';
    buf_free(&buf);
}

struct redirection {
    char *path;
    int saved[2];
};

/* Sends standard output and error to one file until redirect_end, which reads it. */
static struct redirection redirect_start(const struct capture *capture)
{
    struct redirection r = {.path = file_join(capture->dir, "out")};
    (void)fflush(NULL);
    int file = open(r.path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    for (int i = 0; i < 2; i++) {
        r.saved[i] = dup(STDOUT_FILENO + i);
        REQUIRE(dup2(file, STDOUT_FILENO + i) >= 0);
    }
    (void)close(file);
    return r;
}

static void redirect_end(struct redirection *r, struct capture *capture)
{
    (void)fflush(NULL);
    for (int i = 0; i < 2; i++) {
        REQUIRE(dup2(r->saved[i], STDOUT_FILENO + i) >= 0);
        (void)close(r->saved[i]);
    }
    read_output(capture, r->path);
    free(r->path);
}

static int split_words(char *line, char **argv, int max)
{
    char *save = NULL;
    int argc = 0;
    for (char *word = strtok_r(line, " ", &save); word && argc < max;
         word = strtok_r(NULL, " ", &save)) {
        argv[argc++] = word;
    }
    return argc;
}

static int run(struct capture *capture, const char *line)
{
    char *words = mem_string(line), *argv[12] = {0};
    int argc = split_words(words, argv, 12);
    struct redirection r = redirect_start(capture);
    int code = cli_main(&program, argc, argv);
    redirect_end(&r, capture);
    free(words);
    return code;
}

static void test_usage_is_made_of_the_table(void **state)
{
    struct capture *capture = *state;
    assert_int_equal(run(capture, "prog"), 2);
    assert_non_null(strstr(capture->output, "Checks the log"));
    static const char *const asking[] = {"prog --help", "prog help", "prog -h", "prog -?"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(run(capture, asking[i]), 0);
        assert_non_null(strstr(capture->output, "search"));
        assert_non_null(strstr(capture->output, "audit verify"));
        assert_non_null(strstr(capture->output, "Exit codes: 0."));
    }
    assert_int_equal(run(capture, "prog --version"), 0);
    assert_string_equal(capture->output, "prog " HEARTH_VERSION "\n");
}

static void test_commands_of_one_and_two_words(void **state)
{
    struct capture *capture = *state;
    assert_int_equal(run(capture, "prog audit verify x"), 8);
    assert_string_equal(capture->output, "prog audit verify 2\n");
    assert_int_equal(run(capture, "prog search -c Leeds"), 7);
    assert_string_equal(capture->output, "prog search|-|Leeds|-1|000\n");
}

/* Found with "inbox" and "inbox show": whichever stood first in the table was run. */
static void test_two_words_come_before_one(void **state)
{
    struct capture *capture = *state;
    const struct cli_command audit = {"audit", "All of it", run_one, CONFINE_OFFLINE, NULL};
    struct cli_command *all = mem_array(program.count + 1, sizeof *all);
    all[0] = audit;
    for (size_t i = 0; i < program.count; i++) all[i + 1] = program.commands[i];
    struct cli_program both = program;
    both.commands = all;
    both.count = program.count + 1;
    char *argv[] = {"prog", "audit", "verify", "x", NULL};
    struct redirection r = redirect_start(capture);
    int code = cli_main(&both, 4, argv);
    redirect_end(&r, capture);
    assert_int_equal(code, 8);
    assert_string_equal(capture->output, "prog audit verify 2\n");
    free(all);
}

static void test_unknown_command_names_the_nearest(void **state)
{
    struct capture *capture = *state;
    static const char *const cases[][2] = {{"prog serch", "\"search\""},
                                           {"prog searching", "\"search\""},
                                           {"prog audit verfy", "\"audit verify\""},
                                           {"prog Search", "\"search\""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(run(capture, cases[i][0]), 2);
        assert_non_null(strstr(capture->output, "did you mean"));
        assert_non_null(strstr(capture->output, cases[i][1]));
    }
    assert_int_equal(run(capture, "prog transmogrify"), 2);
    assert_null(strstr(capture->output, "did you mean"));
    assert_non_null(strstr(capture->output, "unknown command \"transmogrify\""));
    assert_int_equal(run(capture, "prog audit"), 2);
    assert_int_equal(run(capture, "prog searc"), 2);
}

static void test_the_first_of_two_words_lists_its_commands(void **state)
{
    struct capture *capture = *state;
    static const struct {
        const char *line;
        int code;
    } cases[] = {{"prog audit", 2}, {"prog audit --help", 0}, {"prog audit -?", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(run(capture, cases[i].line), cases[i].code);
        assert_non_null(strstr(capture->output, "audit verify"));
        assert_non_null(strstr(capture->output, "Checks the log"));
        assert_null(strstr(capture->output, "unknown"));
        assert_null(strstr(capture->output, "search"));
    }
    assert_int_equal(run(capture, "prog aud --help"), 2);
    assert_non_null(strstr(capture->output, "unknown command \"aud\""));
}

static void test_common_options(void **state)
{
    struct capture *capture = *state;
    assert_int_equal(run(capture, "prog search --home /h --passphrase-fd 5 --json -q"), 7);
    assert_string_equal(capture->output, "prog search|/h|-|5|101\n");
    assert_int_equal(run(capture, "prog search -C /h -c York"), 7);
    assert_string_equal(capture->output, "prog search|/h|York|-1|000\n");
}

/* argp ends the process for usage errors, so these run in a child. out: its standard output, -1
 * for the same as its standard error. */
static int run_in_child_to(struct capture *capture, const char *line, int out)
{
    struct redirection r = redirect_start(capture);
    pid_t child = fork();
    if (child == 0) {
        if (out >= 0) REQUIRE(dup2(out, STDOUT_FILENO) >= 0);
        char *words = mem_string(line), *argv[12] = {0};
        exit(cli_main(&program, split_words(words, argv, 12), argv));
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    redirect_end(&r, capture);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_in_child(struct capture *capture, const char *line)
{
    return run_in_child_to(capture, line, -1);
}

static void test_output_that_is_lost_is_no_success(void **state)
{
    struct capture *capture = *state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    assert_int_equal(run_in_child_to(capture, "prog search -c Leeds", full), 1);
    assert_non_null(strstr(capture->output, "prog search: cannot write standard output"));
    assert_int_equal(close(full), 0);
}

static void test_wrong_options_are_a_usage_error(void **state)
{
    struct capture *capture = *state;
    assert_int_equal(run_in_child(capture, "prog search --passphrase-fd x"), 2);
    assert_non_null(strstr(capture->output, "0 to 1023"));
    assert_int_equal(run_in_child(capture, "prog search --passphrase-fd 1024"), 2);
    assert_int_equal(run_in_child(capture, "prog search --nonsense"), 2);
    assert_int_equal(run_in_child(capture, "prog search surplus"), 2);
    assert_non_null(strstr(capture->output, "unexpected argument \"surplus\""));
    assert_int_equal(run_in_child(capture, "prog search --help"), 0);
    assert_non_null(strstr(capture->output, "--passphrase-fd"));
    assert_non_null(strstr(capture->output, "--city"));
}

static void test_usage_errors_as_json(void **state)
{
    struct capture *capture = *state;
    assert_int_equal(run_in_child(capture, "prog search --json surplus"), 2);
    assert_non_null(strstr(capture->output, "unexpected argument \"surplus\""));
    assert_non_null(strstr(capture->output, "\n{\"error\":{\"code\":\"invalid\","));
    assert_int_equal(run_in_child(capture, "prog search --json --nonsense"), 2);
    assert_non_null(strstr(capture->output, "\n{\"error\":{"));
    assert_int_equal(run_in_child(capture, "prog search surplus"), 2);
    assert_null(strstr(capture->output, "{"));
    assert_int_equal(run_in_child(capture, "prog search --json --help"), 0);
    assert_null(strstr(capture->output, "{"));
    assert_int_equal(run_in_child(capture, "prog search --json"), 7);
    assert_null(strstr(capture->output, "{"));
}

static void tell(struct capture *capture, bool json, const struct err *err)
{
    struct redirection r = redirect_start(capture);
    cli_print_error("prog", json, err);
    redirect_end(&r, capture);
}

static void test_errors_as_text_and_json(void **state)
{
    struct capture *capture = *state;
    struct err err = {0};
    (void)err_set(&err, ERR_INVALID, "child.age", "19 is over \"18\"");
    tell(capture, false, &err);
    assert_string_equal(capture->output, "prog: child.age: 19 is over \"18\"\n");
    tell(capture, true, &err);
    json_t *root = json_loads(capture->output, 0, NULL);
    json_t *error = json_object_get(root, "error");
    assert_string_equal(json_string_value(json_object_get(error, "code")), "invalid");
    assert_string_equal(json_string_value(json_object_get(error, "field")), "child.age");
    assert_string_equal(json_string_value(json_object_get(error, "message")), err.text);
    json_decref(root);
}

/* A peer's text must not steer the terminal, nor keep the error from being told. */
static void test_errors_with_hostile_texts(void **state)
{
    struct capture *capture = *state;
    struct err err = {0};
    (void)err_set(&err, ERR_UNAVAILABLE, "", "no\x1b[2J\xff\nprog: ok");
    tell(capture, false, &err);
    assert_string_equal(capture->output, "prog: no?[2J??prog: ok\n");
    tell(capture, true, &err);
    json_t *root = json_loads(capture->output, 0, NULL);
    json_t *error = json_object_get(root, "error");
    assert_string_equal(json_string_value(json_object_get(error, "code")), "unavailable");
    assert_string_equal(json_string_value(json_object_get(error, "message")), "no?[2J??prog: ok");
    json_decref(root);
}

static int make_capture(void **state)
{
    struct capture *capture = mem_new(struct capture);
    capture->dir = support_temp_dir();
    *state = capture;
    return 0;
}

static int free_capture(void **state)
{
    struct capture *capture = *state;
    support_temp_dir_remove(capture->dir);
    free(capture);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usage_is_made_of_the_table),
        cmocka_unit_test(test_commands_of_one_and_two_words),
        cmocka_unit_test(test_two_words_come_before_one),
        cmocka_unit_test(test_unknown_command_names_the_nearest),
        cmocka_unit_test(test_the_first_of_two_words_lists_its_commands),
        cmocka_unit_test(test_common_options),
        cmocka_unit_test(test_output_that_is_lost_is_no_success),
        cmocka_unit_test(test_wrong_options_are_a_usage_error),
        cmocka_unit_test(test_usage_errors_as_json),
        cmocka_unit_test(test_errors_as_text_and_json),
        cmocka_unit_test(test_errors_with_hostile_texts),
    };
    return cmocka_run_group_tests(tests, make_capture, free_capture);
}
