/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <sodium.h>

#include "keys/certificate.h"
#include "keys/signed.h"
#include "proto/base/mem.h"
#include "proto/crypto/wire.h"

void signed_bytes_free(struct signed_bytes *s)
{
    buf_free(&s->body);
    *s = (struct signed_bytes){0};
}

void signed_bytes_set(const void *body, size_t len, const uint8_t *signature,
                      struct signed_bytes *out)
{
    *out = (struct signed_bytes){0};
    buf_append(&out->body, body, len);
    memcpy(out->signature, signature, SIGNATURE_BYTES);
}

bool signed_bytes_of_message(const Hearth__V1__Signed *message, const char *field,
                             struct signed_bytes *out, struct err *err)
{
    if (!message || message->body.len == 0 || message->signature.len != SIGNATURE_BYTES) {
        return err_set(err, ERR_INVALID, field, "a body and a signature of %d bytes are wanted",
                       SIGNATURE_BYTES);
    }
    signed_bytes_set(message->body.data, message->body.len, message->signature.data, out);
    return true;
}

void signed_bytes_copy(const struct signed_bytes *in, struct signed_bytes *out)
{
    signed_bytes_set(in->body.data, in->body.len, in->signature, out);
}

/* Signing H(tag, body) in place of both reads a long body once, with the faster hash. */
void signature_make(const uint8_t secret[SIGN_SECRET_BYTES], const char *tag, const uint8_t *body,
                    size_t body_len, uint8_t signature[SIGNATURE_BYTES])
{
    uint8_t digest[HASH_BYTES];
    hash_once(digest, tag, body, body_len);
    REQUIRE(crypto_sign_detached(signature, NULL, digest, sizeof digest, secret) == 0);
}

bool signature_check(const uint8_t key[SIGN_KEY_BYTES], const char *tag, const uint8_t *body,
                     size_t body_len, const uint8_t *signature, size_t signature_len)
{
    if (signature_len != SIGNATURE_BYTES) return false;
    uint8_t digest[HASH_BYTES];
    hash_once(digest, tag, body, body_len);
    return crypto_sign_verify_detached(signature, digest, sizeof digest, key) == 0;
}

bool certificate_verify(const struct certificate *signer, const char *tag, const uint8_t *body,
                        size_t body_len, const uint8_t *signature, size_t signature_len,
                        struct err *err)
{
    if (signature_check(signer->sign_key, tag, body, body_len, signature, signature_len)) {
        return true;
    }
    return err_set(err, ERR_UNAUTHENTICATED, "signature", "is not one by %s %s (%s)",
                   role_name(signer->role), signer->organisation, tag);
}

void signed_bytes_make(const uint8_t secret[SIGN_SECRET_BYTES], const char *tag,
                       const struct buf *body, struct signed_bytes *out)
{
    *out = (struct signed_bytes){0};
    buf_append(&out->body, body->data, body->len);
    signature_make(secret, tag, body->data, body->len, out->signature);
}

Hearth__V1__Signed signed_message(const void *body, size_t len,
                                  const uint8_t signature[SIGNATURE_BYTES])
{
    Hearth__V1__Signed message = HEARTH__V1__SIGNED__INIT;
    message.body = wire_data(body, len);
    message.signature = wire_data(signature, SIGNATURE_BYTES);
    return message;
}

Hearth__V1__Signed signed_message_of(const struct signed_bytes *s)
{
    return signed_message(s->body.data, s->body.len, s->signature);
}

Hearth__V1__Signed signed_message_bare(const Hearth__V1__Signed *in)
{
    REQUIRE(in->signature.len == SIGNATURE_BYTES);
    return signed_message(in->body.data, in->body.len, in->signature.data);
}

void signed_bytes_pack(const struct signed_bytes *in, struct buf *out)
{
    Hearth__V1__Signed message = signed_message_of(in);
    wire_pack(&message.base, out);
}

bool signed_bytes_unpack(const uint8_t *data, size_t len, size_t body_max, struct signed_bytes *out,
                         struct err *err)
{
    Hearth__V1__Signed *message =
        len <= body_max + 256 ? hearth__v1__signed__unpack(NULL, len, data) : NULL;
    bool ok = message && message->body.len > 0 && message->body.len <= body_max &&
              message->signature.len == SIGNATURE_BYTES;
    if (ok) {
        signed_bytes_set(message->body.data, message->body.len, message->signature.data, out);
    }
    if (message) hearth__v1__signed__free_unpacked(message, NULL);
    return ok || err_set(err, ERR_INVALID, "",
                         "is no signed message with a body of 1 to %zu bytes and a signature of %d",
                         body_max, SIGNATURE_BYTES);
}
