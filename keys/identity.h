/* SPDX-License-Identifier: Apache-2.0
 * Identities (docs/protocol.md "Keys"): certificates, who is trusted, and a party's own keys.
 */
#ifndef HEARTH_KEYS_IDENTITY_H
#define HEARTH_KEYS_IDENTITY_H

#include "proto/base/buf.h"
#include "proto/base/secret.h"
#include "proto/crypto/hash.h"
#include "proto/crypto/message.h"

enum role {
    ROLE_NONE = 0,
    ROLE_AUTHORITY = 1,
    ROLE_MATCHER = 2,
    ROLE_AGENT = 3,
    ROLE_LA = 4,
    ROLE_HUB = 5
};
enum { SIGN_KEY_BYTES = 32, SEAL_KEY_BYTES = 32, SIGNATURE_BYTES = 64, NAME_MAX_BYTES = 200 };

const char *role_name(enum role role);      /* "matcher" */
enum role role_from_name(const char *name); /* ROLE_NONE where unknown */
/* Whether others connect to it: its TLS certificate is a server's too, and has addresses. */
bool role_serves(enum role role);

/* ---- signed bytes ---- */
/* A Signed message as it travels: body and signature, both owned. */
struct signed_bytes {
    struct buf body;
    uint8_t signature[SIGNATURE_BYTES];
};
void signed_bytes_free(struct signed_bytes *s);
/* Copies body and signature (SIGNATURE_BYTES) into `out`, which holds nothing yet. */
void signed_bytes_set(const void *body, size_t len, const uint8_t *signature,
                      struct signed_bytes *out);
void signed_bytes_copy(const struct signed_bytes *in, struct signed_bytes *out);

/* ---- certificates ---- */
struct certificate {
    uint64_t serial;
    enum role role;
    char organisation[ID_MAX + 1];
    char name[NAME_MAX_BYTES + 1];
    char urn[33];
    int64_t not_before, not_after;
    uint8_t sign_key[SIGN_KEY_BYTES];
    uint8_t seal_key[SEAL_KEY_BYTES];
    struct signed_bytes raw; /* exactly as issued */
};
/* Decodes body and keeps a copy of both; nothing is verified. certificate_free frees. */
MUST_CHECK bool certificate_decode(const uint8_t *body, size_t body_len, const uint8_t *signature,
                                   size_t signature_len, struct certificate *out, struct err *err);
/* The same of the two together: a stored one, or the raw of another certificate. */
MUST_CHECK bool certificate_of_bytes(const struct signed_bytes *raw, struct certificate *out,
                                     struct err *err);
void certificate_free(struct certificate *certificate);

/* ---- trust: the pinned root, revocations, highest serials seen. Thread-safe. ---- */
struct trust;
/* root_path: the Authority's root file. revocations_path: the signed list, or NULL; a missing file
 * is an empty list until it appears. pins_path: where highest serials are kept, or NULL (memory
 * only). */
MUST_CHECK bool trust_open(const char *root_path, const char *revocations_path,
                           const char *pins_path, struct trust **out, struct err *err);
/* The same with the fixed names inside a party's home directory. */
MUST_CHECK bool trust_open_home(const char *home, struct trust **out, struct err *err);
void trust_close(struct trust *trust); /* writes the pins that have risen */
/* Re-reads the revocation list if its file changed; a list that is older, unsigned or unreadable
 * leaves the present one and returns the reason, once for each state of the file. *changed (may be
 * NULL) tells whether a new list is in force. Also writes the pins that have risen, and tells once
 * where that fails; until it succeeds trust_check accepts no serial that it has not seen. Waits for
 * the disk. */
MUST_CHECK bool trust_reload(struct trust *trust, bool *changed, struct err *err);
/* Root signature, role (ROLE_NONE = any), validity at now_ms, revocation, serial not below the
 * highest seen for (organisation, role). ERR_UNAUTHENTICATED, ERR_DENIED (role, revoked),
 * ERR_EXPIRED. */
