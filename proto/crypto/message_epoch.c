/* SPDX-License-Identifier: Apache-2.0
 * The matcher's epoch key: made with, and accepted only with, a proof of possession. */
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/text.h"
#include "proto/crypto/message.h"
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"

#define TAG_EPOCH_PROOF "hearth v1 epoch key proof"

enum { EPOCH_BODY_MAX = 512 };

/* What the proof of possession is bound to, besides M itself. */
static void write_statement(const struct epoch_record *record, struct buf *out)
{
    buf_bytes(out, record->matcher, strlen(record->matcher));
    buf_u64(out, record->epoch);
    buf_u64(out, (uint64_t)record->not_before);
    buf_u64(out, (uint64_t)record->not_after);
    buf_bytes(out, record->tie_commitment, HASH_BYTES);
}

static void encode(struct epoch_record *record, struct buf *out)
{
    Hearth__V1__EpochBody body = HEARTH__V1__EPOCH_BODY__INIT;
    body.epoch = record->epoch;
    body.matcher = record->matcher;
    body.not_before = record->not_before;
    body.not_after = record->not_after;
    body.key = wire_data(record->key_bytes, POINT_BYTES);
    body.proof = wire_data(record->proof, PROOF_BYTES);
    body.tie_commitment = wire_data(record->tie_commitment, HASH_BYTES);
    wire_pack(&body.base, out);
}

void epoch_make(const char *matcher, int64_t not_before, int64_t not_after,
                const uint8_t tie_commitment[HASH_BYTES], struct scalar *m,
                struct epoch_record *record, struct buf *out)
{
    REQUIRE(text_is_id(matcher) && not_before > 0 && not_after > not_before);
    uint8_t nonce_seed[SEED_BYTES];
    struct buf statement = {0};

    *record = (struct epoch_record){
        .epoch = (uint64_t)clock_wall_ms(), .not_before = not_before, .not_after = not_after};
    memcpy(record->matcher, matcher, strlen(matcher) + 1);
    memcpy(record->tie_commitment, tie_commitment, HASH_BYTES);
    scalar_random(m);
    point_mul_base(&record->key, m);
    point_encode(record->key_bytes, &record->key);

    randombytes_buf(nonce_seed, sizeof nonce_seed);
    write_statement(record, &statement);
    proof_possession_make(record->proof, TAG_EPOCH_PROOF, statement.data, statement.len, m,
                          nonce_seed);
    sodium_memzero(nonce_seed, sizeof nonce_seed);
    buf_free(&statement);
    encode(record, out);
}

MUST_CHECK static bool check_proof(const struct epoch_record *record, struct err *err)
{
    struct buf statement = {0};
    write_statement(record, &statement);
    bool ok = proof_possession_check(record->proof, TAG_EPOCH_PROOF, statement.data, statement.len,
                                     &record->key);
    buf_free(&statement);
    return ok || err_set(err, ERR_UNAUTHENTICATED, "proof",
                         "does not show that %s holds the private epoch key", record->matcher);
}

MUST_CHECK static bool read_fields(const void *message, void *to, struct err *err)
{
    const Hearth__V1__EpochBody *body = message;
    struct epoch_record *out = to;
    out->epoch = body->epoch;
    out->not_before = body->not_before;
    out->not_after = body->not_after;
    if (body->epoch == 0) return err_set(err, ERR_INVALID, "epoch", "0; must be a time in ms");
    if (body->not_before <= 0 || body->not_after <= body->not_before) {
        return err_set(err, ERR_INVALID, "not_after",
                       "%lld with not_before %lld; both must be positive, not_after the later",
                       (long long)body->not_after, (long long)body->not_before);
    }
    return wire_id(body->matcher, "matcher", out->matcher, err) &&
           wire_key(&body->key, "key", out->key_bytes, &out->key, err) &&
           wire_bytes(&body->proof, "proof", out->proof, PROOF_BYTES, err) &&
           wire_bytes(&body->tie_commitment, "tie_commitment", out->tie_commitment, HASH_BYTES,
                      err) &&
           check_proof(out, err);
}

bool epoch_decode(const uint8_t *body, size_t len, struct epoch_record *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__epoch_body__descriptor,
                                          .max = EPOCH_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .read = read_fields};
    return wire_decode(&kind, body, len, out, err);
}
