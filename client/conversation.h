/* SPDX-License-Identifier: Apache-2.0
 * The conversation of one query with the matcher, on a stream of its own (docs/protocol.md "A
 * query", "Opening"). Several may take place at the same time on one channel, each on a thread of
 * its own; one conversation is not thread-safe.
 *
 * Legal order: open, greet, ask, share, conclude, close; close at any time.
 */
#ifndef HEARTH_CLIENT_CONVERSATION_H
#define HEARTH_CLIENT_CONVERSATION_H

#include "client/compose.h"
#include "client/la.h"
#include "proto/rpc/rpc.h"

/* Told from the thread that shares while agents answer; may be NULL. */
typedef void (*conversation_progress_fn)(uint32_t asked, uint32_t shared, void *ctx);

/* What conversations share; all outlives them. */
struct conversation_parts {
    const struct la *la;
    struct rpc_channel *channel;
    struct pool *pool;
};

struct conversation;
/* Opens a stream and sends the hello; does not wait. conversation_close frees. */
struct conversation *conversation_open(const struct conversation_parts *parts);
/* Waits for the matcher's welcome and checks it: versions, certificate, epoch record, which goes to
 * *epoch. Errors as search_ask. */
MUST_CHECK bool conversation_greet(struct conversation *conversation, struct epoch_record *epoch,
                                   struct err *err);
/* After the welcome: the newest catalogue that both sides have, in which every query is asked,
 * whatever the request needs. A choice that depended on it would tell something of the request. */
const struct catalogue *conversation_catalogue(const struct conversation *conversation);
/* After the welcome: the matcher's certificate and its epoch record, as they were signed; valid
 * while the conversation is open. */
const struct signed_bytes *conversation_matcher(const struct conversation *conversation);
const struct signed_bytes *conversation_epoch(const struct conversation *conversation);
/* Sends the query and waits until the matcher has accepted it. composed must stay until the
 * conversation is closed, and be made for the epoch of the welcome. */
MUST_CHECK bool conversation_ask(struct conversation *conversation, const struct composed *composed,
                                 struct err *err);
/* Shares for each reply until the matcher closes; then sends the proof of all of them. */
MUST_CHECK bool conversation_share(struct conversation *conversation,
                                   conversation_progress_fn progress, void *progress_ctx,
                                   struct err *err);
/* Waits for the result and checks that the matcher signed it and that it belongs to the query. */
MUST_CHECK bool conversation_conclude(struct conversation *conversation, struct result *result,
                                      struct err *err);
/* After that: the result as it was signed; valid while the conversation is open. */
const struct signed_bytes *conversation_result(const struct conversation *conversation);
/* Ends the stream, waits for its callbacks and for work on the pool, wipes, frees. NULL is fine. */
void conversation_close(struct conversation *conversation);

#endif
