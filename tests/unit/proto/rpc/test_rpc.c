/* SPDX-License-Identifier: Apache-2.0
 * Servers and clients on the loopback interface with real mutual TLS. Every test starts gRPC and
 * stops it again, and then nothing of it may be left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/health.pb-c.h"
#include "proto/rpc/rpc_internal.h"
#include "tests/unit/proto/rpc/recorder.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

enum { MATCHER, LA, AGENT, HUB, FOREIGN_MATCHER, CAST };

enum { BYTES_MAX = 2 << 20, LARGE = 1 << 20, ECHOES = 1000, QUEUE = 2048 };

/* ---- what the server does ---- */

static void echo_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    record_message(stream, data, len, ctx);
    (void)rpc_stream_send_bytes(stream, data, len);
}

static void echo_half_closed(struct rpc_stream *stream, void *ctx)
{
    record_half_closed(stream, ctx);
    rpc_stream_finish(stream, RPC_OK, NULL);
}

static void unary_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    char reply[160];
    record_message(stream, data, len, ctx);
    int size = snprintf(reply, sizeof reply, "%s/%s:%.*s", role_name(rpc_stream_peer_role(stream)),
                        rpc_stream_peer_id(stream), (int)len, (const char *)data);
    (void)rpc_stream_send_bytes(stream, reply, (size_t)size);
    rpc_stream_finish(stream, RPC_OK, NULL);
    /* What comes after the end is neither sent nor heard. */
    (void)rpc_stream_send_bytes(stream, "more", 4);
    rpc_stream_finish(stream, RPC_INTERNAL, "twice");
}

static void refuse_opened(struct rpc_stream *stream, void *ctx)
{
    record_opened(stream, ctx);
    rpc_stream_finish(stream, RPC_PERMISSION_DENIED, "role: only for agents");
}

static void cancel_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    record_message(stream, data, len, ctx);
    (void)rpc_stream_send_bytes(stream, "dropped", 7);
    rpc_stream_cancel(stream, RPC_ABORTED, "seed: no longer wanted");
    rpc_stream_cancel(stream, RPC_INTERNAL, "twice");
}

/* Sends what comes in to every stream that the recorder in its user pointer knows. */
static void forward_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    record_message(stream, data, len, ctx);
    struct recorder *others = rpc_stream_user(stream);
    struct rpc_message *message = rpc_message_new(data, len);
    for (size_t i = 0; i < others->opened; i++) (void)rpc_stream_send(others->streams[i], message);
    rpc_message_unref(message);
    for (size_t i = 0; i < others->opened; i++) {
        rpc_stream_finish(others->streams[i], RPC_OK, NULL);
    }
    rpc_stream_finish(stream, RPC_OK, NULL);
}

enum { ECHO, UNARY, REFUSE, CANCEL, HOLD, FORWARD, METHODS };
static const char *const paths[METHODS] = {"/t.T/Echo",   "/t.T/Unary", "/t.T/Refuse",
                                           "/t.T/Cancel", "/t.T/Hold",  "/t.T/Forward"};
static struct recorder *hold_recorder_of(struct recorder *recorders)
{
    return &recorders[HOLD];
}
static void forward_opened(struct rpc_stream *stream, void *ctx)
{
    record_opened(stream, ctx);
    struct recorder *mine = ctx;
    rpc_stream_set_user(stream, hold_recorder_of(mine - FORWARD));
}

static const struct rpc_events method_events[METHODS] = {
    {record_opened, echo_message, echo_half_closed, record_closed},
    {record_opened, unary_message, record_half_closed, record_closed},
    {refuse_opened, record_message, record_half_closed, record_closed},
    {record_opened, cancel_message, record_half_closed, record_closed},
    {record_opened, record_message, record_half_closed, record_closed},
    {forward_opened, forward_message, record_half_closed, record_closed},
};

/* ---- a server, a client, and what they were told ---- */

/* Made once for all tests. */
struct troupe {
    char *home;
    struct party cast[CAST];
};

struct fixture {
    const struct party *cast;
    struct rpc_server *server;
    struct rpc_channel *channel;
    int port;
    size_t queue_max;
    struct recorder served[METHODS];
    struct recorder client;
};

static bool try_server(struct fixture *f, const struct party *party, int port, struct err *err)
{
    struct rpc_method methods[METHODS];
    char address[64];
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", port);
    for (size_t i = 0; i < METHODS; i++) {
        methods[i] = (struct rpc_method){paths[i], &method_events[i], &f->served[i]};
    }
    const struct rpc_server_config config = {.address = address,
                                             .threads = 2,
                                             .message_max = BYTES_MAX,
                                             .queue_max = f->queue_max,
                                             .methods = methods,
                                             .method_count = METHODS};
    return rpc_server_start(&config, party->identity, party->trust, &f->server, &f->port, err);
}

static void start_server(struct fixture *f, const struct party *party, int port)
{
    struct err err = {0};
    if (!try_server(f, party, port, &err)) fail_msg("%s", err.text);
}

