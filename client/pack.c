/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pack.h"

#include "keys/signed.h"
#include "proto/crypto/wire.h"

/* What a message has beyond the bodies of query and group, with the longest options that there
 * are. */
enum { QUERY_ROOM = 1280 };

void pack_hello(const struct certificate *certificate, uint32_t catalogue, struct buf *out)
{
    Hearth__V1__Signed raw = signed_message_of(&certificate->raw);
    Hearth__V1__SearchHello hello = HEARTH__V1__SEARCH_HELLO__INIT;
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    hello.protocol = PROTOCOL_VERSION;
    hello.catalogue = catalogue;
    hello.certificate = &raw;
    message.kind_case = HEARTH__V1__FROM_LA__KIND_HELLO;
    message.hello = &hello;
    wire_pack(&message.base, out);
}

void pack_query(const struct signed_bytes *query, const struct signed_bytes *options,
                const struct signed_bytes *group, struct buf *out)
{
    Hearth__V1__Signed group_part = HEARTH__V1__SIGNED__INIT;
    Hearth__V1__Signed query_part = signed_message_of(query);
    Hearth__V1__Signed options_part = signed_message_of(options);
    Hearth__V1__SearchQuery both = HEARTH__V1__SEARCH_QUERY__INIT;
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    both.query = &query_part;
    both.options = &options_part;
    if (group) {
        group_part = signed_message_of(group);
        both.group = &group_part;
    }
    message.kind_case = HEARTH__V1__FROM_LA__KIND_QUERY;
    message.query = &both;
    wire_pack(&message.base, out);
    wire_pad(out, query->body.len + (group ? group->body.len : 0) + QUERY_ROOM);
}

void pack_shares(const char *agent, const uint8_t *shares, size_t len, struct buf *out)
{
    Hearth__V1__SearchShares part = HEARTH__V1__SEARCH_SHARES__INIT;
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    part.agent = (char *)(uintptr_t)agent; /* protobuf-c has no const; packing only reads */
    part.shares = wire_data(shares, len);
    message.kind_case = HEARTH__V1__FROM_LA__KIND_SHARES;
    message.shares = &part;
    wire_pack(&message.base, out);
}

void pack_shares_proof(const struct buf *body, const uint8_t signature[SIGNATURE_BYTES],
                       struct buf *out)
{
    Hearth__V1__Signed part = signed_message(body->data, body->len, signature);
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    message.kind_case = HEARTH__V1__FROM_LA__KIND_SHARES_PROOF;
    message.shares_proof = &part;
    wire_pack(&message.base, out);
}

static bool is_complete(const Hearth__V1__ToLa *message)
{
    switch (message->kind_case) {
    case HEARTH__V1__TO_LA__KIND_WELCOME:
        return message->welcome->certificate && message->welcome->epoch;
    case HEARTH__V1__TO_LA__KIND_REPLY: return message->reply->reply && message->reply->certificate;
    case HEARTH__V1__TO_LA__KIND_ACCEPTED:
    case HEARTH__V1__TO_LA__KIND_CLOSE:
    case HEARTH__V1__TO_LA__KIND_RESULT: return true;
    case HEARTH__V1__TO_LA__KIND__NOT_SET:
    case _HEARTH__V1__TO_LA__KIND__CASE_IS_INT_SIZE:
    default: return false;
    }
}

Hearth__V1__ToLa *unpack_to_la(const uint8_t *data, size_t len)
{
    if (len > REPLY_MAX) return NULL;
    Hearth__V1__ToLa *message = hearth__v1__to_la__unpack(NULL, len, data);
    if (message && !is_complete(message)) {
        hearth__v1__to_la__free_unpacked(message, NULL);
        message = NULL;
    }
    return message;
}
