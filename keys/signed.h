/* SPDX-License-Identifier: Apache-2.0
 * Bodies and signatures as the Signed messages of proto/identity.proto, to be packed into others,
 * and as they came.
 */
#ifndef HEARTH_KEYS_SIGNED_H
#define HEARTH_KEYS_SIGNED_H

#include "keys/identity.h"
#include "proto/identity.pb-c.h"

/* Points at what is given, which must outlive the message and is only read. */
Hearth__V1__Signed signed_message(const void *body, size_t len,
                                  const uint8_t signature[SIGNATURE_BYTES]);
Hearth__V1__Signed signed_message_of(const struct signed_bytes *s);

/* To pass one on that came and was verified (the signature has its length): body and signature, and
 * nothing else that stood in it. Fields that no version knows would be packed again, and not always
 * to what can be unpacked. Points into `in`. */
Hearth__V1__Signed signed_message_bare(const Hearth__V1__Signed *in);

/* Copies what a message has into `out`, which holds nothing yet. ERR_INVALID (with the field):
 * NULL, no body, or a signature of another length; nothing is verified. signed_bytes_free frees. */
MUST_CHECK bool signed_bytes_of_message(const Hearth__V1__Signed *message, const char *field,
                                        struct signed_bytes *out, struct err *err);

/* The certificate in a message (certificate_decode); NULL is ERR_UNAUTHENTICATED (field
 * "certificate"). certificate_free frees. */
MUST_CHECK bool certificate_of_message(const Hearth__V1__Signed *message, struct certificate *out,
                                       struct err *err);

#endif
