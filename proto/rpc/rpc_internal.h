/* SPDX-License-Identifier: Apache-2.0
 * What the files of the gRPC wrapper share. Not for use outside proto/rpc.
 *
 * Every call is bound to one completion queue, and every queue has one thread (a loop), so all
 * completions of one stream run one after the other on one thread, and callbacks need no lock. The
 * send side of a stream, which any thread may use, is under the stream's lock. Lock order:
 * registry, then stream. No callback runs under a lock.
 */
#ifndef HEARTH_RPC_INTERNAL_H
#define HEARTH_RPC_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include "proto/rpc/rpc.h"
#include "proto/rpc/rpc_gate.h"
#include "proto/rpc/rpc_meter.h"

enum { RPC_QUEUE_DEFAULT = 64, RPC_ADDRESS_MAX = 128 };

/* ---- loops (rpc_loop.c) ---- */
/* What a completion queue hands back: embedded in its owner, one for each batch that may be open.
 */
struct rpc_tag {
    void (*done)(void *owner, bool ok);
    void *owner;
};
/* gRPC is not instrumented: tell ThreadSanitizer that handing a tag over happens before getting it
 * back. Call before every function of gRPC that takes a tag. */
void *rpc_tag_start(struct rpc_tag *tag);

struct rpc_loop {
    grpc_completion_queue *queue;
    pthread_t thread;
};
void rpc_loop_start(struct rpc_loop *loop);
/* Drains the queue, joins the thread and frees. Nothing new may be put on the queue any more. */
void rpc_loop_stop(struct rpc_loop *loop);

/* ---- registry (rpc_registry.c): what lives on a server or a channel ---- */
struct rpc_registry {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t live; /* streams, and the server's pending requests for a call */
    struct rpc_stream *first;
};
void rpc_registry_init(struct rpc_registry *registry);
void rpc_registry_destroy(struct rpc_registry *registry);
void rpc_registry_enter(struct rpc_registry *registry);
void rpc_registry_leave(struct rpc_registry *registry);
void rpc_registry_add(struct rpc_registry *registry, struct rpc_stream *stream);
void rpc_registry_remove(struct rpc_registry *registry, struct rpc_stream *stream);
void rpc_registry_cancel_all(struct rpc_registry *registry, const char *detail);
/* Waits until nothing lives. */
void rpc_registry_wait(struct rpc_registry *registry);

/* ---- messages (rpc_message.c) ---- */
struct rpc_message *rpc_message_ref(struct rpc_message *message);
grpc_byte_buffer *rpc_message_buffer(const struct rpc_message *message);
/* Gives the bytes of a received buffer as one block: *out is to be unref'd by grpc_slice_unref.
 * False where the bytes are compressed, which is never accepted (a small message could become
 * huge). */
MUST_CHECK bool rpc_message_read(grpc_byte_buffer *buffer, grpc_slice *out);
/* Zeros a received message where gRPC decrypted it, before it is destroyed: the memory is gRPC's to
 * use again, and until then it would still hold shares and halves of searches that are over. */
void rpc_message_wipe(grpc_byte_buffer *buffer);

/* ---- TLS (rpc_tls.c) ---- */
struct rpc_peer {
    char id[ID_MAX + 1];
    enum role role;
    uint64_t serial;
    char address[RPC_ADDRESS_MAX];
};
grpc_ssl_server_certificate_config *rpc_tls_server_config(const struct identity *identity,
                                                          const struct trust *trust);
grpc_channel_credentials *rpc_tls_channel_credentials(const struct identity *identity,
                                                      const struct trust *trust);
/* Who the other end of an established call is, by its certificate. */
void rpc_tls_peer(grpc_call *call, struct rpc_peer *out);

/* ---- channel arguments (rpc_args.c) ---- */
struct rpc_args {
    grpc_arg list[24];
    grpc_channel_args args;
};
/* What both ends set: message limit, keepalive, no compression, no introspection service. */
void rpc_args_common(struct rpc_args *args, size_t message_max);
void rpc_args_integer(struct rpc_args *args, const char *key, int value);
/* `value` must stay until the arguments were used. */
void rpc_args_text(struct rpc_args *args, const char *key, const char *value);

