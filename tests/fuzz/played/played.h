/* SPDX-License-Identifier: Apache-2.0
 * A network and worker threads that are played: what proto/rpc/rpc.h, proto/rpc/inbox.h and
 * proto/base/pool.h declare, without sockets, TLS or threads, so that a target decides what comes
 * when. Linked to every target in place of the real ones. Everything above them is real.
 *   rpc.c    streams, servers, channels
 *   inbox.c  a client's wait for the next message
 *   pool.c   jobs
 *   random.c random bytes, the same in every run
 */
#ifndef TESTS_FUZZ_PLAYED_H
#define TESTS_FUZZ_PLAYED_H

#include "proto/base/buf.h"
#include "proto/rpc/inbox.h"

/* ---- either side ---- */

/* The message arrives at the party that is tested, in a block of exactly that size; not where that
 * party has ended the stream. */
void played_receive(struct rpc_stream *stream, const void *data, size_t len);
/* Its last callback runs with that status, once. */
void played_close(struct rpc_stream *stream, enum rpc_status status, const char *detail);
/* Whether it has finished or cancelled the stream, or the stream is closed. */
bool played_is_over(struct rpc_stream *stream);
/* The oldest message that it sent and that was not taken yet; false: none. buf_free frees. */
bool played_take(struct rpc_stream *stream, struct buf *out);

/* ---- a server is tested ---- */

/* Who calls, by the TLS certificate. */
struct played_caller {
    enum role role;
    const char *id;
    uint64_t serial;
};
/* Calls a method of the server that was started last; NULL where it has no such method. One
 * reference for the caller, who closes it before it lets go. */
struct rpc_stream *played_call(const char *path, const struct played_caller *caller);
void played_half_close(struct rpc_stream *stream);

/* ---- a client is tested ---- */

/* How servers answer: what a client that waits gets next. `message` may be left empty, which is a
 * message of no bytes. For INBOX_CLOSED, *status says how. A client that waits 10,000 times without
 * a message is told that the stream is closed. */
struct played_server {
    enum inbox_event (*next)(struct rpc_stream *stream, struct buf *message,
                             enum rpc_status *status, void *ctx);
    void *ctx;
    uint64_t serial; /* of its TLS certificate */
};
void played_serve(const struct played_server *server);
/* The stream of the last call, while it lives; NULL: none was made. */
struct rpc_stream *played_last_call(void);

/* ---- jobs ---- */

/* Jobs wait until they are run here, where `waits`; else they run at once, where they are given. */
void played_jobs_wait(bool waits);
/* Runs waiting jobs, at most that many; gives how many it ran. */
size_t played_run_jobs(size_t max);

/* ---- for inbox.c ---- */
bool played_is_cancelled(struct rpc_stream *stream);
void played_inbox_stream(struct inbox *inbox, struct rpc_stream *stream);
const struct played_server *played_server_now(void);

#endif
