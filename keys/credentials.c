/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "keys/armour.h"
#include "keys/certificate.h"
#include "keys/signed.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

void fingerprint_of(const void *data, size_t len, uint8_t out[FINGERPRINT_BYTES])
{
    hash_once(out, "hearth v1 fingerprint", data, len);
}

void fingerprint_of_keys(const uint8_t sign_key[SIGN_KEY_BYTES],
                         const uint8_t seal_key[SEAL_KEY_BYTES], uint8_t out[FINGERPRINT_BYTES])
{
    uint8_t both[SIGN_KEY_BYTES + SEAL_KEY_BYTES];
    memcpy(both, sign_key, SIGN_KEY_BYTES);
    memcpy(both + SIGN_KEY_BYTES, seal_key, SEAL_KEY_BYTES);
    fingerprint_of(both, sizeof both, out);
}

void fingerprint_text(const uint8_t fingerprint[FINGERPRINT_BYTES], char out[FINGERPRINT_TEXT])
{
    for (size_t i = 0; i < FINGERPRINT_BYTES; i += 2) {
        char *group = out + i / 2 * 5;
        (void)text_hex(fingerprint + i, 2, group);
        group[4] = i + 2 < FINGERPRINT_BYTES ? ' ' : '\0';
    }
}

/* The two fields that both files have, decoded. */
static bool pair_decode(const Hearth__V1__Signed *certificate, const ProtobufCBinaryData *tls,
                        struct certificate *out, struct buf *tls_out, struct err *err)
{
    if (!certificate) return err_set(err, ERR_INVALID, "certificate", "is missing");
    if (tls->len == 0 || tls->len > TLS_CERTIFICATE_MAX) {
        return err_set(err, ERR_INVALID, "tls_certificate",
                       "1 to %d bytes of X.509 are wanted, not %zu", TLS_CERTIFICATE_MAX, tls->len);
    }
    if (!certificate_of_message(certificate, out, err)) return false;
    buf_append(tls_out, tls->data, tls->len);
    return true;
}

void credentials_encode(const struct credentials *in, struct buf *out)
{
    Hearth__V1__Signed certificate = signed_message_of(&in->certificate.raw);
    Hearth__V1__Credentials message = HEARTH__V1__CREDENTIALS__INIT;
    message.certificate = &certificate;
    message.tls_certificate =
        (ProtobufCBinaryData){in->tls_certificate.len, in->tls_certificate.data};
    size_t len = hearth__v1__credentials__get_packed_size(&message);
    (void)hearth__v1__credentials__pack(&message, buf_reserve(out, len));
}

bool credentials_decode(const uint8_t *data, size_t len, struct credentials *out, struct err *err)
{
    Hearth__V1__Credentials *message =
        len <= ARMOUR_FILE_MAX ? hearth__v1__credentials__unpack(NULL, len, data) : NULL;
    if (!message) return err_set(err, ERR_INVALID, "", "holds no credentials message");
    struct credentials made = {0};
    bool ok = pair_decode(message->certificate, &message->tls_certificate, &made.certificate,
                          &made.tls_certificate, err);
    if (ok) *out = made;
    hearth__v1__credentials__free_unpacked(message, NULL);
    return ok;
}

void credentials_free(struct credentials *credentials)
{
    certificate_free(&credentials->certificate);
    buf_free(&credentials->tls_certificate);
}

void authority_root_encode(const struct authority_root *in, struct buf *out)
{
    Hearth__V1__Signed certificate = signed_message_of(&in->certificate.raw);
    Hearth__V1__AuthorityRoot message = HEARTH__V1__AUTHORITY_ROOT__INIT;
    message.certificate = &certificate;
    message.tls_ca = (ProtobufCBinaryData){in->tls_ca.len, in->tls_ca.data};
    size_t len = hearth__v1__authority_root__get_packed_size(&message);
    (void)hearth__v1__authority_root__pack(&message, buf_reserve(out, len));
}

static bool self_signed(const struct certificate *certificate, struct err *err)
{
    if (certificate->role != ROLE_AUTHORITY) {
        return err_set(err, ERR_DENIED, "role", "%s; a root's is authority",
                       role_name(certificate->role));
    }
    return certificate_verify(certificate, TAG_CERTIFICATE, certificate->raw.body.data,
                              certificate->raw.body.len, certificate->raw.signature,
                              SIGNATURE_BYTES, err);
}

bool authority_root_decode(const uint8_t *data, size_t len, struct authority_root *out,
                           struct err *err)
{
    Hearth__V1__AuthorityRoot *message =
        len <= ARMOUR_FILE_MAX ? hearth__v1__authority_root__unpack(NULL, len, data) : NULL;
    if (!message) return err_set(err, ERR_INVALID, "", "holds no authority root message");
    struct authority_root made = {0};
    bool ok =
        pair_decode(message->certificate, &message->tls_ca, &made.certificate, &made.tls_ca, err) &&
        self_signed(&made.certificate, err);
    if (ok) {
        fingerprint_of(data, len, made.fingerprint);
        *out = made;
    } else {
        authority_root_free(&made);
    }
    hearth__v1__authority_root__free_unpacked(message, NULL);
    return ok;
}

void authority_root_free(struct authority_root *root)
{
    certificate_free(&root->certificate);
    buf_free(&root->tls_ca);
}

bool credentials_load(const char *path, struct credentials *out, struct err *err)
{
    struct buf data = {0};
    bool ok = armour_read_file(ARMOUR_CERTIFICATE, path, &data, err) &&
              credentials_decode(data.data, data.len, out, err);
    buf_free(&data);
    return ok;
}

bool authority_root_load(const char *path, struct authority_root *out, struct err *err)
{
    struct buf data = {0};
    bool ok = armour_read_file(ARMOUR_ROOT, path, &data, err) &&
              authority_root_decode(data.data, data.len, out, err);
    buf_free(&data);
    return ok;
}
