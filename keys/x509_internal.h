/* SPDX-License-Identifier: Apache-2.0
 * What the files of keys/x509*.c share.
 */
#ifndef HEARTH_KEYS_X509_INTERNAL_H
#define HEARTH_KEYS_X509_INTERNAL_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "keys/x509.h"

/* Empties libcrypto's error queue (which the TLS of the same thread shares) into an err. Returns
 * false. */
bool x509_fail(struct err *err, enum err_code code, const char *what);
/* The private key as an object; EVP_PKEY_free at once after use. NULL on failure, with err set. */
EVP_PKEY *x509_private_key(const struct secret *key, struct err *err);
/* One certificate that fills all the bytes, or NULL with err set. X509_free. */
X509 *x509_parse(const struct buf *der, struct err *err);
/* "hearth:agent/agency-1". */
enum { X509_URI_CHARS = 64 };
void x509_uri(enum role role, const char *id, char out[X509_URI_CHARS]);

#endif
