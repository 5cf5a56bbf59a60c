/* SPDX-License-Identifier: Apache-2.0
 * Would the sanitizers see anything? This program starts itself again to do what each of them must
 * report, and looks at how that ends. Built with AddressSanitizer and UBSan only.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/mem.h"
#include "proto/base/secret.h"

static const char *self;

static int leak(void)
{
    secret_setup(); /* not dumpable, as daemons are */
    char *lost = mem_string("lost");
    lost[0] = 'L';
    lost = NULL;
    return lost != NULL;
}

static int overrun(void)
{
    volatile size_t beyond = 5;
    char *text = mem_string("text");
    size_t room = strlen(text) + 32;
    volatile char value = text[room + beyond];
    free(text);
    return value & 0;
}

static int overflow(void)
{
    volatile int most = INT_MAX;
    most = most + 1;
    return most & 0;
}

/* Ends with another status than 0, and says `word`. */
static void expect_report(const char *fault, const char *word)
{
    int out[2];
    char text[20000];
    size_t len = 0;
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(out[1], STDERR_FILENO);
        (void)execl(self, self, fault, (char *)NULL);
        _exit(0);
    }
    (void)close(out[1]);
    for (ssize_t got = 1; got > 0 && len < sizeof text - 1; len += (size_t)(got > 0 ? got : 0))
        got = read(out[0], text + len, sizeof text - 1 - len);
    text[len] = '\0';
    (void)close(out[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_not_equal(status, 0);
    assert_non_null(strstr(text, word));
}

static void faults_are_reported(void **state)
{
    (void)state;
    expect_report("leak", "LeakSanitizer");
    expect_report("overrun", "heap-buffer-overflow");
    expect_report("overflow", "runtime error: signed integer overflow");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(faults_are_reported)};
    self = argv[0];
    if (argc == 2 && strcmp(argv[1], "leak") == 0) return leak();
    if (argc == 2 && strcmp(argv[1], "overrun") == 0) return overrun();
    if (argc == 2 && strcmp(argv[1], "overflow") == 0) return overflow();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
