/* SPDX-License-Identifier: Apache-2.0
 * The one gRPC C core wrapper: a server and a client of bidirectional byte streams over mutual TLS.
 * The only module that includes <grpc/...>. A unary method is a stream on which the client sends
 * one message and closes, and the server sends one message and a status.
 *
 * Callbacks of one stream never run at the same time, run on one of the server's or the channel's
 * own threads, and must not block; heavy work goes to a pool. They run under no lock, so
 * rpc_stream_* functions may be called from any thread, from callbacks too, for the same or another
 * stream. A stream's next message is received only when the callback for the one before has
 * returned.
 *
 * See docs/rpc.md for the reasons.
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
/* That text alone, "field: text", and back into field and text (returns false). */
enum { RPC_DETAIL_MAX = ERR_FIELD_MAX + ERR_TEXT_MAX + 2 };
const char *rpc_detail(const struct err *err, char out[RPC_DETAIL_MAX]);
bool rpc_err_of_detail(enum err_code code, const char *detail, struct err *err);

/* Once a process, before the first server or channel / after the last stream was unref'd. rpc_start
 * clears what would trace messages, redirect connections or weaken TLS from the environment
 * (GRPC_TRACE, proxies, cipher suites). gRPC makes threads when it likes: a program that waits for
 * signals blocks them before rpc_start. rpc_stop waits until gRPC is gone
 * (5 s at most, then it says so in the log). */
void rpc_start(void);
void rpc_stop(void);

struct rpc_stream; /* reference counted */
void rpc_stream_ref(struct rpc_stream *stream);
void rpc_stream_unref(struct rpc_stream *stream);

/* Immutable bytes that several streams send without copying them again. rpc_message_new copies them
 * and gives one reference; any thread may let go of it. */
struct rpc_message;
struct rpc_message *rpc_message_new(const void *data, size_t len);
void rpc_message_unref(struct rpc_message *message);

/* For how long, in ms, the message that is being sent has waited for the peer to take it; 0 where
 * none is. Any thread. */
int64_t rpc_stream_stalled_ms(struct rpc_stream *stream);
/* Queues a message; false (and nothing queued) where the stream is closed, finished or cancelled,
 * or as many messages as the limit allows wait already. True does not mean that the peer has it:
 * what must not get lost is acknowledged in the protocol. Does not take the caller's reference. */
bool rpc_stream_send(struct rpc_stream *stream, struct rpc_message *message);
bool rpc_stream_send_bytes(struct rpc_stream *stream, const void *data, size_t len);
/* Server: ends the stream with a status after what is queued was sent; from here on `message` and
 * `half_closed` are not called any more. Where the status is not OK, the client may get it without
 * the messages before it. Client: half-closes; status and detail are not used. A second call is
 * ignored. */
void rpc_stream_finish(struct rpc_stream *stream, enum rpc_status status, const char *detail);
/* The same with the status, the detail text and (as gRPC's trailing "grpc-retry-pushback-ms") the
 * retry_ms of an error. */
void rpc_stream_fail(struct rpc_stream *stream, const struct err *err);
/* Ends the stream at once, dropping what is queued; beside a callback that is running, only
 * `closed` follows. status is not RPC_OK; the server's reaches the client where the connection
 * still works. */
void rpc_stream_cancel(struct rpc_stream *stream, enum rpc_status status, const char *detail);
/* Client, in and after `closed`: after how long the server says that trying again may help, in ms
 * (at most RPC_RETRY_MAX_MS); 0 where it said nothing. */
enum {
    RPC_RETRY_MAX_MS = 7 * 24 * 3600 * 1000,
    RPC_BUSY_RETRY_MS = 10000 /* what a peer with too many streams is told */
};
int64_t rpc_stream_retry_ms(const struct rpc_stream *stream);
/* NULL until set; may be set in `opened` or after rpc_channel_call. */
void rpc_stream_set_user(struct rpc_stream *stream, void *user);
void *rpc_stream_user(const struct rpc_stream *stream);
/* The organisation id and role that the peer's X.509 certificate carries in its SAN (URI
 * hearth:ROLE/ID); "" and ROLE_NONE where there is none, and on a client until the connection is
 * there. Valid while the stream is referenced. */
const char *rpc_stream_peer_id(const struct rpc_stream *stream);
enum role rpc_stream_peer_role(const struct rpc_stream *stream);
/* The serial number of that certificate, 0 where there is none. A Hearth certificate is public:
 * that its sender holds the organisation's present keys shows only where this is its serial too. */
uint64_t rpc_stream_peer_serial(const struct rpc_stream *stream);
/* "ipv4:127.0.0.1:4711", for logs. */
const char *rpc_stream_peer_address(const struct rpc_stream *stream);

/* Each may be NULL. The stream is the callee's to keep only with a reference of its own; `data` is
 * gone when `message` returns. */
