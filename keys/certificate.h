/* SPDX-License-Identifier: Apache-2.0
 * Making and reading what the Authority signs, and the two files that carry it: Credentials
 * (identity.cert) and AuthorityRoot (authority.root). See proto/identity.proto.
 */
#ifndef HEARTH_KEYS_CERTIFICATE_H
#define HEARTH_KEYS_CERTIFICATE_H

#include "keys/identity.h"

enum {
    SIGN_SECRET_BYTES = 64,         /* Ed25519 as libsodium keeps it: seed, then public key */
    CERTIFICATE_BODY_MAX = 4 << 10, /* bytes */
    TLS_CERTIFICATE_MAX = 8 << 10,  /* bytes of X.509 DER */
    FINGERPRINT_BYTES = 32,
    FINGERPRINT_TEXT = 80
};

/* ---- signatures: Ed25519 (RFC 8032) over H(tag, body), 32 bytes ---- */
void signature_make(const uint8_t secret[SIGN_SECRET_BYTES], const char *tag, const uint8_t *body,
                    size_t body_len, uint8_t signature[SIGNATURE_BYTES]);
MUST_CHECK bool signature_check(const uint8_t key[SIGN_KEY_BYTES], const char *tag,
                                const uint8_t *body, size_t body_len, const uint8_t *signature,
                                size_t signature_len);
/* Signs `body` into out, which owns a copy. */
void signed_bytes_make(const uint8_t secret[SIGN_SECRET_BYTES], const char *tag,
                       const struct buf *body, struct signed_bytes *out);
/* A Signed message as bytes, and back; body_max bounds the body. signed_bytes_free frees. */
void signed_bytes_pack(const struct signed_bytes *in, struct buf *out);
MUST_CHECK bool signed_bytes_unpack(const uint8_t *data, size_t len, size_t body_max,
                                    struct signed_bytes *out, struct err *err);

/* ---- fields that requests and certificates share ---- */
/* Role known, id [a-z0-9-]{1,32}, name printable UTF-8 of 1 to 200 bytes, URN [A-Za-z0-9]{0,32}. */
MUST_CHECK bool identity_fields_check(enum role role, const char *organisation, const char *name,
                                      const char *urn, struct err *err);
/* Both keys have the right length and are not among the few that give no security. */
MUST_CHECK bool identity_keys_check(const uint8_t *sign_key, size_t sign_len,
                                    const uint8_t *seal_key, size_t seal_len, struct err *err);

/* ---- certificates ---- */
/* Encodes and signs the fields of `certificate` (its raw is ignored) into certificate->raw. */
void certificate_sign(struct certificate *certificate, const uint8_t secret[SIGN_SECRET_BYTES]);
/* The raw certificate as a Signed message. */
MUST_CHECK bool certificate_unpack(const uint8_t *data, size_t len, struct certificate *out,
                                   struct err *err);

/* What a party holds: identity.cert. credentials_free frees. */
struct credentials {
    struct certificate certificate;
    struct buf tls_certificate; /* X.509, DER */
};
void credentials_encode(const struct credentials *in, struct buf *out);
/* `data`: the bytes inside the armour. Structure only; nothing is verified. */
MUST_CHECK bool credentials_decode(const uint8_t *data, size_t len, struct credentials *out,
                                   struct err *err);
void credentials_free(struct credentials *credentials);
MUST_CHECK bool credentials_load(const char *path, struct credentials *out, struct err *err);

/* The Authority's public half: authority.root. authority_root_free frees. */
struct authority_root {
    struct certificate certificate;
    struct buf tls_ca;                      /* X.509, DER */
    uint8_t fingerprint[FINGERPRINT_BYTES]; /* over the whole message; people compare it */
};
void authority_root_encode(const struct authority_root *in, struct buf *out);
/* Also checks that the certificate has role authority and is signed by its own key. */
MUST_CHECK bool authority_root_decode(const uint8_t *data, size_t len, struct authority_root *out,
                                      struct err *err);
void authority_root_free(struct authority_root *root);
MUST_CHECK bool authority_root_load(const char *path, struct authority_root *out, struct err *err);

/* The root that a trust pins; valid while it is open. */
const struct authority_root *trust_root(const struct trust *trust);

/* What people read to one another: H(bytes) as 16 groups of 4 hex digits. */
void fingerprint_of(const void *data, size_t len, uint8_t out[FINGERPRINT_BYTES]);
void fingerprint_text(const uint8_t fingerprint[FINGERPRINT_BYTES], char out[FINGERPRINT_TEXT]);
/* Fingerprint of an organisation's pair of public keys. */
void fingerprint_of_keys(const uint8_t sign_key[SIGN_KEY_BYTES],
                         const uint8_t seal_key[SEAL_KEY_BYTES], uint8_t out[FINGERPRINT_BYTES]);

#endif