MUST_CHECK bool trust_check(struct trust *trust, const struct certificate *certificate,
                            enum role role, int64_t now_ms, struct err *err);
/* Root signature, role and validity at `at_ms` alone, for what was signed long ago: revocations and
 * serials are not looked at, and nothing is remembered. Errors as trust_check. */
MUST_CHECK bool trust_check_at(const struct trust *trust, const struct certificate *certificate,
                               enum role role, int64_t at_ms, struct err *err);
bool trust_is_revoked(struct trust *trust, uint64_t serial);
uint64_t trust_revocation_number(struct trust *trust);
/* The Authority's X.509 CA as PEM; valid while the trust is open. */
const char *trust_tls_ca_pem(const struct trust *trust);

/* Ed25519 (RFC 8032) over H(tag, body), 32 bytes, with the certificate's key. */
MUST_CHECK bool certificate_verify(const struct certificate *signer, const char *tag,
                                   const uint8_t *body, size_t body_len, const uint8_t *signature,
                                   size_t signature_len, struct err *err);

/* ---- a party's own keys ---- */
struct identity;
/* Opens HOME/identity.key (Argon2id passphrase) and HOME/identity.cert beside it, checks that they
 * belong together and to `trust`, and are valid now. ERR_DENIED: wrong passphrase. */
MUST_CHECK bool identity_open(const char *home, const struct secret *passphrase,
                              struct trust *trust, enum role role, struct identity **out,
                              struct err *err);
/* For a running program: trust_open_home, then the passphrase (secret_read_passphrase: from
 * descriptor passphrase_fd if it is not negative, else from the terminal), then identity_open. A
 * descriptor above standard error is closed once it was read, so that nothing of it stays with a
 * daemon. On failure both are NULL. Errors as these three. */
MUST_CHECK bool identity_open_home(const char *home, int passphrase_fd, enum role role,
                                   struct trust **trust, struct identity **out, struct err *err);
/* For a program that goes on running: takes up the certificate in HOME/identity.cert where the file
 * has changed since it was read (a renewed one, for the same keys). *changed tells. Where the new
 * one does not hold the present one stays, and the reason is told, once for each state of the file.
 * By one thread; the others may use the identity meanwhile. Errors as identity_open, and
 * ERR_INVALID: another organisation's. */
MUST_CHECK bool identity_reload(struct identity *identity, const char *home, struct trust *trust,
                                bool *changed, struct err *err);
void identity_close(struct identity *identity); /* wipes */
/* The present one; valid while the identity is open, also when it has been renewed. */
const struct certificate *identity_certificate(const struct identity *identity);
void identity_sign(const struct identity *identity, const char *tag, const uint8_t *body,
                   size_t body_len, uint8_t signature[SIGNATURE_BYTES]);
/* Signs s->body into s->signature. */
void identity_sign_body(const struct identity *identity, const char *tag, struct signed_bytes *s);
/* Opens an envelope that was sealed to this party's X25519 key (proto/crypto/envelope.h). */
MUST_CHECK bool identity_open_envelope(const struct identity *identity, const void *context,
                                       size_t context_len, const uint8_t *envelope, size_t len,
                                       struct buf *content, struct err *err);
/* A 32-byte secret of this party for one purpose, derived from its key file (vault key, search
 * tags, decoys): H(tag, purpose) keyed with a root secret that never leaves the file. Caller frees.
 */
struct secret identity_derive(const struct identity *identity, const char *purpose);
/* For mutual TLS: PEM of the present X.509 certificate, and of the private key (guarded; valid
 * while open; a NUL follows its len characters). */
const char *identity_tls_certificate_pem(const struct identity *identity);
const struct secret *identity_tls_key_pem(const struct identity *identity);

/* Fixed names inside a party's home directory. */
#define HOME_KEY "identity.key"
#define HOME_CERTIFICATE "identity.cert"
#define HOME_REQUEST "identity.req"
#define HOME_ROOT "authority.root"
#define HOME_REVOCATIONS "revocations"
#define HOME_PINS "pins"
#define HOME_CONFIG "config.json"

#endif
