/* SPDX-License-Identifier: Apache-2.0
 * Contributions, receipts and releases as they travel.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/crypto/elgamal.h"
#include "proto/crypto/wire.h"
#include "proto/figures/manifest_internal.h"

enum {
    RECEIPT_BODY_MAX = 256,
    RELEASE_BODY_MAX = MANIFEST_ENROLLED_MAX * (HASH_BYTES + 2) + 256,
    PROOF_FIELD_BYTES = 2 + PROOF_BYTES /* key, length and proof: the end of a contribution */
};

/* ---- contributions ---- */
MUST_CHECK static bool read_contribution(const void *message, void *to, struct err *err)
{
    const Hearth__V1__ContributionBody *body = message;
    struct contribution *out = to;
    size_t len = body->ciphertexts.len;
    out->count = len / CIPHERTEXT_BYTES;
    if (len == 0 || len % CIPHERTEXT_BYTES != 0 || out->count > FIGURES_CELLS_MAX) {
        return err_set(err, ERR_INVALID, "ciphertexts",
                       "%zu bytes; must be %d a cell, of 1 to %d cells", len, CIPHERTEXT_BYTES,
                       FIGURES_CELLS_MAX);
    }
    return wire_bytes(&body->manifest_hash, "manifest_hash", out->manifest_hash, HASH_BYTES, err) &&
           wire_bytes(&body->key_hash, "key_hash", out->key_hash, HASH_BYTES, err) &&
           manifest_role(body->role, &out->role, err) &&
           wire_id(body->organisation, "organisation", out->organisation, err) &&
           manifest_table(body->table, &out->table, err) &&
           wire_bytes(&body->proof, "proof", out->proof, PROOF_BYTES, err);
}

bool contribution_decode(const uint8_t *body, size_t len, struct contribution *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__contribution_body__descriptor,
                                          .max = CONTRIBUTION_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .read = read_contribution};
    if (!wire_decode(&kind, body, len, out, err)) return false;
    /* The encoding is the only one: they stand before the proof, at the end. */
    out->ciphertexts = body + len - PROOF_FIELD_BYTES - out->count * CIPHERTEXT_BYTES;
    hash_once(out->hash, TAG_CONTRIBUTION, body, len);
    return true;
}

void contribution_encode(const struct contribution *contribution, struct buf *out)
{
    struct contribution copy = *contribution; /* protobuf-c has no const */
    Hearth__V1__ContributionBody body = HEARTH__V1__CONTRIBUTION_BODY__INIT;
    char table[FIGURES_NAME_MAX + 1];
    memcpy(table, copy.table->name, strlen(copy.table->name) + 1);
    body.manifest_hash = wire_data(copy.manifest_hash, HASH_BYTES);
    body.key_hash = wire_data(copy.key_hash, HASH_BYTES);
    body.role = (Hearth__V1__Role)copy.role;
    body.organisation = copy.organisation;
    body.table = table;
    body.ciphertexts = wire_data(copy.ciphertexts, copy.count * CIPHERTEXT_BYTES);
    body.proof = wire_data(copy.proof, PROOF_BYTES);
    wire_pack(&body.base, out);
}

/* ---- receipts ---- */
MUST_CHECK static bool read_receipt(const void *message, void *to, struct err *err)
{
    const Hearth__V1__FiguresReceiptBody *body = message;
    struct figures_receipt *out = to;
    int role = (int)body->role;
    if (role != ROLE_MATCHER && role != ROLE_HUB)
        return err_set(err, ERR_INVALID, "role", "%d; must be %d (matcher) or %d (hub)", role,
                       ROLE_MATCHER, ROLE_HUB);
    if (body->at <= 0)
        return err_set(err, ERR_INVALID, "at", "%lld; must be positive", (long long)body->at);
    out->role = (enum role)role;
    out->at = body->at;
    return wire_bytes(&body->contribution_hash, "contribution_hash", out->contribution_hash,
                      HASH_BYTES, err) &&
           wire_id(body->organisation, "organisation", out->organisation, err);
}

bool figures_receipt_decode(const uint8_t *body, size_t len, struct figures_receipt *out,
                            struct err *err)
{
    static const struct wire_kind kind = {.descriptor =
                                              &hearth__v1__figures_receipt_body__descriptor,
                                          .max = RECEIPT_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .read = read_receipt};
    return wire_decode(&kind, body, len, out, err);
}

