/* SPDX-License-Identifier: Apache-2.0
 * The matcher's release key, and a manifest with its release key.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/figures/manifest_internal.h"

#define TAG_RELEASE_KEY_PROOF "hearth v1 figures release key proof"

enum { RELEASE_KEY_BODY_MAX = 512 };

/* ---- release keys ---- */
static void write_statement(const struct release_key *key, struct buf *out)
{
    buf_append(out, key->manifest_hash, HASH_BYTES);
    buf_bytes(out, key->matcher, strlen(key->matcher));
}

MUST_CHECK static bool check_proof(const struct release_key *key, struct err *err)
{
    struct buf statement = {0};
    write_statement(key, &statement);
    bool ok = proof_possession_check(key->proof, TAG_RELEASE_KEY_PROOF, statement.data,
                                     statement.len, &key->key);
    buf_free(&statement);
    return ok ||
           err_set(err, ERR_UNAUTHENTICATED, "proof",
                   "does not show that %s holds the private key for this manifest", key->matcher);
}

MUST_CHECK static bool read_fields(const void *message, void *to, struct err *err)
{
    const Hearth__V1__ReleaseKeyBody *body = message;
    struct release_key *out = to;
    return wire_bytes(&body->manifest_hash, "manifest_hash", out->manifest_hash, HASH_BYTES, err) &&
           wire_id(body->matcher, "matcher", out->matcher, err) &&
           wire_key(&body->key, "key", out->key_bytes, &out->key, err) &&
           wire_bytes(&body->proof, "proof", out->proof, PROOF_BYTES, err) && check_proof(out, err);
}

bool release_key_decode(const uint8_t *body, size_t len, struct release_key *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__release_key_body__descriptor,
                                          .max = RELEASE_KEY_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .read = read_fields};
    if (!wire_decode(&kind, body, len, out, err)) return false;
    hash_once(out->hash, TAG_RELEASE_KEY, body, len);
    return true;
}

void release_key_encode(const uint8_t manifest_hash[HASH_BYTES], const char *matcher,
                        const struct scalar *m, struct buf *out)
{
    Hearth__V1__ReleaseKeyBody body = HEARTH__V1__RELEASE_KEY_BODY__INIT;
    struct release_key key = {0};
    uint8_t nonce_seed[SEED_BYTES];
    struct buf statement = {0};
    REQUIRE(strlen(matcher) <= ID_MAX);
    memcpy(key.manifest_hash, manifest_hash, HASH_BYTES);
    memcpy(key.matcher, matcher, strlen(matcher) + 1);
    point_mul_base(&key.key, m);
    point_encode(key.key_bytes, &key.key);
    randombytes_buf(nonce_seed, sizeof nonce_seed);
    write_statement(&key, &statement);
    proof_possession_make(key.proof, TAG_RELEASE_KEY_PROOF, statement.data, statement.len, m,
                          nonce_seed);
    sodium_memzero(nonce_seed, sizeof nonce_seed);
    buf_free(&statement);
    body.manifest_hash = wire_data(key.manifest_hash, HASH_BYTES);
    body.matcher = key.matcher;
    body.key = wire_data(key.key_bytes, POINT_BYTES);
    body.proof = wire_data(key.proof, PROOF_BYTES);
    wire_pack(&body.base, out);
}

/* ---- agreements ---- */
void agreement_free(struct agreement *agreement)
{
    signed_bytes_free(&agreement->manifest_raw);
    signed_bytes_free(&agreement->release_key_raw);
    certificate_free(&agreement->hub);
    manifest_free(&agreement->manifest);
}

MUST_CHECK static bool check_signature(const struct certificate *signer, const char *tag,
                                       const struct signed_bytes *raw, struct err *err)
{
    return certificate_verify(signer, tag, raw->body.data, raw->body.len, raw->signature,
                              SIGNATURE_BYTES, err);
}

MUST_CHECK static bool read_manifest(const struct signed_bytes *raw, const struct certificate *hub,
                                     struct manifest *out, struct err *err)
{
    if (!check_signature(hub, TAG_MANIFEST, raw, err) ||
        !manifest_decode(raw->body.data, raw->body.len, out, err)) {
        return false;
    }
    if (strcmp(out->hub, hub->organisation) == 0) return true;
    manifest_free(out);
    return err_set(err, ERR_UNAUTHENTICATED, "hub", "%s, under the certificate of %s", out->hub,
                   hub->organisation);
}

MUST_CHECK static bool read_release_key(const struct signed_bytes *raw,
                                        const struct certificate *matcher,
                                        const struct manifest *manifest, struct release_key *out,
                                        struct err *err)
{
    if (strcmp(manifest->matcher, matcher->organisation) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "matcher",
                       "the manifest names %s; this is the certificate of %s", manifest->matcher,
                       matcher->organisation);
    }
    if (!check_signature(matcher, TAG_RELEASE_KEY, raw, err) ||
        !release_key_decode(raw->body.data, raw->body.len, out, err)) {
        return err_in(err, "release_key");
    }
    if (strcmp(out->matcher, matcher->organisation) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "release_key.matcher",
                       "%s, under the certificate of %s", out->matcher, matcher->organisation);
    }
    return sodium_memcmp(out->manifest_hash, manifest->hash, HASH_BYTES) == 0 ||
           err_set(err, ERR_INVALID, "release_key.manifest_hash",
                   "the key belongs to another manifest than that of %s", manifest->hub);
}

bool agreement_make(const struct signed_bytes *manifest, const struct certificate *hub,
                    const struct signed_bytes *release_key, const struct certificate *matcher,
                    struct trust *trust, int64_t now_ms, struct agreement *out, struct err *err)
{
    struct agreement *made = mem_new(struct agreement);
    REQUIRE(matcher->role == ROLE_MATCHER);
    bool read = trust_check(trust, hub, ROLE_HUB, now_ms, err) &&
                read_manifest(manifest, hub, &made->manifest, err);
    bool ok =
        read && read_release_key(release_key, matcher, &made->manifest, &made->release_key, err);
    if (ok) {
        point_add(&made->joint, &made->manifest.key, &made->release_key.key);
        ok = !point_is_identity(&made->joint) ||
             err_set(err, ERR_INVALID, "release_key.key",
                     "the sum of the two keys is the identity: one was chosen against the other");
    }
    ok = ok && certificate_of_bytes(&hub->raw, &made->hub, err);
    if (ok) {
        signed_bytes_copy(manifest, &made->manifest_raw);
        signed_bytes_copy(release_key, &made->release_key_raw);
        *out = *made;
    } else if (read) {
        manifest_free(&made->manifest);
    }
    free(made);
    return ok;
}

void agreement_statement(const struct agreement *agreement, enum role role,
                         const char *organisation, const char *table, struct buf *out)
{
    buf_append(out, agreement->manifest.hash, HASH_BYTES);
    buf_append(out, agreement->release_key.hash, HASH_BYTES);
    buf_u32(out, (uint32_t)role);
    buf_bytes(out, organisation, strlen(organisation));
    buf_bytes(out, table, strlen(table));
}
