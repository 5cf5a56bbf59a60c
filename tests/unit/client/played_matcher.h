/* SPDX-License-Identifier: Apache-2.0
 * What tests of the client share that play a matcher over real mutual TLS.
 */
#ifndef HEARTH_TESTS_CLIENT_PLAYED_MATCHER_H
#define HEARTH_TESTS_CLIENT_PLAYED_MATCHER_H

#include <stdio.h>
#include <string.h>

#include "client/la.h"
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"
#include "proto/rpc/rpc.h"
#include "tests/unit/support_keys/parties.h"

static inline void send_to_la(struct rpc_stream *stream, const Hearth__V1__ToLa *message)
{
    struct buf bytes = {0};
    wire_pack(&message->base, &bytes);
    (void)rpc_stream_send_bytes(stream, bytes.data, bytes.len);
    buf_free(&bytes);
}

/* A server of /Search on a free port. */
static inline struct rpc_server *played_matcher_start(const struct party *matcher,
                                                      const struct rpc_events *events, void *ctx,
                                                      unsigned threads, int *port)
{
    const struct rpc_method method = {.path = METHOD_SEARCH, .events = events, .ctx = ctx};
    const struct rpc_server_config config = {.address = "127.0.0.1:0",
                                             .threads = threads,
                                             .message_max = REPLY_MAX,
                                             .methods = &method,
                                             .method_count = 1};
    struct rpc_server *server = NULL;
    struct err err = {0};
    parties_must(rpc_server_start(&config, matcher->identity, matcher->trust, &server, port, &err),
                 &err);
    return server;
}

/* An LA that searches by the matcher at that port. */
static inline struct la played_matcher_la(const struct party *party, int port)
{
    struct la la = {
        .trust = party->trust, .identity = party->identity, .catalogue = catalogue_chosen(0)};
    strcpy(la.matcher_id, "matcher");
    (void)snprintf(la.matcher_address, sizeof la.matcher_address, "127.0.0.1:%d", port);
    return la;
}

#endif
