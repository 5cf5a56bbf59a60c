/* SPDX-License-Identifier: Apache-2.0
 * What both ends do with a peer: messages to it, and the Hearth certificate in its first message,
 * checked against the connection (docs/protocol.md "Keys").
 */
#ifndef HEARTH_RPC_PEER_H
#define HEARTH_RPC_PEER_H

#include "proto/identity.pb-c.h"
#include "proto/rpc/rpc.h"

/* Packs and queues a message; false where the stream takes no more. */
bool peer_send(struct rpc_stream *stream, const ProtobufCMessage *message);

/* The first check of a new call: the role in the peer's X.509 certificate. */
MUST_CHECK bool peer_check_role(const struct rpc_stream *stream, enum role role, struct err *err);

/* Decodes; the Authority's word for it and the role (trust_check, now); that it is
 * `organisation`'s, and of the same issue as the connection's X.509 certificate: Hearth
 * certificates are public, so without the serial a TLS key that was replaced or revoked would do.
 * message may be NULL. ERR_UNAUTHENTICATED, ERR_DENIED, ERR_EXPIRED, ERR_INVALID, all in field
 * "certificate". certificate_free frees `out`. */
MUST_CHECK bool peer_certificate(const struct rpc_stream *stream, struct trust *trust,
                                 enum role role, const char *organisation,
                                 const Hearth__V1__Signed *message, struct certificate *out,
                                 struct err *err);

#endif
