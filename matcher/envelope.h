/* SPDX-License-Identifier: Apache-2.0
 * Small helpers around the generated protobuf messages.
 */
#ifndef HEARTH_MATCHER_ENVELOPE_H
#define HEARTH_MATCHER_ENVELOPE_H

#include "keys/identity.h"
#include "keys/signed.h"
#include "proto/base/buf.h"
#include "proto/mail.pb-c.h"
#include "proto/match.pb-c.h"
#include "proto/rpc/rpc.h"

struct matcher;

/* Appends the packed Signed message. */
void envelope_pack_signed(const void *body, size_t len, const uint8_t *signature, struct buf *out);

/* Packs once into a message that any number of streams can send. One reference for the caller. */
struct rpc_message *envelope_to_agent(const Hearth__V1__ToAgent *message);
/* Packs, queues, lets go; false where the stream takes no more. */
bool envelope_send_la(struct rpc_stream *stream, const Hearth__V1__ToLa *message);
bool envelope_send_agent(struct rpc_stream *stream, const Hearth__V1__ToAgent *message);
bool envelope_send_party(struct rpc_stream *stream, const Hearth__V1__ToParty *message);

/* What every hello is checked for (docs/protocol.md "Keys"): versions, the Authority's word for the
 * certificate, its role, and that it names the organisation of the TLS connection. `out` is filled
 * on success: certificate_free. */
MUST_CHECK bool envelope_check_hello(const struct rpc_stream *stream, const struct matcher *matcher,
                                     enum role role, uint32_t protocol, uint32_t catalogue,
                                     const Hearth__V1__Signed *certificate, struct certificate *out,
                                     struct err *err);
/* Overwrites what a field holds, before the message that owns it is freed. */
void envelope_wipe(ProtobufCBinaryData *field);
/* Takes the bytes of a field out of its message, which then no longer owns them. */
struct buf envelope_take(ProtobufCBinaryData *field);

#endif
