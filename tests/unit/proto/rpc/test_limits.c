/* SPDX-License-Identifier: Apache-2.0
 * What a server takes of strangers and of peers that want too much, and that honest ones of the
 * size of England are never refused.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/rpc/inbox.h"
#include "proto/rpc/rpc_bucket.h"
#include "proto/rpc/rpc_gate.h"
#include "tests/unit/support/sanitized.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

enum { BYTES_MAX = 6 << 20, WAIT_MS = 60000 };

#define METHOD_ECHO "/t.T/Echo"
#define METHOD_TAKE "/t.T/Take"

struct company {
    char *home;
    struct party matcher, la, agent;
};

struct fixture {
    const struct company *company;
    struct rpc_limits limits;
    struct rpc_server *server;
    int port;
    atomic_size_t opened, closed, messages, bytes;
};

/* ---- a server that counts ---- */

static void on_opened(struct rpc_stream *stream, void *ctx)
{
    struct fixture *f = ctx;
    (void)stream;
    atomic_fetch_add(&f->opened, 1);
}

static void on_echo(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    struct fixture *f = ctx;
    atomic_fetch_add(&f->messages, 1);
    (void)rpc_stream_send_bytes(stream, data, len);
}

static void on_take(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    struct fixture *f = ctx;
    (void)stream;
    (void)data;
    atomic_fetch_add(&f->messages, 1);
    atomic_fetch_add(&f->bytes, len);
}

static void on_half_closed(struct rpc_stream *stream, void *ctx)
{
    (void)ctx;
    rpc_stream_finish(stream, RPC_OK, "");
}

static void on_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                      void *ctx)
{
    struct fixture *f = ctx;
    (void)stream;
    (void)status;
    (void)detail;
    atomic_fetch_add(&f->closed, 1);
}

static const struct rpc_events echo_events = {on_opened, on_echo, on_half_closed, on_closed};
static const struct rpc_events take_events = {on_opened, on_take, on_half_closed, on_closed};

static void serve_at(struct fixture *f, const char *address, const struct rpc_limits *limits)
{
    struct err err = {0};
    const struct rpc_method methods[] = {{METHOD_ECHO, &echo_events, f},
                                         {METHOD_TAKE, &take_events, f}};
    const struct rpc_server_config config = {.address = address,
                                             .message_max = BYTES_MAX,
                                             .methods = methods,
                                             .method_count = 2,
                                             .limits = *limits};
    parties_must(rpc_server_start(&config, f->company->matcher.identity, f->company->matcher.trust,
                                  &f->server, &f->port, &err),
                 &err);
}

static void serve(struct fixture *f, const struct rpc_limits *limits)
{
    serve_at(f, "127.0.0.1:0", limits);
}

static struct rpc_refused refused(struct fixture *f)
{
    struct rpc_refused out;
    rpc_server_refused(f->server, &out);
    return out;
}

static int start(void **state)
{
    struct fixture *f = mem_new(struct fixture);
    f->company = *state;
    rpc_start();
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    rpc_server_stop(f->server);
    assert_int_equal(f->opened, f->closed);
    rpc_stop();
    free(f);
    return 0;
}

/* ---- peers ---- */

static struct rpc_channel *connect_to(struct fixture *f, const char *host,
                                      const struct party *party)
{
    char target[64];
    struct err err = {0};
    struct rpc_channel *channel = NULL;
    (void)snprintf(target, sizeof target, "%s:%d", host, f->port);
    const struct rpc_channel_config config = {
        .target = target, .server_id = "matcher", .message_max = BYTES_MAX, .queue_max = 100000};
    parties_must(rpc_channel_open(&config, party->identity, party->trust, &channel, &err), &err);
    return channel;
}

static struct rpc_channel *connect_as(struct fixture *f, const struct party *party)
{
    return connect_to(f, "127.0.0.1", party);
}

struct line {
    struct inbox *inbox;
    struct rpc_stream *stream;
};

static struct line call(struct rpc_channel *channel, const char *method)
{
    struct line line = {.inbox = inbox_new()};
    line.stream = rpc_channel_call(channel, method, 0, inbox_events(), line.inbox);
    return line;
}