static struct rpc_channel *open_to_role(int port, const struct party *party, enum role server_role,
                                        const char *server_id, size_t queue_max)
{
    char target[64];
    struct err err = {0};
    struct rpc_channel *channel = NULL;
    (void)snprintf(target, sizeof target, "127.0.0.1:%d", port);
    const struct rpc_channel_config config = {.target = target,
                                              .server_role = server_role,
                                              .server_id = server_id,
                                              .message_max = BYTES_MAX,
                                              .queue_max = queue_max};
    assert_true(rpc_channel_open(&config, party->identity, party->trust, &channel, &err));
    return channel;
}

static struct rpc_channel *open_to(int port, const struct party *party, const char *server_id,
                                   size_t queue_max)
{
    return open_to_role(port, party, ROLE_NONE, server_id, queue_max);
}

static struct rpc_stream *call(struct fixture *f, int method)
{
    return rpc_channel_call(f->channel, paths[method], 0, &recorder_events, &f->client);
}

/* Calls, sends one message, half-closes, waits for the end. */
static void call_once(struct rpc_channel *channel, const char *path, const char *text,
                      struct recorder *r)
{
    size_t before = recorder_read(r, &r->closed);
    struct rpc_stream *stream = rpc_channel_call(channel, path, 0, &recorder_events, r);
    (void)rpc_stream_send_bytes(stream, text, strlen(text));
    rpc_stream_finish(stream, RPC_OK, NULL);
    assert_true(recorder_wait(r, &r->closed, before + 1));
    rpc_stream_unref(stream);
}

static int start(void **state)
{
    struct fixture *f = mem_new(struct fixture);
    f->cast = ((const struct troupe *)*state)->cast;
    for (size_t i = 0; i < METHODS; i++) recorder_init(&f->served[i]);
    recorder_init(&f->client);
    f->queue_max = QUEUE;
    rpc_start();
    start_server(f, &f->cast[MATCHER], 0);
    f->channel = open_to(f->port, &f->cast[LA], "matcher", QUEUE);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    recorder_hold(&f->served[HOLD], false);
    rpc_channel_close(f->channel);
    rpc_server_stop(f->server);
    for (size_t i = 0; i < METHODS; i++) {
        assert_false(f->served[i].after_closed);
        assert_int_equal(f->served[i].opened, f->served[i].closed);
        recorder_destroy(&f->served[i]);
    }
    assert_false(f->client.after_closed);
    recorder_destroy(&f->client);
    rpc_stop();
    assert_false(grpc_is_initialized());
    free(f);
    return 0;
}

/* ---- messages ---- */

/* Message i of the echo test: its number, then a pattern; one of them is large. */
static uint8_t *echo_text(uint32_t i, size_t *len)
{
    *len = i == ECHOES / 2 ? LARGE : 4 + (i * 37) % 3000;
    uint8_t *bytes = mem_array(*len, 1);
    for (size_t k = 0; k < *len; k++) bytes[k] = (uint8_t)(i * 31 + k * 7);
    memcpy(bytes, &i, sizeof i);
    return bytes;
}

static void check_echo(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    struct recorder *r = ctx;
    size_t expected_len = 0;
    uint8_t *expected = echo_text((uint32_t)recorder_read(r, &r->messages), &expected_len);
    if (len != expected_len || memcmp(data, expected, len) != 0) r->out_of_order = true;
    free(expected);
    record_message(stream, data, len, ctx);
}

static void test_echo_keeps_order_and_bytes(void **state)
{
    static const struct rpc_events events = {.message = check_echo, .closed = record_closed};
    struct fixture *f = *state;
    struct rpc_stream *stream = rpc_channel_call(f->channel, paths[ECHO], 0, &events, &f->client);
    for (uint32_t i = 0; i < ECHOES; i++) {
        size_t len = 0;
        uint8_t *bytes = echo_text(i, &len);
        assert_true(rpc_stream_send_bytes(stream, bytes, len));
        free(bytes);
    }
    rpc_stream_finish(stream, RPC_OK, NULL);
    assert_false(rpc_stream_send_bytes(stream, "late", 4));
    assert_true(recorder_wait(&f->client, &f->client.closed, 1));
    assert_int_equal(f->client.status, RPC_OK);
    assert_int_equal(f->client.messages, ECHOES);
    assert_false(f->client.out_of_order);
    assert_true(recorder_wait(&f->served[ECHO], &f->served[ECHO].closed, 1));
    assert_int_equal(recorder_read(&f->served[ECHO], &f->served[ECHO].messages), ECHOES);
    assert_int_equal(f->served[ECHO].half_closed, 1);
    assert_int_equal(f->served[ECHO].status, RPC_OK);
    rpc_stream_unref(stream);
}

static void test_empty_message(void **state)
{
    struct fixture *f = *state;
    call_once(f->channel, paths[ECHO], "", &f->client);
    assert_int_equal(f->client.status, RPC_OK);
    assert_int_equal(f->client.messages, 1);
    assert_int_equal(f->client.last_len, 0);
}

