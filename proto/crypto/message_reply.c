/* SPDX-License-Identifier: Apache-2.0
 * What an agent signs of its reply: hashes of its halves, and commitments to what it computed from.
 */
#include "proto/crypto/message.h"
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"

enum { REPLY_BODY_MAX = 512, SALT_BYTES = 32 };

void reply_encode(const struct reply *reply, struct buf *out)
{
    struct reply copy = *reply;
    Hearth__V1__ReplyBody body = HEARTH__V1__REPLY_BODY__INIT;
    body.query_hash = wire_data(copy.query_hash, HASH_BYTES);
    body.epoch = copy.epoch;
    body.agent = copy.agent;
    body.count = copy.count;
    body.c1_hash = wire_data(copy.c1_hash, HASH_BYTES);
    body.c2_hash = wire_data(copy.c2_hash, HASH_BYTES);
    body.slots_commitment = wire_data(copy.slots_commitment, HASH_BYTES);
    body.seed_commitment = wire_data(copy.seed_commitment, HASH_BYTES);
    wire_pack(&body.base, out);
}

MUST_CHECK static bool read_fields(const void *message, void *to, struct err *err)
{
    const Hearth__V1__ReplyBody *body = message;
    struct reply *out = to;
    out->epoch = body->epoch;
    out->count = body->count;
    if (!blind_is_size_class(body->count)) {
        return err_set(err, ERR_INVALID, "count", "%u; must be a size class: 16, 32, 48, ...",
                       body->count);
    }
    return wire_bytes(&body->query_hash, "query_hash", out->query_hash, HASH_BYTES, err) &&
           wire_id(body->agent, "agent", out->agent, err) &&
           wire_bytes(&body->c1_hash, "c1_hash", out->c1_hash, HASH_BYTES, err) &&
           wire_bytes(&body->c2_hash, "c2_hash", out->c2_hash, HASH_BYTES, err) &&
           wire_bytes(&body->slots_commitment, "slots_commitment", out->slots_commitment,
                      HASH_BYTES, err) &&
           wire_bytes(&body->seed_commitment, "seed_commitment", out->seed_commitment, HASH_BYTES,
                      err);
}

bool reply_decode(const uint8_t *body, size_t len, struct reply *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__reply_body__descriptor,
                                          .max = REPLY_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .read = read_fields};
    return wire_decode(&kind, body, len, out, err);
}

void reply_half_hash(uint8_t out[HASH_BYTES], int which, const uint8_t *half, size_t len)
{
    REQUIRE(which == 1 || which == 2);
    struct hash hash;
    hash_start(&hash, "hearth v1 half", HASH_BYTES, NULL);
    hash_u64(&hash, (uint64_t)which);
    hash_bytes(&hash, half, len);
    hash_end(&hash, out);
}

static void commit(uint8_t out[HASH_BYTES], const char *tag, const uint8_t salt[SALT_BYTES],
                   const void *data, size_t len)
{
    struct hash hash;
    hash_start(&hash, tag, HASH_BYTES, NULL);
    hash_bytes(&hash, salt, SALT_BYTES);
    hash_bytes(&hash, data, len);
    hash_end(&hash, out);
}

void reply_commit(struct reply *reply, const uint8_t seed[SEED_BYTES], const void *slot_sets,
                  size_t slot_sets_len)
{
    struct stream stream;
    uint8_t salt[SALT_BYTES];
    stream_start(&stream, "hearth reply salt", seed, NULL, 0);
    stream_bytes(&stream, salt, sizeof salt);
    commit(reply->slots_commitment, "hearth v1 slots commitment", salt, slot_sets, slot_sets_len);
    stream_bytes(&stream, salt, sizeof salt);
    commit(reply->seed_commitment, "hearth v1 seed commitment", salt, seed, SEED_BYTES);
    sodium_memzero(salt, sizeof salt);
    stream_wipe(&stream);
}
