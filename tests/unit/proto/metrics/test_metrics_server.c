/* SPDX-License-Identifier: Apache-2.0
 * The server as its attackers see it: whoever has an account on the machine, and a web page in a
 * browser on it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/metrics/loopback.h"
#include "proto/metrics/metrics_server.h"

enum { DEADLINE_MS = 20000, ANSWER_MAX = 65536 };

static const struct metric table[1] = {{METRIC_COUNTER_OF("a_total", "Something.")}};

struct world {
    struct metrics *metrics;
    struct metrics_server *server;
    int port;
};

static int set_up(void **state)
{
    struct world *world = mem_new(struct world);
    struct err err;
    world->metrics = metrics_new(table, 1);
    assert_true(metrics_server_start("127.0.0.1:0", world->metrics, &world->server, &err));
    world->port = (int)strtol(strrchr(metrics_server_address(world->server), ':') + 1, NULL, 10);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    metrics_server_stop(world->server);
    metrics_free(world->metrics);
    free(world);
    return 0;
}

static int dial(const struct world *world)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)world->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* What comes until the other side closes, NUL-terminated; it has to close. */
static size_t read_all(int fd, char out[ANSWER_MAX])
{
    size_t len = 0;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int64_t end = clock_steady_ms() + DEADLINE_MS;
    for (;;) {
        int64_t left = end - clock_steady_ms();
        assert_true(left > 0 && poll(&ready, 1, (int)left) == 1);
        ssize_t got = read(fd, out + len, ANSWER_MAX - 1 - len);
        if (got <= 0) break;
        len += (size_t)got;
    }
    out[len] = '\0';
    return len;
}

static void ask(const struct world *world, const char *request, char out[ANSWER_MAX])
{
    int fd = dial(world);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    (void)read_all(fd, out);
    (void)close(fd);
}

