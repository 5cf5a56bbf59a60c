/* SPDX-License-Identifier: Apache-2.0
 * Bodies and signatures as the Signed messages of proto/identity.proto, to be packed into others.
 */
#ifndef HEARTH_KEYS_SIGNED_H
#define HEARTH_KEYS_SIGNED_H

#include "keys/identity.h"
#include "proto/identity.pb-c.h"

/* Points at what is given, which must outlive the message and is only read. */
Hearth__V1__Signed signed_message(const void *body, size_t len,
                                  const uint8_t signature[SIGNATURE_BYTES]);
Hearth__V1__Signed signed_message_of(const struct signed_bytes *s);

#endif
