/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/request.h"

#include <string.h>

#include "keys/armour.h"
#include "proto/base/mem.h"
#include "proto/identity.pb-c.h"

enum { REQUEST_VERSION = 1, REQUEST_BODY_MAX = 16 << 10 };

bool certificate_request_fields_check(const struct certificate_request *request, struct err *err)
{
    if (request->role == ROLE_AUTHORITY) {
        return err_set(err, ERR_INVALID, "role",
                       "authority cannot be asked for; use matcher, agent, la or hub");
    }
    if (request->addresses.count > 0 && !role_serves(request->role)) {
        return err_set(err, ERR_INVALID, "address",
                       "only a matcher or a hub has addresses, not role %s",
                       role_name(request->role));
    }
    return identity_fields_check(request->role, request->organisation, request->name, request->urn,
                                 err);
}

static void body_pack(const struct certificate_request *fields, const struct private_keys *keys,
                      const struct buf *tls_request, struct buf *out)
{
    Hearth__V1__RequestBody message = HEARTH__V1__REQUEST_BODY__INIT;
    struct certificate_request copy = *fields; /* protobuf-c wants pointers that are not const */
    struct private_keys public_halves = *keys;
    char *addresses[X509_ADDRESSES_MAX];
    for (size_t i = 0; i < copy.addresses.count; i++) addresses[i] = copy.addresses.text[i];
    message.version = REQUEST_VERSION;
    message.role = (Hearth__V1__Role)copy.role;
    message.organisation = copy.organisation;
    message.name = copy.name;
    message.urn = copy.urn;
    message.sign_key = (ProtobufCBinaryData){SIGN_KEY_BYTES, public_halves.sign_key};
    message.seal_key = (ProtobufCBinaryData){SEAL_KEY_BYTES, public_halves.seal_key};
    message.tls_request = (ProtobufCBinaryData){tls_request->len, tls_request->data};
    message.addresses = addresses;
    message.n_addresses = copy.addresses.count;
    size_t len = hearth__v1__request_body__get_packed_size(&message);
    (void)hearth__v1__request_body__pack(&message, buf_reserve(out, len));
}

bool certificate_request_write(const struct certificate_request *fields,
                               const struct private_keys *keys, struct buf *out, struct err *err)
{
    struct buf tls = {0}, body = {0}, packed = {0};
    if (!certificate_request_fields_check(fields, err) ||
        !x509_request_make(&keys->tls, fields->organisation, &tls, err)) {
        return false;
    }
    body_pack(fields, keys, &tls, &body);
    struct signed_bytes made;
    signed_bytes_make(keys->sign.data, TAG_REQUEST, &body, &made);
    signed_bytes_pack(&made, &packed);
    armour_write(ARMOUR_REQUEST, packed.data, packed.len, out);
    signed_bytes_free(&made);
    buf_free(&packed);
    buf_free(&body);
    buf_free(&tls);
    return true;
}

/* Copies a text field into a zeroed array; over-long ones fail. */
static bool copy_text(const char *text, char *out, size_t cap, const char *field, struct err *err)
{
    size_t len = strlen(text);
    if (len >= cap) {
        return err_set(err, ERR_INVALID, field, "%zu bytes; at most %zu are taken", len, cap - 1);
    }
    memcpy(out, text, len + 1);
    return true;
}

static bool addresses_read(const Hearth__V1__RequestBody *body, struct x509_addresses *out,
                           struct err *err)
{
    for (size_t i = 0; i < body->n_addresses; i++) {
        if (!x509_addresses_add(out, body->addresses[i], err)) return false;
    }
    return true;
}

static bool body_read(const Hearth__V1__RequestBody *body, struct certificate_request *out,
                      struct err *err)
{
    if (body->version != REQUEST_VERSION) {
        return err_set(err, ERR_VERSION, "version", "request version %u, this reads version %d",
                       body->version, REQUEST_VERSION);
    }
    out->role = (enum role)body->role;
    bool ok = copy_text(body->organisation, out->organisation, sizeof out->organisation,
                        "organisation", err) &&
              copy_text(body->name, out->name, sizeof out->name, "name", err) &&
              copy_text(body->urn, out->urn, sizeof out->urn, "urn", err) &&
              addresses_read(body, &out->addresses, err) &&
              certificate_request_fields_check(out, err) &&
              identity_keys_check(body->sign_key.data, body->sign_key.len, body->seal_key.data,
                                  body->seal_key.len, err);
    if (!ok) return false;
    memcpy(out->sign_key, body->sign_key.data, SIGN_KEY_BYTES);
    memcpy(out->seal_key, body->seal_key.data, SEAL_KEY_BYTES);
    return x509_request_check(body->tls_request.data, body->tls_request.len, &out->tls_public_key,
                              err);
}

static bool signed_read(const struct signed_bytes *raw, struct certificate_request *out,
                        struct err *err)
{
    Hearth__V1__RequestBody *body =
        hearth__v1__request_body__unpack(NULL, raw->body.len, raw->body.data);
    if (!body) return err_set(err, ERR_INVALID, "", "holds no request message");
    struct certificate_request made = {0};
    bool ok = body_read(body, &made, err);
    if (ok && !signature_check(made.sign_key, TAG_REQUEST, raw->body.data, raw->body.len,
                               raw->signature, SIGNATURE_BYTES)) {
        ok = err_set(err, ERR_UNAUTHENTICATED, "signature",
                     "the request is not signed by the key that it names");
    }
    hearth__v1__request_body__free_unpacked(body, NULL);
    if (ok) {
        *out = made;
    } else {
        certificate_request_free(&made);
    }
    return ok;
}

bool certificate_request_decode(const uint8_t *data, size_t len, struct certificate_request *out,
                                struct err *err)
{
    struct signed_bytes raw = {0};
    bool ok =
        signed_bytes_unpack(data, len, REQUEST_BODY_MAX, &raw, err) && signed_read(&raw, out, err);
    signed_bytes_free(&raw);
    return ok;
}

bool certificate_request_load(const char *path, struct certificate_request *out, struct err *err)
{
    struct buf data = {0};
    bool ok = armour_read_file(ARMOUR_REQUEST, path, &data, err) &&
              certificate_request_decode(data.data, data.len, out, err);
    buf_free(&data);
    return ok;
}

void certificate_request_free(struct certificate_request *request)
{
    buf_free(&request->tls_public_key);
    *request = (struct certificate_request){0};
}
