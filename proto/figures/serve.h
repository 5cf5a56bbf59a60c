/* SPDX-License-Identifier: Apache-2.0
 * The answering side of figures, in a matcher and in a hub: streams, and a thread that does all
 * that waits for the disk or for arithmetic. Legal messages by role and phase stand in a table.
 */
#ifndef HEARTH_FIGURES_SERVE_H
#define HEARTH_FIGURES_SERVE_H

#include "proto/figures/collection.h"
#include "proto/rpc/rpc.h"

enum {
    FIGURES_STREAMS_PER_PARTY = 4,
    FIGURES_HELLO_MS = 10000,
    FIGURES_QUEUE = 64,             /* messages of one stream that wait to be worked on */
    FIGURES_QUEUE_BYTES = 16 << 20, /* and their size */
    FIGURES_QUEUE_ALL = 256 << 20,  /* bytes that wait, of all streams together */
    FIGURES_REFUSALS = 64, /* after which a stream is ended; a hub's: MANIFEST_ENROLLED_MAX */
    FIGURES_MESSAGE_MAX = 2 << 20
};

/* What happened, for an audit log; `text` fields are valid during the call. Called on the figures'
 * thread; may be NULL. */
enum figures_event { FIGURES_AGREED, FIGURES_TAKEN, FIGURES_LATE, FIGURES_HALF_OPENED };
struct figures_note {
    enum figures_event event;
    enum role role;                         /* of whom */
    const char *organisation, *hub, *table; /* table NULL where there is none */
    uint32_t period;
    const uint8_t *hash; /* of manifest, contribution or set */
    size_t contributions;
};
struct figures_server_parts { /* all outlive it */
    struct collection *collection;
    const struct identity *identity;
    struct trust *trust;
    /* Whether an agency may have a stream (the directory in force); may be NULL. */
    bool (*listed)(const char *agency, void *ctx);
    /* Whether what is noted can be kept: else nothing is taken, agreed or half-opened, and the
     * stream ends with err. May be NULL. */
    bool (*ready)(void *ctx, struct err *err);
    void (*note)(const struct figures_note *note, void *ctx);
    /* A stream, or one message of it, was refused: for the caller's log. May be NULL. */
    void (*refused)(struct rpc_stream *stream, const struct err *err, void *ctx);
    void (*streams)(int change, void *ctx); /* one opened (1) or closed (-1); may be NULL */
    void *ctx;
};
struct figures_server;
struct figures_server *figures_server_start(const struct figures_server_parts *parts);
/* Does what is queued, joins, frees; NULL is fine. No stream may be open any more. */
void figures_server_stop(struct figures_server *server);
/* Ends every stream with UNAVAILABLE; new ones too, from now on. */
void figures_server_drain(struct figures_server *server);
/* Every second or so: lets go of parties whose certificates are not good any more; once a day
 * collection_upkeep. Never blocks. */
void figures_server_tick(struct figures_server *server);
/* The thread, as a pool of one. */
struct pool *figures_server_thread(struct figures_server *server);
/* Callbacks of METHOD_FIGURES; ctx is the figures_server. */
extern const struct rpc_events figures_server_events;

#endif