/* The end of it, and when to come back. */
static enum rpc_status end_of(struct line *line, int64_t *retry_ms)
{
    enum rpc_status status = RPC_OK;
    struct buf bytes = {0};
    char detail[ERR_TEXT_MAX];
    enum inbox_event event = INBOX_MESSAGE;
    while (event == INBOX_MESSAGE) {
        event = inbox_wait(line->inbox, WAIT_MS, &bytes, &status, detail);
        buf_free(&bytes);
    }
    assert_int_equal(event, INBOX_CLOSED);
    if (retry_ms) *retry_ms = inbox_retry_ms(line->inbox);
    return status;
}

static void let_go(struct line *line)
{
    rpc_stream_cancel(line->stream, RPC_CANCELLED, "done");
    (void)end_of(line, NULL);
    rpc_stream_unref(line->stream);
    inbox_free(line->inbox);
}

static bool echo_works(struct line *line)
{
    enum rpc_status status = RPC_OK;
    struct buf bytes = {0};
    char detail[ERR_TEXT_MAX];
    if (!rpc_stream_send_bytes(line->stream, "hello", 5)) return false;
    bool works = inbox_wait(line->inbox, WAIT_MS, &bytes, &status, detail) == INBOX_MESSAGE;
    buf_free(&bytes);
    return works;
}

/* A connection that says nothing. */
static int connect_raw(const struct fixture *f)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)f->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

/* Whether the server has let go of it within that time. */
static bool is_reset(int fd, int wait_ms)
{
    struct pollfd one = {fd, POLLIN, 0};
    char byte;
    return poll(&one, 1, wait_ms) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0;
}

/* ---- what goes out with a refusal ---- */

static void test_a_rate_has_a_burst(void **state)
{
    (void)state;
    struct rpc_bucket bucket = {0};
    int64_t now = 1000000;
    for (int i = 0; i < 10 * RPC_BURST_S; i++) assert_true(rpc_bucket_take(&bucket, 10, 1, now));
    assert_false(rpc_bucket_take(&bucket, 10, 1, now));
    assert_false(rpc_bucket_take(&bucket, 10, 1, now + 99));
    assert_true(rpc_bucket_take(&bucket, 10, 1, now + 100));
    assert_false(rpc_bucket_take(&bucket, 10, 1, now + 100));
    now += 3600000; /* no more than the burst, however long nothing came */
    assert_true(rpc_bucket_take(&bucket, 10, 10 * RPC_BURST_S, now));
    assert_false(rpc_bucket_take(&bucket, 10, 1, now));
    assert_false(rpc_bucket_take(&bucket, 10, UINT64_MAX, now + 3600000));
    /* Clocks that stand still, or refusals on the way, give nothing away. */
    bucket = (struct rpc_bucket){0};
    assert_true(rpc_bucket_take(&bucket, 1, RPC_BURST_S, now));
    for (int i = 0; i < 100; i++) assert_false(rpc_bucket_take(&bucket, 1, 1, now + i * 5));
}

/* ---- strangers ---- */

static uint64_t site_of(const char *text)
{
    struct sockaddr_storage from = {.ss_family = AF_INET};
    if (inet_pton(AF_INET, text, &((struct sockaddr_in *)&from)->sin_addr) != 1) {
        from.ss_family = AF_INET6;
        assert_int_equal(inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&from)->sin6_addr), 1);
    }
    return rpc_gate_site(&from);
}

/* A stranger whose IPv6 network begins as somebody's IPv4 address does not use up what is theirs.
 */
static void test_sites_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(site_of("192.0.2.10"), site_of("::ffff:192.0.2.10"));
    assert_int_equal(site_of("2001:db8::1"), site_of("2001:db8::2"));
    assert_int_not_equal(site_of("192.0.2.10"), site_of("192.0.2.11"));
    assert_int_not_equal(site_of("2001:db8::1"), site_of("2001:db8:0:1::1"));
    assert_int_not_equal(site_of("32.1.13.184"), site_of("2001:db8::1"));
}

