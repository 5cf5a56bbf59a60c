/* SPDX-License-Identifier: Apache-2.0
 * X.509 for mutual TLS (RFC 5280, PKCS #10 RFC 2986), ECDSA P-256 with SHA-256. The only module
 * that calls libcrypto. libcrypto's own memory is not guarded: private keys pass through it for one
 * operation and are freed (and cleansed by it) at once.
 */
#ifndef HEARTH_KEYS_X509_H
#define HEARTH_KEYS_X509_H

#include "keys/identity.h"

enum { X509_ADDRESSES_MAX = 16, X509_ADDRESS_CHARS = 253, X509_REQUEST_MAX = 4 << 10 };

/* DNS names and IP addresses, as text. */
struct x509_addresses {
    char text[X509_ADDRESSES_MAX][X509_ADDRESS_CHARS + 1];
    size_t count;
};
/* Appends one after checking its syntax: an IPv4 or IPv6 address, or a DNS name. ERR_INVALID. */
MUST_CHECK bool x509_addresses_add(struct x509_addresses *addresses, const char *text,
                                   struct err *err);

/* A fresh private key as PKCS #8 DER. */
MUST_CHECK bool x509_key_make(struct secret *out, struct err *err);
/* Appends a certification request for the key: proof of possession, subject CN = id, nothing else.
 */
MUST_CHECK bool x509_request_make(const struct secret *key, const char *id, struct buf *out,
                                  struct err *err);
/* Checks the request's signature and curve and appends its public key (SubjectPublicKeyInfo, DER),
 * the only thing that is ever taken from it. ERR_INVALID, ERR_UNAUTHENTICATED. */
MUST_CHECK bool x509_request_check(const uint8_t *der, size_t len, struct buf *public_key,
                                   struct err *err);

/* The Authority's self-signed CA (CA:TRUE, path length 0, keyCertSign and cRLSign). name: its CN.
 * Times in ms. */
MUST_CHECK bool x509_ca_make(const struct secret *key, const char *name, int64_t not_before,
                             int64_t not_after, struct buf *out, struct err *err);

/* What a leaf certifies: the fields of `certificate` (serial, role, organisation, validity;
 * not_before is put CLOCK_SKEW_MS earlier because TLS libraries allow no skew), a public key, and
 * for a role that serves addresses. */
struct x509_leaf {
    const struct certificate *certificate;
    const struct x509_addresses *addresses; /* may be NULL */
    const struct buf *public_key;           /* SubjectPublicKeyInfo, DER */
};
MUST_CHECK bool x509_leaf_make(const struct x509_leaf *leaf, const struct secret *ca_key,
                               const struct buf *ca, struct buf *out, struct err *err);
/* That `leaf` is signed by `ca`, is no CA, and carries the serial, role and id of `certificate`;
 * where key is not NULL, that it belongs to that private key. Not the validity: the Hearth
 * certificate has it. ERR_UNAUTHENTICATED, ERR_INVALID. */
MUST_CHECK bool x509_leaf_check(const struct buf *leaf, const struct buf *ca,
                                const struct certificate *certificate, const struct secret *key,
                                struct err *err);
/* The leaf's names beyond its own id and role, for renewal. */
MUST_CHECK bool x509_leaf_addresses(const struct buf *leaf, struct x509_addresses *out,
                                    struct err *err);
/* Whether who connects to `host` (a DNS name or an IP address) accepts the leaf. As TLS asks it:
 * the leaf's own id counts too. */
MUST_CHECK bool x509_leaf_has_host(const struct buf *leaf, const char *host, bool *has,
                                   struct err *err);
/* Serial number of a leaf in PEM; false where the text is no certificate or the number does not
 * fit.
 */
MUST_CHECK bool x509_pem_serial(const char *pem, size_t len, uint64_t *serial);
/* That these bytes are one X.509 certificate that is a CA. */
MUST_CHECK bool x509_ca_check(const struct buf *ca, struct err *err);

/* PEM text of a certificate; caller frees. */
char *x509_certificate_pem(const struct buf *der);
/* PEM text of a private key in guarded memory: len characters and a NUL after them. */
struct secret x509_key_pem(const struct secret *key);

#endif
