/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/file.h"
#include "proto/base/sanitized.h"
#include "proto/base/secret.h"
#include "tests/unit/support/temp_dir.h"

static void test_take_wipes_the_source(void **state)
{
    (void)state;
    char source[] = "horse battery";
    struct secret secret = secret_take(source, sizeof source - 1);
    assert_true(sodium_is_zero((const unsigned char *)source, sizeof source - 1));
    assert_int_equal(secret.len, 13);
    assert_memory_equal(secret.data, "horse battery", 13);
    char same[] = "horse battery";
    struct secret copy = secret_take(same, sizeof same - 1);
    assert_true(secret_equal(&secret, &copy));
    copy.data[12] ^= 1;
    assert_false(secret_equal(&secret, &copy));
    secret_free(&copy);
    assert_null(copy.data);
    assert_int_equal(copy.len, 0);
    secret_free(&copy);
    copy = secret_new(12);
    assert_true(sodium_is_zero(copy.data, 12));
    assert_false(secret_equal(&secret, &copy)); /* lengths differ */
    secret_free(&copy);
    secret_free(&secret);
}

static void test_random_secrets_differ(void **state)
{
    (void)state;
    struct secret a = secret_random(32), b = secret_random(32);
    assert_false(secret_equal(&a, &b));
    secret_free(&a);
    secret_free(&b);
    a = secret_new(0);
    b = secret_new(0);
    assert_true(secret_equal(&a, &b));
    secret_free(&a);
    secret_free(&b);
}

/* What the passphrase reader makes of an input; *rest gets what it left in the pipe. */
static bool read_from_pipe(const char *input, struct secret *out, char *rest, struct err *err)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], input, strlen(input)), strlen(input));
    close(ends[1]);
    bool ok = secret_read_passphrase(ends[0], NULL, out, err);
    ssize_t left = read(ends[0], rest, 63);
    rest[left > 0 ? left : 0] = '\0';
    close(ends[0]);
    return ok;
}

