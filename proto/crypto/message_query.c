/* SPDX-License-Identifier: Apache-2.0
 * The query: made from a seed byte for byte, decoded strictly, checked against an epoch. */
#include <string.h>

#include "proto/base/text.h"
#include "proto/crypto/message.h"
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"

#define TAG_QUERY_PROOF "hearth v1 query key proof"

/* The 50 km quadrants of the National Grid (14 columns, 26 rows) and their 5 km cells. Only the
 * numbers are known here; proto/domain knows the map. */
enum { FOOTPRINT_QUADRANTS = 14 * 26, FOOTPRINT_CELLS = 100 };

/* What the proof of possession of A is bound to, besides A itself. */
static void write_statement(const char *la, const uint8_t query_id[QUERY_ID_BYTES], uint64_t epoch,
                            const uint8_t epoch_key[POINT_BYTES], struct buf *out)
{
    buf_bytes(out, la, strlen(la));
    buf_bytes(out, query_id, QUERY_ID_BYTES);
    buf_u64(out, epoch);
    buf_bytes(out, epoch_key, POINT_BYTES);
}

/* The key A, its proof and the ciphertexts of a query that is being made. */
struct sealed {
    uint8_t key[POINT_BYTES], proof[PROOF_BYTES];
    struct buf ciphertexts;
};

static void seal(const struct query_plain *plain, const struct epoch_record *epoch,
                 const uint8_t seed[SEED_BYTES], struct scalar *a, struct sealed *out)
{
    struct point key, joint;
    struct buf statement = {0};
    blind_query_key(a, &key, seed, plain->query_id);
    point_encode(out->key, &key);
    write_statement(plain->la, plain->query_id, epoch->epoch, epoch->key_bytes, &statement);
    proof_possession_make(out->proof, TAG_QUERY_PROOF, statement.data, statement.len, a, seed);
    buf_free(&statement);

    /* Fails with odds of 2^-252, or for an epoch record that epoch_decode did not accept. */
    REQUIRE(blind_joint_key(&joint, &key, &epoch->key));
    size_t len = blind_layout_count(&plain->layout) * CIPHERTEXT_BYTES;
    blind_query_encrypt(buf_reserve(&out->ciphertexts, len), &plain->layout, plain->values, &joint,
                        seed, plain->query_id, plain->pool);
}

void query_make(const struct query_plain *plain, const struct epoch_record *epoch,
                const uint8_t seed[SEED_BYTES], struct scalar *a, struct buf *out)
{
    REQUIRE(text_is_id(plain->la) && plain->footprint_count <= FOOTPRINT_MAX);
    REQUIRE(plain->layout.cells == FOOTPRINT_CELLS * plain->footprint_count);
    struct sealed sealed = {0};
    struct buf footprint = {0};
    char la[ID_MAX + 1];

    seal(plain, epoch, seed, a, &sealed);
    for (size_t i = 0; i < plain->footprint_count; i++) buf_u16(&footprint, plain->footprint[i]);
    memcpy(la, plain->la, strlen(plain->la) + 1);
    Hearth__V1__QueryBody body = HEARTH__V1__QUERY_BODY__INIT;
    body.protocol = PROTOCOL_VERSION;
    body.catalogue = plain->catalogue;
    body.query_id = wire_data(plain->query_id, QUERY_ID_BYTES);
    body.la = la;
    body.epoch = epoch->epoch;
    body.key = wire_data(sealed.key, POINT_BYTES);
    body.proof = wire_data(sealed.proof, PROOF_BYTES);
    body.footprint = wire_data(footprint.data, footprint.len);
    body.issued_at = plain->issued_at;
    body.expires_at = plain->expires_at;
    body.hard_slots = plain->layout.hard_slots;
    body.soft_slots = plain->layout.soft_slots;
    body.ciphertexts = wire_data(sealed.ciphertexts.data, sealed.ciphertexts.len);
    if (plain->group_id) body.group_id = wire_data(plain->group_id, GROUP_ID_BYTES);
    wire_pack(&body.base, out);
    buf_free(&footprint);
    buf_free(&sealed.ciphertexts);
}

MUST_CHECK static bool read_footprint(const ProtobufCBinaryData *in, struct query *out,
                                      struct err *err)
{
    struct reader reader = reader_of(in->data, in->len);
    if (in->len % 2 != 0 || in->len > 2 * FOOTPRINT_MAX) {
        return err_set(err, ERR_INVALID, "footprint",
                       "%zu bytes; must be two for each of at most %d quadrants", in->len,
                       FOOTPRINT_MAX);
    }
    out->footprint_count = in->len / 2;
    for (size_t i = 0; i < out->footprint_count; i++) {
        uint16_t quadrant = reader_u16(&reader);
        if (quadrant >= FOOTPRINT_QUADRANTS || (i > 0 && quadrant <= out->footprint[i - 1])) {
            return err_set(err, ERR_INVALID, "footprint",
                           "quadrant %u at place %zu; must be below %d and ascend", quadrant, i,
                           FOOTPRINT_QUADRANTS);
        }
        out->footprint[i] = quadrant;
    }
    return true;
}

MUST_CHECK static bool read_group_id(const ProtobufCBinaryData *in, struct query *out,
                                     struct err *err)
{
    out->is_member = in->len > 0;
    return !out->is_member || wire_bytes(in, "group_id", out->group_id, GROUP_ID_BYTES, err);
}

