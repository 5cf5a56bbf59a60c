/* SPDX-License-Identifier: Apache-2.0
 * The client's messages to the matcher, packed (proto/match.proto FromLa), and the parts of its
 * answers that need unpacking.
 */
#ifndef HEARTH_CLIENT_PACK_H
#define HEARTH_CLIENT_PACK_H

#include "keys/identity.h"
#include "proto/match.pb-c.h"

/* Each appends one packed FromLa message to `out`; nothing is kept. `out` of a query is empty
 * before: it is padded to a size that depends on query and group alone. */
void pack_hello(const struct certificate *certificate, uint32_t catalogue, struct buf *out);
void pack_query(const struct signed_bytes *query, const struct signed_bytes *options,
                const struct signed_bytes *group, struct buf *out); /* group may be NULL */
void pack_shares(const char *agent, const uint8_t *shares, size_t len, struct buf *out);
void pack_shares_proof(const struct buf *body, const uint8_t signature[SIGNATURE_BYTES],
                       struct buf *out);

/* NULL where the bytes are not a ToLa message of at most REPLY_MAX bytes with one kind set and all
 * parts that this kind needs. Caller frees with hearth__v1__to_la__free_unpacked. */
Hearth__V1__ToLa *unpack_to_la(const uint8_t *data, size_t len);

#endif