static void test_passphrase_is_one_line(void **state)
{
    (void)state;
    struct secret secret = {0};
    struct err err = {0};
    char rest[64], longest[1026];
    assert_true(read_from_pipe("first line \nsecond", &secret, rest, &err));
    assert_int_equal(secret.len, 11);
    assert_memory_equal(secret.data, "first line ", 11);
    assert_string_equal(rest, "second");
    secret_free(&secret);
    assert_true(read_from_pipe("no newline", &secret, rest, &err));
    assert_int_equal(secret.len, 10);
    secret_free(&secret);
    assert_false(read_from_pipe("", &secret, rest, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_false(read_from_pipe("\n", &secret, rest, &err));
    assert_int_equal(err.code, ERR_INVALID);
    memset(longest, 'x', 1025);
    longest[1025] = '\0';
    assert_false(read_from_pipe(longest, &secret, rest, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_null(strchr(err.text, 'x'));
    longest[1024] = '\0';
    assert_true(read_from_pipe(longest, &secret, rest, &err));
    assert_int_equal(secret.len, 1024);
    secret_free(&secret);
    assert_false(secret_read_passphrase(1000, NULL, &secret, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_null(secret.data);
}

/* In a child with a pseudo-terminal of its own. Exit code: 0 read "typed", 3 not given, 1 else. */
static void ask_on_terminal(const char *name)
{
    (void)setsid();
    int terminal = open(name, O_RDWR);
    struct secret secret = {0};
    struct err err = {0};
    struct termios after;
    if (terminal < 0 || ioctl(terminal, TIOCSCTTY, 0) != 0) _exit(1);
    bool ok = secret_read_passphrase(-1, "Passphrase: ", &secret, &err);
    if (tcgetattr(terminal, &after) != 0 || !(after.c_lflag & ECHO)) _exit(1);
    if (!ok) _exit(err.code == ERR_INVALID ? 3 : 1);
    _exit(secret.len == 5 && memcmp(secret.data, "typed", 5) == 0 ? 0 : 1);
}

/* Types the keys once the prompt is there; gives the child's exit code and what the terminal
 * showed. */
static int type_on_terminal(const char *keys, char *shown, size_t cap)
{
    int control = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(control >= 0);
    assert_int_equal(grantpt(control) | unlockpt(control), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) ask_on_terminal(ptsname(control));
    size_t len = 0;
    bool typed = false;
    ssize_t got = 0;
    while (len < cap - 1 && (got = read(control, shown + len, cap - 1 - len)) > 0) {
        len += (size_t)got;
        shown[len] = '\0';
        if (typed || !strstr(shown, "Passphrase: ")) continue;
        typed = true;
        assert_int_equal(write(control, keys, strlen(keys)), strlen(keys));
    }
    shown[len] = '\0';
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    close(control);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_terminal_does_not_show_what_is_typed(void **state)
{
    (void)state;
    char shown[256] = "";
    assert_int_equal(type_on_terminal("typed\n", shown, sizeof shown), 0);
    assert_non_null(strstr(shown, "Passphrase: "));
    assert_null(strstr(shown, "typed"));
    /* Control-C followed by Enter: the echo is back on, and nothing was given. */
    assert_int_equal(type_on_terminal("ty\x03\n", shown, sizeof shown), 3);
}

static void test_setup_turns_dumps_off(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit limit = {1, 1};
        (void)unsetenv("HEARTH_ALLOW_CORES");
        secret_setup();
        bool off = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && getrlimit(RLIMIT_CORE, &limit) == 0 &&
                   limit.rlim_cur == 0;
        _exit(off ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* The exit status of a child: what setup says where no more than `bytes` may be locked goes to a
 * pipe. */
static void setup_with_limit(rlim_t bytes, char *said, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = {bytes, bytes};
        bool ready = dup2(ends[1], STDERR_FILENO) >= 0 && setrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
                     (geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
        if (ready) secret_setup();
        _exit(ready ? 0 : 1);
    }
    (void)close(ends[1]);
    ssize_t got = read(ends[0], said, size - 1);
    said[got > 0 ? got : 0] = '\0';
    (void)close(ends[0]);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_memory_that_cannot_be_locked_is_told(void **state)
{
    (void)state;
    char said[1024];
#if SANITIZED
    skip(); /* they lock nothing, and say that they do */
#endif
    setup_with_limit(4096, said, sizeof said);
    assert_non_null(strstr(said, "memory_not_locked"));
    assert_non_null(strstr(said, "LimitMEMLOCK"));
    setup_with_limit(1 << 20, said, sizeof said);
    assert_string_equal(said, "");
}

static bool read_credential(const char *directory, struct secret *out, struct err *err)
{
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", directory, 1), 0);
    bool ok = secret_read_passphrase(-1, "", out, err);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    return ok;
}

static void test_passphrase_is_a_credential(void **state)
{
    (void)state;
    struct err err = {0};
    struct secret secret = {0};
    char *dir = support_temp_dir(), *path = file_join(dir, "passphrase");
    assert_false(secret_has_credential());
    assert_true(file_write(path, "of the manager\nmore", 19, 0400, &err));
    assert_true(read_credential(dir, &secret, &err));
    assert_int_equal(secret.len, strlen("of the manager"));
    assert_memory_equal(secret.data, "of the manager", secret.len);
    secret_free(&secret);
    assert_true(file_write(path, "", 0, 0400, &err));
    assert_false(read_credential(dir, &secret, &err));
    assert_int_equal(err.code, ERR_INVALID);
    /* A descriptor that was named comes first. */
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
    assert_true(secret_has_credential());
    char rest[64];
    assert_true(read_from_pipe("typed\n", &secret, rest, &err));
    assert_memory_equal(secret.data, "typed", secret.len);
    secret_free(&secret);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    free(path);
    support_temp_dir_remove(dir);
}

static int set_up(void **state)
{
    (void)state;
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_wipes_the_source),
        cmocka_unit_test(test_random_secrets_differ),
        cmocka_unit_test(test_passphrase_is_one_line),
        cmocka_unit_test(test_terminal_does_not_show_what_is_typed),
        cmocka_unit_test(test_setup_turns_dumps_off),
        cmocka_unit_test(test_memory_that_cannot_be_locked_is_told),
        cmocka_unit_test(test_passphrase_is_a_credential),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
