/* SPDX-License-Identifier: Apache-2.0
 * The server: a few loops, each with some requests for a next call waiting. All methods come
 * through the same door and are told apart by their path, so an unknown one is always answered.
 */
#include "proto/rpc/rpc_internal.h"

#include <stdlib.h>

#include "proto/base/mem.h"

/* Calls that a loop can take over before its thread has to run; more wait inside gRPC. */
enum { REQUESTS_PER_LOOP = 4, LOOPS_DEFAULT = 2, LOOPS_MAX = 64, STREAMS_PER_CONNECTION = 64 };

struct rpc_server {
    grpc_server *server;
    struct rpc_registry registry;
    struct rpc_loop *loops;
    size_t loop_count;
    struct rpc_method *methods; /* the caller's and health */
    size_t method_count;
    size_t queue_max;
    struct rpc_guard guard;
    atomic_bool draining, stopping;
    struct rpc_tag shut_down;
    pthread_mutex_t certificate_lock;
    grpc_ssl_server_certificate_config *new_certificate; /* until the next handshake takes it */
};

/* ---- calls ---- */

struct request {
    struct rpc_tag tag;
    struct rpc_server *server;
    grpc_completion_queue *queue;
    grpc_call *call;
    grpc_call_details details;
    grpc_metadata_array headers;
};

static void refuse_unknown(struct rpc_stream *stream, void *ctx)
{
    (void)ctx;
    rpc_stream_finish(stream, RPC_UNIMPLEMENTED, "unknown method");
}

static void refuse_draining(struct rpc_stream *stream, void *ctx)
{
    (void)ctx;
    rpc_stream_finish(stream, RPC_UNAVAILABLE, "the server is stopping");
}

static const struct rpc_method unknown = {.events =
                                              &(const struct rpc_events){.opened = refuse_unknown}};
static const struct rpc_method refused = {
    .events = &(const struct rpc_events){.opened = refuse_draining}};

static const struct rpc_method *find_method(const struct rpc_server *server, grpc_slice path)
{
    for (size_t i = 0; i < server->method_count; i++) {
        const struct rpc_method *method = &server->methods[i];
        if (grpc_slice_str_cmp(path, method->path) != 0) continue;
        bool health = method->events == &rpc_health_events;
        return atomic_load(&server->draining) && !health ? &refused : method;
    }
    return &unknown;
}

static void free_request(struct request *request)
{
    struct rpc_server *server = request->server;
    grpc_call_details_destroy(&request->details);
    grpc_metadata_array_destroy(&request->headers);
    free(request);
    rpc_registry_leave(&server->registry);
}

static void request_done(void *owner, bool ok);

static void request_call(struct rpc_server *server, grpc_completion_queue *queue)
{
    struct request *request = mem_new(struct request);
    request->tag = (struct rpc_tag){.done = request_done, .owner = request};
    request->server = server;
    request->queue = queue;
    grpc_call_details_init(&request->details);
    grpc_metadata_array_init(&request->headers);
    rpc_registry_enter(&server->registry);
    grpc_call_error error =
        grpc_server_request_call(server->server, &request->call, &request->details,
                                 &request->headers, queue, queue, rpc_tag_start(&request->tag));
    REQUIRE(error == GRPC_CALL_OK);
}

static void request_done(void *owner, bool ok)
{
    struct request *request = owner;
    struct rpc_server *server = request->server;
    if (ok) {
        if (!atomic_load(&server->stopping)) request_call(server, request->queue);
        const struct rpc_method *method = find_method(server, request->details.method);
        struct rpc_stream *stream =
            rpc_stream_new(&server->registry, server->queue_max, method->events, method->ctx);
        rpc_stream_start_server(stream, request->call, &server->guard);
        /* One that slipped in behind the sweep of rpc_server_stop. The request that is freed below
         * keeps the server alive until then. */
        if (atomic_load(&server->stopping)) {
            rpc_registry_cancel_all(&server->registry, "the server is stopping");
        }
    }
    free_request(request);
}

/* ---- the certificate ---- */

