/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/envelope.h"

#include <stdlib.h>

#include <sodium.h>

#include "matcher/matcher.h"
#include "proto/crypto/wire.h"
#include "proto/rpc/peer.h"

void envelope_pack_signed(const void *body, size_t len, const uint8_t *signature, struct buf *out)
{
    Hearth__V1__Signed message = signed_message(body, len, signature);
    wire_pack(&message.base, out);
}

static struct rpc_message *pack(const ProtobufCMessage *message)
{
    struct buf packed = {0};
    wire_pack(message, &packed);
    struct rpc_message *out = rpc_message_new(packed.data, packed.len);
    buf_free(&packed);
    return out;
}

struct rpc_message *envelope_to_agent(const Hearth__V1__ToAgent *message)
{
    return pack(&message->base);
}

bool envelope_send_la(struct rpc_stream *stream, const Hearth__V1__ToLa *message)
{
    return peer_send(stream, &message->base);
}

bool envelope_send_agent(struct rpc_stream *stream, const Hearth__V1__ToAgent *message)
{
    return peer_send(stream, &message->base);
}

bool envelope_send_party(struct rpc_stream *stream, const Hearth__V1__ToParty *message)
{
    return peer_send(stream, &message->base);
}

bool envelope_check_hello(const struct rpc_stream *stream, const struct matcher *matcher,
                          enum role role, uint32_t protocol, uint32_t catalogue,
                          const Hearth__V1__Signed *certificate, struct certificate *out,
                          struct err *err)
{
    if (!version_check(protocol, catalogue, matcher->catalogue->version, rpc_stream_peer_id(stream),
                       err)) {
        return false;
    }
    return peer_certificate(stream, matcher->trust, role, rpc_stream_peer_id(stream), certificate,
                            out, err);
}

void envelope_wipe(ProtobufCBinaryData *field)
{
    if (field->data) sodium_memzero(field->data, field->len);
}

struct buf envelope_take(ProtobufCBinaryData *field)
{
    struct buf taken = {.data = field->data, .len = field->len, .cap = field->len};
    *field = (ProtobufCBinaryData){0, NULL};
    return taken;
}