static void test_connections_are_bounded_by_address_and_come_back(void **state)
{
    struct fixture *f = *state;
    int fds[12];
    serve(f, &(struct rpc_limits){.connections_a_site = 8});
    for (int i = 0; i < 12; i++) fds[i] = connect_raw(f);
    for (int i = 8; i < 12; i++) assert_true(is_reset(fds[i], WAIT_MS));
    for (int i = 0; i < 8; i++) assert_false(is_reset(fds[i], 0));
    assert_int_equal(refused(f).connections, 4);
    for (int i = 0; i < 12; i++) assert_int_equal(close(fds[i]), 0);
    /* Whoever comes when they are gone is served. */
    struct rpc_channel *channel = connect_as(f, &f->company->la);
    struct line line;
    int64_t end_ms = clock_steady_ms() + WAIT_MS;
    bool works = false;
    while (!works && clock_steady_ms() < end_ms) {
        line = call(channel, METHOD_ECHO);
        works = echo_works(&line);
        let_go(&line);
    }
    assert_true(works);
    rpc_channel_close(channel);
}

static void test_connections_are_bounded_in_all(void **state)
{
    struct fixture *f = *state;
    int fds[10];
    serve(f, &(struct rpc_limits){.connections = 6});
    for (int i = 0; i < 10; i++) fds[i] = connect_raw(f);
    for (int i = 6; i < 10; i++) assert_true(is_reset(fds[i], WAIT_MS));
    assert_int_equal(refused(f).connections, 4);
    for (int i = 0; i < 10; i++) assert_int_equal(close(fds[i]), 0);
}

static void test_handshakes_are_bounded_a_second(void **state)
{
    struct fixture *f = *state;
    size_t reset = 0;
    serve(f, &(struct rpc_limits){.handshakes_per_s = 2});
    int64_t began_ms = clock_steady_ms();
    for (int i = 0; i < 60; i++) {
        int fd = connect_raw(f);
        reset += is_reset(fd, 50);
        assert_int_equal(close(fd), 0);
    }
    int64_t took_ms = clock_steady_ms() - began_ms;
    int64_t most = 2 * RPC_BURST_S + took_ms * 2 / 1000 + 1;
    assert_true((int64_t)(60 - refused(f).handshakes) <= most);
    assert_true(reset > 0);
}

/* gRPC 1.51 by itself never listens again after that. */
static void test_no_descriptors_left_is_survived(void **state)
{
    struct fixture *f = *state;
    serve(f, &(struct rpc_limits){0});
    struct rpc_channel *channel = connect_as(f, &f->company->la);
    struct line line = call(channel, METHOD_ECHO);
    assert_true(echo_works(&line));
    int waiting = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct rlimit before, now;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    now = before;
    now.rlim_cur = (rlim_t)waiting + 1; /* all below are in use, or soon will be */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    int fillers[1024];
    size_t filled = 0;
    while (filled < 1024 && (fillers[filled] = dup(waiting)) >= 0) filled++;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)f->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(waiting, (struct sockaddr *)&to, sizeof to), 0);
    assert_false(is_reset(waiting, 200)); /* it waits in the kernel */
    while (filled > 0) assert_int_equal(close(fillers[--filled]), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    struct rpc_channel *second = connect_as(f, &f->company->agent);
    struct line other = call(second, METHOD_ECHO);
    assert_true(echo_works(&other));
    let_go(&other);
    let_go(&line);
    rpc_channel_close(second);
    rpc_channel_close(channel);
    assert_int_equal(close(waiting), 0);
}

/* ---- peers ---- */

/* All connections of one organisation count together, and another's do not. */
static void test_open_streams_are_bounded_by_organisation(void **state)
{
    struct fixture *f = *state;
    struct line lines[6];
    int64_t retry_ms = 0;
    serve(f, &(struct rpc_limits){.streams = 4});
    struct rpc_channel *channels[2] = {connect_as(f, &f->company->la),
                                       connect_as(f, &f->company->la)};
    struct rpc_channel *agent = connect_as(f, &f->company->agent);
    for (int i = 0; i < 4; i++) {
        lines[i] = call(channels[i % 2], METHOD_ECHO);
        assert_true(echo_works(&lines[i]));
    }
    lines[4] = call(channels[0], METHOD_ECHO);
    assert_int_equal(end_of(&lines[4], &retry_ms), RPC_RESOURCE_EXHAUSTED);
    assert_int_equal(retry_ms, RPC_BUSY_RETRY_MS);
    lines[5] = call(agent, METHOD_ECHO);
    assert_true(echo_works(&lines[5]));
    assert_int_equal(f->opened, 5); /* the refused one is not told */
    assert_int_equal(refused(f).streams, 1);
    for (int i = 0; i < 6; i++) let_go(&lines[i]);
    while (atomic_load(&f->closed) < 5) (void)poll(NULL, 0, 1);
    lines[0] = call(channels[0], METHOD_ECHO);
    assert_true(echo_works(&lines[0]));
    let_go(&lines[0]);
    for (int i = 0; i < 2; i++) rpc_channel_close(channels[i]);
    rpc_channel_close(agent);
}