static grpc_ssl_certificate_config_reload_status
fetch_certificate(void *ctx, grpc_ssl_server_certificate_config **out)
{
    struct rpc_server *server = ctx;
    pthread_mutex_lock(&server->certificate_lock);
    grpc_ssl_server_certificate_config *config = server->new_certificate;
    server->new_certificate = NULL;
    pthread_mutex_unlock(&server->certificate_lock);
    if (!config) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    *out = config;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

void rpc_server_reload(struct rpc_server *server, const struct identity *identity,
                       const struct trust *trust)
{
    grpc_ssl_server_certificate_config *config = rpc_tls_server_config(identity, trust);
    pthread_mutex_lock(&server->certificate_lock);
    grpc_ssl_server_certificate_config *unused = server->new_certificate;
    server->new_certificate = config;
    pthread_mutex_unlock(&server->certificate_lock);
    if (unused) grpc_ssl_server_certificate_config_destroy(unused);
}

/* ---- starting and stopping ---- */

static void create_server(struct rpc_server *server, size_t message_max)
{
    struct rpc_args args;
    rpc_args_common(&args, message_max);
    /* A second server on the same port must fail, not share it. */
    rpc_args_integer(&args, GRPC_ARG_ALLOW_REUSEPORT, 0);
    rpc_args_integer(&args, GRPC_ARG_MAX_CONCURRENT_STREAMS, STREAMS_PER_CONNECTION);
    rpc_args_integer(&args, GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 20000);
    /* Clients ping every 20 s; the default of 5 min would have their connections closed. */
    rpc_args_integer(&args, GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
    server->server = grpc_server_create(&args.args, NULL);
}

static void set_methods(struct rpc_server *server, const struct rpc_server_config *config)
{
    server->method_count = config->method_count + 1;
    server->methods = mem_array(server->method_count, sizeof *server->methods);
    for (size_t i = 0; i < config->method_count; i++) server->methods[i] = config->methods[i];
    server->methods[config->method_count] = (struct rpc_method){
        .path = METHOD_HEALTH, .events = &rpc_health_events, .ctx = &server->draining};
}

static bool listen_on(struct rpc_server *server, const char *address, int *port, struct err *err)
{
    grpc_server_credentials *credentials = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, fetch_certificate, server));
    int bound = grpc_server_add_http2_port(server->server, address, credentials);
    grpc_server_credentials_release(credentials);
    if (bound == 0) {
        return err_set(err, ERR_IO, "listen",
                       "cannot listen on \"%s\": in use, not an address of this machine, or not "
                       "HOST:PORT",
                       address);
    }
    *port = bound;
    return true;
}

static void free_server(struct rpc_server *server)
{
    for (size_t i = 0; i < server->loop_count; i++) rpc_loop_stop(&server->loops[i]);
    if (server->new_certificate) {
        grpc_ssl_server_certificate_config_destroy(server->new_certificate);
    }
    rpc_registry_destroy(&server->registry);
    rpc_gate_close(server->guard.gate);
    rpc_meters_free(server->guard.meters);
    pthread_mutex_destroy(&server->certificate_lock);
    free(server->loops);
    free(server->methods);
    free(server);
}

static void shut_down_done(void *owner, bool ok)
{
    struct rpc_server *server = owner;
    (void)ok;
    rpc_registry_leave(&server->registry);
}

bool rpc_server_start(const struct rpc_server_config *config, const struct identity *identity,
                      const struct trust *trust, struct rpc_server **out, int *port,
                      struct err *err)
{
    REQUIRE(config->threads <= LOOPS_MAX);
    struct rpc_server *server = mem_new(struct rpc_server);
    rpc_registry_init(&server->registry);
    REQUIRE(pthread_mutex_init(&server->certificate_lock, NULL) == 0);
    server->shut_down = (struct rpc_tag){.done = shut_down_done, .owner = server};
    server->queue_max = config->queue_max;
    const struct rpc_limits limits = rpc_limits_of(&config->limits);
    server->guard.meters = rpc_meters_new(&limits);
    server->new_certificate = rpc_tls_server_config(identity, trust);
    set_methods(server, config);
    create_server(server, config->message_max);
    server->loop_count = config->threads ? config->threads : LOOPS_DEFAULT;
    server->loops = mem_array(server->loop_count, sizeof *server->loops);
    for (size_t i = 0; i < server->loop_count; i++) {
        rpc_loop_start(&server->loops[i]);
        grpc_server_register_completion_queue(server->server, server->loops[i].queue, NULL);
    }
    bool listening = listen_on(server, config->address, port, err);
    if (listening) server->guard.gate = rpc_gate_open(*port, &limits);
    grpc_server_start(server->server);
    if (!listening) {
        rpc_server_stop(server);
        return false;
    }
    for (size_t i = 0; i < server->loop_count * REQUESTS_PER_LOOP; i++) {
        request_call(server, server->loops[i % server->loop_count].queue);
    }
    *out = server;
    return true;
}

void rpc_server_refused(struct rpc_server *server, struct rpc_refused *out)
{
    *out = (struct rpc_refused){0};
    rpc_gate_refused(server->guard.gate, out);
    rpc_meters_refused(server->guard.meters, out);
}

void rpc_server_drain(struct rpc_server *server)
{
    atomic_store(&server->draining, true);
}

void rpc_server_stop(struct rpc_server *server)
{
    if (!server) return;
    atomic_store(&server->draining, true);
    atomic_store(&server->stopping, true);
    rpc_registry_enter(&server->registry);
    grpc_server_shutdown_and_notify(server->server, server->loops[0].queue,
                                    rpc_tag_start(&server->shut_down));
    rpc_registry_cancel_all(&server->registry, "the server is stopping");
    /* Connections that are idle or stuck. */
    grpc_server_cancel_all_calls(server->server);
    rpc_registry_wait(&server->registry);
    grpc_server_destroy(server->server);
    free_server(server);
}