static void test_unary_tells_who_the_peer_is(void **state)
{
    struct fixture *f = *state;
    call_once(f->channel, paths[UNARY], "hello", &f->client);
    assert_int_equal(f->client.status, RPC_OK);
    assert_string_equal(f->client.last, "la/la-1:hello");
    assert_int_equal(f->client.messages, 1);
    assert_true(recorder_wait(&f->served[UNARY], &f->served[UNARY].closed, 1));
    struct rpc_stream *served = f->served[UNARY].streams[0];
    assert_string_equal(rpc_stream_peer_id(served), "la-1");
    assert_int_equal(rpc_stream_peer_role(served), ROLE_LA);
    assert_ptr_equal(strstr(rpc_stream_peer_address(served), "ipv4"),
                     rpc_stream_peer_address(served));

    struct rpc_channel *agent = open_to(f->port, &f->cast[AGENT], "matcher", 0);
    call_once(agent, paths[UNARY], "", &f->client);
    assert_string_equal(f->client.last, "agent/agent-1:");
    rpc_channel_close(agent);
}

static void test_client_knows_the_server(void **state)
{
    struct fixture *f = *state;
    struct rpc_stream *stream = call(f, ECHO);
    assert_true(rpc_stream_send_bytes(stream, "x", 1));
    assert_true(recorder_wait(&f->client, &f->client.messages, 1));
    assert_string_equal(rpc_stream_peer_id(stream), "matcher");
    assert_int_equal(rpc_stream_peer_role(stream), ROLE_MATCHER);
    rpc_stream_unref(stream);
}

struct sender {
    struct rpc_stream *stream;
    pthread_t thread;
};

static void *send_many(void *arg)
{
    struct sender *sender = arg;
    for (int i = 0; i < 200; i++) REQUIRE(rpc_stream_send_bytes(sender->stream, &i, sizeof i));
    return NULL;
}

static void test_many_threads_send_on_one_stream(void **state)
{
    enum { SENDERS = 4 };
    struct fixture *f = *state;
    struct rpc_stream *stream = call(f, ECHO);
    struct sender senders[SENDERS];
    for (size_t i = 0; i < SENDERS; i++) {
        senders[i].stream = stream;
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_many, &senders[i]), 0);
    }
    for (size_t i = 0; i < SENDERS; i++) pthread_join(senders[i].thread, NULL);
    rpc_stream_finish(stream, RPC_OK, NULL);
    assert_true(recorder_wait(&f->client, &f->client.closed, 1));
    assert_int_equal(f->client.messages, SENDERS * 200);
    rpc_stream_unref(stream);
}

static void test_one_message_to_fifty_streams(void **state)
{
    enum { CHANNELS = 5, STREAMS = 50 };
    struct fixture *f = *state;
    struct recorder *hold = &f->served[HOLD];
    struct rpc_channel *channels[CHANNELS];
    struct rpc_stream *streams[STREAMS];
    for (size_t i = 0; i < CHANNELS; i++) {
        channels[i] = open_to(f->port, &f->cast[AGENT], "matcher", 0);
    }
    for (size_t i = 0; i < STREAMS; i++) {
        streams[i] =
            rpc_channel_call(channels[i % CHANNELS], paths[HOLD], 0, &recorder_events, &f->client);
    }
    assert_true(recorder_wait(hold, &hold->opened, STREAMS));
    /* From a callback of yet another stream, to all of them. */
    call_once(f->channel, paths[FORWARD], "to all", &f->client);
    assert_true(recorder_wait(&f->client, &f->client.closed, STREAMS + 1));
    assert_int_equal(f->client.messages, STREAMS);
    assert_string_equal(f->client.last, "to all");
    assert_int_equal(f->client.status, RPC_OK);
    for (size_t i = 0; i < STREAMS; i++) rpc_stream_unref(streams[i]);
    for (size_t i = 0; i < CHANNELS; i++) rpc_channel_close(channels[i]);
}

/* ---- ends ---- */

static void test_refusal_with_status_and_detail(void **state)
{
    struct fixture *f = *state;
    call_once(f->channel, paths[REFUSE], "x", &f->client);
    assert_int_equal(f->client.status, RPC_PERMISSION_DENIED);
    assert_string_equal(f->client.detail, "role: only for agents");
    assert_int_equal(f->client.messages, 0);
    /* After the server has finished it hears no messages any more. */
    assert_int_equal(recorder_read(&f->served[REFUSE], &f->served[REFUSE].messages), 0);
    assert_int_equal(f->served[REFUSE].half_closed, 0);
}

static void test_server_cancel_reaches_the_client(void **state)
{
    struct fixture *f = *state;
    struct rpc_stream *stream = call(f, CANCEL);
    assert_true(rpc_stream_send_bytes(stream, "x", 1));
    assert_true(recorder_wait(&f->client, &f->client.closed, 1));
    assert_int_equal(f->client.status, RPC_ABORTED);
    assert_string_equal(f->client.detail, "seed: no longer wanted");
    assert_true(recorder_wait(&f->served[CANCEL], &f->served[CANCEL].closed, 1));
    assert_int_equal(f->served[CANCEL].status, RPC_CANCELLED);
    rpc_stream_unref(stream);
}

