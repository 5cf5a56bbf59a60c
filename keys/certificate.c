/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/certificate.h"

#include <string.h>

#include <sodium.h>

#include "keys/signed.h"
#include "proto/base/text.h"

enum { CERTIFICATE_VERSION = 1 };
/* The last millisecond of the year 9999: what X.509 and clock_format can write. */
static const int64_t TIME_MAX = INT64_C(253402300799999);

static const char *const role_names[] = {
    [ROLE_NONE] = "none",       [ROLE_AUTHORITY] = "authority",
    [ROLE_MATCHER] = "matcher", [ROLE_AGENT] = "agent",
    [ROLE_LA] = "la",           [ROLE_HUB] = "hub",
};

const char *role_name(enum role role)
{
    return (unsigned)role <= ROLE_HUB ? role_names[role] : "unknown";
}

enum role role_from_name(const char *name)
{
    for (int role = ROLE_AUTHORITY; role <= ROLE_HUB; role++) {
        if (strcmp(name, role_names[role]) == 0) return (enum role)role;
    }
    return ROLE_NONE;
}

bool role_serves(enum role role)
{
    return role == ROLE_MATCHER || role == ROLE_HUB;
}

static bool urn_is_legal(const char *urn)
{
    size_t len = strspn(urn, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return urn[len] == '\0' && len <= 32;
}

bool identity_fields_check(enum role role, const char *organisation, const char *name,
                           const char *urn, struct err *err)
{
    size_t name_len = strlen(name);
    if (role < ROLE_AUTHORITY || role > ROLE_HUB) {
        return err_set(err, ERR_INVALID, "role", "%d is not one of 1 to %d", (int)role, ROLE_HUB);
    }
    if (!text_is_id(organisation)) {
        return err_set(err, ERR_INVALID, "organisation",
                       "an id is 1 to %d of the characters a-z, 0-9 and -", ID_MAX);
    }
    if (name_len == 0 || name_len > NAME_MAX_BYTES || !text_is_printable_utf8(name, name_len)) {
        return err_set(err, ERR_INVALID, "name",
                       "a name is 1 to %d bytes of printable UTF-8, this has %zu", NAME_MAX_BYTES,
                       name_len);
    }
    if (!urn_is_legal(urn)) {
        return err_set(err, ERR_INVALID, "urn", "a URN is at most 32 letters and digits");
    }
    return true;
}

bool identity_keys_check(const uint8_t *sign_key, size_t sign_len, const uint8_t *seal_key,
                         size_t seal_len, struct err *err)
{
    static const uint8_t any_scalar[crypto_scalarmult_SCALARBYTES] = {8};
    uint8_t shared[crypto_scalarmult_BYTES];
    if (sign_len != SIGN_KEY_BYTES || !crypto_core_ed25519_is_valid_point(sign_key)) {
        return err_set(err, ERR_INVALID, "sign_key", "is no Ed25519 key of %d bytes",
                       SIGN_KEY_BYTES);
    }
    if (seal_len != SEAL_KEY_BYTES || crypto_scalarmult(shared, any_scalar, seal_key) != 0) {
        return err_set(err, ERR_INVALID, "seal_key", "is no X25519 key of %d bytes",
                       SEAL_KEY_BYTES);
    }
    return true;
}

static bool body_check(const Hearth__V1__CertificateBody *body, struct err *err)
{
    if (body->version != CERTIFICATE_VERSION) {
        return err_set(err, ERR_VERSION, "version", "certificate version %u, this reads version %d",
                       body->version, CERTIFICATE_VERSION);
    }
    if (body->serial == 0 || body->serial > INT64_MAX) {
        return err_set(err, ERR_INVALID, "serial", "%llu is not one of 1 to 2^63-1",
                       (unsigned long long)body->serial);
    }
    if (body->not_before < 0 || body->not_before >= body->not_after || body->not_after > TIME_MAX) {
        return err_set(err, ERR_INVALID, "not_after",
                       "%lld to %lld is no period between 1970 and 9999",
                       (long long)body->not_before, (long long)body->not_after);
    }
    return identity_fields_check((enum role)body->role, body->organisation, body->name, body->urn,
                                 err) &&
           identity_keys_check(body->sign_key.data, body->sign_key.len, body->seal_key.data,
                               body->seal_key.len, err);
}

/* The lengths have been checked. */
static void body_copy(const Hearth__V1__CertificateBody *body, struct certificate *out)
{
    *out = (struct certificate){.serial = body->serial,
                                .role = (enum role)body->role,
                                .not_before = body->not_before,
                                .not_after = body->not_after};
    memcpy(out->organisation, body->organisation, strlen(body->organisation));
    memcpy(out->name, body->name, strlen(body->name));
    memcpy(out->urn, body->urn, strlen(body->urn));
    memcpy(out->sign_key, body->sign_key.data, SIGN_KEY_BYTES);
    memcpy(out->seal_key, body->seal_key.data, SEAL_KEY_BYTES);
}

bool certificate_decode(const uint8_t *body, size_t body_len, const uint8_t *signature,
                        size_t signature_len, struct certificate *out, struct err *err)
{
    if (body_len == 0 || body_len > CERTIFICATE_BODY_MAX || signature_len != SIGNATURE_BYTES) {
        return err_set(err, ERR_INVALID, "certificate",
                       "1 to %d bytes and a signature of %d are wanted, not %zu and %zu",
                       CERTIFICATE_BODY_MAX, SIGNATURE_BYTES, body_len, signature_len);
    }
    Hearth__V1__CertificateBody *message =
        hearth__v1__certificate_body__unpack(NULL, body_len, body);
    if (!message) return err_set(err, ERR_INVALID, "certificate", "is no certificate message");
    bool ok = body_check(message, err);
    if (ok) {
        body_copy(message, out);
        signed_bytes_set(body, body_len, signature, &out->raw);
    }
    hearth__v1__certificate_body__free_unpacked(message, NULL);
    return ok;
}

bool certificate_of_bytes(const struct signed_bytes *raw, struct certificate *out, struct err *err)
{
    return certificate_decode(raw->body.data, raw->body.len, raw->signature, SIGNATURE_BYTES, out,
                              err);
}

bool certificate_of_message(const Hearth__V1__Signed *message, struct certificate *out,
                            struct err *err)
{
    if (!message) return err_set(err, ERR_UNAUTHENTICATED, "certificate", "is missing");
    return certificate_decode(message->body.data, message->body.len, message->signature.data,
                              message->signature.len, out, err);
}

void certificate_free(struct certificate *certificate)
{
    signed_bytes_free(&certificate->raw);
    *certificate = (struct certificate){0};
}

void certificate_sign(struct certificate *certificate, const uint8_t secret[SIGN_SECRET_BYTES])
{
    Hearth__V1__CertificateBody message = HEARTH__V1__CERTIFICATE_BODY__INIT;
    message.version = CERTIFICATE_VERSION;
    message.serial = certificate->serial;
    message.role = (Hearth__V1__Role)certificate->role;
    message.organisation = certificate->organisation;
    message.name = certificate->name;
    message.urn = certificate->urn;
    message.not_before = certificate->not_before;
    message.not_after = certificate->not_after;
    message.sign_key = (ProtobufCBinaryData){SIGN_KEY_BYTES, certificate->sign_key};
    message.seal_key = (ProtobufCBinaryData){SEAL_KEY_BYTES, certificate->seal_key};
    struct buf body = {0};
    size_t len = hearth__v1__certificate_body__get_packed_size(&message);
    (void)hearth__v1__certificate_body__pack(&message, buf_reserve(&body, len));
    signed_bytes_make(secret, TAG_CERTIFICATE, &body, &certificate->raw);
    buf_free(&body);
}

bool certificate_unpack(const uint8_t *data, size_t len, struct certificate *out, struct err *err)
{
    struct signed_bytes raw = {0};
    if (!signed_bytes_unpack(data, len, CERTIFICATE_BODY_MAX, &raw, err)) {
        return err_in(err, "certificate");
    }
    bool ok = certificate_of_bytes(&raw, out, err);
    signed_bytes_free(&raw);
    return ok;
}
