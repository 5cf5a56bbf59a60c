/* SPDX-License-Identifier: Apache-2.0
 * One search: from a checked request to the matcher's signed result (docs/protocol.md "A query",
 * "Opening").
 */
#ifndef HEARTH_CLIENT_SEARCH_H
#define HEARTH_CLIENT_SEARCH_H

#include "client/added.h"
#include "client/conversation.h"
#include "proto/domain/request.h"

struct variant;

/* Told from the searching thread while agents answer; may be NULL. */
typedef conversation_progress_fn search_progress_fn;

struct search_outcome {
    struct result result;
    uint32_t catalogue; /* the version in which was asked */
    struct added added; /* what the request names of the criteria that this version added */
    int64_t elapsed_ms; /* from the first message to the result */
    bool sent;          /* the query has left this side, also where there is no result */
};

/* A query that is about to be sent, with what it was made by. */
struct asked_query {
    const struct composed *composed;
    const struct variant *variant; /* of an explanation's member; NULL: the request as it is */
    const struct signed_bytes *matcher_certificate, *epoch;
};
/* Whoever writes down what is asked. */
struct search_keeper {
    /* All of these are about to be sent; false with err set: none of them is. */
    bool (*asking)(const struct asked_query *queries, size_t count, void *ctx, struct err *err);
    /* One of them has this result, or (NULL) none because of *err. */
    void (*ended)(const uint8_t query_hash[HASH_BYTES], const struct signed_bytes *result,
                  const struct err *err, void *ctx);
    void *ctx;
};

/* A connection to the matcher for any number of searches. */
struct search_session {
    struct conversation_parts parts;
    const struct search_keeper *keeper; /* NULL after search_open: nobody is told */
    struct epoch_record epoch;          /* of the last search that was welcomed */
    const struct catalogue *catalogue;  /* that it was asked in */
};
/* la must outlive the session. ERR_INVALID: no address could be made of la's. Connects when the
 * first search needs it. search_close frees. */
MUST_CHECK bool search_open(const struct la *la, struct search_session *out, struct err *err);
void search_close(struct search_session *session);

/* Runs the whole search over one stream and verifies everything that comes back. The query's key
 * and seed are wiped before it returns. Errors: ERR_UNAVAILABLE (matcher unreachable, stopped, too
 * slow, or its answer does not verify), ERR_UNAUTHENTICATED / ERR_DENIED / ERR_EXPIRED / ERR_BUDGET
 * (refused), ERR_VERSION (also a criterion that only this side knows yet), ERR_INVALID (request: no
 * acceptable cell, too large an area). */
MUST_CHECK bool search_ask(struct search_session *session, const struct request *request,
                           search_progress_fn progress, void *progress_ctx,
                           struct search_outcome *out, struct err *err);
/* One search in a session of its own. */
MUST_CHECK bool search_run(const struct la *la, const struct request *request,
                           search_progress_fn progress, void *progress_ctx,
                           struct search_outcome *out, struct err *err);

#endif