static void test_messages_are_bounded_a_second(void **state)
{
    struct fixture *f = *state;
    int64_t retry_ms = 0, began_ms = clock_steady_ms();
    serve(f, &(struct rpc_limits){.messages_per_s = 20});
    struct rpc_channel *channel = connect_as(f, &f->company->la);
    struct line line = call(channel, METHOD_TAKE);
    for (int i = 0; i < 5000; i++) (void)rpc_stream_send_bytes(line.stream, "x", 1);
    assert_int_equal(end_of(&line, &retry_ms), RPC_RESOURCE_EXHAUSTED);
    assert_int_equal(retry_ms, RPC_BUSY_RETRY_MS);
    int64_t most = 20 * RPC_BURST_S + (clock_steady_ms() - began_ms) * 20 / 1000 + 1;
    assert_true((int64_t)f->messages >= 20 * RPC_BURST_S && (int64_t)f->messages <= most);
    assert_int_equal(refused(f).messages, 1);
    let_go(&line);
    rpc_channel_close(channel);
}

static void test_bytes_are_bounded_a_second(void **state)
{
    struct fixture *f = *state;
    enum { BLOCK = 1 << 20, PER_S = 1 };
    uint8_t *block = mem_array(1, BLOCK);
    int64_t began_ms = clock_steady_ms();
    serve(f, &(struct rpc_limits){.mib_per_s = PER_S});
    struct rpc_channel *channel = connect_as(f, &f->company->la);
    struct line line = call(channel, METHOD_TAKE);
    for (int i = 0; i < 64; i++) (void)rpc_stream_send_bytes(line.stream, block, BLOCK);
    assert_int_equal(end_of(&line, NULL), RPC_RESOURCE_EXHAUSTED);
    int64_t took_s = (clock_steady_ms() - began_ms) / 1000 + 1;
    assert_true((int64_t)f->bytes <= (RPC_BURST_S + took_s) * PER_S * BLOCK);
    assert_int_equal(refused(f).bytes, 1);
    let_go(&line);
    rpc_channel_close(channel);
    free(block);
}

/* Opening streams without end costs the connection, and then the next ones, not the server. */
static void flood_with_streams(struct fixture *f, const char *host)
{
    size_t exhausted = 0, cut = 0;
    struct rpc_channel *channel = connect_to(f, host, &f->company->la);
    struct rpc_channel *agent = connect_to(f, host, &f->company->agent);
    struct line honest = call(agent, METHOD_ECHO);
    for (int i = 0; i < 200; i++) {
        struct line line = call(channel, METHOD_ECHO);
        (void)rpc_stream_send_bytes(line.stream, "x", 1);
        rpc_stream_finish(line.stream, RPC_OK, NULL);
        enum rpc_status status = end_of(&line, NULL);
        exhausted += status == RPC_RESOURCE_EXHAUSTED;
        cut += status == RPC_UNAVAILABLE;
        let_go(&line);
    }
    assert_true(exhausted > 0);
    assert_true(cut > 0);
    assert_true(refused(f).cut > 0);
    assert_true(echo_works(&honest));
    let_go(&honest);
    rpc_channel_close(channel);
    rpc_channel_close(agent);
}

static void test_a_flood_of_streams_is_cut_off(void **state)
{
    struct fixture *f = *state;
    serve(f, &(struct rpc_limits){.streams_per_s = 1});
    flood_with_streams(f, "127.0.0.1");
}

static bool has_ipv6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool has = fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
    if (fd >= 0) assert_int_equal(close(fd), 0);
    return has;
}

/* gRPC writes these addresses in a form of its own, by which a connection is found again. */
static void test_floods_over_ipv6_are_cut_off(void **state)
{
    struct fixture *f = *state;
    if (!has_ipv6()) skip();
    serve_at(f, "[::1]:0", &(struct rpc_limits){.streams_per_s = 1});
    flood_with_streams(f, "[::1]");
}