static void test_client_cancel_is_seen_by_the_server(void **state)
{
    struct fixture *f = *state;
    struct recorder *hold = &f->served[HOLD];
    struct rpc_stream *stream = call(f, HOLD);
    assert_true(rpc_stream_send_bytes(stream, "x", 1));
    assert_true(recorder_wait(hold, &hold->messages, 1));
    rpc_stream_cancel(stream, RPC_CANCELLED, "enough");
    assert_false(rpc_stream_send_bytes(stream, "x", 1));
    assert_true(recorder_wait(&f->client, &f->client.closed, 1));
    assert_int_equal(f->client.status, RPC_CANCELLED);
    assert_string_equal(f->client.detail, "enough");
    assert_true(recorder_wait(hold, &hold->closed, 1));
    assert_int_equal(hold->status, RPC_CANCELLED);
    assert_int_equal(hold->half_closed, 0);
    assert_false(rpc_stream_send_bytes(hold->streams[0], "x", 1));
    rpc_stream_unref(stream);
}

static void test_cancel_before_a_connection(void **state)
{
    struct fixture *f = *state;
    /* Often, since what a channel leaves behind depends on how far its connection has come. */
    for (size_t i = 1; i <= 25; i++) {
        struct rpc_channel *channel = open_to(f->port, &f->cast[LA], "matcher", 0);
        struct rpc_stream *stream =
            rpc_channel_call(channel, paths[HOLD], 0, &recorder_events, &f->client);
        rpc_stream_cancel(stream, RPC_CANCELLED, "at once");
        assert_true(recorder_wait(&f->client, &f->client.closed, i));
        assert_int_equal(f->client.status, RPC_CANCELLED);
        rpc_stream_unref(stream);
        rpc_channel_close(channel);
    }
}

static void test_deadline(void **state)
{
    struct fixture *f = *state;
    struct rpc_stream *stream =
        rpc_channel_call(f->channel, paths[HOLD], 200, &recorder_events, &f->client);
    assert_true(recorder_wait(&f->client, &f->client.closed, 1));
    assert_int_equal(f->client.status, RPC_DEADLINE_EXCEEDED);
    rpc_stream_unref(stream);
}

static void test_unknown_method(void **state)
{
    struct fixture *f = *state;
    call_once(f->channel, "/t.T/Nothing", "x", &f->client);
    assert_int_equal(f->client.status, RPC_UNIMPLEMENTED);
    call_once(f->channel, "/t.T/Ech", "x", &f->client);
    assert_int_equal(f->client.status, RPC_UNIMPLEMENTED);
}

static void test_too_large_a_message(void **state)
{
    struct fixture *f = *state;
    uint8_t *bytes = mem_array(BYTES_MAX + 1, 1);
    struct rpc_stream *stream = call(f, ECHO);
    assert_true(rpc_stream_send_bytes(stream, bytes, BYTES_MAX + 1));
    assert_true(recorder_wait(&f->client, &f->client.closed, 1));
    assert_int_equal(f->client.status, RPC_RESOURCE_EXHAUSTED);
    assert_int_equal(recorder_read(&f->served[ECHO], &f->served[ECHO].messages), 0);
    rpc_stream_unref(stream);
    free(bytes);
}

static void test_queue_is_bounded_and_what_was_queued_arrives(void **state)
{
    enum { LIMIT = 8, SIZE = 1 << 16, TRIES = 2000 };
    struct fixture *f = *state;
    struct recorder *hold = &f->served[HOLD];
    struct rpc_channel *channel = open_to(f->port, &f->cast[LA], "matcher", LIMIT);
    recorder_hold(hold, true);
    struct rpc_stream *stream =
        rpc_channel_call(channel, paths[HOLD], 0, &recorder_events, &f->client);
    uint8_t *bytes = mem_array(SIZE, 1);
    size_t accepted = 0;
    /* The server reads nothing, so the windows between the two fill up, and then the queue. */
    while (accepted < TRIES && rpc_stream_send_bytes(stream, bytes, SIZE)) accepted++;
    assert_in_range(accepted, LIMIT, TRIES - 1);
    int64_t end_ms = clock_steady_ms() + RECORDER_WAIT_S * 1000;
    while (rpc_stream_stalled_ms(stream) < 200) {
        assert_true(clock_steady_ms() < end_ms);
        accepted += rpc_stream_send_bytes(stream, bytes, SIZE);
    }
    rpc_stream_finish(stream, RPC_OK, NULL);
    recorder_hold(hold, false);
    assert_true(recorder_wait(hold, &hold->half_closed, 1));
    assert_int_equal(rpc_stream_stalled_ms(stream), 0);
    assert_int_equal(hold->messages, accepted);
    rpc_stream_finish(hold->streams[0], RPC_OK, NULL);
    assert_true(recorder_wait(&f->client, &f->client.closed, 1));
    assert_int_equal(f->client.status, RPC_OK);
    rpc_stream_unref(stream);
    rpc_channel_close(channel);
    free(bytes);
}

/* ---- who may talk to whom ---- */