MUST_CHECK static bool read_ciphertexts(const ProtobufCBinaryData *in, struct query *out,
                                        struct err *err)
{
    size_t count = in->len / CIPHERTEXT_BYTES;
    if (in->len % CIPHERTEXT_BYTES != 0 || count < 2 || count > BLIND_POSITIONS_MAX) {
        return err_set(err, ERR_INVALID, "ciphertexts",
                       "%zu bytes; must be %d for each of 2 to %d ciphertexts", in->len,
                       CIPHERTEXT_BYTES, BLIND_POSITIONS_MAX);
    }
    uint64_t wanted = (uint64_t)out->hard_slots + out->soft_slots +
                      2 * (uint64_t)FOOTPRINT_CELLS * out->footprint_count + 2;
    if (count != wanted) {
        return err_set(err, ERR_INVALID, "ciphertexts",
                       "%zu of them; %u hard and %u soft slots and %zu quadrants have %llu", count,
                       out->hard_slots, out->soft_slots, out->footprint_count,
                       (unsigned long long)wanted);
    }
    buf_append(&out->ciphertexts, in->data, in->len);
    return true;
}

/* Ciphertexts last: nothing is left to free where it fails. */
MUST_CHECK static bool read_fields(const void *message, void *to, struct err *err)
{
    const Hearth__V1__QueryBody *body = message;
    struct query *out = to;
    out->protocol = body->protocol;
    out->catalogue = body->catalogue;
    out->epoch = body->epoch;
    out->issued_at = body->issued_at;
    out->expires_at = body->expires_at;
    out->hard_slots = body->hard_slots;
    out->soft_slots = body->soft_slots;
    return wire_bytes(&body->query_id, "query_id", out->query_id, QUERY_ID_BYTES, err) &&
           wire_id(body->la, "la", out->la, err) &&
           wire_key(&body->key, "key", out->key_bytes, &out->key, err) &&
           wire_bytes(&body->proof, "proof", out->proof, PROOF_BYTES, err) &&
           read_footprint(&body->footprint, out, err) &&
           wire_times(body->issued_at, body->expires_at, err) &&
           read_group_id(&body->group_id, out, err) &&
           read_ciphertexts(&body->ciphertexts, out, err);
}

bool query_decode(const uint8_t *body, size_t len, struct query *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__query_body__descriptor,
                                          .max = MESSAGE_MAX,
                                          .protocol = PROTOCOL_VERSION,
                                          .out_size = sizeof *out,
                                          .read = read_fields};
    return wire_decode(&kind, body, len, out, err);
}

void query_free(struct query *query)
{
    buf_free(&query->ciphertexts);
}

void query_hash(uint8_t out[HASH_BYTES], const uint8_t *body, size_t len)
{
    hash_once(out, TAG_QUERY, body, len);
}

/* The peer's numbers are only compared, never added to: they may be as large as they like. */
MUST_CHECK static bool check_times(const struct query *query, const struct epoch_record *epoch,
                                   int64_t now_ms, struct err *err)
{
    if (query->issued_at > now_ms + CLOCK_SKEW_MS || query->expires_at < now_ms - CLOCK_SKEW_MS) {
        return wire_expired("expires_at", "the query", query->issued_at, query->expires_at, now_ms,
                            err);
    }
    if (query->epoch != epoch->epoch) {
        return err_set(err, ERR_EXPIRED, "epoch", "the query is for epoch %llu, this is epoch %llu",
                       (unsigned long long)query->epoch, (unsigned long long)epoch->epoch);
    }
    if (epoch->not_before > now_ms + CLOCK_SKEW_MS || epoch->not_after < now_ms - CLOCK_SKEW_MS) {
        return wire_expired("epoch", "the epoch key", epoch->not_before, epoch->not_after, now_ms,
                            err);
    }
    return true;
}

MUST_CHECK static bool check_layout(const struct query *query, struct blind_layout *layout,
                                    struct err *err)
{
    layout->cells = (uint16_t)(FOOTPRINT_CELLS * query->footprint_count);
    size_t wanted = blind_layout_count(layout), got = query->ciphertexts.len / CIPHERTEXT_BYTES;
    if (got == wanted) return true;
    return err_set(err, ERR_INVALID, "ciphertexts",
                   "%zu of them; catalogue %u with %zu quadrants has %zu", got, query->catalogue,
                   query->footprint_count, wanted);
}

bool query_check(const struct query *query, const struct epoch_record *epoch,
                 struct blind_layout *layout, int64_t now_ms, struct point *joint_key,
                 struct err *err)
{
    if (!check_times(query, epoch, now_ms, err) || !check_layout(query, layout, err)) return false;
    struct buf statement = {0};
    write_statement(query->la, query->query_id, query->epoch, epoch->key_bytes, &statement);
    bool ok = proof_possession_check(query->proof, TAG_QUERY_PROOF, statement.data, statement.len,
                                     &query->key);
    buf_free(&statement);
    if (!ok) {
        return err_set(err, ERR_UNAUTHENTICATED, "proof",
                       "does not show that %s holds the private query key", query->la);
    }
    if (!blind_joint_key(joint_key, &query->key, &epoch->key))
        return err_set(err, ERR_INVALID, "key", "gives the identity as joint key");
    return true;
}