struct rpc_events {
    /* Server: a call has come in. Client: unused. */
    void (*opened)(struct rpc_stream *stream, void *ctx);
    void (*message)(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx);
    /* Server: the client has half-closed and will send no more. Client: unused. */
    void (*half_closed)(struct rpc_stream *stream, void *ctx);
    /* Exactly once, the last callback. Client: the server's status, or what kept it from coming.
     * Server: RPC_OK where a status was sent (of any code), else RPC_CANCELLED. */
    void (*closed)(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                   void *ctx);
};

/* ---- server ---- */
struct rpc_method {
    const char *path; /* "/hearth.v1.Matcher/Search" */
    const struct rpc_events *events;
    void *ctx;
};
/* What strangers and peers may take of a server; 0 = the number that stands there. Rates allow ten
 * seconds' worth at once. Whoever is over one is refused with RESOURCE_EXHAUSTED and a time after
 * which to try again; a connection that may not be is reset before TLS. */
struct rpc_limits {
    uint32_t connections;        /* 4096; fewer where the process may not have the files */
    uint32_t connections_a_site; /* 1024: of one IPv4 address or IPv6 /64 */
    uint32_t handshakes_per_s;   /* 100: new connections of one such */
    /* Of one organisation (role and id of the certificate), on all its connections together: */
    uint32_t streams;        /* 128: open ones */
    uint32_t streams_per_s;  /* 50 */
    uint32_t messages_per_s; /* 5000: received ones */
    uint32_t mib_per_s;      /* 64: in them */
};
/* How often each of them has refused something, and how often a connection was cut because its
 * organisation went on. */
struct rpc_refused {
    uint64_t connections, handshakes, streams, messages, bytes, cut;
};

struct rpc_server_config {
    const char *address; /* "127.0.0.1:0": port 0 picks a free one */
    unsigned threads;    /* completion queues; 0 = 2 */
    size_t message_max;  /* bytes received */
    size_t queue_max;    /* queued messages a stream, 0 = 64 */
    const struct rpc_method *methods;
    size_t method_count;
    struct rpc_limits limits;
};
struct rpc_server;
/* `path`, `events` and `ctx` of the methods must stay until the server is stopped.
 * TLS material from identity and trust; clients must present a certificate of the Authority's CA.
 * Unknown methods get UNIMPLEMENTED. The standard health service (grpc.health.v1.Health/Check)
 * answers for "" and "hearth.v1.Matcher": SERVING until rpc_server_drain. *port gets the bound
 * port. */
MUST_CHECK bool rpc_server_start(const struct rpc_server_config *config,
                                 const struct identity *identity, const struct trust *trust,
                                 struct rpc_server **out, int *port, struct err *err);
/* Replaces the server's own certificate for new connections. */
void rpc_server_reload(struct rpc_server *server, const struct identity *identity,
                       const struct trust *trust);
/* Since the start. Any thread. */
void rpc_server_refused(struct rpc_server *server, struct rpc_refused *out);
/* Health says NOT_SERVING, new calls get UNAVAILABLE, open ones go on. */
void rpc_server_drain(struct rpc_server *server);
/* Cancels what is open with UNAVAILABLE, waits for the closed callbacks, frees. NULL is fine. Not
 * from a callback. Streams that are still referenced stay valid, but closed. */
void rpc_server_stop(struct rpc_server *server);

/* ---- client ---- */
struct rpc_channel;
struct rpc_channel_config {
    const char *target;    /* "host:port" */
    enum role server_role; /* that the server's certificate must carry; ROLE_NONE: matcher */
    const char *server_id; /* and the organisation id */
    size_t message_max;
    size_t queue_max; /* 0 = 64 */
};
/* Connects when the first call needs it, and again after a connection was lost. ERR_INVALID: no
 * address could be made of the target. */
MUST_CHECK bool rpc_channel_open(const struct rpc_channel_config *config,
                                 const struct identity *identity, const struct trust *trust,
                                 struct rpc_channel **out, struct err *err);
/* Cancels open streams, waits for their closed callbacks (and up to 1 s for an attempt to connect
 * that is under way), frees. NULL is fine. Not from a callback, nor while another thread may still
 * call rpc_channel_call. */
void rpc_channel_close(struct rpc_channel *channel);
/* Starts a call; timeout_ms 0 = none. Returns a stream with one reference for the caller; callbacks
 * may run before it returns. events->closed always runs: UNAVAILABLE where no connection comes
 * about, at once after a failed attempt (the next one is made 0.25 to 5 s later), after 20 s where
 * nobody answers. Messages may be sent at once; they wait until the server has shown the
 * certificate of that role and `server_id`, and the call ends with UNAUTHENTICATED where it is
 * another's.
 */
struct rpc_stream *rpc_channel_call(struct rpc_channel *channel, const char *path,
                                    int64_t timeout_ms, const struct rpc_events *events, void *ctx);

#define METHOD_SEARCH "/hearth.v1.Matcher/Search"
#define METHOD_ATTACH "/hearth.v1.Matcher/Attach"
#define METHOD_HEALTH "/grpc.health.v1.Health/Check"

#endif
