/* SPDX-License-Identifier: Apache-2.0
 * What the decoders and encoders of all protobuf bodies share: bounded unpacking, strictness, and
 * checks of single fields. Fields are named in errors as in the .proto files.
 */
#ifndef HEARTH_CRYPTO_WIRE_H
#define HEARTH_CRYPTO_WIRE_H

#include <protobuf-c/protobuf-c.h>

#include "proto/base/buf.h"
#include "proto/crypto/message.h"

/* How one kind of body is decoded. */
struct wire_kind {
    const ProtobufCMessageDescriptor *descriptor;
    size_t max;        /* bytes of the body */
    uint32_t protocol; /* what its field 1 must hold, or 0 where the body carries no version */
    size_t out_size;
    bool confidential; /* what is unpacked on the way is wiped */
    /* Fills the zeroed struct `out` from the message. Where it fails, nothing in `out` needs
     * freeing. */
    bool (*read)(const void *message, void *out, struct err *err);
};
/* The one path for untrusted bodies: at most kind->max bytes; ERR_VERSION for another protocol
 * version, which may well have other fields; then ERR_INVALID unless `body` is exactly the encoding
 * of what it decodes to: no unknown or repeated field, no bytes behind the NUL of a text, no other
 * spelling of a number. So one message has one signature and one hash. Writes `out` only on
 * success. */
MUST_CHECK bool wire_decode(const struct wire_kind *kind, const uint8_t *body, size_t len,
                            void *out, struct err *err);
/* Appends the encoding. */
void wire_pack(const ProtobufCMessage *message, struct buf *out);

/* Makes a packed message `size` bytes long: appends field WIRE_PADDING, `bytes` of zeros, which the
 * message must have. size is WIRE_PADDING_LEAST to 16 KiB more than the message has. */
enum { WIRE_PADDING = 15, WIRE_PADDING_LEAST = 131 };
void wire_pad(struct buf *packed, size_t size);

/* A `bytes` field for encoding; not copied. */
ProtobufCBinaryData wire_data(const void *data, size_t len);
/* Copies a `bytes` field that must be exactly `len` bytes long. */
MUST_CHECK bool wire_bytes(const ProtobufCBinaryData *in, const char *field, void *out, size_t len,
                           struct err *err);
/* A public key: 32 bytes, canonical, not the identity. Gives both forms. */
MUST_CHECK bool wire_key(const ProtobufCBinaryData *in, const char *field,
                         uint8_t bytes[POINT_BYTES], struct point *point, struct err *err);
/* An organisation id into out[33]. */
MUST_CHECK bool wire_id(const char *in, const char *field, char *out, struct err *err);
/* Printable UTF-8 of at most `max` bytes into out[max + 1]. */
MUST_CHECK bool wire_text(const char *in, const char *field, char *out, size_t max,
                          struct err *err);
/* Names of frameworks: at most FRAMEWORKS_MAX, none empty, FRAMEWORK_CHARS bytes each. */
MUST_CHECK bool wire_frameworks(char **in, size_t in_count, char (*out)[FRAMEWORK_CHARS + 1],
                                size_t *out_count, struct err *err);

/* The two times of a query or group: expires_at is 1 to QUERY_LIFETIME_MS after issued_at, which is
 * positive. Names the field expires_at. */
MUST_CHECK bool wire_times(int64_t issued_at, int64_t expires_at, struct err *err);
/* ERR_EXPIRED with all three times in words; returns false. */
bool wire_expired(const char *field, const char *what, int64_t from, int64_t to, int64_t now_ms,
                  struct err *err);

#endif
