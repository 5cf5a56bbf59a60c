/* SPDX-License-Identifier: Apache-2.0
 * Inside of the answering side. The callbacks only queue; the figures' thread does the rest, and
 * alone touches what is not atomic below.
 *   serve.c         life of the server, the streams that are open, what is looked at every second
 *   serve_stream.c  life of a stream, callbacks, what one may queue, answers and refusals
 *   serve_steps.c   legal order, hello, list
 *   serve_put.c     contributions
 *   serve_hub.c     what a hub wants of a matcher: to agree, to compare sets, half of a sum
 */
#ifndef HEARTH_FIGURES_SERVE_INTERNAL_H
#define HEARTH_FIGURES_SERVE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "keys/signed.h"
#include "proto/figures.pb-c.h"
#include "proto/figures/serve.h"
#include "proto/rpc/work.h"

enum {
    FIGURES_GOODBYE_MS = 5000, /* then a peer that takes no status is cut off */
    FIGURES_NOTED_MAX = 65536  /* what was noted is remembered so far back */
};

struct figures_server {
    struct figures_server_parts parts;
    enum role role;      /* of who answers */
    struct pool *thread; /* of one worker: jobs run in the order in which they come */
    atomic_bool draining, upkeep_queued;
    int64_t upkeep_due_ms; /* steady; of who ticks */
    atomic_size_t queued_bytes;
    pthread_mutex_t mutex; /* guards the list of streams */
    struct figures_stream **streams;
    size_t count, capacity;
    uint8_t (*noted)[HASH_BYTES]; /* on the figures' thread */
    size_t noted_count;
};

enum figures_phase { FIGURES_GREETING, FIGURES_OPEN, FIGURES_LISTED, FIGURES_PHASES };

struct figures_stream {
    atomic_uint refs;
    struct figures_server *server;
    struct rpc_stream *stream; /* one reference */
    enum role role;            /* as the connection says */
    char id[ID_MAX + 1];
    int64_t opened_ms; /* steady */
    atomic_bool greeted, ended;
    atomic_int_fast64_t ended_ms; /* 0: not yet */
    struct work work;

    enum figures_phase phase;
    struct certificate certificate; /* once greeted */
    unsigned refusals;
};

struct figures_stream *figures_stream_ref(struct figures_stream *stream);
void figures_stream_unref(struct figures_stream *stream); /* the last one frees; NULL is fine */

/* ---- the open streams; a reference to each while it is in (serve.c) ---- */
/* ERR_BUDGET where the party has too many, ERR_UNAVAILABLE where the server is stopping. */
MUST_CHECK bool figures_enter(struct figures_server *server, struct figures_stream *stream,
                              struct err *err);
void figures_leave(struct figures_server *server, struct figures_stream *stream);
/* What figures_server_tick does with the streams, at clock_steady_ms() now_ms. */
void figures_look_at_streams(struct figures_server *server, int64_t now_ms);

/* ---- ends and answers (serve_stream.c) ---- */
/* Ends the stream; not a second time. err NULL: it is complete. refused: what the party sent was at
 * fault. From any thread. */
void figures_end(struct figures_stream *stream, const struct err *err, bool refused);
/* Whether the party may have a stream: certificate not revoked or expired, agency listed. */
MUST_CHECK bool figures_may_stay(struct figures_stream *stream, struct err *err);
/* Queues a message for the party, who is cut off where it takes nothing. */
void figures_send(struct figures_stream *stream, const Hearth__V1__ToFigures *message);
/* One message cannot be done: what may go better later ends the stream, else it is refused. hash:
 * of the body, or NULL. */
void figures_cannot(struct figures_stream *stream, const uint8_t hash[HASH_BYTES],
                    const struct err *err);

/* ---- on the figures' thread ---- */
void figures_step(struct figures_stream *stream, const uint8_t *data, size_t len);
/* NULL where the bytes are no FromFigures of at most FIGURES_MESSAGE_MAX bytes with a kind.
 * hearth__v1__from_figures__free_unpacked frees. */
Hearth__V1__FromFigures *figures_unpack(const uint8_t *data, size_t len);
/* False, and the stream has ended, where what would be noted cannot be kept. */
MUST_CHECK bool figures_ready(struct figures_stream *stream);
void figures_note(struct figures_stream *stream, const struct figures_note *note);
/* The same, unless this process has noted that hash before: what is asked for again, since the
 * answer was lost, may not have been noted before a crash, and must not fill a log. */
void figures_note_once(struct figures_stream *stream, const struct figures_note *note);
/* The agreed period of a manifest. ERR_NOT_FOUND; errors of the store. */
MUST_CHECK bool figures_find_period(struct figures_server *server,
                                    const ProtobufCBinaryData *manifest_hash,
                                    struct collection_period *out, struct err *err);

/* What each kind of message does: an answer follows, a refusal, or the end of the stream. */
void figures_on_put(struct figures_stream *stream, const Hearth__V1__FromFigures *message);
void figures_on_passed(struct figures_stream *stream, const Hearth__V1__FromFigures *message);
void figures_on_propose(struct figures_stream *stream, const Hearth__V1__FromFigures *message);
void figures_on_offer(struct figures_stream *stream, const Hearth__V1__FromFigures *message);
void figures_on_release(struct figures_stream *stream, const Hearth__V1__FromFigures *message);

#endif