/* One call made with gRPC itself, for what the wrapper cannot be told to do: to show no certificate
 * (credentials for the CA only), or to compress. Gives the status. */
static grpc_status_code raw_call(int port, grpc_channel_credentials *credentials,
                                 grpc_compression_algorithm algorithm)
{
    struct rpc_args args = {0};
    char target[64];
    /* A call that is wrongly accepted is held by the server. */
    const gpr_timespec deadline =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(20, GPR_TIMESPAN));
    (void)snprintf(target, sizeof target, "127.0.0.1:%d", port);
    rpc_args_text(&args, GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, "matcher");
    rpc_args_integer(&args, GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM, (int)algorithm);
    grpc_channel *channel = grpc_channel_create(target, credentials, &args.args);
    grpc_completion_queue *queue = grpc_completion_queue_create_for_next(NULL);
    grpc_call *raw =
        grpc_channel_create_call(channel, NULL, GRPC_PROPAGATE_DEFAULTS, queue,
                                 grpc_slice_from_static_string(paths[HOLD]), NULL, deadline, NULL);
    uint8_t *zeros = mem_array(4096, 1);
    struct rpc_message *message = rpc_message_new(zeros, 4096);
    grpc_byte_buffer *bytes = rpc_message_buffer(message);
    grpc_status_code status = GRPC_STATUS_OK;
    grpc_slice detail = grpc_empty_slice();
    grpc_metadata_array headers, trailers;
    grpc_metadata_array_init(&headers);
    grpc_metadata_array_init(&trailers);
    grpc_op ops[4] = {{.op = GRPC_OP_SEND_INITIAL_METADATA},
                      {.op = GRPC_OP_SEND_MESSAGE},
                      {.op = GRPC_OP_RECV_INITIAL_METADATA},
                      {.op = GRPC_OP_RECV_STATUS_ON_CLIENT}};
    ops[1].data.send_message.send_message = bytes;
    ops[2].data.recv_initial_metadata.recv_initial_metadata = &headers;
    ops[3].data.recv_status_on_client.trailing_metadata = &trailers;
    ops[3].data.recv_status_on_client.status = &status;
    ops[3].data.recv_status_on_client.status_details = &detail;
    struct rpc_tag tag = {0};
    REQUIRE(grpc_call_start_batch(raw, ops, 4, rpc_tag_start(&tag), NULL) == GRPC_CALL_OK);
    (void)grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    free(zeros);
    rpc_message_unref(message);
    grpc_byte_buffer_destroy(bytes);
    grpc_slice_unref(detail);
    grpc_metadata_array_destroy(&headers);
    grpc_metadata_array_destroy(&trailers);
    grpc_call_unref(raw);
    grpc_channel_destroy(channel);
    grpc_channel_credentials_release(credentials);
    grpc_completion_queue_shutdown(queue);
    (void)grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    grpc_completion_queue_destroy(queue);
    return status;
}

static void test_compressed_messages_are_refused(void **state)
{
    struct fixture *f = *state;
    grpc_channel_credentials *credentials =
        rpc_tls_channel_credentials(f->cast[LA].identity, f->cast[LA].trust);
    assert_int_equal(raw_call(f->port, credentials, GRPC_COMPRESS_GZIP), GRPC_STATUS_UNIMPLEMENTED);
    assert_int_equal(recorder_read(&f->served[HOLD], &f->served[HOLD].messages), 0);
}

static void test_no_client_certificate_is_refused(void **state)
{
    struct fixture *f = *state;
    grpc_channel_credentials *credentials =
        grpc_ssl_credentials_create_ex(trust_tls_ca_pem(f->cast[LA].trust), NULL, NULL, NULL);
    assert_int_equal(raw_call(f->port, credentials, GRPC_COMPRESS_NONE), GRPC_STATUS_UNAVAILABLE);
    assert_int_equal(recorder_read(&f->served[HOLD], &f->served[HOLD].opened), 0);
}

static void test_foreign_authority_is_refused_on_both_sides(void **state)
{
    struct fixture *f = *state;
    /* The client's certificate is foreign, but it would trust the server. */
    const struct party mixed = {.identity = f->cast[FOREIGN_MATCHER].identity,
                                .trust = f->cast[LA].trust};
    struct rpc_channel *channel = open_to(f->port, &mixed, "matcher", 0);
    call_once(channel, paths[UNARY], "x", &f->client);
    assert_int_equal(f->client.status, RPC_UNAVAILABLE);
    rpc_channel_close(channel);
    /* The client does not trust the server. */
    const struct party doubting = {.identity = f->cast[LA].identity,
                                   .trust = f->cast[FOREIGN_MATCHER].trust};
    channel = open_to(f->port, &doubting, "matcher", 0);
    call_once(channel, paths[UNARY], "x", &f->client);
    assert_int_equal(f->client.status, RPC_UNAVAILABLE);
    rpc_channel_close(channel);
    assert_int_equal(recorder_read(&f->served[UNARY], &f->served[UNARY].opened), 0);
}

