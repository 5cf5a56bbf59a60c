/* SPDX-License-Identifier: Apache-2.0
 * A client's conversation on one stream, driven by one thread that waits for each answer.
 */
#ifndef HEARTH_RPC_TALK_H
#define HEARTH_RPC_TALK_H

#include "proto/base/buf.h"
#include "proto/rpc/peer.h"

struct talk_parts { /* all outlive it */
    const struct identity *identity;
    struct trust *trust;
    const char *target;    /* "host:port" */
    enum role server_role; /* ROLE_MATCHER or ROLE_HUB */
    const char *server_id; /* organisation id */
    const char *path;      /* of the method */
    size_t message_max;
    size_t queue_max; /* as rpc_channel_config */
};
struct talk;
/* Starts the call; messages may be sent at once. ERR_INVALID as rpc_channel_open. */
MUST_CHECK bool talk_open(const struct talk_parts *parts, struct talk **out, struct err *err);
void talk_close(struct talk *talk); /* NULL is fine */
/* From any thread: ends the call at once. */
void talk_stop(struct talk *talk);
/* "the matcher" or "the hub", for errors. */
const char *talk_peer_name(const struct talk *talk);

/* Queues a message; a stream that is closed says why in its status, which talk_wait reports. */
void talk_send(struct talk *talk, const ProtobufCMessage *message);
/* The next message (moved into *message). False with *timed_out and err as it was, or false with
 * err: the server's status, ERR_UNAVAILABLE where it has ended the stream or was not reached. */
MUST_CHECK bool talk_wait(struct talk *talk, int64_t timeout_ms, struct buf *message,
                          bool *timed_out, struct err *err);
/* What a welcome says of its sender. ERR_VERSION; ERR_UNAVAILABLE where the certificate does not
 * hold: what is wrong with the server's word is no refusal of ours. certificate_free frees `out`.
 */
MUST_CHECK bool talk_welcome(const struct talk *talk, uint32_t protocol,
                             const Hearth__V1__Signed *certificate, struct certificate *out,
                             struct err *err);

#endif