void figures_receipt_encode(const struct figures_receipt *receipt, struct buf *out)
{
    struct figures_receipt copy = *receipt;
    Hearth__V1__FiguresReceiptBody body = HEARTH__V1__FIGURES_RECEIPT_BODY__INIT;
    body.contribution_hash = wire_data(copy.contribution_hash, HASH_BYTES);
    body.role = (Hearth__V1__Role)copy.role;
    body.organisation = copy.organisation;
    body.at = copy.at;
    wire_pack(&body.base, out);
}

/* ---- releases ---- */
MUST_CHECK static bool read_hashes(const Hearth__V1__FiguresReleaseBody *body,
                                   struct figures_release *out, struct err *err)
{
    for (size_t i = 0; i < body->n_contributions; i++) {
        bool read = wire_bytes(&body->contributions[i], "", out->contributions[i], HASH_BYTES, err);
        if (read && i > 0 && hash_order(out->contributions[i - 1], out->contributions[i]) >= 0) {
            read = err_set(err, ERR_INVALID, "",
                           "not after the one before it; must be ascending, each once");
        }
        if (!read) return manifest_err_at(err, "contributions", i);
    }
    out->count = body->n_contributions;
    return true;
}

MUST_CHECK static bool read_release(const void *message, void *to, struct err *err)
{
    const Hearth__V1__FiguresReleaseBody *body = message;
    struct figures_release *out = to;
    if (!wire_bytes(&body->manifest_hash, "manifest_hash", out->manifest_hash, HASH_BYTES, err) ||
        !manifest_table(body->table, &out->table, err)) {
        return false;
    }
    if (body->n_contributions == 0 || body->n_contributions > MANIFEST_ENROLLED_MAX) {
        return err_set(err, ERR_INVALID, "contributions", "%zu of them; must be 1 to %d",
                       body->n_contributions, MANIFEST_ENROLLED_MAX);
    }
    out->contributions = mem_array(body->n_contributions, HASH_BYTES);
    if (read_hashes(body, out, err)) return true;
    figures_release_free(out);
    return false;
}

bool figures_release_decode(const uint8_t *body, size_t len, struct figures_release *out,
                            struct err *err)
{
    static const struct wire_kind kind = {.descriptor =
                                              &hearth__v1__figures_release_body__descriptor,
                                          .max = RELEASE_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .read = read_release};
    return wire_decode(&kind, body, len, out, err);
}

void figures_release_encode(const struct figures_release *release, struct buf *out)
{
    Hearth__V1__FiguresReleaseBody body = HEARTH__V1__FIGURES_RELEASE_BODY__INIT;
    ProtobufCBinaryData *hashes = mem_array(release->count, sizeof *hashes);
    char table[FIGURES_NAME_MAX + 1];
    memcpy(table, release->table->name, strlen(release->table->name) + 1);
    for (size_t i = 0; i < release->count; i++) {
        hashes[i] = wire_data(release->contributions[i], HASH_BYTES);
    }
    body.manifest_hash = wire_data(release->manifest_hash, HASH_BYTES);
    body.table = table;
    body.n_contributions = release->count;
    body.contributions = hashes;
    wire_pack(&body.base, out);
    free(hashes);
}

bool figures_release_names(const struct figures_release *release, const uint8_t hash[HASH_BYTES])
{
    for (size_t i = 0; i < release->count; i++) {
        if (sodium_memcmp(release->contributions[i], hash, HASH_BYTES) == 0) return true;
    }
    return false;
}

void figures_release_free(struct figures_release *release)
{
    free(release->contributions);
    release->contributions = NULL;
    release->count = 0;
}

void figures_set_hash(const struct figures_release *release, uint8_t out[HASH_BYTES])
{
    struct hash hash;
    hash_start(&hash, "hearth v1 figures set", HASH_BYTES, NULL);
    hash_bytes(&hash, release->manifest_hash, HASH_BYTES);
    hash_text(&hash, release->table->name);
    hash_bytes(&hash, release->contributions, release->count * HASH_BYTES);
    hash_end(&hash, out);
}
