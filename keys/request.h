/* SPDX-License-Identifier: Apache-2.0
 * The certificate request: who asks, the public keys, proof that the asker holds the private ones.
 */
#ifndef HEARTH_KEYS_REQUEST_H
#define HEARTH_KEYS_REQUEST_H

#include "keys/key_file.h"
#include "keys/x509.h"

/* Roles that can be asked for: all but authority. certificate_request_free frees. */
struct certificate_request {
    enum role role;
    char organisation[ID_MAX + 1];
    char name[NAME_MAX_BYTES + 1];
    char urn[33];
    struct x509_addresses addresses; /* of a matcher or a hub only */
    uint8_t sign_key[SIGN_KEY_BYTES], seal_key[SEAL_KEY_BYTES];
    struct buf tls_public_key; /* SubjectPublicKeyInfo, DER */
};

/* Checks the fields that a person gives: role, id, name, URN, addresses. */
MUST_CHECK bool certificate_request_fields_check(const struct certificate_request *request,
                                                 struct err *err);
/* Appends the armoured request for these keys; the key fields of `fields` are ignored. */
MUST_CHECK bool certificate_request_write(const struct certificate_request *fields,
                                          const struct private_keys *keys, struct buf *out,
                                          struct err *err);
/* `data`: the bytes inside the armour. Checks every field, the signature and the PKCS #10 request.
 * ERR_INVALID, ERR_VERSION, ERR_UNAUTHENTICATED. */
MUST_CHECK bool certificate_request_decode(const uint8_t *data, size_t len,
                                           struct certificate_request *out, struct err *err);
MUST_CHECK bool certificate_request_load(const char *path, struct certificate_request *out,
                                         struct err *err);
void certificate_request_free(struct certificate_request *request);

#endif
