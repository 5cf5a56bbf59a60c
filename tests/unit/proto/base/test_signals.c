/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "proto/base/signals.h"

static void *send_both(void *ctx)
{
    (void)ctx;
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    return NULL;
}

/* A thread that was started later has the mask too, or it would end the program. */
static void test_signals_come_through_the_descriptor(void **state)
{
    (void)state;
    struct err err = {0};
    int fd = -1;
    pthread_t thread;
    assert_true(signals_open(&fd, &err));
    assert_int_equal(signals_next(fd), SIGNALS_NONE);
    assert_int_equal(pthread_create(&thread, NULL, send_both, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int seen[3] = {0};
    while (seen[SIGNALS_RELOAD] + seen[SIGNALS_STOP] < 2) {
        assert_int_equal(poll(&ready, 1, 5000), 1);
        seen[signals_next(fd)]++;
    }
    assert_int_equal(seen[SIGNALS_RELOAD], 1);
    assert_int_equal(seen[SIGNALS_STOP], 1);
    assert_int_equal(signals_next(fd), SIGNALS_NONE);
    assert_int_equal(close(fd), 0);
}

static void test_writing_to_nobody_is_an_error_and_no_signal(void **state)
{
    (void)state;
    struct err err = {0};
    int fd = -1, ends[2];
    assert_true(signals_open(&fd, &err));
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(write(ends[1], "x", 1), -1);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals_come_through_the_descriptor),
        cmocka_unit_test(test_writing_to_nobody_is_an_error_and_no_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