static void test_server_with_another_name_is_refused(void **state)
{
    struct fixture *f = *state;
    struct rpc_channel *channel = open_to(f->port, &f->cast[LA], "matcher-2", 0);
    call_once(channel, paths[UNARY], "x", &f->client);
    assert_int_equal(f->client.status, RPC_UNAVAILABLE);
    rpc_channel_close(channel);
    assert_int_equal(recorder_read(&f->served[UNARY], &f->served[UNARY].opened), 0);
}

/* "localhost" is a name in the matcher's certificate, so TLS is content; but it is not its id. */
static void test_server_with_another_id_gets_no_message(void **state)
{
    struct fixture *f = *state;
    struct rpc_channel *channel = open_to(f->port, &f->cast[LA], "localhost", 0);
    call_once(channel, paths[ECHO], "x", &f->client);
    assert_int_equal(f->client.status, RPC_UNAUTHENTICATED);
    assert_non_null(strstr(f->client.detail, "is for matcher matcher, not for matcher localhost"));
    rpc_channel_close(channel);
    assert_int_equal(recorder_read(&f->served[ECHO], &f->served[ECHO].messages), 0);
}

/* Every certificate names its organisation, but only a matcher's or a hub's is one for a server. */
static void test_server_with_another_role_gets_no_message(void **state)
{
    struct fixture *f = *state;
    rpc_server_stop(f->server);
    start_server(f, &f->cast[AGENT], 0);
    struct rpc_channel *channel = open_to(f->port, &f->cast[LA], "agent-1", 0);
    call_once(channel, paths[ECHO], "x", &f->client);
    assert_int_not_equal(f->client.status, RPC_OK);
    rpc_channel_close(channel);
    assert_int_equal(recorder_read(&f->served[ECHO], &f->served[ECHO].messages), 0);
}

/* A hub's certificate is one for a server too, and this hub has the matcher's id: nobody who wants
 * the one sends anything to the other. */
static void test_a_hub_serves_only_those_who_want_a_hub(void **state)
{
    struct fixture *f = *state;
    struct rpc_channel *channel = open_to_role(f->port, &f->cast[LA], ROLE_HUB, "matcher", 0);
    call_once(channel, paths[ECHO], "x", &f->client);
    assert_int_equal(f->client.status, RPC_UNAUTHENTICATED);
    assert_non_null(strstr(f->client.detail, "is for matcher matcher, not for hub matcher"));
    rpc_channel_close(channel);
    rpc_server_stop(f->server);
    start_server(f, &f->cast[HUB], 0);
    channel = open_to(f->port, &f->cast[LA], "matcher", 0);
    call_once(channel, paths[ECHO], "x", &f->client);
    assert_int_equal(f->client.status, RPC_UNAUTHENTICATED);
    assert_non_null(strstr(f->client.detail, "is for hub matcher, not for matcher matcher"));
    rpc_channel_close(channel);
    assert_int_equal(recorder_read(&f->served[ECHO], &f->served[ECHO].messages), 0);
    channel = open_to_role(f->port, &f->cast[LA], ROLE_HUB, "matcher", 0);
    call_once(channel, paths[ECHO], "x", &f->client);
    assert_int_equal(f->client.status, RPC_OK);
    rpc_channel_close(channel);
    assert_int_equal(recorder_read(&f->served[ECHO], &f->served[ECHO].messages), 1);
}

static void test_reloaded_certificate_serves_new_connections(void **state)
{
    struct fixture *f = *state;
    struct rpc_stream *open = call(f, ECHO);
    assert_true(rpc_stream_send_bytes(open, "x", 1));
    assert_true(recorder_wait(&f->client, &f->client.messages, 1));
    const struct party *foreign = &f->cast[FOREIGN_MATCHER];
    rpc_server_reload(f->server, foreign->identity, foreign->trust);
    struct rpc_channel *channel = open_to(f->port, &f->cast[LA], "matcher", 0);
    call_once(channel, paths[UNARY], "x", &f->client);
    assert_int_equal(f->client.status, RPC_UNAVAILABLE);
    rpc_channel_close(channel);
    /* The connection that was there goes on. */
    assert_true(rpc_stream_send_bytes(open, "y", 1));
    assert_true(recorder_wait(&f->client, &f->client.messages, 2));
    /* The second of two reloads counts. */
    const struct party *matcher = &f->cast[MATCHER];
    rpc_server_reload(f->server, foreign->identity, foreign->trust);
    rpc_server_reload(f->server, matcher->identity, matcher->trust);
    channel = open_to(f->port, &f->cast[LA], "matcher", 0);
    call_once(channel, paths[UNARY], "x", &f->client);
    assert_int_equal(f->client.status, RPC_OK);
    rpc_channel_close(channel);
    rpc_stream_unref(open);
}

/* ---- starting and stopping ---- */