/* ---- limits of a server (rpc_limit.c) ---- */
struct rpc_guard {
    struct rpc_meters *meters;
    struct rpc_gate *gate;
};
/* What stands in rpc.h for those that are 0. */
struct rpc_limits rpc_limits_of(const struct rpc_limits *given);
/* Counts the stream, a message of it, its end. False: the stream is refused, and has ended or soon
 * will. */
bool rpc_limit_opened(struct rpc_stream *stream);
bool rpc_limit_message(struct rpc_stream *stream, size_t len);
void rpc_limit_closed(struct rpc_stream *stream);

/* ---- streams (rpc_stream.c) ---- */
struct rpc_queued {
    struct rpc_queued *next;
    struct rpc_message *message;
};

struct rpc_stream {
    atomic_size_t refs;
    struct rpc_registry *registry;
    struct rpc_stream *previous, *next; /* under the registry's lock */
    const struct rpc_events *events;
    void *ctx;
    _Atomic(void *) user;
    struct rpc_guard guard;  /* server */
    struct rpc_meter *meter; /* server: its organisation's */
    bool is_client;
    enum role server_role; /* client: who the server has to be */
    char server_id[ID_MAX + 1];
    size_t queue_max;

    struct rpc_peer peer;                        /* written once, then published by */
    _Atomic(const struct rpc_peer *) known_peer; /* this pointer */

    struct rpc_tag opening, receiving, sending, ending;

    /* The loop's thread only. */
    grpc_byte_buffer *received;
    grpc_metadata_array headers, trailers;
    grpc_status_code end_status;
    grpc_slice end_detail;
    int end_cancelled;

    pthread_mutex_t lock; /* guards what follows, and starting batches that send */
    grpc_call *call;      /* NULL once closed */
    size_t open_batches;
    struct rpc_queued *queue_first, **queue_last;
    size_t queued;
    grpc_byte_buffer *sent;
    int64_t sent_at_ms; /* steady; when its operation began */
    bool
        may_send; /* server: from the start; client: once the server is known to be the right one */
    bool send_open;    /* a batch that sends is under way */
    bool finish_asked; /* rpc_stream_finish: nothing more is queued */
    bool finish_sent;
    bool cancelled; /* here: nothing more is sent or told */
    bool ended;     /* the other end or the connection is gone: nothing more is sent */
    enum rpc_status finish_status;
    char *finish_detail;
    int64_t finish_retry_ms;  /* server: 0 = nothing is said */
    _Atomic int64_t retry_ms; /* client: what the server said */
};

/* A stream with one reference, that of the loop; it is given up after `closed`. */
struct rpc_stream *rpc_stream_new(struct rpc_registry *registry, size_t queue_max,
                                  const struct rpc_events *events, void *ctx);
/* Takes the call over and starts it; server: also calls events->opened, unless the guard's limits
 * refuse it. On the loop's thread. */
void rpc_stream_start_server(struct rpc_stream *stream, grpc_call *call,
                             const struct rpc_guard *guard);
void rpc_stream_start_client(struct rpc_stream *stream, grpc_call *call, enum role server_role,
                             const char *server_id);

/* Starts one operation; call with the lock held. gRPC refuses only what is a bug here: that is
 * logged and cancels the call. */
bool rpc_stream_batch(struct rpc_stream *stream, const grpc_op *op, size_t count,
                      struct rpc_tag *tag);
/* Every tag's last act: the end of the last batch closes the stream. */
void rpc_stream_batch_done(struct rpc_stream *stream);
/* ---- the send side (rpc_send.c) ---- */
void rpc_send_next(struct rpc_stream *stream); /* with the lock held */
void rpc_send_drop(struct rpc_stream *stream); /* with the lock held: forgets the queue */
/* rpc_stream_fail, before anything that is queued. */
void rpc_send_refuse(struct rpc_stream *stream, const struct err *err);
void rpc_send_done(void *owner, bool ok); /* tag `sending` */

/* ---- when to try again (rpc_retry.c) ---- */
/* One element of trailing metadata; its slices live until rpc_retry_clear. */
void rpc_retry_set(grpc_metadata *out, int64_t retry_ms);
void rpc_retry_clear(grpc_metadata *metadata);
/* What trailing metadata says, 0 = nothing usable. */
int64_t rpc_retry_read(const grpc_metadata_array *trailers);

/* ---- health (rpc_health.c) ---- */
/* Streams of these events need an atomic_bool "draining" as their ctx. */
extern const struct rpc_events rpc_health_events;

#endif
