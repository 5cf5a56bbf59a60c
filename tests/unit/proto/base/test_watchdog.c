/* SPDX-License-Identifier: Apache-2.0
 * The test is the service manager: a socket that is told things, read without waiting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/watchdog.h"
#include "tests/unit/support/temp_dir.h"

struct manager {
    char *dir, *path;
    int fd;
    char said[4096]; /* all so far, with a line end behind each */
};

static int set_up(void **state)
{
    struct manager *manager = mem_new(struct manager);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    manager->dir = support_temp_dir();
    manager->path = file_join(manager->dir, "notify");
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", manager->path);
    manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(manager->fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", manager->path, 1), 0);
    char pid[24];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
    *state = manager;
    return 0;
}

static int tear_down(void **state)
{
    struct manager *manager = *state;
    (void)close(manager->fd);
    support_temp_dir_remove(manager->dir);
    free(manager->path);
    free(manager);
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_PID");
    (void)unsetenv("WATCHDOG_USEC");
    return 0;
}

/* What has been said since the last call. */
static const char *heard(struct manager *manager)
{
    size_t len = 0;
    ssize_t got = 0;
    while ((got = recv(manager->fd, manager->said + len, sizeof manager->said - len - 2,
                       MSG_DONTWAIT)) > 0) {
        len += (size_t)got;
        manager->said[len++] = '\n';
    }
    manager->said[len] = '\0';
    return manager->said;
}

/* A part that answers when the test says so. */
struct part {
    void (*job)(void *beat);
    void *beat;
    int asked;
};

static void ask(void *ctx, void (*job)(void *beat), void *beat)
{
    struct part *part = ctx;
    part->job = job;
    part->beat = beat;
    part->asked++;
}

static void answer(const struct part *part)
{
    part->job(part->beat);
}

/* Ticks until it says so, or `ms` are over. */
static bool ticks_until(struct watchdog *watchdog, struct manager *manager, const char *wanted,
                        int64_t ms, const struct part *answering)
{
    int64_t until = clock_steady_ms() + ms;
    while (clock_steady_ms() < until) {
        watchdog_tick(watchdog);
        if (answering) answer(answering);
        if (strstr(heard(manager), wanted)) return true;
    }
    return false;
}

static void test_states(void **state)
{
    struct manager *manager = *state;
    struct watchdog *watchdog = watchdog_new();
    watchdog_ready(watchdog);
    assert_string_equal(heard(manager), "READY=1\n");
    watchdog_status(watchdog, "%d agents", 3);
    watchdog_status(watchdog, "%d agents", 3);
    assert_string_equal(heard(manager), "STATUS=3 agents\n");
    watchdog_tick(watchdog);
    assert_string_equal(heard(manager), ""); /* nobody waits for signs of life */
    watchdog_reloading(watchdog);
    assert_non_null(strstr(heard(manager), "RELOADING=1\nMONOTONIC_USEC="));
    watchdog_tick(watchdog);
    assert_string_equal(heard(manager), "READY=1\n");
    watchdog_stopping(watchdog);
    assert_string_equal(heard(manager), "STOPPING=1\n");
    watchdog_free(watchdog);
}

static void test_a_part_that_stands_still(void **state)
{
    struct manager *manager = *state;
    struct part good = {0}, bad = {0};
    assert_int_equal(setenv("WATCHDOG_USEC", "200000", 1), 0);
    struct watchdog *watchdog = watchdog_new();
    watchdog_watch(watchdog, "good", ask, &good);
    watchdog_watch(watchdog, "bad", ask, &bad);
    assert_true(ticks_until(watchdog, manager, "WATCHDOG=1\n", 10000, &good));
    assert_int_equal(bad.asked, 1); /* not again before it has answered */
    /* Once it has been silent for half the interval there is nothing, however often it ticks. */
    int64_t silent_until = clock_steady_ms() + 150;
    while (clock_steady_ms() < silent_until) {
        watchdog_tick(watchdog);
        answer(&good);
    }
    (void)heard(manager);
    assert_false(ticks_until(watchdog, manager, "WATCHDOG", 500, &good));
    assert_true(good.asked > bad.asked);
    answer(&bad);
    assert_true(ticks_until(watchdog, manager, "WATCHDOG=1\n", 10000, &good));
    assert_int_equal(bad.asked, 2);
    watchdog_free(watchdog);
}

static void test_the_interval(void **state)
{
    struct manager *manager = *state;
    assert_int_equal(setenv("WATCHDOG_USEC", "3600000000", 1), 0);
    struct watchdog *watchdog = watchdog_new();
    struct part part = {0};
    watchdog_watch(watchdog, "part", ask, &part);
    watchdog_tick(watchdog);
    assert_string_equal(heard(manager), "WATCHDOG=1\n");
    assert_int_equal(part.asked, 1);
    answer(&part);
    watchdog_tick(watchdog);
    assert_string_equal(heard(manager), "");
    assert_int_equal(part.asked, 1); /* it need not wake up so soon again */
    watchdog_free(watchdog);
    /* Meant for another process. */
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
    watchdog = watchdog_new();
    watchdog_tick(watchdog);
    assert_string_equal(heard(manager), "");
    watchdog_free(watchdog);
}

static void test_pools(void **state)
{
    struct manager *manager = *state;
    assert_int_equal(setenv("WATCHDOG_USEC", "200000", 1), 0);
    struct pool *pool = pool_start(2);
    struct watchdog *watchdog = watchdog_new();
    watchdog_watch_pool(watchdog, "pool", pool);
    for (int i = 0; i < 3; i++) {
        assert_true(ticks_until(watchdog, manager, "WATCHDOG=1\n", 10000, NULL));
    }
    pool_stop(pool);
    watchdog_free(watchdog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_states, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_part_that_stands_still, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_interval, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pools, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