static void test_drain(void **state)
{
    struct fixture *f = *state;
    struct rpc_stream *open = call(f, ECHO);
    assert_true(rpc_stream_send_bytes(open, "x", 1));
    assert_true(recorder_wait(&f->client, &f->client.messages, 1));
    rpc_server_drain(f->server);
    call_once(f->channel, paths[UNARY], "x", &f->client);
    assert_int_equal(f->client.status, RPC_UNAVAILABLE);
    assert_int_equal(recorder_read(&f->served[UNARY], &f->served[UNARY].opened), 0);
    assert_true(rpc_stream_send_bytes(open, "y", 1));
    assert_true(recorder_wait(&f->client, &f->client.messages, 2));
    rpc_stream_finish(open, RPC_OK, NULL);
    assert_true(recorder_wait(&f->client, &f->client.closed, 2));
    assert_int_equal(f->client.status, RPC_OK);
    rpc_stream_unref(open);
}

static void assert_health(struct fixture *f, const char *service, enum rpc_status status,
                          int health)
{
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    uint8_t bytes[128] = {0};
    request.service = (char *)(uintptr_t)service;
    size_t len = grpc__health__v1__health_check_request__pack(&request, bytes);
    size_t closed = f->client.closed;
    struct rpc_stream *stream =
        rpc_channel_call(f->channel, METHOD_HEALTH, 0, &recorder_events, &f->client);
    assert_true(rpc_stream_send_bytes(stream, bytes, len));
    rpc_stream_finish(stream, RPC_OK, NULL);
    assert_true(recorder_wait(&f->client, &f->client.closed, closed + 1));
    rpc_stream_unref(stream);
    assert_int_equal(f->client.status, status);
    if (status != RPC_OK) return;
    Grpc__Health__V1__HealthCheckResponse *response =
        grpc__health__v1__health_check_response__unpack(NULL, f->client.last_len,
                                                        (const uint8_t *)f->client.last);
    assert_non_null(response);
    assert_int_equal(response->status, health);
    grpc__health__v1__health_check_response__free_unpacked(response, NULL);
}

static void test_health(void **state)
{
    struct fixture *f = *state;
    assert_health(f, "", RPC_OK, GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING);
    assert_health(f, "hearth.v1.Matcher", RPC_OK,
                  GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING);
    assert_health(f, "other", RPC_NOT_FOUND, 0);
    call_once(f->channel, METHOD_HEALTH, "\xff\xff", &f->client);
    assert_int_equal(f->client.status, RPC_INVALID_ARGUMENT);
    rpc_server_drain(f->server);
    assert_health(f, "", RPC_OK,
                  GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING);
}

static void test_server_stop_closes_every_stream_once(void **state)
{
    enum { STREAMS = 20 };
    struct fixture *f = *state;
    struct recorder *hold = &f->served[HOLD];
    struct rpc_stream *streams[STREAMS];
    for (size_t i = 0; i < STREAMS; i++) streams[i] = call(f, HOLD);
    assert_true(recorder_wait(hold, &hold->opened, STREAMS));
    rpc_server_stop(f->server);
    f->server = NULL;
    assert_int_equal(hold->closed, STREAMS);
    assert_int_equal(hold->status, RPC_CANCELLED);
    assert_true(recorder_wait(&f->client, &f->client.closed, STREAMS));
    assert_int_equal(f->client.status, RPC_UNAVAILABLE);
    for (size_t i = 0; i < STREAMS; i++) {
        assert_false(rpc_stream_send_bytes(streams[i], "x", 1));
        rpc_stream_cancel(streams[i], RPC_CANCELLED, "late");
        rpc_stream_finish(streams[i], RPC_OK, "late");
        rpc_stream_unref(streams[i]);
    }
    rpc_channel_close(f->channel);
    f->channel = NULL;
    assert_int_equal(f->client.closed, STREAMS);
    assert_int_equal(hold->closed, STREAMS);
}

static void test_channel_close_closes_every_stream_once(void **state)
{
    enum { STREAMS = 20 };
    struct fixture *f = *state;
    struct recorder *hold = &f->served[HOLD];
    struct rpc_stream *streams[STREAMS];
    for (size_t i = 0; i < STREAMS; i++) streams[i] = call(f, HOLD);
    assert_true(recorder_wait(hold, &hold->opened, STREAMS));
    rpc_channel_close(f->channel);
    f->channel = NULL;
    assert_int_equal(f->client.closed, STREAMS);
    assert_true(recorder_wait(hold, &hold->closed, STREAMS));
    for (size_t i = 0; i < STREAMS; i++) rpc_stream_unref(streams[i]);
}

static void test_unreachable_server_is_told_soon(void **state)
{
    struct fixture *f = *state;
    rpc_server_stop(f->server);
    f->server = NULL;
    int64_t started = clock_steady_ms();
    call_once(f->channel, paths[ECHO], "x", &f->client);
    assert_int_equal(f->client.status, RPC_UNAVAILABLE);
    assert_true(clock_steady_ms() - started < 25000);
}

static void test_the_same_channel_finds_a_restarted_server(void **state)
{
    struct fixture *f = *state;
    call_once(f->channel, paths[UNARY], "one", &f->client);
    assert_int_equal(f->client.status, RPC_OK);
    int port = f->port;
    rpc_server_stop(f->server);
    f->server = NULL;
    call_once(f->channel, paths[UNARY], "none", &f->client);
    assert_int_equal(f->client.status, RPC_UNAVAILABLE);
    start_server(f, &f->cast[MATCHER], port);
    int64_t until = clock_steady_ms() + 60000;
    do {
        call_once(f->channel, paths[UNARY], "two", &f->client);
    } while (f->client.status == RPC_UNAVAILABLE && clock_steady_ms() < until);
    assert_int_equal(f->client.status, RPC_OK);
    assert_string_equal(f->client.last, "la/la-1:two");
}