static bool starts(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static void two_pages_and_no_more(void **state)
{
    struct world *world = *state;
    char out[ANSWER_MAX];
    ask(world, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", out);
    assert_true(starts(out, "HTTP/1.1 200 "));
    assert_non_null(strstr(out, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert_non_null(strstr(out, "\na_total 0\n"));
    ask(world, "GET /metrics?x=1 HTTP/1.0\r\n\r\n", out);
    assert_non_null(strstr(out, " 200 "));
    ask(world, "GET /healthz HTTP/1.1\r\nHost: localhost:1\r\n\r\n", out);
    assert_non_null(strstr(out, "\r\n\r\nok\n"));
    static const char *const not_there[] = {"/",  "/metrics/", "/../metrics", "/status.json",
                                            "//", "*"};
    for (size_t i = 0; i < sizeof not_there / sizeof not_there[0]; i++) {
        char request[256];
        (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: [::1]:9\r\n\r\n",
                       not_there[i]);
        ask(world, request, out);
        assert_null(strstr(out, " 200 "));
        assert_null(strstr(out, "a_total"));
    }
    static const char *const methods[] = {"POST",  "PUT",  "DELETE", "OPTIONS",
                                          "TRACE", "HEAD", "get"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        char request[256];
        (void)snprintf(request, sizeof request,
                       "%s /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n",
                       methods[i]);
        ask(world, request, out);
        assert_true(starts(out, "HTTP/1.1 405 "));
        assert_non_null(strstr(out, "Allow: GET\r\n"));
        assert_null(strstr(out, "a_total"));
    }
}

/* A page from elsewhere whose name now means 127.0.0.1 asks with that name. */
static void a_browser_that_was_led_here_gets_nothing(void **state)
{
    struct world *world = *state;
    static const char *const hosts[] = {
        "evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", "localhost.evil.example",
        "0.0.0.0",      "[::ffff:127.0.0.1]",        "[::2]",    "",
        "127.1"};
    char out[ANSWER_MAX], request[256];
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        (void)snprintf(request, sizeof request, "GET /metrics HTTP/1.1\r\nHost: %s\r\n\r\n",
                       hosts[i]);
        ask(world, request, out);
        assert_null(strstr(out, " 200 "));
        assert_null(strstr(out, "a_total"));
    }
}

static void a_picture_stays_until_the_next_one(void **state)
{
    struct world *world = *state;
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    char out[ANSWER_MAX];
    metrics_add(world->metrics, 0, 0, 0, 5);
    ask(world, request, out);
    assert_non_null(strstr(out, "\na_total 0\n"));
    metrics_server_publish(world->server, false);
    ask(world, request, out);
    assert_non_null(strstr(out, "\na_total 5\n"));
    ask(world, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", out);
    assert_true(starts(out, "HTTP/1.1 503 "));
    assert_non_null(strstr(out, "trouble"));
}

/* Each sends a byte every 100 ms and never ends its request: all are cut off in the time of one,
 * and who waited behind them is served. */
static void slow_callers_are_cut_off(void **state)
{
    struct world *world = *state;
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ";
    int fds[2 * METRICS_CONNECTIONS_MAX];
    const size_t count = sizeof fds / sizeof fds[0];
    char out[ANSWER_MAX];
    int64_t began = clock_steady_ms();
    for (size_t i = 0; i < count; i++) {
        fds[i] = dial(world);
        assert_true(send(fds[i], request, strlen(request), MSG_NOSIGNAL) > 0);
    }
    size_t open = count;
    while (open > 0) {
        assert_true(clock_steady_ms() - began < DEADLINE_MS);
        (void)poll(NULL, 0, 100);
        for (size_t i = 0; i < count; i++) {
            struct pollfd ready = {.fd = fds[i], .events = POLLIN};
            if (fds[i] < 0) continue;
            bool over = send(fds[i], "x", 1, MSG_NOSIGNAL) < 0;
            over = over || (poll(&ready, 1, 0) == 1 && read(fds[i], out, sizeof out) <= 0);
            if (!over) continue;
            (void)close(fds[i]);
            fds[i] = -1;
            open--;
        }
    }
    ask(world, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", out);
    assert_non_null(strstr(out, "\na_total 0\n"));
}

/* Silent ones, such as take no answer, and headers without end. */
static void other_bad_callers_are_survived(void **state)
{
    struct world *world = *state;
    static const char start[] = "GET /metrics HTTP/1.1\r\nX: ";
    char out[ANSWER_MAX], *flood = mem_array(1 << 20, 1);
    int silent = dial(world), closed = dial(world);
    (void)shutdown(closed, SHUT_WR);
    assert_int_equal(read_all(closed, out), 0);
    memset(flood, 'A', 1 << 20);
    for (size_t i = 0; start[i]; i++) flood[i] = start[i];
    int fd = dial(world);
    (void)send(fd, flood, 1 << 20, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)read_all(fd, out);
    assert_null(strstr(out, "a_total"));
    ask(world, "\0\xff nonsense\r\n\r\n", out);
    assert_null(strstr(out, "a_total"));
    ask(world, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", out);
    assert_non_null(strstr(out, "\na_total 0\n"));
    assert_int_equal(read_all(silent, out), 0);
    (void)close(silent);
    (void)close(closed);
    (void)close(fd);
    free(flood);
}

static void only_this_machine_is_listened_to(void **state)
{
    (void)state;
    static const char *const good[] = {"", "127.0.0.1:9464", "127.9.8.7:0", "localhost:1",
                                       "[::1]:65535"};
    static const char *const bad[] = {
        "0.0.0.0:9464",  "192.168.1.4:9464", "10.0.0.1:1",          "[::]:9464",
        "[fe80::1]:1",   "::1:9464",         "example.org:80",      "127.0.0.1",
        "127.0.0.1:",    "127.0.0.1:65536",  "127.0.0.1:-1",        ":9464",
        "[::ffff:1]:1",  "128.0.0.1:1",      "0127.0.0.1:1",        "127.0.0.1:1:2",
        "127.0.0.1 :80", "2130706433:80",    "[::ffff:127.0.0.1]:1"};
    struct metrics *metrics = metrics_new(table, 1);
    struct metrics_server *server = NULL;
    struct err err;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(metrics_listen_check(good[i], &err));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(metrics_listen_check(bad[i], &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.field, "metrics_listen");
        assert_non_null(strstr(err.text, "127.0.0.1:9464"));
        assert_false(metrics_server_start(bad[i], metrics, &server, &err));
        assert_null(server);
    }
    /* Off: nothing is started, and nothing minds. */
    assert_true(metrics_server_start("", metrics, &server, &err));
    assert_null(server);
    metrics_server_publish(NULL, true);
    assert_string_equal(metrics_server_address(NULL), "");
    metrics_server_stop(NULL);
    metrics_free(metrics);
}

static void a_port_in_use_is_told(void **state)
{
    struct world *world = *state;
    struct metrics_server *second = NULL;
    struct err err;
    assert_false(
        metrics_server_start(metrics_server_address(world->server), world->metrics, &second, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.field, "metrics_listen");
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(two_pages_and_no_more),
        WITH_SERVER(a_browser_that_was_led_here_gets_nothing),
        WITH_SERVER(a_picture_stays_until_the_next_one),
        WITH_SERVER(slow_callers_are_cut_off),
        WITH_SERVER(other_bad_callers_are_survived),
        cmocka_unit_test(only_this_machine_is_listened_to),
        WITH_SERVER(a_port_in_use_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
