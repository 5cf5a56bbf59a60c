/* SPDX-License-Identifier: Apache-2.0
 * Load on a real matcher: many agencies that answer at once from prepared replies, and LAs that
 * keep searches in flight. All of it costs the players little, so that the matcher is what is
 * measured: the first halves of all replies are the same points with known logarithms, so that a
 * query costs its agents one list of second halves and a signature each, and its LA one list of
 * shares.
 *   make.c       a scheme on disk: keys, certificates, the matcher's directory
 *   prepared.c   the points, and what follows of them for a query
 *   agents.c     the agencies' process
 *   searches.c   the LAs' process
 *   one_search.c one search of it
 */
#ifndef HEARTH_TESTS_LOAD_H
#define HEARTH_TESTS_LOAD_H

#include "proto/base/buf.h"
#include "proto/crypto/message.h"
#include "proto/rpc/rpc.h"
#include "tests/unit/support_keys/parties.h"

enum { LOAD_ITEMS = 16, LOAD_SCORE = 900, LOAD_PATIENCE_MS = 120000 };

/* ---- make.c ---- */
/* DIR gets an Authority, the matcher's home, agencies "a-1", ... and LAs "l-1", ... */
void load_make(const char *dir, unsigned agents, unsigned las);
/* Opens the home of one of them. party_close closes. */
struct party load_open(const char *dir, enum role role, const char *name, unsigned number);
/* A connection of its own to the matcher on that port. */
struct rpc_channel *load_connect(const struct party *party, int port);

/* ---- prepared.c ---- */
struct prepared {
    struct scalar logarithms[LOAD_ITEMS];
    struct point points[LOAD_ITEMS];
    uint8_t c1[LOAD_ITEMS * POINT_BYTES], c1_hash[HASH_BYTES];
};
void prepared_make(struct prepared *out);
/* The halves that open to one score of LOAD_SCORE and 15 of none. */
void prepared_c2(const struct prepared *prepared, const struct query *query,
                 const struct epoch_record *epoch, uint8_t c2[LOAD_ITEMS * POINT_BYTES]);
void prepared_shares(const struct prepared *prepared, const struct point *query_key,
                     uint8_t shares[LOAD_ITEMS * POINT_BYTES]);

/* ---- the processes; each runs until standard input ends, or `seconds` are over ---- */
struct agents_plan {
    const char *dir;
    int port;
    unsigned count, slow, frozen, deaf; /* the first `slow` answer late, then those that never do */
    int64_t late_ms;                    /* how long the slow ones wait */
};
int load_agents(const struct agents_plan *plan);

/* in_flight: workers, each with one search after the other, spread over the LAs. */
struct searches_plan {
    const char *dir;
    int port;
    unsigned las, in_flight, seconds, quadrants;
};
int load_searches(const struct searches_plan *plan);

/* ---- one_search.c: one search of an LA, from its hello to its result ---- */
struct la_line {
    const struct searches_plan *plan;
    const struct prepared *prepared;
    struct party party;
    struct rpc_channel *channel;
};
struct search_figures {
    int64_t began_ms, accepted_ms, closed_ms, ended_ms; /* steady */
    uint32_t asked, answered, listed;
    enum rpc_status status; /* of the stream; RPC_OK only with a result that is as it must be */
    int64_t retry_ms;
    char detail[ERR_TEXT_MAX];
};
void one_search(struct la_line *line, struct search_figures *out);

#endif
