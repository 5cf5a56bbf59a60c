/* SPDX-License-Identifier: Apache-2.0
 * The matcher's word to an agent that its reply was taken. */
#include "proto/crypto/message.h"
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"

enum { RECEIPT_BODY_MAX = 256 };

void receipt_encode(const struct receipt *receipt, struct buf *out)
{
    struct receipt copy = *receipt;
    Hearth__V1__ReceiptBody body = HEARTH__V1__RECEIPT_BODY__INIT;
    body.query_hash = wire_data(copy.query_hash, HASH_BYTES);
    body.agent = copy.agent;
    body.log_head = wire_data(copy.log_head, HASH_BYTES);
    body.log_length = copy.log_length;
    wire_pack(&body.base, out);
}

MUST_CHECK static bool read_fields(const void *message, void *to, struct err *err)
{
    const Hearth__V1__ReceiptBody *body = message;
    struct receipt *out = to;
    out->log_length = body->log_length;
    return wire_bytes(&body->query_hash, "query_hash", out->query_hash, HASH_BYTES, err) &&
           wire_id(body->agent, "agent", out->agent, err) &&
           wire_bytes(&body->log_head, "log_head", out->log_head, HASH_BYTES, err);
}

bool receipt_decode(const uint8_t *body, size_t len, struct receipt *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__receipt_body__descriptor,
                                          .max = RECEIPT_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .read = read_fields};
    return wire_decode(&kind, body, len, out, err);
}