static void test_a_port_in_use_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct fixture second = {.queue_max = 0};
    struct err err = {0};
    assert_false(try_server(&second, &f->cast[MATCHER], f->port, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.field, "listen");
    assert_null(second.server);
}

/* ---- statuses ---- */

static void test_statuses_and_errors(void **state)
{
    (void)state;
    static const enum err_code kept[] = {
        ERR_INVALID, ERR_NOT_FOUND, ERR_EXISTS,      ERR_UNAUTHENTICATED, ERR_DENIED,
        ERR_EXPIRED, ERR_BUDGET,    ERR_UNAVAILABLE, ERR_CORRUPT,         ERR_INTERNAL};
    struct err err = {0};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        assert_false(rpc_err_of(rpc_status_of(kept[i]), "text", &err));
        assert_int_equal(err.code, kept[i]);
    }
    assert_int_equal(rpc_status_of(ERR_VERSION), RPC_FAILED_PRECONDITION);
    assert_int_equal(rpc_status_of(ERR_IO), RPC_INTERNAL);
    assert_false(rpc_err_of(RPC_INVALID_ARGUMENT, "children[0].age: 19 is over 18", &err));
    assert_string_equal(err.field, "children[0].age");
    assert_string_equal(err.text, "19 is over 18");
    assert_false(rpc_err_of(RPC_UNAVAILABLE, "failed to connect: refused", &err));
    assert_string_equal(err.field, "");
    assert_string_equal(err.text, "failed to connect: refused");
    assert_false(rpc_err_of(RPC_UNAVAILABLE, "", &err));
    assert_string_equal(err.text, "UNAVAILABLE");
    assert_false(rpc_err_of((enum rpc_status)99, NULL, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
}

/* ---- who takes part ---- */

static int make_cast(void **state)
{
    struct troupe *troupe = mem_new(struct troupe);
    troupe->home = support_temp_dir();
    char *ours = file_join(troupe->home, "ours"), *theirs = file_join(troupe->home, "theirs");
    struct parties *parties = parties_new(ours);
    troupe->cast[MATCHER] = parties_add(parties, ROLE_MATCHER, "matcher");
    troupe->cast[LA] = parties_add(parties, ROLE_LA, "la-1");
    troupe->cast[AGENT] = parties_add(parties, ROLE_AGENT, "agent-1");
    troupe->cast[HUB] = parties_add(parties, ROLE_HUB, "matcher");
    parties_free(parties);
    parties = parties_new(theirs);
    troupe->cast[FOREIGN_MATCHER] = parties_add(parties, ROLE_MATCHER, "matcher");
    parties_free(parties);
    free(ours);
    free(theirs);
    *state = troupe;
    return 0;
}

static int free_cast(void **state)
{
    struct troupe *troupe = *state;
    for (size_t i = 0; i < CAST; i++) party_close(&troupe->cast[i]);
    support_temp_dir_remove(troupe->home);
    free(troupe);
    return 0;
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(test_echo_keeps_order_and_bytes),
        SERVED(test_empty_message),
        SERVED(test_unary_tells_who_the_peer_is),
        SERVED(test_client_knows_the_server),
        SERVED(test_many_threads_send_on_one_stream),
        SERVED(test_one_message_to_fifty_streams),
        SERVED(test_refusal_with_status_and_detail),
        SERVED(test_server_cancel_reaches_the_client),
        SERVED(test_client_cancel_is_seen_by_the_server),
        SERVED(test_cancel_before_a_connection),
        SERVED(test_deadline),
        SERVED(test_unknown_method),
        SERVED(test_too_large_a_message),
        SERVED(test_queue_is_bounded_and_what_was_queued_arrives),
        SERVED(test_compressed_messages_are_refused),
        SERVED(test_no_client_certificate_is_refused),
        SERVED(test_foreign_authority_is_refused_on_both_sides),
        SERVED(test_server_with_another_name_is_refused),
        SERVED(test_server_with_another_id_gets_no_message),
        SERVED(test_server_with_another_role_gets_no_message),
        SERVED(test_a_hub_serves_only_those_who_want_a_hub),
        SERVED(test_reloaded_certificate_serves_new_connections),
        SERVED(test_drain),
        SERVED(test_health),
        SERVED(test_server_stop_closes_every_stream_once),
        SERVED(test_channel_close_closes_every_stream_once),
        SERVED(test_unreachable_server_is_told_soon),
        SERVED(test_the_same_channel_finds_a_restarted_server),
        SERVED(test_a_port_in_use_is_an_error),
        cmocka_unit_test(test_statuses_and_errors),
    };
    return cmocka_run_group_tests(tests, make_cast, free_cast);
}