/* One socket for both kinds of addresses. */
static void test_floods_of_both_kinds_are_cut_off(void **state)
{
    struct fixture *f = *state;
    if (!has_ipv6()) skip();
    serve_at(f, "[::]:0", &(struct rpc_limits){.streams_per_s = 1});
    flood_with_streams(f, "127.0.0.1");
    flood_with_streams(f, "[::1]");
}

/* ---- honest peers, with the limits that stand there ---- */

/* Forty searches of an LA over a thousand agencies send their shares all at once; queries of the
 * most quadrants; an agent's replies of 65,536 items. */
static void test_honest_peers_of_the_size_of_england_are_not_refused(void **state)
{
    struct fixture *f = *state;
    enum { SEARCHES = 40, AGENCIES = SANITIZED ? 100 : 1000, QUERY = 227 * 1024, REPLIES = 24 };
    uint8_t *bytes = mem_array(1, BYTES_MAX);
    struct line lines[SEARCHES];
    serve(f, &(struct rpc_limits){0});
    struct rpc_channel *channel = connect_as(f, &f->company->la);
    struct rpc_channel *agent = connect_as(f, &f->company->agent);
    for (int i = 0; i < SEARCHES; i++) {
        lines[i] = call(channel, METHOD_TAKE);
        assert_true(rpc_stream_send_bytes(lines[i].stream, bytes, QUERY));
        for (int j = 0; j < AGENCIES; j++) {
            assert_true(rpc_stream_send_bytes(lines[i].stream, bytes, 560));
        }
        rpc_stream_finish(lines[i].stream, RPC_OK, NULL);
    }
    struct line replies = call(agent, METHOD_TAKE);
    for (int i = 0; i < REPLIES; i++) {
        assert_true(rpc_stream_send_bytes(replies.stream, bytes, 65536 * 64 + 512));
    }
    rpc_stream_finish(replies.stream, RPC_OK, NULL);
    for (int i = 0; i < SEARCHES; i++) assert_int_equal(end_of(&lines[i], NULL), RPC_OK);
    assert_int_equal(end_of(&replies, NULL), RPC_OK);
    assert_int_equal(f->messages, SEARCHES * (AGENCIES + 1) + REPLIES);
    const struct rpc_refused none = {0}, counts = refused(f);
    assert_memory_equal(&counts, &none, sizeof none);
    for (int i = 0; i < SEARCHES; i++) let_go(&lines[i]);
    let_go(&replies);
    rpc_channel_close(channel);
    rpc_channel_close(agent);
    free(bytes);
}

static int make_company(void **state)
{
    struct company *company = mem_new(struct company);
    company->home = support_temp_dir();
    struct parties *parties = parties_new(company->home);
    company->matcher = parties_add(parties, ROLE_MATCHER, "matcher");
    company->la = parties_add(parties, ROLE_LA, "la-1");
    company->agent = parties_add(parties, ROLE_AGENT, "agent-1");
    parties_free(parties);
    *state = company;
    return 0;
}

static int free_company(void **state)
{
    struct company *company = *state;
    party_close(&company->matcher);
    party_close(&company->la);
    party_close(&company->agent);
    support_temp_dir_remove(company->home);
    free(company);
    return 0;
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rate_has_a_burst),
        cmocka_unit_test(test_sites_are_told_apart),
        SERVED(test_connections_are_bounded_by_address_and_come_back),
        SERVED(test_connections_are_bounded_in_all),
        SERVED(test_handshakes_are_bounded_a_second),
        SERVED(test_no_descriptors_left_is_survived),
        SERVED(test_open_streams_are_bounded_by_organisation),
        SERVED(test_messages_are_bounded_a_second),
        SERVED(test_bytes_are_bounded_a_second),
        SERVED(test_a_flood_of_streams_is_cut_off),
        SERVED(test_floods_over_ipv6_are_cut_off),
        SERVED(test_floods_of_both_kinds_are_cut_off),
        SERVED(test_honest_peers_of_the_size_of_england_are_not_refused),
    };
    return cmocka_run_group_tests(tests, make_company, free_company);
}
