/* SPDX-License-Identifier: Apache-2.0
 * The running matcher: everything that its sessions share, and its life.
 *
 * Threads: gRPC threads run the callbacks of streams and never block; the pool does arithmetic; the
 * audit thread writes the log; the mail's thread does all that concerns mailboxes, the figures' all
 * that concerns figures; the timer thread looks after what is due; the caller's thread ticks. Lock
 * order, first to last: a search's mutex -> the registry of searches, the fleet, the replay memory,
 * the groups of queries, the noise, the epochs, the streams of the mail room and of figures, the
 * timers, the pools, the audit queue. None of the latter is held while another lock is taken (but
 * for the groups', under which the budget in the store is), and no two searches are locked at once.
 */
#ifndef HEARTH_MATCHER_MATCHER_H
#define HEARTH_MATCHER_MATCHER_H

#include <pthread.h>
#include <stdatomic.h>

#include "matcher/audit.h"
#include "matcher/config.h"
#include "matcher/directory.h"
#include "matcher/epoch.h"
#include "matcher/fleet.h"
#include "matcher/mail_room.h"
#include "matcher/measure.h"
#include "matcher/memory.h"
#include "matcher/noise.h"
#include "matcher/reliability.h"
#include "matcher/replay.h"
#include "matcher/searches.h"
#include "matcher/timers.h"
#include "proto/base/pool.h"
#include "proto/crypto/query_groups.h"
#include "proto/domain/versions.h"
#include "proto/figures/serve.h"
#include "proto/rpc/rpc.h"

struct matcher {
    struct config config;
    const struct catalogue *catalogue; /* the newest that is used */
    char *home;
    const struct identity *identity;
    struct trust *trust;
    struct store *store;
    struct audit *audit;
    struct epochs *epochs;
    struct replay *replay;
    struct query_groups *groups;
    struct noise *noise;
    struct fleet *fleet;
    struct searches *searches;
    struct pool *pool;
    struct timers *timers;
    struct mail_room *mail;
    struct answering *answering;
    struct collection *collection; /* of figures */
    struct figures_server *figures;
    struct blind_scores *scores;
    struct rpc_server *server;
    pthread_mutex_t directory_mutex;
    struct directory *directory;
    uint64_t directory_stamp;
    struct metrics *metrics;
    struct metrics_server *metrics_server; /* NULL: not configured */
    struct process_figures *process;
    int64_t next_measure_ms;
    atomic_bool draining;
    pthread_mutex_t streams_mutex;
    pthread_cond_t streams_closed; /* on the steady clock */
    int streams;                   /* open ones */
    struct memory_use memory;      /* of the ticking thread */
    /* Told when the agents attached or the epoch have changed; from any thread, must not block. */
    void (*changed)(void *ctx);
    void *changed_ctx;
};

/* Reads HOME/directory.signed, opens HOME/audit, draws an epoch key and listens. identity and trust
 * must outlive the matcher. changed may be NULL. *port gets the bound port. rpc_start must have
 * been called. */
MUST_CHECK bool matcher_start(const char *home, const struct config *config,
                              const struct identity *identity, struct trust *trust,
                              void (*changed)(void *ctx), void *changed_ctx, struct matcher **out,
                              int *port, struct err *err);
/* To be called every second (or when something is known to have changed): re-reads the revocation
 * list and the directory if their files changed, lets go of agents that may not stay, rolls the
 * epoch over, looks after the mailboxes; every minute, how agencies answer is worked out. */
void matcher_tick(struct matcher *matcher);
/* The identity has another certificate: new connections are shown it. */
void matcher_renewed(struct matcher *matcher);
/* No new calls; searches that wait for their query end with UNAVAILABLE, the others go on. */
void matcher_drain(struct matcher *matcher);
/* Ends with UNAVAILABLE what is still open, stops everything, wipes the epoch keys, frees. */
void matcher_stop(struct matcher *matcher);

/* A reference to the directory in force. */
struct directory *matcher_directory(struct matcher *matcher);
/* Whether an agency is in the directory in force; ERR_DENIED, field "certificate". */
MUST_CHECK bool matcher_lists(struct matcher *matcher, const char *agency, struct err *err);
void matcher_changed(struct matcher *matcher);
/* A stream has opened (1) or closed (-1). */
void matcher_count_stream(struct matcher *matcher, int change);
/* Logs a refusal, writes it to the audit log and ends the stream with the status of err. hash: of
 * the query, or NULL. */
void matcher_refuse(struct matcher *matcher, struct rpc_stream *stream, const char *call,
                    const uint8_t *hash, const struct err *err);
/* An entry that a peer can bring about as often as it likes: written within its share, see noise.h.
 * Takes fields over. */
void matcher_audit_noise(struct matcher *matcher, const struct rpc_stream *stream,
                         enum audit_kind kind, struct buf *fields);
/* Logs and audits without ending the stream. */
void matcher_note_refusal(struct matcher *matcher, const struct rpc_stream *stream,
                          const char *call, const uint8_t *hash, const struct err *err);

#endif
