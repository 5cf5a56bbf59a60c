/* SPDX-License-Identifier: Apache-2.0
 * The one gRPC C core wrapper: a server and a client of bidirectional byte streams over mutual TLS.
 * The only module that includes <grpc/...>. A unary method is a stream on which the client sends
 * one message and closes, and the server sends one message and a status.
 *
 * Callbacks of one stream never run at the same time, run on a gRPC thread, and must not block;
 * heavy work goes to a pool. rpc_stream_* functions may be called from any thread, from callbacks
 * too.
 */
#ifndef HEARTH_RPC_RPC_H
#define HEARTH_RPC_RPC_H

#include <stddef.h>
#include <stdint.h>

#include "keys/identity.h"
#include "proto/base/err.h"

/* The gRPC status codes that Hearth uses. */
enum rpc_status {
    RPC_OK = 0,
    RPC_CANCELLED = 1,
    RPC_UNKNOWN = 2,
    RPC_INVALID_ARGUMENT = 3,
    RPC_DEADLINE_EXCEEDED = 4,
    RPC_NOT_FOUND = 5,
    RPC_ALREADY_EXISTS = 6,
    RPC_PERMISSION_DENIED = 7,
    RPC_RESOURCE_EXHAUSTED = 8,
    RPC_FAILED_PRECONDITION = 9,
    RPC_ABORTED = 10,
    RPC_UNIMPLEMENTED = 12,
    RPC_INTERNAL = 13,
    RPC_UNAVAILABLE = 14,
    RPC_DATA_LOSS = 15,
    RPC_UNAUTHENTICATED = 16
};
const char *rpc_status_name(enum rpc_status status); /* "PERMISSION_DENIED" */
/* INVALID->INVALID_ARGUMENT, NOT_FOUND, EXISTS->ALREADY_EXISTS, UNAUTHENTICATED,
 * DENIED->PERMISSION_DENIED, EXPIRED and VERSION->FAILED_PRECONDITION, BUDGET->RESOURCE_EXHAUSTED,
 * UNAVAILABLE, CORRUPT->DATA_LOSS, else INTERNAL; and back (FAILED_PRECONDITION->EXPIRED; the text
 * tells which). The field travels in the detail text as "field: text" when it is not empty. */
enum rpc_status rpc_status_of(enum err_code code);
bool rpc_err_of(enum rpc_status status, const char *detail, struct err *err); /* returns false */

/* Once a process, before the first server or channel / after the last. rpc_start clears GRPC_TRACE
 * and GRPC_VERBOSITY from the environment and turns proxies off. rpc_stop waits until gRPC is gone.
 */
void rpc_start(void);
void rpc_stop(void);

struct rpc_stream; /* reference counted */
void rpc_stream_ref(struct rpc_stream *stream);
void rpc_stream_unref(struct rpc_stream *stream);

/* Immutable bytes that several streams send without copying them again. */
struct rpc_message;
struct rpc_message *rpc_message_new(const void *data, size_t len);
void rpc_message_unref(struct rpc_message *message);

/* Queues a message; false (and nothing queued) where the stream is closed or more than the limit of
 * queued messages wait already. Does not take the caller's reference. */
bool rpc_stream_send(struct rpc_stream *stream, struct rpc_message *message);
bool rpc_stream_send_bytes(struct rpc_stream *stream, const void *data, size_t len);
/* Server: ends the stream with a status after what is queued was sent. Client: half-closes. */
void rpc_stream_finish(struct rpc_stream *stream, enum rpc_status status, const char *detail);
/* Ends the stream at once, dropping what is queued. */
void rpc_stream_cancel(struct rpc_stream *stream, enum rpc_status status, const char *detail);
void rpc_stream_set_user(struct rpc_stream *stream, void *user);
void *rpc_stream_user(const struct rpc_stream *stream);
/* The organisation id and role that the peer's X.509 certificate carries in its SAN (URI
 * hearth:ROLE/ID); "" and ROLE_NONE where there is none. Valid while the stream is referenced. */
const char *rpc_stream_peer_id(const struct rpc_stream *stream);
enum role rpc_stream_peer_role(const struct rpc_stream *stream);
/* "ipv4:127.0.0.1:4711", for logs. */
const char *rpc_stream_peer_address(const struct rpc_stream *stream);

struct rpc_events {
    /* Server: a call has come in. Client: unused. */
    void (*opened)(struct rpc_stream *stream, void *ctx);
    void (*message)(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx);
    /* The peer will send no more (client half-closed). May be NULL. */
    void (*half_closed)(struct rpc_stream *stream, void *ctx);
    /* Exactly once, the last callback. Client: the server's status. Server: RPC_OK or
     * RPC_CANCELLED. */
    void (*closed)(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                   void *ctx);
};

/* ---- server ---- */
struct rpc_method {
    const char *path; /* "/hearth.v1.Matcher/Search" */
    const struct rpc_events *events;
    void *ctx;
};
struct rpc_server_config {
    const char *address; /* "127.0.0.1:0": port 0 picks a free one */
    unsigned threads;    /* completion queues; 0 = 2 */
    size_t message_max;  /* bytes received */
    size_t queue_max;    /* queued messages a stream, 0 = 64 */
    const struct rpc_method *methods;
    size_t method_count;
};
struct rpc_server;
/* TLS material from identity and trust; clients must present a certificate of the Authority's CA.
 * Unknown methods get UNIMPLEMENTED. The standard health service (grpc.health.v1.Health/Check)
 * answers for "" and "hearth.v1.Matcher": SERVING until rpc_server_drain. *port gets the bound
 * port. */
MUST_CHECK bool rpc_server_start(const struct rpc_server_config *config,
                                 const struct identity *identity, const struct trust *trust,
                                 struct rpc_server **out, int *port, struct err *err);
/* Replaces the server's own certificate for new connections. */
void rpc_server_reload(struct rpc_server *server, const struct identity *identity,
                       const struct trust *trust);
/* Health says NOT_SERVING, new calls get UNAVAILABLE, open ones go on. */
void rpc_server_drain(struct rpc_server *server);
/* Cancels what is open (closed callbacks run), frees everything. */
void rpc_server_stop(struct rpc_server *server);

/* ---- client ---- */
struct rpc_channel;
struct rpc_channel_config {
    const char *target;    /* "host:port" */
    const char *server_id; /* organisation id that the server's certificate must carry */
    size_t message_max;
    size_t queue_max; /* 0 = 64 */
};
MUST_CHECK bool rpc_channel_open(const struct rpc_channel_config *config,
                                 const struct identity *identity, const struct trust *trust,
                                 struct rpc_channel **out, struct err *err);
/* Cancels open streams, waits for their closed callbacks, frees. Not from a callback. */
void rpc_channel_close(struct rpc_channel *channel);
/* Starts a call; timeout_ms 0 = none. Returns a stream with one reference for the caller.
 * events->closed always runs, also where no connection comes about. */
struct rpc_stream *rpc_channel_call(struct rpc_channel *channel, const char *path,
                                    int64_t timeout_ms, const struct rpc_events *events, void *ctx);

#define METHOD_SEARCH "/hearth.v1.Matcher/Search"
#define METHOD_ATTACH "/hearth.v1.Matcher/Attach"
#define METHOD_STATUS "/hearth.v1.Matcher/Status"
#define METHOD_HEALTH "/grpc.health.v1.Health/Check"

#endif
